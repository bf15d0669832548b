"""A crèche over five years, against an obvious twin, and what must hold of any crèche."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.funding.bonuses import Employer
from ansanm.engines.funding.creche import (
    CRUISING,
    Bonus,
    Incomes,
    Project,
    amounts,
    break_even,
    gaps,
    grid,
    occupancy,
    simulate,
    used_of,
)
from ansanm.engines.funding.errors import BadInput, ManyNeeded
from ansanm.engines.funding.parameters import Status, assumed, national

EUR = Decimal
ALL = frozenset(Bonus)


def table():
    """Ceilings of 9 € and 8 € (none is published), and the amounts of 2025 carried on."""
    start = date(2025, 1, 1)
    values = {}
    for one in national().by_id.values():
        last = next((v.value for v in reversed(one.values) if v.value is not None), None)
        if last is None:
            last = EUR(8) if one.id.endswith("_high") else EUR(9)
        if isinstance(last, Decimal):
            values[one.id] = [
                assumed(last, since=max(start, v.valid_from)) for v in one.values if v.value is None
            ]
    return national().entered(values)


TABLE = table()
FILAOS = Project(
    opens_on=date(2026, 1, 1),
    places=40,
    authorised_places=40,
    hours_per_day=EUR(10),
    days_per_year=220,
    attended_hours=EUR(66_000),  # of 88 000: 75 %
    billed_hours=EUR(69_300),  # 105 %
    wages_eur=EUR(480_000),
    rent_eur=EUR(40_000),
    other_eur=EUR(50_000),
    meals_eur=EUR(40_000),
    nappies_eur=EUR(8_000),
    families=EUR("1.50"),
    subsidy_eur=EUR(100_000),
    bonuses=frozenset({Bonus.TERRITORY}),
    is_priority_area=True,
    new_places=40,
)


def test_a_creche_of_forty_places_by_hand():
    year = simulate(FILAOS, TABLE).years[0]

    # 618 000 € / 69 300 h = 8.9177 €, under the ceiling of 9 €.
    assert (year.psu.cost_per_hour_eur, year.psu.cost_per_place_eur) == (EUR("8.9177"), EUR(15_450))
    assert (year.psu.attended_occupancy, year.psu.billing_rate) == (EUR(75), EUR(105))
    assert amounts(year) == {
        "expenses": EUR(618_000),
        "participations": EUR(103_950),
        # 66 % × 8.9177 × 69 300 − 103 950
        "psu": EUR("303927.76"),
        "social_mix": 0,
        "inclusion": 0,
        "attractiveness": 0,
        "growth": 0,
        "territory": EUR(144_000),  # 40 × 3 600 €
        "remainder": EUR("66122.24"),
        "city": EUR(100_000),
        "operator": EUR("-33877.76"),
    }


def test_all_that_is_missing_is_asked_for_at_once_and_each_once():
    with pytest.raises(ManyNeeded) as refused:
        simulate(replace(FILAOS, families=Incomes(EUR(900), EUR(1900), EUR(4000))))

    asked = [one.parameter.id for one in refused.value.missing]
    assert asked == [
        "psu.ceiling_both_low",
        "psu.ceiling_both_high",
        "bonus_territory.eaje_new_max",
        "psu.ceiling_both_low",  # of 2027: that of 2026 does not hold
        "psu.ceiling_both_high",
        "resources.floor",
        "resources.ceiling",
    ]
    assert all(one.publisher for one in refused.value.missing)


def test_a_bonus_that_is_not_counted_asks_for_nothing():
    with pytest.raises(ManyNeeded) as refused:
        simulate(replace(FILAOS, bonuses=frozenset()))
    assert len(refused.value.missing) == 4  # two ceilings, in 2026 and from 2027


def test_what_somebody_typed_for_this_simulation_never_looks_confirmed():
    simulation = simulate(FILAOS, TABLE)

    assert simulation.years[0].bonuses[Bonus.TERRITORY].status is Status.ASSUMED
    # The PSU is a hypothesis too: what was typed is less sure still.
    assert all(year.remainder.status is Status.ASSUMED for year in simulation.years)
    assert {"psu.ceiling_both_low", "bonus_territory.eaje_new_max"} <= {
        name for name, _ in used_of(simulation)
    }


def test_a_year_begun_in_september_has_four_months_of_everything():
    whole = simulate(FILAOS, TABLE).years[0]
    part = simulate(replace(FILAOS, opens_on=date(2026, 9, 1)), TABLE).years[0]

    assert part.months == 4
    for name, value in amounts(part).items():
        # To the rounding of a price: a hundredth of a cent on each hour.
        assert abs(value * 3 - amounts(whole)[name]) < EUR(10), name


def test_the_first_years_may_be_less_full():
    slow = replace(FILAOS, filling_percent=tuple(EUR(one) for one in (50, 80, 100, 100, 100)))
    first, _second, third, *_rest = simulate(slow, TABLE).years

    assert first.attended_hours == EUR(33_000)
    # Meals and nappies follow the children; wages and rent do not.
    assert first.expenses.eur == EUR(594_000)
    assert amounts(third) == amounts(simulate(FILAOS, TABLE).years[2])


def test_wages_grow_year_after_year():
    years = simulate(replace(FILAOS, wage_growth_percent=EUR(2)), TABLE).years

    assert [one.expenses.line("wages").result for one in years[:3]] == [
        EUR(480_000),
        EUR(489_600),
        EUR(499_392),
    ]


def test_families_of_a_territory_are_ten_groups():
    families = Incomes(EUR(1000), EUR(2000), EUR(4000))
    assert families.middles() == [
        *(EUR(one) for one in (1000, 1125, 1375, 1625, 1875)),
        *(EUR(one) for one in (2250, 2750, 3250, 3750, 4000)),
    ]
    year = simulate(replace(FILAOS, families=families), TABLE).years[0]
    # 0.0619 % of each, to the cent: 0.62 0.70 0.85 1.01 1.16 1.39 1.70 2.01 2.32 2.48
    assert year.participations.line("mean_participation").result == EUR("1.424")
    assert year.participations.eur == rounded_eur(EUR("1.424") * 69_300)


def test_where_the_city_runs_the_creche_all_that_is_left_is_its_own():
    year = simulate(replace(FILAOS, employer=Employer.PUBLIC), TABLE).years[0]

    assert (year.city.eur, year.operator.eur) == (year.remainder.eur, 0)


def test_every_bonus_is_counted_once():
    full = replace(
        FILAOS,
        families=EUR("0.70"),
        bonuses=ALL,
        children=50,
        disabled_children=2,
        monthly_rise_eur=EUR(150),
        territory_places_2023=500,
        territory_places_now=560,
    )
    year = simulate(full, TABLE).years[0]

    found = {bonus.value: year.bonuses[bonus].eur for bonus in Bonus}
    assert found == {
        "social_mix": EUR(84_000),  # 2 100 × 40
        "inclusion": EUR(3_708),  # 4 % × 15 % × 618 000
        "attractiveness": EUR(38_800),  # 970 × 40
        "growth": EUR(12_000),  # 12 %: 300 × 40
        "territory": EUR(144_000),
    }


def test_bonuses_count_authorised_places_and_the_mean_as_it_is():
    # 0.75 € an hour exactly, whatever the cents that 66 000.02 hours round to: the first band.
    larger = replace(
        FILAOS, authorised_places=60, billed_hours=EUR("66000.02"), families=EUR("0.75"),
        bonuses=frozenset({Bonus.SOCIAL_MIX}),
    )  # fmt: skip
    year = simulate(larger, TABLE).years[0]

    assert year.participations.eur / year.billed_hours > EUR("0.75")
    assert year.bonuses[Bonus.SOCIAL_MIX].eur == 126_000  # 2 100 × 60


def test_more_places_with_meals_and_nappies_against_today():
    today = replace(FILAOS, meals_eur=None, nappies_eur=None, new_places=0, existing_bonus_eur=EUR(60_000))
    tomorrow = replace(
        today, places=50, authorised_places=50, attended_hours=EUR(80_000), billed_hours=EUR(84_000),
        wages_eur=EUR(560_000), meals_eur=EUR(48_000), nappies_eur=EUR(9_000), new_places=10,
    )  # fmt: skip
    before, after = (simulate(one, TABLE).years[0] for one in (today, tomorrow))

    found = {one.name: one.gap_eur for one in gaps(before, after)}
    assert found["expenses"] == EUR(137_000)
    assert found["territory"] == EUR(36_000)  # ten new places, those of before keep what they have
    assert found["operator"] == after.operator.eur - before.operator.eur


def test_the_grid_holds_what_is_expected_and_fills_with_the_children():
    expected = simulate(replace(FILAOS, billed_hours=EUR(70_620)), TABLE).years[CRUISING]
    cells = grid(FILAOS, TABLE)

    assert cells.occupancies == (EUR(55), EUR(65), EUR(75), EUR(85), EUR(95))
    here = cells.cells[2][1]
    assert (here.occupancy_percent, here.billing_percent) == (occupancy(FILAOS), EUR(107))
    assert here.remainder_eur == expected.remainder.eur
    full = replace(FILAOS, attended_hours=EUR(123_200), billed_hours=EUR(123_200))  # 140 %
    assert grid(full, TABLE).occupancies == (EUR(120), EUR(130), EUR(140))
    column = [row[0].operator_eur for row in cells.cells]
    assert column[0] > column[2]


def test_at_the_break_even_nothing_is_left_and_just_below_something_is():
    percent = break_even(FILAOS, TABLE)

    def left(occupancy_percent):
        attended = EUR(88_000) * occupancy_percent / 100
        share = attended / FILAOS.attended_hours
        there = replace(
            FILAOS,
            attended_hours=attended,
            billed_hours=attended * EUR("1.05"),
            meals_eur=FILAOS.meals_eur * share,
            nappies_eur=FILAOS.nappies_eur * share,
        )
        return simulate(there, TABLE).years[CRUISING].operator.eur

    assert left(percent) <= 0 < left(percent - 1)
    assert break_even(replace(FILAOS, subsidy_eur=EUR(0), bonuses=frozenset()), TABLE) is None


@pytest.mark.parametrize(
    "changed, warned",
    [
        ({"attended_hours": EUR(90_000), "billed_hours": EUR(95_000)}, "over_capacity"),
        ({"attended_hours": EUR(40_000), "billed_hours": EUR(42_000)}, "low_occupancy"),
        ({"billed_hours": EUR(90_000)}, "high_billing"),
        ({"wages_eur": EUR(48_000)}, "cheap_place"),
        ({"wages_eur": EUR(4_800_000)}, "dear_place"),
        ({"hours_per_day": EUR(16)}, "long_day"),
        ({"families": Incomes(EUR(12_000), EUR(24_000), EUR(48_000))}, "looks_yearly"),
        ({"families": EUR(30)}, "mean_too_high"),
    ],
)
def test_what_looks_like_a_slip_is_told(changed, warned):
    assert warned in simulate(replace(FILAOS, **changed), TABLE).warnings
    assert simulate(FILAOS, TABLE).warnings == ()


@pytest.mark.parametrize(
    "field, changed",
    [
        ("opens_on", {"opens_on": date(2019, 1, 1)}),
        ("places", {"places": 41}),
        ("places", {"places": 0}),
        ("hours_per_day", {"hours_per_day": EUR(25)}),
        ("hours_per_day", {"hours_per_day": EUR("0.0001")}),
        ("days_per_year", {"days_per_year": 400}),
        ("billed_hours", {"billed_hours": EUR(60_000)}),
        ("billed_hours", {"billed_hours": EUR(300_000)}),
        ("attended_hours", {"attended_hours": EUR(0)}),
        ("attended_hours", {"attended_hours": EUR(300_000), "billed_hours": EUR(300_000)}),
        ("wages_eur", {"wages_eur": EUR(-1)}),
        ("meals_eur", {"meals_eur": EUR(-1)}),
        ("new_places", {"new_places": 41}),
        ("filling_percent", {"filling_percent": (EUR(0),) * 5}),
        ("filling_percent", {"filling_percent": (EUR(101),) * 5}),
        ("median_eur", {"families": Incomes(EUR(2000), EUR(1000), EUR(3000))}),
        ("mean_participation", {"families": EUR(60)}),
        ("territory_places_2023", {"bonuses": ALL}),
        ("disabled_children", {"bonuses": ALL, "children": 2, "disabled_children": 3}),
        ("wage_growth_percent", {"wage_growth_percent": EUR(30)}),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(field, changed):
    with pytest.raises(BadInput) as refused:
        simulate(replace(FILAOS, **changed), TABLE)
    assert refused.value.field == field


# Laws -------------------------------------------------------------------------------------------------


def rounded_eur(value):
    return Decimal(value).quantize(EUR("0.01"), ROUND_HALF_UP)


cents = st.integers(0, 10**8).map(lambda n: EUR(n) / 100)


@st.composite
def projects(draw):
    places = draw(st.integers(1, 120))
    hours, days = draw(st.integers(4, 14)), draw(st.integers(100, 260))
    attended = EUR(draw(st.integers(10, 110))) * places * hours * days / 100
    with_disabled = draw(st.booleans())
    return Project(
        opens_on=date(draw(st.integers(2026, 2030)), draw(st.integers(1, 12)), 1),
        places=places,
        authorised_places=places,
        hours_per_day=EUR(hours),
        days_per_year=days,
        attended_hours=attended,
        billed_hours=attended * EUR(draw(st.integers(100, 140))) / 100,
        wages_eur=draw(cents) + 1,
        rent_eur=draw(cents),
        other_eur=draw(cents),
        meals_eur=draw(st.none() | cents),
        nappies_eur=draw(st.none() | cents),
        families=draw(st.integers(0, 500).map(lambda n: EUR(n) / 100)),
        employer=draw(st.sampled_from(list(Employer))),
        subsidy_eur=draw(cents),
        bonuses=frozenset(
            draw(st.sets(st.sampled_from([Bonus.SOCIAL_MIX, Bonus.INCLUSION, Bonus.TERRITORY])))
        ),
        is_priority_area=True,
        new_places=draw(st.integers(0, places)),
        existing_bonus_eur=draw(cents),
        children=places,
        disabled_children=draw(st.integers(0, places)) if with_disabled else 0,
        wage_growth_percent=EUR(draw(st.integers(0, 5))),
        filling_percent=tuple(EUR(draw(st.integers(30, 100))) for _ in range(5)),
    )


def twin(project, index):
    """A year at plain speed, in fractions, without a word of explanation."""
    months = 13 - project.opens_on.month if index == 0 else 12
    part = Fraction(months, 12)
    filled = Fraction(project.filling_percent[index]) / 100
    growth = rounded4((1 + Fraction(project.wage_growth_percent) / 100) ** index * 100) / 100
    attended = round2(Fraction(project.attended_hours) * part * filled)
    billed = max(round2(Fraction(project.billed_hours) * part * filled), attended)
    expenses = round2(Fraction(project.wages_eur) * growth * part)
    expenses += round2(Fraction(project.rent_eur) * part) + round2(Fraction(project.other_eur) * part)
    for fed in (project.meals_eur, project.nappies_eur):
        expenses += round2(Fraction(fed or 0) * part * filled)
    paid = round2(Fraction(project.families) * billed)
    ratio = min(max((billed / attended - Fraction(107, 100)) / Fraction(13, 100), 0), 1)
    price = min(rounded4(expenses / billed), rounded4(9 - ratio))
    psu = round2(max(Fraction(66, 100) * price * billed - paid, 0))
    bonus = Fraction(0)
    if Bonus.SOCIAL_MIX in project.bonuses:
        mean = paid / billed
        each = next(
            (eur for top, eur in ((75, 2100), (100, 800), (125, 300)) if mean <= Fraction(top, 100)), 0
        )
        bonus += round2(each * project.places * part)
    if Bonus.INCLUSION in project.bonuses and project.disabled_children:
        share = Fraction(project.disabled_children, project.children)
        rate = Fraction(15 if share < Fraction(5, 100) else 30 if share <= Fraction(75, 1000) else 45, 100)
        whole = round2(share * rate * round2(expenses / part))
        bonus += round2(min(whole, 1300 * project.places) * part)
    if Bonus.TERRITORY in project.bonuses:
        bonus += round2((Fraction(project.existing_bonus_eur) + 3600 * project.new_places) * part)
    return expenses - paid - psu - bonus


def round2(value):
    return Fraction(int(value * 100 * 2 + 1) // 2, 100)


def rounded4(value):
    return Fraction(int(value * 10_000 * 2 + 1) // 2, 10_000)


@settings(max_examples=60, deadline=None)
@given(project=projects())
def test_five_years_are_those_of_the_twin_to_the_cent(project):
    simulation = simulate(project, TABLE)

    for index, year in enumerate(simulation.years):
        assert (
            year.remainder.eur == Decimal(twin(project, index).numerator) / twin(project, index).denominator
        )


@settings(max_examples=60, deadline=None)
@given(project=projects())
def test_nothing_is_negative_and_every_sum_is_the_sum_of_its_lines(project):
    for year in simulate(project, TABLE).years:
        found = amounts(year)
        assert all(found[name] >= 0 for name in found if name not in ("remainder", "city", "operator"))
        *parts, total = year.expenses.lines
        assert total.result == sum(one.result for one in parts) == found["expenses"]
        whole, *parts, left = year.remainder.lines
        assert left.result == whole.result - sum(one.result for one in parts)
        assert found["city"] + found["operator"] == found["remainder"]
        assert (
            found["expenses"]
            == found["participations"] + found["psu"] + year.bonuses_eur + found["remainder"]
        )


@settings(max_examples=60, deadline=None)
@given(project=projects(), hours=st.integers(1, 100).map(lambda n: EUR(n) / 100))
def test_one_more_hour_billed_never_costs_a_class(project, hours):
    """Continuity: what is left moves by no more than what these hours and the roundings may weigh."""
    # The mix looks at a mean that is rounded to the cent, and is a step by itself.
    project = replace(project, bonuses=project.bonuses - {Bonus.SOCIAL_MIX})
    more = replace(project, billed_hours=project.billed_hours + hours)

    before, after = (simulate(one, TABLE).years[CRUISING] for one in (project, more))
    # 9 € an hour at most; the ceiling falls by 1 € over 13 points of billing; prices round at 0.0001 €.
    slope = 9 + project.billed_hours / (project.attended_hours * EUR("0.13"))
    allowed = slope * hours + project.billed_hours * EUR("0.0002") + 1
    assert abs(after.remainder.eur - before.remainder.eur) <= allowed
