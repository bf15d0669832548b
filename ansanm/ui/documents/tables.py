"""A table somebody brings, CSV or XLSX, as texts: in whatever encoding and with whatever separator."""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable
from datetime import date, datetime

import openpyxl
from django.utils.translation import gettext as _

from ansanm.engines.written import write_number

MAX_BYTES = 2_000_000
# A workbook is a zip: a few kilobytes may hold gigabytes.
MAX_UNZIPPED_BYTES = 40_000_000
MAX_COLUMNS = 30
# What openpyxl meets in a file that is not, or no longer, a workbook; encrypted ones are RuntimeError.
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError),
    *(KeyError, ValueError, IndexError, TypeError, AttributeError, SyntaxError),
)


class UnreadableSheet(Exception):
    """The file as a whole cannot be read; the message says what to do."""


def read_table(
    name: str, content: bytes, *, max_rows: int, wanted: Callable[[list[str]], bool] | None = None
) -> list[list[str]]:
    """The cells as texts, the header first: of the first sheet whose header is `wanted`, or of the last."""
    if len(content) > MAX_BYTES:
        raise UnreadableSheet(_("« %(name)s » dépasse 2 Mo : partagez-le en plusieurs.") % {"name": name})
    if content.startswith(b"PK"):
        table = list(_workbook_rows(name, content, max_rows, wanted))
    else:
        table = list(_csv_rows(name, content))
    while table and not any(table[-1]):
        table.pop()
    if len(table) < 2:
        raise UnreadableSheet(
            _("« %(name)s » ne contient aucune ligne sous les titres des colonnes.") % {"name": name}
        )
    if len(table) - 1 > max_rows:
        raise UnreadableSheet(
            _("« %(name)s » compte %(n)s lignes ; un import en prend %(max)s au plus.")
            % {"name": name, "n": len(table) - 1, "max": max_rows}
        )
    return table


def _workbook_rows(name, content, max_rows, wanted) -> Iterable[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(one.file_size for one in archive.infolist()) > MAX_UNZIPPED_BYTES:
                raise UnreadableSheet(_("« %(name)s » est trop volumineux une fois ouvert.") % {"name": name})
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = book.worksheets
        firsts = (next(one.iter_rows(max_row=1, max_col=MAX_COLUMNS), ()) for one in sheets)
        fitting = (
            sheet
            for sheet, cells in zip(sheets, firsts, strict=True)
            if wanted and wanted([_cell_text(cell) for cell in cells])
        )
        sheet = next(fitting, sheets[-1])
        # Some rows more than will be taken: there may be empty ones at the end.
        for cells in sheet.iter_rows(max_row=max_rows + 50, max_col=MAX_COLUMNS):
            yield [_cell_text(cell) for cell in cells]
    except UNREADABLE as problem:
        raise UnreadableSheet(
            _("« %(name)s » n’est pas un classeur lisible : enregistrez-le de nouveau en .xlsx ou en .csv.")
            % {"name": name}
        ) from problem


def _cell_text(cell) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        if "%" in (cell.number_format or ""):
            # Excel keeps « 35,2 % » as 0.352.
            return f"{write_number(round(float(value) * 100, 10))} %"
        # No groups of digits: this may be a code or a year.
        return str(int(value)) if value == int(value) else write_number(float(value))
    if isinstance(value, datetime | date):
        day = value.date() if isinstance(value, datetime) else value
        # Excel turns « 12/2021 » into 1 December 2021 shown « déc-21 »: only the month was meant.
        return day.isoformat() if "d" in cell.number_format.lower() else f"{day:%Y-%m}"
    return str(value).strip()


def _csv_rows(name, content) -> Iterable[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Excel writes in France when asked for « CSV ».
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise UnreadableSheet(_("« %(name)s » n’est ni un CSV ni un classeur .xlsx.") % {"name": name})
    header = text.partition("\n")[0]
    delimiter = max(";\t,", key=header.count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [without_guard(cell.strip()) for cell in row]
    except csv.Error as problem:
        raise UnreadableSheet(
            _("« %(name)s » est abîmé (ligne illisible) : enregistrez-le de nouveau.") % {"name": name}
        ) from problem


def without_guard(text: str) -> str:
    """`text` without the apostrophe that our exports put before what a spreadsheet would run."""
    return text[1:] if text[:1] == "'" and text[1:2] in set("=+-@'") else text
