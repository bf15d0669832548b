"""The two public pages: a tariff explained, and parameters where nothing unconfirmed looks confirmed."""

import csv
import io

import openpyxl
import pytest
from django.urls import reverse
from django.utils.translation import override

from ansanm.engines.funding.parameters import Status, national
from ansanm.funding import words
from ansanm.funding.catalogue import ORDER

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_french():
    with override("fr"):
        yield


GOOD = {
    "income": "36 000",
    "per": "year",
    "children": "2",
    "disabled_children": "0",
    "care": "collective",
    "hours_per_week": "40",
    "weeks": "45",
    "on": "2025-10-01",
}


def asked(client, **changed):
    response = client.post(reverse("family_tariff"), GOOD | changed)
    return response, response.content.decode()


def test_a_family_reads_its_tariff_and_why(client):
    response, page = asked(client)

    assert response.status_code == 200
    assert "1,55\u202f€ par heure" in page
    assert "232,50\u202f€ par mois pour 40 heures par semaine" in page
    assert "3\u202f000,00\u202f€ × 0,0516 ÷ 100" in page
    assert "suresnes.fr" in page


def test_it_says_what_would_change(client):
    _response, page = asked(client)

    # One more child: 0.0413 %, 1.24 €; 150 h a month.
    assert "un enfant à charge de plus" in page
    assert "186,00\u202f€" in page and "\u221246,50\u202f€" in page
    # 300 € more a month: 3 300 × 0.0516 % = 1.70.
    assert "255,00\u202f€" in page and "+22,50\u202f€" in page


def test_without_hours_there_is_no_month(client):
    _response, page = asked(client, hours_per_week="", weeks="")

    assert "1,55\u202f€ par heure" in page
    assert "par mois pour" not in page


def test_without_an_income_the_ceiling_is_taken_and_said(client):
    _response, page = asked(client, income="", hours_per_week="")

    assert "4,39\u202f€ par heure" in page
    assert words.note("refused") in page


def test_an_amount_that_rests_on_an_unconfirmed_value_says_so(client):
    _response, page = asked(client, on="2021-06-01", income="120000")

    assert "à confirmer par la Caf" in page.split("Ce qui changerait")[0]


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"income": "3,000"}, "se lit de deux façons"),
        ({"income": "-5"}, "négatif"),
        ({"income": "beaucoup"}, "pas un nombre"),
        ({"children": "0"}, "error-summary"),
        ({"children": "1", "disabled_children": "2"}, "plus que d’enfants à charge"),
        ({"care": "nounou"}, "error-summary"),
        ({"weeks": "60"}, "Semaines"),
        ({"on": "2014-01-01"}, "commence le 1er janvier 2015"),
        ({"on": "2027-02-01"}, "la Cnaf"),
    ],
)
def test_what_cannot_be_is_told(client, changed, said):
    response, page = asked(client, **changed)

    assert response.status_code == 422
    assert said in page
    assert "par heure</strong>" not in page


def test_a_yearly_sum_said_monthly_warns(client):
    _response, page = asked(client, per="month")

    assert "ressemble à des ressources annuelles" in page


def test_nothing_is_kept(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response, _page = asked(client)

    assert "no-store" in response["Cache-Control"]
    assert "sessionid" not in response.cookies
    # An address would stand in journals and histories.
    assert "1,55" not in client.get(reverse("family_tariff"), GOOD).content.decode()


def test_the_parameters_page_shows_every_parameter_with_its_status(client):
    page = client.get(reverse("funding_parameters"), {"on": "2026-06-01"}).content.decode()

    n = len(national().by_id)
    assert f"{n} paramètres sur {n}, au 1er juin 2026" in page
    assert "0,0516\u202f%" in page and "8\u202f500,00\u202f€ par mois" in page
    assert page.count('<th scope="row">') == n


def test_nothing_unconfirmed_looks_confirmed(client):
    page = client.get(reverse("funding_parameters"), {"on": "2026-06-01", "status": "confirmed"})

    shown = page.context["groups"]
    assert all(
        row["now"]["kind"] == "done" and row["now"]["text"] for group in shown for row in group["rows"]
    )
    for status in (Status.UNCONFIRMED, Status.TO_ENTER, Status.DERIVED):
        page = client.get(reverse("funding_parameters"), {"on": "2026-06-01", "status": status.value})
        rows = [row for group in page.context["groups"] for row in group["rows"]]
        assert rows and all(row["now"]["kind"] != "done" for row in rows)
        if status is Status.TO_ENTER:
            assert all(not row["now"]["text"] and row["publisher"] for row in rows)


def test_filters_live_in_the_address_and_in_the_files(client):
    page = client.get(reverse("funding_parameters"), {"q": "mixite sociale", "group": "bonus_places"})
    assert page.context["n_found"] == 6

    file = client.get(
        reverse("funding_parameters_export", kwargs={"format": "csv"}), {"q": "plancher ressources"}
    )
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=";"))
    assert [row[4:6] for row in rows if row[0] == "resources.floor"][-2:] == [
        ["2026-01-01", "814,62"],
        ["2027-01-01", ""],
    ]


def test_the_workbook_holds_every_value(client):
    file = client.get(reverse("funding_parameters_export", kwargs={"format": "xlsx"}))

    sheet = openpyxl.load_workbook(io.BytesIO(file.content))["Paramètres"]
    assert sheet.max_row == 1 + sum(len(one.values) for one in national().by_id.values())


@pytest.mark.parametrize("format", ["pdf", "exe"])
def test_there_is_no_other_file(client, format):
    assert client.get(reverse("funding_parameters_export", kwargs={"format": format})).status_code == 404


@pytest.mark.parametrize("query", [{"on": "hier"}, {"group": "x"}, {"status": "x"}, {"q": "zzzz"}])
def test_a_filter_that_makes_no_sense_does_no_harm(client, query):
    assert client.get(reverse("funding_parameters"), query).status_code == 200


@pytest.mark.parametrize("name", ["family_tariff", "funding_parameters"])
def test_the_pages_speak_english(client, name):
    with override("en"):
        path = reverse(name)
    page = client.get(path).content.decode()

    assert 'lang="en"' in page
    assert ("Effort rate" in page) == (name == "funding_parameters")


def test_every_group_has_its_place_on_the_page():
    assert sorted(ORDER) == sorted(national().titles)
