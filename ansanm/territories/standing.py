"""The place of a figure at each scale: its EPCI, département, région, France, and those like it.

Everybody at a scale is taken in one period: that of the figure or, where fewer than half have it,
the one most territories have. The secrets are those of every page: what is secret or
absent has no rank and weighs on no median, it is counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ansanm.engines.indicators import Floats, Status, Statuses
from ansanm.territories import observations, similar
from ansanm.territories.diagnosis import Diagnosis, Figure, series_of
from ansanm.territories.models import Level

SCALES = ("epci", "departement", "region", "france")
SIMILAR = "similar"
# A rank among two says nothing.
LEAST_RANKED = 3
# The shares of « parmi les 10 % les plus hauts ».
SHARES = (1, 5, 10, 25)


@dataclass(frozen=True)
class Standing:
    """The place of one figure among the territories of its level at one scale."""

    scale: str  # epci, departement, region, france or similar
    name: str  # of the territory that is the scale; "" for those like ours
    period: str
    position: int  # 1 is the highest value
    n_ties: int  # ours included
    n_ranked: int
    n_secret: int
    n_absent: int
    value: float
    values: Floats  # of those ranked, sorted, ours included

    @property
    def median(self) -> float:
        return float(np.median(self.values))

    @property
    def highest_share(self) -> int | None:
        """The least share of the highest that holds ours and all that tie with it, in percent."""
        return _least_share(self.position + self.n_ties - 1, self.n_ranked)

    @property
    def lowest_share(self) -> int | None:
        return _least_share(self.n_ranked - self.position + 1, self.n_ranked)


def _least_share(count: int, total: int) -> int | None:
    return next((one for one in SHARES if 100 * count <= one * total), None)


def standings(diagnosis: Diagnosis, figure: Figure) -> list[Standing]:
    """Return the place of a figure at each scale that ranks more territories than the one inside it."""
    territory, value = diagnosis.territory, figure.value
    if territory.level not in similar.LEVELS or value is None or not value.is_published:
        return []
    version = observations.data_version()
    own = _rows(territory.level, version).get(territory.pk)
    if own is None:
        return []
    taken = _taken(figure, territory.level, own)

    def placed(scale: str, name: str, rows: NDArray[np.intp]) -> Standing | None:
        found = [one for one in (_standing(scale, name, *each, rows, own) for each in taken) if one]
        if found and 2 * found[0].n_ranked >= len(rows):
            return found[0]
        return max(found, key=lambda one: one.n_ranked, default=None)

    ranked: list[Standing] = []
    for above in diagnosis.comparators:
        if above.level in SCALES:
            inside = np.flatnonzero(_codes(territory.level, above.level, version) == above.code)
            one = placed(above.level, above.short_name, inside)
            if one is not None and (not ranked or one.n_ranked > ranked[-1].n_ranked):
                ranked.append(one)
    likeness = similar.like(territory)
    if likeness is not None and likeness.similar:
        near = [_rows(territory.level, version)[one.territory.pk] for one in likeness.similar]
        one = placed(SIMILAR, "", np.array([own, *near]))
        if one is not None:
            ranked.append(one)
    return ranked


def _taken(figure: Figure, level: str, own: int) -> list[tuple[str, Floats, Statuses]]:
    """Return the periods in which everybody may be taken, that of the figure first."""
    usual = similar.known(level, figure.definition.id)
    # Ours may have been given by hand: nobody else sees it, but its own page does.
    if usual is not None and usual.period == figure.value.period:
        values, statuses = usual.values.copy(), usual.statuses.copy()
    else:
        of_period = _everywhere(level, figure.definition.id, figure.value.period, observations.data_version())
        values, statuses = (one.copy() for one in of_period)
    values[own], statuses[own] = figure.value.value, Status.PUBLISHED
    taken = [(figure.value.period, values, statuses)]
    if usual is not None and usual.period != figure.value.period:
        taken.append((usual.period, usual.values, usual.statuses))
    return taken


def _standing(
    scale: str, name: str, period: str, values: Floats, statuses: Statuses, rows: NDArray[np.intp], own: int
) -> Standing | None:
    states, inside = statuses[rows], values[rows]
    ranked = inside[(states == Status.PUBLISHED) & ~np.isnan(inside)]
    if len(ranked) < LEAST_RANKED or statuses[own] != Status.PUBLISHED or np.isnan(values[own]):
        return None
    value, n_secret = values[own], int(np.sum(states == Status.SECRET))
    return Standing(
        scale=scale,
        name=name,
        period=period,
        # Two comparisons; `cube.ranks` sorts everybody to give everybody's rank.
        position=1 + int(np.sum(ranked > value)),
        n_ties=int(np.sum(ranked == value)),
        n_ranked=len(ranked),
        n_secret=n_secret,
        n_absent=len(rows) - len(ranked) - n_secret,
        value=float(value),
        values=np.sort(ranked),
    )


# Only for figures in another period than most places have theirs: the usual one is kept by `similar`.
@lru_cache(maxsize=32)
def _everywhere(level: str, indicator: str, period: str, data_version: str) -> tuple[Floats, Statuses]:
    """Return the values and statuses of all places of a level, as every page may show them."""
    places = similar.places(level)
    series = series_of(places, [indicator])[indicator]
    if period not in series.values:
        return np.full(len(places), np.nan), np.full(len(places), Status.NOT_AVAILABLE, dtype=np.uint8)
    return series.values[period].astype(np.float64), series.statuses[period].copy()


@lru_cache(maxsize=4)
def _rows(level: str, data_version: str) -> dict[int, int]:
    """Return the row of each place of a level, by its key."""
    return {one.pk: row for row, one in enumerate(similar.places(level))}


@lru_cache(maxsize=12)
def _codes(level: str, scale: str, data_version: str) -> NDArray[np.str_]:
    """Return the code of what each place of a level stands in."""
    places = similar.places(level)
    if scale == Level.FRANCE:
        return np.full(len(places), "FR")
    return np.array([getattr(one, f"{scale}_code") for one in places])
