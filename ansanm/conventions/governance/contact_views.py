"""Contacts: who sits somewhere, who left, what they still had to do."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import with_errors
from ansanm.conventions.governance import body_operations as operations
from ansanm.conventions.governance.body_forms import HandOverForm, LeaveForm, ParticipantForm
from ansanm.conventions.governance.body_views import about_contacts
from ansanm.conventions.governance.pages import both, find_participant, form_page, page
from ansanm.conventions.views import find
from ansanm.territories.versions import StaleVersion

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_safe
def participants(request, slug):
    people = (
        request.convention.participants.select_related("actor", "user")
        .prefetch_related("mandates__body")
        .annotate(n_minuted=Count("attendances", distinct=True))
    )
    return page(
        request,
        "participants.html",
        view="participants",
        people=[one for one in people if not one.left_on],
        gone=[one for one in people if one.left_on],
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def participant_add(request, slug):
    form = ParticipantForm(request.POST or None, convention=request.convention)
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.add_participant(
                by=request.user,
                convention=request.convention,
                **form.facts | {"actor": form.actor_chosen(request.user)},
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Le contact est ajouté."))
            return redirect("participant", slug, made.pk)
    return form_page(
        request,
        form,
        title=_("Ajouter un contact"),
        deed=_("Ajouter le contact"),
        back=reverse("participants", args=[slug]),
        actor_names=form.actor_names,
        explained=about_contacts(),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def participant(request, slug, pk):
    found = find_participant(request, pk)
    initial = {"actor": found.actor_id}
    form = ParticipantForm(
        request.POST or None, convention=request.convention, instance=found, initial=initial
    )
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_participant(
                by=request.user,
                participant=found,
                base_version=form.cleaned_data["version"],
                **form.facts | {"actor": form.actor_chosen(request.user)},
            )
        except StaleVersion as conflict:
            current = find_participant(request, conflict.current.pk)
            saved = {name: getattr(current, name) for name in ("name", "function", "email", "user")}
            stale = both(form, saved | {"actor": current.actor_id})
            form = ParticipantForm(form.sent_over(current), convention=request.convention, instance=current)
            form.is_valid()
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Le contact est enregistré."))
            return redirect("participant", slug, pk)
    return shown(request, found, form, stale=stale)


def shown(request, found, form=None, *, leave_form=None, hand_form=None, stale=None):
    forms = [one for one in (form, leave_form, hand_form) if one is not None]
    decisions = list(request.convention.decisions.open().filter(owner_person=found))
    status = 409 if stale is not None else 422 if any(one.errors for one in forms) else 200
    return page(
        request,
        "participant.html",
        view="participants",
        person=found,
        form=form
        or ParticipantForm(convention=request.convention, instance=found, initial={"actor": found.actor_id}),
        leave_form=leave_form or LeaveForm(initial={"on": timezone.localdate().isoformat()}),
        hand_form=hand_form or (HandOverForm(participant=found) if decisions else None),
        decisions=decisions,
        seats=found.mandates.select_related("body", "actor"),
        n_minuted=found.attendances.count(),
        stale=stale,
        here=found.name,
        status=status,
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def participant_leave(request, slug, pk):
    found = find_participant(request, pk)
    form = LeaveForm(request.POST)
    if not form.is_valid():
        return shown(request, found, leave_form=form)
    try:
        operations.leave(by=request.user, participant=found, on=form.cleaned_data["on"])
    except ValidationError as error:
        with_errors(form, error)
        return shown(request, found, leave_form=form)
    messages.success(
        request,
        _(
            "Le départ est enregistré\u00a0: plus aucune convocation ne lui sera envoyée, et ses "
            "sièges sont vacants."
        ),
    )
    return redirect("participant", slug, pk)


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def participant_hand_over(request, slug, pk):
    found = find_participant(request, pk)
    form = HandOverForm(request.POST, participant=found)
    if not form.is_valid():
        return shown(request, found, hand_form=form)
    n = operations.hand_over(
        by=request.user,
        participant=found,
        to=form.cleaned_data["to"],
        decisions=form.cleaned_data["decisions"],
    )
    messages.success(request, ngettext("%(n)s décision confiée.", "%(n)s décisions confiées.", n) % {"n": n})
    return redirect("participant", slug, pk)


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def participant_erase(request, slug, pk):
    found = find_participant(request, pk)
    try:
        operations.erase_participant(by=request.user, participant=found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("participant", slug, pk)
    messages.success(
        request, _("Le contact est effacé. Son nom ne reste que dans les comptes rendus où il figurait.")
    )
    return redirect("participants", slug)
