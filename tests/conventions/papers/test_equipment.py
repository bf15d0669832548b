"""The list of supported equipment: what it counts, what it lacks, and a sheet out and back in."""

import io
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import history
from ansanm.conventions.models import Equipment
from ansanm.conventions.papers import equipment_operations as operations
from ansanm.conventions.papers import printing
from ansanm.conventions.papers.equipment import EquipmentFilter, by_kind, missing, totals
from ansanm.conventions.papers.equipment_sheet import COLUMNS, read_table, sheet_of, understand
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents.sheets import write_csv
from tests.pdf_ua import assert_pdf_ua

pytestmark = pytest.mark.django_db


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


@pytest.fixture
def city(convention):
    return convention.parties.get(kind="commune")


@pytest.fixture
def creche(cast, convention, city):
    return operations.add_equipment(
        by=cast.city_officer,
        convention=convention,
        kind="creche",
        name="Les Filaos",
        operator_name="Association Les Filaos",
        operator_kind="association",
        supported_by=city,
        address="12 rue des Lilas",
        in_qpv=True,
        n_units_existing=Decimal(30),
        n_units_new=Decimal("10.5"),
    )


def sheet(*rows):
    return [list(rows[0]), *map(list, rows[1:])]


def test_a_complete_creche_lacks_nothing_and_its_operator_joins_the_plan(convention, creche):
    assert missing(creche) == []
    assert convention.actors.get().name == "Association Les Filaos"


@pytest.mark.parametrize(
    ("facts", "lacks"),
    [
        ({"supported_by": None}, ["supported_by"]),
        ({"operator_name": ""}, ["operator"]),
        ({"n_units_existing": None, "n_units_new": None}, ["units"]),
        ({"in_qpv": None}, ["zone"]),
        ({"in_qpv": False, "in_frr": False}, []),
        ({"in_qpv": None, "kind": "laep"}, []),
        ({"address": ""}, ["where"]),
        ({"n_units_existing": Decimal(0), "n_units_new": None}, []),
    ],
)
def test_what_the_bonus_needs_and_nobody_said(cast, creche, facts, lacks):
    one = operations.update_equipment(by=cast.city_officer, equipment=creche, base_version=1, **facts)

    assert missing(one) == lacks


def test_a_party_that_left_supports_no_more(creche, city):
    city.left_on = "2026"
    city.save()
    creche.refresh_from_db()

    assert missing(creche) == ["left"]


def test_places_hours_and_posts_never_add_up(cast, convention, creche):
    for kind, name, n in (
        ("alsh", "Mercredis", 12_000),
        ("rpe", "Relais", "1.5"),
        ("creche", "Jacques", None),
    ):
        operations.add_equipment(
            by=cast.city_officer, convention=convention, kind=kind, name=name,
            n_units_existing=None if n is None else Decimal(n),
        )  # fmt: skip
    counts = {one.label: one for one in totals(EquipmentFilter({}, convention).found, by=by_kind)}

    assert {one.unit: one.existing for one in counts.values()} == {
        "places": 30,
        "fte": Decimal("1.5"),
        "hours": 12_000,
    }
    creches = counts["Crèche ou multi-accueil (EAJE)"]
    assert (creches.n, creches.existing, creches.new, creches.n_unknown) == (2, 30, Decimal("10.5"), 1)


def test_an_amount_nobody_gave_is_not_a_zero(cast, convention):
    one = operations.add_equipment(by=cast.city_officer, convention=convention, kind="laep", name="La Case")
    (count,) = totals([one], by=by_kind)

    assert count.existing_words == "–"


def test_two_people_on_one_equipment_lose_nothing(cast, client, creche):
    operations.update_equipment(
        by=cast.caf_adviser, equipment=creche, base_version=1, address="Rue de la Caf"
    )
    with pytest.raises(StaleVersion):
        operations.update_equipment(by=cast.city_officer, equipment=creche, base_version=1, address="Autre")
    client.force_login(cast.city_officer)
    form = {"kind": "creche", "name": "Les Filaos", "address": "Rue de la Ville", "version": 1}
    answer = client.post(at("equipment_edit", creche.pk), form)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "Rue de la Caf" in html and "Rue de la Ville" in html
    assert client.post(at("equipment_edit", creche.pk), form | {"version": 2}).status_code == 302


def test_the_bin_gives_back_what_it_was_given(cast, client, convention, creche):
    client.force_login(cast.city_officer)
    client.post(at("equipment_delete", creche.pk), {"version": 1})
    assert not convention.equipment.standing().exists()
    assert "Corbeille" in client.get(at("equipment")).content.decode()
    client.post(at("equipment_restore", creche.pk))
    assert convention.equipment.standing().get().address == "12 rue des Lilas"
    told = [one.deed for one in history.told(AuditEntry.objects.filter(verb__startswith="equipment."))]
    assert any("corbeille" in words for words in told)


