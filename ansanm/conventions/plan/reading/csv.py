"""A CSV as a grid, whatever its delimiter and its encoding."""

import csv
import io
from collections import Counter

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from ansanm.conventions.plan.reading.grids import MAX_COLUMNS, MAX_ROWS, Cell, Grid, tidy
from ansanm.conventions.plan.reading.guards import UnreadablePlan, damaged

DELIMITERS = ";\t,|"


def read(name: str, content: bytes) -> list[Grid]:
    text, _encoding = decoded(content)
    if "\0" in text:
        raise UnreadablePlan(
            _("« %(name)s » n’est ni un classeur .xlsx, ni un document .docx, ni un CSV.") % {"name": name}
        )
    rows = []
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
        for number, line in enumerate(lines, start=1):
            if number > MAX_ROWS:
                break
            rows.append(
                [
                    Cell(tidy(without_guard(cell)), f"{get_column_letter(column)}{number}")
                    for column, cell in enumerate(line[:MAX_COLUMNS], start=1)
                ]
            )
    except csv.Error as problem:
        raise damaged(name) from problem
    width = max((len(row) for row in rows), default=0)
    rows = [row + [Cell("", "")] * (width - len(row)) for row in rows]
    grid = Grid(name, rows)
    return [] if grid.is_empty else [grid]


def decoded(content: bytes) -> tuple[str, str]:
    """The text and the encoding it was written in."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), "utf-16"
    try:
        return content.decode("utf-8-sig"), "utf-8-sig"
    except UnicodeDecodeError:
        # What Excel writes in France when asked for « CSV ».
        return content.decode("cp1252", errors="replace"), "cp1252"


def delimiter_of(text: str) -> str:
    """The one that cuts most of the first lines into the same number of cells, more than one."""

    def regularity(delimiter):
        try:
            lines = csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=delimiter)
            widths = Counter(len(line) for line, _n in zip(lines, range(30), strict=False) if line)
        except csv.Error:
            return (0, 0)
        width, n = max(widths.items(), key=lambda one: (one[0] > 1, one[1], one[0]), default=(1, 0))
        return (n, width) if width > 1 else (0, 0)

    return max(DELIMITERS, key=regularity)


def without_guard(text: str) -> str:
    """`text` without the apostrophe that our exports put before what a spreadsheet would run."""
    return text[1:] if text[:1] == "'" and text[1:2] in set("=+-@'") else text
