"""The list of declared figures is filtered by its address, and what one sees is what one exports."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ansanm.territories import declared
from ansanm.territories.models import Territory
from ansanm.ui.formats import labelled
from tests.conventions.test_import import BENEFITS, HEADER, PLACES, sheet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_observations")]


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


@pytest.fixture
def figures(client, cast):
    """Three figures: two of the city, one of the Caf, of three variables and two years."""
    place = cast.convention.territories.get()

    def declare(by, variable, period, value, source, note=""):
        return declared.declare_figure(
            by=by, territory=place, variable=variable, period=period, value=value, note=note,
            source_title=source, source_on=date(2024, 1, 31), convention=cast.convention,
        )  # fmt: skip

    client.force_login(cast.reader)
    return {
        "places": declare(cast.city_officer, "eaje_places", "2023-06", 1895, "Rapport de la ville"),
        "requests": declare(
            cast.city_officer, "waiting_childcare_requests", "2022", 940, "Guichet", "relevé d’été"
        ),
        "benefits": declare(cast.caf_adviser, "caf_benefits_eur", "2021", 4.3e8, "Zinfos974"),
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"places", "requests", "benefits"}),
        ("q=etablissement", {"places"}),
        ("q=zinfos", {"benefits"}),
        ("q=relevé", {"requests"}),
        ("q=relevé+zinfos", set()),
        ("variable=eaje_places", {"places"}),
        ("variable=happiness", {"places", "requests", "benefits"}),
        ("territory=commune:97411", {"places", "requests", "benefits"}),
        ("period=2023", {"places"}),
        ("period=2021&variable=eaje_places", set()),
    ],
)
def test_each_filter_keeps_what_it_says(client, figures, query, expected):
    response = client.get(f"{at('convention_figures')}?{query}")

    assert {row["figure"] for row in response.context["rows"]} == {figures[name] for name in expected}
    assert f"{len(expected)} chiffre" in response.content.decode()
    assert "sur 3" in response.content.decode()


def test_who_declared_is_an_organisation_or_a_person_alone(client, cast, figures):
    caf = cast.caf_adviser.organisation
    response = client.get(f"{at('convention_figures')}?who=o{caf.pk}")

    assert [row["figure"] for row in response.context["rows"]] == [figures["benefits"]]
    assert labelled("Déclaré par", "Caf de La Réunion") in response.content.decode()


def test_a_chip_takes_its_filter_away_and_keeps_the_others(client, figures):
    query = "variable=eaje_places&period=2023"
    chips = client.get(f"{at('convention_figures')}?{query}").context["filters"].chips

    assert [chip["url"] for chip in chips] == ["?period=2023", "?variable=eaje_places"]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_the_export_holds_what_is_seen(client, figures, format):
    page = client.get(f"{at('convention_figures')}?period=2023").content.decode()
    url = f"{at('figures_export', format)}?period=2023"
    content = client.get(url).content
    if format == "xlsx":
        lines = list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[-1].values)
    else:
        lines = content.decode("utf-8-sig").splitlines()

    assert url in page
    assert len(lines) == 2
    assert "eaje" in str(lines[1]) or "Places en établissement" in str(lines[1])


def test_a_filter_never_reaches_the_figures_of_another_convention(client, cast, figures):
    elsewhere = Territory.objects.get(code="97418")
    declared.declare_figure(
        by=cast.neighbour, territory=elsewhere, variable="eaje_places", period="2023", value=10,
        source_title="Rapport", source_on=date(2024, 1, 31), convention=cast.other_convention,
    )  # fmt: skip

    for query in ("territory=commune:97418", f"who=o{cast.neighbour.organisation.pk}", "period=2023"):
        rows = client.get(f"{at('convention_figures')}?{query}").context["rows"]
        assert {row["figure"].code for row in rows} == {"97411"}


# ---- the file given back


@pytest.fixture
def send(client, cast):
    client.force_login(cast.city_officer)

    def post(content, name="chiffres.csv"):
        return client.post(at("figures_import"), {"file": SimpleUploadedFile(name, content)})

    return post


def cells(content):
    return [list(line) for line in openpyxl.load_workbook(io.BytesIO(content)).worksheets[-1].values]


def test_a_refused_file_comes_back_with_its_errors_beside_each_line(send, client):
    wrong = PLACES.replace("1 895", "beaucoup").replace("juin 2023", "un jour")
    preview = send(sheet(BENEFITS, wrong))

    answer = client.post(at("figures_import_marked"), {"ticket": preview.context["marked_ticket"]})

    header, good, bad = cells(answer.content)
    assert header == [*HEADER.split(";"), "À corriger"]
    assert not good[-1]
    assert bad[3] == "beaucoup"
    assert labelled("D3", "« beaucoup » n’est pas un nombre") in bad[-1]
    assert labelled("C3", "« un jour »") in bad[-1]


def test_the_file_given_back_is_read_again_once_mended(send, client):
    preview = send(sheet(PLACES.replace("1 895", "beaucoup")))
    given_back = client.post(at("figures_import_marked"), {"ticket": preview.context["marked_ticket"]})

    again = send(given_back.content, "a-corriger.xlsx")
    assert [error.cell for error in again.context["reading"].errors] == ["D2"]
    twice = client.post(at("figures_import_marked"), {"ticket": again.context["marked_ticket"]})
    assert cells(twice.content)[0].count("À corriger") == 1

    book = openpyxl.load_workbook(io.BytesIO(given_back.content))
    book.worksheets[-1]["D2"] = "1 895"
    target = io.BytesIO()
    book.save(target)
    mended = send(target.getvalue(), "a-corriger.xlsx")
    assert mended.context["reading"].errors == []
    assert "1 à déclarer" in mended.content.decode()


def test_a_refused_file_is_not_saved_by_its_ticket(send, client):
    preview = send(sheet(PLACES.replace("1 895", "beaucoup")))
    forged = {"ticket": preview.context["marked_ticket"]}

    assert "a expiré" in client.post(at("figures_import_keep"), forged, follow=True).content.decode()


def test_nobody_else_gets_the_file(send, client, cast):
    ticket = {"ticket": send(sheet(PLACES.replace("1 895", "x"))).context["marked_ticket"]}

    client.force_login(cast.caf_adviser)
    assert "a expiré" in client.post(at("figures_import_marked"), ticket, follow=True).content.decode()
    client.force_login(cast.neighbour)
    assert client.post(at("figures_import_marked"), ticket).status_code == 404
