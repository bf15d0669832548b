"""The pack of a meeting and its minutes: the same content as PDF, Word and slides, and a zip of all."""

import io
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document as WordFile
from pptx import Presentation

from ansanm.conventions.governance import body_operations, meeting_operations, minutes, pack
from ansanm.conventions.models import Decision, FinancingLine, IndicatorMeasure, Meeting, ReportedFigure
from tests.conventions.governance.territory import bodies_of
from tests.conventions.plan_fixtures import small_plan
from tests.pdf_ua import assert_pdf_ua


@pytest.fixture
def bodies(cast):
    plan = small_plan_beside(cast)
    return bodies_of(cast) | {"plan": plan}


def small_plan_beside(cast):
    """A plan with its money, published and written down, and an indicator that moved."""
    plan = small_plan(cast)
    caf = cast.convention.actors.get(name="Caf de La Réunion")
    for amount, precision, scope in ((300000, "exact", ""), (45000, "about", ""), (None, "to_define", "")):
        FinancingLine.objects.create(
            convention=cast.convention, action=plan["toys"], funder=caf, year=2026, amount_eur=amount,
            precision=precision, scope=scope,
        )  # fmt: skip
    ReportedFigure.objects.create(
        convention=cast.convention, kind="money", label="Engagé par la Caf depuis 2021", value=916000,
        unit="eur", scope="hors droit commun", funder="Caf", source_title="Imaz Press", source_on="2024-11",
    )  # fmt: skip
    indicator = plan["toys"].indicators.create(label="Séances", unit="séances", baseline_value=4)
    IndicatorMeasure.objects.create(indicator=indicator, measured_on="2026-03", value=9, source="CCAS")
    return plan


@pytest.fixture
def meeting(cast, bodies):
    """The fifth COPIL, prepared: the usual agenda, a point of words, two decisions of the one before."""
    by = cast.city_officer
    before = Meeting.objects.create(body=bodies["copil"], uid="quatre", rank=4, held_on="2024-03")
    meeting_operations.close_meeting(by=by, meeting=before, base_version=before.version)
    Decision.objects.create(
        convention=cast.convention, number=1, meeting=before, text="Écrire aux associations", due="2024-06",
        owner=bodies["actors"]["Ville"],
    )  # fmt: skip
    made = Meeting.objects.create(
        body=bodies["copil"], uid="cinq", rank=5, held_on="2026-11-12", place="Hôtel de ville"
    )
    meeting_operations.add_usual_items(by=by, meeting=made)
    meeting_operations.add_item(
        by=by, meeting=made, kind="text", title="Ouvrir le centre social",
        note="Deux sites <b>&</b> # $ étudiés.\nUn vote.",
        presenter="Élise Hoarau", minutes_long=20,
    )  # fmt: skip
    return Meeting.objects.select_related("body__convention").get(pk=made.pk)


@pytest.fixture
def held(cast, bodies, meeting):
    """The same once held: who came, what was said, a decision with its vote."""
    by, people = cast.city_officer, bodies["people"]
    meeting_operations.record_attendance(
        by=by,
        meeting=meeting,
        states={
            people["Élise Hoarau"].pk: ("present", ""),
            people["Anne Fontaine"].pk: ("represented", "Jean Técher"),
            people["Paul Grondin"].pk: ("excused", ""),
        },
        guests=[("Rose Dijoux", "ARS", "present")],
    )
    item = meeting.items.last()
    minutes.save_minutes(
        by=by, item=item, base_version=0, text="Le site de la Source est préféré.\n\nEn 2027."
    )
    Decision.objects.create(
        convention=cast.convention, number=2, meeting=meeting, item=item, text="Retenir le site de la Source",
        due="2027-S1", owner=bodies["actors"]["Ville"], n_for=2, n_against=0, n_abstained=1,
    )  # fmt: skip
    meeting.refresh_from_db()
    meeting_operations.close_meeting(by=by, meeting=meeting, base_version=meeting.version)
    return Meeting.objects.select_related("body__convention").get(pk=meeting.pk)


def plain(text):
    """Words alone: a document cuts lines, hyphenates and keeps spaces as it likes."""
    return re.sub(r"[\s\u00ad\u2010-]+", "", text)


def text_of(content, format):
    match format:
        case "pdf":
            return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
        case "docx":
            file = WordFile(io.BytesIO(content))
            cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
            return " ".join([*(one.text for one in file.paragraphs), *cells])
        case "pptx":
            told = []
            for slide in Presentation(io.BytesIO(content)).slides:
                for shape in slide.shapes:
                    if shape.has_text_frame:
                        told.append(shape.text_frame.text)
                    elif shape.has_table:
                        told += [cell.text for row in shape.table.rows for cell in row.cells]
            return " ".join(told)
    raise AssertionError(format)


