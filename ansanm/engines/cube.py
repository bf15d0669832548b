"""Indicators of a whole country at once: the areas around each territory, and its ranks.

Areas are rows like any other, added under the territories, so that their indicators are ratios of
sums. Ranks cost the most: one sort per indicator and period gives the places among all, and a
stable sort of that order by area gives those inside each area.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ansanm.engines.indicators import (
    Definition,
    Floats,
    ObservationTable,
    Status,
    Statuses,
    evaluate,
)

Ints = NDArray[np.intp]
Ranks = NDArray[np.int32]


@dataclass(frozen=True)
class Areas:
    """The areas of one kind: their codes, and that of each territory (`of[i]`, -1 for none)."""

    codes: Sequence[str]
    of: Ints


@dataclass(frozen=True)
class Standing:
    """One indicator at one period: a value per row of the table, ranks of the territories only."""

    definition: Definition
    period: str
    values: Floats
    statuses: Statuses
    ranks: Mapping[str, Ranks]  # by kind of area, "" for all; 1 is the highest value, 0 is unranked


def with_areas(table: ObservationTable, kinds: Iterable[Areas]) -> ObservationTable:
    """Return `table` with one more row per area: the sum of its members, absent where one is.

    The same as `indicators.aggregate`, area by area, for all variables.
    """
    kinds = list(kinds)
    # Group 0 is that of the territories of no area.
    groups = [(one.of + 1, len(one.codes) + 1) for one in kinds]
    is_empty = [np.bincount(of, minlength=n) == 0 for of, n in groups]
    values, statuses = {}, {}
    for key, own in table.values.items():
        of_own = table.statuses[key]
        absent = np.flatnonzero(of_own)
        known = own
        if absent.size:
            known = own.copy()
            known[absent] = 0.0
        all_values, all_statuses = [own], [of_own]
        for (of, n), empty in zip(groups, is_empty, strict=True):
            sums = np.bincount(of, known, n).astype(np.float64)
            worst = np.zeros(n, dtype=np.uint8)
            np.maximum.at(worst, of[absent], _severity(of_own[absent]))
            reasons = _severity(worst)
            # A "published" value that is not a number makes a sum that is not one either.
            reasons[empty | (np.isnan(sums) & (reasons == Status.PUBLISHED))] = Status.NOT_AVAILABLE
            sums[reasons != Status.PUBLISHED] = np.nan
            all_values.append(sums[1:])
            all_statuses.append(reasons[1:])
        values[key], statuses[key] = np.concatenate(all_values), np.concatenate(all_statuses)
    codes = [*table.codes, *(code for one in kinds for code in one.codes)]
    return ObservationTable(codes, values, statuses)


def _severity(statuses: Statuses) -> Statuses:
    """Order statuses as `indicators.combine` does, and back: it undoes itself."""
    return np.asarray((4 - statuses) % 4, dtype=np.uint8)


def standings(
    definitions: Iterable[Definition],
    table: ObservationTable,
    *,
    ranked_in: Mapping[str, Ints],
    n_threads: int = 2,
) -> Iterator[Standing]:
    """Yield each indicator at each of its periods, in order.

    `ranked_in[kind][i]` is the area in which the territory of row i is ranked (-1: nowhere); rows
    after the last of these are areas, and have no rank.
    """
    inside = {kind: _narrowed(groups) for kind, groups in ranked_in.items()}
    # NumPy lets go of the interpreter while it sorts: two threads keep two cores busy.
    with ThreadPoolExecutor(n_threads) as pool:
        for found in pool.map(lambda one: _of_definition(one, table, inside), definitions):
            yield from found


def _of_definition(
    definition: Definition, table: ObservationTable, inside: Mapping[str, Ints]
) -> list[Standing]:
    series = evaluate(definition, table)
    return [
        Standing(definition, period, series.values[period], series.statuses[period], ranks(values, inside))
        for period, values in series.values.items()
    ]


def ranks(values: Floats, inside: Mapping[str, Ints]) -> dict[str, Ranks]:
    """Return the place of each territory inside its area of each kind; equal values share theirs.

    Values are NaN where nothing is published, and as many as territories or more.
    """
    found: dict[str, Ranks] = {}
    for n in {len(groups) for groups in inside.values()}:
        # NaN comes last of an ascending sort, so the highest first is the opposite, ascending.
        opposite = -values[:n]
        order = np.argsort(opposite)[: n - int(np.isnan(opposite).sum())]
        ordered = opposite[order]
        for kind, groups in inside.items():
            if len(groups) == n:
                found[kind] = _ranks_inside(ordered, order, groups)
    return found


def _ranks_inside(ordered: Floats, order: Ints, groups: Ints) -> Ranks:
    of_ordered = groups[order]
    found = np.zeros(len(groups), dtype=np.int32)
    if not order.size:
        return found
    place = np.arange(len(order), dtype=np.int32)
    starts_tie = np.ones(len(order), dtype=bool)
    if (of_ordered == of_ordered[0]).all():  # all in one area: in order already
        starts_tie[1:] = ordered[1:] != ordered[:-1]
        ranked = np.maximum.accumulate(np.where(starts_tie, place, 0)) + 1
        found[order] = ranked if of_ordered[0] >= 0 else 0
        return found
    by_group = np.argsort(of_ordered, kind="stable")
    grouped, sorted_values = of_ordered[by_group], ordered[by_group]
    starts_group = starts_tie.copy()
    starts_group[1:] = grouped[1:] != grouped[:-1]
    starts_tie[1:] = starts_group[1:] | (sorted_values[1:] != sorted_values[:-1])
    first_of_group = np.maximum.accumulate(np.where(starts_group, place, 0))
    first_of_tie = np.maximum.accumulate(np.where(starts_tie, place, 0))
    found[order[by_group]] = np.where(grouped >= 0, first_of_tie - first_of_group + 1, 0)
    return found


def _narrowed(groups: Ints) -> Ints:
    # NumPy sorts 16-bit numbers by radix, ten times faster than wider ones.
    narrow: Ints = groups.astype(np.int16) if groups.max(initial=0) < 2**15 else groups
    return narrow


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
    tree = cKDTree(traits[known])
    # One more than asked: each finds itself, though not always first (twins are as near).
    far, found = tree.query(traits[known], n_others + 1, workers=n_threads)
    itself = found == np.arange(len(known))[:, None]
    itself[:, -1] |= ~itself.any(axis=1)  # more twins than asked for: it need not be among them
    rows[known, :n_others] = known[found[~itself].reshape(len(known), n_others)]
    distances[known, :n_others] = far[~itself].reshape(len(known), n_others) / np.sqrt(traits.shape[1])
    return rows, distances
