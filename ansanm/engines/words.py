"""An index of words over some tens of thousands of short texts, forgiving of endings and typos.

Texts come folded (no accent, no capital: see territories.names.search_key). A query finds the texts
that hold each of its words, as the beginning of a word or, failing that, as a word that looks like
it. Slow twin: tests/engines/test_words.py.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

# Below this likeness (0–100) a word is another word: "ludoteque" is at 95 of "ludotheque".
LIKENESS = 78
# Words that look like the one typed and are tried in its place.
MOST_LIKE = 8
# A word of the title tells more than one of the text.
TITLE, TEXT = 3, 1


@dataclass(frozen=True)
class WordIndex:
    """`words` sorted; the texts of word i are `texts[starts[i]:starts[i + 1]]`, with their weights."""

    n_texts: int
    words: list[str]
    starts: NDArray[np.int64]
    texts: NDArray[np.int32]
    weights: NDArray[np.uint8]

    def find(self, query: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the numbers of the texts that answer `query` and their scores, the best first."""
        typed = list(dict.fromkeys(query.split()))
        if not typed:
            return np.empty(0, np.int32), np.empty(0, np.int32)
        scores = self._scores([self._beginning(word) for word in typed])
        if not scores.any():
            # Some word has no beginning in common with the texts that hold the others: a slip.
            scores = self._scores([self._beginning(word) or self._like(word) for word in typed])
        if not scores.any():
            scores = self._scores([[*self._beginning(word), *self._like(word)] for word in typed])
        found = np.flatnonzero(scores)
        order = found[np.argsort(-scores[found], kind="stable")]
        return order.astype(np.int32), scores[order]

    def _scores(self, choices: list[list[int]]) -> NDArray[np.int32]:
        """For each text, the sum over the words typed of the weight of the best word that stands for
        it; 0 where one of them has none."""
        total = np.zeros(self.n_texts, np.int32)
        in_all = np.ones(self.n_texts, bool)
        for words in choices:
            best = np.zeros(self.n_texts, np.int32)
            for word in words:
                rows = slice(self.starts[word], self.starts[word + 1])
                best[self.texts[rows]] = np.maximum(best[self.texts[rows]], self.weights[rows])
            in_all &= best > 0
            total += best
        return np.where(in_all, total, 0).astype(np.int32)

    def _beginning(self, word: str) -> list[int]:
        first = bisect_left(self.words, word)
        last = bisect_left(self.words, word + "\uffff")
        return list(range(first, last))

    def _like(self, word: str) -> list[int]:
        if len(word) < 3:
            return []
        near = process.extract(word, self.words, scorer=fuzz.ratio, score_cutoff=LIKENESS, limit=MOST_LIKE)
        return [place for _word, _score, place in near]


def build(texts: Iterable[tuple[str, str]]) -> WordIndex:
    """Index (title, text) pairs, both folded; a text is known by its place in `texts`."""
    numbers: dict[str, int] = {}
    of_word: list[int] = []
    of_text: list[int] = []
    weights: list[int] = []
    n_texts = 0
    for n_texts, (title, text) in enumerate(texts, 1):
        in_title = set(title.split())
        held = in_title | set(text.split())
        of_word.extend(numbers.setdefault(word, len(numbers)) for word in held)
        of_text.extend([n_texts - 1] * len(held))
        weights.extend(TITLE if word in in_title else TEXT for word in held)
    words = sorted(numbers)
    # From the order in which the words were met to the alphabetical one.
    place = np.empty(len(numbers), np.int32)
    place[[numbers[word] for word in words]] = np.arange(len(words))
    sorted_words = place[np.array(of_word, np.int32)] if of_word else np.empty(0, np.int32)
    order = np.argsort(sorted_words, kind="stable")
    starts = np.searchsorted(sorted_words[order], np.arange(len(words) + 1))
    return WordIndex(
        n_texts,
        words,
        starts.astype(np.int64),
        np.array(of_text, np.int32)[order],
        np.array(weights, np.uint8)[order],
    )
