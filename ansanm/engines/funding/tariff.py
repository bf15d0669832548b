"""What a family pays an hour in a crèche funded by the PSU: the national scale.

    hourly = min(max(monthly income, floor), ceiling) × rate(children, care), rounded to the cent

The rate is a line of a table by number of dependent children; each child with AEEH, in care or not,
moves the family down by one line. Above the ceiling the operator may go on (its rules must say so).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ansanm.engines.funding import checks
from ansanm.engines.funding.errors import BadInput
from ansanm.engines.funding.explanation import Amount, Line, Reader, Rounding, Used, rounded, said
from ansanm.engines.funding.parameters import Parameters, national

MAX_CHILDREN = 20  # beyond, it is a slip
LAST_PUBLISHED_CHILDREN = 10


class Care(StrEnum):
    COLLECTIVE = "collective"
    FAMILIAL = "familial"
    PARENTAL = "parental"
    MICRO = "micro"


# Number of children from which each line applies.
LINES = {"rates_collective": (1, 2, 3, 4, 8), "rates_family": (1, 2, 3, 6)}
SCALE = {
    Care.COLLECTIVE: "rates_collective",
    Care.MICRO: "rates_collective",
    Care.FAMILIAL: "rates_family",
    Care.PARENTAL: "rates_family",
}
# Contracts of micro-crèches joined the collective scale that day; what ran before kept an older one.
MICRO_SINCE = date(2019, 9, 1)


class Custom(StrEnum):
    """What the operator's rules say of children in the care of the ASE and of emergencies."""

    FLOOR = "floor"
    MEAN = "mean"


def line_of(scale: str, children: int, disabled_children: int) -> int:
    """Return the line of the table, from 1: one further down for each child with AEEH."""
    starts = LINES[scale]
    own = sum(children >= start for start in starts)
    return min(own + disabled_children, len(starts))


def hourly(
    *,
    on: date,
    children: int,
    care: Care = Care.COLLECTIVE,
    monthly_income: Decimal | None = None,
    yearly_income: Decimal | None = None,
    disabled_children: int = 0,
    is_uncapped: bool = False,
    parameters: Parameters | None = None,
) -> Amount:
    """Return what an hour costs a family; without an income (the family refuses) the ceiling is taken."""
    warnings = _checked(on, children, care, monthly_income, yearly_income, disabled_children)
    reader = Reader(parameters or national(), on)
    floor, ceiling = reader.use("resources.floor"), reader.use("resources.ceiling")
    low, high = Fraction(floor.value.number), Fraction(ceiling.value.number)
    lines = []

    if yearly_income is not None:
        income = Fraction(yearly_income) / 12
        shown = rounded(income)
        lines.append(
            Line(
                "monthly_income",
                shown,
                "eur_per_month",
                "yearly_income / 12",
                {"yearly_income": yearly_income},
                # Shown to the cent, carried on whole.
                rounding="" if Fraction(shown) == income else "shown",
            )
        )
    elif monthly_income is not None:
        income = Fraction(monthly_income)
        lines.append(Line("monthly_income", monthly_income, "eur_per_month"))
    else:
        income = high

    is_refused = monthly_income is None and yearly_income is None
    taken = max(income, low)
    if not is_uncapped:
        taken = min(taken, high)
    is_floor = taken == low and income < low
    is_ceiling = is_refused or (taken == high and income > high)
    notes = (
        ("refused",) if is_refused else ("floor",) if is_floor else ("ceiling",) if is_ceiling else
        ("uncapped",) if is_uncapped and income > high else ()
    )  # fmt: skip
    lines.append(
        Line(
            "taken_income",
            rounded(taken),
            "eur_per_month",
            "ceiling"
            if is_refused
            else "max(monthly_income, floor)"
            if is_uncapped
            else "min(max(monthly_income, floor), ceiling)",
            {"floor": floor.value.number, "ceiling": ceiling.value.number},
            (Used(floor.id, floor.value, is_floor), Used(ceiling.id, ceiling.value, is_ceiling)),
            notes=notes,
        )
    )

    scale = SCALE[care]
    number = line_of(scale, children, disabled_children)
    rate = reader.use(f"{scale}.line_{number}")
    cautions: tuple[str, ...] = ("aeeh",) if disabled_children else ()
    if children > LAST_PUBLISHED_CHILDREN:
        cautions += ("more_than_ten",)
    lines.append(
        Line(
            "rate",
            rate.value.number,
            "percent",
            inputs={"children": children, "disabled_children": disabled_children, "care": care.value},
            used=(rate,),
            notes=cautions,
        )
    )
    eur = rounded(taken * Fraction(rate.value.number) / 100)
    lines.append(Line("hourly", eur, "eur_per_hour", "taken_income × rate / 100", rounding=said()))
    return Amount(eur, tuple(lines), warnings)


def _checked(
    on: date,
    children: int,
    care: Care,
    monthly_income: Decimal | None,
    yearly_income: Decimal | None,
    disabled_children: int,
) -> tuple[str, ...]:
    checks.whole("children", children, 1, MAX_CHILDREN)
    checks.whole("disabled_children", disabled_children, 0, children)
    if monthly_income is not None and yearly_income is not None:
        raise BadInput("yearly_income", "twice", yearly_income)
    for field, income in (("monthly_income", monthly_income), ("yearly_income", yearly_income)):
        if income is not None:
            checks.not_negative(field, income)
    if care is Care.MICRO and on < MICRO_SINCE:
        raise BadInput("care", "micro_before_2019", on, MICRO_SINCE)
    if monthly_income is not None and monthly_income >= checks.YEARLY_FROM:
        return ("looks_yearly",)
    return ()


