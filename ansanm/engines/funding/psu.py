"""The PSU of a crèche for one year: what the Caf pays, beside what families pay.

    price = min(expenses / billed hours, ceiling price)
    PSU   = max(0, 66 % × price × billed hours − participations) × general-scheme share
            + 66 % × price × extra hours

The ceiling price depends on the services given (meals, nappies) and on the billing rate, billed hours
over attended hours: three classes until 2024; since 2025 a line between two knots, so that one more
hour billed never costs a whole class. Ceiling prices in euros are published by no page we read: they
are entered (`Parameters.entered`), and asked for where they are not.

A price is rounded to a hundredth of a cent, the sum once, to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ansanm.engines.funding import checks
from ansanm.engines.funding.errors import BadInput
from ansanm.engines.funding.explanation import Amount, Line, Reader, Used, rounded, said
from ansanm.engines.funding.parameters import Parameters, national

PRICE_STEP = Decimal("0.0001")
LINEAR_SINCE = 2025
MAX_HOURS_PER_PLACE = 24 * 366


class Service(StrEnum):
    NONE = "none"  # neither meals nor nappies
    ONE = "one"
    BOTH = "both"


SERVICES = tuple(Service)  # the order of the codes of the vectorised twin


@dataclass(frozen=True)
class Declaration:
    """What the manager declares for a year."""

    year: int
    service: Service
    expenses_eur: Decimal
    billed_hours: Decimal
    attended_hours: Decimal
    participations_eur: Decimal
    places: int
    authorised_places: int
    open_hours: Decimal = Decimal(0)  # hours of opening in the year; 0: not given
    extra_hours: Decimal = Decimal(0)  # preparation and training days
    general_scheme_percent: Decimal = Decimal(100)


@dataclass(frozen=True)
class Psu:
    amount: Amount
    billing_rate: Decimal  # percent
    cost_per_hour_eur: Decimal
    cost_per_place_eur: Decimal
    billed_occupancy: Decimal | None  # percent of places × opening hours; None: opening not given
    attended_occupancy: Decimal | None


def psu(declared: Declaration, parameters: Parameters | None = None) -> Psu:
    """Return what the Caf owes for the year, and the ratios that it looks at."""
    check(declared)
    reader = Reader(parameters or national(), date(declared.year, 1, 1))
    billed, attended = Fraction(declared.billed_hours), Fraction(declared.attended_hours)
    expenses, paid = Fraction(declared.expenses_eur), Fraction(declared.participations_eur)

    rate = billed / attended
    cost = rounded(expenses / billed, PRICE_STEP)
    ceiling, used = ceiling_price(reader, declared.service, rate)
    share = reader.use("psu.share")
    price = min(cost, ceiling)
    per_hour = Fraction(share.value.number) / 100 * Fraction(price)
    gross = per_hour * billed
    due = max(Fraction(0), gross - paid)
    scheme = due * Fraction(declared.general_scheme_percent) / 100
    extra = per_hour * Fraction(declared.extra_hours)
    eur = rounded(scheme + extra)

    lines = [
        Line(
            "billing_rate",
            rounded(rate * 100),
            "percent",
            "billed_hours / attended_hours × 100",
            {"billed_hours": declared.billed_hours, "attended_hours": declared.attended_hours},
            rounding="shown",
        ),
        Line(
            "cost_per_hour",
            cost,
            "eur_per_hour",
            "expenses / billed_hours",
            {"expenses": declared.expenses_eur, "billed_hours": declared.billed_hours},
            rounding=said(PRICE_STEP),
            notes=("cost_per_hour",),
            is_hypothesis=True,
        ),
        Line("ceiling_price", ceiling, "eur_per_hour", used=used, rounding=said(PRICE_STEP)),
        Line("price", price, "eur_per_hour", "min(cost_per_hour, ceiling_price)"),
        Line(
            "gross",
            rounded(gross),
            "eur",
            "share / 100 × price × billed_hours",
            {"share": share.value.number, "billed_hours": declared.billed_hours},
            (share,),
            rounding="shown",
        ),
        Line(
            "due",
            rounded(due),
            "eur",
            "max(0, gross − participations)",
            {"participations": declared.participations_eur},
            rounding="shown",
            notes=("paid_by_families",) if gross <= paid else (),
        ),
    ]
    if declared.general_scheme_percent != 100:
        lines.append(
            Line(
                "general_scheme",
                rounded(scheme),
                "eur",
                "due × general_scheme_percent / 100",
                {"general_scheme_percent": declared.general_scheme_percent},
                rounding="shown",
                notes=("general_scheme_order",),
                is_hypothesis=True,
            )
        )
    if declared.extra_hours:
        lines.append(
            Line(
                "extra",
                rounded(extra),
                "eur",
                "share / 100 × price × extra_hours",
                {"share": share.value.number, "extra_hours": declared.extra_hours},
                rounding="shown",
            )
        )
    lines.append(Line("psu", eur, "eur", rounding=said()))
    capacity = Fraction(declared.open_hours) * declared.places
    return Psu(
        Amount(eur, tuple(lines)),
        rounded(rate * 100),
        cost,
        rounded(expenses / declared.places),
        rounded(billed / capacity * 100) if capacity else None,
        rounded(attended / capacity * 100) if capacity else None,
    )


def ceiling_price(reader: Reader, service: Service, rate: Fraction) -> tuple[Decimal, tuple[Used, ...]]:
    """Return the ceiling of the hourly cost at this billing rate, and the values it comes from."""
    first, second = reader.use("psu.class_bound_1"), reader.use("psu.class_bound_2")
    low, high = (Fraction(one.value.number) / 100 for one in (first, second))
    if reader.on.year < LINEAR_SINCE:
        number = 1 if rate <= low else 2 if rate <= high else 3
        used = reader.use(f"psu.ceiling_{service}_class_{number}")
        return used.value.number, (first, second, used)
    at_low, at_high = reader.use(f"psu.ceiling_{service}_low"), reader.use(f"psu.ceiling_{service}_high")
    top, bottom = Fraction(at_low.value.number), Fraction(at_high.value.number)
    along = min(max((rate - low) / (high - low), Fraction(0)), Fraction(1))
    return rounded(top - (top - bottom) * along, PRICE_STEP), (first, second, at_low, at_high)


def check(declared: Declaration) -> None:
    """Refuse what cannot be, naming the field."""
    for field in (
        "expenses_eur", "billed_hours", "attended_hours", "participations_eur", "open_hours", "extra_hours",
        "general_scheme_percent",
    ):  # fmt: skip
        checks.not_negative(field, getattr(declared, field))
    checks.whole("places", declared.places, 1, 1000)
    checks.at_most("places", declared.places, declared.authorised_places, "over_authorised")
    for field in ("billed_hours", "attended_hours"):
        if not getattr(declared, field):
            raise BadInput(field, "zero", 0)
        checks.at_most(field, getattr(declared, field), MAX_HOURS_PER_PLACE * declared.places)
    checks.at_most("open_hours", declared.open_hours, MAX_HOURS_PER_PLACE)
    checks.at_most("extra_hours", declared.extra_hours, declared.billed_hours)
    checks.at_most("general_scheme_percent", declared.general_scheme_percent, 100)
    if declared.billed_hours < declared.attended_hours:
        raise BadInput("billed_hours", "below_attended", declared.billed_hours, declared.attended_hours)
