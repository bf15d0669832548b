"""What residents read: what was heard, what is kept or not and why; and nothing that is not for them."""

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.urls import reverse

from ansanm.conventions.concertation import consultation_operations as operations
from ansanm.conventions.concertation import need_operations
from ansanm.conventions.concertation.consultation import PublicPage
from ansanm.conventions.models import ConsultationPage, Moderation, Need, PlanTheme, Survey
from ansanm.conventions.plan import operations as plan_operations
from ansanm.territories.versions import StaleVersion
from tests.conventions.concertation.written import decide, need, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(cast):
    """A published page that quotes one contribution of three."""
    theme = PlanTheme.objects.create(convention=cast.convention, slug="youth", label="Jeunesse")
    quoted = said(cast.convention, "On veut un endroit couvert.", reference="K7F-2QX")
    quoted.themes.add(theme)
    said(cast.convention, "Cette phrase reste dans l’analyse.", reference="K7F-333").themes.add(theme)
    said(cast.convention, "Insulte", reference="K7F-444", moderation=Moderation.HIDDEN)
    operations.update_page(
        by=cast.city_officer,
        convention=cast.convention,
        base_version=1,
        introduction="Nous préparons la convention.",
        takes_contributions=True,
        quotes=[quoted.pk],
    )
    operations.publish_page(by=cast.city_officer, convention=cast.convention)
    return quoted


def read(client, cast):
    return client.get(reverse("consultation", args=[cast.convention.slug])).content.decode()


def test_nothing_is_public_before_an_officer_publishes(cast, client):
    url = reverse("consultation", args=[cast.convention.slug])
    assert client.get(url).status_code == 404
    with pytest.raises(ValidationError):
        operations.publish_page(by=cast.city_officer, convention=cast.convention)
    operations.update_page(
        by=cast.city_officer,
        convention=cast.convention,
        base_version=1,
        introduction="Bonjour.",
        takes_contributions=False,
        quotes=[],
    )
    assert client.get(url).status_code == 404
    client.force_login(cast.city_officer)
    preview = client.get(reverse("consultation_preview", args=[cast.convention.slug])).content.decode()
    assert "Bonjour." in preview and "Aperçu" in preview
    client.post(reverse("consultation_publish", args=[cast.convention.slug]))
    client.logout()

    assert "Bonjour." in read(client, cast) and "Aperçu" not in read(client, cast)

    client.force_login(cast.city_officer)
    client.post(reverse("consultation_publish", args=[cast.convention.slug]), {"withdraw": 1})
    client.logout()
    assert client.get(url).status_code == 404


def test_only_what_was_chosen_is_quoted_and_only_while_it_is_kept(cast, client, page):
    shown = read(client, cast)
    assert "On veut un endroit couvert." in shown
    assert "Cette phrase reste" not in shown and "Insulte" not in shown
    assert "2 contributions" in shown
    public = PublicPage(ConsultationPage.objects.get())
    assert [(theme.label, n) for theme, n in public.themes] == [("Jeunesse", 2)]

    page.moderation = Moderation.HIDDEN
    page.save()

    shown = read(client, cast)
    assert "On veut un endroit couvert." not in shown and "1 contribution" in shown
    # What moderation hides cannot be quoted again.
    operations.update_page(
        by=cast.city_officer, convention=cast.convention, base_version=2, introduction="x",
        takes_contributions=False, quotes=[page.pk],
    )  # fmt: skip
    assert not ConsultationPage.objects.get().quotes.exists()


def test_decisions_are_told_with_their_reasons_and_actions_with_where_they_stand(cast, client, page):
    kept = need(
        cast, "Un lieu pour les jeunes", contributions=[page], statement="Note interne aux partenaires"
    )
    decide(cast, kept, Need.State.KEPT, "Nous ouvrirons un lieu à Moufia.")
    decide(cast, need(cast, "Le bus du soir"), Need.State.LATER, "Le réseau change en 2028.")
    decide(cast, need(cast, "Une piscine"), Need.State.SET_ASIDE, "Trop cher pour une commune seule.")
    need(cast, "Encore en discussion entre nous")
    need_operations.turn_into_action(
        by=cast.city_officer, need=kept, title="Une fiche pas encore décidée", status="to_discuss"
    )
    action = need_operations.turn_into_action(
        by=cast.city_officer, need=kept, title="Ouvrir un lieu couvert", ends="<2020", status="started"
    )
    plan_operations.update_action(
        by=cast.city_officer,
        action=action,
        base_version=1,
        pilot_person="Mme Secrète",
        context="Note interne",
    )

    shown = read(client, cast)

    for words in (
        "Nous ouvrirons un lieu à Moufia.",
        "Le réseau change en 2028.",
        "Trop cher pour une commune seule.",
        "Ouvrir un lieu couvert",
        "commencée, elle a pris du retard",
        "1 sujet est encore en discussion.",
    ):
        assert words in shown
    for words in (
        "Encore en discussion entre nous",
        "Une fiche pas encore décidée",
        "Note interne",
        "Mme Secrète",
        "Payet",
    ):
        assert words not in shown


def test_open_surveys_are_offered_and_those_in_preparation_are_not(cast, client, page):
    for slug, state in (("vacances", Survey.State.OPEN), ("brouillon", Survey.State.DRAFT)):
        Survey.objects.create(convention=cast.convention, slug=slug, title=f"Enquête {slug}", state=state)

    shown = read(client, cast)

    assert reverse("survey_answer", args=["vacances"]) in shown and "brouillon" not in shown
    assert reverse("contribute_freely", args=[cast.convention.slug]) in shown


