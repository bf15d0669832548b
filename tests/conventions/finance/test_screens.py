"""The same money for each role, on screen and in files; what is not known is said, never a zero."""

import io
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from ansanm.conventions.finance import calendars, declared_sheet, operations, screens
from ansanm.conventions.finance.overview import Overview
from ansanm.conventions.models import (
    DueDocument,
    Equipment,
    FundingDeclaration,
    MailPreference,
)
from ansanm.jobs.models import OutgoingMail
from ansanm.territories.models import Territory
from tests.conventions.finance.conftest import YEAR_OF_FORTY_PLACES

pytestmark = pytest.mark.django_db


@pytest.fixture
def validated(cast, cof, ceilings):
    sent = operations.save_declaration(
        by=cast.childcare_manager,
        agreement=cof,
        phase="forecast",
        content=YEAR_OF_FORTY_PLACES,
        base_version=0,
        send=True,
    )
    return operations.validate_declaration(by=cast.caf_adviser, declaration=sent, base_version=1)


def page(as_person, user, name, *arguments):
    return as_person(user).get(reverse(name, args=["saint-denis", *arguments]))


def test_a_manager_sees_their_equipment_alone(cast, cof, as_person):
    other = Equipment.objects.create(convention=cof.convention, kind="creche", name="Crèche du Port")
    theirs = operations.open_agreement(
        by=cast.caf_adviser, convention=cof.convention, equipment=other, device="eaje", year=2025
    )

    mine = page(as_person, cast.childcare_manager, "finance_mine").content.decode()
    assert "Crèche Les Filaos" in mine and "Crèche du Port" not in mine
    for name, more in (
        ("finance_mine_agreement", ()),
        ("finance_declare", ("forecast",)),
        ("finance_paper_give", (theirs.due_documents.first().pk,)),
    ):
        assert page(as_person, cast.childcare_manager, name, theirs.pk, *more).status_code == 404
    # Nor what the Caf and the city read of everybody.
    for name in ("finance_caf", "finance_city", "finance_ledger", "finance_payments"):
        assert page(as_person, cast.childcare_manager, name).status_code == 403
    # A city officer declares for nobody unless told to.
    assert page(as_person, cast.city_officer, "finance_declare", cof.pk, "forecast").status_code == 404


def test_the_city_pays_what_nobody_else_does_in_what_it_runs_and_its_grant_elsewhere(cast, cof, validated):
    grant = screens.city(Overview(cof.convention), Overview(cof.convention).rows, 2025)
    assert grant.keys[0].value == Decimal(120000)
    # 760 000 − 92 400 of families − 523 216.55 of the Caf − 120 000 − 5 000.
    assert grant.sections[1].rows[0][-1] == Decimal("19383.45")

    Equipment.objects.filter(pk=cof.equipment_id).update(operator_kind="public")
    own = screens.city(Overview(cof.convention), Overview(cof.convention).rows, 2025)
    assert own.keys[0].value == Decimal("139383.45")
    assert own.sections[1].rows[0][-1] == 0


def test_what_others_pay_and_nobody_told_is_not_given_to_the_city(cof, validated):
    Equipment.objects.filter(pk=cof.equipment_id).update(operator_kind="public")
    declared = {name: text for name, text in YEAR_OF_FORTY_PLACES.items() if name != "other_income_eur"}
    FundingDeclaration.objects.filter(pk=validated.pk).update(content=declared)

    (row,) = Overview(cof.convention).rows
    assert (row.shares.city, row.shares.other) == (Decimal(120000), None)
    assert row.shares.unknown == Decimal("24383.45")


def test_the_net_cost_is_told_by_commune(cof, validated):
    place = Territory.objects.get(code="97411")
    Equipment.objects.filter(pk=cof.equipment_id).update(place=place)

    report = screens.city(Overview(cof.convention), Overview(cof.convention).rows, 2025)

    assert [row[0] for row in report.sections[0].rows] == ["Saint-Denis", "Ensemble"]
    assert report.sections[0].rows[0][1:] == report.sections[0].rows[1][1:]


def test_what_is_not_declared_is_absent_on_every_screen_never_zero(cast, cof):
    overview = Overview(cof.convention)
    assert screens.city(overview, overview.rows, 2025).keys[0].value is None
    assert screens.elected(overview, overview.rows, 2025).charts == []
    assert screens.caf(overview, overview.rows).sections[0].rows[0][2] is None
    assert screens.public(overview, "").sections[0].rows == []


