"""What a document is made of, before it is a PDF or a Word file.

A document is a list of blocks, written once; `pdf.write` and `word.write` both read it, so that the
two carry the same figures in the same order.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

# XML 1.0, hence Word and Excel, has no way to write these characters; a name pasted from
# elsewhere may hold one.
_UNWRITABLE = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(text: str) -> str:
    """`text` without the characters that no XML file can hold."""
    return _UNWRITABLE.sub("", text)


@dataclass(frozen=True)
class Heading:
    level: int  # 1 is a part, 2 a section; the title of the document stands above
    text: str
    is_listed: bool = True  # in the table of contents, where it goes that deep


@dataclass(frozen=True)
class Paragraph:
    text: str
    # lead: the first sentence of a part; warning: read with care; source: small, under a figure
    kind: str = "body"
    mark: str = ""  # what the paragraph begins with, in bold: « Attention », « Source »


@dataclass(frozen=True)
class Item:
    text: str
    url: str = ""


@dataclass(frozen=True)
class Listing:
    items: list[Item]


@dataclass(frozen=True)
class Table:
    caption: str
    header: list[str]
    rows: list[list[str]]  # already written as people read them; the first cell names its row
    widths: list[float] = field(default_factory=list)  # shares, all equal when empty
    numeric: frozenset[int] = frozenset()  # columns set to the right
    strong_rows: frozenset[int] = frozenset()
    is_dense: bool = False  # the table under a drawing: there to be looked up, not read
    row_cm: float = 0.0  # at least, where people write by hand


@dataclass(frozen=True)
class Picture:
    """A chart: vectors for the PDF, pixels for Word, words for those who see neither."""

    title: str
    alt: str
    draw: Callable[[], str]  # the SVG; drawn when it is written
    share: float = 1.0  # of the width of the page, at most


@dataclass(frozen=True)
class Choices:
    """Boxes to tick with a pen, one under another or on one line."""

    items: list[str]
    is_inline: bool = False


@dataclass(frozen=True)
class Lines:
    """Room to write by hand."""

    n: int


@dataclass(frozen=True)
class PageBreak:
    pass


@dataclass(frozen=True)
class PagePicture:
    """A page of somebody else's document, as a picture as large as ours leave room for."""

    content: bytes  # JPEG or PNG
    alt: str  # the words written on it: a picture says none


Block = Heading | Paragraph | Listing | Table | Picture | Choices | Lines | PageBreak | PagePicture


@dataclass(frozen=True)
class Logo:
    content: bytes  # JPEG or PNG
    alt: str


@dataclass(frozen=True)
class Document:
    title: str
    subtitle: str
    language: str  # "fr" or "en"
    author: str
    produced_on: date
    foot: str  # at the foot of each page
    page_label: str  # « Page {n} sur {total} »
    blocks: list[Block]
    contents_title: str = ""  # a table of contents is written when this is given
    contents_depth: int = 1  # of its headings
    header: str = ""  # at the head of each page
    logo: Logo | None = None  # above the title
    # SVG drawings at the top right of the first page, of the second… A machine reads them.
    codes: list[str] = field(default_factory=list)
