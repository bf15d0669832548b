"""A document as a Word file that the city can edit: styles, header rows, alt texts, language."""

import io
from datetime import datetime, time

from docx import Document as WordFile
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from ansanm.ui.documents.blocks import (
    Choices,
    Document,
    Heading,
    Lines,
    Listing,
    PageBreak,
    PagePicture,
    Paragraph,
    Picture,
    Table,
    writable,
)
from ansanm.ui.documents.pixels import png

LAGOON, MUTED, WARM = RGBColor(0x0B, 0x6E, 0x75), RGBColor(0x56, 0x63, 0x6A), RGBColor(0xB4, 0x53, 0x09)
LINE_WIDTH = Cm(17)
PAGE_HEIGHT = Cm(23)
LOCALES = {"fr": "fr-FR", "en": "en-GB"}
# On every machine with Word; LibreOffice has a font of the same widths.
FONT = "Calibri"


def write(document: Document) -> bytes:
    file = WordFile()
    _set_up(file, document)
    if document.logo:
        shape = file.add_paragraph().add_run().add_picture(io.BytesIO(document.logo.content), height=Cm(2.2))
        shape._inline.docPr.set("descr", writable(document.logo.alt))
    file.add_paragraph(writable(document.title), style="Title")
    if document.subtitle:
        file.add_paragraph(writable(document.subtitle), style="Subtitle")
    if document.contents_title:
        _contents(file, document)
    write_blocks(file, document.blocks)
    target = io.BytesIO()
    file.save(target)
    return target.getvalue()


def write_blocks(file, blocks) -> None:
    """Add `blocks` at the end of an open Word file; a style it has not is left to its plain one."""
    writers = {
        Heading: _heading,
        Paragraph: _paragraph,
        Listing: _listing,
        Table: _table,
        Picture: _picture,
        Choices: _choices,
        Lines: _lines,
        PageBreak: _page_break,
        PagePicture: _page_picture,
    }
    for block in blocks:
        writers[type(block)](file, block)


def _set_up(file, document):
    properties = file.core_properties
    properties.title = writable(document.title)
    properties.author = properties.last_modified_by = writable(document.author)
    properties.language = LOCALES[document.language]
    properties.created = properties.modified = datetime.combine(document.produced_on, time())
    properties.comments = ""
    section = file.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)
    _styles(file, LOCALES[document.language])
    _footer(section.footer.paragraphs[0], document)
    if document.header:
        run = section.header.paragraphs[0].add_run(writable(document.header))
        run.font.size, run.font.color.rgb = Pt(8.5), MUTED


def _styles(file, locale):
    styles = file.styles
    looks = {
        "Normal": (10.5, None, False),
        "Title": (24, LAGOON, True),
        "Subtitle": (13, MUTED, False),
        "Heading 1": (18, LAGOON, True),
        "Heading 2": (13, None, True),
        "Caption": (9.5, None, True),
    }
    for name, (size, colour, bold) in looks.items():
        style = styles[name]
        style.font.name, style.font.size, style.font.bold = FONT, Pt(size), bold
        style.font.italic = False
        if colour is not None:
            style.font.color.rgb = colour
        elif name != "Normal":
            style.font.color.rgb = RGBColor(0x1F, 0x2A, 0x2E)
        # The template names theme fonts, which would win over ours.
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute in list(fonts.attrib):
            if attribute.lower().endswith("theme"):
                del fonts.attrib[attribute]
        for attribute in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(attribute), FONT)
    styles["Normal"].paragraph_format.space_after = Pt(6)
    styles["Heading 1"].paragraph_format.space_before = Pt(24)
    styles["Heading 1"].paragraph_format.space_after = Pt(8)
    styles["Heading 2"].paragraph_format.space_before = Pt(16)
    styles["Heading 2"].paragraph_format.space_after = Pt(4)
    styles["Caption"].paragraph_format.space_before = Pt(8)
    styles["Caption"].paragraph_format.space_after = Pt(3)
    styles["Caption"].paragraph_format.keep_with_next = True
    _set_language(styles, locale)
    for letter_spacing in styles["Subtitle"].element.findall(f".//{qn('w:spacing')}[@{qn('w:val')}]"):
        letter_spacing.getparent().remove(letter_spacing)
    # The blue rule of the template under the title is not ours.
    for border in styles["Title"].element.findall(f".//{qn('w:pBdr')}"):
        border.getparent().remove(border)


def _set_language(styles, locale):
    """Say which language the text is in, for spelling and for screen readers."""
    defaults = styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), locale)
    defaults.append(language)


def _footer(paragraph, document):
    paragraph.add_run(f"{writable(document.foot)} · ")
    before, rest = document.page_label.split("{n}")
    between, after = rest.split("{total}")
    paragraph.add_run(before)
    _field(paragraph, "PAGE")
    paragraph.add_run(between)
    _field(paragraph, "NUMPAGES")
    paragraph.add_run(after)
    for run in paragraph.runs:
        run.font.size, run.font.color.rgb = Pt(8.5), MUTED


def _field(paragraph, name):
    """A number that Word counts itself."""
    _mark(paragraph, "begin")
    _instruction(paragraph, name)
    _mark(paragraph, "end")


def _mark(paragraph, kind):
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(mark)
    return mark


def _instruction(paragraph, text):
    mark = OxmlElement("w:instrText")
    mark.text = text
    paragraph.add_run()._r.append(mark)


