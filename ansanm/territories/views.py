"""The pages of a territory: summary, theme, indicator, list of indicators, places inside it."""

from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from ansanm.accounts.access import public
from ansanm.territories import definitions, presentation
from ansanm.territories.caching import revalidated
from ansanm.territories.diagnosis import diagnose
from ansanm.territories.models import LEVELS_BY_WORD, Territory
from ansanm.territories.panels import declare_link_of, panels_of


def find_territory(level, slug):
    """Return the territory of an address: its code is what stands before the first hyphen."""
    if level not in LEVELS_BY_WORD:
        raise Http404(f"No such level: {level}")
    return get_object_or_404(
        Territory.objects.current(), level=LEVELS_BY_WORD[level], code=slug.split("-")[0]
    )


def at_its_address(view):
    """Give the view its territory, at the one address it has: names change, codes do not."""

    def found(request, level, slug, **kwargs):
        territory = find_territory(level, slug)
        canonical = f"{territory.code}-{territory.slug}"
        if slug != canonical:
            address = reverse(request.resolver_match.view_name, args=[level, canonical, *kwargs.values()])
            query = request.META["QUERY_STRING"]
            return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)
        return view(request, territory, **kwargs)

    return found


@public
@require_safe
@at_its_address
@revalidated
def summary(request, territory):
    diagnosis = diagnose(territory)
    page = presentation.Summary(diagnosis, get_language(), mapped=request.GET.get("carte"))
    context = {"territory": territory, "page": page, "panels": panels_of(request, territory)}
    return render(request, "territories/summary.html", context)


@public
@require_safe
@at_its_address
@revalidated
def theme(request, territory, theme):
    if theme not in definitions.themes():
        raise Http404(f"No such theme: {theme}")
    page = presentation.ThemePage(diagnose(territory), get_language(), theme)
    page.declare_link = declare_link_of(request, territory)
    return render(request, "territories/theme.html", {"territory": territory, "page": page})


@public
@require_safe
@at_its_address
@revalidated
def indicator(request, territory, indicator):
    if indicator not in definitions.definitions_of(territory.level):
        raise Http404(f"No such indicator: {indicator}")
    page = presentation.IndicatorPage(diagnose(territory), get_language(), indicator)
    page.declare_link = declare_link_of(request, territory)
    return render(request, "territories/indicator.html", {"territory": territory, "page": page})


@public
@require_safe
@at_its_address
@revalidated
def indicators(request, territory):
    page = presentation.IndicatorList(diagnose(territory), get_language(), request.GET)
    template = "territories/_indicator_rows.html" if request.htmx else "territories/indicators.html"
    return render(request, template, {"territory": territory, "page": page})


@public
@require_safe
@at_its_address
@revalidated
def members(request, territory):
    page = presentation.Members(territory, request.GET)
    template = "territories/_member_rows.html" if request.htmx else "territories/members.html"
    return render(request, template, {"territory": territory, "page": page})