def local(
    *,
    on: date,
    custom: Custom,
    children: int = 1,
    care: Care = Care.COLLECTIVE,
    rounding: Rounding = Rounding.HALF_UP,
    parameters: Parameters | None = None,
) -> Amount:
    """Return the hourly tariff of a child of the ASE or of an emergency, where the income is unknown.

    The operator's rules choose between the floor and the mean of the floor and ceiling tariffs. A Caf
    printed 1.66 for the mean of 0.41 and 2.92: half a cent is rounded as those rules round it.
    """
    used = parameters or national()
    low = hourly(on=on, children=children, care=care, monthly_income=Decimal(0), parameters=used)
    if custom is Custom.FLOOR:
        return low
    high = hourly(on=on, children=children, care=care, parameters=used)
    eur = rounded((Fraction(low.eur) + Fraction(high.eur)) / 2, rounding=rounding)
    both = tuple(
        Line(
            name,
            one.eur,
            "eur_per_hour",
            one.line("hourly").formula,
            {key: one.line(key).result for key in ("taken_income", "rate")},
            tuple(used for line in one.lines for used in line.used if used.decides),
            said(),
        )
        for name, one in (("floor_hourly", low), ("ceiling_hourly", high))
    )
    mean = Line(
        "hourly", eur, "eur_per_hour", "(floor_hourly + ceiling_hourly) / 2", rounding=said(rounding=rounding)
    )
    return Amount(eur, (*both, mean))


@dataclass(frozen=True)
class Contract:
    """Regular care spread over equal months: hours reserved, less closures known in advance."""

    hours_per_week: Decimal
    weeks: Decimal  # of the contract, closures included
    months: int
    closed_hours: Decimal = Decimal(0)


@dataclass(frozen=True)
class Month:
    """What changes in one month: hours added, hours not due (and not in the contract's closures)."""

    extra_hours: Decimal = Decimal(0)
    closed_hours: Decimal = Decimal(0)
    hospital_hours: Decimal = Decimal(0)
    eviction_hours: Decimal = Decimal(0)
    sick_hours: Decimal = Decimal(0)  # with a certificate


MAX_WEEK = Decimal(168)


def monthly(amount: Amount, contract: Contract, month: Month | None = None) -> Amount:
    """Return what a month costs at the hourly tariff `amount`: the flat sum, then what changes it."""
    reserved = _reserved(contract)
    price = Fraction(amount.eur)
    hours = reserved / contract.months
    flat = rounded(hours * price)
    lines = [
        *amount.lines,
        Line(
            "reserved_hours",
            rounded(reserved),
            "hours",
            "hours_per_week × weeks − closed_hours",
            {
                "hours_per_week": contract.hours_per_week,
                "weeks": contract.weeks,
                "closed_hours": contract.closed_hours,
            },
        ),
        Line(
            "monthly_hours",
            rounded(hours),
            "hours",
            "reserved_hours / months",
            {"months": contract.months},
            rounding="" if Fraction(rounded(hours)) == hours else "shown",
        ),
        Line("flat_month", flat, "eur", "monthly_hours × hourly", rounding=said()),
    ]
    due = flat
    for key, sign, given in _movements(month or Month()):
        checks.not_negative(key, given)
        if given:
            eur = rounded(Fraction(given) * price)
            due += sign * eur
            lines.append(Line(key, sign * eur, "eur", "hours × hourly", {"hours": given}, rounding=said()))
    if due < 0:
        raise BadInput("deducted_hours", "more_than_reserved", flat - due, flat)
    lines.append(Line("month", due, "eur"))
    return Amount(due, tuple(lines), amount.warnings)


def _reserved(contract: Contract) -> Fraction:
    checks.not_negative("hours_per_week", contract.hours_per_week)
    checks.at_most("hours_per_week", contract.hours_per_week, MAX_WEEK)
    checks.not_negative("weeks", contract.weeks)
    checks.at_most("weeks", contract.weeks, 53)
    checks.whole("months", contract.months, 1, 12)
    checks.not_negative("closed_hours", contract.closed_hours)
    reserved = Fraction(contract.hours_per_week) * Fraction(contract.weeks) - Fraction(contract.closed_hours)
    if reserved < 0:
        raise BadInput("closed_hours", "more_than_reserved", contract.closed_hours)
    return reserved


def _movements(month: Month) -> list[tuple[str, int, Decimal]]:
    return [
        ("extra_hours", 1, month.extra_hours),
        ("closed_hours", -1, month.closed_hours),
        ("hospital_hours", -1, month.hospital_hours),
        ("eviction_hours", -1, month.eviction_hours),
        ("sick_hours", -1, month.sick_hours),
    ]


def occasional(amount: Amount, hours: Decimal) -> Amount:
    """Return what hours of occasional care cost, at the same hourly tariff, without a contract."""
    checks.not_negative("hours", hours)
    eur = rounded(Fraction(hours) * Fraction(amount.eur))
    line = Line("occasional", eur, "eur", "hours × hourly", {"hours": hours}, rounding=said())
    return Amount(eur, (*amount.lines, line), amount.warnings)
