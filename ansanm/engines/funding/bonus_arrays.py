"""The bonuses of many crèches and years at once, in cents, equal to `bonuses` to the cent."""

from __future__ import annotations

import numpy as np

from ansanm.engines.funding.parameters import Parameters
from ansanm.engines.funding.psu_arrays import by_year, halves_up
from ansanm.engines.funding.tariff_arrays import Ints


def social_mix_cents(
    year: Ints, places: Ints, participations_cents: Ints, billed_hundredths: Ints, table: Parameters
) -> Ints:
    found = np.zeros(len(year), dtype=np.int64)
    for number in (3, 2, 1):
        bound = by_year(year, f"bonus_places.social_bound_{number}", table, 2)
        amount = by_year(year, f"bonus_places.social_amount_{number}", table, 2)
        # participations / hours <= bound, without a division: cents × 100 against cents × hundredths.
        found = np.where(participations_cents * 100 <= bound * billed_hundredths, amount, found)
    result: Ints = found * places
    return result


def inclusion_cents(
    year: Ints, places: Ints, children: Ints, disabled_children: Ints, expenses_cents: Ints, table: Parameters
) -> Ints:
    tenths = disabled_children * 1000  # share in tenths of a percent, times `children`
    low = by_year(year, "bonus_places.inclusion_bound_1", table, 1) * children
    high = by_year(year, "bonus_places.inclusion_bound_2", table, 1) * children
    first, second, third = (by_year(year, f"bonus_places.inclusion_rate_{n}", table, 0) for n in (1, 2, 3))
    rate = np.where(tenths < low, first, np.where(tenths <= high, second, third))
    whole = halves_up(disabled_children * rate * expenses_cents, children * 100)
    cap = by_year(year, "bonus_places.inclusion_cap", table, 2) * places
    result: Ints = np.minimum(whole, cap)
    return result


def attractiveness_cents(
    year: Ints, places: Ints, is_public: np.ndarray, monthly_rise_cents: Ints, table: Parameters
) -> Ints:
    def either(name: str) -> Ints:
        both = (
            by_year(year, f"bonus_places.attractiveness_{name}{kind}", table, 2)
            for kind in ("public", "private")
        )
        chosen: Ints = np.where(is_public, *both)
        return chosen

    result: Ints = np.where(monthly_rise_cents >= either("rise_"), either("") * places, 0)
    return result
