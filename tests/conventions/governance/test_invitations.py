"""Each message once: to who sits, again to who was told when the meeting moves, and to nobody else."""

import re
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from ansanm.conventions.governance import body_operations, invitations
from ansanm.conventions.governance import meeting_operations as operations
from ansanm.conventions.models import Invitation
from ansanm.conventions.plan import feeds
from ansanm.jobs import outbox
from ansanm.jobs.models import OutgoingMail
from tests.conventions.governance.people import REUNION, committee, meeting, person, seat


def events(message):
    ((_name, content, kind),) = message.attachments
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    return event, kind


@pytest.fixture
def invited(cast):
    body, people = committee(cast)
    planned = meeting(cast, body, place="Hôtel de ville")
    invitations.send(by=cast.city_officer, meeting=planned)
    planned.refresh_from_db()
    return planned, people


def test_who_sits_is_written_to_once_with_an_event_at_the_hour_of_the_island(cast, invited):
    planned, _people = invited
    assert invitations.send(by=cast.city_officer, meeting=planned) == 0
    assert outbox.send_due() == 3
    assert outbox.send_due() == 0
    assert sorted(one.to[0] for one in mail.outbox) == [
        "marie@example.org", "paul@example.org", "rita@example.org",
    ]  # fmt: skip
    event, kind = events(mail.outbox[0])
    assert "method=REQUEST" in kind
    assert event["dtstart"].dt == datetime(2027, 3, 4, 14, 30, tzinfo=REUNION)
    assert event["dtstart"].params["TZID"] == "Indian/Reunion"
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(hours=2)
    assert event["sequence"] == 0
    assert "5e COPIL" in mail.outbox[0].subject and "14:30" in mail.outbox[0].subject


def test_a_meeting_moved_is_told_again_to_who_was_told_and_to_nobody_else(cast, invited):
    planned, people = invited
    late = person(cast, "Zoé Rivière")
    seat(cast, planned.body, late)
    body_operations.leave(by=cast.city_officer, participant=people["Rita Técher"], on="2026-01-05")
    outbox.send_due()
    mail.outbox.clear()
    invitations.answer(
        invitation=Invitation.objects.get(meeting=planned, participant=people["Marie Hoarau"]), answer="yes"
    )

    moved = operations.update_meeting(
        by=cast.city_officer, meeting=planned, base_version=planned.version,
        starts_at=datetime(2027, 3, 11, 9, 0, tzinfo=REUNION),
    )  # fmt: skip
    outbox.send_due()

    assert sorted(one.to[0] for one in mail.outbox) == ["marie@example.org", "paul@example.org"]
    event, _kind = events(mail.outbox[0])
    assert event["sequence"] == 1 and event["dtstart"].dt.day == 11
    assert moved.held_on == "2027-03-11"
    # « Je viens » to another day is no answer.
    assert Invitation.objects.get(meeting=moved, participant=people["Marie Hoarau"]).answer == ""
    shown = invitations.preview(moved)
    assert [one.participant for one in shown.to_write] == [late]
    assert [one.participant.name for one in shown.gone] == ["Rita Técher"]


def test_what_no_calendar_shows_is_told_to_nobody(cast, invited):
    planned, _people = invited
    outbox.send_due()
    mail.outbox.clear()
    operations.update_meeting(
        by=cast.city_officer, meeting=planned, base_version=planned.version, source_title="Délibération"
    )
    assert outbox.send_due() == 0


def test_a_cancelled_meeting_is_taken_off_the_calendars_of_who_was_told(cast, invited):
    planned, _people = invited
    outbox.send_due()
    mail.outbox.clear()
    n = operations.cancel_meeting(
        by=cast.city_officer, meeting=planned, base_version=planned.version, reason="Cyclone"
    )
    outbox.send_due()
    assert n == len(mail.outbox) == 3
    event, kind = events(mail.outbox[0])
    assert "method=CANCEL" in kind and event["status"] == "CANCELLED" and event["sequence"] == 1
    assert "Cyclone" in mail.outbox[0].body
    with pytest.raises(ValidationError):
        invitations.send(by=cast.city_officer, meeting=planned)


def test_a_meeting_nobody_was_invited_to_is_cancelled_in_silence(cast):
    body, _people = committee(cast)
    assert operations.cancel_meeting(by=cast.city_officer, meeting=meeting(cast, body), base_version=1) == 0
    assert not OutgoingMail.objects.exists()


def test_a_mail_server_that_is_down_sends_each_message_once_later(cast, invited, monkeypatch):
    def down(self):
        raise OSError("down")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", down)
    outbox.send_due()
    monkeypatch.undo()
    OutgoingMail.objects.update(next_at=timezone.now())
    assert outbox.send_due() == 3 and outbox.send_due() == 0
    assert len({one.to[0] for one in mail.outbox}) == len(mail.outbox) == 3


def test_a_meeting_without_a_day_invites_nobody_and_says_so(cast, client):
    body, people = committee(cast)
    planned = meeting(cast, body, starts_at=None, held_on="2027-03")
    people["Paul Grondin"].email = ""
    people["Paul Grondin"].save()
    client.force_login(cast.city_officer)
    url = reverse("meeting_invitations", args=[cast.convention.slug, planned.pk])
    assert client.post(url).status_code == 422
    assert "À appeler" in client.get(url).content.decode()
    operations.update_meeting(by=cast.city_officer, meeting=planned, base_version=1, held_on="2027-03-04")
    assert client.post(url).status_code == 302
    assert OutgoingMail.objects.count() == 2
    # Once told, the day may move but not vanish.
    planned.refresh_from_db()
    with pytest.raises(ValidationError, match="Convocations|convocations"):
        operations.update_meeting(
            by=cast.city_officer, meeting=planned, base_version=planned.version, held_on="2027-03"
        )


