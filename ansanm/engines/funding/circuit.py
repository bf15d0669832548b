"""Who receives what, from whom and when: through the city (CEJ), then straight to who runs the crèche.

Before, the Caf paid the Psej to the city that had signed, and the city paid a subsidy to each operator;
after, the Caf pays the bonus territoire to the operator, and the city what it still puts of its own. The
PSU, what families pay and what a crèche spends go the same way in both: they are shown where they are
given, and never guessed. Money is in cents from here on; a payment in instalments is cut on the running
total, so that the last cent is neither lost nor paid twice.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ansanm.engines.funding import checks
from ansanm.engines.funding.bonuses import Existing, existing_offer
from ansanm.engines.funding.errors import BadInput
from ansanm.engines.funding.explanation import Amount, Line, rounded
from ansanm.engines.funding.parameters import Parameters

MAX_MONTH = 24  # December of the year after


class Device(StrEnum):
    PSU = "psu"
    PSEJ = "psej"
    BONUS = "bonus"
    SUBSIDY = "subsidy"
    FAMILIES = "families"
    EXPENSES = "expenses"


class Kind(StrEnum):
    CAF = "caf"
    CITY = "city"
    OPERATOR = "operator"
    FAMILIES = "families"
    SUPPLIERS = "suppliers"  # wages, rent, meals: what a crèche spends


@dataclass(frozen=True, order=True)
class Party:
    kind: Kind
    name: str = ""


CAF, FAMILIES, SUPPLIERS = Party(Kind.CAF), Party(Kind.FAMILIES), Party(Kind.SUPPLIERS)


@dataclass(frozen=True)
class Creche:
    """One crèche for one year. None: nobody gave it."""

    name: str
    operator: str
    city: str  # the authority that supports it, and that had signed the CEJ
    year: int
    places: int
    psej_eur: Decimal
    subsidy_eur: Decimal  # paid by the city to the operator before
    bonus_eur: Decimal | None = None
    subsidy_after_eur: Decimal | None = None
    psu_eur: Decimal | None = None
    families_eur: Decimal | None = None
    expenses_eur: Decimal | None = None

    @property
    def is_municipal(self) -> bool:
        return self.operator == self.city

    @property
    def runner(self) -> Party:
        return Party(Kind.CITY, self.city) if self.is_municipal else Party(Kind.OPERATOR, self.operator)


# (month from 1, January of the year, to 24, December of the next; percent), in order.
Calendar = Sequence[tuple[int, Fraction]]
MONTHLY: Calendar = tuple((n, Fraction(100, 12)) for n in range(1, 13))


@dataclass(frozen=True)
class Flow:
    """One payment."""

    creche: str
    year: int  # of the right, not of the payment
    payer: Party
    payee: Party
    device: Device
    month: str  # "2025-03"
    cents: int


@dataclass(frozen=True)
class Comparison:
    """The same crèches in the two circuits."""

    creches: tuple[Creche, ...]
    before: tuple[Flow, ...]
    after: tuple[Flow, ...]


@dataclass(frozen=True)
class Change:
    """A sum before and after."""

    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before


def compare(creches: Iterable[Creche], calendars: Mapping[Device, Calendar]) -> Comparison:
    """Return every payment of each circuit; a device without a calendar is paid by twelfths."""
    rows = tuple(creches)
    seen: set[tuple[str, int]] = set()
    for one in rows:
        check(one)
        if (one.name, one.year) in seen:
            raise BadInput(f"name ({one.name})", "same_creche_twice", f"{one.name} {one.year}")
        seen.add((one.name, one.year))
    for calendar in calendars.values():
        check_calendar(calendar)
    before: list[Flow] = []
    after: list[Flow] = []
    for one in rows:
        same = [
            (payer, payee, device, eur)
            for payer, payee, device, eur in (
                (CAF, one.runner, Device.PSU, one.psu_eur),
                (FAMILIES, one.runner, Device.FAMILIES, one.families_eur),
                (one.runner, SUPPLIERS, Device.EXPENSES, one.expenses_eur),
            )
            if eur is not None
        ]
        city = Party(Kind.CITY, one.city)
        old = [*same, (CAF, city, Device.PSEJ, one.psej_eur)]
        new = [*same, (CAF, one.runner, Device.BONUS, _bonus(one))]
        if not one.is_municipal:
            old.append((city, one.runner, Device.SUBSIDY, one.subsidy_eur))
            new.append((city, one.runner, Device.SUBSIDY, subsidy_after(one).eur))
        for flows, lines in ((before, old), (after, new)):
            for payer, payee, device, eur in lines:
                for month, cents in instalments(eur, calendars.get(device, MONTHLY)):
                    day = f"{one.year + (month - 1) // 12}-{(month - 1) % 12 + 1:02}"
                    flows.append(Flow(one.name, one.year, payer, payee, device, day, cents))
    return Comparison(rows, tuple(before), tuple(after))


def subsidy_after(one: Creche) -> Amount:
    """Return what the city pays after: what was given, or what it put of its own before.

    The second is a choice of the city, not a rule: it is told as a hypothesis. Where the Psej was more
    than the subsidy, the city kept the rest; it cannot pay less than nothing.
    """
    if one.subsidy_after_eur is not None:
        return Amount(one.subsidy_after_eur, (Line("subsidy_after", one.subsidy_after_eur, "eur"),))
    own = one.subsidy_eur - one.psej_eur
    eur = max(Decimal(0), own)
    line = Line(
        "subsidy_after",
        eur,
        "eur",
        "max(0, subsidy_before − psej)",
        {"subsidy_before": one.subsidy_eur, "psej": one.psej_eur},
        notes=("city_keeps_its_effort", *(("psej_above_subsidy",) if own < 0 else ())),
        is_hypothesis=True,
    )
    return Amount(eur, (line,))


def explained(one: Creche) -> Amount:
    """Return what the change is to the operator, with its reasons."""
    bonus, after = _bonus(one), subsidy_after(one)
    lines: list[Line] = [Line("psej", one.psej_eur, "eur"), Line("bonus_territory", bonus, "eur")]
    if one.is_municipal:
        eur = bonus - one.psej_eur
        change = Line("runner_change", eur, "eur", "bonus_territory − psej", notes=("city_is_operator",))
    else:
        eur = bonus + after.eur - one.subsidy_eur
        lines += [Line("subsidy_before", one.subsidy_eur, "eur"), *after.lines]
        change = Line("runner_change", eur, "eur", "bonus_territory + subsidy_after − subsidy_before")
    return Amount(eur, (*lines, change))


def with_smoothed_bonus(creches: Iterable[Creche], parameters: Parameters | None = None) -> list[Creche]:
    """Return the crèches with the bonus that smoothing their Psej gives, where none was given.

    The territory of competence is that of the city; those whose bonus was given count in the sum that is
    shared all the same.
    """
    rows = list(creches)
    for key in {(one.city, one.year) for one in rows if one.bonus_eur is None}:
        mine = [one for one in rows if (one.city, one.year) == key]
        found = existing_offer(
            on=date(key[1], 1, 1),
            field="eaje",
            equipment={one.name: Existing(one.psej_eur, Decimal(one.places)) for one in mine},
            parameters=parameters,
        )
        rows = [
            replace(one, bonus_eur=found.by_equipment[one.name])
            if one.bonus_eur is None and (one.city, one.year) == key
            else one
            for one in rows
        ]
    return rows


def instalments(eur: Decimal, calendar: Calendar) -> list[tuple[int, int]]:
    """Return (month, cents), whose cents add up to the sum whatever the shares."""
    found, paid, share = [], 0, Fraction(0)
    for month, percent in calendar:
        share += percent
        due = int(rounded(Fraction(eur) * share / 100) * 100)
        if due != paid:
            found.append((month, due - paid))
        paid = due
    return found


def summed(flows: Iterable[Flow], key: Callable[[Flow], Hashable]) -> dict[Hashable, int]:
    """Return the cents of each key, in the order in which they come."""
    found: dict[Hashable, int] = {}
    for one in flows:
        found[key(one)] = found.get(key(one), 0) + one.cents
    return found


def changes(comparison: Comparison, key: Callable[[Flow], Hashable]) -> dict[Hashable, Change]:
    """Return each key before and after, 0 where it is in one circuit only."""
    before, after = summed(comparison.before, key), summed(comparison.after, key)
    return {name: Change(before.get(name, 0), after.get(name, 0)) for name in {**before, **after}}


def balance(flows: Iterable[Flow], party: Party) -> int:
    """Return what a party received less what it paid."""
    return sum(one.cents * ((one.payee == party) - (one.payer == party)) for one in flows)


def net_cost(comparison: Comparison, city: str) -> Change:
    """Return what a city pays less what it receives, in all the payments that were given."""
    party = Party(Kind.CITY, city)
    return Change(-balance(comparison.before, party), -balance(comparison.after, party))


def is_whole(comparison: Comparison, city: str) -> bool:
    """Tell whether nothing is missing of what the city's own crèches spend and receive."""
    return not any(missing_of(one) for one in comparison.creches if one.is_municipal and one.city == city)


