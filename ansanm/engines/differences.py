"""What changed between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# SequenceMatcher takes the square of the length: beyond, the whole text counts as rewritten.
MOST_WORDS = 3_000


@dataclass(frozen=True)
class Piece:
    """A run of words that both have ("same"), that went ("gone") or that came ("new")."""

    kind: str
    text: str


def changed_words(before: str, after: str) -> list[Piece]:
    """Both texts as one run of pieces: without the new ones, `before`; without the gone ones, `after`."""
    return list(_pieces(_words(before), _words(after)))


def _words(text: str) -> list[str]:
    return re.findall(r"\S+|\s+", text)


def _pieces(before: list[str], after: list[str]) -> Iterator[Piece]:
    steps: Sequence[tuple[str, int, int, int, int]]
    if len(before) + len(after) > MOST_WORDS:
        steps = [("replace", 0, len(before), 0, len(after))]
    else:
        steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for kind, first, last, first_new, last_new in steps:
        if kind == "equal":
            yield Piece("same", "".join(before[first:last]))
            continue
        if last > first:
            yield Piece("gone", "".join(before[first:last]))
        if last_new > first_new:
            yield Piece("new", "".join(after[first_new:last_new]))
