"""Every page of the product, from the resolver: a new address is tested by itself."""

import re
from dataclasses import dataclass

from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import translation

from tests.examples import EXAMPLES

# Answers that are no page: files, fragments, redirections, endpoints for scripts.
HTML = "text/html"


@dataclass(frozen=True)
class Visit:
    """A page as one person sees it."""

    url: str
    person: str
    status: int


def url_names():
    """Return the name of every address, once, without those of a framework's own static files."""
    names = []

    def walk(resolver):
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                walk(entry)
            elif isinstance(entry, URLPattern) and entry.name and entry.name not in names:
                names.append(entry.name)

    with translation.override("fr"):
        walk(get_resolver())
    return names


def address(name, cast):
    """Return the address, None where it takes arguments and nobody gave an example."""
    with translation.override("fr"):
        try:
            return reverse(name, kwargs=EXAMPLES[name](cast) if name in EXAMPLES else {})
        except NoReverseMatch:
            return None


# What changes at each request, or says who is signed in, and is no content.
NOISE = [
    (re.compile(r'value="[A-Za-z0-9]{64}"'), "token"),
    (re.compile(r'"X-CSRFToken": "[A-Za-z0-9]*"'), "token"),
    (re.compile(r'nonce="[^"]*"'), "nonce"),
    (re.compile(r'<details class="menu">.*?</details>', re.S), "menu"),
]


def content(response):
    html = response.content.decode()
    for pattern, word in NOISE:
        html = pattern.sub(word, html)
    return html


# Who sees a page first: one of each kind of right. The others are asked where these see nothing; that
# each role gets what its rule says is the matrix's to try.
FIRST = ("anonymous", "city_officer", "caf_adviser", "childcare_manager", "reader", "administrator")
# Two contents of a page hold all that a third would show, but for a button.
MOST_CONTENTS = 2


def visits(url, cast, get):
    """Return one visit for each different content that a GET of this address shows, the longest first."""
    seen: dict[tuple[int, str], str] = {}
    for person in sorted(cast.people, key=lambda one: FIRST.index(one) if one in FIRST else len(FIRST)):
        shown = sum(status == 200 for status, _content in seen)
        if shown >= MOST_CONTENTS or (shown and person not in FIRST):
            break
        response = get(url, person)
        if response.status_code in {301, 302, 303, 304, 405}:
            continue
        if not response.headers.get("Content-Type", "").startswith(HTML):
            continue
        if "Content-Disposition" in response.headers:
            continue
        seen.setdefault((response.status_code, content(response)), person)
    return [
        Visit(url, person, status)
        for (status, _), person in sorted(seen.items(), key=lambda one: -len(one[0][1]))
        # 403 and 404 are one page each, and have their own test.
        if status not in {403, 404}
    ]
