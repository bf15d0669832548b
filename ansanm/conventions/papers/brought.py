"""What may be brought to the papers of a convention: a PDF as an annex, a picture as a logo."""

import io

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from docx.image.exceptions import (
    InvalidImageStreamError,
    UnexpectedEndOfFileError,
    UnrecognizedImageError,
)
from docx.image.image import Image as WordImage
from PIL import Image, UnidentifiedImageError

from ansanm.conventions import files
from ansanm.ui.documents import pages

# A logo is two centimetres high.
MAX_LOGO_POINTS = 16_000_000
MAX_LOGO_BYTES = 2_000_000


def check_annex(content: bytes) -> None:
    if files.kind_of(content) is not files.PDF:
        raise ValidationError(_("Une annexe est un PDF\u00a0: ses pages prennent place dans la convention."))
    n_pages = n_pages_of(content)
    if n_pages > pages.MAX_PAGES:
        raise ValidationError(
            _("Ce PDF compte %(n)s pages\u00a0: %(most)s au plus par annexe. Partagez-le en plusieurs."),
            params={"n": n_pages, "most": pages.MAX_PAGES},
        )


def n_pages_of(content: bytes) -> int:
    try:
        return pages.count(content)
    except pages.UnreadablePdf as problem:
        raise ValidationError(
            _("Ce PDF ne s’ouvre pas\u00a0: il est abîmé ou protégé par un mot de passe.")
        ) from problem


def check_logo(content: bytes) -> None:
    if files.kind_of(content) not in (files.PNG, files.JPEG):
        raise ValidationError(_("Un logo est une image PNG ou JPEG."))
    if len(content) > MAX_LOGO_BYTES:
        raise ValidationError(_("Ce logo dépasse 2 Mo\u00a0: réduisez-le."))
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > MAX_LOGO_POINTS:
                raise ValidationError(_("Ce logo a trop de points\u00a0: réduisez-le à 2 000 de large."))
            image.load()
        # Word files are written by another reader, which knows fewer pictures.
        WordImage.from_blob(content)
    # What Pillow says of a picture cut short, or made to deceive it.
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        UnrecognizedImageError,
        InvalidImageStreamError,
        UnexpectedEndOfFileError,
    ) as problem:
        raise ValidationError(_("Cette image est abîmée\u00a0: elle ne s’ouvre pas.")) from problem
