"""The bonus of a territory: smoothed, floored, by band and by year, and what is not known said so."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.funding import territory
from ansanm.engines.funding.errors import BadInput, NoParameter
from ansanm.engines.funding.parameters import Source, Status, known, national
from ansanm.engines.funding.territory import Equipment, Field, Part, Unknown

EUR = Decimal
SOURCE = Source("Montants inventés pour les tests", "https://example.org", "2026-11")
ENTERED = {
    "bonus_territory.eaje_floor": "900", "bonus_territory.eaje_new_other_band": "2800",
    "bonus_territory.alsh_new": "0.20", "bonus_territory.rpe_new": "15000",
}  # fmt: skip
TABLE = national().entered(
    {
        name: known(value, since=date(2023 if "alsh" in name else 2021, 1, 1), source=SOURCE)
        for name, value in ENTERED.items()
    }
)
RICH = Equipment("Crèche Chaudron", Field.EAJE, "Saint-Denis", EUR(60), EUR(90_000))
POOR = Equipment("Les Filaos", Field.EAJE, "Saint-Denis", EUR(40), EUR(10_000))


def by_name(lines):
    return {(one.equipment, one.year, one.part): one for one in lines}


def test_what_existed_is_evened_out_inside_a_territory_and_not_beyond():
    other = Equipment("Crèche des Hauts", Field.EAJE, "Sainte-Marie", EUR(20), EUR(40_000))
    found = by_name(territory.bonus([RICH, POOR, other], [2025], TABLE))

    # 100 000 € for 100 places; 40 000 € for 20.
    assert found["Crèche Chaudron", 2025, Part.EXISTING].amount.eur == 60_000
    assert found["Les Filaos", 2025, Part.EXISTING].amount.eur == 40_000
    assert found["Crèche des Hauts", 2025, Part.EXISTING].amount.eur == 40_000


def test_a_territory_under_the_floor_is_raised_to_it_and_says_so():
    (due,) = territory.bonus([POOR], [2025], TABLE)

    assert due.amount.eur == 36_000
    assert "floor_applied" in due.amount.line("per_unit").notes
    assert due.amount.status is Status.ENTERED


def test_new_places_have_the_first_band_in_a_priority_area_and_another_elsewhere():
    places = replace(RICH, units=EUR(0), inherited_eur=None, new_units=EUR(10))
    amounts = {}
    for area in (True, False, None):
        (due,) = territory.bonus([replace(places, is_priority_area=area)], [2025], TABLE)
        amounts[area] = due.amount
    (told,) = territory.bonus([replace(places, is_first_band=True)], [2025], TABLE)

    assert [one.eur for one in amounts.values()] == [36_000, 28_000, 28_000]
    assert told.amount.eur == 36_000
    assert "priority_area_unknown" in amounts[None].line("per_unit").notes
    assert amounts[True].status is Status.CONFIRMED


def test_the_year_of_opening_and_of_closing_count_their_months():
    creche = replace(POOR, new_units=EUR(12), opens=(2024, 9), closes=(2026, 6), is_priority_area=True)
    table = TABLE.entered(
        {"bonus_territory.eaje_new_max": known("3600", since=date(2026, 1, 1), source=SOURCE)}
    )
    found = by_name(territory.bonus([creche], range(2023, 2028), table))

    assert ("Les Filaos", 2023, Part.NEW) not in found
    assert found["Les Filaos", 2024, Part.NEW].amount.eur == 14_400  # 4 months of 43 200 €
    assert found["Les Filaos", 2024, Part.NEW].amount.status is Status.UNCONFIRMED
    assert found["Les Filaos", 2025, Part.NEW].amount.eur == 43_200
    assert found["Les Filaos", 2026, Part.NEW].amount.eur == 21_600
    assert found["Les Filaos", 2026, Part.EXISTING].amount.eur == 18_000
    assert not [key for key in found if key[1] == 2027]


def test_only_a_quarter_more_hours_of_leisure_counts_since_2025():
    centre = Equipment("Loisirs", Field.ALSH, "Ville", EUR(10_000), EUR(5_000), new_units=EUR(4_000))
    found = by_name(territory.bonus([centre], [2024, 2025], TABLE))

    assert found["Loisirs", 2025, Part.EXISTING].amount.eur == 5_000
    assert found["Loisirs", 2024, Part.NEW].amount.eur == 800
    capped = found["Loisirs", 2025, Part.NEW].amount
    assert capped.eur == 500
    assert "growth_capped" in capped.line("kept_units").notes
    # Nothing existed: no share of it to keep to. And the cap is known for 2025 alone.
    wholly_new = replace(centre, units=EUR(0), inherited_eur=None)
    (due,) = territory.bonus([wholly_new], [2025], TABLE)
    assert due.amount.eur == 800
    (later,) = [one for one in territory.bonus([centre], [2026], TABLE) if one.part == Part.NEW]
    assert later.why.parameter.id == "bonus_territory.alsh_growth_cap"


def test_what_nobody_knows_is_asked_for_line_by_line_and_counted_apart():
    unknown = replace(POOR, inherited_eur=None, new_units=EUR(5))
    hub = Equipment("Relais", Field.RPE, "Saint-Denis", EUR("1.5"), EUR(30_000))
    lines = territory.bonus([RICH, unknown, hub], [2025], national())
    found = by_name(lines)

    why = found["Crèche Chaudron", 2025, Part.EXISTING].why
    assert isinstance(why, Unknown) and why.names == ("Les Filaos",)
    assert found["Relais", 2025, Part.EXISTING].amount.eur == 30_000
    assert found["Relais", 2025, Part.EXISTING].amount.lines[0].unit == "eur_per_fte"
    assert territory.total(lines) == (30_000, 3)
    assert list(territory.needed(lines)) == ["bonus_territory.eaje_new_other_band"]
    (floor,) = territory.bonus([RICH], [2025], national())
    assert floor.why.parameter.id == "bonus_territory.eaje_floor" and floor.why.publisher["fr"]
    (before,) = territory.bonus([RICH], [2020], national())
    assert isinstance(before.why, NoParameter)


@pytest.mark.parametrize(
    "rows, reason",
    [
        ([replace(RICH, units=EUR(-1))], "negative"),
        ([replace(RICH, territory="")], "missing"),
        ([replace(RICH, opens=(2025, 9), closes=(2025, 3))], "closed_before"),
        ([RICH, RICH], "same_creche_twice"),
    ],
)
def test_what_cannot_be_names_its_field(rows, reason):
    with pytest.raises(BadInput) as refused:
        territory.bonus(rows, [2025], TABLE)
    assert refused.value.reason == reason


offers = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(0, 10**8), st.integers(0, 500), st.booleans()),
    min_size=1,
    max_size=10,
)


@settings(deadline=None, max_examples=50)
@given(offers)
def test_a_territory_never_loses_by_smoothing_but_what_rounding_takes(drawn):
    rows = [
        Equipment(
            f"Crèche {n}", Field.EAJE, "Ville", EUR(units), EUR(cents) / 100, EUR(new), None, None, first
        )
        for n, (units, cents, new, first) in enumerate(drawn)
    ]
    lines = territory.bonus(rows, [2024, 2025], TABLE)
    existing = [one for one in lines if one.part == Part.EXISTING and one.year == 2025]
    units = sum(one.units for one in existing)

    given_eur = sum(one.amount.eur for one in existing)
    # Half a cent for each place: the amount of one is rounded before it is multiplied.
    assert given_eur >= sum(one.inherited_eur for one in rows) - units / 200
    assert given_eur >= 900 * units
    assert territory.total(lines)[1] == 0
    assert {one.year for one in lines} == {2024, 2025}
    assert territory.total([one for one in lines if one.year == 2024]) == territory.total(
        [one for one in lines if one.year == 2025]
    )
