"""The simulations of a fiche: what an action would cost and who would pay, for all its members."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.finance import action_scenarios
from ansanm.conventions.models import ActionScenario
from ansanm.conventions.plan.fiche_views import find_action
from ansanm.conventions.views import context_of, find
from ansanm.funding.creche_simulation import ask
from ansanm.funding.scenarios import data_of


def find_attached(request, pk) -> ActionScenario:
    """The simulation, if it stands on a standing fiche of this convention."""
    found = ActionScenario.objects.standing().select_related("action__convention", "attached_by")
    return get_object_or_404(
        found, pk=pk, action__convention=request.convention, action__deleted_at__isnull=True
    )


@requires(Permission.PLAN_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def attach(request, slug, pk):
    """Choose one of one's own simulations."""
    action = find_action(request, pk)
    mine = request.user.scenarios.standing().select_related("territory")
    problem = ""
    if request.method == "POST":
        wanted = request.POST.get("scenario", "")
        scenario = (
            mine.filter(pk=int(wanted)).first()
            if wanted.isascii() and wanted.isdigit() and len(wanted) < 10
            else None
        )
        if scenario is None:
            problem = _("Choisissez une de vos simulations.")
        else:
            try:
                action_scenarios.attach_scenario(by=request.user, action=action, scenario=scenario)
            except ValidationError as error:
                problem = " ".join(error.messages)
            else:
                messages.success(request, _("La simulation est jointe à la fiche."))
                return redirect(f"{action.get_absolute_url()}#simulations")
    return render(
        request,
        "conventions/finance/action_scenario_attach.html",
        context_of(request, action=action, mine=mine, problem=problem),
        status=422 if problem else 200,
    )


@requires(Permission.CONVENTION_READ, on=find)
@never_cache
@require_safe
def action_scenario(request, slug, pk):
    attached = find_attached(request, pk)
    asked = ask(attached.kind, data_of(attached))
    return render(
        request,
        "conventions/finance/action_scenario.html",
        context_of(request, action=attached.action, attached=attached, asked=asked, answer=asked.answer),
    )


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def action_scenario_remove(request, slug, pk):
    attached = find_attached(request, pk)
    action_scenarios.remove_scenario(by=request.user, attached=attached)
    messages.success(request, _("La simulation n’est plus jointe à la fiche."))
    return redirect(f"{attached.action.get_absolute_url()}#simulations")
