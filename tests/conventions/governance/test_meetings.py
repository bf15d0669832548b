"""A meeting: its rank and its date apart, its live agenda frozen at the close, who came, its quorum."""

import re
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from ansanm.conventions.governance import agenda, decisions, invitations, minutes, pack, sheets
from ansanm.conventions.governance import meeting_operations as operations
from ansanm.conventions.governance.listing import upcoming
from ansanm.conventions.governance.words import full_name
from ansanm.conventions.governance.zones import zone_of
from ansanm.conventions.models import ActionRevision, AgendaItem, Meeting
from ansanm.conventions.plan import news
from ansanm.conventions.plan.operations import update_action
from tests.conventions.governance.people import committee, meeting
from tests.conventions.plan_fixtures import small_plan


def test_the_fifth_copil_of_november_2024_has_a_rank_a_month_and_no_hour(cast):
    body, _people = committee(cast)
    fifth = meeting(cast, body, starts_at=None, held_on="2024-11")
    assert full_name(fifth) == "5e COPIL, novembre 2024"
    assert operations.next_rank(body) == 6
    with pytest.raises(ValidationError, match="rang"):
        meeting(cast, body, rank=5, starts_at=None, held_on="2025")
    with pytest.raises(ValidationError):
        operations.create_meeting(by=cast.city_officer, body=body)


def test_a_body_of_another_contract_does_not_meet_here(cast):
    body, _people = committee(cast, is_external=True)
    with pytest.raises(ValidationError, match="autre dispositif"):
        meeting(cast, body)


def test_nine_o_clock_is_nine_where_people_meet(cast, client):
    body, _people = committee(cast)
    client.force_login(cast.city_officer)
    sent = {"body": body.pk, "rank": "2", "held_on": "4 mars 2027", "hour": "9 h", "minutes_long": "90"}
    assert client.post(reverse("meeting_new", args=[cast.convention.slug]), sent).status_code == 302
    made = Meeting.objects.get(rank=2)
    assert (made.starts_at.utctimetuple().tm_hour, made.held_on) == (5, "2027-03-04")
    page = client.get(reverse("meeting", args=[cast.convention.slug, made.pk])).content.decode()
    assert "4 mars 2027 à 09:00" in page
    refused = client.post(
        reverse("meeting_new", args=[cast.convention.slug]), sent | {"held_on": "mars 2027", "rank": "3"}
    )
    assert refused.status_code == 422
    guadeloupe = cast.other_convention.territories.get()
    guadeloupe.departement_code = "971"
    guadeloupe.save()
    assert zone_of(cast.other_convention).key == "America/Guadeloupe"


def test_the_next_meetings_come_in_order_and_those_held_or_cancelled_do_not(cast):
    body, _people = committee(cast)
    later = meeting(cast, body, rank=7, starts_at=None, held_on="2027-06")
    soon = meeting(cast, body, rank=6)
    gone = meeting(cast, body, rank=8, starts_at=None, held_on="2027-05-01")
    operations.cancel_meeting(by=cast.city_officer, meeting=gone, base_version=1)
    meeting(cast, body, rank=4, starts_at=None, held_on="2026-01")
    assert upcoming(cast.convention, date(2027, 3, 1)) == [soon, later]
    # A month that is not over may still hold it.
    assert upcoming(cast.convention, date(2027, 6, 20)) == [later]


def test_the_quorum_counts_voices_present_or_represented_and_is_frozen_at_the_close(cast):
    body, people = committee(cast)
    held = meeting(cast, body)
    marie, paul, rita = people.values()
    operations.record_attendance(
        by=cast.city_officer, meeting=held,
        states={marie.pk: ("present", ""), paul.pk: ("absent", ""), rita.pk: ("present", "")},
        guests=[("Un habitant", "", "present")],
    )  # fmt: skip
    # Rita has no voice, nor has a guest.
    assert operations.quorum_of(held).reached == 1
    operations.record_attendance(
        by=cast.city_officer, meeting=held, states={paul.pk: ("represented", "Rita Técher")}
    )
    closed = operations.close_meeting(by=cast.city_officer, meeting=held, base_version=1)
    assert closed.quorum_result == {"needed": 2, "reached": 2, "of": 2, "is_met": True}
    body.quorum = 9
    body.save()
    assert operations.quorum_of(Meeting.objects.get(pk=held.pk)).is_met
    with pytest.raises(operations.Closed):
        operations.record_attendance(by=cast.city_officer, meeting=held, states={})
    paul.name = "Paul Autrement"
    paul.save()
    assert "Paul Grondin" in [one.name for one in held.attendances.all()]


