"""The answer of the tariff page, which the visit of every page by GET does not show."""

import pytest
from django.urls import reverse
from django.utils import translation

from tests.browser.test_pages import LOOKS, SCRIPTS

# One worker: the pages share a server and a browser.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize("children, said", [("2", "1,55 € par heure"), ("0", "Enfants à charge")])
def test_the_answer_reads_well_in_every_look(site, children, said):
    watched = site.page_for("anonymous")
    with translation.override("fr"):
        watched.open(site.url + reverse("family_tariff"))
    page = watched.page
    page.fill("#id_income", "36000")
    page.fill("#id_children", children)
    page.fill("#id_hours_per_week", "40")
    page.fill("#id_on", "2025-10-01")
    page.click("main button[type=submit]")
    page.wait_for_load_state()

    faults = []
    for width, scheme in LOOKS:
        watched.look(width=width, scheme=scheme)
        faults += [f"{width} px, {scheme}: {one}" for one in page.evaluate(SCRIPTS["probe"]) + watched.axe()]
    assert not faults, "\n" + "\n".join(dict.fromkeys(faults))
    assert said in page.inner_text("main").replace("\u202f", " ")
