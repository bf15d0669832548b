"""The other services that a Caf funds around a CTG, each by its unit.

Most are a share of costs up to a ceiling that the Cnaf publishes each year and that we do not know:
it is asked for.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from ansanm.engines.funding import checks
from ansanm.engines.funding.explanation import Amount, Line, Reader, Used, rounded, said
from ansanm.engines.funding.parameters import Parameters, national


def leisure_centre(
    *,
    on: date,
    hours: Decimal,
    wednesday_hours: Decimal = Decimal(0),
    inclusion_hours: Decimal = Decimal(0),
    parameters: Parameters | None = None,
) -> Amount:
    """Return the benefit of a leisure centre; the supplements are for some of the same hours."""
    checks.not_negative("hours", hours)
    for field, part in (("wednesday_hours", wednesday_hours), ("inclusion_hours", inclusion_hours)):
        checks.not_negative(field, part)
        checks.at_most(field, part, hours)
    reader = Reader(parameters or national(), on)
    return _sum_of(
        _times("alsh_hours", hours, reader.use("services.alsh_hour")),
        *(
            _times(key, part, reader.use(name))
            for key, part, name in (
                ("wednesday_hours", wednesday_hours, "services.alsh_wednesday"),
                ("inclusion_hours", inclusion_hours, "services.alsh_inclusion"),
            )
            if part
        ),
    )


def drop_in(
    *, on: date, expenses_eur: Decimal, open_hours: Decimal, parameters: Parameters | None = None
) -> Amount:
    """Return the benefit of a parent-child drop-in (LAEP): a share of its capped hourly cost."""
    return _capped("laep", on, expenses_eur, "open_hours", open_hours, parameters)


def hub(
    *,
    on: date,
    expenses_eur: Decimal,
    full_time_posts: Decimal,
    has_missions: bool = False,
    parameters: Parameters | None = None,
) -> Amount:
    """Return the benefit of an early-childhood hub (RPE), with its bonus for reinforced missions."""
    amount = _capped("rpe", on, expenses_eur, "full_time_posts", full_time_posts, parameters)
    if not has_missions:
        return amount
    used = Reader(parameters or national(), on).use("services.rpe_missions")
    bonus = Line("missions", used.value.number, "eur", used=(used,))
    eur = amount.eur + bonus.result
    return Amount(eur, (*amount.lines[:-1], bonus, Line("benefit", eur, "eur")))


def community_centre(
    *, on: date, expenses_eur: Decimal, families_expenses_eur: Decimal, parameters: Parameters | None = None
) -> Amount:
    """Return the two benefits of a community centre: coordination (AGC) and families (ACF)."""
    both = (
        _capped("agc", on, expenses_eur, "", Decimal(1), parameters),
        _capped("acf", on, families_expenses_eur, "", Decimal(1), parameters),
    )
    eur = sum((one.eur for one in both), Decimal(0))
    return Amount(eur, (*both[0].lines[:-1], *both[1].lines[:-1], Line("benefit", eur, "eur")))


def social_space(*, on: date, expenses_eur: Decimal, parameters: Parameters | None = None) -> Amount:
    """Return the benefit of a social-life space (EVS)."""
    return _capped("evs", on, expenses_eur, "", Decimal(1), parameters)


def homework_support(
    *, on: date, expenses_eur: Decimal, groups: int, parameters: Parameters | None = None
) -> Amount:
    """Return the benefit of homework support (CLAS): a share of the cost, capped for each group."""
    checks.not_negative("expenses_eur", expenses_eur)
    checks.whole("groups", groups, 1, 1000)
    reader = Reader(parameters or national(), on)
    share, most = reader.use("services.clas_share"), reader.use("services.clas_max")
    whole = Fraction(expenses_eur) * Fraction(share.value.number) / 100
    limit = Fraction(most.value.number) * groups
    eur = rounded(min(whole, limit))
    line = Line(
        "benefit",
        eur,
        "eur",
        "min(share / 100 × expenses, most × groups)",
        {
            "share": share.value.number,
            "expenses": expenses_eur,
            "most": most.value.number,
            "groups": groups,
        },
        (share, Used(most.id, most.value, whole > limit)),
        said(),
    )
    return Amount(eur, (line,))


def canteen(*, on: date, meals: int, snacks: int = 0, parameters: Parameters | None = None) -> Amount:
    """Return the overseas canteen benefit (PARS): so much a meal, so much a snack."""
    checks.whole("meals", meals, 0, 10**8)
    checks.whole("snacks", snacks, 0, 10**8)
    reader = Reader(parameters or national(), on)
    lines = []
    if meals:
        lines.append(_times("meals", Decimal(meals), reader.use("services.pars_meal")))
    if snacks:
        lines.append(_times("snacks", Decimal(snacks), reader.use("services.pars_snack")))
    return _sum_of(*lines)


def per_unit(*, on: date, parameter: str, units: Decimal, parameters: Parameters | None = None) -> Amount:
    """Return a flat amount per unit: toy library, cooperation officer, training session."""
    checks.not_negative("units", units)
    return _sum_of(_times("units", units, Reader(parameters or national(), on).use(parameter)))


def creche_investment(
    *, on: date, places: int, cost_eur: Decimal, is_priority_area: bool, parameters: Parameters | None = None
) -> Amount:
    """Return the most that the crèche investment plan may give; a commission decides."""
    checks.whole("places", places, 1, 1000)
    checks.not_negative("cost_eur", cost_eur)
    reader = Reader(parameters or national(), on)
    lines = [_times("places", Decimal(places), reader.use("investment.piaje_place"))]
    if is_priority_area:
        lines.append(_times("priority_places", Decimal(places), reader.use("investment.piaje_priority")))
    most = sum((line.result for line in lines), Decimal(0))
    eur = min(most, cost_eur)
    lines.append(
        Line("benefit", eur, "eur", "min(most, cost)", {"most": most, "cost": cost_eur}, notes=("up_to",))
    )
    return Amount(eur, tuple(lines))


def _times(key: str, units: Decimal, used: Used) -> Line:
    eur = rounded(Fraction(units) * Fraction(used.value.number))
    return Line(
        key, eur, "eur", "units × amount", {"units": units, "amount": used.value.number}, (used,), said()
    )


def _sum_of(*lines: Line) -> Amount:
    eur = sum((line.result for line in lines), Decimal(0))
    return Amount(eur, (*lines, Line("benefit", eur, "eur")))


def _capped(
    name: str, on: date, expenses_eur: Decimal, unit: str, units: Decimal, parameters: Parameters | None
) -> Amount:
    """Return share × min(expenses, ceiling × units)."""
    checks.not_negative("expenses_eur", expenses_eur)
    checks.not_negative(unit or "units", units)
    reader = Reader(parameters or national(), on)
    share, ceiling = reader.use(f"services.{name}_share"), reader.use(f"services.{name}_ceiling")
    limit = Fraction(ceiling.value.number) * Fraction(units)
    kept = min(Fraction(expenses_eur), limit)
    eur = rounded(kept * Fraction(share.value.number) / 100)
    is_capped = Fraction(expenses_eur) > limit
    inputs = {"expenses": expenses_eur, "ceiling_cost": ceiling.value.number}
    lines = (
        Line(
            "kept_cost",
            rounded(kept),
            "eur",
            "min(expenses, ceiling_cost × units)" if unit else "min(expenses, ceiling_cost)",
            inputs | ({"units": units} if unit else {}),
            (Used(ceiling.id, ceiling.value, is_capped),),
        ),
        Line(
            "share_of_cost",
            eur,
            "eur",
            "share / 100 × kept_cost",
            {"share": share.value.number},
            (share,),
            said(),
        ),
        Line("benefit", eur, "eur"),
    )
    return Amount(eur, lines)
