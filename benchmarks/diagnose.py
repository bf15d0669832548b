"""`ansanm diagnose` from cold, against the same indicators computed with pandas."""

import json
import statistics
import sys
from pathlib import Path

from benchmarks.machine import HOME, own_home, run
from benchmarks.table import Table, ratio

CODE = "97411"
TURNS = 5


def measure() -> list[Table]:
    with own_home() as home:
        ours = {"ANSANM_HOME": str(home), "ANSANM_DEMO": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
        written = home / "diagnosis.json"
        own = [sys.executable, "-m", "ansanm.cli", "diagnose", CODE, "--format", "json", "-o", str(written)]
        peer = [sys.executable, "-m", "benchmarks.pandas_diagnosis", str(HOME), CODE]
        costs, peer_costs = [], []
        for _turn in range(TURNS):
            costs.append(run(own, ours))
            peer_costs.append(run(peer))
        other_formats = [
            (
                form,
                run([*own[:6], form, "-o", str(home / f"diagnosis.{form}")], ours),
                home / f"diagnosis.{form}",
            )
            for form in ("csv", "xlsx", "pdf", "docx")
        ]
        agreement = compared(json.loads(written.read_text()), json.loads(peer_costs[-1].output))
        theirs = [
            statistics.median(getattr(one, name) for one in peer_costs) for name in ("wall", "cpu", "peak")
        ]
        mine = [statistics.median(getattr(one, name) for one in costs) for name in ("wall", "cpu", "peak")]
        rows = [["pandas, the same Parquet files", *_cells(theirs, theirs), ""]]
        rows.append(["`ansanm diagnose`, JSON", *_cells(mine, theirs), size(written)])
        for form, cost, file in other_formats:
            rows.append(
                [
                    f"`ansanm diagnose`, {form.upper()}",
                    *_cells([cost.wall, cost.cpu, cost.peak], theirs),
                    size(file),
                ]
            )
    return [
        Table(
            f"Diagnosis of {CODE} from cold: process start, imports, reading, computing, writing",
            ["", "wall s", "× pandas", "CPU s", "× pandas", "peak MB", "× pandas", "file"],
            rows,
            f"Median of {TURNS} turns (formats other than JSON: one). pandas reads the files through DuckDB, "
            "computes every indicator, period, comparator and rank, and nothing else: no Django, sentences, "
            f"secrecy, sources or warnings. {agreement}",
        )
    ]


def _cells(values, reference):
    return [
        cell for one, its in zip(values, reference, strict=True) for cell in (f"{one:.2f}", ratio(one, its))
    ]


def size(file: Path) -> str:
    return f"{file.stat().st_size / 1000:.0f} kB"


def compared(ours: dict, theirs: dict) -> str:
    """How many values the two computations share: a fast wrong answer is no answer."""
    same, different = 0, []
    for one in ours["indicators"]:
        if one["value"] is None or one["origin"] == "declared" or one["id"] not in theirs:
            continue
        value = theirs[one["id"]]["values"].get(one["period"])
        if value is not None and abs(value - one["value"]) <= 1e-9 * max(1, abs(value)):
            same += 1
        else:
            different.append(one["id"])
    words = f"{same} values are the same in both"
    return f"{words}; different: {', '.join(different)}." if different else f"{words}, none differs."
