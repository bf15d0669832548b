"""The plan seen whole: each view, its filters in the address, what it counts."""

import pytest
from django.urls import reverse

from tests.conventions.plan_fixtures import large_plan, small_plan

pytestmark = pytest.mark.django_db
VIEWS = [
    "plan", "plan_board", "plan_table", "plan_calendar", "plan_timeline", "plan_map", "plan_pilots",
    "plan_tree", "plan_progress", "plan_themes", "plan_actors",
]  # fmt: skip


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_shows_an_empty_plan_and_a_full_one(client, cast, view):
    client.force_login(cast.city_officer)
    assert client.get(at(view)).status_code == 200
    small_plan(cast)
    response = client.get(at(view))
    assert response.status_code == 200
    if view not in {"plan_themes", "plan_actors", "plan_progress"}:
        assert "Ludothèque à Ékouté" in response.content.decode()
