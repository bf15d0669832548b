"""A whole table votes at the same second, on both databases: no mark is lost, none falls after the close."""

import threading

import pytest
from django.db import connection

from ansanm.conventions.concertation import need_operations, priority_operations
from ansanm.conventions.concertation.priority_operations import NotNow
from ansanm.conventions.concertation.results import result_of
from ansanm.conventions.models import Need, PrioritySession, PriorityVote
from ansanm.territories.versions import StaleVersion
from tests.cast import play
from tests.conventions.concertation.written import cells, need, said, session

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
N_PARTIES = 6


@pytest.fixture
def cast(transactional_db):
    """The cast, really committed: other connections must see it."""
    return play()


def at_once(deeds, told):
    barrier = threading.Barrier(len(deeds))
    outcomes = [None] * len(deeds)

    def run(place, deed):
        try:
            barrier.wait(timeout=20)
            outcomes[place] = deed()
        except told as refusal:
            outcomes[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def test_a_whole_table_votes_at_once(cast):
    made = session(cast, ["Crèche", "Bus"], voters=[f"Partie {n}" for n in range(N_PARTIES)])
    voters, all_cells = list(made.voters.all()), cells(made)

    at_once(
        # Each party in two halves, by two people, at the same moment.
        [
            lambda voter=voter, half=half, place=place: priority_operations.vote(
                by=cast.city_officer,
                voter=voter,
                marks=dict.fromkeys(all_cells[half::2], place % 4),
            )
            for place, voter in enumerate(voters)
            for half in (0, 1)
        ],
        told=NotNow,
    )

    for place, voter in enumerate(voters):
        held = {
            (one.option_id, one.criterion_id): one.score for one in PriorityVote.objects.filter(voter=voter)
        }
        assert held == dict.fromkeys(all_cells, place % 4)
    assert result_of(made).n_complete == N_PARTIES


def test_a_ballot_falls_before_the_close_or_is_told_that_it_is_late(cast):
    made = session(cast, ["Crèche", "Bus"], voters=[f"Partie {n}" for n in range(N_PARTIES)])
    voters, all_cells = list(made.voters.all()), cells(made)
    priority_operations.vote(by=cast.city_officer, voter=voters[0], marks=dict.fromkeys(all_cells, 1))

    close = lambda: priority_operations.close_session(  # noqa: E731 (one of a list of deeds)
        by=cast.city_officer, session=made, minutes="Clos."
    )
    votes = [
        lambda voter=voter: priority_operations.vote(
            by=cast.city_officer, voter=voter, marks=dict.fromkeys(all_cells, 2)
        )
        for voter in voters[1:]
    ]
    outcomes = at_once([*votes, close], told=NotNow)

    made.refresh_from_db()
    counted = 1 + sum(one == len(all_cells) for one in outcomes[:-1])
    assert made.state == PrioritySession.State.CLOSED
    assert made.result["n_complete"] == counted
    assert PriorityVote.objects.count() == counted * len(all_cells)


def test_of_two_who_decide_one_wins_and_of_two_who_tie_both_stay(cast):
    one = need(cast, "Un besoin")
    spoken = [said(cast.convention, f"dit {n}", reference=f"T{n}2-222") for n in range(4)]

    decided = at_once(
        [
            lambda state=state: need_operations.decide_need(
                by=cast.city_officer, need=one, base_version=1, state=state, public_answer="Parce que."
            )
            for state in ("kept", "later", "set_aside")
        ],
        told=StaleVersion,
    )
    at_once(
        [
            lambda each=each: need_operations.link_need(
                by=cast.caf_adviser, need=one, add={"contributions": [each.pk]}, remove={}
            )
            for each in spoken
        ],
        told=StaleVersion,
    )

    (winner,) = [each for each in decided if isinstance(each, Need)]
    one.refresh_from_db()
    assert one.state == winner.state
    assert set(one.contributions.all()) == set(spoken)
