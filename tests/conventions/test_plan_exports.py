"""What leaves the plan: what one sees, whole, and nothing that a house keeps for itself."""

import io
import zipfile

import openpyxl
import pytest
from django.urls import reverse
from docx import Document as WordFile

from ansanm.conventions.models import Comment, House
from ansanm.conventions.plan import columns, operations
from ansanm.ui.documents.sheets import read_csv
from tests.cast import CANARY
from tests.conventions.plan_fixtures import large_plan, small_plan
from tests.pdf_ua import assert_pdf_ua

pytestmark = pytest.mark.django_db
LIVE = ["=1+1", "+33 262", "-2", "@SUM(A1)", "\t=1", "＝1+1"]
THIN = "\u202f"
SECRET = "Note de la maison seule"


def at(format, slug="saint-denis"):
    return reverse("plan_export", args=[slug, format])


@pytest.fixture
def plan(cast):
    made = small_plan(cast)
    caf = cast.convention.actors.get(name="Caf de La Réunion")
    operations.update_action(
        by=cast.city_officer,
        action=made["toys"],
        base_version=1,
        partners=[caf.pk],
        places=["commune:97411"],
        operations=[
            {"title": "Tournées", "description": "Chaque mercredi", "calendar": "Dernier trimestre 2025"},
            {"title": "Formation", "publics": "Animateurs"},
        ],
        milestones=[{"title": "Achat du camion", "due": "2026-T1", "done_on": ""}],
        indicators=[
            {
                "label": "Séances", "kind": "quantitative", "nature": "result", "unit": "séances",
                "baseline_value": "3", "baseline_on": "2025",
                "targets": [
                    {"value": "12", "text": "", "due": "2026"}, {"value": "20", "text": "", "due": "2027"},
                ],
            }
        ],
        financing=[{"funder": caf.pk, "year": 2026, "amount_eur": "18270.50", "precision": "about"}],
    )  # fmt: skip
    Comment.objects.create(action=made["toys"], text=SECRET, house=House.CITY, by=cast.city_officer)
    return made


def book(client, **query):
    return openpyxl.load_workbook(io.BytesIO(client.get(at("xlsx"), query).content))


def rows(sheet) -> list[dict]:
    titles, *lines = sheet.iter_rows(values_only=True)
    return [dict(zip(titles, line, strict=True)) for line in lines]


def inside(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())


def test_the_workbook_has_the_columns_of_the_import(client, cast, plan):
    client.force_login(cast.reader)
    found = book(client)
    assert found.sheetnames == ["Lisez-moi", "Actions", "Opérations", "Jalons", "Indicateurs", "Financements"]
    for sheet in columns.SHEETS:
        titles = [cell.value for cell in found[sheet.fr][1]]
        assert titles == [column.fr for column in sheet.columns]


def test_each_fiche_is_a_row_in_words_with_its_rows_in_their_sheets(client, cast, plan):
    client.force_login(cast.reader)
    found = book(client)
    toys = next(row for row in rows(found["Actions"]) if row["Intitulé"] == "Ludothèque à Ékouté")
    assert (toys["Enjeu"], toys["Objectif du plan"], toys["Thématiques"]) == (
        "Grandir",
        "Jouer",
        "Petite enfance",
    )
    assert (toys["État"], toys["Prioritaire"], toys["Début"]) == ("En cours", "oui", "premier semestre 2026")
    assert toys["Lieux"] == "Saint-Denis (97411)"
    assert [row["Opération"] for row in rows(found["Opérations"])] == ["Tournées", "Formation"]
    assert {row["Fiche"] for row in rows(found["Opérations"])} == {"1.2"}
    assert [(row["Cible"], row["Échéance de la cible"]) for row in rows(found["Indicateurs"])] == [
        (12, "2026"), (20, "2027"),
    ]  # fmt: skip
    (line,) = rows(found["Financements"])
    assert (line["Financeur"], line["Montant (€)"], line["Exactitude"]) == (
        "Caf de La Réunion",
        18270.5,
        "environ",
    )


def test_only_what_the_filters_show_leaves(client, cast, plan):
    client.force_login(cast.reader)
    titles = [row["Intitulé"] for row in rows(book(client, theme="housing")["Actions"])]
    assert titles == ["Crèche de la Source", "Visites à domicile"]
    said = "".join(str(cell.value) for row in book(client, theme="housing")["Lisez-moi"] for cell in row)
    assert "2 actions sur 4 (Thématique\u00a0: Logement)" in said


def test_the_workbook_is_in_the_language_of_the_page(client, cast, plan):
    client.force_login(cast.reader)
    content = client.get("/en" + at("xlsx")).content
    found = openpyxl.load_workbook(io.BytesIO(content))
    assert [cell.value for cell in found["Operations"][1]][1] == "Operation"


