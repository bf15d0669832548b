"""The pages of a PDF that somebody brought: how many, what they say, what they look like.

PDFium, the reader of Chrome, opens files that may be hostile. It is not made for several threads: one
at a time goes through the lock. What is limited here is what a small file may ask of a machine.
"""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pypdfium2
from PIL import Image

_ONE_AT_A_TIME = threading.Lock()
MAX_PAGES = 200
# A page may say it is ten metres wide: it is drawn smaller, never larger than this on a side.
MAX_SIDE = 4_000
PRINTED_DPI = 130


class UnreadablePdf(Exception):
    """The file is no PDF that can be read: damaged, or behind a password."""


@dataclass(frozen=True)
class Page:
    picture: bytes  # JPEG
    text: str  # what is written on it; "" on a scanned page


@contextmanager
def _opened(content: bytes):
    with _ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            raise UnreadablePdf(str(error)) from error
        try:
            yield document
        except pypdfium2.PdfiumError as error:
            raise UnreadablePdf(str(error)) from error
        finally:
            document.close()


def count(content: bytes) -> int:
    """How many pages a PDF has; at least one, or it is not read."""
    with _opened(content) as document:
        n_pages = len(document)
    if not n_pages:
        raise UnreadablePdf("No page.")
    return n_pages


def printed(content: bytes) -> list[Page]:
    """Each page as it is printed, `MAX_PAGES` at most."""
    with _opened(content) as document:
        return [Page(_jpeg(_drawn(page, PRINTED_DPI)), _text(page)) for page in _first(document, MAX_PAGES)]


def drawn(content: bytes, number: int, *, dpi: int) -> Image.Image:
    """Page `number`, from 0, in shades of grey, to be looked at by a machine."""
    with _opened(content) as document:
        page = document[number]
        try:
            return _drawn(page, dpi, grey=True)
        finally:
            page.close()


def _first(document, most: int) -> Iterator:
    for index in range(min(most, len(document))):
        page = document[index]
        yield page
        page.close()


def _drawn(page, dpi: int, *, grey: bool = False) -> Image.Image:
    width, height = page.get_size()
    longest = max(width, height, 1) / 72
    scale = min(dpi, MAX_SIDE / longest) / 72
    return page.render(scale=scale, grayscale=grey).to_pil()


def _jpeg(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.convert("RGB").save(target, "JPEG", quality=80)
    return target.getvalue()


def _text(page) -> str:
    words = page.get_textpage().get_text_range()
    return " ".join(words.split())
