"""A decision is numbered once, owned, followed until done, and reminded once when due, once when late."""

import io
from datetime import date, timedelta

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from ansanm.conventions.governance import body_operations, meeting_operations
from ansanm.conventions.governance import decisions as operations
from ansanm.conventions.governance.agenda import is_late
from ansanm.conventions.models import Decision, Notice
from ansanm.conventions.plan import digests, notices, preferences
from ansanm.jobs.models import OutgoingMail
from ansanm.ui.documents.sheets import read_csv
from tests.conventions.governance.people import committee, meeting, person
from tests.conventions.plan_fixtures import small_plan


def take(cast, text="Ouvrir une halte-jeux", **facts):
    return operations.take_decision(by=cast.city_officer, convention=cast.convention, text=text, **facts)


def test_numbers_follow_one_another_in_a_convention_whatever_the_meeting(cast):
    body, _people = committee(cast)
    first, second = take(cast), take(cast, meeting=meeting(cast, body))
    other = operations.take_decision(by=cast.neighbour, convention=cast.other_convention, text="Ailleurs")
    assert (first.number, second.number, other.number) == (1, 2, 1)
    with pytest.raises(ValidationError):
        operations.take_decision(
            by=cast.neighbour, convention=cast.other_convention, text="x", meeting=second.meeting
        )


def test_news_move_it_until_it_is_done_and_dropping_it_asks_why(cast):
    decision = take(cast)
    operations.give_news(by=cast.caf_adviser, decision=decision, text="Local trouvé", state="started")
    with pytest.raises(ValidationError, match="pourquoi"):
        operations.give_news(by=cast.caf_adviser, decision=decision, state="dropped")
    operations.give_news(by=cast.caf_adviser, decision=decision, state="done", done_on="2026-11")
    decision.refresh_from_db()
    assert (decision.state, decision.done_on, decision.notes.count()) == ("done", "2026-11", 2)
    operations.give_news(by=cast.caf_adviser, decision=decision, state="started")
    decision.refresh_from_db()
    assert decision.done_on == ""


def test_each_is_reminded_once_when_due_and_once_when_late(cast):
    marie = person(cast, "Marie Hoarau", user=cast.caf_adviser)
    decision = take(cast, due="2026-06-30", owner_person=marie)
    take(cast, "Sans échéance")
    today = date(2026, 6, 1)
    told = [operations.remind(today + timedelta(days=n)) for n in range(60)]
    assert sum(told) == 2 and [n for n, one in enumerate(told) if one] == [15, 30]
    assert set(Notice.objects.values_list("user", "decision", "kind")) == {
        (cast.caf_adviser.pk, decision.pk, "decision")
    }
    # Another date is another reminder.
    operations.update_decision(by=cast.city_officer, decision=decision, base_version=1, due="2026-09-30")
    assert operations.remind(date(2026, 9, 20)) == 1


def test_a_vague_date_is_late_once_it_is_wholly_past(cast):
    take(cast, due="2026-S1")
    assert operations.remind(date(2026, 6, 10)) == 0
    assert operations.remind(date(2026, 6, 30)) == 1
    assert not is_late(Decision.objects.get(), date(2026, 6, 30))
    assert is_late(Decision.objects.get(), date(2026, 7, 1))


def test_the_reminder_is_in_the_digest_and_not_once_it_is_done(cast, client):
    marie = person(cast, "Marie Hoarau", user=cast.reader)
    decision = take(cast, due=timezone.localdate().isoformat(), owner_person=marie)
    operations.remind()
    client.force_login(cast.reader)
    page = client.get(reverse("follow_up")).content.decode()
    assert "Décision n° 1" in page and "attend une suite" in page
    user = cast.reader
    preferences.set_rhythm(by=user, rhythm="at_once")
    digests.send_due(timezone.now() + timedelta(minutes=1))
    sent = OutgoingMail.objects.get(to=user.email)
    assert "Ouvrir une halte-jeux" in sent.text and f"/decisions/{decision.pk}/" in sent.text
    operations.give_news(by=cast.city_officer, decision=decision, state="done")
    assert not notices.to_read(user).exists()


def test_a_decision_nobody_with_an_account_owns_is_told_to_those_who_hold_the_bodies(cast):
    take(cast, due="2026-01", owner_person=person(cast, "Marie Hoarau"))
    operations.remind(date(2026, 3, 1))
    assert set(Notice.objects.values_list("user", flat=True)) == {cast.city_officer.pk, cast.caf_adviser.pk}


def test_the_list_is_narrowed_by_its_address_and_exported_as_seen(cast, client):
    body, _people = committee(cast)
    marie = person(cast, "Zoé Rivière", user=cast.city_officer)
    take(cast, "=HYPERLINK(1)", due="2020", meeting=meeting(cast, body), owner_person=marie)
    take(cast, "Signer la convention avec le bailleur", n_for=7, n_against=0, n_abstained=1)
    done = take(cast, "Faite déjà", due="2020")
    operations.give_news(by=cast.city_officer, decision=done, state="done")
    client.force_login(cast.city_officer)

    def numbers(**query):
        answer = client.get(reverse("decisions_export", args=[cast.convention.slug, "csv"]), query)
        return [row[0] for row in read_csv(answer.content)[1:]]

    assert numbers() == ["1", "2", "3"]
    assert numbers(late="on") == numbers(mine="on") == numbers(body=body.pk) == ["1"]
    assert numbers(state="open") == ["1", "2"] and numbers(q="bailleur") == ["2"]
    assert numbers(state="nonsense") == ["1", "2", "3"]
    page = client.get(reverse("decisions", args=[cast.convention.slug]), {"late": "on"}).content.decode()
    assert '<strong class="num">1</strong> sur 3' in page
    book = client.get(reverse("decisions_export", args=[cast.convention.slug, "xlsx"]))
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[1]
    assert sheet["B2"].value == "=HYPERLINK(1)" and sheet["B2"].data_type == "s"


