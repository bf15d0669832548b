"""All of France: values, areas, ranks and similar communes, against pandas doing the same in the same run."""

import contextlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.machine import own_home, run
from benchmarks.table import Table, ratio

FULL = (35_000, 100, 5)  # communes, indicators, years
# Three sizes of each, the others kept.
GROWTH = {
    "communes": [(8_750, 100, 5), (17_500, 100, 5), FULL],
    "indicators": [(35_000, 25, 5), (35_000, 50, 5), FULL],
    "years": [(35_000, 100, 1), (35_000, 100, 3), FULL],
}
PEAK_LIMIT = 2048  # MB


def measure() -> list[Table]:
    with own_home() as home, contextlib.ExitStack() as stack:
        stores = {}

        def store(size) -> Path:
            if size not in stores:
                stores[size] = stack.enter_context(a_store(home, size))
            return stores[size]

        return [national(home, store(FULL)), *queries(home, store(FULL)), growth(home, store)]


@contextlib.contextmanager
def a_store(home: Path, size):
    """An instance of its own with an invented store of this size; its costs are in `store.json`."""
    folder = Path(tempfile.mkdtemp(prefix="ansanm-france-"))
    try:
        shutil.copy(home / "ansanm.sqlite3", folder)
        made = run([*module("france_store"), str(home), *map(str, size)], environment(folder))
        (folder / "store.json").write_text(made.output)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def module(name: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{name}"]


def environment(folder: Path) -> dict[str, str]:
    return {"ANSANM_HOME": str(folder), "ANSANM_DEMO": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}


def ours(home: Path, folder: Path, size, *options: str) -> dict:
    command = [*module("cube_france"), str(home), *map(str, size), str(folder / "ours.npz"), *options]
    return json.loads(run(command, environment(folder)).output)


def theirs(home: Path, folder: Path, size, *options: str) -> dict:
    command = [*module("pandas_france"), str(home), *map(str, size), str(folder / "observations")]
    return json.loads(run([*command, str(folder / "theirs.npz"), *options], environment(folder)).output)


def national(home: Path, folder: Path) -> Table:
    peer = theirs(home, folder, FULL, "--text")
    own = ours(home, folder, FULL)
    agreed(folder, own, peer)
    tuned = theirs(home, folder, FULL)
    agreement = agreed(folder, own, tuned)
    remade = ours(home, folder, FULL, "--remake")
    stored = json.loads((folder / "store.json").read_text())
    if max(own["peak"], remade["peak"]) > PEAK_LIMIT:
        raise AssertionError(f"The engine took {max(own['peak'], remade['peak']):.0f} MB.")
    return Table(
        f"France: {FULL[0]} communes × {FULL[1]} indicators × {FULL[2]} years "
        f"({stored['n_rows'] / 1e6:.1f} million observations), from the files to values, four "
        "comparators, ranks and similar communes",
        ["", "wall s", "× pandas", "CPU s", "× pandas", "peak MB", "× pandas", *peer["steps"]],
        [
            _line("pandas, the Parquet file", peer, peer),
            _line("pandas, the same read as categories", tuned, peer),
            _line("Ansanm, the arrays kept beside the file", own, peer),
            _line("Ansanm, the arrays made again from the Parquet file", remade, peer),
        ],
        "Imports left out on both sides; the last columns are wall seconds by step. pandas reads through "
        "DuckDB. Comparators: EPCI, département, région, France, each a ratio of sums. Ranks: "
        "in France and in the département. Similar: the 20 nearest over 5 indicators (both with SciPy's k-d "
        f"tree). {agreement} The store: {stored['parquet'] / 1e6:.0f} MB of Parquet, "
        f"{stored['arrays'] / 1e6:.0f} MB of arrays, written in {stored['written']:.1f} s at ingest.",
    )


def _line(name: str, cost: dict, peer: dict) -> list[str]:
    cells = [
        cell
        for what, digits in (("wall", 2), ("cpu", 2), ("peak", 0))
        for cell in (f"{cost[what]:.{digits}f}", ratio(cost[what], peer[what]))
    ]
    return [name, *cells, *(f"{seconds:.2f}" for seconds in cost["steps"].values())]


def agreed(folder: Path, own: dict, peer: dict) -> str:
    """Say how many results are equal, or fail: a fast wrong answer is no answer."""
    if own["keys"] != peer["keys"]:
        raise AssertionError("The two computations have other indicators or periods.")
    with np.load(folder / "ours.npz") as a, np.load(folder / "theirs.npz") as b:
        for name in b.files:
            np.testing.assert_allclose(a[name], b[name], rtol=1e-9, equal_nan=True, err_msg=name)
        n = sum(b[name].size for name in b.files)
    return f"All {n / 1e6:.0f} million results are equal."


def queries(home: Path, folder: Path) -> list[Table]:
    size = list(map(str, FULL))
    command = [str(home), *size, str(folder / "observations")]
    own = json.loads(run([*module("france_queries"), "ours", *command], environment(folder)).output)
    peer = json.loads(run([*module("france_queries"), "pandas", *command], environment(folder)).output)
    if own["diagnosis_values"] != peer["diagnosis_values"]:
        raise AssertionError("The two diagnoses differ.")
    if own["explorer_values"] != peer["explorer_values"]:
        raise AssertionError("The two explorer queries differ.")
    names = {"diagnosis": "diagnosis of Saint-Denis", "explorer": "one indicator of every commune, 5 years"}
    return [
        Table(
            "From that store, in a running process",
            [
                "",
                "pandas ms",
                "categories ms",
                "filtered ms",
                "Ansanm ms",
                "× pandas",
                "× categories",
                "× filtered",
            ],
            [
                [
                    title,
                    f"{peer[name]:.0f}",
                    f"{peer[f'{name}_categories']:.0f}",
                    f"{peer[f'{name}_filtered']:.0f}",
                    f"{own[name]:.1f}",
                    ratio(own[name], peer[name]),
                    ratio(own[name], peer[f"{name}_categories"]),
                    ratio(own[name], peer[f"{name}_filtered"]),
                ]
                for name, title in names.items()
            ],
            "Medians; equal values asserted. Diagnosis: ours is the whole of `diagnose` (secrecy, sources, "
            "warnings), pandas the values, comparators and ranks in the département. The explorer's: values, "
            "secrecy and rank in France, sorted. pandas reads the file whole, as text or as categories, "
            "or what DuckDB filters for it.",
        )
    ]


def growth(home: Path, store) -> Table:
    rows = []
    for what, sizes in GROWTH.items():
        n = list(GROWTH).index(what)
        costs = [min((ours(home, store(size), size) for _ in range(2)), key=_cpu) for size in sizes]
        for size, cost in zip(sizes, costs, strict=True):
            rows.append(
                [
                    what,
                    str(size[n]),
                    f"{_cpu(cost):.2f}",
                    f"{_cpu(cost) / _cpu(costs[-1]):.2f}",
                    f"{size[n] / sizes[-1][n]:.2f}",
                    f"{cost['peak']:.0f}",
                ]
            )
    return Table(
        "Growth: three sizes of each, the others as above",
        ["what grows", "how many", "CPU s", "share of the largest", "share if linear", "peak MB"],
        rows,
        "The lesser of two runs. Similar communes depend on the number of communes alone.",
    )


def _cpu(cost: dict) -> float:
    return cost["cpu"]
