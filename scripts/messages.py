"""The catalogue of messages, without GNU gettext on the machine.

    messages.py extract   read every French message of the code and templates into the catalogue
    messages.py compile   write the .mo files Django reads
    messages.py check     fail on a message that has no English, or that has moved

French is the language of the source: its catalogue only says how French counts (0 and 1 are
singular), which Django would otherwise not know for our own messages.
"""

import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = ROOT / "locale/en/LC_MESSAGES/django.po"
FRENCH = ROOT / "locale/fr/LC_MESSAGES/django.po"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PYTHON_FORMAT = re.compile(r"%\(\w+\)[sd]")


def messages():
    """Yield (message, context, place) for each message of the source."""
    for path in sorted([*ROOT.glob("ansanm/**/*.py"), *ROOT.glob("config/*.py")]):
        yield from of_python(path.read_text(), path)
    for path in sorted(
        [*ROOT.glob("ansanm/**/templates/**/*.html"), *ROOT.glob("ansanm/**/templates/**/*.txt")]
    ):
        # Django blanks all but the messages; what is left of the indentation is not Python's.
        blanked = templatize(path.read_text(), origin=str(path))
        yield from of_python("\n".join(line.strip() for line in blanked.splitlines()), path)


def of_python(source, path):
    for line, message, _comments, context in extract(
        "python", io.BytesIO(source.encode()), KEYWORDS, options={"encoding": "utf-8"}
    ):
        yield message, context, (str(path.relative_to(ROOT)), line)


def collected(locale):
    catalog = Catalog(locale=locale, domain="django", project="Ansanm", fuzzy=False)
    for message, context, place in messages():
        flags = {"python-format"} if PYTHON_FORMAT.search(str(message)) else set()
        catalog.add(message, locations=[(place[0], None)], flags=flags, context=context)
    return catalog


def merged():
    fresh = collected("en")
    if ENGLISH.exists():
        with ENGLISH.open("rb") as handle:
            known = read_po(handle, locale="en")
        for message in fresh:
            old = known.get(message.id, message.context) if message.id else None
            if old and old.string and not old.fuzzy:
                message.string = old.string
    return fresh


def do_extract():
    ENGLISH.parent.mkdir(parents=True, exist_ok=True)
    catalog = merged()
    save(catalog, ENGLISH)
    save(plurals_of_french(), FRENCH)
    print(f"{len(catalog)} messages, {len(untranslated(catalog))} sans traduction.")


def plurals_of_french():
    catalog = Catalog(locale="fr", domain="django", project="Ansanm", fuzzy=False)
    for message in collected("fr"):
        if isinstance(message.id, tuple):
            catalog.add(message.id, message.id, context=message.context, locations=message.locations)
    return catalog


def save(catalog, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as handle:
        # Neither dates nor line numbers: a catalogue that nothing changed must not change.
        write_po(handle, catalog, omit_header=False, sort_output=True, width=100, include_lineno=False)
    kept = [
        line
        for line in path.read_text().splitlines()
        if not re.match(
            r'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Report-Msgid)', line
        )
    ]
    path.write_text("\n".join(kept) + "\n")


def untranslated(catalog):
    return [
        message
        for message in catalog
        if message.id
        and not (all(message.string) if isinstance(message.string, tuple | list) else message.string)
    ]


def do_compile():
    for path in (ENGLISH, FRENCH):
        with path.open("rb") as handle:
            catalog = read_po(handle)
        with path.with_suffix(".mo").open("wb") as handle:
            write_mo(handle, catalog)


def do_check():
    catalog = merged()
    problems = [f"sans traduction : {message.id!r}" for message in untranslated(catalog)]
    for message in catalog:
        if message.id and message.string:
            problems += wrong_parameters(message)
    with ENGLISH.open("rb") as handle:
        known = {(one.id, one.context) for one in read_po(handle) if one.id}
    found = {(one.id, one.context) for one in catalog if one.id}
    problems += [f"n'est plus dans le code : {one[0]!r}" for one in known - found]
    if problems:
        print("\n".join(problems))
        print("Lancez make messages, puis traduisez dans locale/en/LC_MESSAGES/django.po.")
    return 1 if problems else 0


def wrong_parameters(message):
    """Return what is wrong with the %(name)s of a translation: a missing one is an error 500."""
    sources = message.id if isinstance(message.id, tuple) else (message.id,)
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    wanted = {name for text in sources for name in PYTHON_FORMAT.findall(text)}
    return [
        f"paramètres inconnus dans la traduction de {message.id!r} : {text!r}"
        for text in strings
        if not set(PYTHON_FORMAT.findall(text or "")) <= wanted
    ]


if __name__ == "__main__":
    settings.configure(USE_I18N=True)
    sys.exit({"extract": do_extract, "compile": do_compile, "check": do_check}[sys.argv[1]]())
