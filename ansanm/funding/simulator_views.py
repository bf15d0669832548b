"""« Ouvrir une crèche » and « Changer une crèche »: for anyone, nothing kept, unless one saves it."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ansanm.accounts.access import public
from ansanm.funding import creche_files
from ansanm.funding.creche_forms import FORMS
from ansanm.funding.creche_simulation import ask
from ansanm.funding.models import Scenario
from ansanm.funding.scenario_operations import save_scenario
from ansanm.ui.downloads import attached
from ansanm.ui.limits import caller, spend
from ansanm.ui.views import too_many_requests

TITLE_LENGTH = Scenario._meta.get_field("title").max_length


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def creche_open(request):
    return simulator(request, "open")


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def creche_change(request):
    return simulator(request, "change")


def simulator(request, kind):
    """Asked by POST: the accounts of a crèche stand in no address, journal or history."""
    if request.method != "POST":
        asked_place = {"territory": request.GET.get("commune", "")[:80]}
        form = FORMS[kind](initial=asked_place)
        return render(request, "funding/creche_simulator.html", {"kind": kind, "form": form})
    asked = ask(kind, request.POST)
    title, title_problem = request.POST.get("title", "").strip(), ""
    if asked.answer and (format := request.POST.get("export")) in creche_files.FORMATS:
        return export(request, asked.answer, format, title[:TITLE_LENGTH])
    if asked.answer and "save" in request.POST and request.user.is_authenticated:
        title_problem = problem_of(title)
        if not title_problem:
            try:
                scenario = save_scenario(
                    by=request.user,
                    title=title,
                    kind=kind,
                    inputs=asked.form.typed,
                    territory=asked.form.cleaned_data["territory"],
                )
            except ValidationError as error:
                title_problem = " ".join(error.messages)
            else:
                return redirect("scenario", pk=scenario.pk)
    is_wrong = bool(asked.form.errors or asked.refusal or title_problem)
    context = {
        "kind": kind,
        "form": asked.form,
        "asked": asked,
        "answer": asked.answer,
        "title": title,
        "title_problem": title_problem,
    }
    return render(request, "funding/creche_simulator.html", context, status=422 if is_wrong else 200)


def problem_of(title: str) -> str:
    if not title:
        return _("Donnez un titre à cette simulation.")
    if len(title) > TITLE_LENGTH:
        return _("Ce titre est trop long\u00a0: %(n)s caractères au plus.") % {"n": TITLE_LENGTH}
    return ""


def export(request, answer, format, title=""):
    """Answer the file of a simulation, so many a minute for one caller."""
    per_minute = settings.DOCUMENTS_PER_MINUTE
    if wait := spend("documents", caller(request), per_minute):
        return too_many_requests(request, wait_seconds=wait, per_minute=per_minute)
    return attached(creche_files.FORMATS[format](answer, title), f"simulation-creche.{format}")
