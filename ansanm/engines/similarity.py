"""Which territories are like one, measured so that a reader can redo it.

Each variable is put on one scale: its distance to the median, in spreads (the interquartile range
over 1.349, the standard deviation of a normal distribution without its extremes). A variable that
runs over several powers of ten, as a population does, is taken by its logarithm. The distance between
two territories is the root of the weighted mean of their squared differences: 0 for twins, 1 when
they differ by one spread on each variable.

Refused alternatives: Mahalanobis, which nobody can redo by hand and which says that two correlated
variables count for less than was asked; plain standard deviations, that Paris alone would stretch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ansanm.engines.indicators import Floats

NORMAL_IQR = 1.349  # interquartile range of a normal distribution, in standard deviations


@dataclass(frozen=True)
class Neighbour:
    row: int
    distance: float
    # What each variable adds to the squared distance, in shares that sum to 1 (all 0 for a twin).
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Neighbourhood:
    neighbours: tuple[Neighbour, ...]
    used: tuple[int, ...]  # columns that our territory has, and that differ from one place to another
    n_compared: int  # territories that have every used variable, ours left out


def scaled(values: Floats, logarithmic: Sequence[bool]) -> Floats:
    """Return `values` (territories × variables) in spreads from the median; NaN stays NaN."""
    taken = np.array(values, dtype=np.float64)
    for column, is_logarithmic in enumerate(logarithmic):
        if is_logarithmic:
            positive = taken[:, column] > 0
            taken[~positive, column] = np.nan
            taken[positive, column] = np.log(taken[positive, column])
    for column in range(taken.shape[1]):
        known = taken[~np.isnan(taken[:, column]), column]
        if not known.size:
            continue
        low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
        # More than half of the places may share one value (no second home): the deviation then does.
        spread = (high - low) / NORMAL_IQR
        if spread <= 1e-9 * abs(middle):
            spread = float(known.std())
        # All alike: the variable says nothing (its deviation may be a speck above 0, not 0).
        is_constant = known.min() == known.max()
        taken[:, column] = np.nan if is_constant else (taken[:, column] - middle) / spread
    return taken


def neighbourhood(
    values: Floats,
    own: int,
    *,
    n: int,
    logarithmic: Sequence[bool] | None = None,
    weights: Sequence[float] | None = None,
    candidates: np.ndarray | None = None,
) -> Neighbourhood:
    """Return the `n` rows nearest to row `own`, the nearest first, equal ones in the order of rows.

    A variable that our territory lacks is left out for everybody; a territory that lacks one of the
    others is not compared, since a distance over fewer variables would be shorter for no reason.
    `candidates` (a mask) narrows who may be a neighbour; spreads stay those of all rows.
    """
    n_rows, n_columns = values.shape
    standing = scaled(values, logarithmic or [False] * n_columns)
    importance = np.ones(n_columns) if weights is None else np.asarray(weights, dtype=np.float64)
    used = [one for one in range(n_columns) if not np.isnan(standing[own, one]) and importance[one] > 0]
    if not used:
        return Neighbourhood((), (), 0)
    squared = (standing[:, used] - standing[own, used]) ** 2 * importance[used] / importance[used].sum()
    distances = np.sqrt(squared.sum(axis=1))
    allowed = ~np.isnan(distances)
    allowed[own] = False
    if candidates is not None:
        allowed &= candidates
    rows = np.flatnonzero(allowed)
    nearest = rows[np.argsort(distances[rows], kind="stable")[:n]]
    found = []
    for row in nearest:
        total = squared[row].sum()
        shares = squared[row] / total if total else np.zeros(len(used))
        found.append(Neighbour(int(row), float(distances[row]), tuple(float(one) for one in shares)))
    return Neighbourhood(tuple(found), tuple(used), int(allowed.sum()))
