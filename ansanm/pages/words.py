"""The words explained on the help page, and the producers thanked on the legal page."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.utils.translation import get_language

from ansanm.territories.data_words import LICENCES
from ansanm.territories.observations import datasets

GLOSSARY = Path(__file__).with_name("glossary.yaml")


@dataclass(frozen=True)
class Term:
    key: str
    name: str
    text: str


@cache
def _read(path: Path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def glossary() -> list[Term]:
    """The terms in the active language, in its alphabetical order."""
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    terms = [Term(key, **words[language]) for key, words in _read(GLOSSARY).items()]
    return sorted(terms, key=lambda term: term.name.casefold())


def producers() -> list[tuple[str, list[str]]]:
    """Each producer of data with the licences it publishes under."""
    found = {}
    for dataset in datasets().values():
        licence = str(LICENCES.get(dataset["licence"], dataset["licence"]))
        found.setdefault(dataset["producer"], set()).add(licence)
    return [(producer, sorted(found[producer])) for producer in sorted(found)]