def test_a_decision_is_read_on_the_fiche_it_is_about_and_taken_from_its_meeting(cast, client):
    plan = small_plan(cast)
    body, _people = committee(cast)
    held = meeting(cast, body)
    client.force_login(cast.city_officer)
    url = reverse("decision_new", args=[cast.convention.slug])
    asked = client.get(url, {"reunion": held.pk, "action": plan["toys"].pk}).content.decode()
    assert f'value="{held.pk}" selected' in asked and f'value="{plan["toys"].pk}" selected' in asked
    sent = {
        "text": "Acheter le camion", "meeting": held.pk, "actor": "Direction de l’enfance",
        "due": "second semestre 2027", "actions": [plan["toys"].pk], "version": "1",
    }  # fmt: skip
    assert client.post(url, sent).status_code == 302
    made = Decision.objects.get()
    assert (str(made.owner), made.due) == ("Direction de l’enfance", "2027-S2")
    fiche = client.get(plan["toys"].get_absolute_url()).content.decode()
    assert "Acheter le camion" in fiche
    operations.update_decision(
        by=cast.caf_adviser, decision=made, base_version=1, text="Acheter deux camions"
    )
    edit = reverse("decision_edit", args=[cast.convention.slug, made.pk])
    answer = client.post(edit, sent | {"text": "Louer un camion"})
    assert answer.status_code == 409 and "Acheter deux camions" in answer.content.decode()
    made.refresh_from_db()
    assert made.text == "Acheter deux camions"


def test_what_approved_minutes_print_of_a_decision_stays_and_who_follows_it_may_change(cast, client):
    body, people = committee(cast)
    held = meeting(cast, body, starts_at=None, held_on="2026-02")
    decision, elsewhere = take(cast, meeting=held, n_for=3), take(cast, "Hors réunion")
    meeting_operations.close_meeting(by=cast.city_officer, meeting=held, base_version=1)
    held.refresh_from_db()
    meeting_operations.approve_minutes(
        by=cast.city_officer, meeting=held, base_version=held.version, on="2026-03"
    )
    held.refresh_from_db()

    def update(one, **facts):
        one.refresh_from_db()
        return operations.update_decision(
            by=cast.city_officer, decision=one, base_version=one.version, **facts
        )

    for facts in ({"text": "Autre chose"}, {"meeting": None}, {"n_for": 4}):
        with pytest.raises(ValidationError, match="approuvé"):
            update(decision, **facts)
    with pytest.raises(ValidationError, match="approuvé"):
        update(elsewhere, meeting=held)
    with pytest.raises(ValidationError, match="approuvé"):
        take(cast, "Après coup", meeting=held)
    with pytest.raises(ValidationError, match="approuvé"):
        meeting_operations.update_meeting(
            by=cast.city_officer, meeting=held, base_version=held.version, place="Ailleurs"
        )
    update(decision, due="2027", owner_person=people["Marie Hoarau"], text=decision.text)
    decision.refresh_from_db()
    assert (decision.due, decision.owner_person, decision.n_for) == ("2027", people["Marie Hoarau"], 3)
    client.force_login(cast.city_officer)
    page = client.get(reverse("meeting", args=[cast.convention.slug, held.pk])).content.decode()
    assert "Enregistrer une décision" not in page and "Modifier la réunion" not in page


def test_another_person_is_reminded_anew_and_one_who_left_is_not(cast):
    marie = person(cast, "Marie Hoarau", user=cast.caf_adviser)
    rita = person(cast, "Rita Técher", user=cast.reader)
    decision = take(cast, due="2026-06-30", owner_person=marie)
    assert operations.remind(date(2026, 6, 20)) == 1
    operations.update_decision(by=cast.city_officer, decision=decision, base_version=1, owner_person=rita)
    assert operations.remind(date(2026, 6, 21)) == 1
    assert set(Notice.objects.values_list("user", flat=True)) == {cast.caf_adviser.pk, cast.reader.pk}
    Notice.objects.all().delete()
    body_operations.leave(by=cast.city_officer, participant=rita, on="2026-06-25")
    operations.remind(date(2026, 7, 2))
    assert cast.reader.pk not in Notice.objects.values_list("user", flat=True)
    assert cast.city_officer.pk in Notice.objects.values_list("user", flat=True)


def test_two_people_who_correct_a_decision_are_shown_all_that_differs_in_words(cast, client):
    plan = small_plan(cast)
    marie = person(cast, "Marie Hoarau")
    decision = take(cast, actions=[plan["toys"]])
    operations.update_decision(
        by=cast.caf_adviser, decision=decision, base_version=1, owner=plan["toys"].pilot, due="2027-S1",
        owner_person=marie, n_for=4, actions=[plan["toys"], plan["roof"]],
    )  # fmt: skip
    client.force_login(cast.city_officer)
    sent = {"text": decision.text, "actor": "Caf de La Réunion", "actions": [plan["toys"].pk], "version": "1"}
    answer = client.post(reverse("decision_edit", args=[cast.convention.slug, decision.pk]), sent)
    assert answer.status_code == 409
    assert {(one.label, one.before, one.after) for one in answer.context["stale"]} == {
        ("Organisme chargé de la suite", "Direction de l’enfance", "Caf de La Réunion"),
        ("Personne chargée de la suite", "Marie Hoarau", "–"),
        ("Échéance", "premier semestre 2027", "–"),
        ("Voix pour", "4", "–"),
        (
            "Actions concernées",
            "1.1 Visites à domicile\u202f; 1.2 Ludothèque à Ékouté",
            "1.2 Ludothèque à Ékouté",
        ),
    }
