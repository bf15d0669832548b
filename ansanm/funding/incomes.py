"""What families of a commune earn a month, from the published deciles of its inhabitants."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ansanm.engines.funding.creche import UNITS_OF_A_FAMILY, Incomes
from ansanm.engines.funding.explanation import rounded
from ansanm.engines.indicators import Status
from ansanm.territories import observations

VARIABLES = ("income_d1", "median_income", "income_d9")


@dataclass(frozen=True)
class Found:
    incomes: Incomes
    period: str


def of(place) -> Found | None:
    """Return the last year whose three values are published, a month, for a couple and a young child.

    A standard of living is per consumption unit, after taxes and benefits: near what the scale takes and
    not the same. The simulators say so.
    """
    by_period: dict[str, dict[str, float]] = {}
    for one in observations.read([(place.level, place.code)], VARIABLES):
        if one.status is Status.PUBLISHED and one.value is not None:
            by_period.setdefault(one.period, {})[one.variable] = one.value
    whole = [period for period, values in by_period.items() if len(values) == len(VARIABLES)]
    if not whole:
        return None
    period = max(whole)
    low, median, high = (_monthly(by_period[period][name]) for name in VARIABLES)
    return Found(Incomes(low, median, high), period)


def _monthly(standard_of_living: float) -> Decimal:
    yearly = Fraction(repr(standard_of_living)) * Fraction(UNITS_OF_A_FAMILY)
    return rounded(yearly / 12)
