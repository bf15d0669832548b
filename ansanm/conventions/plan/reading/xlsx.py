"""The sheets of a workbook as grids: values only, merged cells filled, formulas told."""

import io
import re
import warnings
import zipfile
from datetime import date, datetime

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter, range_boundaries

from ansanm.conventions.plan.reading.grids import MAX_COLUMNS, MAX_ROWS, Cell, Grid, tidy
from ansanm.conventions.plan.reading.guards import UnreadablePlan, damaged, xml_parts
from ansanm.engines.written import write_number

# openpyxl reads about 100,000 cells a second: a sheet styled to its last column is not a plan.
MAX_CELLS = 80_000
MAX_STRINGS = 60_000
MAX_SHEETS = 120
LETTERS = [get_column_letter(column) for column in range(1, MAX_COLUMNS + 1)]
_FORMULA = re.compile(rb'<c [^>]*?r="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*<f[ >/]')
_MERGED = re.compile(rb'<mergeCell [^>]*?ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
# What openpyxl raises on files that are not quite workbooks.
ODDITIES = (
    KeyError, ValueError, IndexError, TypeError, AttributeError, SyntaxError, OverflowError,
    zipfile.BadZipFile, openpyxl.utils.exceptions.InvalidFileException,
)  # fmt: skip


def read(name: str, content: bytes) -> list[Grid]:
    parts = xml_parts(name, content)
    sheets = {path: part for path, part in parts.items() if path.startswith("xl/worksheets/")}
    n_cells = sum(part.count(b"<c ") for part in sheets.values())
    n_strings = parts.get("xl/sharedStrings.xml", b"").count(b"<si>")
    n_merged = sum(_area(found) for part in sheets.values() for found in _MERGED.findall(part))
    if max(n_cells, n_merged) > MAX_CELLS or n_strings > MAX_STRINGS or len(sheets) > MAX_SHEETS:
        raise UnreadablePlan(
            _(
                "« %(name)s » compte %(n)s cellules, bien plus qu’un plan d’actions : gardez la feuille du "
                "plan, sans mise en forme au-delà du tableau."
            )
            % {"name": name, "n": max(n_cells, n_merged)}
        )
    try:
        with warnings.catch_warnings():
            # About what a workbook has beside its cells: extensions, a missing style.
            warnings.simplefilter("ignore", UserWarning)
            # From the parts that were checked, and from no other that a relation may name.
            book = openpyxl.load_workbook(zipped(parts), read_only=True, data_only=True, keep_links=False)
            shown = [one for one in book.worksheets if one.sheet_state == "visible"]
            several = len(shown) > 1
            # The path is openpyxl's own business, but a read-only sheet tells its merged cells nowhere.
            grids = [_grid(one, sheets.get(one._worksheet_path, b""), several) for one in shown]
    except ODDITIES as problem:
        raise damaged(name) from problem
    return [grid for grid in grids if not grid.is_empty]


def zipped(parts: dict[str, bytes]) -> io.BytesIO:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        for name, part in parts.items():
            out.writestr(name, part)
    target.seek(0)
    return target


def _area(found: bytes) -> int:
    left, top, right, bottom = range_boundaries(found.decode())
    return max(0, right - left + 1) * max(0, bottom - top + 1)


def _grid(sheet, part: bytes, several: bool) -> Grid:
    prefix = f"{sheet.title}!" if several else ""
    formulas = {found.decode() for found in _FORMULA.findall(part)}
    rows = []
    # Never as far as the sheet says it goes: <dimension ref="A1:XFD1048576"> costs nothing to write.
    for number, cells in enumerate(sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS), start=1):
        if all(cell.value is None for cell in cells):
            # A thousand empty rows before a cell far below are quick to pass over.
            rows.append([Cell("", f"{prefix}A{number}")] * len(cells))
            continue
        rows.append(
            [
                Cell(tidy(cell_text(cell)), f"{prefix}{letter}{number}", f"{letter}{number}" in formulas)
                for letter, cell in zip(LETTERS, cells, strict=False)
            ]
        )
    while rows and not any(rows[-1]):
        rows.pop()
    width = max((i for row in rows for i, cell in enumerate(row, start=1) if cell), default=0)
    blank = max((len(row) for row in rows), default=0)
    rows = [row + [Cell("", "")] * (blank - len(row)) for row in rows]
    for found in _MERGED.findall(part):
        _fill(rows, range_boundaries(found.decode()))
    return Grid(sheet.title, [row[:width] for row in rows])


def _fill(rows, bounds):
    left, top, right, bottom = bounds
    if top > len(rows) or left > len(rows[top - 1]):
        return
    first = rows[top - 1][left - 1]
    if not first:
        return
    for row in rows[top - 1 : bottom]:
        for column in range(left - 1, min(right, len(row))):
            row[column] = first


def cell_text(cell) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if isinstance(value, int | float):
        if "%" in (cell.number_format or ""):
            # Excel keeps « 35,2 % » as 0.352.
            return f"{write_number(round(float(value) * 100, 10))} %"
        # No groups of digits: this may be a code or a year.
        return str(int(value)) if value == int(value) else write_number(float(value))
    if isinstance(value, datetime | date):
        day = value.date() if isinstance(value, datetime) else value
        shown = (cell.number_format or "").lower()
        # Excel turns « 12/2026 » into 1 December 2026 shown « déc-26 »: only the month was meant.
        if "d" in shown or "j" in shown:
            return day.isoformat()
        return f"{day:%Y-%m}" if "m" in shown else f"{day:%Y}"
    return str(value)
