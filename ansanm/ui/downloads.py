"""Files that a page gives to keep: their types, and the answer that carries one."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "zip": "application/zip",
}


def attached(content: bytes | str, name: str, content_type: str = "") -> HttpResponse:
    """Answer `content` as a file called `name`, whose end gives the type where none is given."""
    return HttpResponse(
        content,
        content_type=content_type or CONTENT_TYPES[name.rpartition(".")[2]],
        headers={"Content-Disposition": content_disposition_header(True, name)},
    )
