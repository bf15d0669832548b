"""The file that was sent, with what to mend on it: red cells, comments, and a last column.

The same workbook goes back, without its formulas: what was read were their values.
"""

import csv
import io
import warnings
from collections import defaultdict

import openpyxl
from django.utils.translation import gettext_lazy, override
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from ansanm.conventions.plan.reading.csv import decoded, delimiter_of
from ansanm.conventions.plan.reading.drafts import Plan, Problem
from ansanm.engines.written import folded_text
from ansanm.ui.documents.sheets import inert
from ansanm.ui.formats import labelled

MARKS = gettext_lazy("À corriger")
AUTHOR = "Ansanm"
REFUSED = PatternFill("solid", fgColor="FFF3C9CF")
WARNED = PatternFill("solid", fgColor="FFFBE6C5")
OURS = {REFUSED.fgColor.rgb, WARNED.fgColor.rgb}


def marked(plan: Plan, content: bytes) -> bytes | None:
    """The marked file; None for a Word document, whose addresses are told on the page."""
    problems = plan.errors + plan.warnings
    match plan.source.kind:
        case "xlsx":
            return _workbook(plan, content, problems)
        case "csv":
            return _csv(content, plan.source.header_row, problems)
    return None


def split(address: str, default: str) -> tuple[str, str]:
    """« Plan!D14 » as its sheet and its cell."""
    sheet, mark, cell = address.rpartition("!")
    return (sheet, cell) if mark else (default, address)


def titles() -> set[str]:
    """The title of the column of marks, in each language."""
    found = set()
    for language in ("fr", "en"):
        with override(language):
            found.add(folded_text(str(MARKS)))
    return found


def _workbook(plan: Plan, content: bytes, problems: list[Problem]) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True, keep_links=False)
    # A name may hold a formula, and none leaves.
    for name in list(book.defined_names):
        del book.defined_names[name]
    by_sheet: dict[str, dict[str, list[Problem]]] = defaultdict(lambda: defaultdict(list))
    for problem in problems:
        sheet, cell = split(problem.address, plan.source.sheet)
        by_sheet[sheet][cell].append(problem)
    for sheet in book.worksheets:
        sheet.conditional_formatting = type(sheet.conditional_formatting)()
        _clean(sheet)
        if told := by_sheet.get(sheet.title):
            header = plan.source.header_row if sheet.title == plan.source.sheet else 1
            _mark(sheet, header or 1, told)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _clean(sheet) -> None:
    """Take off the marks of another time: what was mended is no longer red."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.comment and cell.comment.author == AUTHOR:
                cell.comment = None
                if cell.fill.fgColor.rgb in OURS:
                    cell.fill = PatternFill()
            if isinstance(cell.value, str) and folded_text(cell.value) in titles():
                for line in range(cell.row, sheet.max_row + 1):
                    sheet.cell(line, cell.column).value = None


def _mark(sheet, header: int, told: dict[str, list[Problem]]) -> None:
    used = [cell.column for row in sheet.iter_rows() for cell in row if cell.value not in (None, "")]
    column = max(used, default=0) + 1
    title = sheet.cell(header, column)
    _write(title, str(MARKS))
    title.font = Font(bold=True)
    sheet.column_dimensions[get_column_letter(column)].width = 70
    lines: dict[int, list[str]] = defaultdict(list)
    for address, problems in told.items():
        cell = sheet[address]
        fill = REFUSED if any(one.is_error for one in problems) else WARNED
        cell.fill = fill
        if not isinstance(cell, openpyxl.cell.cell.MergedCell):
            cell.comment = Comment("\n".join(one.message for one in problems), AUTHOR, 90, 320)
        lines[cell.row] += [labelled(address, one.message) for one in problems]
    for line, messages in lines.items():
        cell = sheet.cell(line, column)
        _write(cell, "\n".join(messages))
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _write(cell, text: str) -> None:
    cell.value = text
    # Never a formula, whatever its first character.
    cell.data_type = "s"


def _csv(content: bytes, header: int, problems: list[Problem]) -> bytes:
    text, encoding = decoded(content)
    delimiter = delimiter_of(text)
    told: dict[int, list[str]] = defaultdict(list)
    for problem in problems:
        line = int("".join(one for one in problem.address if one.isdigit()) or header)
        told[line].append(labelled(problem.address, problem.message))
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    old = {i for i, cell in enumerate(rows[header - 1]) if folded_text(cell) in titles()} if rows else set()
    width = max((len(row) for row in rows), default=0)
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, lineterminator="\r\n")
    for number, row in enumerate(rows, start=1):
        kept = [cell for i, cell in enumerate(row + [""] * (width - len(row))) if i not in old]
        mark = str(MARKS) if number == header else " ".join(told.get(number, ()))
        writer.writerow([*(inert(cell) if cell[:1] != "'" else cell for cell in kept), inert(mark)])
    # The messages may hold what the encoding of the file has not.
    return target.getvalue().encode(encoding if encoding != "cp1252" else "utf-8-sig")
