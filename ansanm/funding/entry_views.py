"""A Caf enters what it knows of the scales: list, enter, correct, withdraw, history, sheets."""

from functools import wraps

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.engines.funding.parameters import national
from ansanm.engines.written import Unreadable, parse_period
from ansanm.funding import catalogue, entries, words
from ansanm.funding.entry_forms import EntryFilter, ValueForm, WithdrawForm
from ansanm.funding.models import EnteredValue
from ansanm.funding.operations import NoLongerStands, caf_of, withdraw_value
from ansanm.ui.documents.tables import MAX_BYTES, UnreadableSheet
from ansanm.ui.downloads import attached
from ansanm.ui.formats import format_day
from ansanm.ui.limits import limited

SALT = "funding.values_import"
ONE_DAY = 24 * 3600


def of_their_caf(view):
    """Put the Caf of the person in `request.caf`; who speaks for none enters nothing."""

    @wraps(view)
    def found(request, *args, **kwargs):
        request.caf = caf_of(request.user)
        if request.caf is None:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return found


def _parameter(name):
    try:
        return national()[name]
    except KeyError:
        raise Http404(f"No such parameter: {name}") from None


@requires(Permission.PARAMETER_ENTER)
@require_safe
@of_their_caf
def entered_values(request):
    form = EntryFilter(request.GET)
    groups = entries.listed(request.caf, **form.wanted)
    rows = [row for group in groups for row in group["rows"]]
    context = {
        "form": form,
        "groups": groups,
        "caf": request.caf,
        "n_found": len(rows),
        "n_missing": sum(row["is_asked_today"] for row in rows),
    }
    return render(request, "funding/entered_values.html", context)


@requires(Permission.PARAMETER_ENTER)
@require_http_methods(["GET", "HEAD", "POST"])
@of_their_caf
def entered_value(request, parameter):
    """One parameter: what the law says, what this Caf entered, and the form to enter more."""
    law = _parameter(parameter)
    initial = {"departement": request.caf.insee_code, "valid_from": _first_day(request, law)}
    form = ValueForm(request.POST or None, parameter=law, caf=request.caf, initial=initial)
    if form.is_bound and form.is_valid() and (saved := form.save(by=request.user)):
        messages.success(request, _saved(saved))
        return redirect("entered_value", parameter=law.id)
    return render(
        request,
        "funding/entered_value.html",
        _about(request, law) | {"form": form},
        status=422 if form.errors else 200,
    )


def _first_day(request, law) -> str:
    """The day asked for in the address, or the one from which the national file knows nothing."""
    try:
        asked = parse_period(request.GET.get("depuis", ""))
    except Unreadable:
        asked = ""
    if len(asked) == len("2026-01-01"):
        return asked
    unknown = [one.valid_from for one in law.values if one.value is None]
    return format_day(unknown[-1]) if unknown else ""


def _saved(entered) -> str:
    return _("La valeur est saisie\u00a0: les calculs l’utilisent à partir du %(day)s.") % {
        "day": format_day(entered.valid_from)
    }


def _about(request, law) -> dict:
    rows = EnteredValue.objects.filter(organisation=request.caf, parameter=law.id)
    rows = rows.select_related("organisation", "entered_by", "withdrawn_by", "replaced_by").order_by("-pk")
    return {
        "caf": request.caf,
        "law": law,
        "title": words.in_language(law.title),
        "national": catalogue.told_history(law),
        "publisher": words.in_language(law.publisher) if law.publisher else "",
        "rows": [entries.told(one) for one in rows],
    }


def _own(request, parameter, pk) -> EnteredValue:
    _parameter(parameter)
    found = EnteredValue.objects.filter(organisation=request.caf, parameter=parameter)
    return get_object_or_404(found.select_related("organisation"), pk=pk)


def _no_longer(request, conflict):
    """Somebody was faster: lead to the page that shows what stands now."""
    standing = conflict.current
    told = (
        _("Un collègue vient de corriger cette valeur\u00a0: %(value)s. Rien n’a été enregistré.")
        % {"value": entries.told(standing)["text"]}
        if standing
        else _("Cette valeur a déjà été retirée. Rien n’a été enregistré.")
    )
    messages.warning(request, told)
    return redirect("entered_value", parameter=conflict.entered.parameter)


