"""What the Caf adds to the PSU, a year and a place: the bonuses of a crèche and of its territory.

Each is a function of one equipment. They add up, on all authorised places. Amounts of 2026 that were
announced as changed and not found are asked for, never carried over from 2025.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ansanm.engines.funding import checks
from ansanm.engines.funding.errors import BadInput
from ansanm.engines.funding.explanation import Amount, Line, Reader, Used, rounded, said
from ansanm.engines.funding.parameters import Parameters, national

MAX_PLACES = 1000


class Employer(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"


def social_mix(
    *,
    on: date,
    places: int,
    participations_eur: Decimal,
    billed_hours: Decimal,
    mean_eur: Decimal | None = None,
    parameters: Parameters | None = None,
) -> Amount:
    """Return the bonus for welcoming families who pay little an hour on average.

    `mean_eur` is that mean where it is known: found again from participations rounded to the cent, one
    that stands on a bound would pass it.
    """
    _places(places)
    checks.not_negative("participations_eur", participations_eur)
    checks.not_negative("billed_hours", billed_hours)
    if not billed_hours:
        raise BadInput("billed_hours", "zero", 0)
    reader = Reader(parameters or national(), on)
    mean = Fraction(participations_eur) / Fraction(billed_hours) if mean_eur is None else Fraction(mean_eur)
    bounds = [reader.use(f"bonus_places.social_bound_{n}") for n in (1, 2, 3)]
    reached = next((n for n, one in enumerate(bounds) if mean <= Fraction(one.value.number)), None)
    if mean_eur is not None:
        first = Line("mean_participation", mean_eur, "eur_per_hour", used=tuple(bounds))
    else:
        first = Line(
            "mean_participation",
            rounded(mean),
            "eur_per_hour",
            "participations / billed_hours",
            {"participations": participations_eur, "billed_hours": billed_hours},
            tuple(bounds),
            "shown",
        )
    if reached is None:
        return _none(first, "above_all_bounds")
    return _per_place(first, places, reader.use(f"bonus_places.social_amount_{reached + 1}"))


def inclusion(
    *,
    on: date,
    places: int,
    children: int,
    disabled_children: int,
    expenses_eur: Decimal,
    parameters: Parameters | None = None,
) -> Amount:
    """Return the bonus for welcoming disabled children, from the first one."""
    _places(places)
    checks.whole("children", children, 1, 100_000)
    checks.whole("disabled_children", disabled_children, 0, children)
    checks.not_negative("expenses_eur", expenses_eur)
    reader = Reader(parameters or national(), on)
    share = Fraction(disabled_children * 100, children)
    low, high = (reader.use(f"bonus_places.inclusion_bound_{n}") for n in (1, 2))
    cap = reader.use("bonus_places.inclusion_cap")
    first = Line(
        "disabled_share",
        rounded(share),
        "percent",
        "disabled_children / children × 100",
        {"disabled_children": disabled_children, "children": children},
        (low, high),
        "shown",
    )
    if not disabled_children:
        return _none(first, "no_disabled_child")
    number = 1 if share < Fraction(low.value.number) else 2 if share <= Fraction(high.value.number) else 3
    rate = reader.use(f"bonus_places.inclusion_rate_{number}")
    cost = Fraction(expenses_eur) / places
    uncapped = share / 100 * Fraction(rate.value.number) / 100 * cost
    amount = min(uncapped, Fraction(cap.value.number))
    eur = rounded(amount * places)
    return Amount(
        eur,
        (
            first,
            Line(
                "cost_per_place",
                rounded(cost),
                "eur_per_place",
                "expenses / places",
                {"expenses": expenses_eur, "places": places},
                rounding="shown",
            ),
            Line(
                "per_place",
                rounded(amount),
                "eur_per_place",
                "min(disabled_share / 100 × rate / 100 × cost_per_place, cap)",
                {"rate": rate.value.number, "cap": cap.value.number},
                (rate, Used(cap.id, cap.value, uncapped > amount)),
                "shown",
                ("inclusion_formula",),
                is_hypothesis=True,
            ),
            _total(eur, places),
        ),
    )


def attractiveness(
    *,
    on: date,
    places: int,
    employer: Employer,
    monthly_rise_eur: Decimal,
    parameters: Parameters | None = None,
) -> Amount:
    """Return the bonus for raising wages: of every post by resolution, or on average by agreement."""
    _places(places)
    checks.not_negative("monthly_rise_eur", monthly_rise_eur)
    reader = Reader(parameters or national(), on)
    least = reader.use(f"bonus_places.attractiveness_rise_{employer}")
    first = Line("monthly_rise", monthly_rise_eur, "eur_per_month", used=(least,))
    if monthly_rise_eur < least.value.number:
        return _none(first, "rise_too_low")
    return _per_place(first, places, reader.use(f"bonus_places.attractiveness_{employer}"))


def growth(
    *, on: date, places: int, places_2023: int, places_now: int, parameters: Parameters | None = None
) -> Amount:
    """Return the bonus of a territory that opens places: for every place, new or not."""
    _places(places)
    checks.whole("places_2023", places_2023, 1, 10**6)
    checks.whole("places_now", places_now, 0, 10**6)
    reader = Reader(parameters or national(), on)
    percent = Fraction((places_now - places_2023) * 100, places_2023)
    bounds = [reader.use(f"bonus_places.growth_bound_{n}") for n in (1, 2, 3)]
    reached = sum(percent >= Fraction(one.value.number) for one in bounds)
    first = Line(
        "growth_percent",
        rounded(percent),
        "percent",
        "(places_now − places_2023) / places_2023 × 100",
        {"places_now": places_now, "places_2023": places_2023},
        tuple(bounds),
        "shown",
    )
    if not reached:
        return _none(first, "growth_too_low")
    return _per_place(first, places, reader.use(f"bonus_places.growth_amount_{reached}"))


@dataclass(frozen=True)
class Existing:
    """What an equipment inherits from the last CEJ (or last accrued year), and its units."""

    inherited_eur: Decimal
    units: Decimal  # places, hours, full-time posts


@dataclass(frozen=True)
class Smoothed:
    """The bonus of the existing offer: one amount per unit on the whole territory."""

    per_unit: Amount
    by_equipment: Mapping[str, Decimal]
    total_eur: Decimal
    inherited_eur: Decimal


FLOORS = {"eaje": ("bonus_territory.eaje_floor", "eur_per_place"),
          "alsh": ("bonus_territory.alsh_floor", "eur_per_hour"),
          "other": (None, "eur")}  # fmt: skip


def existing_offer(
    *,
    on: date,
    field: str,
    equipment: Mapping[str, Existing],
    parameters: Parameters | None = None,
) -> Smoothed:
    """Return the territory bonus of what existed: the sums inherited, evened out, not under the floor.

    `field` is "eaje" (a unit is a place), "alsh" (an hour of a child) or "other" (no floor is known).
    """
    if not equipment:
        raise BadInput("equipment", "zero", 0)
    for name, one in equipment.items():
        checks.not_negative(f"inherited_eur ({name})", one.inherited_eur)
        checks.not_negative(f"units ({name})", one.units)
    units = sum((Fraction(one.units) for one in equipment.values()), Fraction(0))
    inherited = sum((one.inherited_eur for one in equipment.values()), Decimal(0))
    if not units:
        raise BadInput("units", "zero", 0)
    smoothed = Fraction(inherited) / units
    floor_name, unit = FLOORS[field]
    used: tuple[Used, ...] = ()
    per_unit = rounded(smoothed)
    notes: tuple[str, ...] = ()
    if floor_name:
        floor = Reader(parameters or national(), on).use(floor_name)
        is_floor = smoothed < Fraction(floor.value.number)
        used = (Used(floor.id, floor.value, is_floor),)
        if is_floor:
            per_unit, notes = floor.value.number, ("floor_applied",)
    lines = (
        Line(
            "smoothed",
            rounded(smoothed),
            unit,
            "inherited / units",
            {"inherited": inherited, "units": rounded(units)},
            rounding=said(),
        ),
        Line(
            "per_unit", per_unit, unit, "max(smoothed, floor)" if used else "smoothed", used=used, notes=notes
        ),
    )
    by_equipment = {
        name: rounded(Fraction(per_unit) * Fraction(one.units)) for name, one in equipment.items()
    }
    total = sum(by_equipment.values(), Decimal(0))
    return Smoothed(Amount(per_unit, lines), by_equipment, total, inherited)


def new_places(
    *, on: date, places: int, is_priority_area: bool, is_first_band: bool = False,
    parameters: Parameters | None = None,
) -> Amount:  # fmt: skip
    """Return the territory bonus of new crèche places: the highest band in a QPV or a ZRR.

    Elsewhere the band follows from the fiscal potential and the standard of living; its thresholds and
    the amounts of the other bands are not known here.
    """
    _places(places)
    reader = Reader(parameters or national(), on)
    name = "eaje_new_max" if is_priority_area or is_first_band else "eaje_new_other_band"
    first = Line(
        "new_places", Decimal(places), "number", notes=("priority_area",) if is_priority_area else ()
    )
    return _per_place(first, places, reader.use(f"bonus_territory.{name}"))


def employer_places(*, on: date, places: int, parameters: Parameters | None = None) -> Amount:
    """Return the amount of places booked by employers (CTRE)."""
    _places(places)
    reader = Reader(parameters or national(), on)
    first = Line("employer_places", Decimal(places), "number")
    return _per_place(first, places, reader.use("bonus_territory.employer_place"))


def _places(places: int) -> None:
    checks.whole("places", places, 1, MAX_PLACES)


def _none(line: Line, note: str) -> Amount:
    return Amount(Decimal(0), (line, Line("bonus", Decimal(0), "eur", notes=(note,))))


def _per_place(first: Line, places: int, amount: Used) -> Amount:
    eur = rounded(Fraction(amount.value.number) * places)
    line = Line("per_place", amount.value.number, "eur_per_place", used=(amount,))
    return Amount(eur, (first, line, _total(eur, places)))


def _total(eur: Decimal, places: int) -> Line:
    return Line("bonus", eur, "eur", "per_place × places", {"places": places}, rounding=said())
