"""Finding actions across conventions by what people type, typos forgiven.

The index of words is kept in memory until a fiche changes; rights are applied to what it finds, on
every query, never inside it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Count, Max

from ansanm.conventions.models import Action
from ansanm.engines.words import WordIndex, build
from ansanm.territories.names import search_key

MAX_LENGTH = 120
# A change re-reads the fiches changed since the index was made, up to so many; then it is made again.
MOST_RECENT = 1000
# A transaction may commit after a later one: what changed that long before is read once more.
MARGIN = timedelta(seconds=60)


@dataclass(frozen=True)
class Part:
    words: WordIndex
    keys: np.ndarray  # the action of each text
    conventions: np.ndarray  # its convention

    def find(self, query: str, allowed: np.ndarray, hidden: np.ndarray) -> list[tuple[int, int]]:
        """(score, action) of those that answer in the conventions `allowed`, but for `hidden`."""
        found, scores = self.words.find(query)
        kept = np.isin(self.conventions[found], allowed)
        if hidden.size:
            kept &= ~np.isin(self.keys[found], hidden)
        return list(zip(scores[kept].tolist(), self.keys[found[kept]].tolist(), strict=True))


@dataclass(frozen=True)
class Kept:
    stamp: tuple  # what the table looked like when `recent` was read
    last: datetime | None  # the last change that `base` knows
    base: Part
    recent: Part
    changed: np.ndarray  # actions whose text in `base` is no longer theirs


_lock = threading.Lock()
_kept: Kept | None = None


def part_of(actions) -> Part:
    rows = list(actions.values_list("pk", "convention", "title", "search_text"))
    return Part(
        build((search_key(title), text) for _pk, _convention, title, text in rows),
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
    )


def current() -> Kept:
    global _kept
    state = Action.objects.aggregate(n=Count("pk"), last=Max("updated_at"))
    stamp = (state["n"], state["last"])
    with _lock:
        if _kept is None or _kept.stamp != stamp:
            _kept = (_kept and renewed(_kept, stamp)) or made(stamp)
        return _kept


def made(stamp) -> Kept:
    nothing = np.empty(0, np.int64)
    empty = Part(build([]), nothing, nothing)
    return Kept(stamp, stamp[1], part_of(Action.objects.standing()), empty, nothing)


def renewed(kept: Kept, stamp) -> Kept | None:
    """`kept` with what changed since read again; None when that is too much."""
    if kept.last is None:
        return None
    recent = Action.objects.filter(updated_at__gte=kept.last - MARGIN)
    changed = np.fromiter(recent.values_list("pk", flat=True)[: MOST_RECENT + 1], np.int64)
    if changed.size > MOST_RECENT:
        return None
    return Kept(stamp, kept.last, kept.base, part_of(recent.standing()), changed)


def find(text: str, conventions) -> list[int]:
    """The keys of the standing actions of `conventions` (keys) that answer `text`, the best first."""
    kept = current()
    query = search_key(text[:MAX_LENGTH])
    allowed = np.fromiter(conventions, np.int64)
    nothing = np.empty(0, np.int64)
    found = kept.base.find(query, allowed, kept.changed) + kept.recent.find(query, allowed, nothing)
    return [pk for _score, pk in sorted(found, key=lambda pair: -pair[0])]
