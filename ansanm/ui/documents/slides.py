"""A document as slides: the blocks of the PDF and of the Word file, cut where a slide is full.

Each part is a title and as many slides as its blocks need, numbered in their titles so that no two are
called the same: that is how people who hear a presentation find their way. Shapes are added in the order
they are read. What is too long goes on to the next slide; nothing is left out.
"""

import io
import re
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import lru_cache
from itertools import zip_longest
from xml.sax.saxutils import escape

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.enum.text import MSO_AUTO_SIZE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from ansanm.ui.documents.blocks import (
    Choices,
    Document,
    Heading,
    Lines,
    Listing,
    PageBreak,
    Paragraph,
    Picture,
    Table,
    writable,
)
from ansanm.ui.documents.pixels import png, width_of
from ansanm.ui.documents.word import LOCALES
from ansanm.ui.svg import text_width

INK, LAGOON = RGBColor(0x1F, 0x2A, 0x2E), RGBColor(0x0B, 0x6E, 0x75)
MUTED, WARM, WHITE = RGBColor(0x56, 0x63, 0x6A), RGBColor(0xB4, 0x53, 0x09), RGBColor(0xFF, 0xFF, 0xFF)
# In points: a slide of 16 by 9, its margins, and where what follows the title begins and ends.
WIDTH, HEIGHT, MARGIN = 960, 540, 48
TOP, BOTTOM = 112, 492
ROOM = WIDTH - 2 * MARGIN
LINE = 1.25
CM = 28.35
SIZES = {"lead": 22, "body": 18, "warning": 16, "source": 12}
_VIEW_BOX = re.compile(r'viewBox="[-\d.]+ [-\d.]+ [\d.]+ (?P<height>[\d.]+)')
GRID_STYLE = "{5940675A-B579-460E-94D1-54222C63F5DA}"  # PowerPoint's « No Style, Table Grid »


@dataclass
class Words:
    """A paragraph on its way to a slide."""

    text: str
    size: float = 18
    bold: bool = False
    colour: RGBColor = INK
    mark: str = ""
    mark_colour: RGBColor = INK
    is_item: bool = False
    url: str = ""
    # Never the last thing on a slide: the name of what follows.
    leads: bool = False

    @property
    def height(self) -> float:
        room = ROOM - (24 if self.is_item else 0)
        lines = n_lines(f"{self.mark} {self.text}", self.size, room)
        return lines * self.size * LINE + self.size * 0.5


@dataclass
class Part:
    title: str
    blocks: list = field(default_factory=list)


@dataclass
class Page:
    """What one slide holds under its title: (what, height) from top to bottom."""

    items: list = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    @property
    def height(self) -> float:
        return sum(height for _item, height in self.items)


# Measured no further: no line holds as many characters.
LONGEST_WORD = 500


# Words that people typed: kept while they come back, and not for ever.
@lru_cache(maxsize=20_000)
def _word_width(word: str, size: float) -> float:
    return text_width(word, size)


def wrapped(text: str, size: float, room: float) -> list[tuple[str, str]]:
    """The lines that `text` takes, each with what stood between it and the next."""
    lines: list[tuple[str, str]] = []
    blank = 0.3 * size
    for paragraph in text.split("\n"):
        current, x = "", 0.0
        for word in paragraph.split(" "):
            while (wide := _word_width(head := word[:LONGEST_WORD], size)) > room or head != word:
                # An address or a code without spaces: cut where the line ends.
                if current:
                    lines.append((current, " "))
                    current, x = "", 0.0
                n = max(1, int(len(head) * room / wide)) if wide > room else len(head)
                lines.append((word[:n], ""))
                word = word[n:]
            if current and x + wide > room:
                lines.append((current, " "))
                current, x = word, wide + blank
            else:
                current, x = f"{current} {word}" if current else word, x + wide + blank
        lines.append((current, "\n"))
    return lines


def n_lines(text: str, size: float, room: float) -> int:
    return len(wrapped(text, size, room))


def write(document: Document) -> bytes:
    deck = Presentation()
    _set_up(deck, document)
    cover = deck.slides.add_slide(deck.slide_layouts[0])
    cover.shapes.title.text = writable(document.title)
    cover.placeholders[1].text = writable(document.subtitle)
    _foot(cover, document)
    said = Counter({document.title: 1})
    for part in _parts(document):
        said[part.title] += 1
        name = part.title if said[part.title] == 1 else f"{part.title} – {said[part.title]}"
        pages = _pages(part)
        for number, page in enumerate(pages, 1):
            title = name if len(pages) == 1 else f"{name} ({number}/{len(pages)})"
            _slide(deck, document, title, page)
    _say_language(deck, LOCALES[document.language])
    target = io.BytesIO()
    deck.save(target)
    return target.getvalue()