def _contents(file, document):
    """A table of contents that Word fills in with its pages; until then, the headings alone."""
    file.add_paragraph().add_run(writable(document.contents_title)).bold = True
    paragraph = file.add_paragraph()
    begin = _mark(paragraph, "begin")
    begin.set(qn("w:dirty"), "true")
    _instruction(paragraph, f'TOC \\o "1-{document.contents_depth}" \\h \\z \\u')
    _mark(paragraph, "separate")
    for one in document.blocks:
        if isinstance(one, Heading) and one.is_listed and one.level <= document.contents_depth:
            paragraph.add_run(("" if one.level == 1 else "    ") + writable(one.text)).add_break()
    _mark(paragraph, "end")


def _styled(file, name):
    """That style, or None where the file somebody brought has no such one."""
    return name if name in file.styles else None


def _heading(file, block):
    file.add_paragraph(writable(block.text), style=_styled(file, f"Heading {block.level}"))


def _page_break(file, block):
    file.add_page_break()


def _page_picture(file, block):
    file.add_page_break()
    run = file.add_paragraph().add_run()
    shape = run.add_picture(io.BytesIO(block.content), width=LINE_WIDTH)
    if shape.height > PAGE_HEIGHT:
        shape.width, shape.height = int(shape.width * PAGE_HEIGHT / shape.height), PAGE_HEIGHT
    shape._inline.docPr.set("descr", writable(block.alt))


def _paragraph(file, block):
    paragraph = file.add_paragraph()
    if block.mark:
        paragraph.add_run(writable(block.mark) + " ").bold = True
    paragraph.add_run(writable(block.text))
    size, colour = {
        "lead": (12, None),
        "source": (8.5, MUTED),
        "warning": (9.5, None),
    }.get(block.kind, (10.5, None))
    for run in paragraph.runs:
        run.font.size = Pt(size)
        if colour is not None:
            run.font.color.rgb = colour
    if block.kind == "warning":
        paragraph.paragraph_format.left_indent = Cm(0.4)
        if block.mark:
            paragraph.runs[0].font.color.rgb = WARM


def _choices(file, block):
    boxes = [f"☐ {writable(item)}" for item in block.items]
    for line in ["     ".join(boxes)] if block.is_inline else boxes:
        file.add_paragraph(line)


def _lines(file, block):
    for _line in range(block.n):
        file.add_paragraph("_" * 80)


def _listing(file, block):
    for item in block.items:
        paragraph = file.add_paragraph(style=_styled(file, "List Bullet"))
        paragraph.add_run(writable(item.text) + (" " if item.url else ""))
        if item.url:
            _link(paragraph, item.url)


def _link(paragraph, url):
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run = paragraph.add_run(url)
    run.font.color.rgb, run.font.underline = LAGOON, True
    link.append(run._r)
    paragraph._p.append(link)


def _table(file, block: Table):
    file.add_paragraph(writable(block.caption), style=_styled(file, "Caption"))
    table = file.add_table(rows=1, cols=len(block.header))
    table.style = _styled(file, "Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    _light_borders(table)
    shares = block.widths or [1.0] * len(block.header)
    widths = [int(LINE_WIDTH * share / sum(shares)) for share in shares]
    header = table.rows[0]
    # Marks the row as a header: repeated on each page, and read out with each cell.
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    header._tr.get_or_add_trPr().append(repeated)
    _fill(header, block.header, block, bold=True, colour=LAGOON)
    for index, row in enumerate(block.rows):
        added = table.add_row()
        if block.row_cm:
            added.height = Cm(block.row_cm)
        _fill(added, row, block, bold=index in block.strong_rows)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    # Row by row: `column.cells` builds the whole grid again for each column.
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width
    _describe_table(table, block.caption)
    file.add_paragraph().paragraph_format.space_after = Pt(2)


def _fill(row, words, block, *, bold=False, colour=None):
    # A row cut in two by a page is read twice or not at all.
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for index, (cell, text) in enumerate(zip(row.cells, words, strict=True)):
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(0 if block.is_dense else 2)
        run = paragraph.add_run(writable(text))
        run.font.size, run.bold = Pt(8.5 if block.is_dense else 9.5), bold
        if colour is not None:
            run.font.color.rgb = colour
        if index in block.numeric:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _light_borders(table):
    """Horizontal rules only, as on the page."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        border = OxmlElement(f"w:{side}")
        is_shown = side in ("bottom", "insideH")
        border.set(qn("w:val"), "single" if is_shown else "nil")
        if is_shown:
            border.set(qn("w:sz"), "4")
            border.set(qn("w:color"), "C9C6BC")
        borders.append(border)
    # Word refuses a file whose properties are not in the order of its schema.
    properties = table._tbl.tblPr
    later = [properties.find(qn(name)) for name in ("w:tblLayout", "w:tblLook")]
    next(one for one in later if one is not None).addprevious(borders)


def _describe_table(table, caption):
    description = OxmlElement("w:tblCaption")
    description.set(qn("w:val"), writable(caption))
    table._tbl.tblPr.append(description)


def _picture(file, block: Picture):
    file.add_paragraph(writable(block.title), style=_styled(file, "Caption"))
    paragraph = file.add_paragraph()
    shape = paragraph.add_run().add_picture(
        io.BytesIO(png(str(block.draw()))), width=int(block.share * Cm(15))
    )
    described = shape._inline.docPr
    described.set("descr", writable(block.alt))
    described.set("title", writable(block.title))
