"""Hundreds answer at the same second, some twice: no sheet is lost, none counts double."""

import secrets
import threading

import pytest
from django.db import connection

from ansanm.conventions.concertation.answering import answer_survey
from ansanm.conventions.concertation.contribution_operations import contribute_freely
from ansanm.conventions.models import Survey
from tests.cast import play
from tests.conventions.concertation.surveys import families, keys

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
N_THREADS, N_EACH = 8, 25


@pytest.fixture
def cast(transactional_db):
    """The cast, really committed: other connections must see it."""
    return play()


def at_once(deed):
    """Run `deed(place)` in threads started together; return what each raised."""
    barrier, problems = threading.Barrier(N_THREADS), []

    def run(place):
        try:
            barrier.wait(timeout=20)
            deed(place)
        # Whatever it is, the test says it: an answer was lost.
        except BaseException as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(N_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return problems


def test_no_sheet_is_lost_nor_counted_twice(cast):
    survey = families(cast)
    text = keys(survey)["Une"].key
    own = [[secrets.token_hex(16) for _n in range(N_EACH)] for _place in range(N_THREADS)]
    shared = [secrets.token_hex(16) for _n in range(5)]

    def answer(place):
        mine = Survey.objects.get(pk=survey.pk)
        for key in [*own[place], *shared]:
            answer_survey(survey=mine, key=key, answers={text: f"{place} 🚌 \\u0000 {key}"})

    assert at_once(answer) == []

    kept = set(survey.answers.values_list("key", flat=True))
    assert kept == {key for keys_of in own for key in keys_of} | set(shared)
    assert survey.answers.count() == N_THREADS * N_EACH + len(shared)


def test_a_contribution_sent_by_many_hands_has_one_reference(cast):
    references = []

    def contribute(place):
        made = contribute_freely(convention=cast.convention, key="k" * 32, text="Des bancs")
        references.append(made.reference)

    assert at_once(contribute) == []
    assert len(references) == N_THREADS and len(set(references)) == 1
    assert cast.convention.contributions.count() == 1
