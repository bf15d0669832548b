"""Every page, for each role that sees it differently: axe, structure, keyboard, no script, spacing."""

from pathlib import Path

import pytest
from django.core.cache import cache
from django.urls import translate_url
from django.utils.translation import override

from ansanm.pages import words
from tests import subjects
from tests.browser.pages import url_names

# One worker: the pages share a server and a browser.
pytestmark = pytest.mark.xdist_group("browser")

SCRIPTS = {file.stem: file.read_text() for file in Path(__file__).parent.glob("*.js")}
LOOKS = [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]
# Dark colours are the same at both widths; what another person sees of a page is mostly the same.
FIRST_LOOKS = LOOKS[:3]
OTHER_LOOKS = [(1280, "light"), (320, "light")]


@pytest.mark.parametrize("name", url_names())
def test_page(site, name):
    faults = []
    for n, visit in enumerate(site.visits(name)):
        where = f"{visit.url} as {visit.person}"
        if visit.status != 200:
            faults.append(f"{where}: status {visit.status}")
            continue
        watched = site.page_for(visit.person)
        watched.open(site.url + visit.url)
        for width, scheme in FIRST_LOOKS if n == 0 else OTHER_LOOKS:
            watched.look(width=width, scheme=scheme)
            found = watched.page.evaluate(SCRIPTS["probe"])
            if n == 0 or width == 1280:
                found += watched.axe(colours_only=scheme == "dark")
            faults += [f"{where}, {width} px, {scheme}: {one}" for one in found]
        # Still at 320 px: the narrowest place for wide letters.
        clipped = watched.page.evaluate(SCRIPTS["spacing"])
        faults += [f"{where}: text cut when letters are spaced: {one}" for one in clipped]
        faults += [f"{where}: {one}" for one in watched.page.evaluate("() => window.refusals") + watched.said]
    assert not faults, "\n" + "\n".join(dict.fromkeys(faults))


@pytest.mark.parametrize("name", url_names())
def test_the_keyboard_reaches_everything(site, name):
    for visit in site.visits(name)[:1]:
        watched = site.page_for(visit.person)
        watched.open(site.url + visit.url)
        page = watched.page
        n_places = page.evaluate(SCRIPTS["keyboard"])
        # Some more: the browser itself adds a stop on each box that scrolls.
        for _ in range(n_places + 10):
            page.keyboard.press("Tab")
        missed = page.evaluate(
            "() => places.filter((e) => !reached.has(e)).map((e) => e.outerHTML.slice(0, 120))"
        )
        assert not missed, f"{visit.url}: Tab does not reach {missed}"


@pytest.mark.parametrize("name", url_names())
def test_the_page_says_the_same_without_a_script(site, name):
    for visit in site.visits(name)[:1]:
        with_script = site.page_for(visit.person)
        with_script.open(site.url + visit.url)
        if not with_script.page.evaluate("() => document.scripts.length"):
            continue
        without = site.page_for(visit.person, javascript=False)
        without.open(site.url + visit.url)
        said = with_script.page.inner_text("body").split()
        also = set(without.page.inner_text("body").split())
        lost = [word for word in said if word not in also]
        assert len(lost) <= 0.05 * len(said), f"{visit.url}: without a script, {lost} are not said"


