"""The thread is walked both ways: from what somebody said to a result, and back."""

import pytest
from django.urls import reverse

from ansanm.conventions.concertation import need_operations, thread
from ansanm.conventions.models import ActionIndicator, IndicatorMeasure, PlanActor, PlanNode
from ansanm.conventions.plan import operations as plan_operations
from tests.conventions.concertation.written import ballot, need, said, session

pytestmark = pytest.mark.django_db


@pytest.fixture
def walked(cast):
    """A workshop's words became a need, an objective under a stake, an action with money and a measure."""
    one = said(cast.convention, "Après le travail, plus personne n’ouvre.", reference="FIL-222")
    written = need(cast, "Ouvrir plus tard", contributions=[one], statement="Dit en atelier.")
    stake = PlanNode.objects.create(convention=cast.convention, kind="stake", label="Accueillir")
    objective = need_operations.turn_into_level(
        by=cast.city_officer,
        need=written,
        kind="objective",
        label="Élargir les horaires",
        description="",
        parent=stake,
    )
    caf = PlanActor.objects.create(convention=cast.convention, name="Caf", house="caf")
    action = plan_operations.create_action(
        by=cast.city_officer,
        convention=cast.convention,
        title="Crèche jusqu’à 20 h",
        node=objective.pk,
        indicators=[{"label": "Enfants accueillis", "unit": "enfants", "targets": []}],
        financing=[{"funder": caf.pk, "year": 2026, "amount_eur": "18270", "precision": "exact"}],
    )
    IndicatorMeasure.objects.create(
        indicator=ActionIndicator.objects.get(), measured_on="2026-09", value=14, by=cast.city_officer
    )
    return {"contribution": one, "need": written, "stake": stake, "objective": objective, "action": action}


def test_down_from_a_contribution_to_a_result(walked):
    became = thread.became_of(walked["contribution"])

    assert [one.need for one in became.needs] == [walked["need"]]
    ((level,), (outcome,)) = (became.down.levels, became.down.outcomes)
    assert (level.above, level.node) == ([walked["stake"]], walked["objective"])
    assert outcome.action == walked["action"]
    assert outcome.money == ["Caf 2026\u00a0: 18\u202f270\u202f€"]
    assert outcome.measures == ["Enfants accueillis\u00a0: 14 enfants (septembre 2026)"]


def test_up_from_an_action_to_what_was_said(walked, cast):
    """Tied to its objective, the need is told by the action too, with the level it goes through."""
    (origin,) = thread.origins_of_action(walked["action"])

    assert (origin.need, origin.through) == (walked["need"], walked["objective"])
    assert (origin.n_contributions, origin.words) == (1, "1 contribution")
    assert [one.need for one in thread.origins_by_node(cast.convention)[walked["objective"].pk]] == [
        walked["need"]
    ]
    need_operations.link_need(
        by=cast.city_officer, need=walked["need"], add={"actions": [walked["action"].pk]}, remove={}
    )
    (origin,) = thread.origins_of_action(walked["action"])
    assert origin.through is None


def test_every_page_on_the_way_leads_to_the_next(walked, cast, client):
    client.force_login(cast.reader)
    slug = cast.convention.slug

    def page(name, *args):
        return client.get(reverse(name, args=[slug, *args])).content.decode()

    need_url = reverse("need", args=[slug, walked["need"].pk])
    said_url = reverse("contribution", args=[slug, walked["contribution"].pk])
    action_url = walked["action"].get_absolute_url()
    own = page("need", walked["need"].pk)
    assert said_url in own and action_url in own and "Élargir les horaires" in own and "18\u202f270" in own
    assert need_url in page("action", walked["action"].pk)
    assert need_url in page("plan_tree")
    theirs = page("contribution", walked["contribution"].pk)
    assert need_url in theirs and action_url in theirs


def test_a_need_becomes_a_fiche_with_its_themes_and_places(cast, client):
    client.force_login(cast.city_officer)
    written = need(
        cast, "Ouvrir plus tard", statement="Dit en atelier.", publics="Parents", places=["commune:97411"]
    )
    url = reverse("need_to_action", args=[cast.convention.slug, written.pk])
    shown = client.get(url).content.decode()
    assert "Ouvrir plus tard" in shown and "Dit en atelier." in shown

    client.post(url, {"title": "Crèche jusqu’à 20 h", "context": "Dit en atelier.", "publics": "Parents"})

    (made,) = written.actions.all()
    assert (made.title, made.context, made.publics) == ("Crèche jusqu’à 20 h", "Dit en atelier.", "Parents")
    assert [place.territory.code for place in made.places.all()] == ["97411"]
    # Through the plan's own deeds: the fiche has its first version.
    assert made.revisions.count() == 1


def test_a_binned_fiche_or_need_leaves_the_thread(walked, cast):
    plan_operations.delete_actions(
        by=cast.city_officer, convention=cast.convention, actions=[walked["action"]]
    )
    assert thread.became_of(walked["contribution"]).down.outcomes == []
    need_operations.delete_need(by=cast.city_officer, need=walked["need"])
    assert thread.became_of(walked["contribution"]).needs == []


def test_a_need_tells_what_votes_said_of_it(cast):
    first, second = need(cast, "Un"), need(cast, "Deux")
    made = session(cast, [first, second])
    assert thread.ranked(first)[0].outcome == "Vote ouvert"
    ballot(cast, made, "Ville", [3, 3, 0, 0])
    ballot(cast, made, "Caf", [3, 3, 0, 0])

    from ansanm.conventions.concertation.priority_operations import close_session

    close_session(by=cast.city_officer, session=made, minutes="Vu.")

    (told,) = thread.ranked(first)
    assert (told.rank, told.n_options, told.outcome) == ("1", 2, "retenu")


def test_the_thread_of_many_needs_asks_no_more(cast, django_assert_max_num_queries):
    for n in range(12):
        need(cast, f"Besoin {n}", contributions=[said(cast.convention, "dit", reference=f"Q{n:02d}-222")])

    with django_assert_max_num_queries(8):
        from ansanm.conventions.concertation.need_list import needs_of

        held = needs_of(cast.convention)
        assert [one.n_contributions for one in held] == [1] * 12
        assert all(not one.standing_actions and not one.nodes.all() for one in held)
