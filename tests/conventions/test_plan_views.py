"""The plan seen whole: each view, its filters in the address, what it counts."""

import re
from datetime import timedelta

import pytest
import shapely
from django.urls import reverse
from django.utils import timezone

from ansanm.conventions.models import Action, ActionFollow, PlanActor, Proposal, Status
from ansanm.conventions.plan import operations
from ansanm.conventions.plan.filters import PlanFilter
from ansanm.conventions.plan.overview import Overview
from ansanm.territories.models import Territory, Zone, Zoning
from tests.cast import CANARY
from tests.conventions.plan_fixtures import large_plan, small_plan

pytestmark = pytest.mark.django_db
VIEWS = [
    "plan", "plan_board", "plan_table", "plan_calendar", "plan_timeline", "plan_map", "plan_pilots",
    "plan_tree", "plan_progress", "plan_themes", "plan_actors",
]  # fmt: skip
# In the order of the plan.
ALL = ["Crèche de la Source", "Ludothèque à Ékouté", "Visites à domicile", "Idée à creuser"]


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


def found(cast, user=None, **query):
    overview = Overview(cast.convention, user or cast.city_officer)
    return [one.title for one in PlanFilter(query, overview).found()]


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_shows_an_empty_plan_and_a_full_one(client, cast, view):
    client.force_login(cast.city_officer)
    assert client.get(at(view)).status_code == 200
    small_plan(cast)
    response = client.get(at(view))
    assert response.status_code == 200
    if view not in {"plan_themes", "plan_actors", "plan_progress"}:
        assert "Ludothèque à Ékouté" in response.content.decode()


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_shows_the_plan_of_another_convention(client, cast, view):
    operations.create_action(by=cast.neighbour, convention=cast.other_convention, title=f"Fiche {CANARY}")
    PlanActor.objects.create(convention=cast.other_convention, name=f"CCAS {CANARY}")
    small_plan(cast)
    client.force_login(cast.city_officer)
    assert CANARY not in client.get(at(view)).content.decode()
    assert client.get(reverse(view, args=["sainte-marie"])).status_code == 404


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({"q": "ecoute"}, []),
        ({"q": "LUDOTHEQUE ekoute"}, ["Ludothèque à Ékouté"]),
        ({"q": "direction enfance"}, ["Crèche de la Source", "Ludothèque à Ékouté"]),
        ({"status": "done"}, ["Crèche de la Source"]),
        ({"theme": "housing"}, ["Crèche de la Source", "Visites à domicile"]),
        ({"theme": "none"}, ["Idée à creuser"]),
        ({"node": "none"}, ["Idée à creuser"]),
        ({"pilot": "none"}, ["Idée à creuser"]),
        ({"priority": "1"}, ["Crèche de la Source", "Ludothèque à Ékouté"]),
        ({"priority": "1", "status": "started"}, ["Ludothèque à Ékouté"]),
        ({"unfunded": "1"}, ["Ludothèque à Ékouté", "Visites à domicile", "Idée à creuser"]),
        ({"place": "whole"}, ALL),
        ({"sort": "number"}, ["Visites à domicile", "Ludothèque à Ékouté", *ALL[::3]]),
        ({"sort": "end"}, ALL),
        # What makes no sense is left out, and the rest holds.
        ({"status": "zzz", "priority": "1"}, ["Crèche de la Source", "Ludothèque à Ékouté"]),
        ({"stale": "-3"}, ALL),
    ],
)  # fmt: skip
def test_filters_of_the_address_narrow_the_plan(cast, query, titles):
    small_plan(cast)
    assert found(cast, **query) == titles


def test_a_stake_holds_what_its_objectives_hold(cast):
    small_plan(cast)
    grow = cast.convention.nodes.get(label="Grandir")
    assert found(cast, node=str(grow.pk)) == ["Crèche de la Source", "Ludothèque à Ékouté"]


def test_a_number_of_another_convention_filters_nothing(cast):
    small_plan(cast)
    theirs = PlanActor.objects.create(convention=cast.other_convention, name="CCAS voisin")
    assert len(found(cast, pilot=str(theirs.pk))) == 4


def test_late_is_read_from_the_calendar_even_where_it_is_vague(cast, monkeypatch):
    made = small_plan(cast)
    monkeypatch.setattr(timezone, "localdate", lambda *_: timezone.datetime(2028, 1, 1).date())
    # « Pas avant le second semestre 2026 » is never over; « réalisée » is never late.
    assert found(cast, late="1") == ["Ludothèque à Ékouté"]
    operations.update_action(
        by=cast.city_officer,
        action=made["toys"],
        base_version=1,
        status="abandoned",
        status_reason="Sans local",
    )
    assert found(cast, late="1") == []


