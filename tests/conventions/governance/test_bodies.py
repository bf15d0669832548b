"""Who sits where, who left, and what is forgotten of them."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import history
from ansanm.conventions.governance import body_operations as operations
from ansanm.conventions.governance import decisions, meeting_operations
from ansanm.conventions.governance.overlap import Standing
from ansanm.conventions.governance.rows import StaleRow
from ansanm.conventions.governance.seats import current_seats
from ansanm.conventions.models import Body, Participant
from ansanm.territories.versions import StaleVersion
from tests.conventions.governance.people import committee, meeting, person, seat
from tests.conventions.plan_fixtures import small_plan


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


def test_a_seat_with_a_planned_end_stands_vacant_too_until_that_end(cast):
    body, people = committee(cast)
    paul = people["Paul Grondin"]
    body.mandates.filter(participant=paul).update(ends_on="2028-06")
    ended = seat(cast, body, paul, starts_on="2020", ends_on="2021")
    operations.leave(by=cast.city_officer, participant=paul, on="2026")
    assert sorted(paul.mandates.values_list("ends_on", flat=True)) == ["2021", "2026"]
    ended.refresh_from_db()
    assert ended.ends_on == "2021"
    successor = body.mandates.get(participant=None, starts_on="2026")
    assert (str(successor.actor), successor.ends_on) == ("Caf de La Réunion", "2028-06")
    # Counted once while the vague day of the departure is not over.
    on = date(2026, 9, 1)
    assert len(Standing(cast.convention, on).seats[body.pk]) == len(current_seats(body, on)) == 4


def test_a_decision_handed_over_is_another_version_of_it(cast):
    marie, paul = person(cast, "Marie Hoarau"), person(cast, "Paul Grondin")
    decision = decisions.take_decision(
        by=cast.city_officer, convention=cast.convention, text="Écrire au bailleur", owner_person=paul
    )
    operations.hand_over(by=cast.city_officer, participant=paul, to=marie, decisions=[decision])
    with pytest.raises(StaleVersion):
        decisions.update_decision(by=cast.caf_adviser, decision=decision, base_version=1, owner_person=paul)


def test_a_body_whose_meetings_decided_is_ended_and_not_put_in_the_bin(cast, client):
    body, _people = committee(cast)
    held = meeting(cast, body, starts_at=None, held_on="2026-02")
    meeting_operations.close_meeting(by=cast.city_officer, meeting=held, base_version=1)
    decisions.take_decision(by=cast.city_officer, convention=cast.convention, text="Ouvrir", meeting=held)
    client.force_login(cast.city_officer)
    url = reverse("body_delete", args=[cast.convention.slug, body.pk])
    assert "ont pris des décisions" in client.post(url, follow=True).content.decode()
    assert Body.objects.standing().filter(pk=body.pk).exists()


def test_the_conflict_of_a_body_a_seat_or_a_contact_is_told_in_words(cast, client):
    small_plan(cast)
    body, people = committee(cast)
    marie = people["Marie Hoarau"]
    housing = cast.convention.themes.get(slug="housing")
    operations.update_body(
        by=cast.caf_adviser, body=body, base_version=1, is_external=True, starts_on="2024-03",
        meetings_per_year=Decimal("2.5"), themes=[housing], places=[],
    )  # fmt: skip
    client.force_login(cast.city_officer)

    def conflict(url, **sent):
        answer = client.post(url, sent)
        assert answer.status_code == 409
        return {one.label: (one.before, one.after) for one in answer.context["stale"]}

    slug = cast.convention.slug
    told = conflict(
        reverse("body_edit", args=[slug, body.pk]), kind="cotech", name="Comité de pilotage", version="1",
        quorum="2", usual_minutes="120",
    )  # fmt: skip
    assert told["Type"] == ("Comité de pilotage (COPIL)", "Comité technique (COTECH)")
    assert told["Thématiques"] == ("Logement", "–") and told["Depuis"] == ("mars 2024", "–")
    assert told["Réunions par an"] == ("2,5", "–")
    assert [pair for pair in told.values() if pair == ("oui", "non")]
    assert len(told) == 5

    mandate = body.mandates.get(participant=marie)
    caf = cast.convention.actors.get(name="Caf de La Réunion")
    operations.update_mandate(
        by=cast.caf_adviser, mandate=mandate, actor=caf, has_vote=False, ends_on="2028",
        seen=operations.fingerprint(mandate, operations.MANDATE_FACTS),
    )  # fmt: skip
    told = conflict(
        reverse("mandate_edit", args=[slug, body.pk, mandate.pk]), participant=marie.pk, role="member",
        has_vote="on", seen="old",
    )  # fmt: skip
    assert told == {
        "Pour quel organisme": ("Caf de La Réunion", "–"), "Rôle": ("préside", "membre"),
        "A une voix": ("non", "oui"), "Fin du mandat": ("2028", "–"),
    }  # fmt: skip

    operations.update_participant(
        by=cast.caf_adviser, participant=marie, base_version=1, actor=caf, user=cast.reader
    )
    told = conflict(
        reverse("participant", args=[slug, marie.pk]), name="Marie Hoarau", email=marie.email, version="1"
    )
    assert told == {
        "Organisme": ("Caf de La Réunion", "–"),
        "Son compte sur la plateforme": (str(cast.reader), "–"),
    }


def test_a_page_of_many_bodies_asks_no_more(cast, client, django_assert_max_num_queries):
    client.force_login(cast.reader)
    url = reverse("bodies", args=[cast.convention.slug])
    committee(cast)
    with CaptureQueriesContext(connection) as asked:
        client.get(url)
    for _n in range(4):
        committee(cast)
    with django_assert_max_num_queries(len(asked)):
        client.get(url)
