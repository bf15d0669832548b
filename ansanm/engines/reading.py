"""What stands out in a diagnosis: found by rules, so that the same figures give the same text.

The measure of a gap is (value - reference) / spread of the peers. The reference is halfway between
the area around (for a commune its département) and France, or the one of the two that is known; the
spread is the interquartile range of the peers (the other communes of that département). A gap in
euros and one in places per 100 children can then be ranked together, and one odd commune does not
stretch the ruler. Multiplied by the polarity of the indicator, above zero is better for families.

Refused alternatives: France alone (overseas almost all would be a gap, in the same order in every
commune) and the département alone (where all communes lack places, none would be told so).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Protocol

import numpy as np

from ansanm.engines.indicators import Definition, Floats, Kind, Status, Statuses, quantile

N_STRENGTHS = N_GAPS = 3
N_NUMBERS = 5
MAX_PER_THEME = 2  # of three strengths, or of three gaps
MIN_PEERS = 4  # fewer have no quartiles worth the name
MIN_GAP = 0.25  # of the peers' spread: under it, nothing stands out
# The area around. The EPCI comes last: it is made of the commune itself, often for most.
AROUND = ("departement", "region", "epci")
PEERS = "peers"  # the median of the peers, where no area around has the figure


class Reason(StrEnum):
    """Why an indicator is not ranked."""

    NEITHER_GOOD_NOR_BAD = "neither_good_nor_bad"
    ABSENT = "absent"
    SECRET = "secret"
    DECLARED = "declared"  # given by hand: nobody counted the peers in the same way
    NO_REFERENCE = "no_reference"
    TOO_FEW_PEERS = "too_few_peers"
    NO_SPREAD = "no_spread"
    TOO_FEW_CASES = "too_few_cases"  # a case or two more or fewer would undo the gap


class Observed(Protocol):
    @property
    def value(self) -> float | None: ...
    @property
    def status(self) -> Status: ...
    @property
    def period(self) -> str: ...
    @property
    def numerator(self) -> float | None: ...
    @property
    def denominator(self) -> float | None: ...
    @property
    def origin(self) -> str: ...


class Place(Protocol):
    @property
    def level(self) -> str: ...


class Compared(Protocol):
    @property
    def territory(self) -> Place: ...
    @property
    def value(self) -> Observed | None: ...
    @property
    def same_period(self) -> bool: ...


class Read(Protocol):
    """A figure of the diagnosis: ours, its comparators, its peers."""

    @property
    def definition(self) -> Definition: ...
    @property
    def value(self) -> Observed | None: ...
    @property
    def comparisons(self) -> Sequence[Compared]: ...
    @property
    def peer_values(self) -> Floats: ...
    @property
    def peer_statuses(self) -> Statuses: ...


@dataclass(frozen=True)
class Reference:
    comparator: str  # a level, or PEERS
    value: float


@dataclass(frozen=True)
class Finding:
    indicator_id: str
    theme: str
    period: str
    value: float
    references: tuple[Reference, ...]  # one or two
    gap: float  # to their mean, in the unit of the indicator
    standardised_gap: float  # in spreads of the peers, above zero when better for families

    @property
    def is_better(self) -> bool:
        return self.standardised_gap > 0

    @property
    def is_above(self) -> bool:
        return self.gap > 0


@dataclass(frozen=True)
class LeftOut:
    indicator_id: str
    reason: Reason


@dataclass(frozen=True)
class Reading:
    strengths: tuple[Finding, ...]
    gaps: tuple[Finding, ...]
    findings: tuple[Finding, ...]  # all, the widest first
    left_out: tuple[LeftOut, ...]
    five_numbers: tuple[str, ...]  # indicator ids
    headline: str | None  # the indicator to map

    def of_theme(self, theme: str) -> tuple[Finding, ...]:
        """Return what stands out in one chapter, the widest first."""
        return tuple(
            one for one in self.findings if one.theme == theme and abs(one.standardised_gap) >= MIN_GAP
        )


def read(figures: Iterable[Read]) -> Reading:
    """Return what stands out, in an order that depends on the figures only."""
    figures = sorted(figures, key=lambda figure: figure.definition.id)
    findings, left_out = [], []
    for figure in figures:
        found = examine(figure)
        if isinstance(found, Finding):
            findings.append(found)
        else:
            left_out.append(LeftOut(figure.definition.id, found))
    findings.sort(key=lambda one: (-abs(one.standardised_gap), one.indicator_id))
    strengths = _spread_over_themes([one for one in findings if one.standardised_gap >= MIN_GAP], N_STRENGTHS)
    gaps = _spread_over_themes([one for one in findings if one.standardised_gap <= -MIN_GAP], N_GAPS)
    numbers = _numbers(figures)
    return Reading(
        strengths,
        gaps,
        tuple(findings),
        tuple(left_out),
        numbers,
        _headline(figures, gaps, strengths, numbers),
    )


def examine(figure: Read) -> Finding | Reason:
    """Return how far `figure` is from its reference, or why that says nothing."""
    definition, ours = figure.definition, figure.value
    if ours is not None and ours.status == Status.SECRET:
        return Reason.SECRET
    if ours is None or ours.status != Status.PUBLISHED or ours.value is None:
        return Reason.ABSENT
    if definition.polarity == 0:
        return Reason.NEITHER_GOOD_NOR_BAD
    if ours.origin == "declared":
        return Reason.DECLARED
    if _n_peers(figure) < MIN_PEERS:
        return Reason.TOO_FEW_PEERS
    references = _references(figure)
    if not references:
        return Reason.NO_REFERENCE
    reference = sum(one.value for one in references) / len(references)
    spread = _spread(figure)
    if spread <= 0:
        return Reason.NO_SPREAD
    if not _is_more_than_chance(definition, ours, reference):
        return Reason.TOO_FEW_CASES
    gap = ours.value - reference
    return Finding(
        indicator_id=definition.id,
        theme=definition.theme,
        period=ours.period,
        value=ours.value,
        references=references,
        gap=gap,
        standardised_gap=definition.polarity * gap / spread,
    )


def _references(figure: Read) -> tuple[Reference, ...]:
    """Return the area around and France, those that have the figure for the very same period."""
    known = {
        one.territory.level: one.value.value
        for one in figure.comparisons
        if one.same_period and one.value is not None and one.value.status == Status.PUBLISHED
    }
    around = next(
        (Reference(level, value) for level in AROUND if (value := known.get(level)) is not None), None
    )
    if around is None and (middle := quantile(figure.peer_values, figure.peer_statuses, 0.5)) is not None:
        around = Reference(PEERS, middle)
    national = known.get("france")
    found = [around, None if national is None else Reference("france", national)]
    return tuple(one for one in found if one is not None)


def _spread(figure: Read) -> float:
    low = quantile(figure.peer_values, figure.peer_statuses, 0.25)
    high = quantile(figure.peer_values, figure.peer_statuses, 0.75)
    return 0.0 if low is None or high is None else high - low


def _n_peers(figure: Read) -> int:
    return int(np.sum((figure.peer_statuses == Status.PUBLISHED) & ~np.isnan(figure.peer_values)))


def _is_more_than_chance(definition: Definition, ours: Observed, reference: float) -> bool:
    """Whether the gap is more than twice what cases that fall at random would give (Poisson).

    One library in a village of 80 makes 125 per 10,000 residents, and means nothing.
    """
    if definition.kind is not Kind.RATIO or ours.numerator is None or not ours.denominator:
        return True
    expected = reference * ours.denominator / definition.factor
    return abs(ours.numerator - expected) >= 2 * sqrt(max(expected, 1.0))


def _spread_over_themes(findings: Sequence[Finding], n: int) -> tuple[Finding, ...]:
    kept: list[Finding] = []
    themes: Counter[str] = Counter()
    for finding in findings:
        if len(kept) < n and themes[finding.theme] < MAX_PER_THEME:
            kept.append(finding)
            themes[finding.theme] += 1
    return tuple(kept)


def _numbers(figures: Sequence[Read]) -> tuple[str, ...]:
    known = [
        figure.definition
        for figure in figures
        if figure.definition.headline and figure.value is not None and figure.value.status == Status.PUBLISHED
    ]
    known.sort(key=lambda definition: (definition.headline, definition.id))
    return tuple(definition.id for definition in known[:N_NUMBERS])


def _headline(
    figures: Sequence[Read], gaps: Sequence[Finding], strengths: Sequence[Finding], numbers: Sequence[str]
) -> str | None:
    """The widest gap is what a map should show; failing that a strength, then the first rate."""
    if gaps or strengths:
        return [*gaps, *strengths][0].indicator_id
    mapped = {figure.definition.id: figure for figure in figures if _n_peers(figure) >= MIN_PEERS}
    rates = [name for name in numbers if name in mapped and mapped[name].definition.kind is not Kind.COUNT]
    return next(iter([*rates, *(name for name in numbers if name in mapped)]), None)
