"""The file that was sent, with what to mend on it: red cells, comments, and a last column.

The same workbook goes back, without its formulas: what was read were their values.
"""

import csv
import io
import re
import warnings
import zipfile
from collections import defaultdict

import openpyxl
from django.utils.translation import gettext_lazy, override
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from ansanm.conventions.plan.reading.csv import decoded, delimiter_of
from ansanm.conventions.plan.reading.drafts import Plan, Problem
from ansanm.conventions.plan.reading.grids import MAX_COLUMNS, MAX_ROWS
from ansanm.conventions.plan.reading.guards import xml_parts
from ansanm.conventions.plan.reading.xlsx import ODDITIES
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


# What openpyxl would read whole, whatever its size, or expand cell by cell, and that no plan needs back.
_HEAVY = re.compile(
    rb"<(?P<tag>hyperlinks|extLst|tableParts|conditionalFormatting|pivotCaches|definedNames|externalReferences)"
    rb"(?:\s[^>]*)?(?:/>|>.*?</(?P=tag)>)|<(?:drawing|legacyDrawingHF|picture|oleObjects|controls)\s[^>]*/?>",
    re.DOTALL,
)
_LEGACY = re.compile(rb"<legacyDrawing\s[^>]*/>")
_RELATION = re.compile(rb"<Relationship\s[^>]*/>")
KEPT = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/_rels/workbook\.xml\.rels"
    r"|xl/(?:workbook|styles|sharedStrings|theme/theme1|worksheets/[\w.-]+|comments\d*|comments/[\w.-]+)\.xml"
)
MAX_COMMENTS_BYTES = 500_000


def lighter(content: bytes, *, comments: bool) -> bytes:
    """The workbook with its cells, styles, widths and (where asked) comments, and nothing else."""
    parts = xml_parts("", content)
    comments = comments and sum(len(x) for n, x in parts.items() if "comments" in n) < MAX_COMMENTS_BYTES
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name, part in parts.items():
            if comments and re.fullmatch(r"xl/worksheets/_rels/[\w.-]+\.rels", name):
                told = b"".join(one for one in _RELATION.findall(part) if b'/comments"' in one)
                space = b"http://schemas.openxmlformats.org/package/2006/relationships"
                out.writestr(name, b'<Relationships xmlns="' + space + b'">' + told + b"</Relationships>")
            elif KEPT.fullmatch(name) and (comments or "comments" not in name):
                out.writestr(name, _LEGACY.sub(b"", _HEAVY.sub(b"", part)))
    return target.getvalue()


def _load(content: bytes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            return openpyxl.load_workbook(io.BytesIO(lighter(content, comments=True)), data_only=True)
        except ODDITIES:
            # Comments that point nowhere: the cells go back without them.
            return openpyxl.load_workbook(io.BytesIO(lighter(content, comments=False)), data_only=True)


def _cells(sheet):
    """The cells a plan may have: a sheet with one cell at its very end has seventeen billion."""
    return (
        cell
        for row in sheet.iter_rows(
            max_row=min(sheet.max_row, MAX_ROWS), max_col=min(sheet.max_column, MAX_COLUMNS)
        )
        for cell in row
    )


def _workbook(plan: Plan, content: bytes, problems: list[Problem]) -> bytes:
    book = _load(content)
    by_sheet: dict[str, dict[str, list[Problem]]] = defaultdict(lambda: defaultdict(list))
    for problem in problems:
        sheet, cell = split(problem.address, plan.source.sheet)
        by_sheet[sheet][cell].append(problem)
    for sheet in book.worksheets:
        _clean(sheet)
        if told := by_sheet.get(sheet.title):
            header = plan.source.header_row if sheet.title == plan.source.sheet else 1
            _mark(sheet, header or 1, told)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _clean(sheet) -> None:
    """Take off the marks of another time: what was mended is no longer red."""
    marks = set()
    for cell in _cells(sheet):
        if cell.comment and cell.comment.author == AUTHOR:
            cell.comment = None
            if cell.fill.fgColor.rgb in OURS:
                cell.fill = PatternFill()
        if isinstance(cell.value, str) and folded_text(cell.value) in titles():
            marks.add(cell.column)
        if cell.column in marks:
            cell.value = None


def _mark(sheet, header: int, told: dict[str, list[Problem]]) -> None:
    used = [cell.column for cell in _cells(sheet) if cell.value not in (None, "")]
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
        if cell.row != header:
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
        line = int("".join(one for one in problem.address if one.isdecimal()) or header)
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
