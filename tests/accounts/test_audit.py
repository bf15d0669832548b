"""The audit trail: nothing can be changed in it, and what was changed shows."""

import random
import re
import threading
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction

from ansanm.accounts import audit, triggers
from ansanm.accounts.models import AuditEntry, User

pytestmark = pytest.mark.database
COLUMNS = [field.column for field in AuditEntry._meta.concrete_fields]


@pytest.fixture
def trail(db, django_capture_on_commit_callbacks):
    """Twelve deeds, with the head written outside as after real commits."""
    user = User.objects.create_user("a@example.org", first_name="A", last_name="B")
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(12):
            audit.record("figure.declare", by=user, target=f"figure:{number}", after={"value": number / 7})
    return user


def rows():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM accounts_auditentry ORDER BY position")
        return [list(row) for row in cursor.fetchall()]


def rewrite(new):
    """What somebody who owns the database can do: drop the triggers, write any rows."""
    triggers.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_auditentry")
        cursor.executemany(
            f"INSERT INTO accounts_auditentry ({', '.join(COLUMNS)}) "
            f"VALUES ({', '.join(['%s'] * len(COLUMNS))})",
            new,
        )


def test_an_untouched_trail_is_whole(trail):
    assert audit.verify() == audit.Verification(12)


def test_an_empty_trail_is_whole(db):
    assert audit.verify().ok


def test_a_deed_keeps_who_what_before_and_after(cast):
    with transaction.atomic():
        entry = audit.record(
            "convention.update",
            by=cast.city_officer,
            target=cast.convention,
            convention=cast.convention,
            before={"name": "a", "stage": "x"},
            after={"name": "b", "stage": "x"},
        )
    entry = AuditEntry.objects.get(pk=entry.pk)

    assert entry.actor == cast.city_officer
    assert entry.changes == [("name", "a", "b")]
    assert entry in AuditEntry.objects.for_convention(cast.convention)
    assert entry not in AuditEntry.objects.for_convention(cast.other_convention)


@pytest.mark.django_db(transaction=True)
def test_a_deed_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        audit.record("x", by=None, target="x")


def test_no_name_nor_address_of_a_person_stays_in_the_trail(cast):
    from ansanm.accounts.operations import add_user, update_user

    user = add_user(
        by=cast.administrator, email="perroquet@example.org", first_name="Perroquet", last_name="Zoreil"
    )
    update_user(by=cast.administrator, user=user, last_name="Grondin", email="perroquet2@example.org")
    text = str(rows()).lower()

    assert not any(word in text for word in ("perroquet", "zoreil", "grondin"))