@requires(Permission.PARAMETER_ENTER)
@require_http_methods(["GET", "HEAD", "POST"])
@of_their_caf
def entered_value_correct(request, parameter, pk):
    entered = _own(request, parameter, pk)
    form = ValueForm(request.POST or None, parameter=entered.law, caf=request.caf, entered=entered)
    if form.is_bound and form.is_valid():
        try:
            saved = form.save(by=request.user)
        except NoLongerStands as conflict:
            return _no_longer(request, conflict)
        if saved:
            messages.success(request, _("La valeur est corrigée\u202f; l’ancienne reste dans l’histoire."))
            return redirect("entered_value", parameter=parameter)
    context = _about(request, entered.law) | {"form": form, "row": entries.told(entered)}
    return render(request, "funding/entered_value_correct.html", context, status=422 if form.errors else 200)


@requires(Permission.PARAMETER_ENTER)
@require_http_methods(["GET", "HEAD", "POST"])
@of_their_caf
def entered_value_withdraw(request, parameter, pk):
    entered = _own(request, parameter, pk)
    form = WithdrawForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            withdraw_value(by=request.user, entered=entered, reason=form.cleaned_data["reason"])
        except NoLongerStands as conflict:
            return _no_longer(request, conflict)
        messages.success(request, _("La valeur est retirée des calculs\u202f; elle reste dans l’histoire."))
        return redirect("entered_value", parameter=parameter)
    context = _about(request, entered.law) | {"form": form, "row": entries.told(entered)}
    return render(request, "funding/entered_value_withdraw.html", context, status=422 if form.errors else 200)


@requires(Permission.PARAMETER_ENTER)
@require_safe
@of_their_caf
def entered_values_history(request):
    found = EnteredValue.objects.filter(organisation=request.caf).order_by("-pk")
    found = found.select_related("organisation", "entered_by", "withdrawn_by", "replaced_by")
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    rows = [entries.told(one) for one in page]
    return render(
        request,
        "funding/entered_values_history.html",
        {"page": page, "rows": rows, "caf": request.caf},
    )


@requires(Permission.PARAMETER_ENTER)
@require_safe
@limited
@of_their_caf
def entered_values_export(request, format):
    if format not in entries.FORMATS:
        raise Http404(f"No such format: {format}")
    return attached(entries.FORMATS[format](request.caf), f"valeurs-caf.{format}")


@requires(Permission.PARAMETER_ENTER)
@require_http_methods(["GET", "HEAD", "POST"])
@of_their_caf
def entered_values_import(request):
    if request.method != "POST":
        return render(request, "funding/values_import.html", {"caf": request.caf})
    file = request.FILES.get("file")
    try:
        if file is None:
            raise UnreadableSheet(_("Aucun fichier n’a été choisi."))
        table = entries.read_table(file.name, file.read(MAX_BYTES + 1))
        reading = entries.understand(table, caf=request.caf)
    except UnreadableSheet as problem:
        context = {"caf": request.caf, "problem": str(problem)}
        return render(request, "funding/values_import.html", context, status=422)
    return _preview(request, table, reading)


def _preview(request, table, reading, *, changed=False):
    # The table travels in the page, signed: an import left half-way leaves nothing behind.
    ticket = {"table": table, "shown": reading.fingerprint, "user": request.user.pk}
    return render(
        request,
        "funding/values_preview.html",
        {
            "caf": request.caf,
            "reading": reading,
            "changed": changed,
            "ticket": "" if reading.errors else signing.dumps(ticket, salt=SALT, compress=True),
        },
        status=409 if changed else 422 if reading.errors else 200,
    )


@requires(Permission.PARAMETER_ENTER)
@require_POST
@of_their_caf
def entered_values_keep(request):
    try:
        ticket = signing.loads(request.POST.get("ticket", ""), salt=SALT, max_age=ONE_DAY)
    except signing.BadSignature:
        ticket = None
    if ticket is None or ticket["user"] != request.user.pk:
        messages.error(
            request,
            _("Cet import a expiré\u00a0: choisissez de nouveau le fichier. Rien n’a été enregistré."),
        )
        return redirect("entered_values_import")
    reading = entries.understand(ticket["table"], caf=request.caf)
    if reading.fingerprint != ticket["shown"]:
        return _preview(request, ticket["table"], reading, changed=True)
    try:
        n = entries.save(reading, by=request.user)
    except (entries.Refused, NoLongerStands):
        return _preview(
            request, ticket["table"], entries.understand(ticket["table"], caf=request.caf), changed=True
        )
    messages.success(request, ngettext("%(n)s valeur saisie.", "%(n)s valeurs saisies.", n) % {"n": n})
    return redirect("entered_values")
