"""A plan brought in: seen first, then all of it or nothing, and taken back in one deed."""

import io
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.models import Action, BulkEdit, PlanActor, PlanNode, Proposal
from ansanm.conventions.plan import importing, operations, uploads
from ansanm.conventions.plan.content import content_of
from ansanm.conventions.plan.reading import drafts, matching, source
from ansanm.conventions.plan.reading.grids import Cell, tidy
from tests.cast import CANARY
from tests.conventions import plan_samples as samples
from tests.conventions.test_plan_reading import CELLS, KEYS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_home(request, tmp_path):
    request.getfixturevalue("settings").HOME = tmp_path


def at(name, *arguments, slug="saint-denis"):
    return reverse(name, args=[slug, *arguments])


@pytest.fixture
def send(client, cast):
    client.force_login(cast.city_officer)

    def post(content, name="plan.xlsx", slug="saint-denis"):
        return client.post(at("plan_import", slug=slug), {"file": SimpleUploadedFile(name, content)})

    return post


def answers(page, **more):
    """What the page would send back: its ticket, its columns, its organisations."""
    context = page.context
    sent = {"ticket": context["ticket"], "shown": context["shown"]}
    sent |= {f"column-{one['index']}": one["field"] for one in context["headings"]}
    sent |= {f"organisation:{one.name}": one.choice for one in context["reading"].doubtful}
    return sent | more


def keep(client, page, **more):
    return client.post(at("plan_import_keep"), answers(page, **more))


def understood(content, convention, by, name="plan.xlsx"):
    found = source.read(name, content)
    plan = drafts.understand(found, matching.propose([one.text for one in found.headings], found.samples()))
    return importing.understand(plan, convention=convention, by=by)


# --- the journey of the sixty actions


def test_sixty_actions_with_errors_are_refused_corrected_and_imported(send, client, cast):
    wrong = send(samples.workbook(samples.planted(samples.rows())))
    assert wrong.status_code == 422
    text = wrong.content.decode()
    assert "6 cellules à corriger" in text
    assert all(cell in text for cell in samples.PLANTED)
    assert "«\u00a031 février 2026\u00a0» n’existe pas" in text
    assert not Action.objects.exists()
    # Even sent by hand, what is refused is not saved.
    assert keep(client, wrong).status_code == 409
    assert not Action.objects.exists() and not PlanActor.objects.exists()

    marked = client.post(at("plan_import_marked"), answers(wrong))
    book = openpyxl.load_workbook(io.BytesIO(marked.content))
    sheet = book["Plan"]
    for cell in samples.PLANTED:
        assert sheet[cell].fill.fgColor.rgb == "FFF3C9CF" and sheet[cell].comment is not None
    assert sheet["O3"].value == "À corriger"
    assert sheet["O20"].value.startswith("H20\u00a0: «\u00a031 février 2026\u00a0»")

    # Corrected in that very file, as its owner would.
    for cell in samples.PLANTED:
        row = samples.rows()[int(cell[1:]) - 4]
        sheet[cell].value = row[ord(cell[0]) - ord("A")]
    target = io.BytesIO()
    book.save(target)
    right = send(target.getvalue())
    assert right.status_code == 200, [one.message for one in right.context["reading"].errors]
    assert "60 fiches lues" in right.content.decode()
    done = keep(client, right)
    assert done.status_code == 302
    assert cast.convention.actions.standing().count() == 60
    page = client.get(done.url)
    assert "60 fiches ajoutées" in page.content.decode()
    first = cast.convention.actions.get(number="1")
    content = content_of(Action.objects.with_all().get(pk=first.pk))
    assert (content["starts"], content["ends"], content["lead_house"]) == ("2027", "<2029", "city")
    assert str(first.node) == "Objectif 2" and str(first.node.parent) == "Grandir et réussir"
    assert first.revisions.get().origin == "import"
    # Organisations and levels are made once, whatever the number of fiches that name them.
    assert sorted(PlanActor.objects.values_list("name", flat=True)) == sorted([*samples.PILOTS, "Les Filaos"])
    assert PlanNode.objects.filter(kind="stake").count() == 3

    again = send(samples.workbook(samples.rows()))
    assert again.status_code == 422
    assert "est déjà celui de" in again.content.decode()