def texts(document):
    for block in document.blocks:
        yield getattr(block, "text", "")
        yield from (item.text for item in getattr(block, "items", []))
        for row in [getattr(block, "header", []), *getattr(block, "rows", [])]:
            yield from row


def told(document):
    return " ".join(texts(document))


@pytest.mark.parametrize("format", ["pdf", "docx", "pptx"])
def test_the_pack_says_the_same_in_three_formats(cast, meeting, format):
    document = pack.pack_document(meeting, cast.reader)
    said = plain(text_of(pack.written(document, format), format))

    missing = [words for words in texts(document) if plain(words) not in said]
    assert missing == []


def test_the_pack_holds_what_a_steering_committee_looks_at(cast, meeting):
    said = told(pack.pack_document(meeting, cast.reader))

    assert "Ordre du jour" in said and "6. Points à décider" in said and "7. Ouvrir le centre social" in said
    # The rate with its denominator, the table by theme, and the fiche that is late.
    assert "1 des 4 fiches, soit 25" in said
    assert "Petite enfance" in said and "Tout le plan" in said
    assert "n° 1\u00a0: Écrire aux associations" in said and "en retard" in said
    assert "916\u202f000\u202f€" in said and "hors droit commun" in said
    # Amounts of two precisions are two lines: 345 000 € appears nowhere.
    assert "300\u202f000\u202f€" in said and "45\u202f000\u202f€" in said and "345\u202f000" not in said
    assert "Séances" in said and "9 (mars 2026), source\u00a0: CCAS" in said
    assert "Abstentions" in said
    assert "3 membres ont une voix. Le quorum demande 2 membres présents ou représentés." in said


def test_a_part_that_the_agenda_forgets_is_annexed(cast, meeting):
    for item in meeting.items.exclude(kind="text"):
        meeting_operations.remove_item(by=cast.city_officer, item=item)
    said = told(pack.pack_document(meeting, cast.reader))

    assert "En annexe\u00a0: Avancement du plan" in said
    assert "En annexe\u00a0: Actions en retard" in said


def test_the_hours_of_points_are_known_as_long_as_each_says_how_long_it_lasts(cast, meeting):
    meeting.starts_at = datetime(2026, 11, 12, 5, 0, tzinfo=UTC)
    items = list(meeting.items.all())
    items[2].minutes_long = None

    # Five in the morning in UTC is nine in Saint-Denis.
    assert pack.hours_of(meeting, items) == ["09:00", "09:15", "09:30", "", "", "", ""]


def test_the_minutes_tell_who_came_what_was_said_and_what_was_decided(cast, held):
    said = told(pack.minutes_document(held, cast.reader))

    assert "Quorum atteint\u00a0: 2 voix présentes ou représentées sur 3, 2 demandées." in said
    assert "représenté par Jean Técher" in said and "Rose Dijoux" in said
    assert "Le site de la Source est préféré." in said
    assert "Retenir le site de la Source" in said and "2 pour, 0 contre, 1 abstention" in said
    assert "premier semestre 2027" in said
    assert "n’est pas encore approuvé" in said
    meeting_operations.approve_minutes(
        by=cast.city_officer, meeting=held, base_version=held.version, on="2027-01"
    )
    held.refresh_from_db()
    assert "Compte rendu approuvé\u00a0: janvier 2027." in told(pack.minutes_document(held, cast.reader))


def test_what_a_meeting_saw_is_not_what_stands_today(cast, bodies, held):
    before = told(pack.pack_document(held, cast.reader))
    bodies["plan"]["roof"].status = "done"
    bodies["plan"]["roof"].save()

    assert "1 des 4 fiches, soit 25" in before
    assert told(pack.pack_document(held, cast.reader)) == before


def test_minutes_nobody_wrote_say_so(cast, meeting):
    said = told(pack.minutes_document(meeting, cast.reader))

    assert "on ne sait pas qui était là" in said
    assert "Rien n’a été noté sur ce point." in said
    assert "la réunion n’est pas close" in said