def test_elected_officials_read_one_page_with_one_chart_in_plain_words(cast, validated, as_person):
    text = page(as_person, cast.elected_official, "finance_elected").content.decode()

    assert text.count('<figure class="chart">') == 1
    assert "La Caf en paie 69\u202f%." in text
    assert "fictifs" in text


@pytest.mark.parametrize("name", ["finance_caf", "finance_city", "finance_elected"])
def test_each_screen_leaves_as_pdf_workbook_and_csv(cast, validated, as_person, name):
    pdf = page(as_person, cast.city_officer, f"{name}_export", "pdf").content
    assert pdf[:5] == b"%PDF-"
    xlsx = page(as_person, cast.city_officer, f"{name}_export", "xlsx").content
    book = openpyxl.load_workbook(io.BytesIO(xlsx))
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert 523216.55 in cells
    assert any("fictifs" in str(cell) for cell in cells)
    csv = page(as_person, cast.city_officer, f"{name}_export", "csv").content.decode()
    assert "523216,55" in csv
    assert page(as_person, cast.city_officer, f"{name}_export", "docx").status_code == 404


def test_nobody_reads_who_pays_for_what_until_the_convention_says_so(cast, validated, client, as_person):
    address = reverse("finance_public", args=["saint-denis"])
    assert client.get(address).status_code == 404

    as_person(cast.city_officer).post(
        reverse("finance_publication", args=["saint-denis"]),
        {"is_public": "on", "note": "Voici nos comptes.", "version": "0"},
    )
    client.logout()
    text = client.get(address).content.decode()

    assert "Voici nos comptes." in text and "523\u202f216,55" in text
    assert "argent public" in text
    # The total, and no name of an equipment nor of who runs it.
    assert "Filaos" not in text
    assert (
        "Filaos"
        not in client.get(reverse("finance_public_export", args=["saint-denis", "csv"])).content.decode()
    )
    late = as_person(cast.caf_adviser).post(
        reverse("finance_publication", args=["saint-denis"]), {"note": "", "version": "0"}
    )
    assert late.status_code == 409


def test_a_paper_is_given_judged_and_read_by_those_it_concerns_alone(cast, cof, as_person):
    paper = cof.due_documents.get(kind="bank")
    give = reverse("finance_paper_give", args=["saint-denis", cof.pk, paper.pk])
    manager = as_person(cast.childcare_manager)
    assert manager.post(give, {"version": "1"}).status_code == 422
    rib = SimpleUploadedFile("rib.pdf", b"%PDF-1.4\nRIB\n%%EOF\n")
    manager.post(give, {"version": "1", "file": rib})
    paper.refresh_from_db()
    assert paper.state == "received"

    stored = ("convention_file", paper.file_id)
    own = ("finance_mine_paper_file", cof.pk, paper.pk)
    assert page(as_person, cast.reader, *stored).status_code == 404
    assert page(as_person, cast.childcare_manager, *own).content.startswith(b"%PDF")
    assert page(as_person, cast.caf_adviser, "finance_paper_file", cof.pk, paper.pk).status_code == 200

    judge = reverse("finance_paper_judge", args=["saint-denis", cof.pk, paper.pk])
    caf = as_person(cast.caf_adviser)
    assert caf.post(judge, {"state": "refused", "version": "2"}).status_code == 422
    caf.post(judge, {"state": "refused", "reason": "Autre titulaire", "version": "2"})
    mine = page(as_person, cast.childcare_manager, "finance_mine_agreement", cof.pk).content.decode()
    assert "Autre titulaire" in mine
    assert DueDocument.objects.get(pk=paper.pk).version == 3


def test_those_who_declare_are_reminded_once_before_the_day_and_once_after(cast, cof, monkeypatch):
    day = date(2025, 2, 13)

    def on(today):
        monkeypatch.setattr(timezone, "localdate", lambda *_: today)
        calendars.remind_convention(cof.convention)
        return [one.subject for one in OutgoingMail.objects.order_by("pk")]

    assert on(day - timedelta(days=8)) == []
    soon = on(day - timedelta(days=6))
    assert soon == ["Dans la semaine : Déclaration prévisionnelle due"]
    assert on(day - timedelta(days=5)) == soon
    assert on(day + timedelta(days=1)) == [*soon, "En retard : Déclaration prévisionnelle due"]
    mail = OutgoingMail.objects.first()
    assert mail.to == cast.childcare_manager.email
    assert "Crèche Les Filaos" in mail.text

    OutgoingMail.objects.all().delete()
    MailPreference.objects.create(
        user=cast.childcare_manager, rhythm=MailPreference.Rhythm.NEVER, token="jamais"
    )
    assert on(day) == []


