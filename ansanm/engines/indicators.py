"""What an indicator is, and its value for any number of territories at once.

An indicator is a sum of variables, or one sum over another, times a factor. Aggregates (EPCI,
département, France) are rows like any other: their variables are summed first, so that their
indicator is a ratio of sums and never a mean of rates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

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
    sources: tuple[str, ...] = ()  # dataset ids
    traps: tuple[Mapping[str, str], ...] = ()
    holder: Mapping[str, str] = field(default_factory=dict)  # who holds it when it is absent
    obtain: Mapping[str, str] = field(default_factory=dict)  # which command or form brings it
    breaks: tuple[Break, ...] = ()
    # The denominator may be of another year than the numerator: at most so many years apart.
    denominator_years_apart: int = 0
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

    def periods(self, variable: str) -> list[str]:
        return sorted(period for name, period in self.values if name == variable)


@dataclass(frozen=True)
class Series:
    """An indicator for every territory of a table, by period."""

    definition: Definition
    periods: tuple[str, ...]
    values: Mapping[str, Floats]  # by period, shape (n_territories,)
    statuses: Mapping[str, Statuses]
    numerators: Mapping[str, Floats]
    denominators: Mapping[str, Floats]  # empty for counts
    denominator_periods: Mapping[str, str]


Parameters = Mapping[str, Any]
