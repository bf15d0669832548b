"""The two circuits of many crèches and years at once, in cents, equal to `circuit` to the cent."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from ansanm.engines.funding.circuit import MAX_MONTH, Calendar, check_calendar
from ansanm.engines.funding.psu_arrays import halves_up
from ansanm.engines.funding.tariff_arrays import Ints

UNKNOWN = -1  # what the city pays after was not given


@dataclass(frozen=True)
class Changes:
    """What the short circuit changes, row by row."""

    subsidy_after_cents: Ints
    runner_cents: Ints  # more (or less) for who runs the crèche
    city_cents: Ints  # more (or less) to pay for the city that supports it
    caf_cents: Ints


def changes(
    psej_cents: Ints,
    bonus_cents: Ints,
    subsidy_cents: Ints,
    subsidy_after_cents: Ints,
    is_municipal: np.ndarray,
) -> Changes:
    """Return the change of each row; `subsidy_after_cents` is UNKNOWN where the city keeps its effort."""
    kept = np.maximum(subsidy_cents - psej_cents, 0)
    after = np.where(subsidy_after_cents == UNKNOWN, kept, subsidy_after_cents)
    after = np.where(is_municipal, 0, after)
    before = np.where(is_municipal, 0, subsidy_cents)
    runner = np.where(is_municipal, bonus_cents - psej_cents, bonus_cents + after - before)
    city = np.where(is_municipal, psej_cents - bonus_cents, psej_cents + after - before)
    return Changes(after, runner, city, bonus_cents - psej_cents)


def by_month(cents: Ints, calendar: Calendar) -> Ints:
    """Return one row an amount and one column a month, from January to December of the next year."""
    check_calendar(calendar)
    shares = [Fraction(0)] * MAX_MONTH
    for month, percent in calendar:
        shares[month - 1] = percent
    whole = lcm(*(share.denominator for share in shares)) * 100
    running = np.cumsum([int(share * whole / 100) for share in shares], dtype=np.int64)
    paid = halves_up(cents[:, None] * running[None, :], whole)
    found: Ints = np.diff(paid, axis=1, prepend=0)
    return found
