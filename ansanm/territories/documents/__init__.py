"""A diagnosis as files: JSON, XLSX, CSV, PDF and DOCX, with the figures of the pages in their order."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from ansanm.territories.diagnosis import Diagnosis
from ansanm.territories.documents.as_json import to_json
from ansanm.territories.documents.as_sheets import to_csv, to_xlsx
from ansanm.territories.documents.as_text import to_docx, to_pdf
from ansanm.territories.documents.fields import INDICATOR_FIELDS
from ansanm.territories.documents.selection import Selection

__all__ = [
    "FORMATS", "INDICATOR_FIELDS", "Selection", "to_csv", "to_docx", "to_json", "to_pdf", "to_xlsx", "write",
]  # fmt: skip


@dataclass(frozen=True)
class Format:
    content_type: str
    write: Callable[..., bytes]


def _json(diagnosis: Diagnosis, *, theme: str | None = None, indicator: str | None = None) -> bytes:
    content = to_json(diagnosis, theme=theme, indicator=indicator)
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n"


FORMATS = {
    "json": Format("application/json", _json),
    "csv": Format("text/csv; charset=utf-8", to_csv),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", to_xlsx),
    "pdf": Format("application/pdf", to_pdf),
    "docx": Format("application/vnd.openxmlformats-officedocument.wordprocessingml.document", to_docx),
}


def write(
    diagnosis: Diagnosis, format: str, *, theme: str | None = None, indicator: str | None = None
) -> bytes:
    """Return the file, in the language of the moment: the whole diagnosis, one theme or one indicator."""
    return FORMATS[format].write(diagnosis, theme=theme, indicator=indicator)
