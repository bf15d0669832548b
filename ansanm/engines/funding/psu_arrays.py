"""The PSU of many crèches and years at once, equal to `psu.psu` to the cent.

Integers throughout: money in cents, hours in hundredths, prices in hundredths of a cent, the
general-scheme share in ten-thousandths.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from ansanm.engines.funding.errors import BadInput
from ansanm.engines.funding.parameters import Parameters, national
from ansanm.engines.funding.psu import LINEAR_SINCE, MAX_HOURS_PER_PLACE, SERVICES
from ansanm.engines.funding.tariff_arrays import Ints, scaled


@dataclass(frozen=True)
class Declarations:
    """One row a crèche and a year; `service` is a position in SERVICES."""

    year: Ints
    service: Ints
    expenses_cents: Ints
    billed_hundredths: Ints
    attended_hundredths: Ints
    participations_cents: Ints
    places: Ints
    authorised_places: Ints
    extra_hundredths: Ints
    general_scheme: Ints  # ten-thousandths: 10 000 is everybody


def halves_up(numerator: Ints, denominator: Ints | int) -> Ints:
    quotient: Ints = (2 * numerator + denominator) // (2 * denominator)
    return quotient


def psu_cents(rows: Declarations, parameters: Parameters | None = None) -> Ints:
    _checked(rows)
    table = parameters or national()
    price = np.minimum(
        halves_up(rows.expenses_cents * 10_000, rows.billed_hundredths), _ceilings(rows, table)
    )
    share = by_year(rows.year, "psu.share", table, 0)
    # Hundredths of a cent × hundredths of an hour × percent: 10⁻⁸ €.
    per_hour = price * share
    due = np.maximum(per_hour * rows.billed_hundredths - rows.participations_cents * 1_000_000, 0)
    extra = per_hour * rows.extra_hundredths
    # due × share of the scheme, in two parts: whole, it would not fit in 64 bits for a large crèche.
    high, low = np.divmod(due, 10_000)
    whole, rest = np.divmod(high * rows.general_scheme + extra, 1_000_000)
    cents: Ints = whole + halves_up(rest * 10_000 + low * rows.general_scheme, 10_000_000_000)
    return cents


def _ceilings(rows: Declarations, table: Parameters) -> Ints:
    """Return the ceiling price of each row, in hundredths of a cent."""
    billed, attended = rows.billed_hundredths, rows.attended_hundredths
    first = by_year(rows.year, "psu.class_bound_1", table, 0)
    second = by_year(rows.year, "psu.class_bound_2", table, 0)
    below, above = 100 * billed <= first * attended, 100 * billed > second * attended
    found = np.zeros(len(billed), dtype=np.int64)
    for code, service in enumerate(SERVICES):
        mine = rows.service == code
        older = mine & (rows.year < LINEAR_SINCE)
        for number, where in ((1, below), (2, ~below & ~above), (3, above)):
            chosen = older & where
            found[chosen] = by_year(rows.year[chosen], f"psu.ceiling_{service}_class_{number}", table, 4)
        newer = mine & (rows.year >= LINEAR_SINCE)
        if newer.any():
            years, a, b = rows.year[newer], attended[newer], billed[newer]
            top = by_year(years, f"psu.ceiling_{service}_low", table, 4)
            bottom = by_year(years, f"psu.ceiling_{service}_high", table, 4)
            width = (second - first)[newer] * a
            along = np.clip(100 * b - first[newer] * a, 0, width)
            found[newer] = halves_up(top * width - (top - bottom) * along, width)
    return found


def by_year(years: Ints, name: str, table: Parameters, decimals: int) -> Ints:
    """Return a parameter on 1 January of each year, scaled; refuse a year without it."""
    different, position = np.unique(years, return_inverse=True)
    values = [scaled(table.at(name, date(int(year), 1, 1)), decimals) for year in different]
    return np.array(values, dtype=np.int64)[position]


def _checked(rows: Declarations) -> None:
    """Refuse the first row that cannot be, by its field and position."""
    limit = MAX_HOURS_PER_PLACE * 100 * rows.places
    for field, reason, wrong in (
        ("expenses_eur", "negative", rows.expenses_cents < 0),
        ("participations_eur", "negative", rows.participations_cents < 0),
        ("extra_hours", "negative", rows.extra_hundredths < 0),
        ("places", "out_of_range", (rows.places < 1) | (rows.places > 1000)),
        ("places", "over_authorised", rows.places > rows.authorised_places),
        ("billed_hours", "zero", rows.billed_hundredths <= 0),
        ("attended_hours", "zero", rows.attended_hundredths <= 0),
        ("billed_hours", "too_high", rows.billed_hundredths > limit),
        ("attended_hours", "too_high", rows.attended_hundredths > limit),
        ("extra_hours", "too_high", rows.extra_hundredths > rows.billed_hundredths),
        (
            "general_scheme_percent",
            "out_of_range",
            (rows.general_scheme < 0) | (rows.general_scheme > 10_000),
        ),
        ("billed_hours", "below_attended", rows.billed_hundredths < rows.attended_hundredths),
        ("expenses_eur", "too_high", rows.expenses_cents > 10**11),
        ("participations_eur", "too_high", rows.participations_cents > 10**11),
        ("service", "out_of_range", (rows.service < 0) | (rows.service >= len(SERVICES))),
    ):
        if wrong.any():
            raise BadInput(field, reason, f"row {int(np.argmax(wrong))}")
