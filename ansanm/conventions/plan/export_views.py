"""What one sees of the plan, as a file: the filters of the address are those of the export."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.papers import printing
from ansanm.conventions.plan import exports
from ansanm.conventions.plan.filters import PlanFilter
from ansanm.conventions.plan.overview import Overview
from ansanm.conventions.views import find
from ansanm.ui.documents import pdf
from ansanm.ui.documents.sheets import write_csv, write_xlsx
from ansanm.ui.downloads import attached
from ansanm.ui.formats import listed_apart
from ansanm.ui.limits import limited


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def export(request, slug, format):
    if format not in {"csv", "docx", "pdf", "xlsx"}:
        raise Http404(f"No such format: {format}")
    overview = Overview(request.convention, request.user)
    filters = PlanFilter(request.GET, overview)
    found = filters.found()
    filtered = listed_apart(filters.words(name, value) for name, value in filters.narrowing.items())
    match format:
        case "xlsx":
            content = write_xlsx(
                exports.workbook(found, request.convention, filtered=filtered, total=filters.n_total)
            )
        case "csv":
            content = write_csv(exports.sheets_of(found, request.convention)[0])
        case _:
            document = exports.plan_document(found, overview, filtered=filtered)
            content = pdf.write(document) if format == "pdf" else printing.fiches(found, overview, document)
    return attached(content, f"{slug}-plan.{format}")


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def fiche(request, slug, pk, format):
    """One fiche as people print it."""
    action = get_object_or_404(request.convention.actions.standing(), pk=pk)
    if format not in {"pdf", "docx"}:
        raise Http404(f"No such format: {format}")
    overview = Overview(request.convention, request.user)
    action.path = overview.path(action.node_id)
    document = exports.fiche_document(action, overview)
    content = pdf.write(document) if format == "pdf" else printing.fiches([action], overview, document)
    name = slugify(action.number or action.title)[:60] or action.pk
    return attached(content, f"{slug}-{name}.{format}")
