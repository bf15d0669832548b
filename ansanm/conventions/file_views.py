"""A file of a convention, given back to those who may read the convention and to nobody else."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.files import KINDS, read_bytes
from ansanm.conventions.views import find


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def convention_file(request, slug, pk):
    """The file, to download: never opened in the page, whatever it holds."""
    # The papers of a COF (a RIB, accounts) are not for every member: they have an address of their own.
    stored = get_object_or_404(request.convention.files.filter(due_documents__isnull=True), pk=pk)
    return given(stored)


def given(stored):
    """The file as an attachment; whether the person may read it was asked before."""
    try:
        content = read_bytes(stored)
    except FileNotFoundError as missing:
        raise Http404("The bytes of this file are not here.") from missing
    # A row written by hand must not make a browser run what is in the file.
    is_known = stored.content_type in KINDS
    return HttpResponse(
        content,
        content_type=stored.content_type if is_known else "application/octet-stream",
        headers={
            "Content-Disposition": content_disposition_header(True, stored.name),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
