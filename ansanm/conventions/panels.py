"""The conventions of a territory, on its page, for those who work on them."""

from django.template.loader import render_to_string

from ansanm.accounts.permissions import Permission, has_permission
from ansanm.conventions.models import Convention


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