@pytest.mark.parametrize("name", ["meeting_pack", "meeting_minutes"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_pdf_is_readable_without_eyes(client, cast, held, name, language):
    client.force_login(cast.reader)
    address = reverse(name, args=[cast.convention.slug, held.pk, "pdf"])
    response = client.get(f"/en{address}" if language == "en" else address)

    assert response.status_code == 200
    assert_pdf_ua(response.content)


def test_slides_are_titled_one_by_one_and_their_pictures_described(cast, meeting):
    deck = Presentation(io.BytesIO(pack.written(pack.pack_document(meeting, cast.reader), "pptx")))
    titles = [one.shapes.title.text for one in deck.slides]

    assert titles[0] == "5e COPIL\u00a0: dossier de séance"
    assert len(set(titles)) == len(titles)
    pictures = [shape for slide in deck.slides for shape in slide.shapes if shape.shape_type == 13]
    alts = [shape._element.xpath(".//p:cNvPr")[0].get("descr") for shape in pictures]
    assert alts
    assert all("Actions par état" in alt for alt in alts)


def test_the_zip_holds_the_pack_the_minutes_and_the_papers(client, cast, held):
    paper = SimpleUploadedFile("../Étude: site.pdf", b"%PDF-1.7\n%%EOF", "application/pdf")
    meeting_operations.add_paper(by=cast.city_officer, meeting=held, upload=paper)
    client.force_login(cast.reader)
    response = client.get(reverse("meeting_pack", args=[cast.convention.slug, held.pk, "zip"]))

    names = zipfile.ZipFile(io.BytesIO(response.content)).namelist()
    assert [one for one in names if not one.startswith("pieces/")] == [
        f"{name}.{format}"
        for name in ("dossier-de-seance", "compte-rendu")
        for format in ("pdf", "docx", "pptx")
    ]  # fmt: skip
    (kept,) = [one for one in names if one.startswith("pieces/")]
    assert ".." not in kept and kept.endswith(".pdf")


def test_papers_too_heavy_together_are_named_in_the_zip_and_left_on_the_page(cast, held, monkeypatch):
    for name in ("bilan.pdf", "budget.pdf"):
        paper = SimpleUploadedFile(name, b"%PDF-1.7\n%%EOF", "application/pdf")
        meeting_operations.add_paper(by=cast.city_officer, meeting=held, upload=paper)
    monkeypatch.setattr(pack, "MOST_BYTES", 20)
    monkeypatch.setattr(pack, "WRITERS", {})

    zipped = zipfile.ZipFile(io.BytesIO(pack.archive(held, cast.reader)))
    assert sorted(zipped.namelist()) == ["a-lire.txt", "pieces/01-bilan.pdf"]
    said = zipped.read("a-lire.txt").decode()
    assert "la page de la réunion" in said and said.endswith("budget.pdf\n")


def test_a_meeting_without_agenda_members_nor_plan_has_a_pack_all_the_same(cast):
    body = body_operations.create_body(
        by=cast.city_officer, convention=cast.convention, kind="group", name="Groupe <b>neuf</b>"
    )
    bare = Meeting.objects.create(body=body, uid="nue", rank=1)
    document = pack.pack_document(bare, cast.reader)

    assert "L’ordre du jour n’a encore aucun point." in told(document)
    assert "Personne ne siège encore" in told(document)
    assert_pdf_ua(pack.written(document, "pdf"))


def test_nobody_reads_the_meeting_of_another_convention(client, cast, meeting):
    client.force_login(cast.neighbour)
    for name in ("meeting_pack", "meeting_minutes"):
        there = reverse(name, args=[cast.convention.slug, meeting.pk, "pdf"])
        mine = reverse(name, args=[cast.other_convention.slug, meeting.pk, "pdf"])
        assert client.get(there).status_code == 404
        assert client.get(mine).status_code == 404


def test_a_format_nobody_writes_is_not_found(client, cast, meeting):
    client.force_login(cast.reader)
    for name, format in (("meeting_pack", "odp"), ("meeting_minutes", "zip")):
        assert client.get(reverse(name, args=[cast.convention.slug, meeting.pk, format])).status_code == 404


OFFICE = shutil.which("libreoffice")
# LibreOffice may be there without Impress, which opens slides: then python-pptx alone reads them here.
HAS_IMPRESS = OFFICE and Path(OFFICE).resolve().with_name("libsdlo.so").exists()
FORMATS = ["docx", "pptx"] if HAS_IMPRESS else ["docx"]


@pytest.mark.skipif(not OFFICE, reason="LibreOffice is not installed.")
@pytest.mark.parametrize("format", FORMATS)
def test_libreoffice_opens_what_we_write(cast, held, tmp_path, format):
    source = tmp_path / f"dossier.{format}"
    source.write_bytes(pack.written(pack.pack_document(held, cast.reader), format))
    subprocess.run(
        [OFFICE, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf",
         "--outdir", str(tmp_path), str(source)],
        check=True, capture_output=True, timeout=90,
    )  # fmt: skip

    opened = text_of((tmp_path / "dossier.pdf").read_bytes(), "pdf")
    assert plain("Ouvrir le centre social") in plain(opened)
