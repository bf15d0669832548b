"""Minutes: written by several people at once, point by point; their history; their approval."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import with_errors
from ansanm.conventions.governance import meeting_operations as operations
from ansanm.conventions.governance import minutes
from ansanm.conventions.governance.agenda import Live, part_of
from ansanm.conventions.governance.meeting_forms import ApprovalForm, MinutesForm, OpeningForm
from ansanm.conventions.governance.meeting_views import changed_meanwhile, sent_version
from ansanm.conventions.governance.pages import find_item, find_meeting, form_page, page
from ansanm.conventions.governance.words import full_name
from ansanm.conventions.history import Detail
from ansanm.conventions.plan import drafts
from ansanm.conventions.views import find
from ansanm.engines.differences import changed_words
from ansanm.territories.versions import StaleVersion

PER_PAGE = 20
form_methods = require_http_methods(["GET", "HEAD", "POST"])


@drafts.keeps_what_was_typed
@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def minutes_edit(request, slug, pk, item):
    found = find_meeting(request, pk)
    row = find_item(found, item)
    kept = drafts.take(request) if request.method == "GET" else None
    initial = {"version": row.minutes_version, "text": row.minutes}
    if asked := request.GET.get("version", ""):
        # An older text taken up again: saved over the last one, of which nothing is lost either.
        old = get_object_or_404(row.revisions, version=asked if asked.isdecimal() and len(asked) < 9 else 0)
        initial["text"] = old.text
    form = MinutesForm(request.POST if request.method == "POST" else kept, initial=initial)
    conflict = None
    if kept:
        messages.warning(
            request,
            _(
                "Votre session s’était fermée. Voici ce que vous aviez écrit\u00a0: rien n’est encore "
                "enregistré."
            ),
        )
    elif request.method == "POST" and form.is_valid():
        try:
            saved = minutes.save_minutes(
                by=request.user,
                item=row,
                base_version=form.cleaned_data["version"],
                text=form.cleaned_data["text"],
            )
        except minutes.MinutesConflict as met:
            conflict = met
            form = MinutesForm(initial={"version": met.current.minutes_version, "text": met.joined.text})
        except minutes.Approved:
            form.add_error(
                None,
                _(
                    "Ce compte rendu est approuvé\u00a0: il ne change plus. Votre texte est encore "
                    "ci-dessous."
                ),
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            tell(request, saved)
            if "next" in request.POST and (following := next_item(found, row)):
                return redirect("minutes_edit", slug, pk, following.pk)
            return redirect(f"{reverse('meeting', args=[slug, pk])}#point-{row.pk}")
    live = Live.of(found, request.user)
    return page(
        request,
        "minutes.html",
        view="meetings",
        meeting=found,
        item=row,
        part=part_of(row, live),
        form=form,
        conflict=conflict,
        author=drafts.author_of(request),
        following=next_item(found, row),
        last=row.revisions.select_related("by").first(),
        decisions=row.decisions.order_by("number"),
        name=full_name(found),
        here=row.title,
        status=409 if conflict else 422 if form.errors and not kept else 200,
    )


def next_item(meeting, item):
    items = list(meeting.items.all())
    places = [one.pk for one in items]
    if item.pk not in places:
        return None
    here = places.index(item.pk)
    return items[here + 1] if here + 1 < len(items) else None


def tell(request, saved) -> None:
    if not saved.changed:
        messages.info(request, _("Le compte rendu n’a pas changé."))
        return
    messages.success(request, _("Le compte rendu est enregistré."))
    if saved.both_added:
        messages.warning(
            request,
            _(
                "Quelqu’un avait ajouté des lignes au même endroit\u00a0: les siennes puis les vôtres "
                "sont gardées. "
                "Relisez leur ordre."
            ),
        )
    elif saved.was_joined:
        messages.info(
            request,
            _(
                "Quelqu’un avait enregistré pendant que vous écriviez\u00a0: ses lignes et les vôtres "
                "sont réunies."
            ),
        )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def minutes_history(request, slug, pk, item):
    found = find_meeting(request, pk)
    row = find_item(found, item)
    shown = Paginator(row.revisions.select_related("by"), PER_PAGE).get_page(request.GET.get("page"))
    revisions = list(shown)
    # One more, to say what the oldest of the page changed.
    older = row.revisions.filter(version__lt=revisions[-1].version).first() if revisions else None
    for one, before in zip(revisions, [*revisions[1:], older], strict=False):
        one.pieces = changed_words(before.text if before else "", one.text)
    return page(
        request,
        "minutes_history.html",
        view="meetings",
        meeting=found,
        item=row,
        revisions=revisions,
        page=shown,
        name=full_name(found),
        here=_("Versions du compte rendu"),
    )


@drafts.keeps_what_was_typed
@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def meeting_opening(request, slug, pk):
    found = find_meeting(request, pk)
    kept = drafts.take(request) if request.method == "GET" else None
    initial = {"version": found.version, "text": found.minutes_opening}
    form = OpeningForm(request.POST if request.method == "POST" else kept, initial=initial)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.write_opening(
                by=request.user,
                meeting=found,
                base_version=form.cleaned_data["version"],
                text=form.cleaned_data["text"],
            )
        except StaleVersion as conflict:
            current = conflict.current
            stale = [
                Detail(str(form.fields["text"].label), current.minutes_opening, form.cleaned_data["text"])
            ]
            form = OpeningForm(initial={"version": current.version, "text": form.cleaned_data["text"]})
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("L’ouverture de la séance est enregistrée."))
            return redirect("meeting", slug, pk)
    return form_page(
        request,
        form,
        title=_("Ouverture de la séance"),
        deed=_("Enregistrer"),
        back=reverse("meeting", args=[slug, pk]),
        subject=full_name(found),
        changed=stale,
        author=drafts.author_of(request),
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def minutes_approve(request, slug, pk):
    found = find_meeting(request, pk)
    withdrawn = "withdraw" in request.POST
    form = ApprovalForm(request.POST)
    if not withdrawn and not form.is_valid():
        messages.error(
            request, _("Écrivez la date d’approbation, par exemple «\u00a012 novembre 2026\u00a0».")
        )
        return redirect("meeting", slug, pk)
    try:
        operations.approve_minutes(
            by=request.user,
            meeting=found,
            base_version=sent_version(request),
            on="" if withdrawn else form.cleaned_data["on"],
        )
    except StaleVersion:
        return changed_meanwhile(request, found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request,
            _("L’approbation est retirée\u00a0: le compte rendu peut changer.")
            if withdrawn
            else _("Le compte rendu est approuvé\u00a0: il ne change plus."),
        )
    return redirect("meeting", slug, pk)
