"""What the actions are arranged by: the tree, the themes, the organisations."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import history
from ansanm.conventions.models import FinancingLine, PlanActor, PlanNode, PlanTheme, Proposal
from ansanm.conventions.plan import actor_operations, node_operations, operations
from ansanm.conventions.plan.overview import Overview
from ansanm.territories.versions import StaleVersion
from tests.conventions.plan_fixtures import small_plan

pytestmark = pytest.mark.django_db


def at(name, *arguments):
    return reverse(name, args=["saint-denis", *arguments])


@pytest.fixture
def plan(cast):
    return small_plan(cast)


def node(label):
    return PlanNode.objects.get(label=label)


def order(cast):
    return [one.title for one in Overview(cast.convention, cast.city_officer).actions]


def test_a_stake_without_a_name_is_told_as_not_published(client, cast):
    client.force_login(cast.city_officer)
    client.post(at("plan_node_new"), {"kind": "stake", "label": "", "description": "", "parent": ""})
    assert "Enjeu 1 (nom non publié)" in client.get(at("plan_tree")).content.decode()


def test_an_objective_goes_under_a_stake_and_not_the_other_way(client, cast, plan):
    client.force_login(cast.city_officer)
    form = {"kind": "objective", "label": "Habiter", "description": "", "parent": node("Se loger").pk}
    client.post(at("plan_node_new"), form)
    assert node("Habiter").parent == node("Se loger")
    response = client.post(
        at("plan_node_new"), form | {"kind": "stake", "label": "Trop bas", "parent": node("Jouer").pk}
    )
    assert response.status_code == 422
    assert not PlanNode.objects.filter(label="Trop bas").exists()


def test_a_branch_moves_with_all_it_holds_and_never_under_itself(cast, plan):
    def move(label, under):
        one = node(label)
        return node_operations.update_node(
            by=cast.city_officer, node=one, version=one.version, parent=node(under), **facts_of(one)
        )

    with pytest.raises(ValidationError):
        move("Grandir", under="Jouer")
    move("Jouer", under="Se loger")
    overview = Overview(cast.convention, cast.city_officer)
    toys = next(one for one in overview.actions if one.pk == plan["toys"].pk)
    assert [str(one) for one in toys.path] == ["Se loger", "Jouer"]


def test_two_who_rename_one_stake_do_not_overwrite_each_other(client, cast, plan):
    client.force_login(cast.caf_adviser)
    facts = {"kind": "stake", "description": "", "parent": ""}
    grow = node("Grandir")
    client.post(at("plan_node", grow.pk), facts | {"label": "Bien grandir", "version": "1"})
    client.force_login(cast.city_officer)
    response = client.post(at("plan_node", grow.pk), facts | {"label": "Grandir ici", "version": "1"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "Bien grandir" in page and 'value="Grandir ici"' in page and 'value="2"' in page
    with pytest.raises(StaleVersion):
        node_operations.update_node(by=cast.city_officer, node=grow, version=1, parent=None, **facts_of(grow))


def facts_of(one):
    return {name: getattr(one, name) for name in node_operations.FACTS}


def test_a_node_that_holds_actions_stays_until_somebody_says_where_they_go(client, cast, plan):
    client.force_login(cast.city_officer)
    live = node("Se loger")
    # One in the bin would otherwise come back attached to nothing that exists.
    binned = operations.create_action(
        by=cast.city_officer, convention=cast.convention, title="Binned", node=live.pk
    )
    operations.delete_actions(by=cast.city_officer, convention=cast.convention, actions=[binned])
    assert client.post(at("plan_node_delete", live.pk), {}).status_code == 422
    assert client.post(at("plan_node_delete", node("Grandir").pk), {"actions_to": "none"}).status_code == 422
    client.post(at("plan_node_delete", live.pk), {"actions_to": node("Jouer").pk})
    assert not PlanNode.objects.filter(pk=live.pk).exists()
    for action in (plan["roof"], binned):
        action.refresh_from_db()
        assert action.node == node("Jouer")
        assert action.revisions.count() == 2
    operations.restore_action(by=cast.city_officer, action=binned)


def test_an_old_version_comes_back_after_its_stake_was_removed(cast, plan):
    live = node("Se loger")
    operations.update_action(by=cast.city_officer, action=plan["roof"], base_version=1, publics="Familles")
    node_operations.delete_node(
        by=cast.city_officer, node=live, actions_to=node("Grandir"), move_actions=True
    )
    operations.restore_revision(by=cast.city_officer, action=plan["roof"], version=1, base_version=3)
    plan["roof"].refresh_from_db()
    assert (plan["roof"].publics, plan["roof"].node) == ("", node("Grandir"))


def test_a_bulk_edit_whose_stake_is_gone_leaves_the_fiche_and_says_so(cast, plan):
    bulk, _saved = operations.bulk_update(
        by=cast.city_officer,
        convention=cast.convention,
        base_versions={plan["roof"].pk: 1},
        node=node("Grandir").pk,
    )
    node_operations.delete_node(by=cast.city_officer, node=node("Se loger"))
    assert operations.undo_bulk(by=cast.city_officer, bulk=bulk) == [plan["roof"]]


def test_the_order_of_stakes_themes_and_actions_is_kept(client, cast, plan):
    client.force_login(cast.city_officer)
    assert order(cast) == [
        "Crèche de la Source",
        "Ludothèque à Ékouté",
        "Visites à domicile",
        "Idée à creuser",
    ]
    client.post(at("plan_shift"), {"shift": f"node:{node('Se loger').pk}:-1"})
    assert order(cast)[0] == "Visites à domicile"
    other = operations.create_action(
        by=cast.city_officer, convention=cast.convention, title="Jardin", node=node("Grandir").pk
    )
    client.post(at("plan_shift"), {"shift": f"action:{other.pk}:-1"})
    assert order(cast)[1:3] == ["Jardin", "Crèche de la Source"]
    housing = cast.convention.themes.get(slug="housing")
    client.post(at("plan_shift"), {"shift": f"theme:{housing.pk}:-1"})
    assert cast.convention.themes.first() == housing


@pytest.mark.parametrize("shift", ["", "node:1", "node:x:1", "action:99999:1", "theme:99999:-1", "node:1:7"])
def test_a_made_up_shift_moves_nothing(client, cast, plan, shift):
    client.force_login(cast.city_officer)
    before = order(cast)
    assert client.post(at("plan_shift"), {"shift": shift}).status_code in {302, 404}
    assert order(cast) == before


def test_a_theme_of_the_seven_is_added_once_and_one_s_own_beside(client, cast, plan):
    client.force_login(cast.city_officer)
    client.post(at("plan_themes"), {"slug": "youth", "label": ""})
    assert cast.convention.themes.get(slug="youth").label == "Enfance et jeunesse"
    with pytest.raises(ValidationError):
        node_operations.add_theme(by=cast.city_officer, convention=cast.convention, label="x", slug="youth")
    client.post(at("plan_themes"), {"slug": "", "label": "Handicap"})
    client.post(at("plan_themes"), {"slug": "", "label": "Handicap"})
    assert set(cast.convention.themes.filter(label="Handicap").values_list("slug", flat=True)) == {
        "handicap",
        "handicap-2",
    }


def test_a_reader_adds_no_theme(client, cast, plan):
    client.force_login(cast.reader)
    client.post(at("plan_themes"), {"slug": "youth", "label": ""})
    assert not cast.convention.themes.filter(slug="youth").exists()


def test_a_theme_is_replaced_in_its_actions_before_it_goes(client, cast, plan):
    client.force_login(cast.city_officer)
    housing = cast.convention.themes.get(slug="housing")
    early = cast.convention.themes.get(slug="early_childhood")
    assert client.post(at("plan_theme_delete", housing.pk), {}).status_code == 422
    client.post(at("plan_theme_delete", housing.pk), {"replace_by": early.pk})
    assert not PlanTheme.objects.filter(pk=housing.pk).exists()
    assert list(plan["roof"].themes.all()) == [early]
    assert list(plan["nursery"].themes.all()) == [early]


# ---- organisations ----


@pytest.fixture
def twin(cast, plan):
    """The Caf under another spelling, in a fiche, a proposal and a line of the whole convention."""
    twin = PlanActor.objects.create(convention=cast.convention, name="CAF 974", aliases=["La Caf"])
    operations.update_action(
        by=cast.city_officer,
        action=plan["toys"],
        base_version=1,
        partners=[twin.pk],
        financing=[{"funder": twin.pk, "year": 2026, "amount_eur": "18270", "precision": "about"}],
    )
    FinancingLine.objects.create(convention=cast.convention, funder=twin, year=2024, amount_eur=345_000)
    return twin


def test_two_spellings_of_one_organisation_become_one(client, cast, plan, twin):
    client.force_login(cast.city_officer)
    caf = PlanActor.objects.get(name="Caf de La Réunion")
    Proposal.objects.create(
        action=plan["toys"], by_house="caf", to_house="city", base_version=2, before={"pilot": None},
        after={"pilot": twin.pk}, by=cast.caf_adviser,
    )  # fmt: skip
    page = client.post(at("plan_actor_merge", twin.pk), {"into": caf.pk}).content.decode()
    assert "Réunir les deux organismes" in page and PlanActor.objects.filter(pk=twin.pk).exists()
    client.post(at("plan_actor_merge", twin.pk), {"into": caf.pk, "step": "write"})
    caf.refresh_from_db()
    assert set(caf.aliases) == {"CAF 974", "La Caf"}
    assert not PlanActor.objects.filter(pk=twin.pk).exists()
    assert [one.actor for one in plan["toys"].partners.all()] == [caf]
    assert set(caf.financing_lines.values_list("year", flat=True)) == {2024, 2026}
    assert Proposal.objects.get().after == {"pilot": caf.pk}


def test_an_old_version_comes_back_after_its_organisation_was_merged(cast, plan, twin):
    caf = PlanActor.objects.get(name="Caf de La Réunion")
    operations.update_action(
        by=cast.city_officer, action=plan["toys"], base_version=2, partners=[], financing=[]
    )
    actor_operations.merge_actors(by=cast.city_officer, actor=twin, into=caf)
    plan["toys"].refresh_from_db()
    operations.restore_revision(
        by=cast.city_officer, action=plan["toys"], version=2, base_version=plan["toys"].version
    )
    assert [one.actor for one in plan["toys"].partners.all()] == [caf]


def test_a_name_that_another_organisation_has_is_refused(client, cast, plan):
    client.force_login(cast.city_officer)
    city = PlanActor.objects.get(name="Direction de l’enfance")
    form = {"name": city.name, "aliases": "caf de la reunion", "house": "city", "organisation": ""}
    response = client.post(at("plan_actor", city.pk), form)
    assert response.status_code == 422
    assert "réunissez les deux organismes" in response.content.decode()


def test_a_renamed_pilot_is_found_under_the_new_name(client, cast, plan):
    client.force_login(cast.city_officer)
    city = PlanActor.objects.get(name="Direction de l’enfance")
    client.post(
        at("plan_actor", city.pk),
        {"name": "Pôle éducation", "aliases": "Direction de l’enfance", "house": "city", "organisation": ""},
    )
    page = client.get(at("plan"), {"q": "pole education"}).content.decode()
    assert "Ludothèque à Ékouté" in page


def test_two_who_correct_different_things_of_one_organisation_both_stay(cast, plan):
    city = PlanActor.objects.get(name="Direction de l’enfance")
    seen = actor_operations.facts_of(city)
    actor_operations.update_actor(by=cast.city_officer, actor=city, seen=seen, **(seen | {"aliases": ["DE"]}))
    actor_operations.update_actor(by=cast.caf_adviser, actor=city, seen=seen, **(seen | {"house": ""}))
    city.refresh_from_db()
    assert (city.aliases, city.house) == (["DE"], "")


def test_only_an_organisation_that_no_fiche_names_is_removed(client, cast, plan):
    client.force_login(cast.city_officer)
    city = PlanActor.objects.get(name="Direction de l’enfance")
    alone = PlanActor.objects.create(convention=cast.convention, name="Personne")
    assert "réunissez-le" in client.post(at("plan_actor_delete", city.pk), follow=True).content.decode()
    client.post(at("plan_actor_delete", alone.pk))
    assert set(PlanActor.objects.values_list("name", flat=True)) == {city.name, "Caf de La Réunion"}


def test_an_organisation_of_another_convention_is_not_found(client, cast, plan):
    theirs = PlanActor.objects.create(convention=cast.other_convention, name="CCAS voisin")
    client.force_login(cast.city_officer)
    city = PlanActor.objects.get(name="Direction de l’enfance")
    for name in ("plan_actor", "plan_actor_merge"):
        assert client.get(at(name, theirs.pk)).status_code == 404
    assert (
        client.post(at("plan_actor_merge", city.pk), {"into": theirs.pk, "step": "write"}).status_code == 422
    )
    with pytest.raises(ValidationError):
        actor_operations.merge_actors(by=cast.city_officer, actor=city, into=theirs)


def test_the_journal_tells_each_of_these_deeds_in_words(client, cast, plan, twin):
    by = cast.city_officer
    node_operations.shift_node(by=by, node=node("Se loger"), by_places=-1)
    node_operations.rename_theme(by=by, theme=cast.convention.themes.first(), label="Tout-petits")
    actor_operations.merge_actors(by=by, actor=twin, into=PlanActor.objects.get(name="Caf de La Réunion"))
    node_operations.delete_node(by=by, node=node("Se loger"), move_actions=True)
    told = history.told(AuditEntry.objects.for_convention(cast.convention).select_related("actor"))
    said = " / ".join(one.deed for one in told)
    for words in (
        "a ajouté au plan le niveau «\u00a0Grandir\u00a0»",
        "a déplacé le niveau «\u00a0Se loger\u00a0» dans le plan",
        "a renommé la thématique «\u00a0Tout-petits\u00a0»",
        "a réuni deux organismes sous le nom «\u00a0Caf de La Réunion\u00a0»",
        "a retiré du plan le niveau «\u00a0Se loger\u00a0»",
    ):
        assert words in said
    client.force_login(by)
    assert client.get(reverse("convention_journal", args=["saint-denis"])).status_code == 200
