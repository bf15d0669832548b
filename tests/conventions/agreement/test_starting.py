"""What a plan starts from: nothing, seven themes, or the plan of the convention before."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ansanm.accounts.models import Organisation
from ansanm.conventions import operations as convention_operations
from ansanm.conventions.agreement import starting
from ansanm.conventions.models import Convention, Status
from ansanm.conventions.plan import operations as plan_operations
from ansanm.ui.icons import THEMES
from tests.cast import CANARY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_observations")]


@pytest.fixture
def following(cast, convention):
    """The convention after, with the same officer."""
    made = convention_operations.create_convention(
        by=cast.administrator,
        name="CTG de Saint-Denis 2027-2031",
        slug="saint-denis-2",
        territories=list(convention.territories.all()),
        parties=[{"organisation": Organisation.objects.get(kind="caf"), "kind": "caf"}],
    )
    convention_operations.set_role(
        by=cast.administrator, convention=made, user=cast.city_officer, role="city_officer"
    )
    return made


def at(name, slug, *arguments):
    return reverse(name, args=[slug, *arguments])


def test_the_seven_themes_come_once_each_with_its_drawing(cast, convention):
    convention.themes.create(slug="housing", label="Habiter ici", position=3)

    added = starting.add_seven_themes(by=cast.city_officer, convention=convention)

    assert len(added) == 6
    assert convention.themes.count() == 7
    assert convention.themes.get(slug="housing").label == "Habiter ici"
    assert set(convention.themes.values_list("slug", flat=True)) <= THEMES.keys()
    assert starting.add_seven_themes(by=cast.city_officer, convention=convention) == []


def test_a_plan_taken_over_starts_anew_and_remembers_where_it_comes_from(cast, convention, following, plan):
    first, second = plan
    plan_operations.update_action(
        by=cast.city_officer,
        action=first,
        base_version=1,
        status=Status.DONE,
        pilot=convention.actors.get().pk,
        links=[{"kind": "needs", "other": second.pk}],
    )
    convention.visas.create(text="le code général des collectivités territoriales")
    convention.linked_contracts.create(kind="cls", title="Contrat local de santé")
    convention.cooperation_posts.create(employer="Ville", fte_share="0.5")

    made = starting.copy_plan(
        by=cast.city_officer,
        convention=following,
        previous=convention,
        actions=[first, second],
        surroundings=["contracts", "visas"],
    )

    ludotheque, epicerie = made
    ludotheque.refresh_from_db()
    assert (ludotheque.status, ludotheque.starts, ludotheque.continues) == (Status.PLANNED, "", first)
    assert ludotheque.node.label == "Accueillir tous les enfants"
    assert ludotheque.node.convention == following
    assert ludotheque.pilot.convention == following
    assert [one.label for one in ludotheque.themes.all()] == ["Petite enfance"]
    assert [one.title for one in ludotheque.operations.all()] == ["Acheter le camion"]
    assert [(one.title, one.due) for one in ludotheque.milestones.all()] == [("Camion livré", "")]
    assert [one.targets.count() for one in ludotheque.indicators.all()] == [0]
    assert not ludotheque.financing_lines.exists()
    assert [one.other for one in ludotheque.links.all()] == [epicerie]
    assert ludotheque.indicators.get().key != first.indicators.get().key
    following.refresh_from_db()
    assert following.continues == convention
    assert (following.visas.count(), following.linked_contracts.count()) == (1, 1)
    assert not following.cooperation_posts.exists()
    # The one before is as it was.
    first.refresh_from_db()
    assert first.status == Status.DONE
    assert convention.visas.count() == convention.linked_contracts.count() == 1


def test_only_the_chosen_fiches_come_and_a_link_to_another_does_not(cast, convention, following, plan):
    first, second = plan
    plan_operations.update_action(
        by=cast.city_officer, action=first, base_version=1, links=[{"kind": "needs", "other": second.pk}]
    )

    (made,) = starting.copy_plan(
        by=cast.city_officer, convention=following, previous=convention, actions=[first]
    )

    assert not made.links.exists()
    # It can be written like any other.
    plan_operations.update_action(by=cast.city_officer, action=made, base_version=1, publics="Familles")


def test_a_fiche_of_a_third_convention_does_not_slip_in(cast, convention, following, plan):
    theirs = plan_operations.create_action(by=cast.neighbour, convention=cast.other_convention, title=CANARY)

    made = starting.copy_plan(
        by=cast.city_officer, convention=following, previous=convention, actions=[theirs, plan[0]]
    )

    assert [one.title for one in made] == ["Ludothèque mobile"]


def test_a_plan_is_not_taken_over_twice_nor_from_itself(cast, convention, following, plan):
    take = {"by": cast.city_officer, "convention": following, "previous": convention, "actions": plan}
    starting.copy_plan(**take)

    with pytest.raises(ValidationError, match="déjà repris"):
        starting.copy_plan(**take)
    with pytest.raises(ValidationError):
        starting.copy_plan(**take | {"convention": convention})
    assert following.actions.count() == 2


def test_a_plan_taken_over_without_its_fiches_is_not_taken_over_again(cast, convention, following, plan):
    take = {"by": cast.city_officer, "convention": following, "previous": convention, "actions": []}
    starting.copy_plan(**take)
    n_nodes = following.nodes.count()

    with pytest.raises(ValidationError, match="déjà repris"):
        starting.copy_plan(**take)
    assert following.nodes.count() == n_nodes


def test_the_pages_offer_and_take_over(client, cast, officer, convention, following, plan):
    page = client.get(at("agreement_start", "saint-denis-2")).content.decode()
    assert at("agreement_copy", "saint-denis-2", "saint-denis") in page
    assert CANARY not in page

    client.post(at("agreement_start_themes", "saint-denis-2"))
    assert following.themes.count() == 7
    form = client.get(at("agreement_copy", "saint-denis-2", "saint-denis")).context["form"]
    assert form.initial["actions"] == [str(one.pk) for one in plan]
    client.post(
        at("agreement_copy", "saint-denis-2", "saint-denis"),
        {"actions": [str(plan[0].pk)], "surroundings": ["visas"]},
    )

    assert [one.title for one in following.actions.all()] == ["Ludothèque mobile"]
    page = client.get(at("agreement", "saint-denis-2")).content.decode()
    assert "Elle prolonge" in page
    assert "Elle est prolongée par" in client.get(at("agreement", "saint-denis")).content.decode()
    journal = client.get(at("convention_journal", "saint-denis-2")).content.decode()
    assert "a repris le plan de" in journal
    assert "plan.copy" not in journal


def test_who_may_not_read_the_convention_before_cannot_take_it_over(
    client, cast, convention, following, plan
):
    convention_operations.set_role(
        by=cast.administrator, convention=following, user=cast.neighbour, role="city_officer"
    )
    starting.copy_plan(by=cast.city_officer, convention=following, previous=convention, actions=plan)
    client.force_login(cast.neighbour)

    answer = client.get(at("agreement_copy", "saint-denis-2", "saint-denis"))
    assert answer.status_code == 404
    page = client.get(at("agreement", "saint-denis-2")).content.decode()
    assert "Elle prolonge" not in page
    assert at("convention", "saint-denis") not in page
    fiche = following.actions.first().get_absolute_url()
    assert "Elle prolonge" not in client.get(fiche).content.decode()
    client.force_login(cast.city_officer)
    page = client.get(fiche).content.decode()
    assert "Elle prolonge" in page
    assert plan[0].get_absolute_url() in page


def test_a_new_convention_starts_empty_or_with_the_seven_themes(client, cast):
    client.force_login(cast.administrator)
    facts = {
        "name": "CTG de Sainte-Marie 2027",
        "territories": "97418",
        "collectivite": Organisation.objects.get(kind="city", insee_code="97418").pk,
        "caf": Organisation.objects.get(kind="caf").pk,
        "city_officer": "neighbour@example.org",
    }

    client.post(reverse("convention_create"), facts | {"start": "empty"})
    client.post(reverse("convention_create"), facts | {"name": "Autre CTG", "start": "seven_themes"})

    assert Convention.objects.get(name="CTG de Sainte-Marie 2027").themes.count() == 0
    assert Convention.objects.get(name="Autre CTG").themes.count() == 7
