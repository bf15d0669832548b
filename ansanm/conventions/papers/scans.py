"""Codes read on scanned pages: grey, skewed, upside down, several to a file.

A file comes from anybody's scanner: how many pages and how many points are looked at is limited here.
"""

import io
import re
from dataclasses import dataclass, field

import zxingcpp
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from ansanm.conventions import files
from ansanm.ui.documents import pages

MAX_PAGES = 60
# 600 dots an inch on A4.
MAX_POINTS = 36_000_000
# A clean scan is read at the first; a fax, or a photograph from afar, wants more.
DPI, MORE_DPI = 150, 300
PAYLOAD = re.compile(r"ANSANM/([A-Z2-7]{12})/([0-9]{1,3})/([0-9A-F]{8})")


@dataclass(frozen=True)
class Code:
    sheet: str
    page: int
    seal: str  # the first eight signs of the hash of the text, so that a code cannot be made up

    def __str__(self):
        return f"ANSANM/{self.sheet}/{self.page}/{self.seal.upper()}"


@dataclass
class Scan:
    n_pages: int
    codes: set[Code] = field(default_factory=set)


def read(content: bytes) -> Scan:
    """The codes of a scanned PDF or picture; ValidationError, in words, for what is neither."""
    kind = files.kind_of(content)
    if kind is files.PDF:
        return read_pdf(content)
    if kind not in (files.JPEG, files.PNG):
        raise ValidationError(_("Une numérisation est un PDF, ou une image JPEG ou PNG."))
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > MAX_POINTS:
                raise ValidationError(
                    _("Cette image a trop de points\u00a0: numérisez à 300 points par pouce.")
                )
            return Scan(1, codes_of(image.convert("L")))
    # What Pillow says of a picture cut short, or made to deceive it.
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
    ) as problem:
        raise ValidationError(_("Cette image est abîmée\u00a0: elle ne s’ouvre pas.")) from problem


def read_pdf(content: bytes) -> Scan:
    try:
        n_pages = pages.count(content)
        if n_pages > MAX_PAGES:
            raise ValidationError(
                _("Ce PDF compte %(n)s pages\u00a0: %(most)s au plus par numérisation."),
                params={"n": n_pages, "most": MAX_PAGES},
            )
        scan = Scan(n_pages)
        for number in range(n_pages):
            for dpi in (DPI, MORE_DPI):
                found = codes_of(pages.drawn(content, number, dpi=dpi))
                if found:
                    scan.codes |= found
                    break
    except pages.UnreadablePdf as problem:
        raise ValidationError(
            _("Ce PDF ne s’ouvre pas\u00a0: il est abîmé ou protégé par un mot de passe.")
        ) from problem
    return scan


def codes_of(image: Image.Image) -> set[Code]:
    """Ours alone: a page may carry other people's codes."""
    for seen in (image, ImageOps.autocontrast(image, cutoff=2)):
        found = zxingcpp.read_barcodes(seen, formats=zxingcpp.BarcodeFormat.QRCode)
        ours = {
            Code(match[1], int(match[2]), match[3].lower())
            for one in found
            if (match := PAYLOAD.fullmatch(one.text))
        }
        if ours:
            return ours
    return set()
