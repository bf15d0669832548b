"""A document as a PDF that a screen reader can read: tagged, with its language, titles and alt texts.

Typst refuses to write a file that breaks PDF/UA-1 (a picture without alt text, a heading level
skipped), so a document that comes out of here is one. Chosen over WeasyPrint, which needs Pango
installed on the machine and takes ten times longer.
"""

import json
import re
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

import typst

from ansanm.ui.documents.blocks import Document, PagePicture, Picture, Table, writable
from ansanm.ui.documents.pixels import fonts, width_of

TEMPLATE = Path(__file__).with_name("document.typ")
LINE_WIDTH = 482  # points between the margins of an A4 page


def write(document: Document) -> bytes:
    pictures = _pictures(document)
    data = json.dumps(_as_data(document), ensure_ascii=False)
    if not pictures:
        return _compile(TEMPLATE, data)
    # Typst reads pixels from files alone, under its root.
    with tempfile.TemporaryDirectory() as folder:
        for name, content in pictures.items():
            (Path(folder) / name).write_bytes(content)
        return _compile(Path(shutil.copy(TEMPLATE, folder)), data)


def _compile(template: Path, data: str) -> bytes:
    """Set the document; what our fonts cannot draw is a box, for PDF/UA refuses a missing character."""
    while True:
        try:
            return typst.compile(
                template,
                root=template.parent,
                font_paths=fonts(),
                sys_inputs={"data": _drawable(data)},
                pdf_standards=["ua-1"],
            )
        except typst.TypstError as error:
            told = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), "".join(_UNDRAWN.findall(str(error))))
            missing = {one for one in told if ord(one) > MOST_DRAWN}
            if not missing - _undrawable:
                raise
            _undrawable.update(missing)


# Latin, with all its accents: never taken for what a font lacks.
MOST_DRAWN = 0x24F
_UNDRAWN = re.compile(r'the text `"(.*?)"` could not be displayed')
# How Typst names what has no shape at all: the bullets that Word copies from its own fonts.
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
# Learnt as documents hold them: no wheel says what its fonts cover.
_undrawable: set[str] = set()
# Emoji, and what joins or colours them.
_EMOJI = re.compile("[\U0001f000-\U0001faff][\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff\u2640\u2642]*")


def _drawable(data: str) -> str:
    if any(ord(one) > 0xFFFF for one in data):
        data = _EMOJI.sub("□", data)
    for one in _undrawable:
        data = data.replace(one, "□")
    return data


def _pictures(document: Document) -> dict[str, bytes]:
    """The pixels of a document, by the name under which the template asks for them."""
    held = {
        f"page-{index}": block.content
        for index, block in enumerate(document.blocks)
        if isinstance(block, PagePicture)
    }
    return held | ({"logo": document.logo.content} if document.logo else {})


def _as_data(document: Document) -> dict:
    day = document.produced_on
    return {
        "title": writable(document.title),
        "subtitle": writable(document.subtitle),
        "language": document.language,
        "author": writable(document.author),
        "produced_on": [day.year, day.month, day.day],
        "foot": writable(document.foot),
        "page_label": document.page_label,
        "contents_title": document.contents_title,
        "contents_depth": document.contents_depth,
        "header": writable(document.header),
        "codes": document.codes,
        "logo": writable(document.logo.alt) if document.logo else None,
        "blocks": [_block(one, index) for index, one in enumerate(document.blocks)],
    }


def _block(block, index) -> dict:
    if isinstance(block, Picture):
        # Drawn at a scale where the words of a chart are the size of those of a table.
        drawn = str(block.draw())
        width = block.share * min(LINE_WIDTH, 0.8 * width_of(drawn))
        content = {"title": block.title, "alt": block.alt, "svg": drawn, "width": width}
    elif isinstance(block, PagePicture):
        content = {"file": f"page-{index}", "alt": block.alt}
    elif isinstance(block, Table):
        content = asdict(block) | {
            "widths": block.widths or [1.0] * len(block.header),
            "numeric": sorted(block.numeric),
            "strong_rows": sorted(block.strong_rows),
        }
    else:
        content = asdict(block)
    return {"type": type(block).__name__, **_writable(content)}


def _writable(content):
    if isinstance(content, str):
        return writable(content)
    if isinstance(content, dict):
        return {key: _writable(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_writable(one) for one in content]
    return content
