"""The explorer: one address, the same figures in the table, the drawings and the files."""

import csv
import gzip
import io

import numpy as np
import openpyxl
import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from ansanm.engines.indicators import Status
from ansanm.territories import exploration
from ansanm.territories.exploration import Exploration
from ansanm.territories.names import search_key

pytestmark = pytest.mark.django_db
PAGE = "/territoires/explorer/"
REUNION = "niveau=commune&dans=departement:974"


@pytest.fixture(autouse=True)
def _real_data(observations_home, territories):
    """Every page here is of a real place."""


def exploring(query):
    return Exploration(QueryDict(query))


def test_the_communes_of_a_departement_in_one_table(client):
    page = client.get(f"{PAGE}?{REUNION}&i=coverage_rate&tri=coverage_rate@2023").context["page"]

    rates = [line["cells"][0]["words"] for line in page.lines]
    assert len(rates) == 24
    values = page.of.columns[0].values[page.of.rows]
    known = values[~np.isnan(values)]
    assert list(known) == sorted(known, reverse=True)
    assert not np.isnan(values[: len(known)]).any()  # those without value last


def test_a_range_and_a_name_narrow_the_rows():
    everything = exploring(f"{REUNION}&i=population")
    few = exploring(f"{REUNION}&i=population&tri=population@2023&min=100 000&max=160000")
    saints = exploring(f"{REUNION}&i=population&q=saint-p")

    assert len(everything.rows) == 24
    assert {few.territories[row].name for row in few.rows} == {"Saint-Denis", "Saint-Paul"}
    assert {saints.territories[row].name for row in saints.rows} == {
        "Saint-Paul", "Saint-Philippe", "Saint-Pierre",
    }  # fmt: skip


def test_years_are_columns_each_of_one_period():
    of = exploring(f"{REUNION}&i=population&an=2015&an=2023")

    assert [one.key for one in of.columns] == ["population@2015", "population@2023"]


def test_words_for_a_place_find_it_and_offer_the_others(client):
    page = client.get(f"{PAGE}?niveau=commune&dans=La Réunion&i=population").context["page"]

    assert page.of.around.name == "La Réunion"
    assert len(page.of.rows) == 24


def test_a_name_typed_over_the_place_of_the_form_wins(client):
    of = exploring("niveau=commune&dans=departement:974&lieu=Gironde&i=population")
    same = exploring("niveau=commune&dans=departement:974&lieu=La Réunion&i=population")

    assert of.around.code == "33" and len(of.rows) > 500
    assert same.around.key == ("departement", "974")


def test_territories_of_any_level_are_added():
    of = exploring(f"{REUNION}&t=france:FR&t=commune:33063&i=population")

    assert [one.code for one in of.territories[:2]] == ["FR", "33063"]
    assert len(of.territories) == 26


def test_the_35000_communes_are_pages_of_a_hundred(client):
    response = client.get(f"{PAGE}?niveau=commune&dans=france:FR&i=population&tri=population@2023")
    page = response.context["page"]

    assert len(page.of.rows) > 34_000
    assert len(page.lines) == 100
    assert page.lines[0]["territory"].name == "Paris"
    assert len(response.content) < 200_000


@pytest.mark.parametrize(
    "query",
    [
        "tri=senior_share@2021",
        "tri=senior_share@2021&min=30&q=saint&page=3",
        "tri=nom&sens=croissant&page=200",
    ],
)
def test_whatever_is_asked_of_35000_communes_the_page_keeps_its_budget(client, query):
    exploration._series.cache_clear()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(
            f"{PAGE}?niveau=commune&dans=france:FR&i=population&i=senior_share&i=vacancy_rate&{query}"
        )

    assert len(response.context["page"].lines) == 100
    assert len(queries) <= 15
    assert len(gzip.compress(response.content)) < 60_000  # CSS and scripts are another 40 kB


@pytest.mark.parametrize("direction", ["croissant", ""])
def test_the_order_of_35000_names_is_that_of_a_slow_sort(direction):
    of = exploring(f"niveau=commune&dans=france:FR&i=population&q=saint d&tri=nom&sens={direction}")

    names = [(search_key(of.territories[row].name), of.territories[row].code) for row in of.rows]
    assert len(names) > 50
    assert names == sorted(names, reverse=not direction)


