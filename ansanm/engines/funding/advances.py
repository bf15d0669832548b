"""What a Caf pays before the year is settled, and the days of its circuit.

Each Caf has its own days and percentages: they are parameters. An advance is a share of the forecast
entitlement; together they never pass the cap, so that the last one is cut where the shares would.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ansanm.engines.funding import checks
from ansanm.engines.funding.explanation import Amount, Line, Reader, Used, rounded, said
from ansanm.engines.funding.parameters import Parameters, national

# key -> the year it falls in, counted from that of the agreement.
DAYS = {
    "forecast_opens": -1,
    "forecast_due": 0,
    "advance_1_day": 0,
    "update_1_due": 0,
    "advance_2_day": 0,
    "update_2_due": 0,
    "actual_due": 1,
}
# Of the accounts, not of a Caf: the year ends on that day whatever its calendar.
ACCRUAL_DAY = "accrual_day"


@dataclass(frozen=True)
class Day:
    key: str
    on: date
    used: Used | None  # None: fixed by no parameter


@dataclass(frozen=True)
class Advance:
    number: int
    due_on: date
    amount: Amount


def advances(
    *, year: int, forecast_eur: Decimal, parameters: Parameters | None = None
) -> tuple[Advance, Advance]:
    """Return the two advances of a year on its forecast entitlement."""
    checks.not_negative("forecast_eur", forecast_eur)
    reader = Reader(parameters or national(), date(year, 1, 1))
    cap = reader.use("payments.advance_cap")
    most = rounded(Fraction(forecast_eur) * Fraction(cap.value.number) / 100)
    left, found = most, []
    for number in (1, 2):
        share, day = (reader.use(f"payments.advance_{number}_{one}") for one in ("share", "day"))
        wanted = rounded(Fraction(forecast_eur) * Fraction(share.value.number) / 100)
        eur = min(wanted, left)
        lines = (
            Line("forecast_entitlement", forecast_eur, "eur"),
            Line(
                "advance_share",
                wanted,
                "eur",
                "share / 100 × forecast_entitlement",
                {"share": share.value.number},
                (share,),
                said(),
            ),
            Line(
                "advance_room",
                left,
                "eur",
                "share / 100 × forecast_entitlement" if number == 1 else "",
                {"share": cap.value.number} if number == 1 else {},
                (Used(cap.id, cap.value, number == 1 or wanted > left),),
                said() if number == 1 else "",
            ),
            Line("advance", eur, "eur", "min(advance_share, advance_room)"),
        )
        found.append(Advance(number, on_day(year, str(day.value.value)), Amount(eur, lines)))
        left -= eur
    return found[0], found[1]


def days(year: int, parameters: Parameters | None = None) -> list[Day]:
    """Return the calendar of a year, in its order; refuses a year of which no day is known."""
    reader = Reader(parameters or national(), date(year, 1, 1))
    found = []
    for key, shift in DAYS.items():
        used = reader.use(f"payments.{key}")
        found.append(Day(key, on_day(year + shift, str(used.value.value)), used))
    found.append(Day(ACCRUAL_DAY, date(year, 12, 31), None))
    return sorted(found, key=lambda one: one.on)


def on_day(year: int, month_day: str) -> date:
    """Return « 02-29 » as 28 February where the year has no 29th."""
    month, day = (int(part) for part in month_day.split("-"))
    return date(year, 2, 28) if (month, day) == (2, 29) and not _is_leap(year) else date(year, month, day)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def balance(*, entitlement_eur: Decimal, paid_eur: Decimal) -> Amount:
    """Return what is still to pay (or, below zero, to give back) once the year is settled."""
    checks.not_negative("entitlement_eur", entitlement_eur)
    eur = entitlement_eur - paid_eur
    lines = (
        Line("entitlement", entitlement_eur, "eur"),
        Line("paid", paid_eur, "eur"),
        Line("balance", eur, "eur", "entitlement − paid", notes=("to_give_back",) if eur < 0 else ()),
    )
    return Amount(eur, lines)


def notified(*, per_unit_eur: Decimal, units: Decimal) -> Amount:
    """Return the bonus of the territory that a Caf notified, so much a unit."""
    checks.not_negative("territory_per_unit_eur", per_unit_eur)
    checks.not_negative("territory_units", units)
    eur = rounded(Fraction(per_unit_eur) * Fraction(units))
    lines = (
        Line("per_unit", per_unit_eur, "eur", notes=("notified",)),
        Line("bonus", eur, "eur", "per_unit × units", {"units": units}, rounding=said()),
    )
    return Amount(eur, lines)