def test_the_live_agenda_says_what_moved_since_the_last_meeting_and_stays_as_it_was_seen(cast):
    plan = small_plan(cast)
    body, people = committee(cast)
    first = meeting(cast, body, rank=1, starts_at=None, held_on="2026-01-15")
    operations.close_meeting(by=cast.city_officer, meeting=first, base_version=1)
    ActionRevision.objects.update(at="2026-01-10T08:00:00Z")
    toys = update_action(by=cast.city_officer, action=plan["toys"], base_version=1, status="done").action
    decisions.take_decision(
        by=cast.city_officer, convention=cast.convention, text="Ouvrir une halte-jeux", meeting=first,
        due="2026-02", owner_person=people["Marie Hoarau"],
    )  # fmt: skip
    today = timezone.localdate()
    second = meeting(cast, body, rank=2, starts_at=None, held_on=today.isoformat())
    operations.add_usual_items(by=cast.city_officer, meeting=second)
    assert operations.add_usual_items(by=cast.city_officer, meeting=second) == 0

    live = agenda.Live.of(second, cast.city_officer, today=date(2026, 5, 3))
    progress = live.part("progress")
    assert [row.cells for row in progress.rows] == [("1.2 Ludothèque à Ékouté", "En cours", "Réalisée")]
    assert "2 des 4 fiches" in progress.sentence and progress.since == "2026-01-15"
    followed = live.part("decisions")
    assert followed.rows[0].cells[3] == "en retard" and "Marie Hoarau" in followed.rows[0].cells[1]
    assert dict(followed.figures)["prises depuis la réunion précédente"] == "1"
    money = live.part("money")
    assert {row.cells[0] for row in money.rows} == {"1.1 Visites à domicile", "Idée à creuser"}
    assert live.part("late_actions").sentence.startswith("Aucune") and live.part("text") is None
    assert live.part("action", action=toys).rows[0].cells == ("État", "Réalisée")

    operations.close_meeting(by=cast.city_officer, meeting=second, base_version=1)
    update_action(by=cast.city_officer, action=toys, base_version=2, status="abandoned", status_reason="Fin")
    frozen = dict((item.kind, part) for item, part in agenda.parts_of(second, cast.city_officer))
    assert frozen["progress"].is_frozen and "2 des 4 fiches" in frozen["progress"].sentence
    assert frozen["progress"].rows == progress.rows
    # What people saw does not change when the meeting is opened again.
    second.refresh_from_db()
    operations.replan_meeting(by=cast.city_officer, meeting=second, base_version=second.version)
    assert "2 des 4" in agenda.parts_of(second, cast.city_officer)[0][1].sentence


def test_a_meeting_of_years_ago_is_not_shown_the_plan_of_today(cast, client):
    small_plan(cast)
    body, _people = committee(cast)
    old = meeting(cast, body, starts_at=None, held_on="2024-11")
    operations.add_usual_items(by=cast.city_officer, meeting=old)
    operations.close_meeting(by=cast.city_officer, meeting=old, base_version=1)
    assert not [part for _item, part in agenda.parts_of(Meeting.objects.get(), cast.reader) if part]
    client.force_login(cast.reader)
    page = client.get(reverse("meeting", args=[cast.convention.slug, old.pk])).content.decode()
    assert "n’a pas été gardé" in page and "Tel que vu" not in page


def test_an_indicator_that_moved_stands_beside_what_it_was_and_its_target(cast):
    plan = small_plan(cast)
    update_action(
        by=cast.city_officer, action=plan["toys"], base_version=1,
        indicators=[{"label": "Séances", "baseline_value": "4", "baseline_on": "2024",
                     "targets": [{"value": "12", "text": "", "due": "2026"}]}],
    )  # fmt: skip
    indicator = plan["toys"].indicators.get()
    news.add_measure(by=cast.city_officer, indicator=indicator, measured_on="2025", value="8")
    part = agenda.Live(cast.convention, cast.city_officer).part("indicators")
    assert part.rows[0].cells[1:] == ("4 (2024)", "8 (2025)", "12 (2026)")


def test_points_are_moved_by_buttons_and_one_with_minutes_stays(cast, client):
    body, _people = committee(cast)
    held = meeting(cast, body)
    for title in ("Un", "Deux", "Trois"):
        operations.add_item(by=cast.city_officer, meeting=held, title=title, minutes_long=40)
    client.force_login(cast.city_officer)
    third = held.items.get(title="Trois")
    client.post(reverse("item_shift", args=[cast.convention.slug, held.pk, third.pk]), {"to": "up"})
    assert [one.title for one in held.items.all()] == ["Un", "Trois", "Deux"]
    page = client.get(reverse("meeting", args=[cast.convention.slug, held.pk])).content.decode()
    assert "2\u00a0h prévues" in page
    minutes.save_minutes(by=cast.city_officer, item=third, base_version=0, text="Dit")
    # Emptied, its versions are still somebody's words.
    minutes.save_minutes(by=cast.city_officer, item=third, base_version=1, text="")
    with pytest.raises(ValidationError, match="compte rendu"):
        operations.remove_item(by=cast.city_officer, item=third)
    operations.close_meeting(by=cast.city_officer, meeting=held, base_version=1)
    assert (
        client.post(
            reverse("item_add", args=[cast.convention.slug, held.pk]), {"kind": "text", "title": "x"}
        ).status_code
        == 422
    )


