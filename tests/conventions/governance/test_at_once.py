"""Several people write at the same second, on both databases: no number twice, no line lost."""

import pytest

from ansanm.conventions.governance import decisions, invitations, minutes
from ansanm.conventions.governance import meeting_operations as operations
from ansanm.conventions.models import AgendaItem, Decision, Meeting
from ansanm.jobs.models import OutgoingMail
from tests.cast import play
from tests.conventions.governance.people import committee, meeting
from tests.conventions.test_concurrency import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
N = 5


@pytest.fixture
def cast(transactional_db):
    """The cast, really committed: other connections must see it."""
    return play()


def test_each_decision_has_its_number(cast):
    at_once(
        [
            lambda text=f"Décision {n}": decisions.take_decision(
                by=cast.city_officer, convention=cast.convention, text=text
            )
            for n in range(N)
        ]
    )
    assert sorted(Decision.objects.values_list("number", flat=True)) == list(range(1, N + 1))


def test_every_line_of_many_who_minute_one_point_is_there(cast):
    body, _people = committee(cast)
    item = operations.add_item(by=cast.city_officer, meeting=meeting(cast, body), title="Budget")
    outcomes = at_once(
        [
            lambda text=f"Ligne {n}": minutes.save_minutes(
                by=cast.city_officer, item=item, base_version=0, text=text
            )
            for n in range(N)
        ],
        told=minutes.MinutesConflict,
    )
    item = AgendaItem.objects.get(pk=item.pk)
    assert not [one for one in outcomes if isinstance(one, minutes.MinutesConflict)]
    assert sorted(item.minutes.split("\n")) == [f"Ligne {n}" for n in range(N)]
    assert item.minutes_version == item.revisions.count() == N


def test_two_who_press_send_write_to_each_person_once(cast):
    body, _people = committee(cast)
    planned = meeting(cast, body)
    at_once([lambda: invitations.send(by=cast.city_officer, meeting=planned)] * 3)
    assert OutgoingMail.objects.count() == 3
    assert Meeting.objects.get(pk=planned.pk).state == "invited"