def _parts(document) -> list[Part]:
    parts: list[Part] = []
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            parts.append(Part(block.text))
        else:
            if not parts:
                parts.append(Part(document.subtitle or document.title))
            parts[-1].blocks.append(block)
    return parts


# ---- cutting ----


def _pages(part: Part) -> list[Page]:
    pages = [Page()]
    for block in part.blocks:
        for item in _items(block):
            if isinstance(item, Table):
                _lay_table(pages, item)
            elif isinstance(item, Picture):
                _lay(pages, item, picture_size(item)[1])
            else:
                for piece in _pieces(item):
                    _lay(pages, piece, piece.height)
        if isinstance(block, Paragraph) and block.kind == "source":
            pages[-1].sources.append(f"{block.mark} {block.text}".strip())
    return pages


def _lay(pages, item, height):
    """Put it below what is there, on another slide if it does not fit; its own title goes with it."""
    page = pages[-1]
    if page.items and page.height + height > BOTTOM - TOP:
        following = Page()
        while page.items and getattr(page.items[-1][0], "leads", False):
            following.items.insert(0, page.items.pop())
        if not page.items:
            page.items, following.items = following.items, []
            following = page
        if following is not page:
            pages.append(following)
    pages[-1].items.append((item, height))


def picture_size(picture: Picture) -> tuple[float, float]:
    """Width and height on a slide: its own, as large as the room left by a title and a sentence."""
    drawn = str(picture.draw())
    scale = min(ROOM * picture.share / width_of(drawn), (BOTTOM - TOP - 60) / height_of(drawn), 1.4)
    return width_of(drawn) * scale, height_of(drawn) * scale


def height_of(drawn: str) -> float:
    box = _VIEW_BOX.search(drawn)
    return float(box["height"]) if box else width_of(drawn) / 2


def _items(block) -> list:
    match block:
        case Heading():
            return [Words(block.text, 20, bold=True, colour=LAGOON, leads=True)]
        case Paragraph():
            colour = MUTED if block.kind == "source" else INK
            warm = WARM if block.kind == "warning" else INK
            return [Words(block.text, SIZES[block.kind], colour=colour, mark=block.mark, mark_colour=warm)]
        case Listing():
            return [Words(one.text, is_item=True, url=one.url) for one in block.items]
        case Table():
            return [Words(block.caption, 14, bold=True, leads=True), block]
        case Picture():
            return [Words(block.title, 14, bold=True, leads=True), block]
        case Choices():
            return [Words(f"☐ {one}") for one in block.items]
        case PageBreak() | Lines():
            # Of paper: a slide is not written on, and breaks by itself.
            return []
    raise TypeError(f"No slide is made of a {type(block).__name__}.")


def _pieces(words: Words) -> list[Words]:
    """`words`, cut at spaces where one slide cannot hold them."""
    lines = int((BOTTOM - TOP) / (words.size * LINE)) - 2
    return [
        Words(**{**vars(words), "text": text, "mark": words.mark if not n else ""})
        for n, text in enumerate(_cut(words.text, words.size, ROOM - 24, lines))
    ]


def _cut(text: str, size: float, room: float, most: int) -> list[str]:
    """`text` in pieces of `most` lines; together they are the text, word for word."""
    lines = wrapped(text, size, room)
    if len(lines) <= most:
        return [text]
    pieces = [lines[start : start + most] for start in range(0, len(lines), most)]
    return ["".join(line + after for line, after in piece).rstrip() for piece in pieces]


def _lay_table(pages, table: Table):
    size = 12 if table.is_dense else 14
    widths = _widths(table)
    header = _row_height(table.header, widths, size)
    most = BOTTOM - TOP - header - 40
    lines = max(1, int((most - 8) / (size * LINE)))
    rows, strong = [], set()
    for index, row in enumerate(table.rows):
        for piece in zip_longest(
            *(_cut(cell, size, w - 12, lines) for cell, w in zip(row, widths, strict=True)), fillvalue=""
        ):
            if index in table.strong_rows:
                strong.add(len(rows))
            rows.append(list(piece))
    taken, height, first = [], header, 0
    for index, row in enumerate(rows):
        one = _row_height(row, widths, size, table.row_cm * CM)
        above = pages[-1].height if not first and not taken else None
        if above is not None and above + header + one > BOTTOM - TOP:
            _turn(pages)
        elif taken and pages[-1].height + height + one > BOTTOM - TOP:
            pages[-1].items.append((_piece(table, taken, strong, first), height))
            pages.append(Page())
            taken, height, first = [], header, index
        taken.append(row)
        height += one
    if taken:
        pages[-1].items.append((_piece(table, taken, strong, first), height + 10))


