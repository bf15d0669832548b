"""Two browsers on one fiche: a city officer and a Caf adviser write it, meet, propose and accept."""

import pytest

from tests.examples import of_fiche

# One worker: the pages share a server and a browser.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def fiche(site):
    return site.cast.convention.actions.get(pk=of_fiche(site.cast)["pk"])


def save(page):
    page.click("main .save-row button[type=submit]")
    page.wait_for_load_state()


def test_a_city_officer_and_a_caf_adviser_write_the_same_fiche(site, fiche):
    city = site.page_for("city_officer").page
    # One of the two has no script: nothing of this journey needs one.
    caf = site.page_for("caf_adviser", javascript=False).page
    address = site.url + fiche.get_absolute_url()
    for page in (city, caf):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{address}modifier/")

    # Each changes the observation; the Caf also touches the state, which the city decides of.
    city.get_by_label("Constat").fill("Sept enfants sur dix ne partent pas")
    save(city)
    assert "La fiche est enregistrée." in city.inner_text("main")
    caf.get_by_label("Constat").fill("Trop peu d’enfants partent")
    caf.get_by_label("Publics (facultatif)").first.fill("6-11 ans")
    caf.get_by_label("État", exact=True).select_option("started")
    caf.get_by_label("Message pour l’autre maison").fill("Les séances ont commencé")
    save(caf)

    # Both versions are there, and a third is composed of them.
    assert "Quelqu’un a enregistré pendant que vous écriviez" in caf.inner_text("main")
    assert "Sept enfants sur dix ne partent pas" in caf.inner_text("dl.versions")
    assert "Trop peu d’enfants partent" in caf.inner_text("dl.versions")
    caf.get_by_label("Ma version, telle qu’elle est écrite ci-dessous").check()
    caf.get_by_label("Constat (facultatif)").fill("Sept enfants sur dix ne partent pas : trop")
    save(caf)
    fiche.refresh_from_db()
    assert fiche.context == "Sept enfants sur dix ne partent pas : trop"
    assert fiche.publics == "6-11 ans"
    assert fiche.status == "planned"

    # The state awaits the city, which reads why and accepts.
    city.goto(address)
    assert "attend votre réponse" in city.inner_text("aside.fiche-aside")
    city.get_by_role("link", name="À la collectivité").click()
    assert "Les séances ont commencé" in city.inner_text("main")
    city.get_by_role("button", name="Accepter et écrire dans la fiche").click()
    city.wait_for_load_state()
    fiche.refresh_from_db()
    assert fiche.status == "started"
    assert "En cours" in city.inner_text(".fiche-status")


def test_rows_are_added_in_place_and_targets_with_them(site, fiche):
    watched = site.page_for("city_officer")
    watched.open(f"{site.url}{fiche.get_absolute_url()}modifier/?partie=indicateurs")
    page = watched.page
    n_known = fiche.indicators.count()

    page.get_by_role("button", name="Ajouter une ligne").click()
    page.locator(f"[name=indicators-{n_known}-label]").fill("Familles venues")
    page.locator(f"[name=indicators-{n_known + 1}-label]").fill("Jeux prêtés")
    last = page.locator(f"#row-indicators-{n_known + 1}")
    last.get_by_role("button", name="Ajouter une cible").click()
    last.locator(f"[name=indicators-{n_known + 1}-targets-0-value]").fill("100")
    last.locator(f"[name=indicators-{n_known + 1}-targets-1-value]").fill("150")
    assert "Indicateur 3" in last.inner_text()
    save(page)

    assert "La fiche est enregistrée." in page.inner_text("main")
    labels = list(fiche.indicators.values_list("label", flat=True))
    assert labels[n_known:] == ["Familles venues", "Jeux prêtés"]
    assert fiche.indicators.get(label="Familles venues").targets.count() == 0
    values = fiche.indicators.get(label="Jeux prêtés").targets.values_list("value", flat=True)
    assert [int(one) for one in values] == [100, 150]
    assert watched.said == []


def test_a_person_without_account_gives_news_on_a_phone(site, fiche):
    from ansanm.conventions.plan.contributors import create_link

    _link, address = create_link(
        by=site.cast.city_officer, action=fiche, name="Les Filaos", absolute=lambda path: site.url + path
    )
    page = site.page_for("anonymous").page
    page.set_viewport_size({"width": 360, "height": 800})

    page.goto(address)
    page.get_by_label("Qu’y a-t-il de nouveau").fill("Douze familles au Moufia")
    page.get_by_label("Camion acheté").check()
    page.get_by_role("button", name="Envoyer").click()
    page.wait_for_load_state()

    assert "C’est envoyé" in page.inner_text("main")
    assert fiche.progress_notes.filter(by_name="Les Filaos").exists()
    assert fiche.milestones.get(title="Camion acheté").done_on
