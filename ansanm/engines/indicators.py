"""What an indicator is, and its value for any number of territories at once.

An indicator is a sum of variables, one sum over another, or the change of a sum, times a factor.
Aggregates (EPCI, département, France) are rows like any other: their variables are summed first,
so that their indicator is a ratio of sums and never a mean of rates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Statuses = NDArray[np.uint8]


class Status(IntEnum):
    """Why a value is, or is not, there. An absent value is never 0."""

    PUBLISHED = 0
    SECRET = 1
    NOT_AVAILABLE = 2
    NOT_APPLICABLE = 3


class Kind(StrEnum):
    COUNT = "count"  # a sum of variables
    RATIO = "ratio"  # numerator / denominator × factor
    PUBLISHED = "published"  # a rate or a median that only its producer can compute
    CHANGE = "change"  # mean yearly change of a sum over `change_years`, in percent


class Secrecy(StrEnum):
    NONE = "none"
    CAF = "caf"  # counts under 5
    INCOME = "income"  # counts under 11


@dataclass(frozen=True)
class Break:
    """Two periods of a series that must not be compared, and why (a key of the reasons shown)."""

    before: str  # last period of the old method
    after: str  # first period of the new one
    reason: Mapping[str, str]  # by language


@dataclass(frozen=True)
class Definition:
    """One file of `indicators/`."""

    id: str
    theme: str
    title: Mapping[str, str]
    explanation: Mapping[str, str]
    counted: Mapping[str, str]  # what the number counts, said after it in a sentence
    kind: Kind
    unit: str  # persons, households, percent, eur, per_100, per_1000, per_10000, places, ratio, units…
    numerator: tuple[str, ...]  # variables added up
    denominator: tuple[str, ...] = ()
    subtract: tuple[str, ...] = ()  # variables taken from the numerator
    factor: float = 1.0
    decimals: int = 0
    polarity: int = 0  # +1: more is better for families, -1: less is better, 0: neither
    secrecy: Secrecy = Secrecy.NONE
    finest_scale: str = "commune"
    only_levels: tuple[str, ...] = ()  # the levels that have it, where others would show it absent
    sources: tuple[str, ...] = ()  # dataset ids
    traps: tuple[Mapping[str, str], ...] = ()
    holder: Mapping[str, str] = field(default_factory=dict)  # who holds it when it is absent
    obtain: Mapping[str, str] = field(default_factory=dict)  # which command or form brings it
    breaks: tuple[Break, ...] = ()
    # The denominator may be of another year than the numerator: at most so many years apart.
    denominator_years_apart: int = 0
    change_years: int = 0  # years between the two ends of a CHANGE
    order: int = 0  # place in its chapter
    chart: str = "line"  # line, bars, pyramid, none
    headline: int = 0  # 1 is first among the five numbers of the summary; 0 is never there
    rounding_unit: float = 0.0  # the producer rounds counts to this (Cnaf: 5)
    # Variables that split it into parts shown as bars (places by kind of care…).
    parts: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.numerator + self.subtract + self.denominator + self.parts))


@dataclass
class ObservationTable:
    """Values of variables for territories, one row per territory, one array per (variable, period).

    `values[v, p]` has shape (n_territories,), NaN where `statuses[v, p]` is not PUBLISHED.
    """

    codes: Sequence[str]
    values: dict[tuple[str, str], Floats]
    statuses: dict[tuple[str, str], Statuses]

    # How many columns were there when their periods were last listed, and those of each variable.
    _listed: tuple[int, dict[str, set[str]]] = field(default=(0, {}), init=False, repr=False, compare=False)

    def periods(self, variable: str) -> list[str]:
        return sorted(self.periods_of_all([variable]))

    def periods_of_all(self, variables: Sequence[str]) -> set[str]:
        """Return the periods at which there is a column of each of `variables`."""
        if self._listed[0] != len(self.values):
            # Listed once: looking through five hundred columns for each indicator took longer than computing.
            found: dict[str, set[str]] = {}
            for name, period in self.values:
                found.setdefault(name, set()).add(period)
            self._listed = (len(self.values), found)
        return set.intersection(*(self._listed[1].get(name, set()) for name in variables))


@dataclass(frozen=True)
class Series:
    """An indicator for every territory of a table, by period.

    Only the arrays of a rate are its own: those of a sum may be those of the table.
    """

    definition: Definition
    periods: tuple[str, ...]
    values: Mapping[str, Floats]  # by period, shape (n_territories,)
    statuses: Mapping[str, Statuses]
    numerators: Mapping[str, Floats]
    denominators: Mapping[str, Floats]  # empty for counts and published rates
    # One period per territory ("" where there is none): two territories need not have a
    # denominator of the same year.
    denominator_periods: Mapping[str, NDArray[np.str_]]


@dataclass(frozen=True)
class Ranking:
    """Positions (1 is first, equal values share theirs, 0 is unranked) among `n_ranked`."""

    positions: NDArray[np.intp]
    ties: NDArray[np.intp]  # how many share the position, itself included
    n_ranked: int


Part = tuple[Floats, Statuses]


def evaluate(definition: Definition, table: ObservationTable) -> Series:
    """Return the indicator for every territory of `table`, at every period of its numerator."""
    if definition.kind is Kind.RATIO:
        return _ratios(definition, table)
    if definition.kind is Kind.CHANGE:
        return _changes(definition, table)
    sums = _numerators(definition, table)
    if definition.factor == 1:
        return _series(definition, sums, sums, {}, {})
    scaled = {period: (total * definition.factor, statuses) for period, (total, statuses) in sums.items()}
    return _series(definition, scaled, sums, {}, {})


def combine(*statuses: Statuses) -> Statuses:
    """Return the status of what is computed from several values.

    One secret value makes the result secret, even beside a value that nobody has: what is
    derived from a secret may not be shown, and the reader is told that someone holds it. Then
    "not available" beats "not applicable".
    """
    if len(statuses) == 1:
        return statuses[0]
    # In one byte, 0 - status orders them PUBLISHED < NOT_APPLICABLE < NOT_AVAILABLE < SECRET, and
    # undoes itself.
    worst = np.negative(statuses[0])
    for one in statuses[1:]:
        np.maximum(worst, np.negative(one), out=worst)
    return np.negative(worst, out=worst)


def rank(values: Floats, statuses: Statuses, *, polarity: int = 1) -> Ranking:
    """Return the place of each published value: the highest first, the lowest when polarity is -1."""
    published = (statuses == Status.PUBLISHED) & ~np.isnan(values)
    ordered = values if polarity < 0 else -values
    among = np.sort(ordered[published])
    before = np.searchsorted(among, ordered, side="left")
    ties = np.searchsorted(among, ordered, side="right") - before
    return Ranking(
        positions=np.where(published, before + 1, 0).astype(np.intp),
        ties=np.where(published, ties, 0).astype(np.intp),
        n_ranked=int(published.sum()),
    )


def quantile(values: Floats, statuses: Statuses, share: float) -> float | None:
    """Return the quantile of the published values, None when there is none."""
    published = values[(statuses == Status.PUBLISHED) & ~np.isnan(values)]
    return float(np.quantile(published, share)) if published.size else None


def gap(value: float | None, reference: float | None) -> float | None:
    """Return value minus reference, in the unit of the indicator (points, for a percentage)."""
    if value is None or reference is None or np.isnan(value) or np.isnan(reference):
        return None
    return value - reference


def year_of(period: str) -> int:
    """Return the year of "2023", "2023-06" or "2024-12"."""
    return int(period[:4])


def _ratios(definition: Definition, table: ObservationTable) -> Series:
    sums = _numerators(definition, table)
    below = _sums(definition.denominator, (), table)
    results: dict[str, Part] = {}
    denominators: dict[str, Floats] = {}
    denominator_periods: dict[str, NDArray[np.str_]] = {}
    for period, (numerator, statuses) in sums.items():
        within = [
            other
            for other in below
            if abs(year_of(other) - year_of(period)) <= definition.denominator_years_apart
        ]
        # The nearest year, the earlier of two as near; then the nearest month, as text.
        within.sort(key=lambda other: (abs(year_of(other) - year_of(period)), year_of(other), other))
        denominator, reason, chosen = _nearest_published(within, below, len(table.codes))
        results[period] = _divided(numerator, statuses, denominator, reason, definition.factor)
        denominators[period] = denominator
        denominator_periods[period] = chosen
    return _series(definition, results, sums, denominators, denominator_periods)


def _nearest_published(
    periods: Sequence[str], parts: Mapping[str, Part], n: int
) -> tuple[Floats, Statuses, NDArray[np.str_]]:
    """Return the values of the first of `periods` at which each territory is published, and which it is.

    A year where it is published is preferred to a nearer one where it is not.
    """
    if not periods:
        return np.full(n, np.nan), np.full(n, Status.NOT_AVAILABLE, dtype=np.uint8), np.broadcast_to("", n)
    values, statuses = parts[periods[0]]
    if not statuses.any():
        # The whole country has the nearest: most indicators end here.
        return values, statuses, np.broadcast_to(periods[0], n)
    chosen = np.where(statuses == Status.PUBLISHED, periods[0], np.array("", dtype="U16"))
    for other in periods[1:]:
        candidate, its_statuses = parts[other]
        taken = (statuses != Status.PUBLISHED) & (its_statuses == Status.PUBLISHED)
        if taken.any():
            values, statuses = np.where(taken, candidate, values), np.where(taken, its_statuses, statuses)
            chosen[taken] = other
    return values, statuses, chosen


def _changes(definition: Definition, table: ObservationTable) -> Series:
    """Mean yearly rate between exactly `change_years` years, so that two territories compare."""
    sums = _numerators(definition, table)
    results: dict[str, Part] = {}
    starts: dict[str, Floats] = {}
    start_periods: dict[str, NDArray[np.str_]] = {}
    for period, (end, statuses) in sums.items():
        first = f"{year_of(period) - definition.change_years}{period[4:]}"
        if first not in sums or _is_broken(definition, first, period):
            continue
        start, its_statuses = sums[first]
        growth, of_growth = _divided(end, statuses, start, its_statuses, 1.0)
        # Below zero, a mean rate has no meaning (a balance may change sign).
        of_growth[(of_growth == Status.PUBLISHED) & (growth < 0)] = Status.NOT_APPLICABLE
        growth, of_growth = _blanked(growth, of_growth)
        results[period] = ((growth ** (1 / definition.change_years) - 1) * definition.factor, of_growth)
        starts[period] = start
        start_periods[period] = np.where(its_statuses == Status.PUBLISHED, first, "")
    return _series(definition, results, sums, starts, start_periods)


def _is_broken(definition: Definition, first: str, last: str) -> bool:
    return any(first <= one.before and last >= one.after for one in definition.breaks)


def _divided(numerator: Floats, above: Statuses, denominator: Floats, below: Statuses, factor: float) -> Part:
    statuses = combine(above, below)
    rates = numerator * factor
    if denominator.all():
        rates /= denominator
    else:
        # Nobody to relate it to: the rate has no meaning there, and it is not 0.
        statuses[(statuses == Status.PUBLISHED) & (denominator == 0)] = Status.NOT_APPLICABLE
        with np.errstate(divide="ignore", invalid="ignore"):
            rates /= denominator
    return _blanked(rates, statuses)


def _numerators(definition: Definition, table: ObservationTable) -> dict[str, Part]:
    return _sums(definition.numerator, definition.subtract, table)


def _sums(added: tuple[str, ...], subtracted: tuple[str, ...], table: ObservationTable) -> dict[str, Part]:
    """Return the sum at each period where every variable exists."""
    variables = added + subtracted
    if not variables:
        return {}
    sums = {}
    for period in sorted(table.periods_of_all(variables)):
        total = table.values[variables[0], period]
        for nth, variable in enumerate(variables[1:]):
            put = np.subtract if variable in subtracted else np.add
            # Into the first sum and no further: the table must stay as it is.
            total = put(total, table.values[variable, period], out=total if nth else None)
        reasons = [
            _known(table.values[variable, period], table.statuses[variable, period]) for variable in variables
        ]
        statuses = combine(*reasons)
        if len(variables) == 1 and statuses.any():
            total = total.copy()
        sums[period] = _blanked(total, statuses)
    return sums


def _known(values: Floats, statuses: Statuses) -> Statuses:
    """A "published" value that is not a number is not available, whoever says it is published."""
    found = statuses.astype(np.uint8)
    missing = np.isnan(values)
    missing &= found == Status.PUBLISHED
    if missing.any():
        found[missing] = Status.NOT_AVAILABLE
    return found


def _blanked(values: Floats, statuses: Statuses) -> Part:
    """Leave no number where nothing is published, in place."""
    if statuses.any():
        values[statuses != Status.PUBLISHED] = np.nan
    return values, statuses


def _series(
    definition: Definition,
    results: Mapping[str, Part],
    sums: Mapping[str, Part],
    denominators: Mapping[str, Floats],
    denominator_periods: Mapping[str, NDArray[np.str_]],
) -> Series:
    return Series(
        definition=definition,
        periods=tuple(sorted(results)),
        values={period: values for period, (values, _) in results.items()},
        statuses={period: statuses for period, (_, statuses) in results.items()},
        numerators={period: sums[period][0] for period in results},
        denominators=denominators,
        denominator_periods=denominator_periods,
    )