def test_a_paper_is_kept_with_the_meeting_and_the_sheet_to_sign_names_who_sits(cast, client):
    body, _people = committee(cast)
    held = meeting(cast, body)
    client.force_login(cast.city_officer)
    upload = SimpleUploadedFile("bilan.pdf", b"%PDF-1.7\n%%EOF")
    url = reverse("paper_add", args=[cast.convention.slug, held.pk])
    assert client.post(url, {"file": upload, "title": "Bilan"}).status_code == 302
    paper = held.papers.get()
    client.post(reverse("paper_remove", args=[cast.convention.slug, held.pk, paper.pk]))
    assert not held.papers.exists()
    answer = client.get(reverse("attendance_sheet", args=[cast.convention.slug, held.pk, "docx"]))
    assert answer.status_code == 200 and answer.content[:2] == b"PK"


def test_the_calendar_of_a_year_holds_each_meeting_in_its_month(cast, client):
    body, _people = committee(cast)
    meeting(cast, body)
    meeting(cast, body, rank=4, starts_at=None, held_on="2027")
    client.force_login(cast.reader)
    page = client.get(reverse("meetings_calendar", args=[cast.convention.slug]), {"annee": "2027"})
    said = page.content.decode()
    assert "2 réunions cette année-là" in said and "Sans mois connu" in said
    found = client.get(reverse("meetings", args=[cast.convention.slug]), {"when": "2027", "state": "held"})
    assert "Aucune réunion ne répond" in found.content.decode()


def test_enter_on_the_attendance_page_saves_and_takes_nobody_off(cast, client):
    body, _people = committee(cast)
    held = meeting(cast, body)
    operations.record_attendance(
        by=cast.city_officer, meeting=held, states={}, guests=[("Luc Payet", "ARS", "present")]
    )
    client.force_login(cast.city_officer)
    url = reverse("meeting_attendance", args=[cast.convention.slug, held.pk])
    page = client.get(url).content.decode()
    # The first button of a form is the one that Enter presses: « Retirer » is of another form.
    main = page[page.index('<form method="post" novalidate') :].split("</form>")[0]
    buttons = [one for one in re.findall(r"<button[^>]*>", main) if "form=" not in one]
    assert len(buttons) == 1 and "btn-primary" in buttons[0]
    assert 'form="remove-guest" name="remove_guest"' in main and 'id="remove-guest"' in page
    guest = held.attendances.get()
    assert client.post(url, {"remove_guest": guest.pk}).status_code == 302
    assert not held.attendances.exists()


def test_what_somebody_answered_is_on_no_paper_that_every_reader_prints(cast):
    body, people = committee(cast)
    held = meeting(cast, body)
    invitations.answer_for(by=cast.city_officer, meeting=held, participant=people["Marie Hoarau"], given="no")
    (answered,) = [one.answered for one in operations.expected_presences(held) if one.name == "Marie Hoarau"]
    assert answered == "ne vient pas"
    for blocks in (sheets.attendance_document(held).blocks, list(pack.expected(held))):
        (table,) = [one for one in blocks if hasattr(one, "rows")]
        assert "Réponse" not in table.header and "Marie Hoarau" in [row[0] for row in table.rows]
        assert not [cell for row in table.rows for cell in row if answered in cell]
        assert {len(row) for row in table.rows} == {len(table.header)} == {len(table.widths)}


def test_two_people_who_move_a_meeting_are_shown_both_hours(cast, client):
    body, _people = committee(cast)
    planned = meeting(cast, body)
    client.force_login(cast.city_officer)
    url = reverse("meeting_edit", args=[cast.convention.slug, planned.pk])
    operations.update_meeting(by=cast.caf_adviser, meeting=planned, base_version=1, rank=None)
    sent = {"rank": "5", "held_on": "11 mars 2027", "hour": "9 h", "version": "1"}
    answer = client.post(url, sent)
    assert answer.status_code == 409
    assert {(one.label, one.before, one.after) for one in answer.context["stale"]} == {
        ("Rang", "–", "5"), ("Date", "4 mars 2027", "11 mars 2027"), ("Heure", "14:30", "09:00"),
    }  # fmt: skip


def test_a_point_taken_off_meanwhile_is_told_and_not_a_fault(cast, client):
    body, _people = committee(cast)
    planned = meeting(cast, body)
    item = operations.add_item(by=cast.city_officer, meeting=planned, title="Budget")
    operations.remove_item(by=cast.caf_adviser, item=AgendaItem.objects.get(pk=item.pk))
    for deed in (
        lambda: operations.update_item(by=cast.city_officer, item=item, seen="", title="x"),
        lambda: operations.remove_item(by=cast.city_officer, item=item),
        lambda: operations.shift_item(by=cast.city_officer, item=item, by_places=1),
        lambda: minutes.save_minutes(by=cast.city_officer, item=item, base_version=0, text="Dit"),
    ):
        with pytest.raises(ValidationError, match="n’est plus à l’ordre du jour"):
            deed()
