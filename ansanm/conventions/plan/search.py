"""Finding actions across conventions by what people type, typos forgiven.

The index of words is kept in memory until a fiche changes; rights are applied to what it finds, on
every query, never inside it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from django.db.models import Count, Max

from ansanm.conventions.models import Action
from ansanm.engines.words import WordIndex, build
from ansanm.territories.names import search_key

MAX_LENGTH = 120


@dataclass(frozen=True)
class Kept:
    stamp: tuple
    words: WordIndex
    keys: np.ndarray  # the action of each text
    conventions: np.ndarray  # its convention


_lock = threading.Lock()
_kept: Kept | None = None


def current() -> Kept:
    global _kept
    state = Action.objects.aggregate(n=Count("pk"), last=Max("updated_at"))
    stamp = (state["n"], state["last"])
    with _lock:
        if _kept is None or _kept.stamp != stamp:
            rows = list(Action.objects.standing().values_list("pk", "convention", "title", "search_text"))
            _kept = Kept(
                stamp,
                build((search_key(title), text) for _pk, _convention, title, text in rows),
                np.array([row[0] for row in rows], np.int64),
                np.array([row[1] for row in rows], np.int64),
            )
        return _kept


def find(text: str, conventions) -> list[int]:
    """The keys of the standing actions of `conventions` (keys) that answer `text`, the best first."""
    kept = current()
    found, _scores = kept.words.find(search_key(text[:MAX_LENGTH]))
    allowed = np.isin(kept.conventions[found], np.fromiter(conventions, np.int64))
    return kept.keys[found[allowed]].tolist()
