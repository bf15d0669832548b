"""The plan on the map: how many actions take place where; those of the whole territory told apart."""

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.plan.pages import plan_context
from ansanm.conventions.views import find
from ansanm.territories.areas import outlines_of
from ansanm.territories.models import Territory
from ansanm.ui import maps


def cuts_of(convention) -> dict[str, tuple[str, list[Territory]]]:
    """The ways to cut up the territory, each with its places: communes, the official QPV, zonings, IRIS."""
    own = list(convention.territories.all())
    codes = [commune.code for place in own for commune in Territory.objects.communes_of(place)]
    inside = Territory.objects.current().filter(commune_code__in=codes)
    cuts = {}
    if len(codes) > 1:
        cuts["communes"] = (
            _("Communes"),
            list(Territory.objects.current().filter(level="commune", code__in=codes)),
        )
    if qpv := list(inside.filter(level="qpv")):
        cuts["qpv"] = (_("Quartiers prioritaires (QPV)"), qpv)
    for zoning in convention.zonings().shown().prefetch_related("zones__territory"):
        zones = [zone.territory for zone in zoning.zones.all()]
        if zones:
            cuts[f"zonage-{zoning.pk}"] = (zoning.name, zones)
    if iris := list(inside.filter(level="iris")):
        cuts["iris"] = (_("IRIS"), iris)
    return cuts


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def plan_map(request, slug):
    context = plan_context(request, "plan_map")
    filters, overview = context["filters"], context["overview"]
    found = filters.found()
    own = {one.pk for one in request.convention.territories.all()}
    held: dict[int, list] = {}
    for action in found:
        for place in action.places.all():
            held.setdefault(place.territory_id, []).append(action)
    # An action on the territory itself is on the whole of it, as one that names no place.
    whole = [
        one
        for one in found
        if not one.places.all() or any(place.territory_id in own for place in one.places.all())
    ]
    cuts = cuts_of(request.convention)
    asked = request.GET.get("cut", "")
    if asked and asked not in cuts:
        raise Http404(f"No such zoning here: {asked}")
    # The one where most actions are, unless the address says.
    chosen = asked or max(cuts, key=lambda cut: sum(one.pk in held for one in cuts[cut][1]), default="")
    name, places = cuts.get(chosen, ("", []))
    drawn = None
    if places:
        shapes = outlines_of(places)
        areas = [
            maps.Area(
                code=one.code,
                name=one.name,
                value=len(held.get(one.pk, [])),
                url=reverse("plan", args=[slug]) + "?" + urlencode({"place": f"{one.level}:{one.code}"})
                if one.pk in held
                else "",
                geometry=shapes.get(one.code),
                longitude=one.longitude or 0.0,
                latitude=one.latitude or 0.0,
                weight=one.population or 1,
            )
            for one in places
        ]
        drawn = drawing(areas, name)
    shown = {one.pk for one in places}
    elsewhere: dict = {}
    for action in found:
        for place in action.places.all():
            if place.territory_id not in shown and place.territory_id not in own:
                elsewhere.setdefault(place.territory_id, (place.territory, []))[1].append(action)
    context |= {
        "n_found": len(found),
        "map": drawn,
        "areas": [one for one in areas if one.value] if places else [],
        "n_empty": sum(not one.value for one in areas) if places else 0,
        "cuts": [
            {"text": words, "url": f"?{filters.page_query}cut={key}", "is_current": key == chosen}
            for key, (words, _places) in cuts.items()
        ],
        "cut_name": name,
        "whole": whole,
        "elsewhere": sorted(elsewhere.values(), key=lambda pair: pair[0].name),
        "n_placed": sum(any(place.territory_id in shown for place in one.places.all()) for one in found),
        "overview": overview,
    }
    return render(request, "conventions/plan/map.html", context)


def drawing(areas, name):
    """Contours where there are some, circles where only centres are known, None where neither is."""
    words = {
        "title": _("Actions par lieu : %(name)s") % {"name": name},
        "name_of_values": _("Actions"),
        "decimals": 0,
        "note": _(
            "Une action en plusieurs lieux compte dans chacun\u202f; celles de tout le territoire "
            "sont à part."
        ),
    }
    if any(one.geometry is not None for one in areas):
        return maps.choropleth(areas, **words)
    if all(one.longitude or one.latitude for one in areas):
        return maps.dorling(areas, **words)
    return None