def test_an_import_is_taken_back_in_one_deed_but_for_what_was_worked_on_since(send, client, cast):
    keep(client, send(samples.workbook(samples.rows(5))))
    bulk = BulkEdit.objects.get(kind="import")
    worked = cast.convention.actions.get(number="3")
    operations.update_action(by=cast.city_officer, action=worked, base_version=1, context="Revu")
    assert client.post(at("plan_undo", bulk.pk)).status_code == 302
    assert [one.number for one in cast.convention.actions.standing()] == ["3"]
    assert cast.convention.actions.binned().count() == 4
    assert "annulé" in client.get(at("plan_import_done", bulk.pk)).content.decode()


def test_a_csv_goes_back_marked_in_its_own_delimiter(send, client, cast):
    page = send(samples.csv_of(samples.planted(samples.rows(59))[:20]), "plan.csv")
    marked = client.post(at("plan_import_marked"), answers(page)).content.decode()
    header, *lines = marked.splitlines()
    assert header.endswith(";À corriger")
    assert sum("L’intitulé manque" in line for line in lines) == 1


def test_no_formula_leaves_in_a_marked_file(send, client, cast):
    table = samples.planted(samples.rows(59))
    table[0][3] = '=HYPERLINK("http://x","a")'
    book = openpyxl.load_workbook(io.BytesIO(samples.workbook(table)))
    book["Plan"]["Q4"] = "=1+1"
    book.defined_names["x"] = openpyxl.workbook.defined_name.DefinedName("x", attr_text="CALL(1)")
    target = io.BytesIO()
    book.save(target)
    page = send(target.getvalue())
    marked = client.post(at("plan_import_marked"), answers(page)).content
    back = openpyxl.load_workbook(io.BytesIO(marked))
    assert not back.defined_names
    assert all(cell.data_type != "f" for row in back["Plan"].iter_rows() for cell in row)


# --- organisations


def test_a_name_near_another_is_asked_and_kept_as_an_alias(send, client, cast):
    actor = PlanActor.objects.create(convention=cast.convention, name="Caf de La Réunion")
    page = send(
        "Action;Pilote;Partenaires\nGuichet;Caf Réunion;CCAS\nAtelier;CAF de la Réunion;C.C.A.S\n".encode(),
        "p.csv",
    )
    doubtful = {one.name: one for one in page.context["reading"].doubtful}
    assert f"actor:{actor.pk}" in dict(doubtful["Caf Réunion"].options)
    assert "CAF de la Réunion" not in doubtful  # The same words: nothing to ask.
    more = {"organisation:Caf Réunion": f"actor:{actor.pk}"}
    keep(client, page, **more)
    actor.refresh_from_db()
    assert actor.aliases == ["Caf Réunion"]
    assert {one.pilot for one in cast.convention.actions.all()} == {actor}


def test_an_organisation_of_the_neighbour_cannot_be_chosen(send, client, cast):
    theirs = PlanActor.objects.create(convention=cast.other_convention, name=f"CCAS {CANARY}")
    page = send(b"Action;Pilote\nGuichet;CCAS\n", "p.csv")
    assert CANARY not in page.content.decode()
    keep(client, page, **{"organisation:CCAS": f"actor:{theirs.pk}"})
    assert cast.convention.actions.get().pilot.convention == cast.convention


# --- fiches that are there already


def exported(client, cast, by, *, language="fr", kind="xlsx"):
    client.force_login(by)
    with override(language):
        return client.get(at("plan_export", kind)).content


@pytest.mark.parametrize(("language", "kind"), [("fr", "xlsx"), ("en", "xlsx"), ("fr", "csv"), ("en", "csv")])
def test_an_export_brought_back_unchanged_changes_nothing(send, client, cast, language, kind):
    rich = operations.create_action(
        by=cast.city_officer,
        convention=cast.convention,
        number="4",
        title="Ludothèque  mobile",
        description="Deux  lignes\net un point",
        starts=">2026-S2",
        status="paused",
        status_reason="Camion en panne",
        staff_fte="0.5",
        n_people_target=120,
        places=["commune:97411"],
        pilot=PlanActor.objects.create(convention=cast.convention, name="CCAS").pk,
        funding_note="Caf : 500 € par an",
        operations=[{"title": "Acheter", "calendar": "2026"}, {"title": "Rouler"}],
        milestones=[{"title": "Livraison", "due": "2026-T3", "done_on": ""}],
        indicators=[
            {
                "label": "Séances",
                "baseline_value": "12.5",
                "baseline_on": "2025",
                "targets": [
                    {"value": "40", "text": "", "due": "2027"},
                    {"value": None, "text": "plus", "due": ""},
                ],
            }
        ],
        financing=[
            {
                "funder": PlanActor.objects.create(convention=cast.convention, name="Caf").pk,
                "year": 2026,
                "amount_eur": "1234.5",
                "precision": "about",
                "scope": "par an",
                "source_title": "",
                "source_url": "",
            }
        ],
    )
    page = send(exported(client, cast, cast.city_officer, language=language, kind=kind), f"plan.{kind}")
    (row,) = page.context["reading"].rows
    assert (row.outcome, row.changed, page.context["reading"].errors) == ("unchanged", [], [])
    assert Action.objects.get().version == rich.version


