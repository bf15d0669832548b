"""Bodies and who sits in them."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import with_errors
from ansanm.conventions.governance import body_operations as operations
from ansanm.conventions.governance.body_forms import BodyFilter, BodyForm, EndForm, MandateForm
from ansanm.conventions.governance.listing import upcoming
from ansanm.conventions.governance.meeting_operations import in_order
from ansanm.conventions.governance.pages import both, find_body, form_page, page
from ansanm.conventions.governance.rows import StaleRow, fingerprint
from ansanm.conventions.governance.seats import has_left, holds, seats_of, standing_among, with_names
from ansanm.conventions.models import Mandate, Meeting
from ansanm.conventions.plan import feeds
from ansanm.conventions.views import find
from ansanm.engines.vague_dates import parse_canonical
from ansanm.territories.versions import StaleVersion
from ansanm.ui.formats import format_period

form_methods = require_http_methods(["GET", "HEAD", "POST"])


def has_ended(body, today) -> bool:
    return bool(body.ends_on) and parse_canonical(body.ends_on).last_on <= today


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def bodies(request, slug):
    today = timezone.localdate()
    seats = Prefetch("mandates", queryset=with_names(Mandate.objects.all()))
    everything = list(request.convention.bodies.standing().prefetch_related("themes", "places", seats))
    for body in everything:
        body.has_ended = has_ended(body, today)
        body.seats = standing_among(body.mandates.all(), today)
        body.n_vacant = sum(one.participant_id is None for one in body.seats)
    form = BodyFilter(request.GET)
    shown = form.of(everything, today)
    return page(
        request,
        "bodies.html",
        view="bodies",
        bodies=shown,
        n_total=len(everything),
        form=form,
        next_meetings=upcoming(request.convention, today)[:3],
        n_binned=request.convention.bodies.filter(deleted_at__isnull=False).count(),
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def body(request, slug, pk):
    return shown(request, find_body(request, pk))


def shown(request, found, **more):
    today = timezone.localdate()
    seats = seats_of(found)
    for seat in seats:
        seat.is_held = holds(seat, today) and not has_left(seat.participant, today)
    current = [one for one in seats if one.is_held]
    return page(
        request,
        "body.html",
        view="bodies",
        body=found,
        ended=has_ended(found, today),
        seats=current,
        past_seats=[one for one in seats if not one.is_held],
        n_votes=sum(one.has_vote for one in current),
        n_vacant=sum(one.participant_id is None for one in current),
        meetings=in_order(
            found.meetings.standing()
            .select_related("body__convention")
            .prefetch_related("body__convention__territories")
        ),
        here=found.name,
        **more,
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def body_new(request, slug):
    form = BodyForm(request.POST or None, convention=request.convention)
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.create_body(
                by=request.user, convention=request.convention, **form.facts, **form.choices
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("L’instance est créée. Dites qui y siège."))
            return redirect("body", slug, made.pk)
    return form_page(
        request,
        form,
        title=_("Ajouter une instance"),
        deed=_("Ajouter l’instance"),
        back=reverse("bodies", args=[slug]),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def body_edit(request, slug, pk):
    found = find_body(request, pk)
    form, stale = BodyForm(request.POST or None, convention=request.convention, instance=found), None
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_body(
                by=request.user,
                body=found,
                base_version=form.cleaned_data["version"],
                **form.facts,
                **form.choices,
            )
        except StaleVersion as conflict:
            current = conflict.current
            saved = {name: getattr(current, name) for name in form.facts}
            saved |= {
                "themes": list(current.themes.all()),
                "places": [f"{one.level}:{one.code}" for one in current.places.all()],
            }
            stale = both(form, saved)
            form = BodyForm(form.sent_over(current), convention=request.convention, instance=current)
            form.is_valid()
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("L’instance est enregistrée."))
            return redirect("body", slug, pk)
    return form_page(
        request,
        form,
        title=_("Modifier l’instance"),
        deed=_("Enregistrer"),
        back=reverse("body", args=[slug, pk]),
        subject=found.name,
        changed=stale,
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def body_end(request, slug, pk):
    found = find_body(request, pk)
    form = EndForm(request.POST or None, initial={"on": format_period(timezone.localdate().isoformat())})
    if request.method == "POST" and form.is_valid():
        try:
            operations.end_body(by=request.user, body=found, on=form.cleaned_data["on"])
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(
                request, _("L’instance a pris fin\u202f; ses réunions et ses décisions restent.")
            )
            return redirect("body", slug, pk)
    return form_page(
        request,
        form,
        title=_("Mettre fin à l’instance"),
        deed=_("Mettre fin à l’instance"),
        back=reverse("body", args=[slug, pk]),
        subject=found.name,
        explained=_(
            "Ses sièges prennent fin le même jour. Ses réunions, ses comptes rendus et ses décisions restent."
        ),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def body_delete(request, slug, pk):
    found = find_body(request, pk)
    try:
        operations.bin_body(by=request.user, body=found)
    except operations.StillMeets:
        messages.error(
            request,
            _("Une réunion de cette instance est prévue\u00a0: annulez-la d’abord. Rien n’a été modifié."),
        )
        return redirect("body", slug, pk)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("body", slug, pk)
    messages.success(request, _("L’instance est à la corbeille, avec ses réunions."))
    return redirect("bodies", slug)


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_safe
def bodies_bin(request, slug):
    """What was put in the bin: bodies, and meetings of bodies that stand."""
    return page(
        request,
        "bin.html",
        view="bodies",
        binned=request.convention.bodies.filter(deleted_at__isnull=False),
        binned_meetings=Meeting.objects.filter(
            body__convention=request.convention, body__deleted_at__isnull=True, deleted_at__isnull=False
        ).select_related("body__convention"),
        here=_("Corbeille des instances"),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def body_restore(request, slug, pk):
    found = get_object_or_404(request.convention.bodies.all(), pk=pk)
    operations.restore_body(by=request.user, body=found)
    messages.success(request, _("L’instance est de nouveau en place."))
    return redirect("body", slug, pk)


# ---- seats ----


def chosen_person(form, request):
    """The person of a seat: one of the contacts, or a new one."""
    data = form.cleaned_data
    if not data["new_name"]:
        return data["participant"]
    return operations.add_participant(
        by=request.user,
        convention=request.convention,
        name=data["new_name"],
        function=data["new_function"],
        email=data["new_email"],
        actor=form.actor_chosen(request.user),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def mandate_add(request, slug, pk):
    found = find_body(request, pk)
    form = MandateForm(request.POST or None, convention=request.convention)
    if request.method == "POST" and form.is_valid():
        try:
            save_seat(request, form, body=found)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Le siège est ajouté."))
            return redirect("body", slug, pk)
    return form_page(
        request,
        form,
        title=_("Ajouter un membre ou un siège"),
        deed=_("Ajouter"),
        back=reverse("body", args=[slug, pk]),
        subject=found.name,
        actor_names=form.actor_names,
        explained=about_contacts(),
    )


def about_contacts() -> str:
    return _(
        "Des coordonnées professionnelles, qui servent à convoquer et à envoyer les comptes rendus. Elles "
        "s’effacent une fois la personne partie\u202f; son nom reste dans les comptes rendus de son temps."
    )


def save_seat(request, form, *, body=None, mandate=None):
    # The person and their seat together, or neither.
    with transaction.atomic():
        facts = form.facts | {
            "participant": chosen_person(form, request),
            "actor": form.actor_chosen(request.user),
        }
        if mandate is None:
            return operations.add_mandate(by=request.user, body=body, **facts)
        return operations.update_mandate(
            by=request.user, mandate=mandate, seen=form.cleaned_data["seen"], **facts
        )


def find_mandate(body, pk) -> Mandate:
    return get_object_or_404(
        body.mandates.select_related("participant", "actor", "substitute", "body"), pk=pk
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def mandate_edit(request, slug, pk, mandate):
    found = find_body(request, pk)
    seat = find_mandate(found, mandate)
    form, stale = MandateForm(request.POST or None, convention=request.convention, instance=seat), None
    if request.method == "POST" and form.is_valid():
        try:
            save_seat(request, form, mandate=seat)
        except StaleRow as conflict:
            current = find_mandate(found, conflict.current.pk)
            saved = {name: getattr(current, name) for name in operations.MANDATE_FACTS}
            stale = both(form, saved | {"actor": current.actor_id})
            data = form.data.copy()
            data["seen"] = fingerprint(current, operations.MANDATE_FACTS)
            form = MandateForm(data, convention=request.convention, instance=current)
            form.is_valid()
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Le siège est enregistré."))
            return redirect("body", slug, pk)
    return form_page(
        request,
        form,
        title=_("Corriger un siège"),
        deed=_("Enregistrer"),
        back=reverse("body", args=[slug, pk]),
        subject=str(seat),
        changed=stale,
        actor_names=form.actor_names,
        remove_url=reverse("mandate_remove", args=[slug, pk, mandate]),
        remove_words=_("Retirer ce siège, écrit par erreur"),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def mandate_remove(request, slug, pk, mandate):
    found = find_body(request, pk)
    operations.remove_mandate(by=request.user, mandate=find_mandate(found, mandate))
    messages.success(
        request, _("Le siège est retiré. Pour quelqu’un qui a siégé, écrivez plutôt la fin du mandat.")
    )
    return redirect("body", slug, pk)


@requires(Permission.CONVENTION_READ, on=find)
@require_POST
def body_feed(request, slug, pk):
    """The address of the calendar of a body: in this answer and nowhere else."""
    found = find_body(request, pk)
    try:
        _feed, token = feeds.create_feed(by=request.user, body=found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("body", slug, pk)
    return shown(request, found, feed_address=f"{settings.SITE_URL}{reverse('calendar_feed', args=[token])}")
