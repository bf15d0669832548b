"""Indicators of a whole country at once: values, ranks, and who is like whom.

Areas (EPCI, département, France) are rows like any other, after the territories. Ranks cost the
most: one sort per indicator and period gives the places among all, and these sorted again by area
give those inside each area.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ansanm.engines.indicators import Definition, Floats, ObservationTable, Series, Statuses, evaluate

Ints = NDArray[np.intp]
Ranks = NDArray[np.unsignedinteger]

# Measured on the communes of France: a third faster than the tree SciPy makes unless told.
LEAF_SIZE = 48
SEARCHED_TOGETHER = 2048
# Under so many equal values each, on average, runs are quicker gone through than repeated.
MANY_RUNS = 8
# The word of the highest number: what sorts before is no number.
HIGHEST = ~int(np.array(np.inf).view(np.int64))


@dataclass(frozen=True)
class Standing:
    """One indicator at one period: a value per row of the table, ranks of the territories only."""

    definition: Definition
    period: str
    values: Floats
    statuses: Statuses
    ranks: Mapping[str, Ranks]  # by kind of area, "" for all; 1 is the highest value, 0 is unranked


class _Areas:
    """The area of each territory, in words that one sort puts in the order of each area.

    A word is all the room of the areas before, then the rank among all times the room of its area,
    then its place there: short words, of which a processor sorts many at a time.
    """

    def __init__(self, areas: Ints):
        n, numbers = len(areas), areas + 1  # 0 is nowhere
        sizes = np.bincount(numbers, minlength=1)
        starts = np.cumsum(sizes) - sizes
        bits = np.array([int(max(size, 1) - 1).bit_length() for size in sizes])
        room = 1 << bits
        base = (np.cumsum(room) - room) * (n + 1)
        word = np.uint32 if int(room.sum()) * (n + 1) <= 1 << 32 else np.uint64

        self.n, self.n_nowhere = n, int(sizes[0])
        self.is_one = not self.n_nowhere and np.count_nonzero(sizes) == 1
        self.inner_starts = starts[(starts > 0) & (starts < n)]
        # Of each territory, sorted by area.
        self.rows = np.argsort(numbers, kind="stable")
        self.is_sorted = bool((self.rows == np.arange(n)).all())
        sorted_numbers = numbers[self.rows]
        self.before = starts[sorted_numbers].astype(_type_of(n))
        self.base = base[sorted_numbers].astype(word)
        self.bits, self.mask = bits[sorted_numbers].astype(word), (room - 1)[sorted_numbers].astype(word)
        # Of each territory, in its row.
        place = np.empty(n, dtype=np.intp)
        place[self.rows] = np.arange(n) - starts[sorted_numbers]
        self.own_word, self.own_bits = (base[numbers] + place).astype(word), bits[numbers].astype(word)
        self.words, self.above = np.empty(n, dtype=word), np.empty(n, dtype=word)
        self.order = np.empty(n, dtype=np.intp)

    def ranks(self, among_all: Ranks, n_absent: int) -> Ranks:
        above = np.subtract(among_all, 1, out=self.above, dtype=self.above.dtype)
        if n_absent:
            np.minimum(above, self.n, out=above)  # 0 less 1 is the highest word: they come last
        words = np.left_shift(above, self.own_bits, out=self.words)
        words += self.own_word
        words.sort()
        words -= self.base
        np.right_shift(words, self.bits, out=above)
        words &= self.mask
        order = np.add(words, self.before, out=self.order, casting="unsafe")
        is_new = above[1:] != above[:-1]
        is_new[self.inner_starts - 1] = True
        inside = _firsts(is_new, self.before.dtype)
        inside -= self.before
        inside[: self.n_nowhere] = 0
        if n_absent:
            inside[above == self.n] = 0
        found = np.empty_like(inside)
        found[order if self.is_sorted else self.rows.take(order)] = inside
        return found


def standings(
    definitions: Iterable[Definition],
    table: ObservationTable,
    *,
    ranked_in: Mapping[str, Ints],
    n_threads: int = 2,
    evaluating: Callable[[Definition, ObservationTable], Series] = evaluate,
) -> Iterator[Standing]:
    """Yield each indicator at each of its periods, in order.

    `ranked_in[kind][i]` is the area in which the territory of row i is ranked (-1: nowhere); rows
    after the last of these are areas, and have no rank. `evaluating` may hide more than `evaluate`.
    """
    ranker = _OfThread(ranked_in)

    def computed(definition: Definition) -> list[Standing]:
        series = evaluating(definition, table)
        return [
            Standing(definition, period, values, series.statuses[period], ranker.ranks(values))
            for period, values in series.values.items()
        ]

    # NumPy lets go of the interpreter while it sorts: two threads keep two cores busy.
    with ThreadPoolExecutor(n_threads) as pool:
        for found in pool.map(computed, definitions):
            yield from found


def ranks(values: Floats, inside: Mapping[str, Ints]) -> dict[str, Ranks]:
    """Return the place of each territory inside its area of each kind; equal values share theirs.

    Values are NaN where nothing is published, and as many as territories or more.
    """
    return _OfThread(inside).ranks(values)


class _OfThread(threading.local):
    """Memory to rank in, one for each thread, used again for each column: new memory costs the system
    as much as the sort costs us."""

    def __init__(self, inside: Mapping[str, Ints]):
        by_length: dict[int, dict[str, _Areas]] = {}
        for kind, areas in inside.items():
            by_length.setdefault(len(areas), {})[kind] = _Areas(areas)
        self.rankers = [_Ranker(n, areas) for n, areas in by_length.items()]

    def ranks(self, values: Floats) -> dict[str, Ranks]:
        return {kind: found for one in self.rankers for kind, found in one.ranks(values).items()}


class _Ranker:
    def __init__(self, n: int, areas: Mapping[str, _Areas]):
        self.n, self.areas = n, areas
        self.mask = (1 << n.bit_length()) - 1  # of the bits that hold a row
        self.rows = ~np.arange(n)
        self.words, self.order = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.intp)
        self.ordered = np.empty(n)

    def ranks(self, values: Floats) -> dict[str, Ranks]:
        ordered, order = self.highest_first(np.ascontiguousarray(values[: self.n]))
        among_all = np.zeros(self.n, dtype=_type_of(self.n))
        if not len(order):
            return dict.fromkeys(self.areas, among_all)
        among_all[order] = _firsts(ordered[1:] != ordered[:-1], among_all.dtype)
        n_absent = self.n - len(order)
        return {
            kind: among_all if areas.is_one else areas.ranks(among_all, n_absent)
            for kind, areas in self.areas.items()
        }

    def highest_first(self, values: Floats) -> tuple[Floats, Ints]:
        """Return the known values, the highest first, and the row of each (until the next call)."""
        # Sorting whole numbers takes a tenth of the time of `argsort`: the bits of a positive number,
        # each turned over, with its row in place of the last.
        words = np.bitwise_or(values.view(np.int64), self.mask, out=self.words)
        words ^= self.rows
        words.sort()
        n_absent = int(words.searchsorted(HIGHEST & ~self.mask))
        order = np.bitwise_and(words, self.mask, out=self.order)[n_absent:]
        # "clip" spares a copy: every row is there.
        ordered = values.take(order, out=self.ordered[n_absent:], mode="clip")
        # A number below 0 (-0 is one) has another order; two that differ in their last bits may have.
        if len(order) and (words[-1] >= 0 or (ordered[1:] > ordered[:-1]).any()):
            order = np.argsort(-values)[: self.n - int(np.count_nonzero(np.isnan(values)))]
            ordered = values[order]
        return ordered, order


def _type_of(n: int) -> np.dtype:
    """Return the shortest type that ranks `n` territories."""
    return np.min_scalar_type(n)


def _firsts(is_new: NDArray[np.bool_], number: np.dtype) -> Ranks:
    """Return, for each of a sorted run, the place (1, 2…) of the first equal to it; `is_new[i]` is of
    i + 1."""
    if np.count_nonzero(is_new) * MANY_RUNS > len(is_new):
        found = np.arange(1, len(is_new) + 2, dtype=number)
        found[1:] *= is_new
        np.maximum.accumulate(found, out=found)
        return found
    bounds = np.concatenate(([0], np.flatnonzero(is_new) + 1, [len(is_new) + 1]))
    return np.repeat((bounds[:-1] + 1).astype(number), bounds[1:] - bounds[:-1])


def nearest(traits: Floats, n: int, *, n_threads: int = 2) -> tuple[Ints, Floats]:
    """Return the `n` territories most like each, the nearest first, and their distances.

    `traits` (territories × variables) are on one scale, as `similarity.scaled` gives them; the
    distance is that of `similarity.neighbourhood`. A territory that lacks one has no neighbour (-1)
    and is nobody's. Refused alternative: every distance, 1.2 billion of them for the communes.
    """
    from scipy.spatial import cKDTree  # late: importing it takes longer than most computations

    rows, distances = np.full((len(traits), n), -1), np.full((len(traits), n), np.nan)
    known = np.flatnonzero(~np.isnan(traits).any(axis=1))
    n_others = min(n, len(known) - 1)
    if n_others < 1:
        return rows, distances
    # Those near one another stand together in memory too: a tenth less time.
    known = known[cKDTree(traits[known], leafsize=LEAF_SIZE, balanced_tree=False).indices]
    points = traits[known]
    tree = cKDTree(points, leafsize=LEAF_SIZE, balanced_tree=False)

    def search(own: Ints) -> None:
        # One more than asked: each finds itself, though not always first (twins are as near).
        far, found = tree.query(points[own], n_others + 1)
        itself = found == own[:, None]
        itself[:, -1] |= ~itself.any(axis=1)  # more twins than asked for: it need not be among them
        rows[known[own], :n_others] = known[found[~itself].reshape(len(own), n_others)]
        distances[known[own], :n_others] = far[~itself].reshape(len(own), n_others) / np.sqrt(traits.shape[1])

    # In the order of the tree: those searched one after the other are near, and what they read is too.
    parts = (tree.indices[i : i + SEARCHED_TOGETHER] for i in range(0, len(known), SEARCHED_TOGETHER))
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(search, parts))
    return rows, distances