def test_a_signatory_of_another_convention_supports_nothing_here(cast, creche):
    with pytest.raises(ValidationError):
        operations.update_equipment(
            by=cast.city_officer, equipment=creche, base_version=1,
            supported_by=cast.other_convention.parties.first(),
        )  # fmt: skip


def test_an_export_reads_back_without_changing_anything(convention, creche):
    content = write_csv(sheet_of(EquipmentFilter({}, convention).found))
    reading = understand(read_table("liste.csv", content), convention)

    assert reading.problems == []
    assert [line.outcome for line in reading.lines] == ["unchanged"]


@settings(max_examples=40, deadline=None)
@given(
    name=st.text(min_size=1, max_size=30).filter(lambda text: any(one.isalnum() for one in text)),
    address=st.text(max_size=40),
)
def test_any_words_are_read_without_a_crash(name, address):
    from ansanm.conventions.models import Convention

    held = Convention(pk=0, name="Vide")
    table = sheet(("Type", "Nom", "Adresse"), ("Crèche familiale", name, address))

    (line,) = understand(table, held).lines
    assert line.outcome in ("new", "refused")


def test_every_line_or_none(cast, client, convention, creche):
    client.force_login(cast.city_officer)
    table = (
        "Type;Nom;Gestionnaire;Collectivité qui soutient;QPV;Offre existante\r\n"
        "RPE;Relais du Nord;CCAS;Ville de Saint-Denis;;1,5\r\n"
        "multi-accueil;Les Filaos;;;peut-être;trente\r\n"
        "Fusée;Ariane;;;;\r\n"
    )
    answer = client.post(at("equipment_import"), {"file": SimpleUploadedFile("l.csv", table.encode())})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Ligne 3, QPV" in html and "Ligne 3, Offre existante" in html and "Ligne 4, Type" in html
    assert Equipment.objects.count() == 1

    good = table.replace("peut-être", "oui").replace("trente", "35").replace("Fusée", "Ludothèque")
    answer = client.post(at("equipment_import"), {"file": SimpleUploadedFile("l.csv", good.encode())})
    assert (answer.context["n_new"], answer.context["n_changed"]) == (2, 1)
    ticket = answer.context["ticket"]
    client.post(at("equipment_import_keep"), {"ticket": ticket})
    creche.refresh_from_db()
    assert creche.n_units_existing == 35 and creche.address == "12 rue des Lilas"
    assert creche.operator is None, "an empty cell erases; a column that is not there does not"
    assert convention.equipment.count() == 3


def test_what_changed_between_the_reading_and_the_saving_is_read_again(cast, client, creche):
    client.force_login(cast.city_officer)
    table = "Type;Nom;Offre existante\r\nCrèche;Les Filaos;44\r\n".encode()
    answer = client.post(at("equipment_import"), {"file": SimpleUploadedFile("l.csv", table)})
    operations.update_equipment(by=cast.caf_adviser, equipment=creche, base_version=1, address="Ailleurs")
    again = client.post(at("equipment_import_keep"), {"ticket": answer.context["ticket"]})

    assert again.status_code == 409
    creche.refresh_from_db()
    assert creche.n_units_existing == 30
    assert client.post(at("equipment_import_keep"), {"ticket": "x"}).status_code == 302


def test_filters_live_in_the_address_and_the_document_says_what_is_missing(cast, client, convention, creche):
    client.force_login(cast.city_officer)
    operations.add_equipment(by=cast.city_officer, convention=convention, kind="alsh", name="Mercredis")
    html = client.get(at("equipment"), {"type": "alsh"}).content.decode()
    assert (
        "Mercredis" in html
        and "Les Filaos</th>" not in html
        and "1 équipement sur 2" in html.replace("\u202f", " ")
    )
    assert "Mercredis" not in client.get(at("equipment"), {"q": "lilas"}).content.decode()
    book = openpyxl.load_workbook(
        io.BytesIO(client.get(at("equipment_export", "xlsx") + "?manque=1").content)
    )
    rows = list(book.worksheets[-1].values)
    assert rows[0][: len(COLUMNS)] == tuple(COLUMNS.values())
    assert [row[1] for row in rows[1:]] == ["Mercredis"]
    assert_pdf_ua(printing.equipment_list(convention, "pdf"))
    assert printing.equipment_list(convention, "docx").startswith(b"PK")

    client.force_login(cast.neighbour)
    assert client.get(reverse("equipment_edit", args=["sainte-marie", creche.pk])).status_code == 404