def missing_of(one: Creche) -> list[str]:
    """Return the names of what nobody gave among what goes the same way in both circuits."""
    return [name for name in ("psu_eur", "families_eur", "expenses_eur") if getattr(one, name) is None]


def months_of(comparison: Comparison) -> list[str]:
    """Return every month from the first January to the last payment."""
    every = {one.month for one in (*comparison.before, *comparison.after)}
    if not every:
        return []
    first = min(one.year for one in comparison.creches)
    last_year, last_month = (int(part) for part in max(every).split("-"))
    return [
        f"{year}-{month:02}"
        for year in range(first, last_year + 1)
        for month in range(1, 13)
        if (year, month) <= (last_year, last_month)
    ]


def positions(flows: Iterable[Flow], party: Party, months: Sequence[str]) -> list[int]:
    """Return the cash that a party has after each month, from nothing."""
    by_month = dict.fromkeys(months, 0)
    for one in flows:
        by_month[one.month] += one.cents * ((one.payee == party) - (one.payer == party))
    found, held = [], 0
    for month in months:
        held += by_month[month]
        found.append(held)
    return found


def check(one: Creche) -> None:
    for field in ("name", "operator", "city"):
        if not getattr(one, field):
            raise BadInput(field, "missing", one.name)
    checks.whole(f"year ({one.name})", one.year, 2000, 2100)
    checks.whole(f"places ({one.name})", one.places, 1, 1000)
    for field in (
        "psej_eur", "subsidy_eur", "bonus_eur", "subsidy_after_eur", "psu_eur", "families_eur", "expenses_eur"
    ):  # fmt: skip
        value = getattr(one, field)
        if value is not None:
            checks.not_negative(f"{field} ({one.name})", value)
            if value != value.quantize(Decimal("0.01")):
                raise BadInput(f"{field} ({one.name})", "below_a_cent", value)
            checks.at_most(f"{field} ({one.name})", value, 10**9)
    if one.is_municipal and (one.subsidy_eur or one.subsidy_after_eur):
        raise BadInput(f"subsidy_eur ({one.name})", "own_creche", one.subsidy_eur)


def check_calendar(calendar: Calendar) -> None:
    months = [month for month, _share in calendar]
    if months != sorted(set(months)) or any(not 1 <= month <= MAX_MONTH for month in months):
        raise BadInput("calendar", "months_out_of_order", ", ".join(map(str, months)))
    if any(share < 0 for _month, share in calendar):
        raise BadInput("calendar", "negative", rounded(min(share for _month, share in calendar)))
    total = sum((share for _month, share in calendar), Fraction(0))
    if total != 100:
        raise BadInput("calendar", "not_hundred", rounded(total))


def _bonus(one: Creche) -> Decimal:
    if one.bonus_eur is None:
        raise BadInput(f"bonus_eur ({one.name})", "empty", one.name)
    return one.bonus_eur