# Addresses that no GET of the cast turns into a page.
NO_PAGE = subjects.NO_PAGE | {
    # They take a POST only, from a page that is tested.
    *("convention_member_change", "convention_member_remove", "figures_import_keep", "job_again"),
    *("figures_import_marked", "job_cancel", "person_invite", "person_state"),
    *("source_import", "source_schedule", "source_sync"),
    *("saved_view_delete", "saved_view_restore"),
    *("zoning_delete", "zoning_keep", "zoning_restore"),
    *("plan_move", "plan_bulk", "plan_delete", "plan_shift", "plan_undo", "plan_restore"),
    "plan_actor_delete",
    *("action_document_remove", "action_measure_remove", "action_progress_remove", "action_restore"),
    *("action_merge", "contributor_revoke", "proposal_accept", "proposal_discuss"),
    *("proposal_refuse", "proposal_withdraw"),
    *("action_follow", "agreement_start_themes", "comment_remove", "feed_create", "feed_revoke"),
    *("mail_again", "mail_renew", "mail_rhythm", "notices_read"),
    *("plan_import_again", "plan_import_keep", "plan_import_marked"),
    # They answer a file, or go elsewhere.
    *("agreement_print", "calendar_feed", "convention_file", "conventions_export"),
    *("funding_parameters_export", "plan_consistency_export", "plan_import_template"),
    *("figures_export", "figures_template", "mfa_download_recovery_codes", "territory_export"),
    "zoning_export",
    *("account_set_password", "set_language", "explorer_export"),
    *("plan_export", "action_export", "plan_cell_back"),
    *("api_indicators", "api_root", "api_schema", "api_similar", "api_territories"),
    *("api_territory", "api_values"),
    # They need a key that only a device can make, or a sign-in left half way.
    *("mfa_authenticate", "mfa_edit_webauthn", "mfa_login_webauthn", "mfa_reauthenticate_webauthn"),
    "mfa_remove_webauthn",
}


def test_somebody_sees_each_page(site):
    """Without this, a cast that cannot sign in would pass every test above."""
    unseen = {name for name in url_names() if not site.visits(name)}
    assert (sorted(unseen - NO_PAGE), sorted(NO_PAGE - unseen)) == ([], [])


def test_titles_tell_pages_apart(site):
    titles = {}
    for name in url_names():
        for visit in site.visits(name)[:1]:
            html = site.get(visit.url, visit.person).content.decode()
            title = html.split("<title>")[1].split("</title>")[0]
            titles.setdefault(title, set()).add(visit.url)
    twins = {title: urls for title, urls in titles.items() if len(urls) > 1}
    assert not twins


@pytest.mark.parametrize("url", ["/nulle-part/", "/en/nowhere/"])
def test_the_page_of_what_is_not_there(site, url):
    watched = site.page_for("anonymous")
    watched.open(site.url + url, status=404)
    for width, scheme in LOOKS:
        watched.look(width=width, scheme=scheme)
        assert watched.axe() + watched.page.evaluate(SCRIPTS["probe"]) == []


@pytest.mark.parametrize("name", url_names())
def test_the_page_in_english(site, name):
    """One look: what the language changes is words, and the shape was tried above."""
    for visit in site.visits(name)[:1]:
        with override("fr"):
            url = translate_url(visit.url, "en")
        if visit.status != 200 or url == visit.url:
            continue
        watched = site.page_for(visit.person)
        watched.open(site.url + url)
        assert watched.page.get_attribute("html", "lang") == "en"
        faults = watched.axe() + watched.page.evaluate(SCRIPTS["probe"]) + watched.said
        assert not faults, f"{url} as {visit.person}: {faults}"


def out_of_budget(site, language):
    """A file asked for once more than the budget allows."""
    url = f"{language}/territoires/commune/97411-saint-denis/diagnostic.csv"
    site.get(url, "anonymous")
    return url


ERRORS = {
    403: ("reader", lambda site, language: f"{language}/conventions/saint-denis/modifier/"),
    404: ("reader", lambda site, language: f"{language}/conventions/sainte-marie/"),
    429: ("anonymous", out_of_budget),
    500: ("anonymous", lambda site, language: f"{language}/aide/"),
}


@pytest.mark.parametrize("language", ["", "/en"])
@pytest.mark.parametrize("status", ERRORS)
def test_the_page_of_an_error(site, settings, monkeypatch, status, language):
    settings.FILES_PER_MINUTE = 1
    cache.clear()
    if status == 500:
        monkeypatch.setattr(words, "glossary", lambda: 1 / 0)
    person, where = ERRORS[status]
    watched = site.page_for(person)
    watched.open(site.url + where(site, language), status=status)
    assert watched.page.get_attribute("html", "lang") == (language.strip("/") or "fr")
    for width, scheme in LOOKS:
        watched.look(width=width, scheme=scheme)
        assert watched.axe() + watched.page.evaluate(SCRIPTS["probe"]) == []
    # What the browser itself says of the status is no fault of the page.
    assert [one for one in watched.said if f"status of {status}" not in one] == []
    cache.clear()
