"""Files brought to a convention: read before they are kept, kept by hash, given back to members only.

A file is what its bytes say, not its extension. Its bytes are named by their hash under MEDIA_ROOT,
where no web server looks; what a page gives back is always an attachment of a known harmless kind.
"""

import hashlib
import os
import re
import struct
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from time import time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.models import AgreementVersion, StoredFile
from ansanm.ui.formats import format_number

MAX_BYTES = 20 * 1024 * 1024
# An office file is a zip: what it holds once opened, and in how many parts.
MAX_UNPACKED_BYTES = 150 * 1024 * 1024
MAX_PARTS = 5_000
# A photograph of 100 million points takes 400 MB in the memory of who opens it.
MAX_POINTS = 100_000_000
# A sheet may be wide, or long; one that says it is both and holds almost nothing lies.
MAX_EMPTY_CELLS = 20_000_000
# What nobody asked for within a day of being written belongs to a save that was rolled back.
ORPHAN_AGE = timedelta(days=1)

ACCEPT = ".pdf,.docx,.xlsx,.odt,.jpg,.jpeg,.png"


@dataclass(frozen=True)
class Kind:
    extension: str
    content_type: str
    label: str


PDF = Kind("pdf", "application/pdf", "PDF")
DOCX = Kind("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "DOCX")
XLSX = Kind("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX")
ODT = Kind("odt", "application/vnd.oasis.opendocument.text", "ODT")
JPEG = Kind("jpg", "image/jpeg", "JPEG")
PNG = Kind("png", "image/png", "PNG")
KINDS = {kind.content_type: kind for kind in (PDF, DOCX, XLSX, ODT, JPEG, PNG)}
# The part without which an office file of that kind is none.
OFFICE = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}


def read_upload(upload) -> bytes:
    """The bytes of an uploaded file; ValidationError when it is empty or too large."""
    if upload.size > MAX_BYTES:
        raise too_large(upload.size)
    content = upload.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise too_large(len(content))
    if not content:
        raise ValidationError(_("Ce fichier est vide."))
    return content


def too_large(n_bytes: int) -> ValidationError:
    return ValidationError(
        _("Ce fichier fait %(size)s Mo\u00a0: %(most)s Mo au plus."),
        params={"size": format_number(n_bytes / 1024**2, decimals=1), "most": MAX_BYTES // 1024**2},
    )


def kind_of(content: bytes) -> Kind:
    """What the bytes are; ValidationError for what is not kept here."""
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-2048:]:
            raise ValidationError(_("Ce PDF n’est pas entier\u00a0: sa fin manque. Envoyez-le de nouveau."))
        return PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        check_points(png_size(content))
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        check_points(jpeg_size(content))
        return JPEG
    if content.startswith(b"PK\x03\x04"):
        return office_kind(content)
    raise ValidationError(
        _(
            "Ce n’est ni un PDF, ni un document DOCX, XLSX ou ODT, ni une image JPEG ou PNG. "
            "Enregistrez-le dans un de ces formats."
        )
    )


def png_size(content: bytes) -> tuple[int, int]:
    if content[12:16] != b"IHDR" or len(content) < 33:
        raise broken_picture()
    return struct.unpack(">II", content[16:24])


def jpeg_size(content: bytes) -> tuple[int, int]:
    """The size that the frame header tells, walking from marker to marker."""
    at = 2
    while at + 9 < len(content):
        if content[at] != 0xFF:
            break
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        # All frame headers (SOF0 to SOF15) but the three that are tables.
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
    raise broken_picture()


def broken_picture() -> ValidationError:
    return ValidationError(_("Cette image est abîmée\u00a0: ses dimensions ne se lisent pas."))


def check_points(size: tuple[int, int]) -> None:
    width, height = size
    if not width or not height:
        raise broken_picture()
    if width * height > MAX_POINTS:
        raise ValidationError(
            _("Cette image dit mesurer %(width)s × %(height)s points\u00a0: réduisez-la."),
            params={"width": format_number(width), "height": format_number(height)},
        )


def office_kind(content: bytes) -> Kind:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            check_parts(archive, parts)
            names = {part.filename for part in parts}
            if parts[0].filename == "mimetype" and archive.read(parts[0]) == ODT.content_type.encode():
                return ODT
    # Each is what the library says of a damaged archive, or of one made to deceive it.
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ValidationError(_("Ce document est abîmé, ou protégé par un mot de passe.")) from error
    if any(name.rpartition("/")[2].lower() == "vbaproject.bin" for name in names):
        raise ValidationError(_("Ce document contient des macros\u00a0: enregistrez-le sans elles."))
    if "[Content_Types].xml" in names:
        for part, kind in OFFICE.items():
            if part in names:
                return kind
    raise ValidationError(
        _(
            "Ce fichier est une archive, et non un document DOCX, XLSX ou ODT\u00a0: envoyez ce qu’elle "
            "contient."
        )
    )


