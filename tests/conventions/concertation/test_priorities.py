"""Needs are ranked together: every ballot counts once complete, ties show, the result is kept as it was."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.concertation import priority_operations as operations
from ansanm.conventions.concertation.priority_forms import Ballot
from ansanm.conventions.concertation.priority_operations import NotNow
from ansanm.conventions.concertation.results import result_of
from ansanm.conventions.models import Need, PrioritySession, PriorityVote
from ansanm.territories.versions import StaleVersion
from tests.conventions.concertation.written import ballot, cells, decide, need, session

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client, cast):
    client.force_login(cast.city_officer)
    return client


def address(name, made, *args):
    return reverse(name, args=[made.convention.slug, made.pk, *args])


def closed(cast, made, minutes="Tout le monde était là."):
    return operations.close_session(by=cast.city_officer, session=made, minutes=minutes)


def test_the_table_ranks_by_weighted_marks_and_says_where_parties_part(cast, officer):
    made = session(cast, ["Crèche", "Bus", "Piscine"])
    ballot(cast, made, "Ville", [3, 1, 1, 3, 0, 0])
    ballot(cast, made, "Caf", [3, 3, 1, 3, 3, 3])

    result = result_of(made)

    # Crèche (3·2+1)/3 and 3; Bus 5/3 twice; Piscine 0 and 3.
    assert [(one.label, one.rank, one.score, one.outcome) for one in result.lines] == [
        ("Crèche", "1", "2,67", "kept"),
        ("Bus", "2", "1,67", "out"),
        ("Piscine", "3", "1,50", "out"),
    ]
    assert [one.label for one in result.parted] == ["Piscine"]
    assert result.parted[0].apart == "Caf en haut (3), Ville en bas (0)"
    page = officer.get(address("priority", made)).content.decode()
    assert "2 bulletins complets sur 2" in page and "Caf en haut (3), Ville en bas (0)" in page
    assert "Sans le vote de «" in page or "les mêmes propositions sont retenues" in page


def test_a_tie_on_the_line_is_for_the_table_to_part(cast):
    made = session(cast, ["Crèche", "Bus", "Piscine"], n_to_keep=2)
    ballot(cast, made, "Ville", [3, 3, 1, 1, 1, 1])
    ballot(cast, made, "Caf", [3, 3, 1, 1, 1, 1])

    result = result_of(made)

    assert [one.rank for one in result.lines] == ["1", "2 ex æquo", "2 ex æquo"]
    assert [one.label for one in result.kept] == ["Crèche"]
    assert [one.label for one in result.tied_on_the_line] == ["Bus", "Piscine"]


def test_an_incomplete_ballot_is_told_and_does_not_count(cast, officer):
    made = session(cast, ["Crèche", "Bus"])
    ballot(cast, made, "Ville", [3, 3, 0, 0])
    ballot(cast, made, "Caf", [0, 0, 3, None])

    assert result_of(made).lines[0].label == "Crèche"
    assert "incomplet\u00a0: 3 notes sur 4" in officer.get(address("priority", made)).content.decode()


def test_each_party_votes_by_its_account_and_an_agent_for_those_without(cast, client):
    made = session(
        cast,
        ["Crèche", "Bus"],
        voters=[{"label": "Les Filaos", "weight": 1, "user": cast.association}, "Habitants"],
    )
    own, residents = made.voters.all()
    marks = {f"m-{option}-{criterion}": "2" for option, criterion in cells(made)}

    client.force_login(cast.association)
    assert client.post(address("priority_vote", made, own.pk), marks).status_code == 302
    assert client.post(address("priority_vote", made, residents.pk), marks).status_code == 403
    with pytest.raises(PermissionDenied):
        operations.vote(by=cast.reader, voter=own, marks={})
    client.force_login(cast.caf_adviser)
    client.post(address("priority_vote", made, residents.pk), marks)

    assert result_of(made).n_complete == 2
    assert {vote.by for vote in PriorityVote.objects.filter(voter=residents)} == {cast.caf_adviser}
    # The account of somebody who left the convention votes no more.
    cast.convention.roles.get(user=cast.association).delete()
    client.force_login(cast.association)
    assert client.post(address("priority_vote", made, own.pk), marks).status_code == 404


def test_an_older_page_puts_back_no_mark_entered_meanwhile(cast):
    made = session(cast, ["Crèche", "Bus"])
    voter = made.voters.first()
    first, second, *_others = cells(made)
    opened = Ballot(voter).seen
    operations.vote(by=cast.caf_adviser, voter=voter, marks={first: 3})

    name = "m-{}-{}".format(*second)
    sent = {"seen": opened, "m-{}-{}".format(*first): "", name: "1"}
    operations.vote(by=cast.city_officer, voter=voter, marks=Ballot(voter, sent).marks())

    assert {(one.option_id, one.criterion_id): one.score for one in voter.votes.all()} == {
        first: 3,
        second: 1,
    }


def test_the_last_of_one_voter_wins_and_a_mark_may_be_taken_back(cast):
    made = session(cast, ["Crèche", "Bus"])
    ballot(cast, made, "Ville", [1, 1, 1, 1])
    assert ballot(cast, made, "Ville", [2, 1, 1, None]) == 2
    assert ballot(cast, made, "Ville", [2, 1, 1, None]) == 0

    voter = made.voters.get(label="Ville")
    assert sorted(voter.votes.values_list("score", flat=True)) == [1, 1, 2]


@pytest.mark.parametrize("mark", [4, -1, 99])
def test_a_mark_off_the_scale_writes_nothing(cast, mark):
    made = session(cast, ["Crèche", "Bus"])

    with pytest.raises(ValidationError):
        ballot(cast, made, "Ville", [1, 1, mark, 1])

    assert not PriorityVote.objects.exists()


def test_marks_of_another_vote_are_refused(cast):
    made, other = session(cast, ["Crèche", "Bus"]), session(cast, ["Eau", "Air"])

    with pytest.raises(ValidationError):
        operations.vote(by=cast.city_officer, voter=made.voters.first(), marks={cells(other)[0]: 1})


def test_nothing_opens_half_prepared_and_criteria_do_not_move_under_ballots(cast):
    made = operations.add_session(by=cast.city_officer, convention=cast.convention, title="Vide")
    with pytest.raises(ValidationError) as refused:
        operations.open_session(by=cast.city_officer, session=made)
    assert len(refused.value.messages) == 3

    ready = session(cast, ["Crèche", "Bus"])
    operations.prepare_again(by=cast.city_officer, session=ready)
    operations.open_session(by=cast.city_officer, session=ready)
    ballot(cast, ready, "Ville", [1, 1, 1, None])
    with pytest.raises(ValidationError, match="3 notes sont déjà données"):
        operations.prepare_again(by=cast.city_officer, session=ready)


def test_closing_keeps_the_result_whatever_happens_after(cast, officer):
    kept = need(cast, "Crèche")
    made = session(cast, [kept, "Bus"])
    ballot(cast, made, "Ville", [3, 3, 0, 0])
    closed(cast, made)
    made.refresh_from_db()
    before = made.result

    with pytest.raises(NotNow):
        ballot(cast, made, "Caf", [0, 0, 3, 3])
    PriorityVote.objects.all().delete()

    made.refresh_from_db()
    assert made.result == before and [one.label for one in result_of(made).lines] == ["Crèche", "Bus"]
    # An old page says where the vote is, and writes nothing.
    voter = made.voters.first()
    assert officer.post(address("priority_vote", made, voter.pk), {}).url == address("priority", made)
    assert AuditEntry.objects.filter(verb="priority.close").get().after == {"n_complete": 1, "n_voters": 2}


def test_nothing_closes_without_a_complete_ballot_nor_minutes(cast):
    made = session(cast, ["Crèche", "Bus"])
    with pytest.raises(ValidationError, match="Aucun bulletin"):
        closed(cast, made)
    ballot(cast, made, "Ville", [1, 1, 1, 1])
    with pytest.raises(ValidationError):
        closed(cast, made, minutes=" ")


def test_applying_writes_what_the_table_confirmed_and_no_more(cast, officer):
    first, second, third = (need(cast, title) for title in ("Crèche", "Bus", "Piscine"))
    made = session(cast, [first, second, third, "Proposition libre"])
    ballot(cast, made, "Ville", [3, 3, 2, 2, 1, 1, 0, 0])
    closed(cast, made)
    keys = {option.need_id: option.pk for option in made.options.all()}
    page = officer.get(address("priority_apply", made)).content.decode()
    assert "Proposition libre" not in page and "Suite donnée à « Crèche »" in page

    seen = {f"version-{key}": "1" for key in keys.values()}

    refused = officer.post(
        address("priority_apply", made),
        seen | {f"state-{keys[first.pk]}": "kept", f"state-{keys[second.pk]}": "later"},
    )
    assert refused.status_code == 422
    first.refresh_from_db()
    # All or nothing: the first line was right, and waits for the second.
    assert first.state == Need.State.DRAFT

    officer.post(
        address("priority_apply", made),
        seen
        | {
            f"state-{keys[first.pk]}": "kept",
            f"state-{keys[second.pk]}": "later",
            f"answer-{keys[second.pk]}": "En 2028, avec le nouveau réseau.",
            f"state-{keys[third.pk]}": "",
        },
    )
    assert dict(Need.objects.values_list("title", "state")) == {
        "Crèche": "kept",
        "Bus": "later",
        "Piscine": "draft",
    }
    made.refresh_from_db()
    assert made.applied_at


def test_an_answer_saved_meanwhile_is_read_before_it_is_replaced(cast, officer):
    made = session(cast, [need(cast, "Crèche"), "Bus"])
    ballot(cast, made, "Ville", [3, 3, 0, 0])
    closed(cast, made)
    key = made.options.get(label="Crèche").pk
    page = officer.get(address("priority_apply", made)).content.decode()
    assert f'name="version-{key}" value="1"' in page
    decide(cast, Need.objects.get(), Need.State.LATER, "Pas avant 2028.")
    sent = {f"state-{key}": "kept", f"answer-{key}": "Dès 2027.", f"version-{key}": "1"}

    refused = officer.post(address("priority_apply", made), sent)

    assert refused.status_code == 422
    page = refused.content.decode()
    assert "a changé entre-temps" in page and "Pas avant 2028." in page and "Dès 2027." in page
    assert Need.objects.get().public_answer == "Pas avant 2028."
    # Read, and meant.
    assert f'name="version-{key}" value="2"' in page
    assert officer.post(address("priority_apply", made), sent | {f"version-{key}": "2"}).status_code == 302
    assert Need.objects.get().public_answer == "Dès 2027."


def test_reopening_says_why_and_takes_ballots_again(cast, officer):
    made = session(cast, ["Crèche", "Bus"])
    ballot(cast, made, "Ville", [3, 3, 0, 0])
    closed(cast, made)
    assert officer.post(address("priority_reopen", made), {"reason": ""}).status_code == 422

    officer.post(address("priority_reopen", made), {"reason": "Le bulletin de la Caf était perdu."})
    ballot(cast, made, "Caf", [0, 0, 3, 3])

    assert result_of(PrioritySession.objects.get(pk=made.pk)).n_complete == 2
    page = officer.get(address("priority", made)).content.decode()
    assert "Rouvert : Le bulletin de la Caf était perdu." in page
    # The minutes written before are the draft of the next.
    assert "Tout le monde était là." in officer.get(address("priority_close", made)).content.decode()


def test_a_vote_is_prepared_from_what_tables_really_use(cast, officer):
    one = need(cast, "Crèche")
    url = reverse("priority_new", args=[cast.convention.slug])
    page = officer.get(url).content.decode()
    assert "Leviers" in page and "Ville de Saint-Denis" in page and "Caf de La Réunion" in page

    sent = {
        "title": "Journée",
        "held_on": "6 juin 2026",
        "scale_max": "3",
        "n_to_keep": "1",
        "needs": [one.pk],
        "proposals": "Bus du soir\n\n  Bus   du soir \nPiscine",
        "criteria-TOTAL_FORMS": "3",
        "criteria-INITIAL_FORMS": "0",
        "criteria-0-label": "Leviers",
        "criteria-0-weight": "1,5",
        "criteria-1-label": "",
        "criteria-1-weight": "2",
        "criteria-2-label": "Urgence",
        "voters-TOTAL_FORMS": "1",
        "voters-INITIAL_FORMS": "0",
        "voters-0-label": "Ville",
        "voters-0-user": str(cast.city_officer.pk),
    }
    assert officer.post(url, sent).status_code == 302

    made = PrioritySession.objects.get()
    assert made.held_on == "2026-06-06"
    assert [option.label for option in made.options.all()] == ["Crèche", "Bus du soir", "Piscine"]
    assert [(one.label, str(one.weight)) for one in made.criteria.all()] == [
        ("Leviers", "1.50"),
        ("Urgence", "1.00"),
    ]
    assert made.voters.get().user == cast.city_officer

    # Written again, the rows that stay keep their place and number; an older page is told.
    keys = list(made.options.values_list("pk", flat=True))
    again = sent | {"version": "1", "proposals": "Piscine", "criteria-0-pk": str(made.criteria.first().pk)}
    edit = address("priority_edit", made)
    assert officer.post(edit, again).status_code == 302
    assert list(made.options.values_list("pk", flat=True)) == [keys[0], keys[2]]
    stale = officer.post(edit, again)
    assert stale.status_code == 409 and "Quelqu’un a enregistré" in stale.content.decode()
    wrong = officer.post(edit, again | {"version": "2", "criteria-0-weight": "beaucoup"})
    assert wrong.status_code == 422 and 'href="#id_criteria-0-weight"' in wrong.content.decode()


def test_a_stranger_is_no_voter_and_a_need_of_others_is_no_option(cast):
    from ansanm.conventions.concertation.need_operations import add_need

    theirs = add_need(by=cast.neighbour, convention=cast.other_convention, kind="need", title="Ailleurs")
    for rows in (
        {"options": [{"need": theirs, "label": "x"}]},
        {"voters": [{"label": "x", "user": cast.stranger}]},
    ):
        with pytest.raises(ValidationError):
            operations.add_session(by=cast.city_officer, convention=cast.convention, title="Vote", **rows)
    with pytest.raises(ValidationError):
        operations.add_session(
            by=cast.city_officer,
            convention=cast.convention,
            title="Vote",
            criteria=[{"label": str(n), "weight": 1} for n in range(9)],
        )
    assert not PrioritySession.objects.exists()


def test_the_result_leaves_as_a_workbook_and_as_documents(cast, officer):
    made = session(cast, ["=1+1", "Bus"])
    ballot(cast, made, "Ville", [3, 3, 0, 1])
    closed(cast, made, minutes="Présents : tous.\nDécidé.")
    made.refresh_from_db()

    book = openpyxl.load_workbook(io.BytesIO(officer.get(address("priority_export", made, "xlsx")).content))
    rows = list(book["Classement"].iter_rows(min_row=2, values_only=True))
    assert rows[0][:3] == ("1", "=1+1", 3)
    assert rows[1][2] == pytest.approx(1 / 3)
    for format in ("pdf", "docx"):
        assert officer.get(address("priority_export", made, format)).status_code == 200
    assert officer.get(address("priority_export", made, "exe")).status_code == 404
    assert made.held_on == str(date(2026, 6, 6))


def test_the_paper_ballot_has_a_page_for_each_party(cast, officer):
    made = session(cast, ["Crèche", "Bus"], scale_max=10)

    page = officer.get(address("priority_ballot", made)).content.decode()

    assert page.count("paper-ballot") == 2 and "0 1 2 3 4 5 6 7 8 9 10" in page


def test_a_binned_vote_is_nowhere_until_it_comes_back(cast, officer):
    made = session(cast, ["Crèche", "Bus"])
    officer.post(address("priority_delete", made))
    assert officer.get(address("priority", made)).status_code == 404
    with pytest.raises(NotNow):
        ballot(cast, made, "Ville", [1, 1, 1, 1])
    officer.post(address("priority_restore", made))
    assert officer.get(address("priority", made)).status_code == 200


def test_two_who_prepare_at_once_are_both_read(cast):
    made = session(cast, ["Crèche", "Bus"], is_open=False)
    rows = {"criteria": [], "voters": [], "options": []}
    operations.update_session(by=cast.city_officer, session=made, base_version=1, title="Un", **rows)

    with pytest.raises(StaleVersion):
        operations.update_session(by=cast.caf_adviser, session=made, base_version=1, title="Deux", **rows)
