"""Stores of all France for the benchmark: real communes and indicators, invented values.

Run as a process: `python -m benchmarks.france_store FOLDER N_COMMUNES N_INDICATORS N_YEARS`. The values
look like what producers publish: proportional to the inhabitants, rounded to 5, and for some variables
one in fifty is secret.
"""

import json
import os
import sqlite3
import sys
import time
from pathlib import Path

import numpy as np

DATASET = "insee_populations"  # the store refuses a dataset it does not know
LAST_YEAR = 2023


def communes(home: Path, n: int) -> list[tuple]:
    """Return (code, EPCI, département, région, population), La Réunion first and the rest in order."""
    with sqlite3.connect(home / "ansanm.sqlite3") as base:
        found = base.execute(
            "SELECT code, epci_code, departement_code, region_code, coalesce(population, 0)"
            " FROM territories_territory WHERE level = 'commune' AND is_current AND region_code <> ''"
            " AND epci_code <> '' ORDER BY region_code <> '04', code"
        ).fetchall()
    return sorted(found[:n])


def chosen(n: int) -> list:
    """Return those that make communes alike, then those of fewest variables; growth has too few years."""
    from ansanm.engines.indicators import Kind
    from ansanm.territories import definitions, similar

    every = [one for one in definitions.definitions().values() if one.kind is not Kind.CHANGE]
    return sorted(every, key=lambda one: (one.id not in similar.DEFAULT, len(one.variables), one.id))[:n]


def variables_of(indicators) -> list[str]:
    return sorted({name for one in indicators for name in one.numerator + one.subtract + one.denominator})


def periods(n: int) -> list[str]:
    return [str(LAST_YEAR - back) for back in reversed(range(n))]


def main():
    home, n_communes, n_indicators, n_years = Path(sys.argv[1]), *map(int, sys.argv[2:])
    import django

    django.setup()
    from ansanm.territories import aggregates, observations, secrecy

    places = communes(home, n_communes)
    names = variables_of(chosen(n_indicators))
    start = time.perf_counter()
    con = observations.workspace()
    con.register(
        "place",
        {
            "code": np.array([one[0] for one in places], dtype=object),
            "population": np.array([one[4] for one in places], dtype=float),
        },
    )
    # Where a producer's secret stands in a table of small counts, ours hides its neighbours as well:
    # pandas could not say which.
    may_be_secret = np.array([name not in secrecy.thresholds() for name in names])
    con.register(
        "name",
        {
            "variable": np.array(names, dtype=object),
            "nth": np.arange(len(names)),
            "is_secret_here": may_be_secret & (np.cumsum(may_be_secret) % 8 == 0),
        },
    )
    con.register("year", {"period": np.array(periods(n_years), dtype=object)})
    con.execute(
        """
        INSERT INTO observation
        SELECT 'commune', code, variable, period, CASE WHEN is_secret THEN NULL ELSE value END,
            CASE WHEN is_secret THEN 1 ELSE 0 END, 'published', NULL
        FROM (
            SELECT code, variable, period, is_secret_here AND random % 50 = 0 AS is_secret,
                15 + 5 * round(population * (1 + nth % 7) * (500 + random % 1000) / 50000) AS value
            FROM (SELECT *, hash(code, variable, period) AS random FROM place, name, year)
        )
        """
    )
    additive = [name for name in names if observations.variables()[name]["additive"]]
    con.register("additive", {"variable": np.array(additive, dtype=object)})
    for column, level in enumerate(("epci", "departement", "region", "france"), start=1):
        members: dict[str, list[str]] = {}
        for one in places:
            members.setdefault("FR" if level == "france" else one[column], []).append(one[0])
        aggregates.sums(con, "commune", level, members)
    made = time.perf_counter() - start
    start = time.perf_counter()
    observations.swap_in(con, DATASET, str(LAST_YEAR))
    written = time.perf_counter() - start
    folder = Path(os.environ["ANSANM_HOME"]) / "observations"
    sizes = {
        kind: sum(one.stat().st_size for one in folder.rglob(pattern))
        for kind, pattern in (("parquet", "*.parquet"), ("arrays", "*.npy"))
    }
    n_rows = len(places) * len(names) * n_years
    json.dump({"made": made, "written": written, "n_rows": n_rows} | sizes, sys.stdout)


if __name__ == "__main__":
    main()
