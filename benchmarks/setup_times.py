"""How long each step of the set-up took the last time it ran in this clone (scripts/setup.py keeps them)."""

import json

from benchmarks.machine import HOME
from benchmarks.table import Table


def measure() -> list[Table]:
    log = HOME / "setup.json"
    if not log.exists():
        rows, note = [], f"{log.name} is not there: « make setup » writes it."
    else:
        steps = json.loads(log.read_text())
        rows = [[one["step"], f"{one['seconds']:.1f}"] for one in steps]
        rows.append(["**all**", f"**{sum(one['seconds'] for one in steps):.1f}**"])
        note = "Wall clock of the last set-up of this clone; a step that had nothing to do is not here."
    return [Table("Set-up by step", ["step", "seconds"], rows, note)]
