"""Indicators of a whole country at once: values, ranks, and who is like whom.

Areas (EPCI, département, France) are rows like any other, after the territories. Ranks cost the
most: one sort per indicator and period gives the places among all, and that order sorted again by
area gives those inside each area.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ansanm.engines.indicators import Definition, Floats, ObservationTable, Series, Statuses, evaluate

Ints = NDArray[np.intp]
Ranks = NDArray[np.int32]

# Measured on the communes of France: a third faster than the tree SciPy makes unless told.
LEAF_SIZE = 48
SEARCHED_TOGETHER = 2048


@dataclass(frozen=True)
class Standing:
    """One indicator at one period: a value per row of the table, ranks of the territories only."""

    definition: Definition
    period: str
    values: Floats
    statuses: Statuses
    ranks: Mapping[str, Ranks]  # by kind of area, "" for all; 1 is the highest value, 0 is unranked


@dataclass(frozen=True)
class _Groups:
    """The area of each territory, where a sort finds it: high in a word that a place ends."""

    numbers: NDArray[np.unsignedinteger]  # shifted by `bits`; 0 is nowhere
    n_groups: int
    bits: int  # that the place of a territory takes

    @classmethod
    def of(cls, areas: Ints) -> _Groups:
        n_groups, bits = int(areas.max(initial=-1)) + 1, len(areas).bit_length()
        # The communes of France by EPCI fit in 32 bits, which sort twice as fast as 64.
        word = np.uint32 if n_groups.bit_length() + bits <= 32 else np.uint64
        numbers = np.left_shift((areas + 1).astype(word), word(bits))
        return cls(numbers, n_groups, bits)


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
    inside = {kind: _Groups.of(areas) for kind, areas in ranked_in.items()}

    def computed(definition: Definition) -> list[Standing]:
        series = evaluating(definition, table)
        return [
            Standing(definition, period, values, series.statuses[period], _ranks(values, inside))
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
    return _ranks(values, {kind: _Groups.of(areas) for kind, areas in inside.items()})


def _ranks(values: Floats, inside: Mapping[str, _Groups]) -> dict[str, Ranks]:
    found: dict[str, Ranks] = {}
    for n in {len(groups.numbers) for groups in inside.values()}:
        ordered, order = _highest_first(values[:n])
        for kind, groups in inside.items():
            if len(groups.numbers) == n:
                found[kind] = _ranks_inside(ordered, order, groups)
    return found


def _highest_first(values: Floats) -> tuple[Floats, Ints]:
    """Return the opposites of the known values, ascending, and the row of each."""
    opposite = -values
    absent = np.isnan(opposite)
    n_known = len(opposite) - int(np.count_nonzero(absent))
    opposite[absent] = np.nan  # of one sign, that sorts last
    # Sorting whole numbers takes a third of the time of `argsort`: those of the same order as ours,
    # each ended with its row in place of its last bits.
    words = opposite.view(np.int64)
    words = words ^ ((words >> 63) & np.iinfo(np.int64).max)
    mask = (1 << len(words).bit_length()) - 1
    words &= ~mask
    words |= np.arange(len(words))
    words.sort()
    order: Ints = (words & mask)[:n_known]
    ordered = opposite[order]
    if (ordered[1:] < ordered[:-1]).any():  # two values that differ in their last bits alone
        order = np.argsort(opposite)[:n_known]
        ordered = opposite[order]
    return ordered, order


def _ranks_inside(ordered: Floats, order: Ints, groups: _Groups) -> Ranks:
    """Return the ranks of all territories; `order` is that of the ranked ones, the highest first."""
    found = np.zeros(len(groups.numbers), dtype=np.int32)
    words = groups.numbers[order]
    if groups.n_groups == 1 and words.all():  # all in one area: in order already
        found[order] = _starts(ordered[1:] != ordered[:-1]) + np.int32(1)
        return found
    words |= np.arange(len(words), dtype=words.dtype)
    words.sort()
    numbers = words >> groups.bits
    places = (words & ((1 << groups.bits) - 1)).astype(np.intp)
    values = ordered[places]
    another_area = numbers[1:] != numbers[:-1]
    ranked = _starts(another_area | (values[1:] != values[:-1]))
    ranked -= _starts(another_area)
    ranked += 1
    ranked[: np.searchsorted(numbers, 1)] = 0  # of no area
    found[order[places]] = ranked
    return found


def _starts(is_new: NDArray[np.bool_]) -> Ranks:
    """Return, for each of a sorted run, the place of the first equal to it; `is_new[i]` is of i + 1."""
    bounds = np.concatenate(([0], np.flatnonzero(is_new) + 1, [len(is_new) + 1])).astype(np.int32)
    return np.repeat(bounds[:-1], bounds[1:] - bounds[:-1])


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
