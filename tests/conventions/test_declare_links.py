"""From an absent figure of the diagnosis to the form that declares it, for those who may."""

import re
from html import unescape

import pytest
from django.test import Client

from ansanm.conventions import operations
from ansanm.territories.models import Territory

pytestmark = pytest.mark.django_db
THEME = "/territoires/commune/97411-saint-denis/theme/petite_enfance/"
FORM = "/conventions/saint-denis/chiffres/declarer/"


@pytest.fixture(autouse=True)
def _real_data(observations_home, territories):
    """Every page here is of a real place."""


def links(client, page):
    return [
        unescape(one) for one in re.findall(rf'href="({FORM}\?[^"]+)"', client.get(page).content.decode())
    ]


def test_each_absent_figure_leads_to_its_form_filled_in(client, cast):
    client.force_login(cast.association)

    found = links(client, THEME)
    missing = [one for one in client.get(THEME).context["page"].figures if one.value is None]

    assert len(found) == len(missing) > 0
    form = client.get(found[0]).context["form"]
    assert form["territory"].value() == "commune:97411"
    assert form["variable"].value() != ""
    page = f"/territoires/commune/97411-saint-denis/indicateurs/{missing[0].definition.id}/"
    assert len(links(client, page)) == 1


@pytest.mark.parametrize("who", ["reader", "neighbour", "stranger", "administrator"])
def test_who_may_not_declare_here_sees_no_link(client, cast, who):
    client.force_login(getattr(cast, who))

    assert links(client, THEME) == []
    assert "chiffres/declarer" not in client.get(THEME).content.decode()


def test_the_page_kept_for_everybody_never_carries_it(client, cast):
    client.force_login(cast.city_officer)
    assert links(client, THEME)

    assert links(Client(), THEME) == []
    assert links(Client(), THEME) == []
    assert links(client, THEME)


def test_a_convention_of_an_epci_covers_its_communes_and_no_other(client, cast):
    commune = Territory.objects.get(level="commune", code="97418")
    epci = Territory.objects.get(level="epci", code=commune.epci_code)
    operations.create_convention(
        by=cast.administrator,
        name="CTG intercommunale",
        slug="cinor",
        territories=[epci],
        members=[(cast.stranger, "city_officer")],
    )
    client.force_login(cast.stranger)

    def page(code):
        place = Territory.objects.get(level="commune", code=code)
        return client.get(f"{place.get_absolute_url()}theme/petite_enfance/").content.decode()

    assert "/conventions/cinor/chiffres/declarer/?territory=commune%3A97418" in page("97418")
    assert "/conventions/cinor/" not in page("97407")
