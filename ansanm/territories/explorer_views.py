"""The explorer and its files."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from ansanm.accounts.access import public
from ansanm.territories import documents
from ansanm.territories.documents import as_exploration
from ansanm.territories.explorer import ExplorerPage


@public
@require_safe
def explorer(request):
    return render(request, "territories/explorer.html", {"page": ExplorerPage(request.GET, get_language())})


@public
@require_safe
def explorer_export(request, format):
    if format not in as_exploration.WRITERS:
        raise Http404(f"No such format: {format}")
    page = ExplorerPage(request.GET, get_language())
    if page.is_too_large:
        # The page says how many cells there are, and what to take away.
        return render(request, "territories/explorer.html", {"page": page}, status=413)
    content = as_exploration.WRITERS[format](page, request.build_absolute_uri(page.address()))
    response = HttpResponse(content, content_type=documents.FORMATS[format].content_type)
    response["Content-Disposition"] = content_disposition_header(True, f"exploration.{format}")
    return response
