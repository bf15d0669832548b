"""All France with the product's own engine: `python -m benchmarks.cube_france FOLDER …`, costs as JSON.

`--remake` leaves the arrays that stand beside the Parquet file and makes them again first.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np

N_SIMILAR = 20
TRAITS = 5


def main():
    home, n_communes, n_indicators, n_years, out, *options = sys.argv[1:]
    import django

    django.setup()
    from django.conf import settings

    from ansanm.engines import cube, similarity
    from ansanm.territories import arrays, observations
    from benchmarks.france_store import chosen, communes, variables_of

    places = communes(Path(home), int(n_communes))
    indicators = chosen(int(n_indicators))
    import scipy.spatial  # noqa: F401  the engine imports it late: neither pays for the import

    clock = Clock()
    if "--remake" in options:
        entry = next(iter(observations.manifest()["files"].values()))
        file = settings.OBSERVATIONS_DIR / entry["file"]
        scratch = Path(tempfile.mkdtemp(dir=settings.OBSERVATIONS_DIR)) / "again.parquet"
        con = duckdb.connect(config={"threads": 2})
        con.execute(f"CREATE VIEW observation AS SELECT * FROM read_parquet('{file}')")
        arrays.write(con, scratch)
        con.close()
        arrays.path_of(file).rename(file.with_suffix(".kept"))
        arrays.path_of(scratch).rename(arrays.path_of(file))
    table = observations.table([("commune", one[0]) for one in places], variables_of(indicators))
    clock.step("read")
    kinds = {}
    for kind, column in (("epci", 1), ("departement", 2), ("region", 3)):
        codes, of = np.unique([one[column] for one in places], return_inverse=True)
        kinds[kind] = cube.Areas([f"{kind}:{code}" for code in codes], of)
    nation = np.zeros(len(places), dtype=np.intp)
    everywhere = cube.with_areas(table, [*kinds.values(), cube.Areas(["france:FR"], nation)])
    clock.step("areas")
    found = list(
        cube.standings(indicators, everywhere, ranked_in={"": nation, "departement": kinds["departement"].of})
    )
    clock.step("values and ranks")
    last = [one for one in found if one.period == found[-1].period][-TRAITS:]
    traits = np.column_stack([one.values[: len(places)] for one in last])
    near, far = cube.nearest(similarity.scaled(traits, [False] * len(last)), N_SIMILAR)
    clock.step("similar")
    costs = clock.costs()
    np.savez(
        out,
        values=np.stack([one.values for one in found]),
        ranks=np.stack([one.ranks[""] for one in found]),
        ranks_inside=np.stack([one.ranks["departement"] for one in found]),
        near=near,
        far=far,
    )
    json.dump(costs | {"keys": [[one.definition.id, one.period] for one in found]}, sys.stdout)


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
        from benchmarks.machine import megabytes

        return {
            "wall": self.last - self.start,
            "cpu": time.process_time() - self.cpu,
            "peak": megabytes(resource.getrusage(resource.RUSAGE_SELF)),
            "steps": self.steps,
        }


if __name__ == "__main__":
    main()