def _turn(pages):
    """Begin another slide, with the names that stood last on this one."""
    following = Page()
    while pages[-1].items and getattr(pages[-1].items[-1][0], "leads", False):
        following.items.insert(0, pages[-1].items.pop())
    if pages[-1].items:
        pages.append(following)
    else:
        pages[-1].items = following.items


def _piece(table, rows, strong, first) -> Table:
    here = frozenset(index - first for index in strong if first <= index < first + len(rows))
    return Table(**{**vars(table), "rows": rows, "strong_rows": here})


def _widths(table) -> list[float]:
    shares = table.widths or [1.0] * len(table.header)
    return [ROOM * share / sum(shares) for share in shares]


def _row_height(row, widths, size, least=0.0) -> float:
    lines = max(n_lines(cell, size, width - 12) for cell, width in zip(row, widths, strict=True))
    return max(lines * size * LINE + 8, least)


# ---- writing ----


def _set_up(deck, document):
    deck.slide_width, deck.slide_height = Pt(WIDTH), Pt(HEIGHT)
    properties = deck.core_properties
    properties.title = writable(document.title)
    properties.author = properties.last_modified_by = writable(document.author)
    properties.language = LOCALES[document.language]
    properties.created = properties.modified = datetime.combine(document.produced_on, time())
    properties.comments = ""
    # The template is for old screens: only the two layouts used here are made anew.
    kept = [deck.slide_layouts[0], deck.slide_layouts[5]]
    for layout in list(deck.slide_layouts):
        if layout not in kept:
            deck.slide_layouts.remove(layout)
    boxes = {
        PP_PLACEHOLDER.TITLE: (MARGIN, 28, ROOM, 76),
        PP_PLACEHOLDER.BODY: (MARGIN, TOP, ROOM, BOTTOM - TOP),
        PP_PLACEHOLDER.DATE: (MARGIN, 502, 120, 26),
        PP_PLACEHOLDER.FOOTER: (MARGIN, 502, ROOM - 100, 26),
        PP_PLACEHOLDER.SLIDE_NUMBER: (WIDTH - MARGIN - 80, 502, 80, 26),
    }
    cover = {
        PP_PLACEHOLDER.CENTER_TITLE: (MARGIN, 150, ROOM, 120),
        PP_PLACEHOLDER.SUBTITLE: (MARGIN, 280, ROOM, 120),
    }
    for page in (deck.slide_master, *deck.slide_layouts):
        for shape in page.placeholders:
            if box := {**boxes, **cover}.get(shape.placeholder_format.type):
                shape.left, shape.top, shape.width, shape.height = (Pt(one) for one in box)
            if shape.placeholder_format.type == PP_PLACEHOLDER.FOOTER:
                _align(shape, "l")
            # So that titles stand above what they name, whose boxes have no inner margin.
            shape.text_frame.margin_left = shape.text_frame.margin_right = 0
    _title_style(deck.slide_master)
    for shape in deck.slide_layouts[0].placeholders:
        if shape.placeholder_format.type == PP_PLACEHOLDER.SUBTITLE:
            _align(shape, "l")


def _align(placeholder, where):
    for level in placeholder._element.iter(qn("a:lvl1pPr")):
        level.set("algn", where)


def _title_style(master):
    style = master._element.find(qn("p:txStyles")).find(qn("p:titleStyle")).find(qn("a:lvl1pPr"))
    style.set("algn", "l")
    properties = style.find(qn("a:defRPr"))
    properties.set("sz", "2800")
    properties.set("b", "1")
    fill = properties.find(qn("a:solidFill"))
    for old in list(fill):
        fill.remove(old)
    fill.append(fill.makeelement(qn("a:srgbClr"), {"val": str(LAGOON)}))


def _slide(deck, document, title, page: Page):
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = writable(title)
    slide.shapes.title.text_frame.auto_size = MSO_AUTO_SIZE.TEXT_TO_FIT_SHAPE
    y, run = TOP, []
    for item, height in page.items:
        if isinstance(item, Words):
            run.append((item, height))
            continue
        y = _text(slide, run, y)
        run = []
        (_table if isinstance(item, Table) else _picture)(slide, item, y, height)
        y += height
    _text(slide, run, y)
    if page.sources:
        slide.notes_slide.notes_text_frame.text = writable("\n".join(page.sources))
    _foot(slide, document)


def _text(slide, run, y):
    """The paragraphs that follow each other, in one box."""
    if not run:
        return y
    height = sum(one for _item, one in run)
    box = slide.shapes.add_textbox(Pt(MARGIN), Pt(y), Pt(ROOM), Pt(height))
    frame = box.text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for n, (words, _height) in enumerate(run):
        paragraph = frame.paragraphs[0] if not n else frame.add_paragraph()
        paragraph.space_after = Pt(words.size * 0.4)
        if words.is_item:
            _bullet(paragraph)
        if words.mark:
            _run(paragraph, words.mark + " ", words, bold=True, colour=words.mark_colour)
        told = _run(paragraph, words.text, words)
        if words.url:
            told.hyperlink.address = words.url
    return y + height


