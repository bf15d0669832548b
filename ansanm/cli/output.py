"""What the command writes: results on standard output, everything else on standard error."""

import sys
from collections.abc import Sequence

from ansanm.ui.formats import labelled


class Failure(Exception):
    """It could not be done: why, and what to do, in words."""


def say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    sys.stderr.write(labelled("ansanm", text) + "\n")


def columns(rows: Sequence[Sequence[str]]) -> None:
    """Write rows in aligned columns, the first row being the titles."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        say("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
