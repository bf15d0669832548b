"""What a person comes to do, counted in clicks from the home page; typing is not a click."""

from urllib.parse import parse_qs, urlsplit

import pytest

# One worker: the pages share a server and a browser.
pytestmark = pytest.mark.xdist_group("browser")

# Homonyms, a village, another hemisphere, communes of the same EPCI.
PAIRS = [
    ("97411", "93066"),
    ("Bordeaux", "Saint-Denis"),
    ("19017", "97411"),
    ("33063", "33281"),
]


class Clicks:
    """A browser whose clicks are counted."""

    def __init__(self, page):
        self.page, self.n = page, 0

    def __call__(self, found):
        self.n += 1
        found.click()
        self.page.wait_for_load_state()


def look_for(page, typed):
    """Type as a person does; the list of results follows by itself, without the button."""
    field = page.get_by_label("Commune, intercommunalité, département, région ou IRIS")
    with page.expect_response(lambda answer: typed in parse_qs(urlsplit(answer.url).query).get("q", ())):
        field.press_sequentially(typed)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_any_two_communes_compare_in_three_clicks(site, pair):
    watched = site.page_for("anonymous")
    watched.open(site.url + "/")
    page = watched.page
    click = Clicks(page)

    click(page.get_by_role("link", name="Comparer des territoires"))
    for typed in pair:
        look_for(page, typed)
        # The likeliest comes first.
        click(page.locator("#results a").first)

    assert click.n == 3
    names = page.locator("table.data").first.locator("thead th.num").all_inner_texts()
    assert len(names) == 2
    first = page.locator("table.data").first.locator("tbody tr").first.inner_text()
    assert any(digit in first for digit in "123456789")
    picked = page.locator(".picked li a:first-child").all()
    for typed, link in zip(pair, picked, strict=True):
        where = f"{link.inner_text()} {link.get_attribute('href')}"
        assert typed in where
        assert "/commune/" in where
    assert watched.said == []


def test_the_way_of_the_search_box_is_as_short(site):
    watched = site.page_for("anonymous")
    watched.open(site.url + "/")
    page = watched.page
    click = Clicks(page)

    page.get_by_label("Votre commune").fill("Bordeaux")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=Bordeaux")
    click(page.locator("main").get_by_role("link", name="Bordeaux", exact=True).first)
    click(page.locator("main").get_by_role("link", name="Comparer", exact=True).first)
    look_for(page, "97411")
    click(page.locator("#results a").first)

    assert click.n == 3
    assert page.locator("h1").inner_text() == "Bordeaux et Saint-Denis"