def test_a_page_of_many_decisions_asks_no_more(cast, client, page, django_assert_max_num_queries):
    """Anybody may ask for it, a thousand at a time."""
    for n in range(10):
        one = need(cast, f"Besoin {n}", contributions=[page])
        need_operations.turn_into_action(by=cast.city_officer, need=one, title=f"Action {n}")
        decide(cast, one, Need.State.KEPT)

    with django_assert_max_num_queries(30):
        shown = read(client, cast)

    assert "Action 9" in shown


def test_an_invented_example_says_so(cast, client, page):
    assert "exemple inventé" not in read(client, cast)
    page.is_fictitious = True
    page.save()
    assert "exemple inventé" in read(client, cast)


def test_two_who_write_the_page_at_once_are_both_read(cast, client, page):
    client.force_login(cast.caf_adviser)

    response = client.post(
        reverse("consultation_edit", args=[cast.convention.slug]),
        {"introduction": "Ma version", "version": 1},
    )

    assert response.status_code == 409
    shown = response.content.decode()
    assert "Nous préparons la convention." in shown and "Ma version" in shown
    told = {one.label: (one.before, one.after) for one in response.context["stale"]}
    assert told["Contributions libres"] == ("oui", "non")
    assert told["Contributions citées"] == ("K7F-2QX", "–")
    with pytest.raises(StaleVersion):
        operations.update_page(
            by=cast.caf_adviser, convention=cast.convention, base_version=1, introduction="",
            takes_contributions=False, quotes=[],
        )  # fmt: skip


def test_the_territory_leads_to_what_its_residents_said_from_the_minute_it_is_published(
    cast, client, observations_home
):
    """Anonymous pages are kept in the cache: publishing must change them at once."""
    url = cast.convention.territories.get().get_absolute_url()
    link = reverse("consultation", args=[cast.convention.slug])
    assert link not in client.get(url).content.decode()
    operations.update_page(
        by=cast.city_officer, convention=cast.convention, base_version=1, introduction="Bonjour.",
        takes_contributions=False, quotes=[],
    )  # fmt: skip
    operations.publish_page(by=cast.city_officer, convention=cast.convention)
    assert link in client.get(url).content.decode()
    operations.withdraw_page(by=cast.city_officer, convention=cast.convention)
    assert link not in client.get(url).content.decode()


# ---- one contribution, followed ----


def follow(client, reference):
    return client.get(reverse("contribution_followed", args=[reference]))


def stages(response):
    return [(one.title, one.is_done) for one in response.context["followed"].stages]


def test_a_resident_follows_what_they_said_to_its_action(cast, client, page):
    steps = ["Reçue", "Lue", "Réunie à d’autres", "Décidée", "Devenue une action", "Un résultat"]
    assert stages(follow(client, "K7F-2QX")) == list(zip(steps, [True, True, *[False] * 4], strict=True))

    made = need(cast, "Un lieu pour les jeunes", contributions=[page])
    response = follow(client, "K7F-2QX")
    assert stages(response)[2] == ("Réunie à d’autres", True)
    # Still discussed: that it is gathered is told, under which name is not.
    assert "Un lieu pour les jeunes" not in response.content.decode()

    decide(cast, made, Need.State.KEPT, "Nous ouvrirons un lieu.")
    need_operations.turn_into_action(by=cast.city_officer, need=made, title="Ouvrir un lieu couvert")
    response = follow(client, "K7F-2QX")
    assert [done for _title, done in stages(response)] == [True, True, True, True, True, False]
    shown = response.content.decode()
    assert "Nous ouvrirons un lieu." in shown and "Ouvrir un lieu couvert" in shown
    assert response["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("moderation", [Moderation.TO_READ, Moderation.HIDDEN])
def test_what_is_not_kept_is_not_shown_to_who_finds_its_reference(cast, client, moderation):
    said(cast.convention, "Mon voisin s’appelle…", reference="SEC-222", moderation=moderation)

    response = follow(client, "SEC-222")

    assert response.status_code == 200 and "Mon voisin" not in response.content.decode()
    assert stages(response)[1] == ("Lue", moderation == Moderation.HIDDEN)


def test_decisions_wait_for_the_page_to_be_published(cast, client):
    one = said(cast.convention, "Un lieu.", reference="ATT-222")
    decide(cast, need(cast, "Pas encore public", contributions=[one]), Need.State.KEPT, "Réponse gardée")

    shown = follow(client, "ATT-222").content.decode()

    assert "Pas encore public" not in shown and "Réponse gardée" not in shown
    assert "quand la convention aura publié sa page" in shown


def test_a_reference_is_typed_as_it_was_copied(client, page):
    url = reverse("contribution_follow")

    assert client.get(url + "?reference=k7f+2qx").url == reverse("contribution_followed", args=["K7F-2QX"])
    wrong = client.get(url + "?reference=ZZZ-999")
    assert wrong.status_code == 422 and "n’est la référence d’aucune contribution" in wrong.content.decode()


def test_references_are_not_tried_by_the_hundred(client, page):
    cache.clear()
    answers = [follow(client, f"AAA-{n:03d}").status_code for n in range(22)]

    assert answers[0] == 404 and answers[-1] == 429