@pytest.mark.parametrize("column", triggers.FROZEN)
def test_the_database_refuses_to_change_a_column(trail, column):
    value = {"position": "99", "at": "'2020-01-01 00:00:00'"}.get(column, "'x'")
    with (
        pytest.raises(DatabaseError, match="never changes"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE accounts_auditentry SET {column} = {value} WHERE position = 3")


def test_the_database_refuses_to_delete(trail):
    with pytest.raises(DatabaseError, match="never"), transaction.atomic():
        AuditEntry.objects.filter(position=12).delete()


def test_the_database_refuses_to_give_a_deed_to_somebody_else(trail):
    other = User.objects.create_user("c@example.org", first_name="C", last_name="D")
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        AuditEntry.objects.filter(position=1).update(actor=other)


def test_an_erased_person_leaves_their_deeds(trail):
    trail.delete()

    entry = AuditEntry.objects.get(position=1)
    assert entry.actor is None
    assert entry.actor_key.startswith("accounts.user:")
    assert audit.verify().ok


def test_a_fork_cannot_be_stored(trail):
    entry = AuditEntry.objects.get(position=12)
    entry.position = 13
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.save(force_insert=True)


def tamper(original, chance):
    """One random change of the stored trail, and the position from which it no longer is the same."""
    new = [list(row) for row in original]
    kind = chance.choice(["edit", "delete", "swap", "cut", "insert"])
    at = chance.randrange(len(new))
    if kind == "edit":
        column = chance.choice([name for name in COLUMNS if name != "actor_id"])
        index = COLUMNS.index(column)
        if column == "position":
            new[at][index] += 100
        elif column == "at":
            new[at][index] = original[(at + 1) % len(original)][index]
        else:
            text = new[at][index]
            where = chance.randrange(len(text) or 1)
            # Another letter in place of one: a longer text could be refused for its length alone.
            new[at][index] = (
                text[:where] + ("é" if text[where : where + 1] != "é" else "a") + text[where + 1 :]
            )
    elif kind == "delete":
        del new[at]
    elif kind == "swap":
        other = chance.choice([number for number in range(len(new)) if number != at])
        position = COLUMNS.index("position")
        new[at][position], new[other][position] = new[other][position], new[at][position]
    elif kind == "cut":
        new = new[:at]
    else:
        forged = list(new[at])
        forged[COLUMNS.index("position")] = len(new) + 1
        forged[COLUMNS.index("hash")] = "f" * 64
        forged[COLUMNS.index("previous_hash")] = chance.choice([new[-1][COLUMNS.index("hash")], "e" * 64])
        new.append(forged)
    return kind, new


def test_a_thousand_tamperings_are_all_found(trail):
    chance = random.Random(20261123)
    original = rows()
    unseen = []
    for _attempt in range(1000):
        kind, new = tamper(original, chance)
        rewrite(new)
        if audit.verify().ok:
            unseen.append((kind, new))

    assert unseen == []
    rewrite(original)
    assert audit.verify().ok


def test_a_trail_recomputed_from_an_edit_on_is_found_by_its_head(trail):
    """Somebody who also recomputes every hash after the edit makes a valid chain, but not the same."""
    entries = list(AuditEntry.objects.order_by("position"))
    triggers.remove(connection)
    AuditEntry.objects.all().delete()
    previous = entries[0].previous_hash
    entries[4].after_json = '{"value":0}'
    for entry in entries:
        entry.previous_hash = previous
        entry.hash = previous = audit.seal(entry)
        entry.save(force_insert=True)

    found = audit.verify()

    assert (found.ok, found.reason) == (False, "cut")


def test_a_missing_head_is_said(trail):
    audit.head_file().unlink()

    assert audit.verify().reason == "no_head"


def test_the_head_never_goes_back():
    audit.export_head(7, "a" * 64)
    audit.export_head(5, "b" * 64)

    assert audit.read_head() == (7, "a" * 64)


@pytest.mark.django_db(transaction=True)
def test_deeds_at_the_same_moment_make_one_chain():
    failures = []

    def act(name):
        try:
            for number in range(10):
                with transaction.atomic():
                    audit.record("test", by=None, target=f"{name}:{number}")
        except DatabaseError as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=(f"thread {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert audit.verify() == audit.Verification(60)


def test_the_page_says_where_the_trail_is_broken(cast, client, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        audit.record("test", by=cast.administrator, target="x")
    client.force_login(cast.administrator)
    assert "Le journal est intact" in client.get("/compte/journal/").content.decode()

    original = rows()
    original[2][COLUMNS.index("verb")] = "tampered"
    rewrite(original)

    assert "L’entrée 3 a été modifiée après coup" in client.get("/compte/journal/").content.decode()


def test_the_page_filters_by_address(cast, client):
    with transaction.atomic():
        audit.record("figure.declare", by=cast.caf_adviser, target="figure:1")
    client.force_login(cast.administrator)

    page = client.get("/compte/journal/?verb=figure&who=caf_adviser").content.decode()

    assert page.count("figure.declare") == 1
    assert "role.set" not in page


def test_every_deed_has_words():
    from ansanm.accounts.trail import DEEDS
    from ansanm.conventions.history import verbs as of_conventions

    verbs = set()
    for file in Path(settings.BASE_DIR, "ansanm").rglob("*.py"):
        verbs |= set(re.findall(r'\brecord\(\s*"([a-z_]+\.[a-z_]+)"', file.read_text()))

    assert len(verbs) > 20
    assert verbs <= DEEDS.keys() | of_conventions()


@pytest.mark.usefixtures("own_observations")
def test_the_journal_says_figures_in_words_and_no_small_count(client, cast):
    from ansanm.territories import declared

    place = cast.convention.territories.get()
    figure = declared.declare_figure(
        by=cast.city_officer,
        territory=place,
        variable="caf_rsa",
        period="2023-12",
        value=3,
        source_title="Rapport",
        source_on=date(2024, 1, 31),
        convention=cast.convention,
    )
    declared.correct_figure(
        by=cast.city_officer, figure=figure, version=1, convention=cast.convention, source_title="Fichier"
    )
    client.force_login(cast.administrator)

    page = client.get("/compte/journal/?verb=chiffre corrigé").content.decode()
    rows = page.partition("<tbody>")[2]

    assert "Chiffre corrigé" in rows and "Chiffre déclaré" not in rows
    assert "commune:97411" not in rows and ", Saint-Denis" in rows
    assert "Source : Rapport → Fichier" in rows.replace("\xa0", " ").replace("\u202f", " ")
    declared_rows = (
        client.get("/compte/journal/?verb=figure.declare").content.decode().partition("<tbody>")[2]
    )
    assert "décembre 2023" in declared_rows and "Valeur : – → secret<" in declared_rows.replace("\xa0", " ")
    assert "→ 3<" not in declared_rows
