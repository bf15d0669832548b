"""Somebody is named in a comment, reads it on « Mon suivi », and gives a calendar to their phone."""

import pytest
from django.urls import reverse
from django.utils import timezone

from ansanm.conventions.models import Comment, Notice
from tests.browser.test_pages import LOOKS, SCRIPTS
from tests.examples import of_plan

# One worker: the pages share a server and a browser.
pytestmark = pytest.mark.xdist_group("browser")

CONTROLS = {"javascript": True, "bare": False}


@pytest.fixture
def fiche(site):
    of_plan(site.cast)
    return site.cast.convention.actions.standing().first()


@pytest.mark.parametrize("kind", CONTROLS)
def test_a_member_is_named_with_a_script_and_without(site, fiche, kind):
    page = site.page_for("association", javascript=CONTROLS[kind]).page
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(site.url + reverse("action_comment", args=[site.cast.convention.slug, fiche.pk]))
    area = page.get_by_label("Votre commentaire")
    if CONTROLS[kind]:
        area.click()
        page.keyboard.type("Merci @cáf")
        # Reached and pressed by the keyboard alone.
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.type("pour la visite")
        assert area.input_value() == "Merci @Caf adviser Payet pour la visite"
        page.keyboard.type(" @ca")
        page.keyboard.press("Escape")
        assert not page.locator(".mention-offer").is_visible()
    else:
        area.fill("Merci à la Caf pour la visite")
        page.get_by_text("Citer des personnes").click()
        page.get_by_label("Caf adviser Payet").check()
    page.get_by_role("button", name="Publier ce commentaire").click()
    page.wait_for_load_state()
    assert "pour la visite" in page.inner_text("main")
    comment = Comment.objects.order_by("-pk").first()
    assert list(comment.mentions.all()) == [site.cast.caf_adviser]


def test_what_moved_is_read_and_a_calendar_is_made_accessible_at_each_look(site, fiche):
    test_a_member_is_named_with_a_script_and_without(site, fiche, "bare")
    Notice.objects.update(due_at=timezone.now())
    watched = site.page_for("caf_adviser")
    watched.open(site.url + reverse("follow_up"))
    page = watched.page
    assert "vous a cité" in page.inner_text("main")
    page.get_by_role("button", name="Créer une adresse").click()
    page.wait_for_load_state()
    assert page.get_by_label("Adresse à donner à votre agenda").input_value().endswith(".ics")
    faults = []
    for width, scheme in LOOKS:
        watched.look(width=width, scheme=scheme)
        faults += [*page.evaluate(SCRIPTS["probe"]), *watched.axe()]
    assert faults + watched.said == []
    page.get_by_role("button", name="Tout marquer comme lu").click()
    page.wait_for_load_state()
    assert "Rien de nouveau" in page.inner_text("main")
