"""What a file is, from its bytes, and why some are not opened: told in a second, whatever its size."""

import io
import re
import zipfile
import zlib

from django.utils.translation import gettext as _

MAX_BYTES = 10_000_000
# An Office file is a zip of XML: a few kilobytes may hold gigabytes, or a style sheet of a minute.
MAX_UNZIPPED_BYTES = 60_000_000
MAX_PARTS = 3_000
MAX_XML_BYTES = 40_000_000
MAX_STYLES_BYTES = 3_000_000

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
EXTENSIONS = {"xlsx": "xlsx", "docx": "docx", "csv": "csv", "txt": "csv", "tsv": "csv"}


class UnreadablePlan(Exception):
    """The file as a whole cannot be read; the message says what to do."""


def kind_of(name: str, content: bytes) -> str:
    """Return "xlsx", "docx" or "csv"; UnreadablePlan for anything else, and why."""
    about = {"name": name}
    if not content.strip():
        raise UnreadablePlan(_("« %(name)s » est vide.") % about)
    if len(content) > MAX_BYTES:
        raise UnreadablePlan(
            _("« %(name)s » dépasse 10 Mo : retirez-en les images, ou partagez-le en plusieurs.") % about
        )
    kind = _kind_of_zip(name, content) if content.startswith(b"PK") else _kind_of_other(about, content)
    extension = name.rpartition(".")[2].lower()
    if EXTENSIONS.get(extension, kind) != kind:
        raise UnreadablePlan(
            _("« %(name)s » n’est pas ce que dit son nom : c’est un fichier .%(kind)s. Renommez-le.")
            % (about | {"kind": kind})
        )
    return kind


def _kind_of_other(about, content) -> str:
    if content.startswith(OLE):
        # Excel and Word put what a password protects inside an old-style container.
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise UnreadablePlan(
                _("« %(name)s » est protégé par un mot de passe : enregistrez-le sans, puis recommencez.")
                % about
            )
        raise UnreadablePlan(
            _("« %(name)s » est un ancien format (.xls, .doc) : enregistrez-le en .xlsx ou en .docx.") % about
        )
    if content.startswith(b"%PDF"):
        raise UnreadablePlan(
            _("« %(name)s » est un PDF : prenez le fichier Word ou Excel dont il vient.") % about
        )
    if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadablePlan(
            _("« %(name)s » n’est ni un classeur .xlsx, ni un document .docx, ni un CSV.") % about
        )
    return "csv"


def _kind_of_zip(name, content) -> str:
    about = {"name": name}
    names = {one.filename for one in _infos(name, content)}
    if any(one.lower().endswith("vbaproject.bin") for one in names):
        raise UnreadablePlan(
            _("« %(name)s » contient des macros : enregistrez-le sans (.xlsx ou .docx), puis recommencez.")
            % about
        )
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.bin" in names or "content.xml" in names:
        raise UnreadablePlan(
            _("« %(name)s » est un .ods, un .odt ou un .xlsb : enregistrez-le en .xlsx ou en .docx.") % about
        )
    raise UnreadablePlan(
        _("« %(name)s » n’est ni un classeur .xlsx, ni un document .docx, ni un CSV.") % about
    )


def _infos(name, content) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, IndexError) as problem:
        raise damaged(name) from problem
    if len(infos) > MAX_PARTS or sum(one.file_size for one in infos) > MAX_UNZIPPED_BYTES:
        raise UnreadablePlan(_("« %(name)s » est trop volumineux une fois ouvert.") % {"name": name})
    if any(one.flag_bits & 1 for one in infos):
        raise UnreadablePlan(
            _("« %(name)s » est protégé par un mot de passe : enregistrez-le sans, puis recommencez.")
            % {"name": name}
        )
    return infos


def damaged(name) -> UnreadablePlan:
    return UnreadablePlan(
        _("« %(name)s » est abîmé ou incomplet : rouvrez-le, enregistrez-le de nouveau, puis recommencez.")
        % {"name": name}
    )


def xml_parts(name: str, content: bytes) -> dict[str, bytes]:
    """The XML parts of an Office file, none of which declares anything to a parser."""
    wanted = [one for one in _infos(name, content) if one.filename.lower().endswith((".xml", ".rels"))]
    if sum(one.file_size for one in wanted) > MAX_XML_BYTES or any(
        one.file_size > MAX_STYLES_BYTES for one in wanted if "styles" in one.filename
    ):
        raise UnreadablePlan(_("« %(name)s » est trop volumineux une fois ouvert.") % {"name": name})
    parts = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for one in wanted:
                with archive.open(one) as part:
                    # Never `archive.read`: it inflates what a directory that lies said to be small.
                    parts[one.filename] = part.read(one.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as problem:
        raise damaged(name) from problem
    for part in parts.values():
        _refuse_declarations(name, part)
    return parts


_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)[\"']")


def _refuse_declarations(name, part):
    # An Office file has no document type: one that has reads other files (XXE) or grows without end
    # (« billion laughs »). Another encoding would hide it from this search.
    declared = _ENCODING.search(part[:300])
    encoding = declared[1].lower() if declared else b"utf-8"
    if (
        b"<!DOCTYPE" in part
        or b"<!ENTITY" in part
        or encoding not in {b"utf-8", b"us-ascii"}
        or b"\0" in part[:200]
    ):
        raise UnreadablePlan(
            _("« %(name)s » contient des déclarations qu’Excel et Word n’écrivent jamais : il n’est pas lu.")
            % {"name": name}
        )
