"""Several figures at once: read as people write them, all or nothing, and the same sheet back."""

import io
from datetime import date, datetime

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansanm.conventions import figures_sheet
from ansanm.conventions.figures_sheet import read_table
from ansanm.territories import declared
from ansanm.territories.models import DeclaredFigure
from ansanm.ui.documents import tables
from ansanm.ui.documents.tables import UnreadableSheet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_observations")]

HEADER = "Territoire;Donnée;Période;Valeur;Source;Adresse de la source;Date de la source;Précisions"
PLACES = "97411;Places en établissement d’accueil du jeune enfant;juin 2023;1 895;Zinfos974;;2 juin 2023;"
BENEFITS = "Saint-Denis;caf_benefits_eur;2021;430 M€;Zinfos974;;03/12/2021;par an"


def sheet(*rows):
    return "\n".join([HEADER, *rows]).encode()


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


@pytest.fixture
def send(client, cast):
    client.force_login(cast.city_officer)

    def post(content, name="chiffres.csv"):
        return client.post(at("figures_import"), {"file": SimpleUploadedFile(name, content)})

    return post


def keep(client, preview):
    return client.post(at("figures_import_keep"), {"ticket": preview.context["ticket"]})


def test_a_sheet_is_seen_before_anything_is_saved(send, client):
    preview = send(sheet(PLACES, BENEFITS))

    assert "2 lignes : 2 à déclarer, 0 à corriger, 0 inchangées" in preview.content.decode()
    assert not DeclaredFigure.objects.exists()

    assert keep(client, preview).status_code == 302
    given = {one.variable: (one.value, one.period, one.source_on) for one in DeclaredFigure.objects.all()}
    assert given == {
        "eaje_places": (1895, "2023-06", date(2023, 6, 2)),
        "caf_benefits_eur": (430_000_000, "2021", date(2021, 12, 3)),
    }


def test_one_wrong_cell_and_nothing_is_saved(send, client):
    wrong = PLACES.replace("1 895", "beaucoup").replace("juin 2023", "un jour")

    response = send(sheet(BENEFITS, wrong))

    page = response.content.decode()
    assert response.status_code == 422
    assert "<strong>D3</strong> · « beaucoup » n’est pas un nombre" in page
    assert "<strong>C3</strong> · « un jour » n’est pas une date" in page
    assert response.context["ticket"] == ""
    assert not DeclaredFigure.objects.exists()


def test_what_the_operation_refuses_is_refused_at_the_preview(send):
    response = send(sheet(PLACES.replace("1 895", "18,5"), BENEFITS.replace("2021;430", "2098;430")))

    errors = [(error.cell, error.message) for error in response.context["reading"].errors]
    assert [cell for cell, _message in errors] == ["D2", "C3"]
    assert "se compte en nombres entiers" in errors[0][1]
    assert "dans l’avenir" in errors[1][1]


def test_a_commune_of_another_convention_is_refused(send):
    response = send(sheet(PLACES.replace("97411", "97418")))

    assert [error.cell for error in response.context["reading"].errors] == ["A2"]


def test_the_same_figure_twice_in_a_sheet_is_refused(send):
    response = send(sheet(PLACES, PLACES.replace("1 895", "1 900")))

    assert "La ligne 2 donne déjà ce chiffre" in response.content.decode()
    assert not DeclaredFigure.objects.exists()


def test_the_same_sheet_again_changes_nothing_and_a_new_value_corrects(send, client):
    keep(client, send(sheet(PLACES, BENEFITS)))

    assert "0 à déclarer, 0 à corriger, 2 inchangées" in send(sheet(PLACES, BENEFITS)).content.decode()

    preview = send(sheet(PLACES.replace("1 895", "1 933"), BENEFITS))
    assert "0 à déclarer, 1 à corriger, 1 inchangées" in preview.content.decode()
    keep(client, preview)
    places = DeclaredFigure.objects.get(variable="eaje_places")
    assert (places.value, places.version) == (1933, 2)
    assert DeclaredFigure.objects.get(variable="caf_benefits_eur").version == 1


def test_a_figure_corrected_between_preview_and_save_is_not_overwritten(send, client, cast):
    keep(client, send(sheet(PLACES)))
    preview = send(sheet(PLACES.replace("1 895", "1 933"), BENEFITS))
    figure = DeclaredFigure.objects.get()
    declared.correct_figure(by=cast.elected_official, figure=figure, version=1, value=1940)

    response = keep(client, preview)

    assert response.status_code == 409
    assert "Un de ces chiffres vient de changer : rien n’a été enregistré" in response.content.decode()
    assert [one.value for one in DeclaredFigure.objects.all()] == [1940]


