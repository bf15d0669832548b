"""The other services, many at once, in cents, equal to `services` to the cent.

Hours, posts and other units are in hundredths. A value is asked for only where a row needs it.
"""

from __future__ import annotations

import numpy as np

from ansanm.engines.funding.bonus_arrays import where_year
from ansanm.engines.funding.parameters import Parameters
from ansanm.engines.funding.psu_arrays import by_year, halves_up
from ansanm.engines.funding.tariff_arrays import Ints

CAPPED = ("laep", "rpe", "agc", "acf", "evs")


def leisure_centre_cents(
    year: Ints, hours: Ints, wednesday_hours: Ints, inclusion_hours: Ints, table: Parameters
) -> Ints:
    total = np.zeros(len(year), dtype=np.int64)
    for units, name, needed in (
        (hours, "services.alsh_hour", np.ones(len(year), dtype=bool)),
        (wednesday_hours, "services.alsh_wednesday", wednesday_hours > 0),
        (inclusion_hours, "services.alsh_inclusion", inclusion_hours > 0),
    ):
        # Each line is rounded, as on the statement.
        total += halves_up(units * where_year(needed, year, name, table, 2), 100)
    return total


def capped_cents(name: str, year: Ints, expenses_cents: Ints, units: Ints, table: Parameters) -> Ints:
    """Return share × min(expenses, ceiling × units); 100 units is one, for those counted by none."""
    share = by_year(year, f"services.{name}_share", table, 2)
    limit = by_year(year, f"services.{name}_ceiling", table, 2) * units
    return halves_up(np.minimum(expenses_cents * 100, limit) * share, 1_000_000)


def hub_cents(
    year: Ints, expenses_cents: Ints, posts: Ints, has_missions: np.ndarray, table: Parameters
) -> Ints:
    missions = where_year(has_missions, year, "services.rpe_missions", table, 2)
    result: Ints = capped_cents("rpe", year, expenses_cents, posts, table) + missions
    return result


def community_centre_cents(
    year: Ints, expenses_cents: Ints, families_expenses_cents: Ints, table: Parameters
) -> Ints:
    one = np.full(len(year), 100, dtype=np.int64)
    result: Ints = capped_cents("agc", year, expenses_cents, one, table) + capped_cents(
        "acf", year, families_expenses_cents, one, table
    )
    return result


def homework_support_cents(year: Ints, expenses_cents: Ints, groups: Ints, table: Parameters) -> Ints:
    share = by_year(year, "services.clas_share", table, 2)
    limit = by_year(year, "services.clas_max", table, 2) * groups
    return halves_up(np.minimum(expenses_cents * share, limit * 10_000), 10_000)


def canteen_cents(year: Ints, meals: Ints, snacks: Ints, table: Parameters) -> Ints:
    result: Ints = meals * where_year(meals > 0, year, "services.pars_meal", table, 2) + snacks * where_year(
        snacks > 0, year, "services.pars_snack", table, 2
    )
    return result


def per_unit_cents(parameter: str, year: Ints, units: Ints, table: Parameters) -> Ints:
    return halves_up(units * by_year(year, parameter, table, 2), 100)


def creche_investment_cents(
    year: Ints, places: Ints, cost_cents: Ints, is_priority_area: np.ndarray, table: Parameters
) -> Ints:
    per_place = by_year(year, "investment.piaje_place", table, 2)
    more = where_year(is_priority_area, year, "investment.piaje_priority", table, 2)
    result: Ints = np.minimum((per_place + more) * places, cost_cents)
    return result
