"""The tables of a Word document as grids, and its paragraphs: merged cells filled, deletions left out."""

from django.utils.translation import gettext as _
from lxml import etree

from ansanm.conventions.plan.reading.grids import MAX_COLUMNS, MAX_ROWS, Cell, Grid, tidy
from ansanm.conventions.plan.reading.guards import UnreadablePlan, damaged, xml_parts

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
MAX_DOCUMENT_BYTES = 15_000_000
MAX_TABLES = 400


def read(name: str, content: bytes) -> tuple[list[Grid], list[Cell]]:
    """The tables in order, each named by the paragraph above it, and the paragraphs."""
    part = xml_parts(name, content)["word/document.xml"]
    if len(part) > MAX_DOCUMENT_BYTES:
        raise UnreadablePlan(_("« %(name)s » est trop volumineux une fois ouvert.") % {"name": name})
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        body = etree.fromstring(part, parser).find(f"{W}body")
    except etree.XMLSyntaxError as problem:
        raise damaged(name) from problem
    if body is None:
        raise damaged(name)
    grids, prose, above = [], [], ""
    for element in _blocks(body):
        if element.tag == f"{W}p":
            if text := tidy(_text(element)):
                above = text
                prose.append(Cell(text, _("paragraphe %(n)s") % {"n": len(prose) + 1}))
        elif len(grids) < MAX_TABLES:
            grid = _grid(element, len(grids) + 1, above)
            if not grid.is_empty:
                grids.append(grid)
            above = ""
    return grids, prose


def _blocks(parent):
    """The paragraphs and tables of `parent`, those of content controls included."""
    for element in parent:
        if element.tag in {f"{W}p", f"{W}tbl"}:
            yield element
        elif element.tag in {f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}smartTag"}:
            yield from _blocks(element)


def _text(element) -> str:
    parts = []
    for one in element.iter():
        if one.tag == f"{W}t":
            # The old drawing of a text box repeats its words for old versions of Word.
            if not any(above.tag == FALLBACK for above in one.iterancestors()):
                parts.append(one.text or "")
        elif one.tag in {f"{W}br", f"{W}cr"}:
            parts.append("\n")
        elif one.tag == f"{W}tab":
            parts.append(" ")
    return "".join(parts)


def _grid(table, number: int, above: str) -> Grid:
    rows = []
    for line, row in enumerate(table.iter(f"{W}tr"), start=1):
        # The rows of a table inside a cell belong to that cell.
        if next(row.iterancestors(f"{W}tbl")) is not table or line > MAX_ROWS:
            continue
        cells: list[Cell] = []
        for cell in row.iter(f"{W}tc"):
            if next(cell.iterancestors(f"{W}tr")) is not row:
                continue
            span, goes_on = _merging(cell)
            column = len(cells)
            text = tidy("\n".join(_text(one) for one in cell.iter(f"{W}p")))
            address = _("tableau %(table)s, ligne %(row)s, colonne %(column)s") % {
                "table": number,
                "row": len(rows) + 1,
                "column": column + 1,
            }
            one = Cell(text, address)
            if goes_on and rows and column < len(rows[-1]):
                one = rows[-1][column]
            cells += [one] * min(span, MAX_COLUMNS - len(cells))
        rows.append(cells)
    width = max((len(row) for row in rows), default=0)
    return Grid(above, [row + [Cell("", "")] * (width - len(row)) for row in rows])


def _merging(cell) -> tuple[int, bool]:
    """How many columns a cell covers, and whether it goes on from the row above."""
    about = cell.find(f"{W}tcPr")
    if about is None:
        return 1, False
    span, merge = about.find(f"{W}gridSpan"), about.find(f"{W}vMerge")
    width = span.get(f"{W}val", "1") if span is not None else "1"
    goes_on = merge is not None and merge.get(f"{W}val", "continue") == "continue"
    return (max(1, min(int(width), MAX_COLUMNS)) if width.isascii() and width.isdigit() else 1), goes_on
