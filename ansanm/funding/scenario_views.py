"""Saved simulations: those of a person, side by side, by a link, as files."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import public, signed_in
from ansanm.funding import creche_files, scenario_operations
from ansanm.funding.creche_simulation import ask
from ansanm.funding.models import Scenario
from ansanm.funding.scenarios import compared, data_of
from ansanm.funding.simulator_views import problem_of
from ansanm.territories.versions import StaleVersion
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited

MOST_COMPARED = 4


def own(request, pk) -> Scenario:
    """The simulation of this person; that of another does not exist for them."""
    found = Scenario.objects.standing().select_related("territory").filter(owner=request.user)
    return get_object_or_404(found, pk=pk)


@signed_in
@require_safe
def scenarios(request):
    mine = Scenario.objects.filter(owner=request.user).select_related("territory")
    return render(
        request,
        "funding/scenarios.html",
        {
            "mine": mine.standing(),
            "bin": mine.filter(deleted_at__isnull=False).order_by("-deleted_at"),
            "most_in_bin": scenario_operations.MOST_IN_BIN,
            "most_compared": MOST_COMPARED,
        },
    )


def shown(request, scenario, **more):
    asked = ask(scenario.kind, data_of(scenario))
    context = {"scenario": scenario, "asked": asked, "answer": asked.answer, "form": asked.form}
    return render(request, "funding/scenario.html", context | more)


@signed_in
@never_cache
@require_safe
def scenario(request, pk):
    return shown(request, own(request, pk), is_own=True)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def scenario_edit(request, pk):
    found = own(request, pk)
    data = request.POST if request.method == "POST" else data_of(found)
    asked = ask(found.kind, data)
    title = request.POST.get("title", found.title).strip()
    version = request.POST.get("version", "")
    problem, stale = "", None
    if request.method == "POST" and asked.answer and "save" in request.POST:
        problem = problem_of(title)
        if not problem:
            try:
                scenario_operations.update_scenario(
                    by=request.user,
                    scenario=found,
                    base_version=int(version) if version.isascii() and version.isdigit() else 0,
                    title=title,
                    inputs=asked.form.typed,
                    territory=asked.form.cleaned_data["territory"],
                )
            except StaleVersion as conflict:
                stale = conflict.current
            except ValidationError as error:
                problem = " ".join(error.messages)
            else:
                messages.success(request, _("La simulation est modifiée."))
                return redirect("scenario", pk=pk)
    is_wrong = request.method == "POST" and (asked.form.errors or asked.refusal or problem)
    context = {
        "kind": found.kind,
        "form": asked.form,
        "asked": asked,
        "answer": asked.answer if request.method == "POST" else None,
        "scenario": stale or found,
        "title": title,
        "title_problem": problem,
        "differences": differences(stale, asked.form) if stale else [],
    }
    return render(
        request, "funding/creche_simulator.html", context, status=409 if stale else 422 if is_wrong else 200
    )


def differences(current, form) -> list[list[str]]:
    """Return what stands against what was just typed, field by field, where they differ."""
    typed = form.typed
    names = [name for name in form.fields if current.inputs.get(name) != typed.get(name)]
    return [
        [str(form.fields[name].label), words_of(current.inputs.get(name)), words_of(typed.get(name))]
        for name in names
    ]


def words_of(value) -> str:
    return ", ".join(value) if isinstance(value, list) else value or "–"


@signed_in
@require_safe
@limited
def scenario_export(request, pk, format):
    if format not in creche_files.FORMATS:
        raise Http404(f"No such format: {format}")
    found = own(request, pk)
    asked = ask(found.kind, data_of(found))
    if asked.answer is None:
        messages.warning(request, _("Cette simulation ne se calcule plus\u00a0: complétez-la d’abord."))
        return redirect("scenario_edit", pk=pk)
    return attached(creche_files.FORMATS[format](asked.answer, found.title), f"simulation-{pk}.{format}")


@signed_in
@require_POST
def scenario_share(request, pk):
    """Show the address this once: only its hash is kept."""
    found = own(request, pk)
    token = scenario_operations.share_scenario(by=request.user, scenario=found)
    found.refresh_from_db()
    address = request.build_absolute_uri(reverse("shared_scenario", args=[token]))
    return shown(request, found, is_own=True, address=address)


@signed_in
@require_POST
def scenario_unshare(request, pk):
    scenario_operations.unshare_scenario(by=request.user, scenario=own(request, pk))
    messages.success(request, _("Le lien est révoqué\u00a0: il n’ouvre plus rien."))
    return redirect("scenario", pk=pk)


@signed_in
@require_POST
def scenario_delete(request, pk):
    scenario_operations.delete_scenario(by=request.user, scenario=own(request, pk))
    messages.success(request, _("La simulation est dans la corbeille."))
    return redirect("scenarios")


@signed_in
@require_POST
def scenario_restore(request, pk):
    found = get_object_or_404(Scenario, pk=pk, owner=request.user, deleted_at__isnull=False)
    scenario_operations.restore_scenario(by=request.user, scenario=found)
    messages.success(request, _("La simulation est remise en place."))
    return redirect("scenario", pk=pk)


@public
@never_cache
@require_safe
def shared_scenario(request, token):
    """Whoever holds the link reads the simulation, and nothing else of its owner."""
    found = scenario_operations.shared(token)
    if found is None:
        raise Http404
    response = shown(request, found, is_own=False)
    response["X-Robots-Tag"] = "noindex"
    return response


@signed_in
@never_cache
@require_safe
def scenarios_compare(request):
    """Two to four side by side, by their numbers in the address."""
    wanted = [
        int(one) for one in request.GET.getlist("s") if one.isascii() and one.isdigit() and len(one) < 10
    ]
    wanted = list(dict.fromkeys(wanted))[:MOST_COMPARED]
    found = Scenario.objects.standing().filter(owner=request.user).in_bulk(wanted)
    chosen = [found[pk] for pk in wanted if pk in found]
    every = Scenario.objects.standing().filter(owner=request.user)
    context = {"chosen": chosen, "every": every, "most": MOST_COMPARED}
    if len(chosen) > 1:
        context["comparison"] = compared(chosen)
    return render(request, "funding/scenarios_compare.html", context)
