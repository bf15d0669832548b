"""The plan as a list."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.views import context_of, find


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def plan(request, slug):
    actions = request.convention.actions.standing().select_related("pilot")
    return render(request, "conventions/plan/list.html", context_of(request, actions=actions))