def test_an_answer_is_given_without_account_by_an_address_of_which_only_the_hash_is_kept(
    cast, invited, client
):
    planned, people = invited
    marie = Invitation.objects.get(meeting=planned, participant=people["Marie Hoarau"])
    token = invitations.token_of(planned, people["Marie Hoarau"])
    assert token not in str(Invitation.objects.values().get(pk=marie.pk))
    url = reverse("meeting_answer", args=[token])
    page = client.get(url)
    assert "Marie Hoarau" in page.content.decode() and "noindex" in page.headers["X-Robots-Tag"]
    assert client.post(url, {"answer": "represented"}).status_code == 422
    assert client.post(url, {"answer": "represented", "note": "Par Rita Técher"}).status_code == 200
    marie.refresh_from_db()
    assert (marie.answer, marie.note) == ("represented", "Par Rita Técher")
    lines = {one.name: one for one in operations.expected_presences(planned)}
    assert (lines["Marie Hoarau"].state, lines["Marie Hoarau"].represented_by) == (
        "represented", "Par Rita Técher",
    )  # fmt: skip
    assert client.get(reverse("meeting_answer", args=["autre"])).status_code == 404
    operations.close_meeting(by=cast.city_officer, meeting=planned, base_version=planned.version)
    assert client.post(url, {"answer": "no"}).status_code == 410


def test_what_somebody_typed_makes_no_line_nor_link_of_a_message(cast):
    body, _people = committee(cast)
    planned = meeting(cast, body, title="Bilan\r\nBcc: x@evil.example https://evil.example/")
    invitations.send(by=cast.city_officer, meeting=planned)
    outbox.send_due()
    message = mail.outbox[0]
    assert "https://evil" not in message.body
    assert "\nBcc" not in message.body and "Bcc" not in message.message()
    assert message.attachments[0][1].count("END:VCALENDAR") == 1


def test_the_feed_of_a_body_holds_its_meetings_and_nothing_else(cast, client):
    body, _people = committee(cast)
    other, _ = (
        body_operations.create_body(
            by=cast.city_officer, convention=cast.convention, kind="cotech", name="Cotech"
        ),
        None,
    )
    meeting(cast, body)
    meeting(cast, other, rank=None, starts_at=None, held_on="2027-04")
    client.force_login(cast.reader)
    page = client.post(reverse("body_feed", args=[cast.convention.slug, body.pk])).content.decode()
    token = re.search(r"/calendrier/([\w-]+)\.ics", page)[1]

    def summaries(token):
        content = client.get(reverse("calendar_feed", args=[token])).content
        return sorted(str(one["summary"]) for one in Calendar.from_ical(content).walk("VEVENT"))

    assert summaries(token) == ["5e COPIL"]
    _feed, whole = feeds.create_feed(by=cast.reader, convention=cast.convention)
    assert summaries(whole) == ["5e COPIL", "COTECH (avril 2027)"]
    feeds.revoke_feed(by=cast.reader, feed=cast.reader.feeds.get(body=body))
    assert client.get(reverse("calendar_feed", args=[token])).status_code == 410


def test_a_meeting_cancelled_twice_is_told_once(cast, invited, client):
    planned, _people = invited
    assert operations.cancel_meeting(by=cast.city_officer, meeting=planned, base_version=planned.version) == 3
    planned.refresh_from_db()
    operations.replan_meeting(by=cast.city_officer, meeting=planned, base_version=planned.version)
    planned.refresh_from_db()
    client.force_login(cast.city_officer)
    url = reverse("meeting_cancel", args=[cast.convention.slug, planned.pk])
    assert "aucun message ne partira" in client.get(url).content.decode()
    before = OutgoingMail.objects.count()
    said = client.post(url, {"version": planned.version}, follow=True).content.decode()
    assert "Personne n’y était convoqué" in said and OutgoingMail.objects.count() == before
    # Put back and announced again, it is told again.
    planned.refresh_from_db()
    operations.replan_meeting(by=cast.city_officer, meeting=planned, base_version=planned.version)
    assert invitations.send(by=cast.city_officer, meeting=planned) == 3


def test_a_corrected_address_is_written_to_and_the_others_are_not(cast, invited):
    planned, people = invited
    marie = people["Marie Hoarau"]
    outbox.send_due()
    mail.outbox.clear()
    body_operations.update_participant(
        by=cast.city_officer, participant=marie, base_version=1, email="marie.hoarau@example.org"
    )
    assert [one.participant for one in invitations.preview(planned).to_write] == [marie]
    assert invitations.send(by=cast.city_officer, meeting=planned) == 1
    assert invitations.send(by=cast.city_officer, meeting=planned) == 0
    outbox.send_due()
    (message,) = mail.outbox
    assert message.to == ["marie.hoarau@example.org"] and message.subject.startswith("Convocation")


def test_another_rank_is_another_name_in_the_calendars(cast, invited):
    planned, _people = invited
    outbox.send_due()
    mail.outbox.clear()
    operations.update_meeting(by=cast.city_officer, meeting=planned, base_version=planned.version, rank=6)
    assert outbox.send_due() == 3
    event, _kind = events(mail.outbox[0])
    assert str(event["summary"]) == "6e COPIL"