def test_what_the_file_changes_is_joined_with_what_others_saved_since(send, client, cast):
    action = operations.create_action(
        by=cast.city_officer, convention=cast.convention, number="1", title="Guichet", context="Loin"
    )
    file = exported(client, cast, cast.city_officer)
    operations.update_action(by=cast.caf_adviser, action=action, base_version=1, publics="Familles")
    book = openpyxl.load_workbook(io.BytesIO(file))
    sheet = book["Actions"]
    place = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, place["Constat"]).value = "Trop loin"
    target = io.BytesIO()
    book.save(target)
    page = send(target.getvalue())
    assert page.context["reading"].rows[0].changed == ["context"]
    keep(client, page)
    action.refresh_from_db()
    assert (action.context, action.publics, action.version) == ("Trop loin", "Familles", 3)

    # The same file again: this time somebody rewrote what it changes.
    operations.update_action(by=cast.caf_adviser, action=action, base_version=3, context="Tout près")
    page = send(target.getvalue())
    (problem,) = page.context["reading"].errors
    assert "Constat" in problem.message and "Tout près" in problem.message
    assert action.revisions.count() == 4


def test_what_the_other_house_owns_is_proposed_to_it(send, client, cast):
    operations.create_action(by=cast.city_officer, convention=cast.convention, number="1", title="Guichet")
    book = openpyxl.load_workbook(io.BytesIO(exported(client, cast, cast.caf_adviser)))
    sheet = book["Actions"]
    place = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, place["État"]).value = "En cours"
    target = io.BytesIO()
    book.save(target)
    client.force_login(cast.caf_adviser)
    page = client.post(at("plan_import"), {"file": SimpleUploadedFile("plan.xlsx", target.getvalue())})
    assert "1 champ sera proposé à l’autre maison" in page.content.decode()
    keep(client, page)
    assert Action.objects.get().status == "planned"
    assert Proposal.objects.get().after == {"status": "started"}


def test_a_plan_that_moved_between_the_preview_and_the_save_is_shown_again(send, client, cast):
    page = send(b"N;Action\n1;Guichet\n", "plan.csv")
    operations.create_action(by=cast.caf_adviser, convention=cast.convention, number="1", title="Autre")
    again = keep(client, page)
    assert again.status_code == 409
    assert Action.objects.count() == 1


@given(
    st.lists(st.sampled_from(KEYS), min_size=1, max_size=10),
    st.lists(st.lists(CELLS, min_size=10, max_size=10), min_size=1, max_size=4),
)
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip
def test_what_the_preview_accepts_is_written_whole(cast, mapping, table):
    headings = [Cell(key, f"{chr(65 + i)}1") for i, key in enumerate(["title", *mapping])]
    records = [
        source.Record(
            f"A{line}",
            {
                i: [Cell(tidy(text), f"{chr(65 + i)}{line}")]
                for i, text in enumerate([f"Guichet {line}", *row[: len(mapping)]])
            },
        )
        for line, row in enumerate(table, start=2)
    ]
    plan = drafts.understand(
        source.Source("p.csv", "csv", headings=headings, records=records), ["title", *mapping]
    )
    with transaction.atomic():
        reading = importing.understand(plan, convention=cast.convention, by=cast.city_officer)
        if not reading.errors:
            bulk = importing.save(reading, convention=cast.convention, by=cast.city_officer)
            assert len(bulk.versions) == len(plan.drafts)
            for one in Action.objects.with_all():
                content_of(one)
        transaction.set_rollback(True)


# --- who may, and where