@pytest.mark.parametrize("typed", ["saint", "denis 97411", "93066"])
def test_a_filter_on_35000_keeps_those_that_a_slow_reading_keeps(typed):
    of = exploring(
        f"niveau=commune&dans=france:FR&i=senior_share&tri=senior_share@2021&min=10&max=40&q={typed}"
    )
    (column,) = of.columns

    slow = [
        row
        for row, one in enumerate(of.territories)
        if typed in f"{search_key(one.name)} {one.code}"
        and (value := column.value(row)) is not None
        and value.is_published
        and 10 <= value.value <= 40
    ]

    assert slow
    assert sorted(of.rows.tolist()) == slow


@pytest.mark.parametrize("view", ["table", "graphique", "carte", "nuage"])
@pytest.mark.parametrize(
    "query",
    [
        REUNION,
        "niveau=commune&dans=france:FR",
        "niveau=iris&dans=commune:97411",
        "t=commune:97411&t=commune:97415",
        "niveau=commune&dans=nulle part du tout",
        "niveau=region&dans=commune:97411",
        "",
    ],
)
def test_every_view_of_every_question_is_a_page(client, view, query):
    response = client.get(f"{PAGE}?{query}&vue={view}")

    assert response.status_code == 200


def test_a_cloud_of_all_communes_is_squares_and_light(client):
    response = client.get(
        f"{PAGE}?niveau=commune&dans=france:FR&i=under20_share&i=senior_share&vue=nuage&t=commune:97411"
    )
    (chart,) = response.context["page"].charts

    assert len(chart.svg()) < 150_000
    n_drawn = sum(int(row[2].replace("\u202f", "")) for row in chart.rows)
    assert 0.8 * 34_800 < n_drawn <= 35_000


def test_absurd_parameters_are_not_errors(client):
    response = client.get(f"{PAGE}?niveau=planete&i=x&an=20&tri=y&min=abc&max=inf&page=999&vue=z&t=a:b")

    assert response.status_code == 200
    assert response.context["page"].of.unknown_indicators == ["x"]


def test_the_csv_holds_what_the_table_shows(client):
    query = f"{REUNION}&i=coverage_rate&i=population&tri=coverage_rate@2023"
    page = client.get(f"{PAGE}?{query}").context["page"]
    content = client.get(f"{PAGE}donnees.csv?{query}").content.decode("utf-8-sig")

    lines = list(csv.DictReader(io.StringIO(content), delimiter=";"))
    assert len(lines) == 48
    assert [line["Territoire"] for line in lines[::2]] == [one["territory"].name for one in page.lines]
    saint_denis = next(one for one in lines if one["Code"] == "97411")
    assert saint_denis["Valeur"] == "40,6" and saint_denis["Période"] == "2023"


def test_the_workbook_says_what_it_is_and_from_where(client):
    content = client.get(f"{PAGE}donnees.xlsx?{REUNION}&i=coverage_rate").content
    book = openpyxl.load_workbook(io.BytesIO(content))

    assert book.sheetnames == ["Lisez-moi", "Tableau", "Valeurs", "Indicateurs", "Sources"]
    readme = {row[0].value: row[1].value for row in book["Lisez-moi"].iter_rows(min_row=3)}
    assert "dans=departement:974" in readme["Adresse"]
    assert book["Tableau"].max_row == 25
    assert book["Sources"].max_row > 1


def test_a_file_too_large_is_refused_with_the_reason(client):
    years = "&".join(f"an={year}" for year in (2010, 2015, 2020, 2021, 2023))
    chosen = "population under20_share senior_share vacancy_rate household_size flat_share dwellings"
    names = "&".join(f"i={one}" for one in chosen.split())
    response = client.get(f"{PAGE}donnees.csv?niveau=commune&dans=france:FR&{names}&{years}")

    assert response.status_code == 413
    assert "sont trop pour un fichier" in response.content.decode()


def test_a_secret_is_secret_in_the_explorer_too(client):
    """Caf counts of 1 to 4, and what gives them back, are out of every form of it."""
    of = exploring(f"{REUNION}&i=rsa_households&i=rsa_share&an=2024&an=2023&an=2022")

    for column in of.columns:
        counts = column.series.numerators[column.period]
        small = (counts > 0) & (counts < 5)
        assert not np.any(small & (column.statuses == Status.PUBLISHED))
        hidden = column.statuses == Status.SECRET
        assert np.isnan(column.values[hidden]).all()
        assert all(column.bounds(int(row)) is None for row in np.flatnonzero(hidden))
