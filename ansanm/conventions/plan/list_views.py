"""The plan as a list, by pilot, and its progress."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.plan.pages import plan_context
from ansanm.conventions.plan.progress import ORDER, Progress
from ansanm.conventions.views import find
from ansanm.territories.names import search_key

PER_PAGE = 50


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def plan(request, slug):
    context = plan_context(request, "plan")
    found = context["filters"].found()
    context |= {
        "n_found": len(found),
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "progress": Progress(context["overview"]),
    }
    return render(request, "conventions/plan/list.html", context)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def progress(request, slug):
    context = plan_context(request, "plan_progress")
    counted = Progress(context["overview"])
    context |= {"progress": counted, "statuses": [(one.value, str(one.label)) for one in ORDER]}
    return render(request, "conventions/plan/progress.html", context)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def pilots(request, slug):
    """Who answers for what: the actions of each pilot, those without one last."""
    context = plan_context(request, "plan_pilots")
    counted = Progress(context["overview"])
    found = context["filters"].found()
    groups: dict = {}
    for action in found:
        groups.setdefault(action.pilot, []).append(action)
    # Two pilots of the same name are two rows of the plan: told apart by their key.
    ordered = sorted(
        groups.items(),
        key=lambda pair: (pair[0] is None, search_key(pair[0].name) if pair[0] else "", id(pair[0])),
    )
    context |= {
        "n_found": len(found),
        "groups": [
            {
                "pilot": pilot,
                "row": counted.row(str(pilot) if pilot else _("Sans pilote"), actions),
                "actions": actions,
            }
            for pilot, actions in ordered
        ],
    }
    return render(request, "conventions/plan/pilots.html", context)
