"""A resident answers on a phone, without an account nor a script, and later reads what became of it."""

import pytest
from django.urls import reverse

from ansanm.conventions.concertation import (
    consultation_operations,
    contribution_operations,
    need_operations,
    survey_operations,
)
from ansanm.conventions.models import Contribution, SurveyAnswer
from tests.browser.test_pages import SCRIPTS
from tests.examples import of_action

# One worker: the pages share a server and a browser.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def survey(site):
    cast = site.cast
    made = survey_operations.create_survey(
        by=cast.city_officer,
        convention=cast.convention,
        title="Familles : vos besoins",
        audiences=["Parents", "Jeunes"],
        questions=[
            {"kind": "one", "label": "Où habitez-vous ?", "choices": [{"label": "Bas"}, {"label": "Hauts"}]},
            {"kind": "text", "label": "Que manque-t-il ?"},
        ],
    )
    survey_operations.set_state(by=cast.city_officer, survey=made, state="open")
    page = consultation_operations.page_of(cast.convention)
    consultation_operations.update_page(
        by=cast.city_officer,
        convention=cast.convention,
        base_version=page.version,
        introduction="Dites-nous.",
        takes_contributions=True,
        quotes=[],
    )
    consultation_operations.publish_page(by=cast.city_officer, convention=cast.convention)
    return made


def on_a_phone(watched):
    """No fault of axe, nothing wider than the screen, nothing said by the console."""
    faults = [*watched.page.evaluate(SCRIPTS["probe"]), *watched.axe()]
    assert faults + watched.said == []


@pytest.mark.parametrize("script", [True, False])
def test_a_resident_answers_a_survey_from_the_public_page(site, survey, script):
    watched = site.page_for("anonymous", javascript=script)
    page = watched.page
    watched.open(site.url + reverse("consultation", args=[site.cast.convention.slug]), width=320)
    page.get_by_role("link", name="Familles : vos besoins").first.click()
    page.get_by_role("link", name="Parents").click()
    page.get_by_label("Hauts").check()
    page.get_by_label("Que manque-t-il").fill("In plas la krèsh 🙏")
    if script:
        on_a_phone(watched)
    # Pressed twice by a thumb that doubts: it is one sheet.
    page.get_by_role("button", name="Envoyer mes réponses").dblclick()
    page.wait_for_url("**/merci/")

    assert "C’est envoyé" in page.inner_text("main")
    if script:
        on_a_phone(watched)
    sheet = SurveyAnswer.objects.get(survey=survey)
    assert "In plas la krèsh 🙏" in sheet.answers.values()


def test_a_resident_follows_what_they_wrote_down_to_the_action(site, survey):
    cast = site.cast
    watched = site.page_for("anonymous")
    page = watched.page
    watched.open(site.url + reverse("contribute_freely", args=[cast.convention.slug]), width=320)
    page.get_by_label("Ce que vous voulez dire").fill("Les crèches ouvrent trop tard pour l’hôpital.")
    page.get_by_role("button", name="Envoyer ma contribution").click()
    page.wait_for_load_state()
    said = Contribution.objects.get(convention=cast.convention, text__startswith="Les crèches")
    assert said.reference in page.inner_text("main")
    on_a_phone(watched)

    contribution_operations.moderate(
        by=cast.city_officer, convention=cast.convention, rows=[said], state="shown"
    )
    need = need_operations.add_need(
        by=cast.city_officer, convention=cast.convention, title="Garder tôt le matin", contributions=[said]
    )
    action = cast.convention.actions.get(pk=of_action(cast)["pk"])
    need_operations.link_need(by=cast.city_officer, need=need, add={"actions": [action.pk]}, remove={})
    need.refresh_from_db()
    need_operations.decide_need(
        by=cast.city_officer,
        need=need,
        base_version=need.version,
        state="kept",
        public_answer="Oui, dès 2027.",
    )

    watched.open(site.url + reverse("contribution_follow"), width=320)
    page.get_by_label("référence").fill(said.reference.lower())
    page.get_by_role("button", name="Voir ce qu’elle est devenue").click()
    page.wait_for_load_state()
    told = page.inner_text("main")
    assert "Garder tôt le matin" in told and "Oui, dès 2027." in told and action.title in told
    on_a_phone(watched)
