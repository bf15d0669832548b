"""What the pages of territories show of conventions and of saved views, to those they are for."""

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode

from ansanm.accounts.permissions import ROLES, Permission, has_permission
from ansanm.conventions.models import ConsultationPage, Convention, SavedView


def conventions_of(request, territory):
    if not request.user.is_authenticated:
        return ""
    found = [
        (convention, has_permission(request.user, Permission.FIGURE_DECLARE, convention))
        for convention in Convention.objects.visible_to(request.user).filter(territories=territory)
    ]
    if not found:
        return ""
    return render_to_string("conventions/parts/territory_panel.html", {"conventions": found}, request)


def published_pages(territory):
    """The consultation pages that anybody may read of this territory, or of one that holds it."""
    covering = Convention.objects.covering(territory)
    return ConsultationPage.objects.filter(published_at__isnull=False, convention__in=covering)


def consultations_of(request, territory):
    """For anybody: what residents said here, and what became of it."""
    pages = list(published_pages(territory).select_related("convention").order_by("pk"))
    if not pages:
        return ""
    return render_to_string("conventions/parts/consultation_panel.html", {"pages": pages}, request)


def consultations_version(territory) -> str:
    return ",".join(
        f"{pk}:{published}:{name}"
        for pk, published, name in published_pages(territory)
        .order_by("pk")
        .values_list("pk", "published_at", "convention__name")
    )


def declare_link(request, territory):
    """From an absent figure to the form that declares it, for those who may on a convention here."""
    if not request.user.is_authenticated:
        return None
    declaring = [name for name, role in ROLES.items() if Permission.FIGURE_DECLARE in role.permissions]
    held = Convention.objects.filter(roles__user=request.user, roles__role__in=declaring)
    convention = held.covering(territory).order_by("pk").first()
    if convention is None:
        return None
    form = reverse("figure_declare", args=[convention.slug])
    place = f"{territory.level}:{territory.code}"
    return lambda variable: f"{form}?{urlencode({'territory': place, 'variable': variable})}"


def saved_views_of(request, page):
    """On the explorer: the views of this person, those shared with them, and the way to keep this one."""
    if not request.user.is_authenticated:
        return ""
    context = {
        "mine": request.user.saved_views.shown(),
        "shared": SavedView.objects.shared_with(request.user),
        "query": page.query_with(),
    }
    return render_to_string("conventions/parts/saved_views_panel.html", context, request)