def test_a_ticket_is_of_one_person_and_one_convention(send, client, cast):
    page = send(samples.workbook(samples.rows(2)))
    client.force_login(cast.caf_adviser)
    assert keep(client, page).status_code == 302
    assert not Action.objects.exists()
    client.force_login(cast.neighbour)
    stolen = client.post(at("plan_import_keep", slug="sainte-marie"), answers(page))
    assert stolen.url == at("plan_import", slug="sainte-marie")
    assert client.post(at("plan_import_keep"), answers(page)).status_code == 404
    assert not Action.objects.exists()


def test_the_neighbour_sees_no_import_of_ours(send, client, cast):
    keep(client, send(samples.workbook(samples.rows(2))))
    bulk = BulkEdit.objects.get(kind="import")
    client.force_login(cast.neighbour)
    assert client.get(at("plan_import_done", bulk.pk)).status_code == 404
    assert client.get(at("plan_import_done", bulk.pk, slug="sainte-marie")).status_code == 404


def test_a_file_left_behind_is_swept_away_the_next_day(send, client, cast):
    send(samples.workbook(samples.rows(1)))
    (left,) = uploads.folder().iterdir()
    assert left.stat().st_mode & 0o077 == 0
    os.utime(left, (time.time() - 90_000,) * 2)
    send(samples.workbook(samples.rows(1)))
    assert left not in uploads.folder().iterdir()


def test_the_journal_tells_an_import_in_words(send, client, cast):
    keep(client, send(samples.workbook(samples.rows(2))))
    page = client.get(at("convention_journal")).content.decode()
    assert "a importé un plan d’actions" in page and "plan.xlsx" in page


def test_a_long_import_is_a_job_that_does_what_was_shown(send, client, cast):
    from ansanm.jobs.models import Job
    from ansanm.jobs.worker import Worker

    page = send(samples.workbook(samples.rows(90)))
    waiting = keep(client, page)
    job = Job.objects.get()
    assert waiting.url == job.get_absolute_url() and not Action.objects.exists()
    # The trail keeps no word of the plan for ever in the arguments of a job.
    assert set(job.arguments) == {"token", "convention", "user"}
    assert Worker().run_one()
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")
    assert Action.objects.count() == 90
    assert client.get(job.report["url"]).status_code == 200
    assert AuditEntry.objects.filter(verb="plan.import").count() == 1


# --- kill -9


# Starts once; then, for each line it reads, a child that brings the plan in.
NURSERY = """
import os, sys, django
django.setup()
from ansanm.cli import main
while sys.stdin.readline():
    child = os.fork()
    if not child:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 1); os.dup2(devnull, 2)
        os._exit(main(["plan", "import", sys.argv[1], "--convention", "essai"]))
    sys.stdout.write(f"{child}\\n"); sys.stdout.flush()
    sys.stdin.readline()
    _pid, status = os.waitpid(child, 0)
    sys.stdout.write(f"{status}\\n"); sys.stdout.flush()
"""


def prepared(folder):
    """A home with an empty convention, made once and copied for each try."""
    environment = os.environ | {
        "ANSANM_HOME": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings", "ANSANM_LANG": "fr",
        "ANSANM_DEMO": "1", "DATABASE_URL": f"sqlite:///{folder}/ansanm.sqlite3",
    }  # fmt: skip
    made = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('migrate', verbosity=0)\n"
        "from ansanm.conventions.models import Convention\n"
        "Convention.objects.create(name='Essai', slug='essai')\n"
    )
    subprocess.run([sys.executable, "-c", made], env=environment, check=True, capture_output=True)
    return environment


