"""What people type for a document, as blocks: paragraphs, and lists of lines that begin with a dash."""

import re
from collections.abc import Iterator

from ansanm.ui.documents.blocks import Block, Item, Listing, Paragraph


def blocks_of(text: str) -> Iterator[Block]:
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        words: list[str] = []
        items: list[str] = []
        for line in part.splitlines():
            line = line.strip()
            if line[:2] in ("- ", "• "):
                items.append(line[2:].strip())
            elif items and line:
                items[-1] += f" {line}"
            elif line:
                words.append(line)
        if words:
            yield Paragraph(" ".join(words))
        if items:
            yield Listing([Item(one) for one in items])


def spaced(text: str) -> str:
    """`text` with the spaces that French puts before its high signs, which no line break may cut."""
    text = re.sub(r" ([;!?%»])", "\u202f\\1", text)
    return re.sub(r"(?<=«) ", "\u202f", re.sub(r" :(?=\s|$)", "\u00a0:", text))
