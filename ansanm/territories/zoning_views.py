"""The zonings that cut up a territory, for everybody."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ansanm.accounts.access import public
from ansanm.territories.areas import too_small
from ansanm.territories.caching import revalidated
from ansanm.territories.models import Zoning
from ansanm.territories.views import at_its_address


@public
@require_safe
@at_its_address
@revalidated
def zonings(request, territory):
    found = Zoning.objects.shown().of(territory).prefetch_related("zones__territory", "zones__members")
    context = {
        "territory": territory,
        "zonings": [
            (one, zones := list(one.zones.all()), too_small([zone.territory for zone in zones]))
            for one in found
        ],
        "breadcrumb": [(territory.name, territory.get_absolute_url()), (_("Ses zonages"), "")],
    }
    return render(request, "territories/zonings.html", context)