def check_parts(archive, parts) -> None:
    """Unpack the whole once, within limits: what a header says of a size may be false."""
    if not parts or len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise bomb()
    left = MAX_UNPACKED_BYTES
    for part in parts:
        with archive.open(part) as unpacked:
            head = unpacked.read(65_536)
            n_bytes = len(head)
            while chunk := unpacked.read(1_048_576):
                n_bytes += len(chunk)
                if n_bytes > left:
                    raise bomb()
        left -= n_bytes
        # No office program writes entities: those that name one another fill a reader's memory.
        if b"<!ENTITY" in head:
            raise bomb()
        if part.filename.startswith("xl/worksheets/"):
            check_dimension(head, n_bytes)


def check_dimension(head: bytes, n_bytes: int) -> None:
    """Refuse a sheet that says it holds millions of cells and has no room for them."""
    said = re.search(rb'<dimension ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"', head)
    if not said:
        return
    n_columns = 1 + column_number(said[3]) - column_number(said[1])
    n_rows = 1 + int(said[4]) - int(said[2])
    if n_columns * n_rows > max(MAX_EMPTY_CELLS, n_bytes):
        raise bomb()


def column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def bomb() -> ValidationError:
    return ValidationError(
        _("Ce document prendrait une place démesurée une fois ouvert\u00a0: il n’est pas gardé.")
    )


def clean_name(name: str, kind: Kind) -> str:
    """The name of the file without its folders, with the extension of what it is."""
    name = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", name.replace("\\", "/")).split("/")[-1]
    stem, dot, extension = name.strip().rpartition(".")
    known = {*KINDS_BY_EXTENSION, "jpeg"}
    stem = stem if dot and (extension.lower() in known or len(extension) <= 5) else name.strip()
    stem = " ".join(stem.split()).strip(". ") or "document"
    return f"{stem[:190]}.{kind.extension}"


KINDS_BY_EXTENSION = {kind.extension: kind for kind in KINDS.values()}


def path_of(sha256: str) -> Path:
    return Path(settings.MEDIA_ROOT) / "conventions" / sha256[:2] / sha256


@transaction.atomic
def store(*, by, convention, upload) -> StoredFile:
    """Keep an uploaded file; ValidationError, in words for a form, when it is not one to keep."""
    content = read_upload(upload)
    return keep(by=by, convention=convention, name=upload.name, content=content)


@transaction.atomic
def keep(*, by, convention, name, content: bytes) -> StoredFile:
    """Keep these bytes as a file of the convention."""
    kind = kind_of(content)
    digest = hashlib.sha256(content).hexdigest()
    # The bytes first: a row without its file would be a promise nobody keeps.
    write_bytes(path_of(digest), content)
    stored = StoredFile.objects.create(
        convention=convention,
        name=clean_name(name, kind),
        content_type=kind.content_type,
        n_bytes=len(content),
        sha256=digest,
        uploaded_by=by,
    )
    record(
        "file.store",
        by=by,
        target=stored,
        convention=convention,
        after={"sha256": digest, "n_bytes": len(content)},
    )
    return stored


def write_bytes(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        # Its age is what keeps it from being swept before our row is committed.
        os.utime(path)
        return
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


@transaction.atomic
def remove(*, by, stored) -> None:
    """Take the file off its convention; a sweep deletes its bytes when no other row has them."""
    record("file.remove", by=by, target=stored, convention=stored.convention)
    stored.delete()


def read_bytes(stored: StoredFile) -> bytes:
    return path_of(stored.sha256).read_bytes()


def sweep() -> int:
    """Delete the bytes that no row nor version names and nobody wrote today; return how many files."""
    root = Path(settings.MEDIA_ROOT) / "conventions"
    before = time() - ORPHAN_AGE.total_seconds()
    old = {path.name: path for path in root.glob("*/*") if path.is_file() and path.stat().st_mtime < before}
    kept = set(StoredFile.objects.filter(sha256__in=old).values_list("sha256", flat=True))
    # The text of a version names by their hash the pages and the logo it was taken with: the rows that
    # brought them may have gone since.
    kept |= {
        name
        for name in old.keys() - kept
        if AgreementVersion.objects.filter(content_json__contains=name).exists()
    }
    gone = [path for name, path in old.items() if name not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
