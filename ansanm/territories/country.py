"""Every commune at once: each indicator at each period, its ranks, and which communes are alike.

What pages show one by one, and no more: the same secrets, the same comparators, the same likeness.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from ansanm.engines import cube, similarity
from ansanm.engines.indicators import Definition, Status
from ansanm.territories import observations, secrecy, similar
from ansanm.territories.diagnosis import evaluated

N_SIMILAR = 20
# The columns of a commune that name the areas it is compared with.
AREAS = {"epci": "epci_code", "departement": "departement_code", "region": "region_code"}
RANKED_IN = "departement"


@dataclass(frozen=True)
class Country:
    """Rows of standings are the communes in their order, then the areas."""

    communes: Sequence[str]
    areas: Sequence[tuple[str, str]]  # (level, code)
    standings: Sequence[cube.Standing]  # ranks: "" in France, "departement"
    alike_on: Mapping[str, str]  # indicator -> period
    similar: NDArray[np.intp]  # communes × N_SIMILAR, places of communes, -1 where there is none
    distances: NDArray[np.float64]


def computed(
    communes: Sequence[Mapping[str, str]],
    definitions: Sequence[Definition],
    *,
    on_step: Callable[[str], object] = lambda step: None,
) -> Country:
    """Compute `definitions` for communes given by their code and those of `AREAS`."""
    codes = [one["code"] for one in communes]
    codes_of = {level: {one[column] for one in communes} - {""} for level, column in AREAS.items()}
    codes_of["france"] = {"FR"}
    # In the order of arrays, where a whole line is read as it stands.
    areas = [(level, code) for level in sorted(codes_of) for code in sorted(codes_of[level])]
    variables = sorted({name for one in definitions for name in one.variables})
    with _no_collection():
        table = secrecy.table([("commune", code) for code in codes] + areas, variables)
    on_step("read")
    numbers = {code: i for i, code in enumerate(sorted({one[AREAS[RANKED_IN]] for one in communes}))}
    of_area = np.array([numbers[one[AREAS[RANKED_IN]]] for one in communes], dtype=np.intp)
    everywhere = np.zeros(len(codes), dtype=np.intp)
    standings = list(
        cube.standings(
            definitions, table, ranked_in={"": everywhere, RANKED_IN: of_area}, evaluating=evaluated
        )
    )
    on_step("values and ranks")
    alike_on, traits = _traits(standings, len(codes))
    rows_alike, distances = cube.nearest(traits, N_SIMILAR)
    on_step("similar")
    return Country(codes, areas, standings, alike_on, rows_alike, distances)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pairs of texts make no cycle: looking for one among all that Python holds took as long as reading."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _traits(standings: Sequence[cube.Standing], n: int) -> tuple[dict[str, str], NDArray[np.float64]]:
    """Return what pages compare communes on, each at the period most have (the latest of equals)."""
    best: dict[str, tuple[int, str, NDArray[np.float64]]] = {}
    for one in standings:
        name = one.definition.id
        if name in similar.DEFAULT:
            values = one.values[:n]
            n_known = n - int(np.count_nonzero(np.isnan(values)))
            if n_known and (name not in best or (n_known, one.period) > best[name][:2]):
                best[name] = (n_known, one.period, values)
    names = [name for name in similar.DEFAULT if name in best]
    values = np.column_stack([best[name][2] for name in names]) if names else np.full((n, 1), np.nan)
    scaled = similarity.scaled(values, [name in similar.LOGARITHMIC for name in names] or [False])
    return {name: best[name][1] for name in names}, scaled


def write(country: Country, folder: Path) -> dict[str, int]:
    """Write `figures.parquet` and `similar.parquet` in `folder`; return the lines of each."""
    folder.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(config={"threads": 2})
    con.register(
        "place",
        {
            "i": np.arange(len(country.communes) + len(country.areas)),
            "level": np.array(
                ["commune"] * len(country.communes) + [one[0] for one in country.areas], object
            ),
            "code": np.array([*country.communes, *(one[1] for one in country.areas)], dtype=object),
        },
    )
    con.execute(
        "CREATE TABLE figure (indicator VARCHAR, period VARCHAR, i INTEGER, value DOUBLE, status VARCHAR,"
        " rank_france INTEGER, rank_departement INTEGER)"
    )
    names = np.array([one.name.lower() for one in Status], dtype=object)
    for one in country.standings:
        known = np.flatnonzero((one.statuses == Status.PUBLISHED) | (one.statuses == Status.SECRET))
        no_rank = np.zeros(len(country.areas), dtype=np.int32)
        con.register(
            "standing",
            {
                "i": known.astype(np.int32),
                "value": one.values[known],
                "status": names[one.statuses[known]],
                "in_france": np.append(one.ranks[""], no_rank)[known],
                "in_area": np.append(one.ranks[RANKED_IN], no_rank)[known],
            },
        )
        con.execute(
            "INSERT INTO figure SELECT ?, ?, i, nullif(value, 'NaN'::DOUBLE), status,"
            " nullif(in_france, 0), nullif(in_area, 0) FROM standing",
            [one.definition.id, one.period],
        )
    rows, places = np.nonzero(country.similar >= 0)
    con.register(
        "alike",
        {
            "i": rows,
            "place": places + 1,
            "j": country.similar[rows, places],
            "distance": country.distances[rows, places],
        },
    )
    return {
        "figures": _copied(
            con,
            folder / "figures.parquet",
            "SELECT level, code, indicator, period, value, status, rank_france, rank_departement"
            " FROM figure JOIN place USING (i) ORDER BY indicator, period, i",
        ),
        "similar": _copied(
            con,
            folder / "similar.parquet",
            "SELECT own.code, place, other.code AS similar_code, distance FROM alike"
            " JOIN place own USING (i) JOIN place other ON other.i = j ORDER BY alike.i, place",
        ),
    }


def _copied(con: duckdb.DuckDBPyConnection, path: Path, select: str) -> int:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    [(n,)] = con.execute(
        f"COPY ({select}) TO '{observations.quoted(beside)}' (FORMAT parquet, COMPRESSION zstd,"
        f" KV_METADATA {{source: 'Ansanm', data_version: '{observations.data_version()}'}})"
    ).fetchall()
    os.replace(beside, path)
    return int(n)
