"""Sheets of figures, as XLSX and as CSV, that a spreadsheet can open without running anything.

A name that begins with `=` is a formula for a spreadsheet (OWASP, « CSV injection »). In XLSX each
text is written as a string cell; in CSV it gets a leading apostrophe, which `read_csv` takes off.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from ansanm.ui.documents.blocks import writable

Cell = str | int | float | date | None

# OWASP's list, with the full-width signs that spreadsheets in Asian locales read as the same.
_LIVE = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_FORBIDDEN_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")

HEADER_INK, HEADER_FILL = "#FFFFFF", "#0B6E75"


@dataclass(frozen=True)
class Column:
    title: str
    width: float = 14
    number_format: str = ""  # Excel's own: "0", "0.0", "# ##0"
    wrap: bool = False
    help: str = ""  # what the column holds; goes to the first sheet


@dataclass(frozen=True)
class Sheet:
    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    # Excel formats of some cells, where a column mixes units: {(row, column): "0.0"}
    formats: dict[tuple[int, int], str] | None = None
    frozen_columns: int = 0


@dataclass(frozen=True)
class Workbook:
    title: str
    subject: str
    author: str
    produced_on: date
    readme_name: str  # « Lisez-moi »
    readme: Sequence[tuple[str, str]]  # what, how
    sheets: Sequence[Sheet]


def write_xlsx(workbook: Workbook) -> bytes:
    # Late: a second of imports on a cold machine, and a page or a CSV never needs it.
    import xlsxwriter

    target = io.BytesIO()
    # No option of XlsxWriter may guess what a text is: neither a formula, a number nor a link.
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties(
            {
                "title": writable(workbook.title),
                "subject": writable(workbook.subject),
                "author": writable(workbook.author),
                # The day alone: the same data give the same file on the same day.
                "created": datetime.combine(workbook.produced_on, time()),
            }
        )
        formats = _Formats(book)
        _write_readme(book, workbook, formats)
        for sheet in workbook.sheets:
            _write_sheet(book, sheet, formats)
    return target.getvalue()


class _Formats:
    """Each format is declared once: Excel limits their number in a file."""

    def __init__(self, book):
        self.book = book
        self.made = {}

    def __getitem__(self, properties: tuple):
        if properties not in self.made:
            self.made[properties] = self.book.add_format(dict(properties))
        return self.made[properties]

    def header(self):
        return self[
            ("bold", True),
            ("font_color", HEADER_INK),
            ("bg_color", HEADER_FILL),
            ("text_wrap", True),
            ("valign", "vcenter"),
        ]

    def cell(self, number_format="", wrap=False):
        properties = [("valign", "top")]
        if number_format:
            properties.append(("num_format", number_format))
        if wrap:
            properties.append(("text_wrap", True))
        return self[tuple(properties)]


def _write_readme(book, workbook, formats):
    page = book.add_worksheet(sheet_name(workbook.readme_name))
    page.hide_gridlines(2)
    page.set_column(0, 0, 30)
    page.set_column(1, 1, 100)
    page.write_string(0, 0, writable(workbook.title), formats[("bold", True), ("font_size", 16)])
    strong = formats[("bold", True), ("valign", "top"), ("text_wrap", True)]
    for line, (what, how) in enumerate(workbook.readme, start=2):
        page.write_string(line, 0, writable(what), strong)
        page.write_string(line, 1, writable(how), formats.cell(wrap=True))


def _write_sheet(book, sheet, formats):
    page = book.add_worksheet(sheet_name(sheet.name))
    page.freeze_panes(1, sheet.frozen_columns)
    page.repeat_rows(0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_row(0, 32)
    for index, column in enumerate(sheet.columns):
        page.set_column(index, index, column.width)
        page.write_string(0, index, writable(column.title), formats.header())
    special = sheet.formats or {}
    for line, row in enumerate(sheet.rows, start=1):
        for index, cell in enumerate(row):
            column = sheet.columns[index]
            number_format = special.get((line - 1, index), column.number_format)
            _write_cell(page, line, index, cell, formats, number_format, column.wrap)
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)


def _write_cell(page, line, index, cell, formats, number_format, wrap):
    if cell is None:
        page.write_blank(line, index, None, formats.cell(wrap=wrap))
    elif isinstance(cell, str):
        page.write_string(line, index, writable(cell), formats.cell(wrap=wrap))
    elif isinstance(cell, date):
        page.write_datetime(line, index, cell, formats.cell("dd/mm/yyyy"))
    else:
        page.write_number(line, index, cell, formats.cell(number_format))


def sheet_name(name: str) -> str:
    """`name` as Excel accepts it: 31 characters, none of []:*?/\\, no apostrophe at its ends."""
    return _FORBIDDEN_IN_SHEET_NAME.sub(" ", writable(name)).strip(" '")[:31].rstrip(" '") or "-"


def write_csv(sheet: Sheet, *, decimal_mark: str = ",") -> bytes:
    """UTF-8 with its mark, `;`, decimal comma: what a French spreadsheet opens with a double click."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow([inert(column.title) for column in sheet.columns])
    for row in sheet.rows:
        writer.writerow([_csv_cell(cell, decimal_mark) for cell in row])
    return target.getvalue().encode("utf-8-sig")


def read_csv(content: bytes) -> list[list[str]]:
    """The cells of a CSV that `write_csv` wrote, texts as they were before."""
    lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
    return [[_live_again(cell) for cell in line] for line in lines]


def _csv_cell(cell: Cell, decimal_mark: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return inert(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    # repr is the shortest text that reads back as the same number. A negative number keeps its
    # sign bare: it is ours, not a stranger's text.
    return repr(cell).removesuffix(".0").replace(".", decimal_mark)


def inert(text: str) -> str:
    """`text` with a leading apostrophe if a spreadsheet would run it (and one more if it has one)."""
    return "'" + text if _LIVE.match(text) else text


def _live_again(text: str) -> str:
    return text[1:] if text.startswith("'") and _LIVE.match(text) else text
