"""The explorer and its files."""

from django.http import Http404, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ansanm.accounts.access import public
from ansanm.territories import documents
from ansanm.territories.documents import as_exploration
from ansanm.territories.explorer import ExplorerPage
from ansanm.territories.panels import explorer_panels_of
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited


@public
@require_safe
def explorer(request):
    page = ExplorerPage(request.GET, get_language())
    return shown(request, page)


def shown(request, page, *, status=200):
    context = {"page": page, "panels": explorer_panels_of(request, page)}
    return render(request, "territories/explorer.html", context, status=status)


@public
@require_safe
@limited
def explorer_export(request, format):
    if format not in as_exploration.WRITERS:
        raise Http404(f"No such format: {format}")
    page = ExplorerPage(request.GET, get_language())
    if page.is_too_large:
        # The page says how many cells there are, and what to take away.
        return shown(request, page, status=413)
    content = as_exploration.WRITERS[format](page, request.build_absolute_uri(page.address()))
    return attached(content, f"exploration.{format}", documents.FORMATS[format].content_type)


@public
@require_safe
def api_guide(request):
    """The API in words: our own page, since the usual ones run scripts of third parties."""
    from ansanm.territories import api

    document = api.schema()
    operations = [
        {
            "path": path,
            "summary": operation["summary"],
            "parameters": [
                {
                    "name": one["name"],
                    "description": one["description"],
                    "required": one.get("required", False),
                    "repeats": one["schema"].get("type") == "array",
                }
                for one in operation.get("parameters", [])
            ],
        }
        for path, methods in document["paths"].items()
        for operation in methods.values()
    ]
    example = ExplorerPage(QueryDict("niveau=commune&dans=departement:974&i=coverage_rate"), get_language())
    return render(
        request,
        "territories/api_guide.html",
        {
            "description": document["info"]["description"],
            "operations": operations,
            "example": example.api_url,
            "breadcrumb": [(_("Explorer"), reverse("explorer")), (_("Pour un programme"), "")],
        },
    )
