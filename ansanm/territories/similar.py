"""Territories like one, among all those of its level: on which variables, how near, and why.

Everything is in the address (`sur=population&sur=senior_share…`, `parmi=region`): two people with
the same address read the same list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ansanm.engines import similarity
from ansanm.engines.indicators import Definition, Kind, Status
from ansanm.territories import definitions, observations
from ansanm.territories.diagnosis import series_of
from ansanm.territories.models import Level, Territory

LEVELS = (Level.COMMUNE, Level.EPCI, Level.DEPARTEMENT)
# What makes a public policy comparable: size, ages, households, housing.
DEFAULT = ("population", "under20_share", "senior_share", "household_size", "flat_share", "vacancy_rate")
# A variable half of the places lack would leave half of the places out.
LEAST_KNOWN_SHARE = 0.5
LOGARITHMIC = {"population", "dwellings", "density"}
SCOPES = ("france", "region", "departement")
N_SHOWN = 10
MOST_VARIABLES = 12


@dataclass(frozen=True)
class Known:
    """One indicator for every place of a level, in the period most of them have."""

    period: str
    values: np.ndarray
    statuses: np.ndarray
    n_known: int


@dataclass(frozen=True)
class Trait:
    """One variable of a neighbour beside ours."""

    definition: Definition
    own: float
    theirs: float
    share: float  # of the squared distance


@dataclass(frozen=True)
class Similar:
    territory: Territory
    distance: float
    traits: tuple[Trait, ...]

    @property
    def nearest(self) -> Trait:
        return min(self.traits, key=lambda one: one.share)

    @property
    def farthest(self) -> Trait:
        return max(self.traits, key=lambda one: one.share)


@dataclass(frozen=True)
class Likeness:
    territory: Territory
    similar: tuple[Similar, ...]
    used: tuple[str, ...]
    left_out: tuple[str, ...]  # asked for, and not known here
    periods: Mapping[str, str]
    n_compared: int
    scope: str


def places(level: str) -> tuple[Territory, ...]:
    """Return every place of a level, in the order of codes."""
    return _places(level, observations.data_version())


@lru_cache(maxsize=4)
def _places(level: str, data_version: str) -> tuple[Territory, ...]:
    found = Territory.objects.current().filter(level=level)
    if level != Level.FRANCE:
        # The collectivities overseas that Insee does not count in France have other statistics.
        found = found.exclude(region_code="")
    return tuple(
        found.order_by("code").only(
            "level",
            "code",
            "name",
            "slug",
            "population",
            "latitude",
            "longitude",
            "commune_code",
            "epci_code",
            "departement_code",
            "region_code",
        )
    )


def known(level: str, indicator: str) -> Known | None:
    """Return an indicator for all places of a level; None where nobody has it."""
    return _known(level, indicator, observations.data_version())


@lru_cache(maxsize=256)
def _known(level: str, indicator: str, data_version: str) -> Known | None:
    series = series_of(places(level), [indicator])[indicator]
    counts = {
        period: int(np.sum((series.statuses[period] == Status.PUBLISHED) & ~np.isnan(series.values[period])))
        for period in series.periods
    }
    if not counts or not max(counts.values()):
        return None
    # The period most places have, the latest of equals: a newer one that one département alone has
    # would compare it with nobody.
    period = max(counts, key=lambda one: (counts[one], one))
    values, statuses = series.values[period].astype(np.float64), series.statuses[period].copy()
    values.setflags(write=False)
    statuses.setflags(write=False)
    return Known(period, values, statuses, counts[period])


def offered(level: str) -> dict[str, Definition]:
    """Return the indicators that enough places of the level have to compare on."""
    return _offered(level, observations.data_version())


@lru_cache(maxsize=8)
def _offered(level: str, data_version: str) -> dict[str, Definition]:
    n_places = len(places(level))
    # The manifest says which variables are worth reading: most indicators are of one département.
    counts: dict[str, int] = {}
    for status in observations.datasets_status():
        for name in status.variables:
            counts[name] = counts.get(name, 0) + status.levels.get(level, 0)
    return {
        name: one
        for name, one in definitions.definitions().items()
        if (one.kind is not Kind.COUNT or name in LOGARITHMIC)
        and all(counts.get(variable, 0) >= LEAST_KNOWN_SHARE * n_places for variable in one.variables)
        and (found := known(level, name)) is not None
        and found.n_known >= LEAST_KNOWN_SHARE * n_places
    }


def like(
    territory: Territory, *, variables: Sequence[str] = (), scope: str = "france", n: int = N_SHOWN
) -> Likeness | None:
    """Return the territories most like this one; None for a level nobody compares so."""
    if territory.level not in LEVELS:
        return None
    return _like(territory.pk, tuple(variables), scope, n, observations.data_version())


@lru_cache(maxsize=512)
def _like(pk: int, variables: tuple[str, ...], scope: str, n: int, data_version: str) -> Likeness | None:
    territory = Territory.objects.get(pk=pk)
    rows = places(territory.level)
    own = next((row for row, one in enumerate(rows) if one.pk == pk), None)
    if own is None:
        return None
    # The default variables are known to be offered where any is; a full scan is for the form alone.
    wanted = [one for one in variables or DEFAULT if known(territory.level, one) is not None]
    if not wanted:
        return Likeness(territory, (), (), tuple(variables or DEFAULT), {}, 0, scope)
    columns = {name: known(territory.level, name) for name in wanted}
    values = np.column_stack([one.values for one in columns.values()])
    found = similarity.neighbourhood(
        values,
        own,
        n=n,
        logarithmic=[name in LOGARITHMIC for name in wanted],
        candidates=_candidates(rows, territory, scope),
    )
    used = tuple(wanted[column] for column in found.used)
    described = definitions.definitions()
    similar = tuple(
        Similar(
            rows[one.row],
            one.distance,
            tuple(
                Trait(
                    described[name],
                    float(columns[name].values[own]),
                    float(columns[name].values[one.row]),
                    share,
                )
                for name, share in zip(used, one.shares, strict=True)
            ),
        )
        for one in found.neighbours
    )
    left_out = tuple(name for name in variables or DEFAULT if name not in used)
    periods = {name: columns[name].period for name in used}
    return Likeness(territory, similar, used, left_out, periods, found.n_compared, scope)


def _candidates(rows: Sequence[Territory], territory: Territory, scope: str) -> np.ndarray | None:
    if scope == "region":
        return np.array([one.region_code == territory.region_code for one in rows])
    if scope == "departement":
        return np.array([one.departement_code == territory.departement_code for one in rows])
    return None
