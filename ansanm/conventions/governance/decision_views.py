"""Decisions across meetings: their list, one decision and its news, as a sheet."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import with_errors
from ansanm.conventions.governance import decisions as operations
from ansanm.conventions.governance import sheets
from ansanm.conventions.governance.agenda import is_late
from ansanm.conventions.governance.decision_forms import DecisionFilter, DecisionForm, NewsForm
from ansanm.conventions.governance.pages import both, find_decision, form_page, page
from ansanm.conventions.models import AgendaItem, Meeting
from ansanm.conventions.views import find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents.sheets import write_csv, write_xlsx
from ansanm.ui.downloads import attached
from ansanm.ui.formats import format_vague, listed_apart
from ansanm.ui.limits import limited

form_methods = require_http_methods(["GET", "HEAD", "POST"])
PER_PAGE = 30


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def decisions(request, slug):
    form = DecisionFilter(request.GET, request.convention, request.user)
    found = form.found()
    return page(
        request,
        "decisions.html",
        view="decisions",
        form=form,
        chips=form.chips,
        page=Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        n_found=len(found),
        n_total=form.n_total,
        n_open=sum(one.state in ("to_do", "started") for one in form.decisions),
        n_late=sum(one.late for one in form.decisions),
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def decisions_export(request, slug, format):
    form = DecisionFilter(request.GET, request.convention, request.user)
    sheet = sheets.decisions_sheet(sorted(form.found(), key=lambda one: one.number))
    match format:
        case "csv":
            content = write_csv(sheet)
        case "xlsx":
            filtered = listed_apart(one["text"] for one in form.chips)
            content = write_xlsx(
                sheets.decisions_workbook(sheet, request.convention, filtered=filtered, n_total=form.n_total)
            )
        case _:
            raise Http404(f"No such format: {format}")
    return attached(content, f"{slug}-decisions.{format}")


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def decision(request, slug, pk):
    return shown(request, find_decision(request, pk))


def shown(request, found, form=None):
    return page(
        request,
        "decision.html",
        view="decisions",
        decision=found,
        late=is_late(found, timezone.localdate()),
        due=format_vague(found.due),
        actions=found.actions.filter(deleted_at__isnull=True).select_related("convention"),
        notes=found.notes.select_related("by"),
        form=form or NewsForm(initial={"state": found.state}),
        here=_("Décision n° %(number)s") % {"number": found.number},
        status=422 if form is not None and form.errors else 200,
    )


def asked(request) -> dict:
    """What the address fills in: the meeting and the point it is taken at, the action it is about."""
    found, convention = {}, request.convention

    def number(name):
        text = request.GET.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0

    meetings = Meeting.objects.standing().filter(body__convention=convention, body__deleted_at__isnull=True)
    if meeting := meetings.filter(pk=number("reunion")).first():
        found["meeting"] = meeting.pk
    if action := convention.actions.standing().filter(pk=number("action")).first():
        found["actions"] = [action.pk]
        if action.pilot_id:
            found["actor"] = action.pilot_id
    items = AgendaItem.objects.filter(meeting__body__convention=convention).select_related("action")
    if item := items.filter(pk=number("point")).first():
        found["item"] = item
        if item.action_id:
            found.setdefault("actions", [item.action_id])
    return found


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def decision_new(request, slug):
    initial = asked(request)
    item = initial.pop("item", None)
    form = DecisionForm(request.POST or None, convention=request.convention, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                facts = form.written(request.user)
                # Kept only while the decision is still of the meeting of that point.
                facts["item"] = (
                    item if item and facts["meeting"] and item.meeting_id == facts["meeting"].pk else None
                )
                made = operations.take_decision(by=request.user, convention=request.convention, **facts)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(
                request, _("La décision est enregistrée sous le n° %(number)s.") % {"number": made.number}
            )
            if made.meeting_id:
                return redirect("meeting", slug, made.meeting_id)
            return redirect("decision", slug, made.pk)
    back = reverse("decisions", args=[slug])
    if initial.get("meeting"):
        back = reverse("meeting", args=[slug, initial["meeting"]])
    return form_page(
        request,
        form,
        title=_("Enregistrer une décision"),
        deed=_("Enregistrer la décision"),
        back=back,
        actor_names=form.actor_names,
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def decision_edit(request, slug, pk):
    found = find_decision(request, pk)
    form, stale = DecisionForm(request.POST or None, convention=request.convention, instance=found), None
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                operations.update_decision(
                    by=request.user,
                    decision=found,
                    base_version=form.cleaned_data["version"],
                    **form.written(request.user),
                )
        except StaleVersion as conflict:
            current = find_decision(request, conflict.current.pk)
            saved = {name: getattr(current, name) for name in form._meta.fields}
            saved |= {"actor": current.owner_id, "actions": list(current.actions.all())}
            stale = both(form, saved)
            form = DecisionForm(form.sent_over(current), convention=request.convention, instance=current)
            form.is_valid()
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La décision est enregistrée."))
            return redirect("decision", slug, pk)
    return form_page(
        request,
        form,
        title=_("Corriger la décision"),
        deed=_("Enregistrer"),
        back=reverse("decision", args=[slug, pk]),
        subject=_("Décision n° %(number)s") % {"number": found.number},
        changed=stale,
        actor_names=form.actor_names,
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def decision_news(request, slug, pk):
    found = find_decision(request, pk)
    form = NewsForm(request.POST)
    if form.is_valid():
        try:
            operations.give_news(by=request.user, decision=found, **form.cleaned_data)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La suite est enregistrée."))
            return redirect("decision", slug, pk)
    return shown(request, found, form)
