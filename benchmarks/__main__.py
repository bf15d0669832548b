"""`python -m benchmarks [SUBJECT…]`: prints the tables; with every subject, keeps them in RESULTS.md."""

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    diagnose,
    drawing_and_search,
    financing_plan,
    france,
    funding,
    pages,
    plan_search,
    setup_times,
)

SUBJECTS = {
    "pages": pages,
    "diagnose": diagnose,
    "drawing": drawing_and_search,
    "plan_search": plan_search,
    "france": france,
    "funding": funding,
    "financing_plan": financing_plan,
    "setup": setup_times,
}
RESULTS = Path(__file__).with_name("RESULTS.md")


def main():
    chosen = sys.argv[1:] or list(SUBJECTS)
    if unknown := set(chosen) - set(SUBJECTS):
        raise SystemExit(f"Unknown: {', '.join(unknown)}. Known: {', '.join(SUBJECTS)}.")
    busy = os.getloadavg()[0]
    written = [
        "# What it costs",
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC by `make bench`, {os.cpu_count()} processors "
        f"({platform.machine()}), Python {platform.python_version()}; "
        f"load of the machine before the run: {busy:.1f}. "
        "Ratios are to the named peer in the same run; on a busy machine read the ratios and the CPU, "
        "not the seconds.",
    ]
    print("\n\n".join(written) + "\n", flush=True)
    for name in chosen:
        for table in SUBJECTS[name].measure():
            written.append(table.markdown().rstrip())
            print(written[-1] + "\n", flush=True)
    if set(chosen) == set(SUBJECTS):
        RESULTS.write_text("\n\n".join(written) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
