"""Rationalising the bodies: who sits where, what overlaps, what merging would change. Nothing is written."""

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.governance import overlap_sheets
from ansanm.conventions.governance.overlap import DEFAULT_THRESHOLD, MEASURES, Standing
from ansanm.conventions.governance.pages import page
from ansanm.conventions.views import find
from ansanm.ui.documents.sheets import write_csv, write_xlsx
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited

THRESHOLDS = (25, 50, 75, 100)


def whole_number(text: str) -> int | None:
    # « ² » is a digit for Python and no number: int() refuses it.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def overlap(request, slug):
    standing = Standing(request.convention)
    measure = request.GET.get("measure", "people")
    measure = measure if measure in MEASURES else "people"
    threshold = whole_number(request.GET.get("threshold", ""))
    threshold = threshold if threshold in THRESHOLDS else DEFAULT_THRESHOLD
    year = request.GET.get("year", "")
    year = year if year in standing.years else next(iter(standing.years), "")
    pairs = standing.pairs(measure)
    return page(
        request,
        "overlap.html",
        view="bodies_overlap",
        standing=standing,
        n_external=sum(one.is_external for one in standing.bodies),
        measure=measure,
        measures=[(key, label) for key, (label, _title) in MEASURES.items()],
        measure_label=MEASURES[measure][0],
        picture=standing.picture(measure) if len(standing.bodies) > 1 else None,
        threshold=threshold,
        thresholds=THRESHOLDS,
        pairs=[one for one in pairs if one.overlap.share and 100 * one.overlap.share >= threshold],
        n_pairs=len(pairs),
        n_untold=sum(one.overlap.share is None for one in pairs),
        gaps=standing.gaps() if standing.bodies else [],
        year=year,
        hours=standing.hours(year),
        hours_picture=standing.hours_picture() if standing.bodies else None,
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def merge(request, slug):
    """What one body in place of those of the address would be."""
    standing = Standing(request.convention)
    wanted = {number for text in request.GET.getlist("with") if (number := whole_number(text))}
    chosen = [body for body in standing.bodies if body.pk in wanted]
    return page(
        request,
        "merge.html",
        view="bodies_overlap",
        standing=standing,
        chosen=chosen,
        merger=standing.merger(chosen) if len(chosen) > 1 else None,
        n_unknown=len(wanted) - len(chosen),
        day=timezone.localdate(),
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def export(request, slug, format):
    standing = Standing(request.convention)
    match format:
        case "xlsx":
            return attached(write_xlsx(overlap_sheets.workbook(standing)), f"{slug}-instances.xlsx")
        case "csv":
            return attached(write_csv(overlap_sheets.members_sheet(standing)), f"{slug}-instances.csv")
    raise Http404(_("Ce format n’existe pas."))
