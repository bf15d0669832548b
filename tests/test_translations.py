"""The product in English: nothing left in French, on any page, in any file of texts."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from babel.messages.pofile import read_po
from django.utils import translation

from ansanm.territories.models import Territory
from tests.endpoints import every_endpoint

ROOT = Path(__file__).resolve().parent.parent
TEXTS = sorted(
    [
        *ROOT.glob("indicators/**/*.yaml"),
        ROOT / "ansanm/pages/glossary.yaml",
        ROOT / "ansanm/territories/datasets.yaml",
        ROOT / "ansanm/territories/variables.yaml",
    ]
)

# Words that no English sentence holds, and marks that English typography does not use.
FRENCH = re.compile(
    r"\b(les|des|avec|pour|aucune?|données?|dans|sont|chiffres?|votre|vous|cette|ce qui)\b"
    r"|[«»]|\w\s+[:;?!](?=\s|$)",
    re.IGNORECASE,
)
# Names stay French: institutions, the organisations of the cast, examples of what people may type.
KEPT = ("Défenseur des droits", "Anse-des-Lilas", "président du conseil d’administration", "Les Filaos")
ATTRIBUTES = ("alt", "aria-description", "aria-label", "content", "data-label", "placeholder", "title")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
PAGES = [one for one in every_endpoint() if one.methods and "GET" in one.methods]


class Visible(HTMLParser):
    """What a page shows or says to a screen reader, but what it says to be in French."""

    def __init__(self):
        super().__init__()
        self.texts, self.hidden, self.open = [], 0, []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        hides = tag in {"script", "style"} or given.get("lang") == "fr"
        if not hides and not self.hidden:
            self.texts += [given[name] for name in ATTRIBUTES if given.get(name)]
        if tag not in VOID:
            self.open.append((tag, hides))
            self.hidden += hides

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        while self.open:
            name, hides = self.open.pop()
            self.hidden -= hides
            if name == tag:
                return

    def handle_data(self, data):
        if not self.hidden:
            self.texts.append(data)


def french_in(html: str, kept) -> list[str]:
    page = Visible()
    page.feed(html)
    found = []
    for text in page.texts:
        text = " ".join(text.split(" "))
        for name in kept:
            text = text.replace(name, "…")
        if FRENCH.search(text):
            found.append(text.strip()[:120])
    return found


@pytest.fixture(scope="module")
def names(real_territories, django_db_blocker):
    """Names of places, the longest first: « Les Avirons » is no French sentence."""
    with django_db_blocker.unblock():
        places = Territory.objects.filter(region_code="04").values_list("name", flat=True)
        regions = Territory.objects.filter(level__in=["departement", "region"]).values_list("name", flat=True)
        return sorted({*places, *regions, *KEPT}, key=len, reverse=True)


@pytest.fixture
def in_english(settings):
    # Officers sign in with a password alone: what forces a second factor is tested with accounts.
    settings.DEMO = True
    with translation.override("en"):
        yield


def test_the_detector_finds_french_and_lets_english_be():
    french = (
        '<p>Aucun</p><p lang="fr">Les mots</p><img alt="une carte des places"><p>Value : 3</p><b>« a »</b>'
    )
    english = "<p>Les Avirons: 3 places, “a” (2023). Is it?</p><script>pour()</script>"

    assert french_in(french, []) == ["Aucun", "une carte des places", "Value : 3", "« a »"]
    assert french_in(english, ["Les Avirons"]) == []


def test_every_message_has_its_english():
    done = subprocess.run(
        [sys.executable, "scripts/messages.py", "check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_no_message_of_ours_is_a_word_that_a_library_puts_into_french():
    """« Note » would be shown as « Remarque »: for Django it is English, and French has its own word."""
    with open(ROOT / "locale/en/LC_MESSAGES/django.po", "rb") as file:
        ours = [one for one in read_po(file) if one.id]
    moved = []
    with translation.override("fr"):
        for one in ours:
            said = one.id if isinstance(one.id, str) else one.id[0]
            shown = translation.pgettext(one.context, said) if one.context else translation.gettext(said)
            if shown != said:
                moved.append((said, shown))
    # The name of a language, which the settings share with Django.
    assert moved == [("English", "Anglais")]


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.name)
def test_no_page_in_english_holds_french(
    page, client, cast, territories, observations_home, names, in_english
):
    for who in (None, cast.city_officer, cast.administrator):
        if who:
            client.force_login(who)
        response = client.get(page.url(cast))
        if response.status_code == 200 and response.headers["Content-Type"].startswith("text/html"):
            assert french_in(response.content.decode(), names) == []


def test_the_pages_of_every_theme_are_in_english(
    client, cast, territories, observations_home, names, in_english
):
    from ansanm.territories import definitions

    for theme in definitions.themes():
        response = client.get(f"/en/territoires/commune/97411-saint-denis/theme/{theme}/")

        assert response.status_code == 200
        assert french_in(response.content.decode(), names) == [], theme


def test_what_a_form_refuses_is_said_in_english(client, cast, names, in_english):
    client.force_login(cast.city_officer)
    wrong = {"variable": "xx", "period": "bientot", "value": "20.500", "source_on": "2021"}

    response = client.post(f"/en/conventions/{cast.convention.slug}/chiffres/declarer/", wrong)

    page = response.content.decode()
    assert "“20.500” can be read in two ways" in page
    assert "This field is required." in page
    assert french_in(page, names) == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_every_text_has_its_two_languages(path):
    missing = []

    def walk(node, place):
        if isinstance(node, list):
            for one in node:
                walk(one, place)
        if not isinstance(node, dict):
            return
        if {"fr", "en"} & node.keys() and not (node.get("fr") and node.get("en")):
            missing.append(place)
        for key, one in node.items():
            walk(one, f"{place}.{key}")

    walk(yaml.safe_load(path.read_text(encoding="utf-8")), path.stem)
    assert missing == []
