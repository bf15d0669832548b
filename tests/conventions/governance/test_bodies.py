"""Who sits where, who left, and what is forgotten of them."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import history
from ansanm.conventions.governance import body_operations as operations
from ansanm.conventions.governance import decisions, meeting_operations
from ansanm.conventions.governance.rows import StaleRow
from ansanm.conventions.governance.seats import current_seats
from ansanm.conventions.models import Body, Participant
from tests.conventions.governance.people import committee, meeting, person, seat


def test_a_member_who_left_is_invited_no_more_and_their_seat_stands_vacant(cast):
    body, people = committee(cast)
    paul = people["Paul Grondin"]
    held = meeting(cast, body, rank=1, starts_at=None, held_on="2026-02")
    meeting_operations.record_attendance(
        by=cast.city_officer, meeting=held, states={paul.pk: ("present", "")}
    )
    decision = decisions.take_decision(
        by=cast.city_officer, convention=cast.convention, text="Écrire au bailleur", owner_person=paul
    )

    operations.leave(by=cast.city_officer, participant=paul, on="2026-09-01")

    seats = current_seats(body)
    assert paul not in [one.participant for one in seats]
    assert sum(one.participant is None for one in seats) == 2
    assert [one.name for one in held.attendances.all()] == ["Paul Grondin"]
    with pytest.raises(ValidationError, match="Confiez"):
        operations.erase_participant(by=cast.city_officer, participant=paul)
    marie = people["Marie Hoarau"]
    assert operations.hand_over(by=cast.city_officer, participant=paul, to=marie, decisions=[decision]) == 1
    operations.erase_participant(by=cast.city_officer, participant=paul)
    decision.refresh_from_db()
    assert decision.owner_person == marie
    assert not Participant.objects.filter(name="Paul Grondin").exists()
    # The name is where it was minuted, and nowhere else: not in the trail either.
    assert [(one.name, one.participant) for one in held.attendances.all()] == [("Paul Grondin", None)]
    said = " ".join(
        f"{one.target_label}{one.before_json}{one.after_json}" for one in AuditEntry.objects.all()
    )
    assert "Grondin" not in said and "paul@example.org" not in said


def test_who_is_still_in_office_is_not_erased(cast):
    with pytest.raises(ValidationError, match="quitté"):
        operations.erase_participant(by=cast.city_officer, participant=person(cast, "Marie Hoarau"))


def test_nobody_sits_twice_in_a_body_nor_is_their_own_substitute(cast):
    body, people = committee(cast)
    marie = people["Marie Hoarau"]
    with pytest.raises(ValidationError) as refused:
        seat(cast, body, marie)
    assert "participant" in refused.value.message_dict
    mandate = body.mandates.get(participant=marie)
    seen = operations.fingerprint(mandate, operations.MANDATE_FACTS)
    with pytest.raises(ValidationError) as refused:
        operations.update_mandate(by=cast.city_officer, mandate=mandate, seen=seen, substitute=marie)
    assert "substitute" in refused.value.message_dict
    operations.update_mandate(
        by=cast.city_officer, mandate=mandate, seen=seen, substitute=people["Rita Técher"]
    )
    with pytest.raises(StaleRow):
        operations.update_mandate(by=cast.caf_adviser, mandate=mandate, seen=seen, role="member")


def test_a_body_with_a_meeting_to_come_is_not_put_in_the_bin(cast):
    body, _people = committee(cast)
    planned = meeting(cast, body)
    with pytest.raises(operations.StillMeets):
        operations.bin_body(by=cast.city_officer, body=body)
    meeting_operations.cancel_meeting(by=cast.city_officer, meeting=planned, base_version=1)
    operations.bin_body(by=cast.city_officer, body=body)
    assert not Body.objects.standing().filter(pk=body.pk).exists()
    operations.restore_body(by=cast.city_officer, body=body)
    assert Body.objects.standing().filter(pk=body.pk).exists()


def test_a_body_that_ends_ends_its_seats(cast):
    body, _people = committee(cast)
    operations.end_body(by=cast.city_officer, body=body, on="2026-06")
    assert set(body.mandates.values_list("ends_on", flat=True)) == {"2026-06"}
    assert current_seats(body) == []


def test_the_page_of_a_body_names_who_sits_and_hides_their_address_from_readers(cast, client):
    body, _people = committee(cast)
    client.force_login(cast.reader)
    page = client.get(reverse("body", args=[cast.convention.slug, body.pk])).content.decode()
    assert "Marie Hoarau" in page and "siège vacant" in page
    assert "marie@example.org" not in page
    assert client.get(reverse("participants", args=[cast.convention.slug])).status_code == 403
    # Neither is the body of one convention at an address of another.
    client.force_login(cast.neighbour)
    assert client.get(reverse("body", args=["sainte-marie", body.pk])).status_code == 404


def test_a_seat_is_added_with_its_person_and_organisation_in_one_page(cast, client):
    body, _people = committee(cast)
    client.force_login(cast.city_officer)
    sent = {
        "new_name": "Luc Fontaine", "new_function": "Directeur", "new_email": "luc@example.org",
        "actor": "Mission locale Nord", "role": "member", "has_vote": "on", "starts_on": "janvier 2026",
    }  # fmt: skip
    url = reverse("mandate_add", args=[cast.convention.slug, body.pk])
    assert client.post(url, sent).status_code == 302
    made = body.mandates.get(participant__name="Luc Fontaine")
    assert (str(made.actor), made.starts_on, made.participant.email) == (
        "Mission locale Nord", "2026-01", "luc@example.org",
    )  # fmt: skip
    # Refused, it leaves no person behind.
    assert (
        client.post(
            url, {"new_name": "Ana Law", "role": "member", "starts_on": "2026", "ends_on": "2020"}
        ).status_code
        == 422
    )
    assert not Participant.objects.filter(name="Ana Law").exists()


def test_two_people_who_correct_a_body_are_shown_both_versions(cast, client):
    body, _people = committee(cast)
    client.force_login(cast.city_officer)
    url = reverse("body_edit", args=[cast.convention.slug, body.pk])
    operations.update_body(by=cast.caf_adviser, body=body, base_version=1, name="Copil de la CTG")
    sent = {"kind": "copil", "name": "Comité de pilotage élargi", "version": "1"}
    answer = client.post(url, sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Copil de la CTG" in page and "Comité de pilotage élargi" in page
    body.refresh_from_db()
    assert body.name == "Copil de la CTG"


def test_every_deed_has_its_words_in_the_journal(cast):
    body, people = committee(cast)
    held = meeting(cast, body)
    meeting_operations.add_usual_items(by=cast.city_officer, meeting=held)
    operations.leave(by=cast.city_officer, participant=people["Rita Técher"], on="2026")
    entries = AuditEntry.objects.for_convention(cast.convention)
    told = [f"{one.deed}" for one in history.told(entries)]
    assert any("a créé l’instance «\u00a0Comité de pilotage\u00a0»" in one for one in told)
    assert not [one for one in told if "body." in one or "meeting." in one or "agenda." in one]
    assert "participant." not in " ".join(told)