@pytest.mark.django_db(transaction=True)
def test_fifty_imports_killed_at_any_moment_leave_all_or_nothing(tmp_path):
    environment = prepared(tmp_path)
    file = tmp_path / "plan.xlsx"
    file.write_bytes(samples.workbook(samples.rows(8)))
    database = tmp_path / "ansanm.sqlite3"
    nursery = subprocess.Popen(
        [sys.executable, "-c", NURSERY, str(file)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def born() -> int:
        nursery.stdin.write("go\n")
        nursery.stdin.flush()
        return int(nursery.stdout.readline())

    def buried() -> int:
        # Not before: the number of a dead child that was waited for may be somebody else's.
        nursery.stdin.write("bury\n")
        nursery.stdin.flush()
        return int(nursery.stdout.readline())

    def counts():
        with sqlite3.connect(database) as base:
            found = [
                base.execute(f"SELECT count(*) FROM conventions_{table}").fetchone()[0]
                for table in ("action", "actionrevision", "bulkedit", "plannode", "planactor")
            ]
        base.close()
        return found

    def empty():
        with sqlite3.connect(database) as base:
            base.execute("PRAGMA foreign_keys=OFF")
            tables = "SELECT name FROM sqlite_master WHERE type='table' AND name LIKE 'conventions_%'"
            kept = {"conventions_convention"}
            for (table,) in base.execute(tables).fetchall():
                if table not in kept:
                    base.execute(f"DELETE FROM {table}")
        base.close()

    born()
    assert buried() == 0
    empty()
    began = time.perf_counter()
    born()
    assert buried() == 0
    lasts = time.perf_counter() - began
    full = counts()
    assert full[0] == 8
    shuffled = random.Random(4)
    outcomes = []
    for _try in range(50):
        empty()
        child = born()
        time.sleep(shuffled.uniform(0, lasts * 1.1))
        os.kill(child, signal.SIGKILL)
        buried()
        found = counts()
        assert found in (full, [0, 0, 0, 0, 0]), found
        outcomes.append(found[0])
    nursery.stdin.close()
    assert nursery.wait() == 0
    nursery.stdout.close()
    assert 0 in outcomes


# --- command line and consistency pages


def test_the_consistency_of_a_native_plan_leads_to_its_fiches(client, cast):
    action = operations.create_action(
        by=cast.city_officer, convention=cast.convention, title="Guichet", context="À compléter"
    )
    client.force_login(cast.reader)
    page = client.get(at("plan_consistency")).content.decode()
    assert reverse("action", args=["saint-denis", action.pk]) in page
    assert "À compléter" in page and "Calendrier vide" in page
    book = openpyxl.load_workbook(io.BytesIO(client.get(at("plan_consistency_export", "xlsx")).content))
    assert book.worksheets[1]["B2"].value == "Texte à remplacer"
    assert client.get(at("plan_consistency_export", "odt")).status_code == 404


def test_a_published_count_is_compared_with_the_fiches(client, cast):
    operations.create_action(by=cast.city_officer, convention=cast.convention, title="Guichet")
    cast.convention.reported_figures.create(
        kind="count", label="Actions du plan", value=52, unit="actions", source_title="Presse 2023"
    )
    client.force_login(cast.city_officer)
    assert (
        "«\u00a052 actions\u00a0»\u202f; il y a 1 fiche"
        in client.get(at("plan_consistency")).content.decode()
    )


def test_the_template_is_read_back_by_the_import(send, client, cast):
    empty = client.get(at("plan_import_template")).content
    book = openpyxl.load_workbook(io.BytesIO(empty))
    assert "Version" not in [cell.value for cell in book["Actions"][1]]
    book["Actions"].append(["1", "Guichet"])
    book["Opérations"].append(["1", "Recruter"])
    book["Financements"].append(["1", "Caf", 2026, 5000])
    target = io.BytesIO()
    book.save(target)
    keep(client, send(target.getvalue()))
    action = cast.convention.actions.get()
    assert action.operations.get().title == "Recruter"
    assert action.financing_lines.get().amount_eur == 5000


def test_check_from_the_command_line_needs_no_convention(tmp_path, capsys):
    from ansanm.cli import main

    file = tmp_path / "plan.xlsx"
    file.write_bytes(samples.workbook(samples.planted(samples.rows())))
    assert main(["plan", "check", str(file), "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert {one["cell"] for one in told["errors"]} == set(samples.PLANTED)
    assert told["n_actions"] == 60
    file.write_bytes(samples.workbook(samples.rows()))
    assert main(["plan", "check", str(file)]) == 0
    assert re.search(r"60 fiches lues", capsys.readouterr().out)
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    assert main(["plan", "check", str(tmp_path / "old.xls")]) == 1
    assert "ancien format" in capsys.readouterr().err


def test_import_from_the_command_line_is_all_or_nothing(cast, tmp_path, capsys):
    from ansanm.cli import main

    file = tmp_path / "plan.xlsx"
    bring = ["plan", "import", str(file), "--convention", "saint-denis", "--by", "city_officer@example.org"]
    file.write_bytes(samples.workbook(samples.planted(samples.rows())))
    assert main(bring) == 1
    assert "H20" in capsys.readouterr().err
    file.write_bytes(samples.workbook(samples.rows(6)))
    assert main([*bring, "--dry-run"]) == 0
    assert not Action.objects.exists()
    assert main(bring) == 0
    assert cast.convention.actions.count() == 6
    assert main(["plan", "import", str(file), "--convention", "nulle-part"]) == 1