def test_the_days_are_a_calendar_that_a_phone_reads(cast, cof, as_person):
    text = page(as_person, cast.childcare_manager, "finance_mine_ics").content.decode()

    assert text.startswith("BEGIN:VCALENDAR")
    assert "DTSTART;VALUE=DATE:20260331" in text.replace("\r\n ", "")
    assert text.count("BEGIN:VEVENT") == 8


def sheet(table, values):
    return [[*row[:5], values.get(row[4], row[5])] if number else row for number, row in enumerate(table)]


@pytest.fixture
def table(cast, cof):
    """The workbook given to the manager, read back as it would be once filled."""
    overview = Overview(cof.convention)
    return declared_sheet.read_table("modele.xlsx", declared_sheet.template(overview))


VALUES = {
    "Repas et couches": "repas et couches fournis", "Places ouvertes": "40",
    "Jours d’ouverture dans l’année": "220",
    "Heures d’ouverture dans l’année": "2 420", "Heures réalisées": "70 000", "Heures facturées": "77 000",
    "Dépenses de l’année": "760 000,00 €", "Participations des familles": "92 400",
}  # fmt: skip


def test_a_filled_workbook_declares_all_or_nothing_and_names_the_cell(cast, cof, ceilings, table):
    agreements = cof.convention.funding_agreements.all()

    wrong = declared_sheet.understand(sheet(table, VALUES | {"Places ouvertes": "41"}), agreements=agreements)
    (error,) = wrong.errors
    row = next(number for number, row in enumerate(table, start=1) if row[4] == "Places ouvertes")
    assert (error.cell, error.text) == (f"F{row}", "41")
    assert "40 autorisées" in error.message

    right = declared_sheet.understand(sheet(table, VALUES), agreements=agreements)
    assert right.errors == []
    assert declared_sheet.save(right, by=cast.childcare_manager, convention=cof.convention) == 1
    declaration = FundingDeclaration.objects.get()
    assert (declaration.phase, declaration.state) == ("forecast", "draft")
    assert declaration.content["expenses_eur"] == "760000"
    again = declared_sheet.understand(sheet(table, VALUES), agreements=agreements)
    assert again.n_to_save == 0


def test_a_workbook_names_the_cofs_of_its_sender_alone(cast, cof, ceilings, table, as_person):
    other = Equipment.objects.create(convention=cof.convention, kind="creche", name="Crèche du Port")
    theirs = operations.open_agreement(
        by=cast.caf_adviser, convention=cof.convention, equipment=other, device="eaje", year=2025
    )
    foreign = [
        [str(theirs.pk), *row[1:]] if number else row for number, row in enumerate(sheet(table, VALUES))
    ]
    text = "\n".join(";".join(row) for row in foreign)
    upload = SimpleUploadedFile("declarations.csv", text.encode())

    answer = as_person(cast.childcare_manager).post(
        reverse("finance_import", args=["saint-denis"]), {"file": upload}
    )

    assert answer.status_code == 422
    assert "une de vos COF" in answer.content.decode()
    assert not FundingDeclaration.objects.exists()


def test_the_journal_tells_the_deeds_in_words(cast, validated, as_person):
    text = page(as_person, cast.elected_official, "convention_journal").content.decode()

    for words in ("a ouvert la COF", "a envoyé à la Caf la déclaration", "a validé la déclaration"):
        assert words in text


def test_the_landing_page_leads_each_role_to_its_own(cast, cof, as_person):
    def links(user):
        text = page(as_person, user, "finance_home").content.decode()
        return {
            name
            for name in ("finance_mine", "finance_caf", "finance_ledger", "finance_agreement_open")
            if f'href="{reverse(name, args=["saint-denis"])}"' in text
        }

    assert links(cast.reader) == set()
    assert links(cast.childcare_manager) == {"finance_mine"}
    assert links(cast.elected_official) == {"finance_caf", "finance_ledger"}
    assert links(cast.caf_adviser) == {
        "finance_mine",
        "finance_caf",
        "finance_ledger",
        "finance_agreement_open",
    }
