"""Meetings: their list and calendar, one meeting, its agenda, its papers, who came."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import with_errors
from ansanm.conventions.governance import calendar, invitations, sheets
from ansanm.conventions.governance import meeting_operations as operations
from ansanm.conventions.governance.agenda import LIVE_KINDS, USUAL, meeting_before, parts_of
from ansanm.conventions.governance.listing import meetings_of, upcoming, year_of
from ansanm.conventions.governance.meeting_forms import (
    ApprovalForm,
    AttendanceForm,
    CancelForm,
    ItemForm,
    MeetingFilter,
    MeetingForm,
    PaperForm,
)
from ansanm.conventions.governance.pages import both, find_item, find_meeting, form_page, page
from ansanm.conventions.governance.rows import StaleRow, fingerprint
from ansanm.conventions.governance.words import duration_words, full_name, meeting_name
from ansanm.conventions.models import Meeting
from ansanm.conventions.views import find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents import pdf, word
from ansanm.ui.downloads import attached
from ansanm.ui.formats import format_period
from ansanm.ui.limits import limited

form_methods = require_http_methods(["GET", "HEAD", "POST"])
PER_PAGE = 30


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def meetings(request, slug):
    everything = operations.in_order(meetings_of([request.convention]))
    form = MeetingFilter(request.GET, everything)
    found = form.found()
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return page(
        request,
        "meetings.html",
        view="meetings",
        form=form,
        chips=form.chips,
        page=shown,
        n_found=len(found),
        n_total=len(form.meetings),
        next_meetings=upcoming(request.convention, timezone.localdate())[:5],
        may_plan_meeting=request.convention.bodies.standing().filter(is_external=False).exists(),
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def meetings_calendar(request, slug):
    """A year, month by month; one whose month nobody knows stands apart."""
    asked = request.GET.get("annee", "")
    year = (
        int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else timezone.localdate().year
    )
    year = max(1900, min(year, 2100))
    months, somewhere = year_of(list(meetings_of([request.convention])), year)
    return page(
        request,
        "meetings_calendar.html",
        view="meetings",
        year=year,
        months=months,
        somewhere=somewhere,
        n=sum(len(one.meetings) for one in months) + len(somewhere),
        here=_("Calendrier des réunions"),
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def meeting(request, slug, pk):
    found = find_meeting(request, pk)
    items = parts_of(found, request.user)
    minutes = sum(item.minutes_long or 0 for item, _part in items)
    return page(
        request,
        "meeting.html",
        view="meetings",
        meeting=found,
        name=meeting_name(found),
        items=items,
        live_kinds=LIVE_KINDS,
        total_words=duration_words(minutes),
        n_without_minutes=sum(not item.minutes_long for item, _part in items),
        is_too_long=bool(found.minutes_long and minutes > found.minutes_long),
        before=meeting_before(found),
        quorum=operations.quorum_of(found),
        attendances=found.attendances.select_related("participant"),
        preview=invitations.preview(found) if found.state in ("planned", "invited") else None,
        decisions=found.decisions.select_related("owner", "owner_person").order_by("number"),
        papers=found.papers.select_related("file"),
        has_usual={item.kind for item, _part in items} >= {str(kind) for kind, _t, _n in USUAL},
        approval_form=ApprovalForm(
            initial={"version": found.version, "on": format_period(timezone.localdate().isoformat())}
        ),
        here=full_name(found),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def meeting_new(request, slug):
    initial = {"with_usual_agenda": True}
    asked = request.GET.get("instance", "")
    if asked.isascii() and asked.isdecimal() and len(asked) < 12:
        body = request.convention.bodies.standing().filter(pk=asked, is_external=False).first()
        if body:
            initial |= {
                "body": body.pk,
                "rank": operations.next_rank(body),
                "minutes_long": body.usual_minutes,
            }
    form = MeetingForm(request.POST or None, convention=request.convention, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.create_meeting(
                by=request.user,
                body=form.cleaned_data["body"],
                with_usual_agenda=form.cleaned_data["with_usual_agenda"],
                **form.facts,
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La réunion est prévue. Préparez son ordre du jour, puis convoquez."))
            return redirect("meeting", slug, made.pk)
    return form_page(
        request,
        form,
        title=_("Prévoir ou enregistrer une réunion"),
        deed=_("Enregistrer la réunion"),
        back=reverse("meetings", args=[slug]),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def meeting_edit(request, slug, pk):
    found = find_meeting(request, pk)
    form, stale = MeetingForm(request.POST or None, convention=request.convention, instance=found), None
    if request.method == "POST" and form.is_valid():
        try:
            saved = operations.update_meeting(
                by=request.user,
                meeting=found,
                base_version=form.cleaned_data["version"],
                absolute=request.build_absolute_uri,
                **form.facts,
            )
        except StaleVersion as conflict:
            current = find_meeting(request, conflict.current.pk)
            begins = calendar.begins(current)
            saved = {name: getattr(current, name) for name in form._meta.fields}
            stale = both(form, saved | {"hour": begins and begins.time()})
            form = MeetingForm(form.sent_over(current), convention=request.convention, instance=current)
            form.is_valid()
        except ValidationError as error:
            with_errors(form, error)
        else:
            if saved.sequence != found.sequence and saved.state == Meeting.State.INVITED:
                messages.success(
                    request,
                    _(
                        "La réunion est enregistrée. Les personnes déjà convoquées sont prévenues du "
                        "changement."
                    ),
                )
            else:
                messages.success(request, _("La réunion est enregistrée."))
            return redirect("meeting", slug, pk)
    n_told = len(invitations.told_before(found)) if found.state == Meeting.State.INVITED else 0
    explained = (
        ngettext(
            "%(n)s personne est déjà convoquée\u00a0: si le rang, la date, l’heure, la durée, l’objet ou "
            "le lieu change, elle sera prévenue et son agenda mis à jour. Une nouvelle date efface sa "
            "réponse.",
            "%(n)s personnes sont déjà convoquées\u00a0: si le rang, la date, l’heure, la durée, l’objet ou "
            "le lieu change, elles seront prévenues et leur agenda mis à jour. Une nouvelle date efface "
            "leurs "
            "réponses.",
            n_told,
        )
        % {"n": n_told}
        if n_told
        else ""
    )
    return form_page(
        request,
        form,
        title=_("Modifier la réunion"),
        deed=_("Enregistrer"),
        back=reverse("meeting", args=[slug, pk]),
        subject=full_name(found),
        changed=stale,
        explained=explained,
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def meeting_cancel(request, slug, pk):
    found = find_meeting(request, pk)
    form = CancelForm(request.POST or None, initial={"version": found.version})
    if request.method == "POST" and form.is_valid():
        try:
            n = operations.cancel_meeting(
                by=request.user,
                meeting=found,
                base_version=form.cleaned_data["version"],
                reason=form.cleaned_data["reason"],
                absolute=request.build_absolute_uri,
            )
        except StaleVersion:
            return changed_meanwhile(request, found)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(
                request,
                ngettext(
                    "La réunion est annulée\u00a0: %(n)s personne convoquée est prévenue.",
                    "La réunion est annulée\u00a0: %(n)s personnes convoquées sont prévenues.",
                    n,
                )
                % {"n": n}
                if n
                else _("La réunion est annulée. Personne n’y était convoqué."),
            )
            return redirect("meeting", slug, pk)
    told = invitations.told_before(found) if found.state == Meeting.State.INVITED else []
    return form_page(
        request,
        form,
        title=_("Annuler la réunion"),
        deed=_("Annuler la réunion"),
        back=reverse("meeting", args=[slug, pk]),
        subject=full_name(found),
        explained=_("Seront prévenues\u00a0: %(names)s.")
        % {"names": ", ".join(one.participant.name for one in told)}
        if told
        else _("Personne n’est convoqué\u00a0: aucun message ne partira."),
    )


def changed_meanwhile(request, found):
    messages.warning(
        request, _("La réunion vient de changer\u00a0: relisez-la, puis recommencez. Rien n’a été modifié.")
    )
    return redirect("meeting", request.convention.slug, found.pk)


def sent_version(request) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def done_at_once(request, found, deed, said, *, to="meeting"):
    """A button of the page of a meeting: the deed, or why not."""
    slug = request.convention.slug
    try:
        deed()
    except StaleVersion:
        return changed_meanwhile(request, found)
    except operations.Closed:
        messages.error(
            request, _("La réunion est close\u00a0: rouvrez-la pour la changer. Rien n’a été modifié.")
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, said)
    return redirect(to, slug, found.pk)


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def meeting_replan(request, slug, pk):
    found = find_meeting(request, pk)
    return done_at_once(
        request,
        found,
        lambda: operations.replan_meeting(by=request.user, meeting=found, base_version=sent_version(request)),
        _("La réunion est rouverte."),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def meeting_close(request, slug, pk):
    found = find_meeting(request, pk)
    return done_at_once(
        request,
        found,
        lambda: operations.close_meeting(by=request.user, meeting=found, base_version=sent_version(request)),
        _("La réunion est close\u00a0: son quorum et ce qu’elle a vu du plan sont gardés tels quels."),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def meeting_delete(request, slug, pk):
    found = find_meeting(request, pk)
    try:
        operations.bin_meeting(by=request.user, meeting=found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("meeting", slug, pk)
    messages.success(request, _("La réunion est à la corbeille."))
    return redirect("meetings", slug)


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def meeting_restore(request, slug, pk):
    rows = Meeting.objects.filter(body__convention=request.convention, body__deleted_at__isnull=True)
    found = get_object_or_404(rows.select_related("body__convention"), pk=pk)
    try:
        operations.restore_meeting(by=request.user, meeting=found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("bodies_bin", slug)
    messages.success(request, _("La réunion est de nouveau en place."))
    return redirect("meeting", slug, pk)


# ---- agenda ----


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def item_add(request, slug, pk):
    found = find_meeting(request, pk)
    initial = {"kind": request.GET.get("nature", "")}
    form = ItemForm(request.POST or None, convention=request.convention, initial=initial)
    return item_saved(
        request,
        found,
        form,
        lambda: operations.add_item(by=request.user, meeting=found, **form.facts),
        title=_("Ajouter un point"),
        deed=_("Ajouter à l’ordre du jour"),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def item_edit(request, slug, pk, item):
    found = find_meeting(request, pk)
    row = find_item(found, item)
    form = ItemForm(request.POST or None, convention=request.convention, instance=row)
    return item_saved(
        request,
        found,
        form,
        lambda: operations.update_item(
            by=request.user, item=row, seen=form.cleaned_data["seen"], **form.facts
        ),
        title=_("Modifier un point"),
        deed=_("Enregistrer"),
    )


def item_saved(request, found, form, write, **words):
    stale, slug = None, request.convention.slug
    if request.method == "POST" and form.is_valid():
        try:
            write()
        except StaleRow as conflict:
            current = conflict.current
            stale = both(form, {name: getattr(current, name) for name in operations.ITEM_FACTS})
            data = form.data.copy()
            data["seen"] = fingerprint(current, operations.ITEM_FACTS)
            form = ItemForm(data, convention=request.convention, instance=current)
            form.is_valid()
        except operations.Closed:
            form.add_error(None, _("La réunion est close\u00a0: son ordre du jour ne change plus."))
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("L’ordre du jour est enregistré."))
            return redirect("meeting", slug, found.pk)
    return form_page(
        request,
        form,
        back=reverse("meeting", args=[slug, found.pk]),
        subject=full_name(found),
        changed=stale,
        **words,
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def item_remove(request, slug, pk, item):
    found = find_meeting(request, pk)
    row = find_item(found, item)
    return done_at_once(
        request,
        found,
        lambda: operations.remove_item(by=request.user, item=row),
        _("Le point est retiré de l’ordre du jour."),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def item_shift(request, slug, pk, item):
    found = find_meeting(request, pk)
    row = find_item(found, item)
    places = {"up": -1, "down": 1}.get(request.POST.get("to"))
    if places is None:
        messages.error(request, _("Ce bouton n’existe plus\u00a0: la page a changé. Rien n’a été modifié."))
        return redirect("meeting", slug, pk)
    try:
        operations.shift_item(by=request.user, item=row, by_places=places)
    except operations.Closed:
        messages.error(request, _("La réunion est close\u00a0: son ordre du jour ne change plus."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(f"{reverse('meeting', args=[slug, pk])}#point-{row.pk}")


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def items_usual(request, slug, pk):
    found = find_meeting(request, pk)
    return done_at_once(
        request,
        found,
        lambda: operations.add_usual_items(by=request.user, meeting=found),
        _("Les points habituels sont à l’ordre du jour."),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def paper_add(request, slug, pk):
    found = find_meeting(request, pk)
    form = PaperForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.add_paper(
                by=request.user,
                meeting=found,
                upload=form.cleaned_data["file"],
                title=form.cleaned_data["title"],
            )
        except ValidationError as error:
            form.add_error("file", error.messages)
        else:
            messages.success(request, _("Le document est joint à la réunion."))
            return redirect("meeting", slug, pk)
    return form_page(
        request,
        form,
        title=_("Joindre un document"),
        deed=_("Joindre ce document"),
        back=reverse("meeting", args=[slug, pk]),
        subject=full_name(found),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def paper_remove(request, slug, pk, paper):
    found = find_meeting(request, pk)
    row = get_object_or_404(found.papers.select_related("file", "meeting__body__convention"), pk=paper)
    operations.remove_paper(by=request.user, paper=row)
    messages.success(request, _("Le document est retiré de la réunion."))
    return redirect("meeting", slug, pk)


# ---- who came ----


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def attendance(request, slug, pk):
    found = find_meeting(request, pk)
    lines = operations.expected_presences(found)
    form = AttendanceForm(request.POST if request.method == "POST" else None, lines=lines)
    if request.method == "POST" and form.is_valid():
        try:
            if (guest := request.POST.get("remove_guest", "")).isdecimal():
                operations.remove_guest(by=request.user, meeting=found, pk=int(guest))
            else:
                operations.record_attendance(
                    by=request.user, meeting=found, states=form.states, guests=form.guests
                )
        except operations.Closed:
            form.add_error(None, _("La réunion est close\u00a0: rouvrez-la pour corriger les présences."))
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Les présences sont enregistrées."))
            return redirect("meeting_attendance", slug, pk)
    return page(
        request,
        "attendance.html",
        view="meetings",
        meeting=found,
        form=form,
        guests=[one for one in found.attendances.filter(participant__isnull=True)],
        quorum=operations.quorum_of(found),
        n_prefilled=sum(bool(one.answered and one.state) for one in lines),
        name=full_name(found),
        here=_("Présences"),
        status=422 if form.errors else 200,
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def attendance_sheet(request, slug, pk, format):
    """The sheet people sign, to be printed."""
    found = find_meeting(request, pk)
    if format not in {"pdf", "docx"}:
        raise Http404(f"No such format: {format}")
    document = sheets.attendance_document(found)
    content = (pdf if format == "pdf" else word).write(document)
    return attached(content, f"{slug}-presence-{slugify(full_name(found))[:60]}.{format}")
