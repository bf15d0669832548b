"""The files of a diagnosis: the figures of the page, in their order, with their sources."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import jsonschema
import openpyxl
import pypdf
import pytest
from django.utils import translation
from docx import Document as WordFile

from ansanm.engines.indicators import Status
from ansanm.territories import definitions, documents, presentation
from ansanm.territories.declared import declare_figure
from ansanm.territories.diagnosis import Comparison, Diagnosis, Value, diagnose
from ansanm.territories.models import Territory
from ansanm.ui.formats import format_number
from tests.pdf_ua import assert_pdf_ua

pytestmark = pytest.mark.django_db

DOCS = Path(__file__).resolve().parents[2] / "docs"
HOSTILE_NAME = '=HYPERLINK("http://evil.example";"#panic()")'


@pytest.fixture(autouse=True)
def _french():
    with translation.override("fr"):
        yield


@pytest.fixture
def saint_denis(observations_home, territories):
    return territories.at("commune", "97411")


@pytest.fixture
def diagnosis(saint_denis):
    return diagnose(saint_denis)


@pytest.fixture
def hostile(diagnosis):
    """The same diagnosis with a name that a spreadsheet would run, a secret and a true zero."""
    territory = Territory(
        pk=diagnosis.territory.pk,
        level="commune",
        code="97411",
        name=HOSTILE_NAME,
        slug="x",
        departement_code="974",
        epci_code="249740119",
    )
    secret = Value(None, Status.SECRET, "2023", numerator=3.0, denominator=50.0)
    figures = dict(diagnosis.figures)
    figures["caf_households"] = replace(
        figures["caf_households"],
        value=secret,
        series=[secret],
        comparisons=[Comparison(one, None) for one in diagnosis.comparators],
    )
    zero = Value(0.0, Status.PUBLISHED, "2023")
    figures["births"] = replace(figures["births"], value=zero, series=[zero])
    return Diagnosis(territory, diagnosis.comparators, [], figures, diagnosis.data_version)


def schema():
    return json.loads((DOCS / "diagnosis.schema.json").read_text())


def check(content):
    validator = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker())
    assert [f"{list(one.absolute_path)}: {one.message}" for one in validator.iter_errors(content)] == []


def rows(content, name):
    header, *lines = openpyxl.load_workbook(io.BytesIO(content))[name].iter_rows(values_only=True)
    return [dict(zip(header, line, strict=True)) for line in lines]


def csv_rows(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def plain(text):
    return re.sub(r"\s+", " ", text)


def test_the_json_has_the_figures_of_the_convention(diagnosis):
    content = documents.to_json(diagnosis)
    by_id = {one["id"]: one for one in content["indicators"]}

    check(content)
    assert (by_id["population"]["value"], by_id["population"]["period"]) == (155634, "2023")
    assert (by_id["caf_households"]["value"], by_id["caf_households"]["period"]) == (52740, "2024-12")
    income = by_id["median_income"]
    assert [(one["period"], one["value"], one["comparable_with_previous"]) for one in income["series"]] == [
        ("2021", 18270, None),
        ("2023", 20240, False),
    ]
    assert "not_comparable" in {one["key"] for one in income["warnings"]}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("level", "code"), [("epci", "243300316"), ("commune", "05085"), ("france", "FR")])
def test_the_json_of_any_territory_keeps_to_its_schema(territories, observations_home, level, code, language):
    territory = territories.filter(level=level, code=code).first()
    if territory is None:
        pytest.fail(f"{level} {code} is not in the geography.")
    with translation.override(language):
        check(documents.to_json(diagnose(territory)))


def test_ids_and_codes_do_not_depend_on_the_language(diagnosis):
    def codes(content):
        return [(one["id"], one["status"], one["value"], one["source"]) for one in content["indicators"]]

    french = documents.to_json(diagnosis)
    with translation.override("en"):
        english = documents.to_json(diagnosis)

    assert codes(french) == codes(english)
    assert french["indicators"][0]["explanation"] != english["indicators"][0]["explanation"]


def test_every_value_of_the_json_names_a_dataset_it_describes(diagnosis):
    content = documents.to_json(diagnosis)
    described = {one["id"] for one in content["datasets"]}
    used = {
        source["dataset"]
        for one in content["indicators"]
        for point in (one, *one["series"], *one["comparisons"])
        for source in point["sources"]
    }
    orphans = [
        one["id"]
        for one in content["indicators"]
        if one["value"] is not None and one["origin"] != "declared" and not one["sources"]
    ]

    assert used
    assert used <= described
    assert orphans == []


def test_secret_absent_and_zero_are_three_things_in_every_format(hostile):
    by_id = {one["id"]: one for one in documents.to_json(hostile)["indicators"]}
    secret, zero = by_id["caf_households"], by_id["births"]
    absent = next(one for one in by_id.values() if one["absence"])
    assert (secret["value"], secret["status"]) == (None, "secret")
    # The parts of a secret would tell it.
    assert (secret["numerator"], secret["denominator"]) == (None, None)
    assert (zero["value"], zero["status"]) == (0, "published")
    assert (absent["value"], absent["status"]) == (None, "not_available")

    lines = {one["Identifiant"]: one for one in rows(documents.to_xlsx(hostile), "Indicateurs")}
    shown = {name: (line[HOSTILE_NAME], line["Statut"]) for name, line in lines.items()}
    assert shown["caf_households"] == (None, "secret statistique")
    assert shown["births"] == (0, "publié")
    assert shown[absent["id"]] == (None, "donnée absente")

    own = {one["Identifiant"]: one for one in csv_rows(documents.to_csv(hostile)) if one["Code"] == "97411"}
    assert (own["caf_households"]["Valeur exacte"], own["caf_households"]["Statut"]) == (
        "",
        "secret statistique",
    )
    assert (own["births"]["Valeur exacte"], own["births"]["Statut"]) == ("0", "publié")
    assert (own[absent["id"]]["Valeur exacte"], own[absent["id"]]["Statut"]) == ("", "donnée absente")


def test_a_hostile_name_runs_in_no_format(hostile):
    workbook = zipfile.ZipFile(io.BytesIO(documents.to_xlsx(hostile)))
    pages = [workbook.read(name).decode() for name in workbook.namelist() if "worksheets/sheet" in name]
    assert pages
    assert not any("<f>" in page or "<hyperlink" in page for page in pages)

    names = {one["Territoire"] for one in csv_rows(documents.to_csv(hostile)) if one["Code"] == "97411"}
    assert names == {"'" + HOSTILE_NAME}
    reader = pypdf.PdfReader(io.BytesIO(documents.to_pdf(hostile, theme="revenus")))
    assert HOSTILE_NAME in reader.metadata.title


def test_every_format_has_the_same_figures_in_the_order_of_the_page(diagnosis):
    theme = "petite_enfance"
    page = presentation.ThemePage(diagnosis, "fr", theme)
    expected = [(one.definition.id, one.value.value if one.value else None) for one in page.figures]
    assert len([value for _, value in expected if value is not None]) >= 3

    content = documents.to_json(diagnosis, theme=theme)
    assert [(one["id"], one["value"]) for one in content["indicators"]] == expected

    lines = rows(documents.to_xlsx(diagnosis, theme=theme), "Indicateurs")
    assert [one["Identifiant"] for one in lines] == [name for name, _ in expected]
    # Excel keeps 15 digits.
    assert [one["Saint-Denis"] for one in lines] == [
        value if value is None else pytest.approx(value, rel=1e-14) for _, value in expected
    ]

    latest = [
        one
        for one in csv_rows(documents.to_csv(diagnosis, theme=theme))
        if one["Code"] == "97411" and one["La plus récente"] == "oui"
    ]
    exact = [one["Valeur exacte"].replace(",", ".") for one in latest]
    assert [
        (one["Identifiant"], float(text) if text else None) for one, text in zip(latest, exact, strict=True)
    ] == expected

    words = [
        (
            one.definition.title["fr"],
            format_number(one.value.value, one.definition.unit, one.definition.decimals),
        )
        for one in page.figures
        if one.value is not None
    ]
    table = WordFile(io.BytesIO(documents.to_docx(diagnosis, theme=theme))).tables[0]
    told = [(row.cells[0].text, row.cells[1].text) for row in table.rows[1:]]
    assert [value for _, value in told] == [value for _, value in words]
    assert all(name.startswith(title) for (name, _), (title, _) in zip(told, words, strict=True))

    content = documents.to_pdf(diagnosis, theme=theme)
    assert_pdf_ua(content)
    reader = pypdf.PdfReader(io.BytesIO(content))
    text = plain(" ".join(one.extract_text() for one in reader.pages))
    assert [value for _, value in words if plain(value) not in text] == []


def test_the_pdf_is_accessible_and_cites_its_sources(diagnosis):
    content = documents.to_pdf(diagnosis, indicator="median_income")
    assert_pdf_ua(content)
    reader = pypdf.PdfReader(io.BytesIO(content))
    root, text = reader.trailer["/Root"], plain(" ".join(one.extract_text() for one in reader.pages))

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr"
    assert reader.metadata.title == "Saint-Denis – Niveau de vie médian"
    assert "/StructTreeRoot" in root
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    assert "ne se compar" in text
    assert "Filosofi" in text


def test_the_word_file_has_a_text_for_each_drawing(diagnosis):
    file = WordFile(io.BytesIO(documents.to_docx(diagnosis, theme="demographie")))
    alts = [shape._inline.docPr.get("descr") for shape in file.inline_shapes]

    assert len(alts) >= 3
    assert all(alts)
    headings = [one.text for one in file.paragraphs if one.style.name == "Heading 1"]
    assert headings == ["Démographie", "Ce que disent les indicateurs", "Sources"]


def test_declared_figures_stand_beside_the_published_one(saint_denis, cast):
    declare_figure(
        by=cast.convention.roles.get(role="city_officer").user,
        territory=saint_denis,
        variable="caf_households",
        period="2021",
        value=51_700,
        source_title="=Zinfos974",
        source_on=date(2021, 12, 3),
    )
    diagnosis = diagnose(saint_denis)
    (line,) = rows(documents.to_xlsx(diagnosis, indicator="caf_households"), "Chiffres déclarés")
    content = documents.to_json(diagnosis, indicator="caf_households")

    assert (line["Valeur déclarée"], line["Chiffre publié"]) == (51_700, 52_030)
    assert line["Source"] == "=Zinfos974"
    check(content)
    assert content["indicators"][0]["value"] == 52_740
    (declared,) = content["indicators"][0]["declared"]
    assert (declared["value"], declared["published"]["value"]) == (51_700, 52_030)
    assert declared["difference_percent"] == pytest.approx(-0.634249)


def test_each_field_is_documented():
    text = (DOCS / "diagnosis-schema.md").read_text()
    written = set(schema()["$defs"]["indicator"]["properties"])

    missing = [name for name in written if f"`{name}`" not in text]
    assert missing == []
    assert set(documents.INDICATOR_FIELDS) - {"comparable_with_previous"} <= written
    assert written - {"peers"} <= set(documents.INDICATOR_FIELDS)


def test_each_status_and_theme_of_the_code_is_in_the_schema(diagnosis):
    statuses = schema()["$defs"]["status"]["enum"]

    assert statuses == ["published", "secret", "not_available", "not_applicable"]
    assert [one["id"] for one in documents.to_json(diagnosis)["themes"]] == list(definitions.themes())


ADDRESS = "/territoires/commune/97411-saint-denis/diagnostic."


@pytest.mark.parametrize("format", documents.FORMATS)
def test_a_file_is_downloaded_under_a_name_that_says_what_it_is(client, saint_denis, format):
    response = client.get(f"{ADDRESS}{format}?theme=jeunesse")

    assert response.status_code == 200
    assert response["Content-Disposition"] == (
        f'attachment; filename="diagnostic-97411-saint-denis-jeunesse.{format}"'
    )
    assert response["Content-Type"] == documents.FORMATS[format].content_type
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_file_that_did_not_change_is_not_sent_again(client, saint_denis):
    first = client.get(f"{ADDRESS}csv?indicateur=population")
    again = client.get(f"{ADDRESS}csv?indicateur=population", headers={"If-None-Match": first["ETag"]})
    other = client.get(f"/en{ADDRESS}csv?indicateur=population", headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200
    assert other["ETag"] != first["ETag"]


@pytest.mark.parametrize("rest", ["exe", "csv?theme=inconnu", "csv?indicateur=inconnu", "csv?theme=../x"])
def test_what_is_not_there_is_not_found(client, saint_denis, rest):
    assert client.get(ADDRESS + rest).status_code == 404


def test_a_file_is_found_at_its_one_address(client, saint_denis):
    response = client.get("/territoires/commune/97411-x/diagnostic.csv?indicateur=population")

    assert response.status_code == 301
    assert response["Location"] == f"{ADDRESS}csv?indicateur=population"


def test_a_file_only_reads(client, saint_denis):
    assert client.post(f"{ADDRESS}csv").status_code in {403, 405}
