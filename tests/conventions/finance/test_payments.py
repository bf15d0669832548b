"""Payments of the Caf: read from a list, kept once, matched or shown; Ansanm pays nobody."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ansanm.conventions.finance import ledger, operations, payments, report
from ansanm.conventions.models import (
    Account,
    Equipment,
    FundingAgreement,
    LedgerEntry,
    LedgerPosting,
    Payment,
    PaymentBatch,
)
from ansanm.territories.versions import StaleVersion
from tests.conventions.finance.conftest import YEAR_OF_FORTY_PLACES

pytestmark = pytest.mark.django_db
HEADER = ["Date de paiement", "Montant en euros", "Bénéficiaire", "Référence", "Libellé"]


def read(convention, *rows, name="liste.csv"):
    return payments.understand(name, [HEADER, *rows], convention=convention)


def kept(cast, convention, *rows, name="liste.csv"):
    return payments.save(read(convention, *rows, name=name), by=cast.caf_adviser, convention=convention)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1 234,50", 123450),
        ("1\u202f234,50 €", 123450),
        ("1234.5", 123450),
        ("-200", -20000),
        ("12 k€", 1200000),
    ],
)
def test_euros_are_read_as_people_write_them(convention, text, cents):
    (row,) = read(convention, ["03/03/2025", text, "", "", ""]).rows
    assert (row.cents, row.errors) == (cents, [])


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (["31/02/2025", "12", "", "", ""], "A2"),
        (["", "12", "", "", ""], "A2"),
        (["03/03/2025", "0", "", "", ""], "B2"),
        (["03/03/2025", "12,345", "", "", ""], "B2"),
        (["03/03/2025", "douze", "", "", ""], "B2"),
        (["03/03/2025", "12", "x" * 201, "", ""], "C2"),
    ],
)
def test_a_row_that_cannot_be_read_names_its_cell_and_nothing_is_kept(cast, convention, row, cell):
    reading = read(convention, row, ["03/03/2025", "12", "", "", ""])
    assert [error.cell for error in reading.errors] == [cell]
    with pytest.raises(ValueError, match="nothing is saved"):
        payments.save(reading, by=cast.caf_adviser, convention=convention)
    assert not Payment.objects.exists()


def test_the_same_list_twice_or_with_rows_already_kept_adds_nothing_twice(cast, convention):
    one = ["03/03/2025", "1 000", "Association", "R1", ""]
    twin = ["2025-03-03", "1000,00 €", "ASSOCIATION", "r1", ""]
    more = ["04/03/2025", "5", "Association", "R2", ""]

    assert kept(cast, convention, one).payments.count() == 1
    assert kept(cast, convention, twin, name="autre nom.xlsx") is None
    assert kept(cast, convention, one, more).payments.count() == 1
    # Twice in one list: two payments, of which one stood.
    assert kept(cast, convention, one, one).payments.count() == 1
    assert (PaymentBatch.objects.count(), Payment.objects.count()) == (3, 3)
    assert ledger.balances(LedgerPosting.objects.of_convention(convention))[Account.UNMATCHED] == 200500


def test_a_payment_finds_its_cof_by_its_signs_and_says_which(cast, cof, ceilings):
    sent = operations.save_declaration(
        by=cast.childcare_manager,
        agreement=cof,
        phase="forecast",
        content=YEAR_OF_FORTY_PLACES,
        base_version=0,
        send=True,
    )
    operations.validate_declaration(by=cast.caf_adviser, declaration=sent, base_version=1)
    advance = cof.planned_payments.first().amount_cents
    kept(
        cast,
        cof.convention,
        ["03/03/2025", f"{advance / 100:.2f}", "ASSOCIATION LES FILAOS", "cof-2025-001", ""],
        ["03/03/2025", "12", "Association Les Filaos", "", ""],
        ["03/03/2025", "13", "Quelqu’un", "", ""],
    )
    sure, near, unknown = Payment.objects.order_by("row")

    assert (sure.agreement, sure.score) == (cof, 100)
    assert near.agreement is None and unknown.agreement is None
    agreements = payments.agreements_of(cof.convention)
    assert [one.score for one in payments.candidates(near, agreements)] == [30]
    assert payments.candidates(unknown, agreements) == []


def test_two_cofs_as_likely_leave_the_payment_to_a_person(cast, cof):
    operations.open_agreement(
        by=cast.caf_adviser,
        convention=cof.convention,
        equipment=cof.equipment,
        device="eaje",
        year=2026,
        reference="COF-2025-001",
        beneficiary="Association Les Filaos",
    )
    kept(cast, cof.convention, ["03/03/2026", "12", "Association Les Filaos", "COF-2025-001", ""])

    assert Payment.objects.get().agreement is None


def test_a_match_by_hand_is_undone_by_the_entry_that_reverses_it(cast, cof, as_person):
    kept(cast, cof.convention, ["03/03/2025", "12,50", "Inconnu", "", ""])
    payment = Payment.objects.get()
    caf = as_person(cast.caf_adviser)
    address = reverse("finance_payment_match", args=["saint-denis", payment.pk])

    assert caf.post(address, {"agreement": cof.pk, "version": "1"}).status_code == 302
    assert ledger.balance(Account.ADVANCES, agreement=cof) == 1250
    assert caf.post(address, {"agreement": cof.pk, "version": "1"}).status_code == 409
    caf.post(reverse("finance_payment_unmatch", args=["saint-denis", payment.pk]), {"version": "2"})

    payment.refresh_from_db()
    assert payment.agreement is None
    assert ledger.balance(Account.ADVANCES, agreement=cof) == 0
    entries = LedgerEntry.objects.filter(payment=payment).order_by("pk")
    assert [one.kind for one in entries] == ["payment", "match", "reverse"]
    assert entries[2].reverses == entries[1]
    with pytest.raises(StaleVersion):
        payments.match(by=cast.caf_adviser, payment=payment, agreement=cof, base_version=1)


def test_a_list_is_seen_before_it_is_kept_from_a_workbook_as_from_a_csv(cast, cof, as_person):
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append(["03/03/2025", 1234.5, "Association Les Filaos", "COF-2025-001", "=2+2"])
    file = io.BytesIO()
    book.save(file)
    caf = as_person(cast.caf_adviser)
    upload = SimpleUploadedFile("liste.xlsx", file.getvalue())

    page = caf.post(reverse("finance_payments_import", args=["saint-denis"]), {"file": upload})
    assert "1\u202f234,50" in page.content.decode() and not Payment.objects.exists()
    caf.post(reverse("finance_payments_keep", args=["saint-denis"]), {"ticket": page.context["ticket"]})

    payment = Payment.objects.get()
    assert (payment.amount_cents, payment.agreement) == (123450, cof)
    listed = caf.get(reverse("finance_payments", args=["saint-denis"])).content.decode()
    assert "il n’en fait aucun" in listed
    # The ticket of somebody else, or of another convention, is none.
    city = as_person(cast.city_officer)
    refused = city.post(
        reverse("finance_payments_keep", args=["saint-denis"]), {"ticket": page.context["ticket"]}
    )
    assert refused.status_code == 403


def test_an_amount_is_explained_from_a_cof_a_payment_an_account_and_a_year(cast, cof, as_person):
    kept(cast, cof.convention, ["03/03/2025", "1 234,50", "Association Les Filaos", "COF-2025-001", ""])
    payment = Payment.objects.get()
    city = as_person(cast.city_officer)
    ledger_page = reverse("finance_ledger", args=["saint-denis"])

    for query in (f"agreement={cof.pk}", f"payment={payment.pk}", "account=advances", "year=2025"):
        text = city.get(f"{ledger_page}?{query}").content.decode()
        assert "1\u202f234,50" in text and "Acomptes versés" in text, query
    assert "Aucune écriture" in city.get(f"{ledger_page}?year=2024").content.decode()
    csv = city.get(reverse("finance_ledger_export", args=["saint-denis", "csv"])).content.decode()
    assert csv.count("1234,5") == 4


@pytest.mark.parametrize(
    ("reference", "told", "is_found"),
    [
        ("COF 2025 12", "Acompte cof  2025 12, mars", True),
        ("COF 2025 12", "Acompte cof 2025 123", False),
        ("COF-1", "COF-1", True),
        ("COF-1", "COF-1-2", False),
        ("2025/1", "n° 2025/1.", True),
    ],
)
def test_a_reference_is_found_whole_even_with_a_space(convention, reference, told, is_found):
    equipment = Equipment.objects.create(convention=convention, kind="creche", name="Crèche")
    agreement = FundingAgreement.objects.create(
        convention=convention, equipment=equipment, device="eaje", year=2025, reference=reference
    )
    payment = Payment(paid_on=date(2025, 3, 3), amount_cents=100, label=told)

    said = payments.likeness(payment, agreement).reasons
    assert ("la référence est celle de la COF" in said) is is_found


def test_the_years_of_the_ledger_are_those_of_the_cofs(cast, cof, as_person):
    page = as_person(cast.caf_adviser).get(reverse("finance_ledger", args=["saint-denis"]))
    assert page.context["years"] == [2025]


def test_paper_holds_the_first_rows_and_the_total_of_a_long_table():
    rows = [[str(n), n] for n in range(500)] + [["Ensemble", 999]]
    section = report.Section(
        "Paiements", [report.Column("Nom"), report.Column("n", "whole")], rows, has_total=True
    )
    table = report.table_of(section)

    assert len(table.rows) == report.MOST_ROWS_PRINTED + 1
    assert table.rows[-1][0] == "Ensemble" and table.strong_rows == {report.MOST_ROWS_PRINTED}
    short = report.Section("Paiements", section.columns, rows[-401:], has_total=True)
    assert len(report.table_of(short).rows) == 401
