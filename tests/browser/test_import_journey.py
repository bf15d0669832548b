"""Sixty actions in a browser: refused with their cells, corrected in their own file, brought in, undone."""

import io
from pathlib import Path

import openpyxl
import pytest

from tests.browser.test_pages import LOOKS, SCRIPTS
from tests.conventions import plan_samples as samples

# One worker: the pages share a server and a browser.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def officer(site):
    return site.page_for("city_officer")


def faults(watched, looks=LOOKS):
    found = []
    for width, scheme in looks:
        watched.look(width=width, scheme=scheme)
        found += [f"{width} px, {scheme}: {one}" for one in watched.page.evaluate(SCRIPTS["probe"])]
        found += [f"{width} px, {scheme}: {one}" for one in watched.axe()]
    watched.look(width=1280, scheme="light")
    return found


def choose(site, page, name, content):
    page.goto(f"{site.url}/conventions/saint-denis/plan/importer/")
    page.set_input_files("#file", {"name": name, "mimeType": "application/octet-stream", "buffer": content})
    page.get_by_role("button", name="Lire le fichier, sans rien enregistrer").click()
    page.wait_for_load_state()


def test_sixty_actions_are_refused_corrected_imported_and_taken_back(site, officer):
    page = officer.page
    held = site.cast.convention.actions.standing().count()
    choose(site, page, "plan.xlsx", samples.workbook(samples.planted(samples.rows())))
    told = page.inner_text(".error-summary")
    assert "6 cellules à corriger" in told
    assert all(cell in told for cell in samples.PLANTED)
    assert faults(officer) == []

    with page.expect_download() as waiting:
        page.get_by_role("button", name="Reprendre le fichier, erreurs marquées").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    sheet = book["Plan"]
    for cell in samples.PLANTED:
        assert sheet[cell].comment is not None
        sheet[cell].value = samples.rows()[int(cell[1:]) - 4][ord(cell[0]) - ord("A")]
    sheet["F6"].value = "CCAS St Deniss"
    target = io.BytesIO()
    book.save(target)

    choose(site, page, "plan.xlsx", target.getvalue())
    assert "60 fiches lues" in page.inner_text("main")
    # A name like another is asked, and the person answers.
    page.get_by_label("CCAS St Deniss").select_option(label="CCAS de Saint-Denis")
    assert faults(officer) == []
    page.get_by_role("button", name="Enregistrer 60 fiches").click()
    page.wait_for_load_state()
    assert "60 fiches ajoutées" in page.inner_text("main")
    assert faults(officer, LOOKS[:1] + LOOKS[-1:]) == []
    assert site.cast.convention.actors.get(name="CCAS de Saint-Denis").aliases == ["CCAS St Deniss"]

    page.get_by_role("button", name="Annuler").click()
    page.wait_for_load_state()
    assert site.cast.convention.actions.standing().count() == held


def test_a_hostile_file_is_refused_in_words(site, officer):
    choose(site, officer.page, "ancien.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100)
    assert "ancien format" in officer.page.inner_text(".error-summary")
    assert faults(officer, LOOKS[:1]) == []
