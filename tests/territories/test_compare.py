"""Territories like one, and territories side by side, as a visitor reaches and reads them."""

import re

import numpy as np
import pytest

from ansanm.territories import similar
from ansanm.territories.comparison import lines_of

pytestmark = pytest.mark.django_db
SAINT_DENIS = "/territoires/commune/97411-saint-denis/"


@pytest.fixture(autouse=True)
def _real_data(observations_home, territories):
    """Every page here is of a real place."""


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_communes_like_saint_denis_are_large_towns(territories):
    found = similar.like(territories.at("commune", "97411"))

    assert len(found.similar) == 10
    assert all(one.territory.population > 10_000 for one in found.similar)
    assert found.n_compared > 30_000
    assert [one.distance for one in found.similar] == sorted(one.distance for one in found.similar)


def test_a_variable_is_taken_in_the_year_most_communes_have():
    """Ages of 2023 are those of La Réunion alone: comparing on them would leave 24 communes."""
    ages = similar.known("commune", "under20_share")

    assert ages.period == "2021"
    assert np.sum(~np.isnan(ages.values)) == ages.n_known > 30_000


def test_variables_and_scope_of_the_address_change_the_neighbours(client):
    default = text_of(client.get(f"{SAINT_DENIS}similaires/"))
    chosen = client.get(f"{SAINT_DENIS}similaires/?sur=population&parmi=departement")

    assert "Saint-Paul" not in default
    assert [one["territory"].departement_code for one in chosen.context["page"].rows] == ["974"] * 10
    assert chosen.context["page"].likeness.used == ("population",)
    assert chosen.context["page"].rows[0]["territory"].name == "Saint-Paul"


def test_an_unknown_variable_or_scope_is_not_an_error(client):
    page = client.get(f"{SAINT_DENIS}similaires/?sur=wealth&sur=poverty_rate&parmi=mars").context["page"]

    # Poverty is published here for one département: not enough places to compare on.
    assert page.likeness.used == similar.DEFAULT
    assert page.scope == "france"


@pytest.mark.parametrize(
    "address", ["iris/974110101-saint-denis-iris-0101/", "france/FR-france/", "epci/249740119-ca-cinor/"]
)
def test_each_level_has_its_page(client, address):
    assert client.get(f"/territoires/{address}similaires/", follow=True).status_code == 200


def test_any_two_communes_compare_in_three_clicks(client):
    """Territory page, « Comparer », search: the first result shows both side by side."""
    start = client.get(SAINT_DENIS).content.decode()
    button = re.search(r'href="(/territoires/comparer/[^"]*)">Comparer<', start)[1].replace("&amp;", "&")
    picking = client.get(button + "&q=bièvres aisne").content.decode()
    pick = re.search(r'href="([^"]*02088[^"]*)"', picking)[1].replace("&amp;", "&")

    seen = client.get(pick)

    assert [one.code for one in seen.context["page"].territories] == ["97411", "02088"]
    assert "155 634" in text_of(seen)


def test_two_territories_are_read_in_a_period_they_share(territories):
    places = [territories.at("commune", "97411"), territories.at("commune", "33063")]

    (ages,) = lines_of(places, ["under20_share"])

    assert ages.period == "2021"
    assert all(one.period == "2021" and one.is_published for one in ages.values)


def test_what_only_one_has_is_said_absent_for_the_other(client):
    page = text_of(client.get("/territoires/comparer/?t=commune:97411&t=commune:33063&theme=petite_enfance"))

    assert "40,6" in page
    assert "donnée absente" in page.lower()


def test_six_territories_are_five_and_ghosts_are_named(client):
    keys = "&t=".join(["commune:97411", "commune:97415", "epci:249740119", "departement:974", "france:FR"])
    page = client.get(f"/territoires/comparer/?t={keys}&t=commune:33063&t=commune:00000&t=x").context["page"]

    assert len(page.territories) == 5
    assert page.unknown == ["commune:00000", "x"]