def test_stale_is_what_is_open_and_nobody_spoke_of_for_that_long(cast):
    made = small_plan(cast)
    long_ago = timezone.now() - timedelta(days=100)
    Action.objects.filter(pk__in=[made["toys"].pk, made["nursery"].pk]).update(progressed_at=long_ago)
    assert found(cast, stale="90") == ["Ludothèque à Ékouté"]
    assert found(cast, stale="101") == []


def test_my_actions_are_those_i_pilot_or_follow(cast):
    made = small_plan(cast)
    Action.objects.filter(pk=made["roof"].pk).update(pilot_user=cast.caf_adviser)
    ActionFollow.objects.create(action=made["loose"], user=cast.caf_adviser)
    assert found(cast, user=cast.caf_adviser, mine="1") == ["Visites à domicile", "Idée à creuser"]
    assert found(cast, user=cast.elected_official, mine="1") == []


def test_the_count_tells_its_denominator_and_each_filter_has_its_chip(client, cast):
    small_plan(cast)
    client.force_login(cast.reader)
    page = client.get(at("plan"), {"theme": "housing", "q": "visites"}).content.decode()
    assert re.search(r'<strong class="num">1</strong> action sur 4', page)
    assert "Thématique\u00a0: Logement" in page
    assert 'href="?q=visites"' in page


def test_a_view_keeps_the_filters_of_another(client, cast):
    small_plan(cast)
    client.force_login(cast.reader)
    page = client.get(at("plan"), {"theme": "housing"}).content.decode()
    for view in ("plan_board", "plan_table", "plan_calendar", "plan_map"):
        assert f'href="{at(view)}?theme=housing"' in page


def test_what_was_typed_comes_back_escaped(client, cast):
    small_plan(cast)
    client.force_login(cast.reader)
    page = client.get(at("plan"), {"q": '"><svg onload=alert(1)>'}).content.decode()
    assert "<svg onload" not in page


def test_only_who_writes_the_plan_sees_buttons(client, cast):
    small_plan(cast)
    client.force_login(cast.elected_official)
    for view in VIEWS:
        page = client.get(at(view)).content.decode()
        assert 'name="move"' not in page
        assert 'name="selected"' not in page
        assert 'name="shift"' not in page
        assert "Ajouter une action" not in page


# ---- board ----


def test_a_card_moves_by_a_button(client, cast):
    made = small_plan(cast)
    client.force_login(cast.city_officer)
    response = client.post(at("plan_move"), {"move": f"{made['roof'].pk}:1:started"})
    assert response.url.endswith(f"#action-{made['roof'].pk}")
    made["roof"].refresh_from_db()
    assert made["roof"].status == Status.STARTED


def test_a_pause_asks_for_its_reason_first(client, cast):
    made = small_plan(cast)
    client.force_login(cast.city_officer)
    response = client.post(at("plan_move"), {"move": f"{made['toys'].pk}:1:paused"})
    assert response.url == at("plan_status", made["toys"].pk) + "?status=paused"
    form = {"status": "paused", "version": "1", "status_reason": ""}
    response = client.post(at("plan_status", made["toys"].pk), form)
    assert response.status_code == 422
    client.post(at("plan_status", made["toys"].pk), form | {"status_reason": "Plus de local"})
    made["toys"].refresh_from_db()
    assert (made["toys"].status, made["toys"].status_reason) == ("paused", "Plus de local")


def test_the_other_house_proposes_and_is_told_so(client, cast):
    made = small_plan(cast)
    client.force_login(cast.caf_adviser)
    response = client.post(at("plan_move"), {"move": f"{made['toys'].pk}:1:done"}, follow=True)
    made["toys"].refresh_from_db()
    assert made["toys"].status == Status.STARTED
    assert Proposal.objects.get().after == {"status": "done"}
    assert "proposée à la maison qui en décide" in response.content.decode()


def test_of_two_who_move_one_card_the_second_is_told(client, cast):
    made = small_plan(cast)
    operations.update_action(by=cast.city_officer, action=made["toys"], base_version=1, status="done")
    client.force_login(cast.city_officer)
    response = client.post(
        at("plan_status", made["toys"].pk), {"status": "planned", "version": "1", "status_reason": ""}
    )
    assert response.status_code == 409
    made["toys"].refresh_from_db()
    assert made["toys"].status == Status.DONE