def test_saving_fails_whole(cast, monkeypatch):
    table = read_table("chiffres.csv", sheet(PLACES, BENEFITS))
    reading = figures_sheet.understand(table, convention=cast.convention, by=cast.city_officer)
    real, calls = declared.declare_figure, []

    def breaks_at_the_second(**arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        return real(**arguments)

    monkeypatch.setattr(declared, "declare_figure", breaks_at_the_second)
    with pytest.raises(RuntimeError):
        figures_sheet.save(reading, convention=cast.convention, by=cast.city_officer)

    assert not DeclaredFigure.objects.exists()


def test_a_ticket_is_of_one_person_one_convention_and_unaltered(send, client, cast):
    ticket = send(sheet(PLACES)).context["ticket"]

    for person, forged in (
        (cast.caf_adviser, ticket),
        (cast.city_officer, ticket[:-2] + "xx"),
        (cast.city_officer, ""),
    ):
        client.force_login(person)
        page = client.post(at("figures_import_keep"), {"ticket": forged}, follow=True).content.decode()
        assert "Cet import a expiré" in page
    client.force_login(cast.neighbour)
    assert client.post(at("figures_import_keep"), {"ticket": ticket}).status_code == 404
    assert not DeclaredFigure.objects.exists()


def test_the_figure_of_the_caf_in_a_sheet_of_the_city_is_not_corrected(send, client, cast):
    client.force_login(cast.caf_adviser)
    table = read_table("chiffres.csv", sheet(BENEFITS))
    reading = figures_sheet.understand(table, convention=cast.convention, by=cast.caf_adviser)
    figures_sheet.save(reading, convention=cast.convention, by=cast.caf_adviser)
    client.force_login(cast.city_officer)

    assert "1 inchangées" in send(sheet(BENEFITS)).content.decode()
    assert "1 à déclarer" in send(sheet(BENEFITS.replace("430", "431"))).content.decode()


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_what_is_exported_is_read_back_without_any_change(send, client, cast, format):
    rows = [
        PLACES,
        BENEFITS,
        "97411;gp_accessibility;2023;3,1415;Drees;https://example.org/a;1er janvier 2024;=1+1",
        "97411;poverty_rate;2021;36,125 %;Insee;;1er janvier 2024;-5 points",
        'commune:97411;area_km2;2021;142,79;Ign;;1er janvier 2024;"deux\nlignes ; et « guillemets »"',
    ]
    rows[3] = rows[3].replace("36,125", "36,1250")
    rows[4] = rows[4].replace("commune:97411", "SAINT-DENIS")
    keep(client, send(sheet(*rows)))
    assert DeclaredFigure.objects.count() == 5

    exported = client.get(at("figures_export", format)).content
    preview = send(exported, f"chiffres.{format}")

    assert preview.context["reading"].errors == []
    assert "0 à déclarer, 0 à corriger, 5 inchangées" in preview.content.decode()


def test_no_cell_of_an_export_runs_in_a_spreadsheet(send, client):
    keep(client, send(sheet(BENEFITS.replace("par an", "=HYPERLINK(1)"))))

    lines = client.get(at("figures_export", "csv")).content.decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(client.get(at("figures_export", "xlsx")).content))

    assert ";'=HYPERLINK(1)" in lines
    assert all(cell.data_type != "f" for one in book for row in one.iter_rows() for cell in row)


def test_the_template_is_read_as_it_is(send, client):
    response = client.get(at("figures_template"))
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    book.worksheets[-1].append([97411, "eaje_places", 2023, 1895, "Rapport", None, date(2024, 1, 31)])
    book.worksheets[-1].cell(2, 7).number_format = "dd/mm/yyyy"
    target = io.BytesIO()
    book.save(target)

    preview = send(target.getvalue(), "chiffres.xlsx")

    assert preview.context["reading"].errors == []
    keep(client, preview)
    assert DeclaredFigure.objects.get().source_on == date(2024, 1, 31)


def test_a_workbook_says_what_excel_did_to_dates_and_percentages(send, client):
    book = openpyxl.Workbook()
    page = book.active
    page.append(HEADER.split(";"))
    page.append(
        ["97411", "poverty_rate", datetime(2021, 12, 1), 0.352, "Insee", None, datetime(2022, 3, 1), None]
    )
    page.cell(2, 3).number_format = "mmm-yy"
    page.cell(2, 4).number_format = "0.0%"
    target = io.BytesIO()
    book.save(target)

    keep(client, send(target.getvalue(), "chiffres.xlsx"))

    figure = DeclaredFigure.objects.get()
    assert (figure.period, figure.value, figure.source_on) == ("2021-12", 35.2, date(2022, 3, 1))


def test_a_code_that_lost_its_zero_is_found(cast):
    table = [HEADER.split(";"), ["1004", "eaje_places", "2023", "5", "Rapport", "", "01/01/2024", ""]]
    place = cast.convention.territories.get()
    # The real one, where another test of the session brought it in.
    type(place).objects.filter(level="commune", code="01004").delete()
    place.code = "01004"
    place.save()

    reading = figures_sheet.understand(table, convention=cast.convention, by=cast.city_officer)

    assert reading.errors == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "aucune ligne"),
        (HEADER.encode(), "aucune ligne"),
        (b"a;b\n1;2", "Il manque une colonne"),
        (HEADER.replace("Valeur", "Nombre").encode() + b"\n" + PLACES.encode(), "« Valeur »"),
        (b"PK\x03\x04rubbish", "n’est pas un classeur lisible"),
        (b"\x89PNG\r\n\x00\x00;\n1", "n’est ni un CSV ni un classeur"),
        (sheet(*[PLACES] * 501), "501 lignes"),
        (b"x" * 2_000_001, "dépasse 2 Mo"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(send, content, told):
    response = send(content)

    assert response.status_code == 422
    assert told in response.content.decode()


def test_no_file_at_all(client, cast):
    client.force_login(cast.city_officer)

    assert "Aucun fichier n’a été choisi" in client.post(at("figures_import")).content.decode()


def test_a_zip_that_swells_is_refused():
    import zipfile

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (tables.MAX_UNZIPPED_BYTES + 1))

    with pytest.raises(UnreadableSheet, match="trop volumineux"):
        read_table("bombe.xlsx", target.getvalue())


def test_what_excel_saves_in_france_is_read(send):
    content = sheet(BENEFITS.replace("par an", "été")).decode().replace("’", "'").encode("cp1252")

    assert send(content).context["reading"].errors == []


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_the_separator_is_found(separator):
    content = f"Territoire{separator}Valeur\n97411{separator}12".encode()

    assert read_table("a.csv", content)[1] == ["97411", "12"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_are_refused(content):
    try:
        table = read_table("fichier", content)
    except UnreadableSheet:
        return
    assert len(table) >= 2