def _run(paragraph, text, words, *, bold=None, colour=None):
    run = paragraph.add_run()
    run.text = writable(text)
    run.font.size, run.font.bold = Pt(words.size), words.bold if bold is None else bold
    run.font.color.rgb = colour or words.colour
    return run


def _bullet(paragraph):
    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", str(Pt(18)))
    properties.set("indent", str(-Pt(18)))
    mark = properties.makeelement(qn("a:buChar"), {"char": "•"})
    properties.append(mark)


def _table(slide, table: Table, y, height):
    frame = slide.shapes.add_table(
        1, len(table.header), Pt(MARGIN), Pt(y), Pt(ROOM), Pt(max(20, height - 10))
    )
    _describe(frame, table.caption, table.caption)
    grid = frame.table
    grid._tbl.tblPr.find(qn("a:tableStyleId")).text = GRID_STYLE
    grid.first_row, grid.horz_banding = True, False
    widths = _widths(table)
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Pt(width)
    size = 12 if table.is_dense else 14
    grid._tbl.remove(grid._tbl.tr_lst[0])
    for index, row in enumerate([table.header, *table.rows]):
        least = table.row_cm * CM if index else 0
        tall = Pt(_row_height(row, widths, size, least))
        looks = [("r" if place in table.numeric else "l") for place in range(len(row))]
        is_strong = not index or index - 1 in table.strong_rows
        grid._tbl.append(_row_xml(row, looks, size, tall, is_head=not index, is_strong=is_strong))


def _row_xml(row, aligned, size, tall, *, is_head, is_strong):
    """A row written as text: python-pptx takes a second for each two hundred cells."""
    look = f'sz="{size * 100}" b="{int(is_strong)}"'
    ink = f'<a:solidFill><a:srgbClr val="{WHITE if is_head else INK}"/></a:solidFill>'
    fill = f'<a:solidFill><a:srgbClr val="{LAGOON}"/></a:solidFill>' if is_head else "<a:noFill/>"
    cells = []
    for text, where in zip(row, aligned, strict=True):
        lines = "<a:br/>".join(
            f"<a:r><a:rPr {look}>{ink}</a:rPr><a:t>{escape(line)}</a:t></a:r>" if line else ""
            for line in writable(text).split("\n")
        )
        cells.append(
            f'<a:tc><a:txBody><a:bodyPr/><a:lstStyle/><a:p><a:pPr algn="{where}"/>{lines}'
            f'<a:endParaRPr sz="{size * 100}"/></a:p></a:txBody>'
            f'<a:tcPr marL="{Pt(6)}" marR="{Pt(6)}" marT="{Pt(3)}" marB="{Pt(3)}" anchor="t">{fill}</a:tcPr>'
            "</a:tc>"
        )
    return parse_xml(f'<a:tr {nsdecls("a")} h="{tall}">{"".join(cells)}</a:tr>')


def _picture(slide, picture: Picture, y, height):
    drawn = io.BytesIO(png(str(picture.draw())))
    width, height = picture_size(picture)
    shape = slide.shapes.add_picture(drawn, Pt(MARGIN), Pt(y), Pt(width), Pt(height))
    _describe(shape, picture.title, picture.alt)


def _describe(shape, title, alt):
    described = shape._element.xpath(".//p:cNvPr")[0]
    described.set("descr", writable(alt))
    described.set("title", writable(title))


def _foot(slide, document):
    """The foot and the number, which python-pptx leaves on the layout; read after all the rest."""
    for placeholder in slide.slide_layout.placeholders:
        kind = placeholder.placeholder_format.type
        if kind not in (PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER):
            continue
        copy = deepcopy(placeholder._element)
        slide.shapes._spTree.append(copy)
        # Two shapes of one number make PowerPoint mend the file.
        numbers = [int(one) for one in slide.shapes._spTree.xpath(".//p:cNvPr/@id")]
        copy.xpath(".//p:cNvPr")[0].set("id", str(max(numbers) + 1))
        if kind == PP_PLACEHOLDER.FOOTER:
            slide.shapes[-1].text_frame.text = writable(document.foot)


def _say_language(deck, locale):
    pages = [*deck.slides, *(one.notes_slide for one in deck.slides if one.has_notes_slide)]
    for page in [*pages, *deck.slide_layouts, deck.slide_master]:
        for run in page._element.iter(qn("a:r"), qn("a:fld")):
            properties = run.find(qn("a:rPr"))
            if properties is None:
                properties = run.makeelement(qn("a:rPr"), {})
                run.insert(0, properties)
            properties.set("lang", locale)
        for end in page._element.iter(qn("a:endParaRPr")):
            end.set("lang", locale)
