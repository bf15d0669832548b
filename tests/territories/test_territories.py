"""The territories of France: all there, found by what people type, the same after each loading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansanm.territories.loading import load_territories
from ansanm.territories.models import Territory
from ansanm.territories.names import search_key
from ansanm.territories.sources import etalab_decoupage
from tests.data_fixtures import empty_map


def first(found):
    return found[0].level, found[0].code


def test_all_of_france_is_there(territories):
    expected = {"commune": 34_969, "epci": 1_255, "arm": 45, "departement": 109, "region": 18, "france": 1}

    assert {level: territories.filter(level=level).count() for level in expected} == expected


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("saint denis reunion", ("commune", "97411")),
        ("st-denis", ("commune", "97411")),
        ("SAINT DENIS 93", ("commune", "93066")),
        ("Sait-Deni", ("commune", "97411")),
        ("97411", ("commune", "97411")),
        ("97400", ("commune", "97411")),
        ("bordo metropol", ("epci", "243300316")),
        ("l'etang sale", ("commune", "97404")),
        ("L’Étang-Salé", ("commune", "97404")),
        ("cinor", ("epci", "249740119")),
        ("249740119", ("epci", "249740119")),
        ("974", ("departement", "974")),
        ("R04", ("region", "04")),
        ("2a004", ("commune", "2A004")),
        ("paris 12", ("arm", "75112")),
        ("974110706", ("iris", "974110706")),
        ("ste rose reunion", ("commune", "97419")),
        ("œting", ("commune", "57521")),
    ],
)
def test_search_finds_what_is_meant(territories, typed, meant):
    assert first(territories.search(typed)) == meant


@pytest.mark.parametrize("typed", ["", "   ", "zzzzqqqq", "'; DROP TABLE", "%", "\x00", "é" * 500, "☃"])
def test_search_of_nothing_finds_nothing_and_does_not_fail(territories, typed):
    assert territories.search(typed) == []


def test_several_saint_denis_are_told_apart_by_their_departement(territories):
    found = territories.search("Saint-Denis")

    assert {"97411", "93066", "11339"} <= {one.code for one in found}
    assert all(one.departement_code for one in found)


@given(
    name=st.sampled_from(["Saint-Denis", "L'Étang-Salé", "Les Trois-Bassins", "Sainte-Suzanne"]),
    data=st.data(),
)
def test_accents_case_and_hyphens_never_matter(name, data):
    plain = name.replace("É", "E").replace("é", "e")
    written = data.draw(
        st.sampled_from([name.upper(), name.lower(), plain, name.replace("-", " "), name.replace("'", "’")])
    )

    assert search_key(written) == search_key(name)


def test_a_commune_stands_beside_its_epci_departement_region_and_france(territories):
    compared = territories.comparators_of(territories.at("commune", "97411"))

    assert [(one.level, one.code) for one in compared] == [
        ("epci", "249740119"),
        ("departement", "974"),
        ("region", "04"),
        ("france", "FR"),
    ]


def test_the_peers_of_a_commune_are_those_of_its_departement(territories):
    assert territories.peers_of(territories.at("commune", "97411")).count() == 24


def test_a_collectivity_overseas_is_found_but_not_in_france(territories):
    noumea = territories.at("commune", "98818")

    assert not territories.communes_of(territories.at("france", "FR")).filter(pk=noumea.pk).exists()
    assert noumea in territories.search("Nouméa")


def test_a_territory_has_a_readable_address(territories):
    address = territories.at("commune", "97411").get_absolute_url()

    assert address.endswith("/commune/97411-saint-denis/")


@pytest.mark.database
def test_loading_again_changes_nothing_and_keeps_the_identifiers(db, own_observations, monkeypatch):
    whole = etalab_decoupage.geography()
    few = [code for code in whole.communes if code.startswith("974")]
    from ansanm.territories import loading

    described = loading.described

    def only_reunion():
        return [one for one in described() if one.departement_code == "974" and one.level != "iris"]

    assert few
    monkeypatch.setattr(loading, "described", only_reunion)
    empty_map()
    load_territories()
    before = dict(Territory.objects.values_list("code", "pk"))
    changed = Territory.objects.at("commune", "97411")
    Territory.objects.filter(pk=changed.pk).update(population=1)
    gone = Territory.objects.create(level="commune", code="97499", name="Ancienne", slug="a", search_key="a")

    report = load_territories()

    assert report == {"n_created": 0, "n_changed": 1, "n_retired": 1}
    assert Territory.objects.at("commune", "97411").population == 155_634
    assert before.items() <= dict(Territory.objects.values_list("code", "pk")).items()
    gone.refresh_from_db()
    assert not gone.is_current
    assert load_territories() == {"n_created": 0, "n_changed": 0, "n_retired": 0}
