"""The zonings that cut up a territory, for everybody."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ansanm.accounts.access import public
from ansanm.territories import zoning_exports
from ansanm.territories.areas import too_small
from ansanm.territories.caching import revalidated
from ansanm.territories.models import Zoning
from ansanm.territories.views import at_its_address
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited


@public
@require_safe
@at_its_address
@revalidated
def zonings(request, territory):
    found = Zoning.objects.shown().of(territory).prefetch_related("zones__territory", "zones__members")
    context = {
        "territory": territory,
        "zonings": [
            (
                one,
                zones := list(one.zones.all()),
                too_small([zone.territory for zone in zones]),
                zoning_exports.files_of(one, territory),
            )
            for one in found
        ],
        "breadcrumb": [(territory.name, territory.get_absolute_url()), (_("Ses zonages"), "")],
    }
    return render(request, "territories/zonings.html", context)


@public
@require_safe
@at_its_address
@limited
def zoning_export(request, territory, zoning, format):
    if format not in zoning_exports.FORMATS:
        raise Http404(f"No such format: {format}")
    found = get_object_or_404(Zoning.objects.shown().of(territory), slug=zoning)
    _words, content_type, write = zoning_exports.FORMATS[format]
    return attached(write(found), f"{found.slug}.{format}", content_type)
