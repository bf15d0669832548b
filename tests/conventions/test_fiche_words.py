"""The journal and the history of a fiche, in words."""

import pytest
from django.urls import reverse

from ansanm.conventions.models import PlanActor
from ansanm.conventions.plan import operations
from ansanm.conventions.plan.wording import Difference, Words

pytestmark = pytest.mark.usefixtures("own_observations")


@pytest.fixture
def action(cast):
    return operations.create_action(
        by=cast.city_officer, convention=cast.convention, title="Ludothèque mobile", starts=">2026-S2"
    )


def test_the_journal_tells_what_was_done_to_a_fiche(client, cast, action):
    ccas = PlanActor.objects.create(convention=cast.convention, name="CCAS de Saint-Denis")
    operations.update_action(
        by=cast.city_officer,
        action=action,
        base_version=1,
        pilot=ccas.pk,
        pilot_person="Jeanne Hoarau",
        milestones=[{"title": "Ouverture", "due": "2026-T4", "done_on": ""}],
    )
    client.force_login(cast.elected_official)

    page = client.get(reverse("convention_journal", args=["saint-denis"])).content.decode()

    assert "a ouvert la fiche «\u00a0Ludothèque mobile\u00a0»" in page
    assert "pas avant le second semestre 2026" in page
    assert "CCAS de Saint-Denis" in page
    assert "Ouverture (4e trimestre 2026)" in page
    # The trail outlives the people: it does not name them.
    assert "Jeanne Hoarau" not in page


def test_a_changed_cell_is_told_with_its_row(cast):
    row = {"key": "a", "title": "Ouverture", "due": "2026", "done_on": ""}
    words = Words(cast.convention)

    assert words.differences({"milestones": [row]}, {"milestones": [row | {"due": "2027"}]}) == [
        Difference("Ouverture (2027) · Échéance", "2026", "2027", "milestones")
    ]
    assert words.differences({"milestones": [row]}, {"milestones": []}) == [
        Difference("Jalons", "Ouverture (2026)", "", "milestones")
    ]


def test_rows_in_another_order_are_a_difference(cast):
    rows = [{"key": key, "title": key, "due": "", "done_on": ""} for key in "ab"]

    (found,) = Words(cast.convention).differences({"milestones": rows}, {"milestones": rows[::-1]})

    assert (found.before, found.after) == ("a → b", "b → a")


def test_a_long_text_says_which_words_changed():
    pieces = Difference(
        "Constat", "Six places ouvertes au Chaudron", "Huit places ouvertes au Chaudron"
    ).pieces

    assert [(one.kind, one.text) for one in pieces][:2] == [("gone", "Six"), ("new", "Huit")]
    assert Difference("Constat", "", "Huit places").pieces == []
