"""The diagnosis of one territory: each indicator with its history, its comparators and its rank.

The same data always give the same diagnosis, so a computed one is kept in memory until the
observations, or the figures entered by hand for this territory, change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from ansanm.engines import disclosure, indicators, reading
from ansanm.engines.indicators import Definition, Kind, ObservationTable, Series, Status
from ansanm.territories import definitions, observations, secrecy
from ansanm.territories.models import DeclaredFigure, Territory

# Under so many persons or households in the denominator, one family moves the rate visibly.
SMALL_DENOMINATOR = 100
# By number: calling the enumeration for each of two thousand values costs as much as computing them.
STATUSES = tuple(Status)
PUBLISHED, NOT_AVAILABLE = Status.PUBLISHED, Status.NOT_AVAILABLE


class Value(NamedTuple):
    """One indicator, one territory, one period; a diagnosis holds thousands, which tuples make cheap."""

    value: float | None
    status: Status
    period: str
    numerator: float | None = None
    denominator: float | None = None
    denominator_period: str = ""
    origin: str = "published"
    datasets: tuple[tuple[str, str], ...] = ()  # (dataset, vintage)
    quality: str = ""

    @property
    def is_published(self) -> bool:
        return self.status == Status.PUBLISHED


@dataclass(frozen=True)
class Comparison:
    territory: Territory
    value: Value | None
    same_period: bool = True
    gap: float | None = None  # ours minus theirs, in the unit of the indicator
    series: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Rank:
    position: int  # 1 is the highest value
    n_ranked: int
    n_total: int


@dataclass(frozen=True)
class Declared:
    """A figure given by hand, beside the published one it must never replace."""

    figure: DeclaredFigure
    value: Value
    published: Value | None = None  # of the nearest period within a year

    @property
    def difference_share(self) -> float | None:
        """How far the declared value is from the published one, as a share of the latter."""
        if self.published is None or not self.published.value or self.value.value is None:
            return None
        return (self.value.value - self.published.value) / self.published.value


@dataclass(frozen=True)
class Caution:
    """A reason to read the figure with care; `sentences` turns it into words."""

    key: str
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Figure:
    definition: Definition
    value: Value | None
    series: list[Value]  # oldest first, figures given by hand left out
    comparisons: list[Comparison]
    rank: Rank | None
    warnings: list[Caution]
    declared: list[Declared]
    parts: list[tuple[str, Value]]
    peer_territories: list[Territory]
    peer_values: np.ndarray
    peer_statuses: np.ndarray
    # What was drawn of it, by kind and language: it lives as long as the figure, and no longer.
    drawings: dict = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_absent(self) -> bool:
        return self.value is None

    @property
    def distinct(self) -> list[Comparison]:
        """The comparators that have the figure, a région of one département left out: it is the same."""
        known = [one for one in self.comparisons if one.value is not None]
        names = {one.territory.name for one in known if one.territory.level == "departement"}
        return [one for one in known if one.territory.level != "region" or one.territory.name not in names]

    @property
    def peers(self) -> list[tuple[Territory, Value]]:
        """Every territory of the same rank in the same period, ours left out."""
        period = self.value.period if self.value else ""
        return [
            (one, Value(None if np.isnan(value) else float(value), Status(status), period))
            for one, value, status in zip(
                self.peer_territories, self.peer_values, self.peer_statuses, strict=True
            )
        ]

    def breaks_between(self, before: str, after: str) -> bool:
        """Whether periods `before` and `after` come from methods that must not be compared."""
        return any(before <= one.before and after >= one.after for one in self.definition.breaks)

    @property
    def previous(self) -> Value | None:
        """The last earlier value that compares with the current one."""
        if self.value is None:
            return None
        earlier = [
            one
            for one in self.series
            if one.period < self.value.period
            and one.is_published
            and not self.breaks_between(one.period, self.value.period)
        ]
        return earlier[-1] if earlier else None


@dataclass
class Diagnosis:
    territory: Territory
    comparators: list[Territory]
    peers: list[Territory]
    figures: dict[str, Figure]
    data_version: str

    @cached_property
    def reading(self) -> reading.Reading:
        return reading.read(self.figures.values())

    def of_theme(self, theme: str) -> list[Figure]:
        return [figure for figure in self.figures.values() if figure.definition.theme == theme]


def diagnose(territory: Territory) -> Diagnosis:
    """Return the diagnosis of `territory`, from memory when nothing changed since."""
    return _diagnose(
        territory.pk, observations.data_version(), DeclaredFigure.objects.of(territory).version()
    )


@lru_cache(maxsize=64)
def _diagnose(pk: int, data_version: str, declared_version: str) -> Diagnosis:
    territory = Territory.objects.get(pk=pk)
    comparators = list(Territory.objects.comparators_of(territory))
    peers = [one for one in Territory.objects.peers_of(territory) if one.pk != pk]
    rows = [territory, *comparators, *peers]

    chosen = definitions.definitions_of(territory.level)
    variables = sorted({name for one in chosen.values() for name in one.variables})
    table = secrecy.table([one.key for one in rows], variables)
    declared = list(DeclaredFigure.objects.of(territory).shown().select_related("organisation"))
    if secrecy.too_small_among([territory.key]):
        # It was large enough when they were declared: no source may show more than the others.
        declared = []
    by_hand = _add_declared(table, declared)
    provenance = [observations.provenance(one.level, one.code) for one in [territory, *comparators]]

    figures = {
        name: _figure(
            definition,
            evaluated(definition, table),
            table,
            rows,
            len(comparators),
            provenance,
            by_hand,
            declared,
        )
        for name, definition in chosen.items()
    }
    return Diagnosis(territory, comparators, peers, figures, data_version)


def series_of(territories: Sequence[Territory], names: Sequence[str]) -> dict[str, Series]:
    """Return indicators at every period for many territories: what may be shown of published figures."""
    chosen = {name: definitions.definitions()[name] for name in names}
    variables = sorted({variable for one in chosen.values() for variable in one.variables})
    table = secrecy.table([one.key for one in territories], variables)
    return {name: evaluated(definition, table) for name, definition in chosen.items()}


def values_of(territories: Sequence[Territory], indicator: str) -> list[Value | None]:
    """Return one indicator for many territories, all in the latest period that one of them has."""
    series = series_of(territories, [indicator])[indicator]
    published = [period for period in series.periods if np.any(series.statuses[period] == Status.PUBLISHED)]
    if not published:
        return [None] * len(territories)
    period = published[-1]
    return [
        Value(_number(series.values[period][row]), Status(series.statuses[period][row]), period)
        for row in range(len(territories))
    ]


def _add_declared(table: ObservationTable, declared: list[DeclaredFigure]) -> set[tuple[str, str]]:
    """Put the figures given by hand in our row where nothing is published; return those put."""
    thresholds = secrecy.thresholds()
    put: set[tuple[str, str]] = set()
    # Oldest first, so that of two figures for one period the latest entered is computed with.
    for one in sorted(declared, key=lambda figure: figure.declared_at):
        key = (one.variable, one.period)
        if key not in table.values:
            table.values[key] = np.full(len(table.codes), np.nan)
            table.statuses[key] = np.full(len(table.codes), Status.NOT_AVAILABLE, dtype=np.uint8)
        if key not in put and table.statuses[key][0] in (Status.PUBLISHED, Status.SECRET):
            continue
        hidden = 0 < float(one.value) < thresholds.get(one.variable, 0)
        table.values[key] = observations.writable(table.values[key])
        table.statuses[key] = observations.writable(table.statuses[key])
        table.values[key][0] = np.nan if hidden else float(one.value)
        table.statuses[key][0] = Status.SECRET if hidden else Status.PUBLISHED
        put.add(key)
    return put


def evaluated(definition: Definition, table: ObservationTable) -> Series:
    """Compute an indicator, then hide the rates that would give small counts back."""
    series = indicators.evaluate(definition, table)
    threshold = secrecy.threshold_of(definition)
    if not threshold or definition.kind != Kind.RATIO:
        return series
    for period in series.periods:
        values, statuses = series.values[period], series.statuses[period]
        hidden = disclosure.protect_rates(
            series.numerators[period],
            series.denominators[period],
            statuses == Status.SECRET,
            threshold=threshold,
            within=definition.unit == "percent",
        ) & (statuses == Status.PUBLISHED)
        values[hidden] = np.nan
        statuses[hidden] = Status.SECRET
    return series


def _figure(
    definition: Definition,
    series: Series,
    table: ObservationTable,
    rows: list[Territory],
    n_comparators: int,
    provenance: list[dict],
    by_hand: set[tuple[str, str]],
    declared: list[DeclaredFigure],
) -> Figure:
    heads = _heads(series, 1 + n_comparators)
    history = [
        _value(definition, head, 0, provenance[0], by_hand)
        for head in heads
        if head.statuses[0] != NOT_AVAILABLE
    ]
    published = [one for one in history if one.origin != "declared"]
    given = [one for one in history if one.origin == "declared"]
    readable = [one for one in published if one.status != Status.NOT_APPLICABLE] or given
    value = readable[-1] if readable else None

    comparisons = []
    for row in range(1, 1 + n_comparators):
        comparisons.append(_compare(definition, heads, rows[row], row, value, provenance[row]))
    first_peer = 1 + n_comparators
    rank = None
    if value is not None and value.period in series.values:
        of_all, states = series.values[value.period], series.statuses[value.period]
        peers = (of_all[first_peer:], states[first_peer:])
        rank = _rank(np.append(of_all[0], peers[0]), np.append(states[0], peers[1]))
    else:
        peers = _empty_peers(len(rows) - first_peer)
    figure = Figure(
        definition=definition,
        value=value,
        series=published,
        comparisons=comparisons,
        rank=rank,
        warnings=[],
        declared=_declared(definition, declared, given, published),
        parts=_parts(definition, table, value),
        peer_territories=rows[first_peer:],
        peer_values=peers[0],
        peer_statuses=peers[1],
    )
    figure.warnings = list(_cautions(figure))
    return figure


@dataclass(frozen=True, slots=True)
class _Head:
    """One period of a series for our territory and its comparators, as plain numbers."""

    period: str
    values: list[float]
    statuses: list[int]
    numerators: list[float]
    denominators: list[float] | None
    denominator_periods: list[str] | None


def _heads(series: Series, n: int) -> list[_Head]:
    def head(columns: Mapping[str, np.ndarray], period: str) -> list | None:
        return columns[period][:n].tolist() if period in columns else None

    return [
        _Head(
            period,
            series.values[period][:n].tolist(),
            series.statuses[period][:n].tolist(),
            series.numerators[period][:n].tolist(),
            head(series.denominators, period),
            head(series.denominator_periods, period),
        )
        for period in series.periods
    ]


def _value(
    definition: Definition,
    head: _Head,
    row: int,
    provenance: dict,
    by_hand: Set[tuple[str, str]] = frozenset(),
) -> Value:
    period = head.period
    below = head.denominator_periods[row] if head.denominator_periods else ""
    keys = [(name, period) for name in definition.numerator + definition.subtract]
    if below:
        # A growth has its own starting year below it.
        keys += [(name, below) for name in definition.denominator or definition.numerator]
    found = [provenance[key] for key in keys if key in provenance]
    origin = "derived" if "derived" in [one[2] for one in found] else "published"
    return Value(
        value=_number(head.values[row]),
        status=STATUSES[head.statuses[row]],
        period=period,
        numerator=_number(head.numerators[row]),
        denominator=None if head.denominators is None else _number(head.denominators[row]),
        denominator_period=below,
        origin="declared" if by_hand and not by_hand.isdisjoint(keys) else origin,
        datasets=tuple(dict.fromkeys([one[:2] for one in found])),
        quality=next((one[3] for one in found if one[3]), ""),
    )


def _number(value: float) -> float | None:
    return float(value) if value == value else None  # not a number is the one that differs from itself


def _compare(
    definition: Definition,
    heads: list[_Head],
    territory: Territory,
    row: int,
    ours: Value | None,
    provenance: dict,
) -> Comparison:
    history = tuple(
        _value(definition, head, row, provenance) for head in heads if head.statuses[row] == PUBLISHED
    )
    if not history:
        return Comparison(territory, None)
    period = ours.period if ours is not None else ""
    theirs = next((one for one in history if one.period == period), history[-1])
    same = theirs.period == period
    gap = indicators.gap(ours.value, theirs.value) if ours is not None and same else None
    return Comparison(territory, theirs, same, gap, history)


def _empty_peers(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full(n, np.nan), np.full(n, Status.NOT_AVAILABLE, dtype=np.uint8)


def _rank(values: np.ndarray, statuses: np.ndarray) -> Rank | None:
    """Place the first value among all, highest first; None where fewer than three can be placed."""
    known = values[(statuses == PUBLISHED) & ~np.isnan(values)]
    if statuses[0] != PUBLISHED or np.isnan(values[0]) or len(known) < 3:
        return None
    return Rank(1 + int(np.count_nonzero(known > values[0])), len(known), len(values))


def _declared(
    definition: Definition, declared: list[DeclaredFigure], given: list[Value], published: list[Value]
) -> list[Declared]:
    """Return the figures given by hand for this indicator, each beside the published one of its year."""
    computed = {one.period: one for one in given}
    found = []
    for figure in sorted(declared, key=lambda one: (one.period, one.declared_at)):
        if figure.variable not in definition.numerator:
            continue
        if definition.kind in (Kind.COUNT, Kind.PUBLISHED) and len(definition.variables) == 1:
            value = _as_given(definition, figure)
        else:
            value = computed.get(figure.period)
        if value is not None:
            found.append(Declared(figure, value, _nearest(figure.period, published)))
    return found


def _as_given(definition: Definition, figure: DeclaredFigure) -> Value:
    is_secret = 0 < figure.value < secrecy.threshold_of(definition)
    return Value(
        value=None if is_secret else figure.value * definition.factor,
        status=Status.SECRET if is_secret else Status.PUBLISHED,
        period=figure.period,
        origin="declared",
    )


def _nearest(period: str, published: list[Value]) -> Value | None:
    """Return the published value of the same year, the latest in that year if there are several."""
    same_year = [one for one in published if one.period[:4] == period[:4] and one.is_published]
    return same_year[-1] if same_year else None


def _parts(definition: Definition, table: ObservationTable, value: Value | None) -> list[tuple[str, Value]]:
    if value is None:
        return []
    return [
        (
            name,
            Value(
                _number(table.values[name, value.period][0]),
                Status(table.statuses[name, value.period][0]),
                value.period,
            ),
        )
        for name in definition.parts
        if (name, value.period) in table.values
    ]


def _cautions(figure: Figure):
    definition, value = figure.definition, figure.value
    for one in definition.breaks:
        periods = [past.period for past in figure.series]
        if any(period <= one.before for period in periods) and any(period >= one.after for period in periods):
            yield Caution("not_comparable", {"before": one.before, "after": one.after, "reason": one.reason})
    if value is None:
        return
    if value.quality.startswith("approx"):
        yield Caution("approximate")
    if value.quality == "zone_members":
        yield Caution("zone_members")
    if definition.rounding_unit:
        yield Caution("rounded", {"unit": definition.rounding_unit})
    if value.denominator is not None and 0 < value.denominator < SMALL_DENOMINATOR:
        yield Caution("small_count", {"denominator": value.denominator})
    if definition.kind != Kind.CHANGE and value.denominator_period[:4] not in ("", value.period[:4]):
        yield Caution("years_apart", {"numerator": value.period, "denominator": value.denominator_period})
    others = [one for one in figure.comparisons if one.value is not None and not one.same_period]
    if others:
        yield Caution(
            "comparators_of_another_year", {"periods": sorted({one.value.period for one in others})}
        )
