"""All France with the product's own computation: `python -m benchmarks.cube_france FOLDER …`, costs as JSON.

`--remake` leaves the arrays that stand beside the Parquet file and makes them again first.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np


def main():
    home, n_communes, n_indicators, _years, out, *options = sys.argv[1:]
    import django

    django.setup()
    from ansanm.territories import country
    from benchmarks.france_store import chosen, communes

    columns = ("code", *country.AREAS.values())
    places = [dict(zip(columns, one, strict=False)) for one in communes(Path(home), int(n_communes))]
    indicators = chosen(int(n_indicators))
    import scipy.spatial  # noqa: F401  the engine imports it late: neither pays for the import

    clock = Clock()
    if "--remake" in options:
        made_again()
        clock.step("arrays made again")
    found = country.computed(places, indicators, on_step=clock.step)
    costs = clock.costs()
    of_known = found.similar >= 0
    np.savez(
        out,
        values=np.stack([one.values for one in found.standings]),
        ranks=np.stack([one.ranks[""] for one in found.standings]),
        ranks_inside=np.stack([one.ranks[country.RANKED_IN] for one in found.standings]),
        far=np.where(of_known, found.distances, np.nan),
    )
    keys = [[one.definition.id, one.period] for one in found.standings]
    json.dump(costs | {"keys": keys, "areas": found.areas}, sys.stdout)


def made_again() -> None:
    from django.conf import settings

    from ansanm.territories import arrays, observations

    entry = next(iter(observations.manifest()["files"].values()))
    file = settings.OBSERVATIONS_DIR / entry["file"]
    scratch = Path(tempfile.mkdtemp(dir=settings.OBSERVATIONS_DIR)) / "again.parquet"
    con = duckdb.connect(config={"threads": 2})
    con.execute(f"CREATE VIEW observation AS SELECT * FROM read_parquet('{file}')")
    arrays.write(con, scratch)
    con.close()
    arrays.path_of(file).rename(file.with_suffix(".kept"))
    arrays.path_of(scratch).rename(arrays.path_of(file))


class Clock:
    """Seconds of each step, of the processor, and the peak of memory before the results are kept."""

    def __init__(self):
        self.steps: dict[str, float] = {}
        self.start = self.last = time.perf_counter()
        self.cpu = time.process_time()

    def step(self, name: str) -> None:
        now = time.perf_counter()
        self.steps[name] = now - self.last
        self.last = now

    def costs(self) -> dict:
        from benchmarks.machine import own_peak

        return {
            "wall": self.last - self.start,
            "cpu": time.process_time() - self.cpu,
            "peak": own_peak(),
            "steps": self.steps,
        }


if __name__ == "__main__":
    main()