@pytest.mark.parametrize("move", ["", "1", "a:b:c", "1:1:flying", "999999999:1:done"])
def test_a_made_up_move_changes_nothing(client, cast, move):
    small_plan(cast)
    client.force_login(cast.city_officer)
    assert client.post(at("plan_move"), {"move": move}).status_code in {302, 404}
    assert cast.convention.actions.filter(status="done").count() == 1


# ---- calendar, timeline, map ----


def test_the_calendar_puts_a_month_in_its_month_and_a_semester_in_its_year(client, cast):
    made = small_plan(cast)
    operations.update_action(
        by=cast.city_officer,
        action=made["toys"],
        base_version=1,
        milestones=[{"title": "Achat du camion", "due": "2026-03-15", "done_on": ""}],
    )
    client.force_login(cast.reader)
    response = client.get(at("plan_calendar"), {"year": "2026"})
    months = response.context["months"]
    assert [(words, [one.what for one in held]) for words, _month, held in months] == [
        ("mars 2026", ["jalon\u00a0: Achat du camion"])
    ]
    assert [(one.action.title, one.words) for one in response.context["vague"]] == [
        ("Ludothèque à Ékouté", "premier semestre 2026"),
        ("Visites à domicile", "pas avant le second semestre 2026"),
    ]
    assert [one.title for one in response.context["undated"]] == ["Idée à creuser"]


def test_the_map_counts_the_actions_of_each_quartier_and_tells_the_whole_territory_apart(client, cast):
    made = small_plan(cast)
    zoning = Zoning.objects.create(
        name="Quartiers", slug="q", kind="quartier", scope_level="commune", scope_code="97411"
    )
    for i, name in enumerate(["Le Chaudron", "La Source"]):
        place = Territory.objects.create(
            level="zone",
            code=f"Z97411{i}",
            name=name,
            slug=f"z{i}",
            search_key=name.lower(),
            commune_code="97411",
        )
        outline = shapely.to_wkb(shapely.box(55.4 + i / 10, -21, 55.5 + i / 10, -20.9))
        Zone.objects.create(zoning=zoning, territory=place, outline=outline)
    operations.update_action(
        by=cast.city_officer, action=made["toys"], base_version=1, places=["zone:Z974110"]
    )
    operations.update_action(
        by=cast.city_officer, action=made["roof"], base_version=1, places=["commune:97411"]
    )
    client.force_login(cast.reader)
    response = client.get(at("plan_map"))
    assert {area.name: area.value for area, _words in response.context["map"].rows} == {
        "Le Chaudron": 1,
        "La Source": 0,
    }
    # « Le territoire » named as a place is the whole of it too.
    whole = {one.title for one in response.context["whole"]}
    assert whole == {"Visites à domicile", "Crèche de la Source", "Idée à creuser"}
    assert f"{at('plan')}?place=zone%3AZ974110" in response.content.decode()
    assert client.get(at("plan_map"), {"cut": "zonage-999"}).status_code == 404


# ---- budget ----


@pytest.mark.parametrize(
    "view", ["plan", "plan_table", "plan_board", "plan_pilots", "plan_progress", "plan_timeline"]
)
def test_sixty_actions_ask_no_more_than_fifteen_questions(client, cast, view, django_assert_max_num_queries):
    large_plan(cast, 60)
    client.force_login(cast.city_officer)
    client.get(at(view))
    with django_assert_max_num_queries(15):
        assert client.get(at(view)).status_code == 200


def test_as_many_questions_for_300_actions_as_for_ten(client, cast, django_assert_max_num_queries):
    client.force_login(cast.city_officer)
    large_plan(cast, 300)
    client.get(at("plan"))
    with django_assert_max_num_queries(15):
        page = client.get(at("plan"), {"page": "2"}).content.decode()
    assert page.count("<tr>") == 51


@pytest.mark.parametrize("number", ["1²", "٣", "2.①"])
def test_a_number_written_with_other_digits_sorts_like_any_text(client, cast, number):
    fiche = operations.create_action(
        by=cast.city_officer, convention=cast.convention, title="Ludothèque", number=number
    )
    client.force_login(cast.city_officer)
    assert fiche.title in client.get(reverse("plan", args=["saint-denis"])).content.decode()