@pytest.mark.parametrize("live", LIVE)
def test_no_text_is_a_formula_in_any_file(client, cast, live):
    action = operations.create_action(
        by=cast.city_officer, convention=cast.convention, title=live, number=live[:10], context=live,
        operations=[{"title": live, "description": live}],
    )  # fmt: skip
    client.force_login(cast.reader)
    found = book(client)
    for sheet in found:
        assert all(cell.data_type != "f" for row in sheet for cell in row)
    assert "<f>" not in inside(client.get(at("xlsx")).content)
    lines = client.get(at("csv")).content.decode("utf-8-sig").split("\r\n")[1].split(";")
    assert all(cell[:1].strip('"') not in {"=", "+", "@", "\t"} for cell in lines)
    # And it comes back as it was written.
    title = [column.key for column in columns.ACTIONS.columns].index("title")
    assert read_csv(client.get(at("csv")).content)[1][title] == action.title


@pytest.mark.parametrize("format", ["xlsx", "csv", "docx", "pdf"])
def test_a_private_note_and_another_convention_never_leave(client, cast, plan, format):
    operations.create_action(by=cast.neighbour, convention=cast.other_convention, title=f"Fiche {CANARY}")
    client.force_login(cast.city_officer)
    content = client.get(at(format)).content
    said = inside(content) if format in {"xlsx", "docx"} else content.decode(errors="replace")
    assert SECRET not in said
    assert CANARY not in said
    assert client.get(at(format, "sainte-marie")).status_code == 404
    assert client.get(at("odt")).status_code == 404


def text_of(content: bytes) -> str:
    file = WordFile(io.BytesIO(content))
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in file.paragraphs), *cells])


def test_the_document_holds_every_fiche_under_its_stake(client, cast, plan):
    client.force_login(cast.reader)
    file = WordFile(io.BytesIO(client.get(at("docx")).content))
    headings = [one.text for one in file.paragraphs if one.style.name.startswith("Heading")]
    assert headings == [
        "Grandir", "1.10 Crèche de la Source", "1.2 Ludothèque à Ékouté",
        "Se loger", "1.1 Visites à domicile", "Sans rattachement", "Idée à creuser",
    ]  # fmt: skip
    said = text_of(client.get(at("docx")).content)
    for words in ("Chaque mercredi", "Achat du camion", f"environ 18{THIN}270,50{THIN}€", "Peu de jeux"):
        assert words in said


@pytest.mark.parametrize("format", ["docx", "pdf"])
def test_one_fiche_is_printed_alone(client, cast, plan, format):
    client.force_login(cast.reader)
    url = reverse("action_export", args=["saint-denis", plan["toys"].pk, format])
    response = client.get(url)
    assert response.status_code == 200
    assert f'filename="saint-denis-12.{format}"' in response["Content-Disposition"]
    if format == "docx":
        said = text_of(response.content)
        assert "Ludothèque à Ékouté" in said and "Crèche de la Source" not in said
    else:
        assert_pdf_ua(response.content)


def test_each_stake_is_one_part_of_the_document_however_the_page_is_sorted(client, cast, plan):
    client.force_login(cast.reader)
    file = WordFile(io.BytesIO(client.get(at("docx"), {"sort": "title"}).content))
    parts = [one.text for one in file.paragraphs if one.style.name == "Heading 1"]
    assert parts == ["Grandir", "Se loger", "Sans rattachement"]


def test_the_page_of_a_fiche_leads_to_its_files_and_to_the_bin(client, cast, plan):
    client.force_login(cast.city_officer)
    page = client.get(reverse("action", args=["saint-denis", plan["toys"].pk])).content.decode()
    assert reverse("action_export", args=["saint-denis", plan["toys"].pk, "pdf"]) in page
    assert f'action="{reverse("plan_delete", args=["saint-denis"])}"' in page
    client.force_login(cast.reader)
    page = client.get(reverse("action", args=["saint-denis", plan["toys"].pk])).content.decode()
    assert reverse("plan_delete", args=["saint-denis"]) not in page


def test_a_fiche_in_the_bin_is_not_printed(client, cast, plan):
    operations.delete_actions(by=cast.city_officer, convention=cast.convention, actions=[plan["toys"]])
    client.force_login(cast.city_officer)
    assert (
        client.get(reverse("action_export", args=["saint-denis", plan["toys"].pk, "pdf"])).status_code == 404
    )


def test_an_empty_plan_is_a_file_all_the_same(client, cast):
    client.force_login(cast.reader)
    for format in ("xlsx", "csv", "docx", "pdf"):
        assert client.get(at(format)).status_code == 200


def test_300_fiches_leave_with_as_many_questions_as_ten(client, cast, django_assert_max_num_queries):
    large_plan(cast, 300)
    client.force_login(cast.reader)
    with django_assert_max_num_queries(32):
        assert len(rows(book(client)["Actions"])) == 300
