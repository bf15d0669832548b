"""Two people wrote on the same text: a three-way merge line by line, in which no line is dropped unseen.

The way of diff3 (Khanna, Kunal & Pierce 2007): lines that all three texts share cut them into pieces; a
piece that one side alone changed is theirs to change, a piece that both changed differently is a
conflict. One case more than diff3: two pure additions at one place both stay, theirs then mine, because
two people who take minutes both write at the end. Slow twin and properties: tests/engines/
test_line_merging.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

# SequenceMatcher takes the square of the length: what differs beyond is one piece, never cut wrong.
MOST_LINES = 2_000


@dataclass(frozen=True)
class Stretch:
    """A run of lines of the result; in a conflict, `mine` and `theirs` differ and `lines` holds both."""

    lines: tuple[str, ...]
    is_conflict: bool = False
    base: tuple[str, ...] = ()
    mine: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Joined:
    stretches: tuple[Stretch, ...]
    # Whether both added something at one place: to be read again, as their order is ours.
    both_added: bool = False

    @property
    def text(self) -> str:
        """The result; where they conflict, their lines and then mine."""
        return "\n".join(line for stretch in self.stretches for line in stretch.lines)

    @property
    def conflicts(self) -> tuple[Stretch, ...]:
        return tuple(one for one in self.stretches if one.is_conflict)


def merge_lines(base: str, mine: str, theirs: str) -> Joined:
    """Join `mine` and `theirs`, both written from `base`."""
    stretches: list[Stretch] = []
    both_added = False
    for was, here, there in _pieces(_lines(base), _lines(mine), _lines(theirs)):
        if here == there or there == was:
            stretches.append(Stretch(here))
        elif here == was:
            stretches.append(Stretch(there))
        elif not was:
            both_added = True
            stretches.append(Stretch(there + here))
        else:
            stretches.append(Stretch(there + here, is_conflict=True, base=was, mine=here, theirs=there))
    return Joined(tuple(one for one in stretches if one.lines or one.is_conflict), both_added)


Lines = tuple[str, ...]


def _lines(text: str) -> Lines:
    return tuple(text.split("\n")) if text else ()


def _pieces(base: Lines, mine: Lines, theirs: Lines) -> Iterator[tuple[Lines, Lines, Lines]]:
    """The three texts cut at the lines they all share, in order."""
    at_mine, at_theirs = _matches(base, mine), _matches(base, theirs)
    b = m = t = 0
    for line in range(len(base)):
        if line not in at_mine or line not in at_theirs:
            continue
        yield base[b:line], mine[m : at_mine[line]], theirs[t : at_theirs[line]]
        b, m, t = line, at_mine[line], at_theirs[line]
        yield base[b : b + 1], mine[m : m + 1], theirs[t : t + 1]
        b, m, t = b + 1, m + 1, t + 1
    yield base[b:], mine[m:], theirs[t:]


def _matches(base: Lines, other: Lines) -> dict[int, int]:
    """The lines of `base` that stand in `other`, in the same order: their place there."""
    # What they begin and end with alike is most of them: it costs nothing.
    n = min(len(base), len(other))
    first = next((place for place in range(n) if base[place] != other[place]), n)
    left = n - first
    last = next((place for place in range(left) if base[-1 - place] != other[-1 - place]), left)
    found = {place: place for place in range(first)}
    found |= {len(base) - 1 - place: len(other) - 1 - place for place in range(last)}
    inside, there = base[first : len(base) - last], other[first : len(other) - last]
    if len(inside) + len(there) <= MOST_LINES:
        for block in SequenceMatcher(None, inside, there, autojunk=False).get_matching_blocks():
            for place in range(block.size):
                found[first + block.a + place] = first + block.b + place
    return found
