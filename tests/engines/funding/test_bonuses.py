"""Bonuses and other services: by hand at each threshold, and what is not known is asked for."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.funding import bonuses, services
from ansanm.engines.funding.bonus_arrays import attractiveness_cents, inclusion_cents, social_mix_cents
from ansanm.engines.funding.bonuses import Employer, Existing
from ansanm.engines.funding.errors import BadInput, NeededFromCaf, NoParameter
from ansanm.engines.funding.parameters import Source, Status, known, national

EUR = Decimal
ON = date(2025, 6, 1)
SOURCE = Source("Montants inventés pour les tests", "https://example.org", "2026-11")


def entered(**values):
    return national().entered(
        {
            name.replace("__", "."): known(value, since=date(2025, 1, 1), source=SOURCE)
            for name, value in values.items()
        }
    )


@pytest.mark.parametrize(
    "paid, eur",
    [("75000", 84_000), ("75000.01", 32_000), ("100000", 32_000), ("125000", 12_000), ("125000.01", 0)],
)
def test_social_mix_at_each_threshold(paid, eur):
    # 40 places, 100 000 h billed: 0.75, 1.00 and 1.25 € an hour.
    amount = bonuses.social_mix(on=ON, places=40, participations_eur=EUR(paid), billed_hours=EUR(100_000))

    assert amount.eur == eur
    assert amount.status is Status.CONFIRMED


def test_new_figures_of_2026_are_asked_for_and_not_carried_over():
    for call in (
        lambda: bonuses.social_mix(
            on=date(2026, 1, 1), places=40, participations_eur=EUR(1), billed_hours=EUR(1)
        ),
        lambda: bonuses.inclusion(
            on=date(2026, 1, 1), places=40, children=50, disabled_children=1, expenses_eur=EUR(1)
        ),
        lambda: bonuses.attractiveness(
            on=date(2026, 1, 1), places=40, employer=Employer.PUBLIC, monthly_rise_eur=EUR(100)
        ),
        lambda: bonuses.new_places(on=date(2026, 1, 1), places=10, is_priority_area=True),
        lambda: bonuses.employer_places(on=date(2026, 1, 1), places=10),
    ):
        with pytest.raises(NeededFromCaf):
            call()


@pytest.mark.parametrize(
    "disabled, eur",
    [
        (0, "0.00"),
        (4, "3840.00"),  # 4 %: 15 % of 4 % of 640 000 €
        (5, "9600.00"),  # 5 %: 30 %
        (7, "13440.00"),
        (8, "23040.00"),  # above 7.5 %: 45 %
        (20, "52000.00"),  # capped at 1 300 € a place
    ],
)
def test_inclusion_at_each_threshold(disabled, eur):
    amount = bonuses.inclusion(
        on=ON, places=40, children=100, disabled_children=disabled, expenses_eur=EUR(640_000)
    )

    assert amount.eur == EUR(eur)
    # Nobody published the formula: an amount above 0 is never shown as sure.
    assert (amount.status is Status.UNCONFIRMED) == (disabled > 0)


def test_inclusion_between_five_and_seven_and_a_half_percent_includes_both():
    amount = bonuses.inclusion(on=ON, places=40, children=40, disabled_children=3, expenses_eur=EUR(640_000))

    assert amount.line("disabled_share").result == EUR("7.50")
    assert amount.line("per_place").inputs["rate"] == 30


@pytest.mark.parametrize(
    "employer, rise, eur",
    [("public", "100", 19_000), ("public", "99.99", 0), ("private", "150", 38_800), ("private", "149", 0)],
)
def test_attractiveness(employer, rise, eur):
    amount = bonuses.attractiveness(on=ON, places=40, employer=Employer(employer), monthly_rise_eur=EUR(rise))

    assert amount.eur == eur


@pytest.mark.parametrize(
    "now, eur", [(1000, 0), (1039, 0), (1040, 4_000), (1080, 8_000), (1120, 12_000), (900, 0)]
)
def test_growth_pays_every_place(now, eur):
    amount = bonuses.growth(on=date(2026, 6, 1), places=40, places_2023=1000, places_now=now)

    assert amount.eur == eur


def test_growth_did_not_exist_before_november_2025():
    with pytest.raises(NoParameter):
        bonuses.growth(on=date(2025, 10, 31), places=40, places_2023=100, places_now=200)


def test_new_places_of_a_priority_district_have_the_highest_amount():
    assert bonuses.new_places(on=ON, places=10, is_priority_area=True).eur == 36_000
    assert bonuses.new_places(on=date(2020, 5, 1), places=10, is_priority_area=True).eur == 31_000


def test_the_other_bands_are_asked_for():
    with pytest.raises(NeededFromCaf) as refused:
        bonuses.new_places(on=ON, places=10, is_priority_area=False)
    assert refused.value.parameter.id == "bonus_territory.eaje_new_other_band"
    table = entered(bonus_territory__eaje_new_other_band="2900")
    amount = bonuses.new_places(on=ON, places=10, is_priority_area=False, parameters=table)
    assert (amount.eur, amount.status) == (29_000, Status.ENTERED)


def test_employer_places():
    assert bonuses.employer_places(on=ON, places=5).eur == 14_000


def test_the_existing_offer_is_evened_out_over_the_territory():
    found = bonuses.existing_offer(
        on=ON,
        field="eaje",
        equipment={
            "Les Filaos": Existing(EUR(60_000), EUR(40)),
            "Les Letchis": Existing(EUR(10_000), EUR(10)),
        },
        parameters=entered(bonus_territory__eaje_floor="1000"),
    )

    assert found.per_unit.eur == 1_400
    assert found.by_equipment == {"Les Filaos": 56_000, "Les Letchis": 14_000}
    assert found.total_eur == found.inherited_eur == 70_000


def test_a_poor_territory_is_raised_to_the_floor():
    found = bonuses.existing_offer(
        on=ON, field="alsh", equipment={"Centre": Existing(EUR(1_000), EUR(10_000))}
    )

    assert found.per_unit.eur == EUR("0.15")
    assert found.total_eur == EUR("1500.00")
    assert "floor_applied" in found.per_unit.lines[-1].notes


def test_the_floor_of_creches_is_asked_for():
    with pytest.raises(NeededFromCaf):
        bonuses.existing_offer(on=ON, field="eaje", equipment={"a": Existing(EUR(1), EUR(1))})


money = st.integers(0, 10**8).map(lambda n: Decimal(n) / 100)


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.tuples(money, st.integers(1, 500)), min_size=1)
)
def test_smoothing_neither_loses_nor_invents_money_but_for_the_cents(rows):
    equipment = {name: Existing(eur, Decimal(units)) for name, (eur, units) in rows.items()}
    found = bonuses.existing_offer(on=ON, field="other", equipment=equipment)

    n_units = sum(one.units for one in equipment.values())
    assert abs(found.total_eur - found.inherited_eur) <= n_units * EUR("0.005")
    assert len({found.by_equipment[name] / one.units for name, one in equipment.items()}) == 1


@pytest.mark.parametrize(
    "call, field",
    [
        (lambda: bonuses.employer_places(on=ON, places=0), "places"),
        (lambda: bonuses.employer_places(on=ON, places=5000), "places"),
        (
            lambda: bonuses.social_mix(on=ON, places=4, participations_eur=EUR(1), billed_hours=EUR(0)),
            "billed_hours",
        ),
        (
            lambda: bonuses.social_mix(on=ON, places=4, participations_eur=EUR(-1), billed_hours=EUR(9)),
            "participations_eur",
        ),
        (
            lambda: bonuses.inclusion(on=ON, places=4, children=3, disabled_children=4, expenses_eur=EUR(9)),
            "disabled_children",
        ),
        (lambda: bonuses.growth(on=date(2026, 1, 1), places=4, places_2023=0, places_now=4), "places_2023"),
        (lambda: services.leisure_centre(on=ON, hours=EUR(5), wednesday_hours=EUR(6)), "wednesday_hours"),
        (lambda: services.canteen(on=ON, meals=-1), "meals"),
        (lambda: services.homework_support(on=ON, expenses_eur=EUR(9), groups=0), "groups"),
    ],
)
def test_what_cannot_be_names_its_field(call, field):
    with pytest.raises(BadInput) as refused:
        call()
    assert refused.value.field == field


# Other services.
def test_a_leisure_centre_with_its_supplements():
    table = entered(services__alsh_hour="0.60")
    amount = services.leisure_centre(
        on=ON, hours=EUR(10_000), wednesday_hours=EUR(1_000), inclusion_hours=EUR(100), parameters=table
    )

    assert amount.eur == EUR("6000") + EUR("460") + EUR("390")
    assert services.leisure_centre(on=date(2019, 6, 1), hours=EUR(1_000)).eur == 540
    with pytest.raises(NeededFromCaf):
        services.leisure_centre(on=ON, hours=EUR(1))


def test_shares_of_capped_costs():
    table = entered(
        services__laep_ceiling="80", services__rpe_ceiling="60000", services__agc_ceiling="180000",
        services__acf_ceiling="50000", services__evs_ceiling="25000",
    )  # fmt: skip

    def of(function, **given):
        return function(on=ON, parameters=table, **given).eur

    assert of(services.drop_in, expenses_eur=EUR(30_000), open_hours=EUR(500)) == 9_000
    assert of(services.drop_in, expenses_eur=EUR(50_000), open_hours=EUR(500)) == 12_000
    assert of(services.hub, expenses_eur=EUR(50_000), full_time_posts=EUR(1)) == 21_500
    assert of(services.hub, expenses_eur=EUR(50_000), full_time_posts=EUR(1), has_missions=True) == 24_729
    assert (
        of(services.community_centre, expenses_eur=EUR(100_000), families_expenses_eur=EUR(60_000)) == 74_200
    )
    assert of(services.social_space, expenses_eur=EUR(20_000)) == 12_720


def test_unknown_ceilings_of_services_are_asked_for():
    for call in (
        lambda: services.drop_in(on=ON, expenses_eur=EUR(1), open_hours=EUR(1)),
        lambda: services.hub(on=ON, expenses_eur=EUR(1), full_time_posts=EUR(1)),
        lambda: services.social_space(on=ON, expenses_eur=EUR(1)),
        lambda: services.per_unit(on=ON, parameter="bonus_territory.cooperation_fte", units=EUR("0.5")),
        lambda: services.per_unit(on=ON, parameter="bonus_territory.ludotheque_hour", units=EUR(100)),
        lambda: services.canteen(on=ON, meals=0, snacks=10),
        lambda: services.creche_investment(on=ON, places=20, cost_eur=EUR(10**6), is_priority_area=True),
    ):
        with pytest.raises(NeededFromCaf) as refused:
            call()
        assert refused.value.publisher["fr"]


def test_homework_support_is_capped_for_each_group():
    assert services.homework_support(on=ON, expenses_eur=EUR(10_000), groups=2).eur == 3_250
    assert services.homework_support(on=ON, expenses_eur=EUR(20_000), groups=2).eur == 5_126


def test_canteen_meals():
    amount = services.canteen(on=ON, meals=1_000)

    assert (amount.eur, amount.status) == (2_150, Status.UNCONFIRMED)


def test_half_a_cooperation_officer():
    table = entered(bonus_territory__cooperation_fte="20000")

    amount = services.per_unit(
        on=ON, parameter="bonus_territory.cooperation_fte", units=EUR("0.5"), parameters=table
    )
    assert (amount.eur, amount.status) == (10_000, Status.ENTERED)


def test_investment_of_2021_never_above_the_cost():
    def most(cost, is_priority):
        return services.creche_investment(
            on=date(2021, 6, 1), places=20, cost_eur=EUR(cost), is_priority_area=is_priority
        ).eur

    assert most(10**6, False) == 450_000
    assert most(10**6, True) == 590_000
    assert most(300_000, True) == 300_000


rows = st.lists(
    st.tuples(
        st.integers(2024, 2025),
        st.integers(1, 80),  # places
        st.integers(0, 30_000_000),  # participations, cents
        st.integers(1, 20_000_000),  # billed, hundredths
        st.integers(1, 200),  # children
        st.integers(0, 40),  # disabled
        st.integers(0, 200_000_000),  # expenses, cents
        st.booleans(),  # public
        st.integers(0, 30_000),  # rise, cents
    ),
    min_size=1,
    max_size=10,
)


@settings(deadline=None)
@given(rows)
def test_the_vectorised_bonuses_are_the_scalar_ones_to_the_cent(drawn):
    table = national()
    year, places, paid, billed, children, disabled, spent, is_public, rise = (
        np.array(column) for column in zip(*drawn, strict=True)
    )
    disabled = np.minimum(disabled, children)
    mix = social_mix_cents(year, places, paid, billed, table)
    included = inclusion_cents(year, places, children, disabled, spent, table)
    attractive = attractiveness_cents(year, places, is_public, rise, table)

    for n, row in enumerate(drawn):
        on = date(row[0], 1, 1)
        assert (
            mix[n]
            == 100
            * bonuses.social_mix(
                on=on, places=row[1], participations_eur=EUR(row[2]) / 100, billed_hours=EUR(row[3]) / 100
            ).eur
        )
        assert (
            included[n]
            == 100
            * bonuses.inclusion(
                on=on,
                places=row[1],
                children=row[4],
                disabled_children=int(disabled[n]),
                expenses_eur=EUR(row[6]) / 100,
            ).eur
        )
        assert (
            attractive[n]
            == 100
            * bonuses.attractiveness(
                on=on,
                places=row[1],
                employer=Employer.PUBLIC if row[7] else Employer.PRIVATE,
                monthly_rise_eur=EUR(row[8]) / 100,
            ).eur
        )
