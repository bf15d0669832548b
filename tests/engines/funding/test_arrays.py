"""Every other rule on arrays gives, row by row, what the scalar one gives, to the cent."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.funding import bonus_arrays, bonuses, service_arrays, services
from ansanm.engines.funding.bonuses import Existing
from ansanm.engines.funding.errors import BadInput, NeededFromCaf
from ansanm.engines.funding.parameters import Source, known, national

EUR = Decimal
SOURCE = Source("Montants inventés pour les tests", "https://example.org", "2026-11")
ENTERED = {
    "bonus_territory.eaje_floor": "812.37", "bonus_territory.eaje_new_other_band": "2750.55",
    "services.alsh_hour": "0.57", "services.laep_ceiling": "61.03", "services.rpe_ceiling": "48123.45",
    "services.agc_ceiling": "71234.56", "services.acf_ceiling": "31234.56", "services.evs_ceiling": "2987.54",
    "services.pars_snack": "0.35", "investment.piaje_place": "23456.78", "investment.piaje_priority": "712.5",
    "bonus_territory.cooperation_fte": "23456.78", "bonus_territory.ludotheque_hour": "17.37",
}  # fmt: skip
TABLE = national().entered(
    {name: known(value, since=date(2025, 1, 1), source=SOURCE) for name, value in ENTERED.items()}
)
YEARS = st.sampled_from([2025])  # the one for which all that is not entered above is known
cents, hundredths, flags = st.integers(0, 10**9), st.integers(0, 10**8), st.booleans()
places = st.integers(1, 1000)


def columns(drawn):
    return [np.array(column) for column in zip(*drawn, strict=True)]


def many(*strategies):
    return st.lists(st.tuples(YEARS, *strategies), min_size=1, max_size=8)


def eur(value):
    return EUR(int(value)) / 100


def same(found, drawn, scalar):
    on = date(2025, 1, 1)
    assert list(found) == [int(scalar(on, *row[1:]).eur * 100) for row in drawn]


settled = settings(deadline=None, max_examples=60)


@settled
@given(many(places, st.integers(1, 10_000), st.integers(0, 12_000)))
def test_growth(drawn):
    year, n, then, now = columns(drawn)
    table = national()

    year = year + 1  # the bonus began in November 2025: 1 January 2026 is its first
    assert list(bonus_arrays.growth_cents(year, n, then, now, table)) == [
        100 * bonuses.growth(on=date(2026, 1, 1), places=row[1], places_2023=row[2], places_now=row[3]).eur
        for row in drawn
    ]


@settled
@given(many(places, flags), many(places))
def test_new_places_and_employer_places(new, employer):
    year, n, first = columns(new)
    same(
        bonus_arrays.new_places_cents(year, n, first, TABLE),
        new,
        lambda on, n, first: bonuses.new_places(
            on=on, places=n, is_priority_area=False, is_first_band=first, parameters=TABLE
        ),
    )
    year, n = columns(employer)
    same(
        bonus_arrays.employer_places_cents(year, n, TABLE),
        employer,
        lambda on, n: bonuses.employer_places(on=on, places=n, parameters=TABLE),
    )


@settled
@pytest.mark.parametrize("field", ["eaje", "alsh", "other"])
@given(drawn=st.lists(st.tuples(st.integers(0, 2), cents, st.integers(1, 10**7)), min_size=1, max_size=9))
def test_the_smoothed_offer_of_each_territory(field, drawn):
    territories = sorted({row[0] for row in drawn})
    group, inherited, units = columns([(territories.index(row[0]), *row[1:]) for row in drawn])
    year = np.full(len(territories), 2025)
    per_unit, amounts = bonus_arrays.existing_offer_cents(group, year, inherited, units, TABLE, field=field)

    for number in range(len(territories)):
        mine = [n for n in range(len(drawn)) if group[n] == number]
        found = bonuses.existing_offer(
            on=date(2025, 1, 1),
            field=field,
            equipment={str(n): Existing(eur(inherited[n]), eur(units[n])) for n in mine},
            parameters=TABLE,
        )
        assert per_unit[number] == found.per_unit.eur * 100
        assert [amounts[n] for n in mine] == [found.by_equipment[str(n)] * 100 for n in mine]


@settled
@given(many(hundredths, hundredths, hundredths), many(cents, hundredths, flags), many(cents, cents))
def test_leisure_centres_hubs_and_community_centres(leisure, hubs, centres):
    year, hours, wednesday, inclusion = columns(leisure)
    same(
        service_arrays.leisure_centre_cents(
            year, hours, np.minimum(wednesday, hours), np.minimum(inclusion, hours), TABLE
        ),
        leisure,
        lambda on, hours, wednesday, inclusion: services.leisure_centre(
            on=on,
            hours=eur(hours),
            wednesday_hours=eur(min(wednesday, hours)),
            inclusion_hours=eur(min(inclusion, hours)),
            parameters=TABLE,
        ),
    )
    year, spent, posts, missions = columns(hubs)
    same(
        service_arrays.hub_cents(year, spent, posts, missions, TABLE),
        hubs,
        lambda on, spent, posts, missions: services.hub(
            on=on,
            expenses_eur=eur(spent),
            full_time_posts=eur(posts),
            has_missions=missions,
            parameters=TABLE,
        ),
    )
    same(
        service_arrays.capped_cents("laep", year, spent, posts, TABLE),
        hubs,
        lambda on, spent, hours, _: services.drop_in(
            on=on, expenses_eur=eur(spent), open_hours=eur(hours), parameters=TABLE
        ),
    )
    year, spent, families = columns(centres)
    same(
        service_arrays.community_centre_cents(year, spent, families, TABLE),
        centres,
        lambda on, spent, families: services.community_centre(
            on=on, expenses_eur=eur(spent), families_expenses_eur=eur(families), parameters=TABLE
        ),
    )
    same(
        service_arrays.capped_cents("evs", year, spent, np.full(len(year), 100), TABLE),
        centres,
        lambda on, spent, _: services.social_space(on=on, expenses_eur=eur(spent), parameters=TABLE),
    )


@settled
@given(many(cents, st.integers(1, 50)), many(st.integers(0, 10**6), st.integers(0, 10**6)))
def test_homework_support_and_canteens(groups, canteens):
    year, spent, n = columns(groups)
    same(
        service_arrays.homework_support_cents(year, spent, n, TABLE),
        groups,
        lambda on, spent, n: services.homework_support(
            on=on, expenses_eur=eur(spent), groups=n, parameters=TABLE
        ),
    )
    year, meals, snacks = columns(canteens)
    same(
        service_arrays.canteen_cents(year, meals, snacks, TABLE),
        canteens,
        lambda on, meals, snacks: services.canteen(on=on, meals=meals, snacks=snacks, parameters=TABLE),
    )


@settled
@given(many(hundredths), many(places, cents, flags))
def test_flat_amounts_and_investment(units, openings):
    year, n = columns(units)
    for name in ("bonus_territory.cooperation_fte", "bonus_territory.ludotheque_hour"):
        same(
            service_arrays.per_unit_cents(name, year, n, TABLE),
            units,
            lambda on, n, name=name: services.per_unit(on=on, parameter=name, units=eur(n), parameters=TABLE),
        )
    year, n, cost, priority = columns(openings)
    same(
        service_arrays.creche_investment_cents(year, n, cost, priority, TABLE),
        openings,
        lambda on, n, cost, priority: services.creche_investment(
            on=on, places=n, cost_eur=eur(cost), is_priority_area=priority, parameters=TABLE
        ),
    )


def test_a_value_is_asked_for_only_where_a_row_needs_it():
    year, n = np.array([2025, 2025]), np.array([10, 20])

    found = bonus_arrays.new_places_cents(year, n, np.array([True, True]), national())
    assert list(found) == [36_000_00, 72_000_00]
    with pytest.raises(NeededFromCaf) as refused:
        bonus_arrays.new_places_cents(year, n, np.array([True, False]), national())
    assert refused.value.parameter.id == "bonus_territory.eaje_new_other_band"
    with pytest.raises(BadInput, match="group 1"):
        bonus_arrays.existing_offer_cents(
            np.array([0]), np.array([2025, 2025]), np.array([1]), np.array([1]), TABLE, field="eaje"
        )
