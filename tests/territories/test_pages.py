"""The pages of a territory, as a visitor asks for them."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ansanm.territories import definitions
from ansanm.territories.declared import declare_figure

pytestmark = pytest.mark.django_db
SAINT_DENIS = "/territoires/commune/97411-saint-denis/"


@pytest.fixture(autouse=True)
def _real_data(observations_home, territories):
    """Every page here is of a real place."""


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.parametrize(
    "address",
    [
        SAINT_DENIS,
        "/territoires/epci/243300316-bordeaux-metropole/",
        "/territoires/commune/02088-bievres/",
        "/territoires/departement/974-la-reunion/",
        "/territoires/region/75-nouvelle-aquitaine/",
        "/territoires/france/FR-france/",
        "/territoires/iris/974110101-saint-denis-iris-0101/",
        "/territoires/arrondissement/75101-paris-1er-arrondissement/",
    ],
)
@pytest.mark.parametrize("language", ["", "/en"])
def test_each_kind_of_territory_has_its_page_in_both_languages(client, address, language):
    response = client.get(language + address, follow=True)

    assert response.status_code == 200
    assert f'<html lang="{language[1:] or "fr"}">' in response.content.decode()


def test_the_summary_of_saint_denis_tells_its_numbers(client):
    text = text_of(client.get(SAINT_DENIS))

    assert "155 634" in text
    assert "40,6" in text and "60,9" in text
    assert "Points d’appui" in text and "Écarts à regarder" in text


def test_a_village_of_80_inhabitants_is_told_what_is_absent(client):
    page = client.get("/territoires/commune/02088-bievres/theme/petite_enfance/")

    assert "Donnée absente" in text_of(page)
    assert "Qui l’a" in text_of(page)


@pytest.mark.parametrize("theme", definitions.themes())
def test_every_chapter_has_its_page(client, theme):
    response = client.get(f"{SAINT_DENIS}theme/{theme}/")

    assert response.status_code == 200
    assert definitions.themes()[theme].title["fr"] in text_of(response)


@pytest.mark.parametrize("indicator", definitions.definitions_of("commune"))
def test_every_indicator_has_its_page_known_or_not(client, indicator):
    response = client.get(f"{SAINT_DENIS}indicateurs/{indicator}/")

    assert response.status_code == 200


def test_from_a_number_one_reaches_its_source(client):
    page = client.get(f"{SAINT_DENIS}theme/petite_enfance/").content.decode()
    links = set(re.findall(r'href="(/territoires/sources/[^"]+)"', page))

    assert links
    assert {client.get(link).status_code for link in links} == {200}


def test_two_incomparable_years_are_said_so(client):
    page = text_of(client.get(f"{SAINT_DENIS}indicateurs/median_income/"))

    assert "18 270" in page and "20 240" in page
    assert "ne se comparent pas" in page


def test_an_old_name_leads_to_the_one_address(client):
    response = client.get("/territoires/commune/97411-ancien-nom/?carte=poverty_rate")

    assert response.status_code == 301
    assert response["Location"] == f"{SAINT_DENIS}?carte=poverty_rate"


@pytest.mark.parametrize(
    "address",
    [
        "/territoires/commune/99999-nulle-part/",
        "/territoires/canton/97411-saint-denis/",
        f"{SAINT_DENIS}theme/astrologie/",
        f"{SAINT_DENIS}indicateurs/bonheur/",
    ],
)
def test_what_does_not_exist_is_not_found(client, address):
    assert client.get(address).status_code == 404


def test_a_page_that_did_not_change_is_not_sent_again(client):
    first = client.get(SAINT_DENIS)
    again = client.get(SAINT_DENIS, headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 304
    assert again.content == b""


def test_what_a_signed_in_person_sees_is_not_kept_for_others(client, cast):
    client.force_login(cast.reader)
    page = client.get(SAINT_DENIS)
    client.logout()

    assert "ETag" not in page
    assert cast.reader.first_name in page.content.decode()
    assert cast.reader.first_name not in client.get(SAINT_DENIS).content.decode()


@pytest.mark.parametrize(
    "address", [SAINT_DENIS, f"{SAINT_DENIS}theme/petite_enfance/", f"{SAINT_DENIS}indicateurs/"]
)
def test_a_page_asks_the_database_at_most_fifteen_times(client, cast, address):
    client.force_login(cast.city_officer)
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(address)

    assert len(queries) <= 15, [one["sql"][:120] for one in queries]


def test_the_list_of_indicators_is_filtered_by_its_address(client):
    page = client.get(f"{SAINT_DENIS}indicateurs/?q=crèche&theme=petite_enfance&etat=known")
    rows = re.findall(r'<th scope="row">', page.content.decode())

    assert 0 < len(rows) < 10
    assert "selected" in page.content.decode()


def test_a_filter_that_finds_nothing_says_what_to_do(client):
    assert "Aucun indicateur ne correspond" in text_of(client.get(f"{SAINT_DENIS}indicateurs/?q=zzzz"))


def test_the_irises_of_a_commune_are_listed(client):
    page = text_of(client.get(f"{SAINT_DENIS}territoires/"))

    assert "64 territoires sur 64" in page


def test_hostile_text_in_the_address_comes_back_harmless(client):
    page = client.get(
        f'{SAINT_DENIS}indicateurs/?q="><svg onload=alert(1)>&carte=<script>&theme=<b>'
    ).content.decode()

    assert "<svg onload" not in page and "<script>&" not in page


def test_those_who_work_on_its_convention_find_it_on_the_page(client, cast):
    client.force_login(cast.city_officer)
    page = text_of(client.get(SAINT_DENIS))
    assert cast.convention.name in page and "Ajouter un chiffre" in page

    client.force_login(cast.reader)
    page = text_of(client.get(SAINT_DENIS))
    assert cast.convention.name in page and "Ajouter un chiffre" not in page

    client.force_login(cast.neighbour)
    assert cast.convention.name not in text_of(client.get(SAINT_DENIS))


def test_a_figure_declared_without_organisation_does_not_name_its_author(client, territories, cast):
    declare_figure(
        by=cast.stranger,
        territory=territories.at("commune", "97411"),
        variable="eaje_places",
        period="2022",
        value=1_765,
        source_title="Rapport",
        source_on=date(2022, 12, 31),
    )

    page = client.get(f"{SAINT_DENIS}indicateurs/eaje_places/").content.decode()

    assert "une personne sans organisation" in page
    assert cast.stranger.email not in page and cast.stranger.last_name not in page
