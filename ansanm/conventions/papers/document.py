"""The whole convention from the content of a version: parties, articles, annexes in their order."""

from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ansanm.conventions import files
from ansanm.conventions.models import Annex
from ansanm.conventions.papers.frozen import block_of
from ansanm.conventions.papers.starting import PREAMBLE
from ansanm.conventions.papers.writing import blocks_of
from ansanm.ui.documents import pages
from ansanm.ui.documents.blocks import (
    Block,
    Heading,
    Item,
    Listing,
    PageBreak,
    PagePicture,
    Paragraph,
    Table,
)

# A screen reader reads it in one go; the rest is in the file itself, which members download.
MAX_ALT = 6_000


def parties_and_visas(content: dict, party_row: Callable[[dict], list[str]]) -> Iterator[Block]:
    yield Heading(1, _("Entre les parties"))
    yield Table(
        caption=_("Les parties et leurs délibérations"),
        header=[_("Partie"), _("Qualité"), _("Délibération"), _("Signataires")],
        rows=[party_row(one) for one in content["parties"] if not one["left_on"]],
        widths=[1.3, 0.8, 1.1, 1.6],
    )
    if content["visas"]:
        yield Heading(2, _("Visas"))
        yield Listing(
            [Item(_("Vu %(text)s") % {"text": one["text"]}, one["url"]) for one in content["visas"]]
        )
    yield Paragraph(_("Il est convenu ce qui suit."), kind="lead")


def headings(articles: list[dict]) -> list[str]:
    """« Préambule », then « Article 1 – … » in order."""
    found, number = [], 0
    for one in articles:
        if one["key"] == PREAMBLE:
            found.append(one["heading"])
            continue
        number += 1
        found.append(_("Article %(n)s – %(heading)s") % {"n": number, "heading": one["heading"]})
    return found


def annex_headings(annexes: list[dict]) -> list[str]:
    return [
        _("Annexe %(n)s – %(title)s") % {"n": number, "title": one["title"]}
        for number, one in enumerate(annexes, start=1)
    ]


def articles(content: dict) -> Iterator[Block]:
    held = content["papers"]["articles"]
    for one, heading in zip(held, headings(held), strict=True):
        yield Heading(1, heading)
        yield from blocks_of(one["text"])


def annexes(content: dict, fiches: Callable[[dict], Iterator[Block]]) -> Iterator[Block]:
    held = content["papers"]["annexes"]
    for one, heading in zip(held, annex_headings(held), strict=True):
        yield PageBreak()
        yield Heading(1, heading)
        yield from annex_blocks(one, content, fiches)


def annex_blocks(one: dict, content: dict, fiches: Callable[[dict], Iterator[Block]]) -> Iterator[Block]:
    yield from (block_of(block) for block in one["blocks"])
    if one["kind"] == Annex.Kind.ACTIONS:
        if not content["actions"]:
            yield Paragraph(_("Aucune fiche n’est inscrite au plan."))
        yield from fiches(content)
    elif not one["blocks"] and not one["files"]:
        yield Paragraph(_("cette annexe est vide."), kind="warning", mark=_("À compléter\u00a0:"))
    for file in one["files"]:
        yield from brought(file)


def brought(file: dict) -> Iterator[Block]:
    """The pages of a PDF, each as a picture that says its words: a document cannot be tagged twice."""
    try:
        content = files.path_of(file["sha256"]).read_bytes()
    except FileNotFoundError:
        yield Paragraph(
            _("«\u00a0%(name)s\u00a0» n’est plus sur cette machine.") % file,
            kind="warning",
            mark=_("Manque."),
        )
        return
    if not content.startswith(b"%PDF-"):
        yield Paragraph(_("«\u00a0%(name)s\u00a0» est joint à part.") % file, kind="source")
        return
    try:
        n_pages = pages.count(content)
        if n_pages > pages.MAX_PAGES:
            yield Paragraph(
                _("«\u00a0%(name)s\u00a0» compte %(n)s pages\u00a0: il est joint à part.")
                % {"name": file["name"], "n": n_pages},
                kind="warning",
            )
            return
        found = pages.printed(content)
    except pages.UnreadablePdf:
        yield Paragraph(
            _("«\u00a0%(name)s\u00a0» ne s’ouvre pas\u00a0: il est joint à part.") % file, kind="warning"
        )
        return
    yield Paragraph(
        ngettext(
            "La page qui suit est celle de «\u00a0%(name)s\u00a0».",
            "Les %(n)s pages qui suivent sont celles de «\u00a0%(name)s\u00a0».",
            len(found),
        )
        % {"n": len(found), "name": file["name"]},
        kind="source",
    )
    for number, one in enumerate(found, start=1):
        where = _("Page %(n)s sur %(total)s de «\u00a0%(name)s\u00a0».") % {
            "n": number,
            "total": len(found),
            "name": file["name"],
        }
        words = _("Page numérisée, sans texte à lire.") if not one.text else one.text[:MAX_ALT]
        yield PagePicture(one.picture, f"{where} {words}")
