"""A crèche over five years: what it costs, who pays, and what is left to its operator and to the city.

    remainder = expenses − family participations − PSU − bonuses
    the city pays its subsidy (all of it where it runs the crèche), the operator the rest

Each rule is the one of its own module, read at the scales of each year. What is ours, and marked as a
hypothesis: a bonus of a year begun late is counted by the month, and a distribution of incomes is read
at the middle of each of ten equal groups of families.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ansanm.engines.funding import bonuses, checks, tariff
from ansanm.engines.funding.bonuses import Employer
from ansanm.engines.funding.errors import BadInput, ManyNeeded, NeededFromCaf, NoParameter
from ansanm.engines.funding.explanation import Amount, Line, Used, rounded, said
from ansanm.engines.funding.parameters import Parameters, national
from ansanm.engines.funding.psu import PRICE_STEP, Declaration, Psu, Service, psu

N_YEARS = 5
FIRST_YEAR = 2025  # the PSU of before has other classes, and nobody opens a crèche in the past
N_GROUPS = 10
# Beyond, the hours are a slip: places may be shared in the day, not twice over.
MOST_OCCUPANCY = Fraction(3, 2)
# A month's income per consumption unit is a household's with these: two adults and a young child.
UNITS_OF_A_FAMILY = Decimal("1.8")


class Bonus(StrEnum):
    SOCIAL_MIX = "social_mix"
    INCLUSION = "inclusion"
    ATTRACTIVENESS = "attractiveness"
    GROWTH = "growth"
    TERRITORY = "territory"


@dataclass(frozen=True)
class Incomes:
    """What families of a territory earn a month: the first decile, the median and the last decile."""

    low_eur: Decimal
    median_eur: Decimal
    high_eur: Decimal
    children: int = 1  # dependent children, on which the rate depends

    def middles(self) -> list[Decimal]:
        """Return the income in the middle of each of ten groups, on the line through the three points."""
        points = ((10, self.low_eur), (50, self.median_eur), (90, self.high_eur))
        return [_between(points, 5 + 10 * n) for n in range(N_GROUPS)]


def _between(points: tuple[tuple[int, Decimal], ...], percent: int) -> Decimal:
    if percent <= points[0][0]:
        return points[0][1]
    for (start, low), (end, high) in zip(points, points[1:], strict=False):
        if percent <= end:
            return low + (high - low) * (percent - start) / (end - start)
    return points[-1][1]


@dataclass(frozen=True)
class Project:
    """A crèche as it is expected to run in a full year at cruising speed."""

    opens_on: date
    places: int
    authorised_places: int
    hours_per_day: Decimal
    days_per_year: int
    attended_hours: Decimal
    billed_hours: Decimal
    wages_eur: Decimal
    rent_eur: Decimal = Decimal(0)
    other_eur: Decimal = Decimal(0)
    meals_eur: Decimal | None = None  # None: no meals are given
    nappies_eur: Decimal | None = None
    extra_hours: Decimal = Decimal(0)  # preparation and training days
    families: Decimal | Incomes = Decimal(0)  # mean participation an hour, or what families earn
    employer: Employer = Employer.PRIVATE
    subsidy_eur: Decimal = Decimal(0)  # of the city, a year; nothing where it runs the crèche
    bonuses: frozenset[Bonus] = frozenset()  # those to count
    is_priority_area: bool = False  # QPV, or rural zone
    is_first_band: bool = False
    new_places: int = 0  # of the places, those that the bonus territoire counts as new
    existing_bonus_eur: Decimal = Decimal(0)  # bonus territoire of the other places, a year
    children: int = 0
    disabled_children: int = 0
    monthly_rise_eur: Decimal = Decimal(0)
    territory_places_2023: int = 0
    territory_places_now: int = 0
    wage_growth_percent: Decimal = Decimal(0)  # a year
    cost_growth_percent: Decimal = Decimal(0)
    filling_percent: tuple[Decimal, ...] = field(default=(Decimal(100),) * N_YEARS)

    @property
    def service(self) -> Service:
        given = (self.meals_eur is not None) + (self.nappies_eur is not None)
        return (Service.NONE, Service.ONE, Service.BOTH)[given]

    @property
    def capacity_hours(self) -> Decimal:
        return self.places * self.hours_per_day * self.days_per_year


@dataclass(frozen=True)
class Group:
    """A tenth of the families."""

    monthly_income_eur: Decimal
    hourly: Amount


@dataclass(frozen=True)
class Year:
    year: int
    months: int  # of opening
    attended_hours: Decimal
    billed_hours: Decimal
    expenses: Amount
    participations: Amount
    groups: tuple[Group, ...]
    psu: Psu
    bonuses: Mapping[Bonus, Amount]
    remainder: Amount
    city: Amount
    operator: Amount

    @property
    def bonuses_eur(self) -> Decimal:
        return sum((one.eur for one in self.bonuses.values()), Decimal(0))


@dataclass(frozen=True)
class Simulation:
    project: Project
    years: tuple[Year, ...]
    warnings: tuple[str, ...]

    def total(self, name: str) -> Decimal:
        """Return one amount over all years: « expenses », « operator »…"""
        return sum((amounts(one)[name] for one in self.years), Decimal(0))


def amounts(year: Year) -> dict[str, Decimal]:
    """Return the sums of a year in the order of a budget; the first is all that the others pay."""
    return {
        "expenses": year.expenses.eur,
        "participations": year.participations.eur,
        "psu": year.psu.amount.eur,
        **{one.value: year.bonuses[one].eur if one in year.bonuses else Decimal(0) for one in Bonus},
        "remainder": year.remainder.eur,
        "city": year.city.eur,
        "operator": year.operator.eur,
    }


def simulate(project: Project, parameters: Parameters | None = None) -> Simulation:
    """Return five calendar years from the opening; refuse with all that is missing, not the first."""
    table = parameters or national()
    check(project)
    if missing := needed(project, table):
        raise ManyNeeded(missing)
    years = tuple(_year(project, index, table) for index in range(N_YEARS))
    return Simulation(project, years, _warnings(project, years))


# What is read, before anything is computed -----------------------------------------------------------


def _day(project: Project, year: int) -> date:
    return max(project.opens_on, date(year, 1, 1))


def reads(project: Project, year: int) -> Iterator[tuple[str, date]]:
    """Return each parameter that a year needs, and on which day."""
    first = date(year, 1, 1)
    for name in ("share", "class_bound_1", "class_bound_2"):
        yield f"psu.{name}", first
    for knot in ("low", "high"):
        yield f"psu.ceiling_{project.service}_{knot}", first
    if isinstance(project.families, Incomes):
        day = _day(project, year)
        number = tariff.line_of("rates_collective", project.families.children, 0)
        for name in ("resources.floor", "resources.ceiling", f"rates_collective.line_{number}"):
            yield name, day
    for bonus in sorted(project.bonuses):
        for name in _read_by(bonus, project):
            yield name, _bonus_day(bonus, year)


def _read_by(bonus: Bonus, project: Project) -> Iterable[str]:
    steps = (1, 2, 3)
    match bonus:
        case Bonus.SOCIAL_MIX:
            return [f"bonus_places.social_{kind}_{n}" for kind in ("bound", "amount") for n in steps]
        case Bonus.INCLUSION:
            bounds = [f"bonus_places.inclusion_bound_{n}" for n in (1, 2)]
            rates = [f"bonus_places.inclusion_rate_{n}" for n in steps]
            return [*bounds, *rates, "bonus_places.inclusion_cap"] if project.disabled_children else []
        case Bonus.ATTRACTIVENESS:
            kind = project.employer.value
            names = [f"bonus_places.attractiveness_{which}{kind}" for which in ("rise_", "")]
            return names if project.monthly_rise_eur else []
        case Bonus.GROWTH:
            return [f"bonus_places.growth_{kind}_{n}" for kind in ("bound", "amount") for n in steps]
        case Bonus.TERRITORY:
            is_highest = project.is_priority_area or project.is_first_band
            name = "eaje_new_max" if is_highest else "eaje_new_other_band"
            return [f"bonus_territory.{name}"] if project.new_places else []


def _bonus_day(bonus: Bonus, year: int) -> date:
    # Born in November 2025, for the places of that year.
    return date(year, 12, 31) if bonus is Bonus.GROWTH else date(year, 1, 1)


def needed(project: Project, table: Parameters) -> tuple[NeededFromCaf, ...]:
    """Return what is not known of the five years, each parameter once for each date it is unknown from."""
    found: dict[tuple[str, date], NeededFromCaf] = {}
    for year in years_of(project):
        for name, day in reads(project, year):
            value = table[name].on(day)
            if value is None:
                raise NoParameter(table[name], day)
            if value.value is None:
                found.setdefault((name, value.valid_from), NeededFromCaf(table[name], day))
    return tuple(found.values())


def years_of(project: Project) -> range:
    return range(project.opens_on.year, project.opens_on.year + N_YEARS)


# One year ---------------------------------------------------------------------------------------------


def _year(project: Project, index: int, table: Parameters) -> Year:
    year = project.opens_on.year + index
    months = 13 - project.opens_on.month if index == 0 else 12
    part = Fraction(months, 12)
    filled = part * Fraction(project.filling_percent[index]) / 100
    attended = rounded(Fraction(project.attended_hours) * filled)
    billed = max(rounded(Fraction(project.billed_hours) * filled), attended)
    expenses = _expenses(project, index, months)
    groups = _groups(project, _day(project, year), table)
    participations = _participations(project, groups, billed)
    declared = Declaration(
        year,
        project.service,
        expenses.eur,
        billed,
        attended,
        participations.eur,
        project.places,
        project.authorised_places,
        rounded(Fraction(project.hours_per_day) * project.days_per_year * part),
        rounded(Fraction(project.extra_hours) * filled),
    )
    from_caf = psu(declared, table)
    mean = participations.line("mean_participation").result
    given = {
        bonus: _by_month(amount, months)
        for bonus in Bonus
        if bonus in project.bonuses
        for amount in _bonus(bonus, project, year, declared, mean, table)
    }
    remainder = _remainder(expenses, participations, from_caf, given)
    city, operator = _shared(project, remainder, months)
    return Year(
        year, months, attended, billed, expenses, participations, groups, from_caf, given, remainder, city,
        operator,
    )  # fmt: skip


def _expenses(project: Project, index: int, months: int) -> Amount:
    wage_index = price_index(project.wage_growth_percent, index)
    cost_index = price_index(project.cost_growth_percent, index)
    filling = project.filling_percent[index]
    lines = []
    for key, yearly, prices, is_filled in (
        ("wages", project.wages_eur, wage_index, False),
        ("rent", project.rent_eur, cost_index, False),
        ("meals_cost", project.meals_eur, cost_index, True),
        ("nappies_cost", project.nappies_eur, cost_index, True),
        ("other_costs", project.other_eur, cost_index, False),
    ):
        if not yearly:
            continue
        whole = Fraction(yearly) * Fraction(prices) / 100 * Fraction(months, 12)
        inputs: dict[str, Decimal | int | str] = {
            "yearly_cost": yearly, "price_index": prices, "open_months": months,
        }  # fmt: skip
        formula = "yearly_cost × price_index / 100 × open_months / 12"
        if is_filled:
            whole *= Fraction(filling) / 100
            inputs["filling"] = filling
            formula = "yearly_cost × filling / 100 × price_index / 100 × open_months / 12"
        lines.append(Line(key, rounded(whole), "eur", formula, inputs, rounding=said()))
    total = sum((one.result for one in lines), Decimal(0))
    formula = " + ".join(one.key for one in lines)
    return Amount(total, (*lines, Line("expenses_total", total, "eur", formula)))


def price_index(growth_percent: Decimal, index: int) -> Decimal:
    """Return prices against the first year, in percent, rounded as they are shown."""
    return rounded((1 + Fraction(growth_percent) / 100) ** index * 100, PRICE_STEP)


def _groups(project: Project, day: date, table: Parameters) -> tuple[Group, ...]:
    if not isinstance(project.families, Incomes):
        return ()
    children = project.families.children
    return tuple(
        Group(
            rounded(Fraction(income)),
            tariff.hourly(on=day, children=children, monthly_income=income, parameters=table),
        )
        for income in project.families.middles()
    )


def _participations(project: Project, groups: tuple[Group, ...], billed: Decimal) -> Amount:
    if groups:
        together = sum((one.hourly.eur for one in groups), Decimal(0))
        mean = rounded(Fraction(together) / len(groups), PRICE_STEP)
        used = {one.id: one for group in groups for line in group.hourly.lines for one in line.used}
        first = Line(
            "mean_participation",
            mean,
            "eur_per_hour",
            "sum_of_tariffs / groups",
            {"sum_of_tariffs": together, "groups": len(groups)},
            tuple(used.values()),
            said(PRICE_STEP),
            ("incomes_by_group",),
            is_hypothesis=True,
        )
    else:
        assert isinstance(project.families, Decimal)
        mean = project.families
        first = Line("mean_participation", mean, "eur_per_hour", notes=("typed_mean",))
    eur = rounded(Fraction(mean) * Fraction(billed))
    last = Line(
        "participations", eur, "eur", "mean_participation × billed_hours", {"billed_hours": billed},
        rounding=said(),
    )  # fmt: skip
    return Amount(eur, (first, last))


def _bonus(
    bonus: Bonus, project: Project, year: int, declared: Declaration, mean: Decimal, table: Parameters
) -> Iterator[Amount]:
    """Return the bonus of a full year, on all authorised places; nothing where it is not claimed."""
    on, places = _bonus_day(bonus, year), project.authorised_places
    match bonus:
        case Bonus.SOCIAL_MIX:
            yield bonuses.social_mix(
                on=on, places=places, participations_eur=declared.participations_eur,
                billed_hours=declared.billed_hours, mean_eur=mean, parameters=table,
            )  # fmt: skip
        case Bonus.INCLUSION if project.disabled_children:
            yield bonuses.inclusion(
                on=on, places=places, children=project.children,
                disabled_children=project.disabled_children,
                # Of a whole year: the bonus is then counted by the month.
                expenses_eur=rounded(Fraction(declared.expenses_eur) * 12 / _months(project, year)),
                parameters=table,
            )  # fmt: skip
        case Bonus.ATTRACTIVENESS if project.monthly_rise_eur:
            yield bonuses.attractiveness(
                on=on, places=places, employer=project.employer, monthly_rise_eur=project.monthly_rise_eur,
                parameters=table,
            )  # fmt: skip
        case Bonus.GROWTH:
            yield bonuses.growth(
                on=on, places=places, places_2023=project.territory_places_2023,
                places_now=project.territory_places_now, parameters=table,
            )  # fmt: skip
        case Bonus.TERRITORY:
            yield _territory(project, on, table)


def _months(project: Project, year: int) -> int:
    return 13 - project.opens_on.month if year == project.opens_on.year else 12


def _territory(project: Project, on: date, table: Parameters) -> Amount:
    """Return the bonus of the territory: new places by their scale, the others as they are told."""
    lines: tuple[Line, ...] = ()
    eur = project.existing_bonus_eur
    if project.new_places:
        of_new = bonuses.new_places(
            on=on, places=project.new_places, is_priority_area=project.is_priority_area,
            is_first_band=project.is_first_band, parameters=table,
        )  # fmt: skip
        lines, eur = of_new.lines, eur + of_new.eur
    if project.existing_bonus_eur or not lines:
        existing = Line("existing_bonus", project.existing_bonus_eur, "eur")
        formula = "bonus + existing_bonus" if lines else "existing_bonus"
        lines = (*lines, existing, Line("territory", eur, "eur", formula))
    return Amount(eur, lines)


def _by_month(amount: Amount, months: int) -> Amount:
    if months == 12:
        return amount
    whole = amount.lines[-1]
    eur = rounded(Fraction(amount.eur) * months / 12)
    line = Line(
        "by_month", eur, "eur", f"{whole.key} × open_months / 12", {"open_months": months},
        rounding=said(), notes=("by_month",), is_hypothesis=True,
    )  # fmt: skip
    return Amount(eur, (*amount.lines, line), amount.warnings)


def _summed(key: str, amount: Amount) -> Line:
    """Return an amount as a line of the next, with all that it rests on."""
    used = {one.id: one for line in amount.lines for one in line.used if one.decides}
    is_hypothesis = any(line.is_hypothesis for line in amount.lines)
    return Line(key, amount.eur, "eur", used=tuple(used.values()), is_hypothesis=is_hypothesis)


def _remainder(
    expenses: Amount, participations: Amount, from_caf: Psu, given: Mapping[Bonus, Amount]
) -> Amount:
    parts = [
        _summed("participations", participations),
        _summed("psu", from_caf.amount),
        *(_summed(bonus.value, amount) for bonus, amount in given.items()),
    ]
    eur = expenses.eur - sum((one.result for one in parts), Decimal(0))
    formula = " − ".join(["expenses_total", *(one.key for one in parts)])
    last = Line("remainder", eur, "eur", formula, notes=("surplus",) if eur < 0 else ())
    return Amount(eur, (Line("expenses_total", expenses.eur, "eur"), *parts, last))


def _shared(project: Project, remainder: Amount, months: int) -> tuple[Amount, Amount]:
    """Return what is left to the city and to the operator."""
    left = _summed("remainder", remainder)
    if project.employer is Employer.PUBLIC:
        own = Line("city", remainder.eur, "eur", "remainder", notes=("run_by_city",))
        nothing = Line("operator", Decimal(0), "eur", notes=("run_by_city",))
        return Amount(remainder.eur, (left, own)), Amount(Decimal(0), (left, nothing))
    paid = rounded(Fraction(project.subsidy_eur) * months / 12)
    city = Line(
        "city", paid, "eur", "yearly_subsidy × open_months / 12",
        {"yearly_subsidy": project.subsidy_eur, "open_months": months}, rounding=said(),
    )  # fmt: skip
    eur = remainder.eur - paid
    operator = Line("operator", eur, "eur", "remainder − city", notes=("surplus",) if eur < 0 else ())
    return Amount(paid, (city,)), Amount(eur, (left, city, operator))


# What if ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    occupancy_percent: Decimal  # hours attended, of those that the places offer
    billing_percent: Decimal
    remainder_eur: Decimal
    operator_eur: Decimal


@dataclass(frozen=True)
class Grid:
    """A year at cruising speed, for other occupancies (rows) and billing rates (columns)."""

    year: int
    occupancies: tuple[Decimal, ...]
    billings: tuple[Decimal, ...]
    cells: tuple[tuple[Cell, ...], ...]


BILLINGS = tuple(Decimal(one) for one in ("100", "107", "113.5", "120", "130"))
STEPS = (-20, -10, 0, 10, 20)
CRUISING = 2  # the third year: nobody counts on a full house at once


def occupancy(project: Project) -> Decimal:
    return rounded(Fraction(project.attended_hours) / Fraction(project.capacity_hours) * 100)


def grid(project: Project, parameters: Parameters | None = None) -> Grid:
    """Return what is left to pay around what is expected."""
    table = parameters or national()
    here = occupancy(project)
    most = max(here, Decimal(110))
    occupancies = tuple(one for step in STEPS if 5 <= (one := here + step) <= most)
    cells = tuple(tuple(_cell(project, one, rate, table) for rate in BILLINGS) for one in occupancies)
    return Grid(project.opens_on.year + CRUISING, occupancies, BILLINGS, cells)


def _cell(project: Project, occupancy_percent: Decimal, billing: Decimal, table: Parameters) -> Cell:
    year = _year(_filled(project, occupancy_percent, billing), CRUISING, table)
    return Cell(occupancy_percent, billing, year.remainder.eur, year.operator.eur)


def _filled(project: Project, occupancy_percent: Decimal, billing: Decimal) -> Project:
    """Return the same crèche with other hours: what is eaten and changed follows, nothing else does."""
    attended = rounded(Fraction(project.capacity_hours) * Fraction(occupancy_percent) / 100)
    billed = max(rounded(Fraction(attended) * Fraction(billing) / 100), attended)
    ratio = Fraction(attended) / Fraction(project.attended_hours)

    def followed(eur: Decimal | None) -> Decimal | None:
        return None if eur is None else rounded(Fraction(eur) * ratio)

    return replace(
        project,
        attended_hours=attended,
        billed_hours=billed,
        meals_eur=followed(project.meals_eur),
        nappies_eur=followed(project.nappies_eur),
        extra_hours=min(project.extra_hours, billed),
        filling_percent=(Decimal(100),) * N_YEARS,
    )


def break_even(project: Project, parameters: Parameters | None = None) -> int | None:
    """Return the lowest occupancy, in whole percent, at which nothing is left to the operator.

    The billing rate stays as it is. None: no occupancy does. Where the city runs the crèche, it is what
    is left to the city that is looked at.
    """
    table = parameters or national()
    billing = rounded(Fraction(project.billed_hours) / Fraction(project.attended_hours) * 100)
    is_public = project.employer is Employer.PUBLIC
    for percent in range(1, 101):
        cell = _cell(project, Decimal(percent), billing, table)
        if (cell.remainder_eur if is_public else cell.operator_eur) <= 0:
            return percent
    return None


@dataclass(frozen=True)
class Gap:
    """One sum of a year, before and after a change."""

    name: str
    before_eur: Decimal
    after_eur: Decimal

    @property
    def gap_eur(self) -> Decimal:
        return self.after_eur - self.before_eur


def gaps(before: Year, after: Year) -> list[Gap]:
    """Return what changes in a year, sum by sum."""
    old, new = amounts(before), amounts(after)
    return [Gap(name, old[name], new[name]) for name in old]


# What is refused, and what only looks odd -------------------------------------------------------------


def check(project: Project) -> None:
    """Refuse what cannot be, naming the field."""
    checks.whole("opens_on", project.opens_on.year, FIRST_YEAR, FIRST_YEAR + 25)
    checks.whole("places", project.places, 1, bonuses.MAX_PLACES)
    checks.at_most("places", project.places, project.authorised_places, "over_authorised")
    checks.whole("days_per_year", project.days_per_year, 1, 366)
    for name in (
        "hours_per_day", "attended_hours", "billed_hours", "wages_eur", "rent_eur", "other_eur",
        "extra_hours", "subsidy_eur", "existing_bonus_eur", "monthly_rise_eur",
    ):  # fmt: skip
        checks.not_negative(name, getattr(project, name))
    for name in ("meals_eur", "nappies_eur"):
        checks.not_negative(name, getattr(project, name) or 0)
    checks.at_most("hours_per_day", project.hours_per_day, 24)
    for name in ("hours_per_day", "attended_hours", "wages_eur"):
        if not getattr(project, name):
            raise BadInput(name, "zero", 0)
    if project.capacity_hours < 1:
        raise BadInput("hours_per_day", "out_of_range", project.hours_per_day, "1–24")
    most = rounded(Fraction(project.capacity_hours) * MOST_OCCUPANCY, Decimal(1))
    checks.at_most("attended_hours", project.attended_hours, most)
    if project.billed_hours < project.attended_hours:
        raise BadInput("billed_hours", "below_attended", project.billed_hours, project.attended_hours)
    checks.at_most("billed_hours", project.billed_hours, 3 * project.attended_hours)
    checks.at_most("extra_hours", project.extra_hours, project.billed_hours)
    checks.whole("new_places", project.new_places, 0, project.places)
    for name in ("wage_growth_percent", "cost_growth_percent"):
        checks.not_negative(name, getattr(project, name))
        checks.at_most(name, getattr(project, name), 20)
    for one in project.filling_percent:
        if one <= 0:
            raise BadInput("filling_percent", "zero", one)
        checks.at_most("filling_percent", one, 100)
    _check_families(project)
    if Bonus.INCLUSION in project.bonuses and project.disabled_children:
        checks.whole("children", project.children, 1, 100_000)
        checks.whole("disabled_children", project.disabled_children, 0, project.children)
    if Bonus.GROWTH in project.bonuses:
        checks.whole("territory_places_2023", project.territory_places_2023, 1, 10**6)
        checks.whole("territory_places_now", project.territory_places_now, 0, 10**6)


def _check_families(project: Project) -> None:
    families = project.families
    if not isinstance(families, Incomes):
        checks.not_negative("mean_participation", families)
        checks.at_most("mean_participation", families, 50)
        return
    checks.whole("family_children", families.children, 1, tariff.MAX_CHILDREN)
    for name in ("low_eur", "median_eur", "high_eur"):
        checks.not_negative(name, getattr(families, name))
    if not families.low_eur <= families.median_eur <= families.high_eur:
        raise BadInput("median_eur", "out_of_order", families.median_eur)


# What a crèche usually is: beyond, it may be true, and it is more likely a slip. Mean cost of a place:
# 16,000 € a year before 2021.
USUAL_COST_PER_PLACE = (Decimal(6_000), Decimal(40_000))


def _warnings(project: Project, years: tuple[Year, ...]) -> tuple[str, ...]:
    cruising = years[CRUISING]
    percent = occupancy(project)
    billing = project.billed_hours / project.attended_hours
    low, high = USUAL_COST_PER_PLACE
    families = project.families
    found = {
        "over_capacity": percent > 100,
        "low_occupancy": percent < 50,
        "high_billing": billing > Decimal("1.2"),
        "cheap_place": cruising.psu.cost_per_place_eur < low,
        "dear_place": cruising.psu.cost_per_place_eur > high,
        "long_day": project.hours_per_day > 14,
        "looks_yearly": isinstance(families, Incomes) and families.median_eur >= checks.YEARLY_FROM,
        "mean_too_high": isinstance(families, Decimal) and families > 6,
    }
    return tuple(key for key, holds in found.items() if holds)


def used_of(simulation: Simulation) -> dict[tuple[str, date], Used]:
    """Return every value that the five years rest on, each date of each parameter once."""
    return {
        (one.id, one.value.valid_from): one
        for year in simulation.years
        for line in year.remainder.lines
        for one in line.used
    }
