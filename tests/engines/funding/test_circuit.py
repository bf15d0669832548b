"""The old circuit and the short one: by hand on two crèches, then what no payment may break."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.funding import circuit, circuit_arrays
from ansanm.engines.funding.circuit import Creche, Device, Kind, Party
from ansanm.engines.funding.errors import BadInput, NeededFromCaf
from ansanm.engines.funding.parameters import Source, Status, known, national

EUR = Decimal
SOURCE = Source("Montants inventés pour les tests", "https://example.org", "2026-11")
CITY, FILAOS = Party(Kind.CITY, "Saint-Denis"), Party(Kind.OPERATOR, "Les Filaos")
OWN = Creche("Crèche Chaudron", "Saint-Denis", "Saint-Denis", 2025, 60, EUR(60_000), EUR(0), EUR(48_000))
# The city passed the Psej on, with 20 000 € of its own.
HELPED = Creche("Les Filaos", "Les Filaos", "Saint-Denis", 2025, 40, EUR(20_000), EUR(40_000), EUR(32_000))
ADVANCES = ((3, Fraction(35)), (10, Fraction(35)), (18, Fraction(30)))


def test_the_psej_passes_through_the_city_then_the_bonus_goes_straight_to_the_creche():
    found = circuit.compare([OWN, HELPED], {})

    def routes(flows):
        return circuit.summed(flows, lambda one: (one.payer, one.payee, one.device))

    assert routes(found.before) == {
        (circuit.CAF, CITY, Device.PSEJ): 80_000_00,
        (CITY, FILAOS, Device.SUBSIDY): 40_000_00,
    }
    assert routes(found.after) == {
        (circuit.CAF, CITY, Device.BONUS): 48_000_00,  # of the crèche that it runs itself
        (circuit.CAF, FILAOS, Device.BONUS): 32_000_00,
        (CITY, FILAOS, Device.SUBSIDY): 20_000_00,
    }
    # The city received 40 000 more than it paid on; it now receives 28 000 more.
    cost = circuit.net_cost(found, "Saint-Denis")
    assert (cost.before, cost.after, cost.difference) == (-40_000_00, -28_000_00, 12_000_00)
    assert not circuit.is_whole(found, "Saint-Denis")


def test_the_reasons_say_what_is_a_choice_of_the_city():
    amount = circuit.explained(HELPED)

    assert amount.eur == 12_000
    assert amount.status is Status.UNCONFIRMED
    assert [line.key for line in amount.lines] == [
        "psej", "bonus_territory", "subsidy_before", "subsidy_after", "runner_change",
    ]  # fmt: skip
    told = circuit.explained(replace(HELPED, subsidy_after_eur=EUR(25_000)))
    assert (told.eur, told.status) == (17_000, Status.CONFIRMED)
    assert circuit.explained(OWN).eur == -12_000
    kept = replace(HELPED, psej_eur=EUR(50_000))
    assert circuit.subsidy_after(kept).eur == 0
    assert "psej_above_subsidy" in circuit.subsidy_after(kept).lines[0].notes


def test_an_operator_waits_for_the_balance_that_the_city_paid_month_by_month():
    spent = replace(HELPED, expenses_eur=EUR(60_000), families_eur=EUR(20_000))
    found = circuit.compare([spent], {Device.BONUS: ADVANCES, Device.PSEJ: ADVANCES})
    months = circuit.months_of(found)

    assert (months[0], months[-1]) == ("2025-01", "2026-06")
    before, after = (circuit.positions(one, FILAOS, months) for one in (found.before, found.after))
    assert before[11] == 0 and min(before) == 0
    # 5 000 spent a month, 1 667 from families, 1 667 from the city; 11 200 in March and October.
    assert after[:3] == [-1_666_66, -3_333_34, 6_200_00]
    assert after[11] == 20_000_00 + 20_000_00 + 22_400_00 - 60_000_00
    assert after[-1] == 12_000_00


def test_the_bonus_not_given_is_the_psej_smoothed_over_the_city():
    two = [replace(one, bonus_eur=None) for one in (OWN, HELPED)]
    with pytest.raises(BadInput, match=r"bonus_eur \(Crèche Chaudron\)"):
        circuit.compare(two, {})
    with pytest.raises(NeededFromCaf):
        circuit.with_smoothed_bonus(two)
    table = national().entered(
        {"bonus_territory.eaje_floor": known("0", since=date(2021, 1, 1), source=SOURCE)}
    )

    # 80 000 € for 100 places.
    assert [one.bonus_eur for one in circuit.with_smoothed_bonus(two, table)] == [48_000, 32_000]
    kept = circuit.with_smoothed_bonus([OWN, two[1]], table)
    assert kept[0] is OWN and kept[1].bonus_eur == 32_000


@pytest.mark.parametrize(
    "rows, reason",
    [
        ([replace(OWN, psej_eur=EUR(-1))], "negative"),
        ([replace(OWN, subsidy_eur=EUR(1))], "own_creche"),
        ([replace(HELPED, bonus_eur=EUR("1.001"))], "below_a_cent"),
        ([replace(HELPED, city="")], "missing"),
        ([replace(HELPED, places=0)], "out_of_range"),
        ([HELPED, HELPED], "same_creche_twice"),
    ],
)
def test_what_cannot_be_names_its_field(rows, reason):
    with pytest.raises(BadInput) as refused:
        circuit.compare(rows, {})
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "calendar, reason",
    [
        (((3, Fraction(35)), (10, Fraction(35))), "not_hundred"),
        (((10, Fraction(50)), (3, Fraction(50))), "months_out_of_order"),
        (((25, Fraction(100)),), "months_out_of_order"),
        (((1, Fraction(120)), (2, Fraction(-20))), "negative"),
    ],
)
def test_a_calendar_pays_the_whole_once(calendar, reason):
    with pytest.raises(BadInput) as refused:
        circuit.compare([HELPED], {Device.BONUS: calendar})
    assert refused.value.reason == reason


cents = st.integers(0, 10**9)
maybe = st.none() | cents
rows = st.lists(
    st.tuples(st.booleans(), st.integers(2021, 2025), st.integers(1, 80), cents, cents, cents, *[maybe] * 4),
    min_size=1,
    max_size=8,
)


@st.composite
def calendars(draw):
    months = sorted(draw(st.sets(st.integers(1, 24), min_size=1, max_size=6)))
    parts = [draw(st.integers(1, 50)) for _ in months]
    return tuple((month, Fraction(100 * part, sum(parts))) for month, part in zip(months, parts, strict=True))


def creches_of(drawn):
    def eur(value):
        return None if value is None else EUR(value) / 100

    return [
        Creche(
            f"Crèche {n}",
            "Ville" if own else f"Association {n}",
            "Ville",
            year,
            places,
            eur(psej),
            EUR(0) if own else eur(subsidy),
            eur(bonus),
            None if own else eur(after),
            *map(eur, same),
        )
        for n, (own, year, places, psej, subsidy, bonus, after, *same) in enumerate(drawn)
    ]


@settings(deadline=None, max_examples=60)
@given(rows, calendars(), calendars())
def test_nothing_is_created_and_nothing_is_lost(drawn, first, second):
    creches = creches_of(drawn)
    found = circuit.compare(creches, {Device.PSEJ: first, Device.BONUS: second, Device.SUBSIDY: second})
    parties = {party for one in (*found.before, *found.after) for party in (one.payer, one.payee)}
    months = circuit.months_of(found)

    for flows, caf in ((found.before, "psej_eur"), (found.after, "bonus_eur")):
        # What leaves one enters another, to the cent, and at the end as over the months.
        assert sum(circuit.balance(flows, party) for party in parties) == 0
        if months:
            for party in parties:
                assert circuit.positions(flows, party, months)[-1] == circuit.balance(flows, party)
        # The slow twin: the amounts that were given, added up.
        same = sum((one.psu_eur or 0) for one in creches)
        paid = sum(getattr(one, caf) for one in creches)
        assert -circuit.balance(flows, circuit.CAF) == (paid + same) * 100
    by_creche = circuit.changes(found, lambda one: one.creche)
    by_year = circuit.changes(found, lambda one: one.year)
    for side in ("before", "after"):
        whole = sum(one.cents for one in getattr(found, side))
        assert sum(getattr(one, side) for one in by_creche.values()) == whole
        assert sum(getattr(one, side) for one in by_year.values()) == whole
    # What the Caf pays more goes to who runs the crèches or spares the city.
    runners = sum(circuit.explained(one).eur for one in creches if not one.is_municipal) * 100
    caf_change = circuit.balance(found.before, circuit.CAF) - circuit.balance(found.after, circuit.CAF)
    assert caf_change == runners - circuit.net_cost(found, "Ville").difference


@settings(deadline=None, max_examples=60)
@given(rows, calendars())
def test_the_vectorised_circuit_is_the_scalar_one_to_the_cent(drawn, calendar):
    creches = creches_of(drawn)
    psej, subsidy, bonus = (
        np.array([int(getattr(one, name) * 100) for one in creches])
        for name in ("psej_eur", "subsidy_eur", "bonus_eur")
    )
    after = np.array(
        [
            circuit_arrays.UNKNOWN if one.subsidy_after_eur is None else int(one.subsidy_after_eur * 100)
            for one in creches
        ]
    )
    found = circuit_arrays.changes(
        psej, bonus, subsidy, after, np.array([one.is_municipal for one in creches])
    )
    paid = circuit_arrays.by_month(bonus, calendar)

    for n, one in enumerate(creches):
        alone = circuit.compare([one], {})
        assert found.runner_cents[n] == circuit.explained(one).eur * 100
        assert found.city_cents[n] == circuit.net_cost(alone, "Ville").difference
        assert found.caf_cents[n] == (one.bonus_eur - one.psej_eur) * 100
        if not one.is_municipal:
            assert found.subsidy_after_cents[n] == circuit.subsidy_after(one).eur * 100
        told = [(month + 1, int(paid[n][month])) for month in range(24) if paid[n][month]]
        assert told == circuit.instalments(one.bonus_eur, calendar)
