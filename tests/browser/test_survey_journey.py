"""A resident with a small phone and no script: who they are, the questions, a mistake, thanks."""

import pytest
from django.urls import reverse
from django.utils import translation

from tests.browser.test_pages import SCRIPTS
from tests.subjects.concertation_surveys import survey_of

# One worker: the pages share a server and a browser.
pytestmark = pytest.mark.xdist_group("browser")


def test_a_resident_answers_on_a_phone_without_a_script(site, django_db_blocker):
    with django_db_blocker.unblock():
        survey = survey_of(site.cast)
    watched = site.page_for("anonymous", javascript=False)
    with translation.override("fr"):
        address = site.url + reverse("survey_answer", args=[survey.slug])
    page = watched.page
    watched.open(address, width=320)

    page.click("text=Parents")
    page.check("text=Oui")
    page.check("text=Bus")
    page.get_by_label("Enfants").fill("deux")
    page.get_by_label("Un mot").fill("I mank la plas pou marmay 🌴")
    page.click("text=Envoyer mes réponses")
    assert "« deux » n’est pas un nombre" in page.inner_text("main").replace("\xa0", " ")
    page.get_by_label("Enfants").fill("2")
    page.click("text=Envoyer mes réponses")

    assert "C’est envoyé, merci" in page.inner_text("h1")
    page.click("text=Laisser mes coordonnées")
    assert "Tirage au sort" in page.inner_text("main")
    with django_db_blocker.unblock():
        said = [text for one in survey.answers.all() for text in map(str, one.answers.values())]
    assert "I mank la plas pou marmay 🌴" in said


def test_the_mistakes_of_a_sheet_read_well_at_320(site, django_db_blocker):
    with django_db_blocker.unblock():
        survey = survey_of(site.cast)
    watched = site.page_for("anonymous")
    with translation.override("fr"):
        watched.open(f"{site.url}{reverse('survey_answer', args=[survey.slug])}", width=320)
    page = watched.page
    page.click("text=Parents")
    page.get_by_label("Enfants").fill("beaucoup")
    page.click("text=Envoyer mes réponses")
    page.wait_for_load_state()

    assert page.locator(".error-summary a").count() == 1
    assert page.evaluate(SCRIPTS["probe"]) + watched.axe() == []
