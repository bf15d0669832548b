"""The bonuses of many crèches and years at once, in cents, equal to `bonuses` to the cent."""

from __future__ import annotations

import numpy as np

from ansanm.engines.funding.bonuses import FLOORS
from ansanm.engines.funding.errors import BadInput
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


def growth_cents(year: Ints, places: Ints, places_2023: Ints, places_now: Ints, table: Parameters) -> Ints:
    grown = (places_now - places_2023) * 10_000
    found = np.zeros(len(year), dtype=np.int64)
    for number in (1, 2, 3):
        bound = by_year(year, f"bonus_places.growth_bound_{number}", table, 2)
        amount = by_year(year, f"bonus_places.growth_amount_{number}", table, 2)
        found = np.where(grown >= bound * places_2023, amount, found)
    result: Ints = found * places
    return result


def existing_offer_cents(
    group: Ints,
    group_year: Ints,
    inherited_cents: Ints,
    units_hundredths: Ints,
    table: Parameters,
    *,
    field: str,
) -> tuple[Ints, Ints]:
    """Return the amount per unit of each territory (a group), and the bonus of each equipment."""
    inherited = np.zeros(len(group_year), dtype=np.int64)
    units = np.zeros(len(group_year), dtype=np.int64)
    # Not bincount: it adds as floats, which lose cents above 2^53.
    np.add.at(inherited, group, inherited_cents)
    np.add.at(units, group, units_hundredths)
    if not units.all():
        raise BadInput("units", "zero", f"group {int(np.argmin(units != 0))}")
    per_unit = halves_up(inherited * 100, units)
    floor_name, _unit = FLOORS[field]
    if floor_name:
        floor = by_year(group_year, floor_name, table, 2)
        per_unit = np.where(inherited * 100 < floor * units, floor, per_unit)
    return per_unit, halves_up(per_unit[group] * units_hundredths, 100)


def new_places_cents(year: Ints, places: Ints, is_first_band: np.ndarray, table: Parameters) -> Ints:
    first = where_year(is_first_band, year, "bonus_territory.eaje_new_max", table, 2)
    other = where_year(~is_first_band, year, "bonus_territory.eaje_new_other_band", table, 2)
    result: Ints = (first + other) * places
    return result


def employer_places_cents(year: Ints, places: Ints, table: Parameters) -> Ints:
    result: Ints = by_year(year, "bonus_territory.employer_place", table, 2) * places
    return result


def where_year(chosen: np.ndarray, years: Ints, name: str, table: Parameters, decimals: int) -> Ints:
    """Return the parameter on the chosen rows, 0 elsewhere: a value that no row needs is not asked for."""
    found = np.zeros(len(years), dtype=np.int64)
    if chosen.any():
        found[chosen] = by_year(years[chosen], name, table, decimals)
    return found
