"""The papers of a convention as plain values, to be sealed with its version, and back as blocks."""

from dataclasses import asdict

from django.utils.translation import override

from ansanm.conventions.models import Annex, Convention
from ansanm.conventions.papers.annexes import live_blocks
from ansanm.conventions.papers.letterhead import letterhead
from ansanm.conventions.papers.writing import blocks_of
from ansanm.ui.documents.blocks import Block, Heading, Item, Listing, Paragraph, Table

TYPES = {one.__name__: one for one in (Heading, Paragraph, Listing, Table)}


def frozen(convention: Convention) -> dict:
    """Articles, annexes and letterhead as they stand; {} where nobody wrote any."""
    with override("fr"):
        articles = [
            {"key": one.key, "heading": one.heading, "text": one.text} for one in convention.articles.all()
        ]
        annexes = [annex_of(one) for one in convention.annexes.all() if one.is_included]
        if not articles and not annexes:
            return {}
        return {"articles": articles, "annexes": annexes, "letterhead": letterhead(convention)}


def annex_of(annex: Annex) -> dict:
    blocks = [*blocks_of(annex.text), *live_blocks(annex)]
    return {
        "key": str(annex.pk),
        "kind": annex.kind,
        "title": str(annex),
        "blocks": [plain(one) for one in blocks],
        "files": [{"name": one.name, "sha256": one.sha256} for one in files_of(annex)],
    }


def files_of(annex: Annex) -> list:
    """The PDFs whose pages join those of the annex."""
    found = [annex.file] if annex.file else []
    if annex.kind == Annex.Kind.DELIBERATIONS:
        parties = annex.convention.parties.filter(left_on="", deliberation_file__isnull=False)
        found += [one.deliberation_file for one in parties.select_related("deliberation_file")]
    return found


def plain(block: Block) -> dict:
    content = asdict(block)
    for name in ("numeric", "strong_rows"):
        if name in content:
            content[name] = sorted(content[name])
    return {"type": type(block).__name__, **content}


def block_of(content: dict) -> Block:
    values = {name: value for name, value in content.items() if name != "type"}
    for name in ("numeric", "strong_rows"):
        if name in values:
            values[name] = frozenset(values[name])
    if "items" in values:
        values["items"] = [Item(**one) for one in values["items"]]
    return TYPES[content["type"]](**values)
