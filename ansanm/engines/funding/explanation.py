"""An amount and how it was reached: lines that a page, a document and the API show alike.

The engines give keys, symbols and numbers; the words are above them (`ansanm.funding.words`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ansanm.engines.funding.parameters import SURENESS, Parameters, Status, Value

CENT = Decimal("0.01")


class Rounding(StrEnum):
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"


def rounded(value: Fraction, step: Decimal = CENT, rounding: Rounding = Rounding.HALF_UP) -> Decimal:
    """Return an exact value rounded once.

    Fractions up to here: 1/12 of a yearly income is no finite decimal, and 12 × 0.0516 % of one that
    was cut would fall on the wrong side of half a cent.
    """
    units = value / Fraction(step)
    low = units.numerator // units.denominator
    rest = units - low
    half = Fraction(1, 2)
    up = rest > half or (rest == half and (rounding is Rounding.HALF_UP or low % 2 == 1))
    return Decimal(low + up) * step


@dataclass(frozen=True)
class Used:
    """A parameter as it was used."""

    id: str
    value: Value
    decides: bool = True  # False: looked at, without an effect on the amount


@dataclass(frozen=True)
class Line:
    """One step: what it gives, by which formula, from what."""

    key: str
    result: Decimal
    unit: str
    formula: str = ""
    inputs: Mapping[str, Decimal | int | str] = field(default_factory=dict)
    used: tuple[Used, ...] = ()
    rounding: str = ""  # "" where nothing was rounded; else "half_up 0.01"
    notes: tuple[str, ...] = ()  # keys of cautions
    is_hypothesis: bool = False  # no source that we read confirms the formula


@dataclass(frozen=True)
class Amount:
    """A sum of money with its reasons."""

    eur: Decimal
    lines: tuple[Line, ...]
    warnings: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """The least sure of the values and formulas that decided the amount."""
        statuses = [one.value.status for line in self.lines for one in line.used if one.decides]
        if any(line.is_hypothesis for line in self.lines):
            statuses.append(Status.UNCONFIRMED)
        return max(statuses, key=SURENESS.index, default=Status.CONFIRMED)

    def line(self, key: str) -> Line:
        return next(one for one in self.lines if one.key == key)


class Reader:
    """Reads the parameters of one day and remembers which."""

    def __init__(self, parameters: Parameters, on: date):
        self.parameters, self.on = parameters, on

    def use(self, name: str) -> Used:
        return Used(name, self.parameters.at(name, self.on))


def said(step: Decimal = CENT, rounding: Rounding = Rounding.HALF_UP) -> str:
    return f"{rounding} {step}"
