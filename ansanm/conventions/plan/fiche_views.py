"""One fiche: its page, its editor, and the page where two versions meet."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.concertation.thread import origins_of_action
from ansanm.conventions.forms import with_errors
from ansanm.conventions.governance.about_actions import decisions_about
from ansanm.conventions.models import Action, House
from ansanm.conventions.plan import drafts, operations, talk, wording
from ansanm.conventions.plan.fiche import fiche_of
from ansanm.conventions.plan.fiche_forms import SECTIONS, TITLE_ALONE, FicheForm, empty_content
from ansanm.conventions.plan.houses import house_of
from ansanm.conventions.plan.merging import Meeting
from ansanm.conventions.plan.news_forms import CommentForm, DocumentForm, MeasureForm, ProgressForm
from ansanm.conventions.views import context_of, find
from ansanm.ui.formats import listed_apart

form_methods = require_http_methods(["GET", "HEAD", "POST"])


def find_action(request, pk) -> Action:
    """The fiche, if it is of this convention and not in the bin."""
    return get_object_or_404(request.convention.actions.standing().select_related("convention"), pk=pk)


def whole(action) -> Action:
    return (
        Action.objects.with_all()
        .select_related("convention")
        .prefetch_related(
            "indicators__targets",
            "indicators__measures__by",
            "financing_lines__funder",
            "documents__file__uploaded_by",
            "progress_notes__by",
            "links__other__convention",
            "links_from__action__convention",
        )
        .get(pk=action.pk)
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def action(request, slug, pk):
    found = whole(find_action(request, pk))
    house = house_of(request.user, request.convention)
    return render(
        request,
        "conventions/plan/fiche.html",
        context_of(
            request,
            action=found,
            fiche=fiche_of(found),
            decisions=decisions_about(found),
            origins=origins_of_action(found),
            continues=continued(request.user, found),
            house=house,
            house_label=House(house).label if house else "",
            proposals=found.proposals.filter(state="open").select_related("by"),
            n_proposals=found.proposals.count(),
            revisions=found.revisions.select_related("by")[:5],
            comments=talk.shown(found.comments.filter(proposal__isnull=True), user=request.user, house=house),
            comment_form=CommentForm(convention=request.convention, user=request.user),
            is_followed=found.follows.filter(user=request.user).exists(),
            progress_form=ProgressForm(action=found, user=request.user, house=house),
            measure_form=MeasureForm(action=found),
            document_form=DocumentForm(),
        ),
    )


@drafts.keeps_what_was_typed
@requires(Permission.PLAN_EDIT, on=find)
@form_methods
def action_new(request, slug):
    """Open a fiche with its name and its place; the rest is written in its editor."""
    house = house_of(request.user, request.convention) or House.SHARED
    kept = drafts.take(request) if request.method == "GET" else None
    base = empty_content(house)
    node = request.GET.get("node", "")
    shown = base | {"node": int(node)} if node.isdecimal() else base
    form = FicheForm(
        request.POST if request.method == "POST" else kept,
        convention=request.convention,
        base=base,
        version=0,
        only=TITLE_ALONE,
        house=house,
        shown=shown,
    )
    if kept:
        form.quieten()
    if request.method == "POST" and form.is_valid():
        try:
            created = operations.create_action(
                by=request.user, convention=request.convention, **form.changes(by=request.user)
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("La fiche est ouverte. Complétez-la, ou revenez-y plus tard."))
            return redirect("action_edit", slug, created.pk)
    return edited(request, form, "conventions/plan/fiche_new.html")


@drafts.keeps_what_was_typed
@requires(Permission.PLAN_EDIT, on=find)
@form_methods
def action_edit(request, slug, pk):
    """All the fields, or those of one part (?partie=calendrier)."""
    found = find_action(request, pk)
    part = SECTIONS.get(request.GET.get("partie", ""))
    kept = drafts.take(request) if request.method == "GET" else None
    data = request.POST if request.method == "POST" else kept
    if data and "add" in data:
        data = grown(data)
    form = form_of(request, found, data, only=part.fields if part else None)
    more = {"action": found, "part": part, "parts": SECTIONS.values()}
    if kept:
        form.quieten()
        messages.warning(
            request,
            _(
                "Votre session s’était fermée. Voici ce que vous aviez écrit\u00a0: rien n’est encore "
                "enregistré."
            ),
        )
    elif data and "add" in data:
        # One more row, and nothing saved: without a script, the page is asked again.
        form.quieten()
    elif request.method == "POST" and form.is_valid():
        changes = form.changes(by=request.user)
        base, message = form.cleaned_data["base_version"], form.cleaned_data["message"]
        try:
            saved = operations.update_action(
                by=request.user, action=found, base_version=base, message=message, **changes
            )
        except operations.MergeConflict as conflict:
            return meet(request, Meeting.of(conflict, base=base, changes=changes, message=message))
        except ValidationError as error:
            with_errors(form, error)
        else:
            tell(request, saved, base)
            return redirect(found)
    return edited(request, form, "conventions/plan/fiche_edit.html", **more)


def form_of(request, found, data, *, only) -> FicheForm:
    """The editor on the version the page was opened on, or on the last one."""
    version = data.get("base_version", "") if data else found.version
    base = get_object_or_404(found.revisions, version=version if str(version).isdecimal() else 0)
    return FicheForm(
        data,
        convention=request.convention,
        base=base.content,
        version=base.version,
        action=found,
        only=only,
        house=house_of(request.user, request.convention),
    )


def grown(data):
    """The same, with one more row in the list that `add` names."""
    data = data.copy()
    total = f"{data['add']}-TOTAL_FORMS"
    if data.get(total, "").isdecimal():
        data[total] = str(min(int(data[total]) + 1, 100))
    return data


def edited(request, form, template, **more):
    wrong = form.is_bound and bool(form.problems)
    context = context_of(request, form=form, author=drafts.author_of(request), **more)
    return render(request, template, context, status=422 if wrong else 200)


def continued(user, action) -> Action | None:
    """The fiche of the convention before that this one goes on with, for those who may read it."""
    before = action.continues
    return before if before and before.convention.roles_of(user) else None


def tell(request, saved, base: int) -> None:
    """Say what was saved, what was joined to it, and what awaits the other house."""
    if saved.action.version > base or not saved.proposals:
        messages.success(request, _("La fiche est enregistrée."))
    if saved.joined:
        fields = listed_apart(wording.label_of(name) for name in saved.joined)
        messages.info(
            request,
            _(
                "Quelqu’un avait enregistré pendant que vous écriviez. Ses modifications sont jointes "
                "aux vôtres\u00a0: %(fields)s."
            )
            % {"fields": fields},
        )
    for proposal in saved.proposals:
        fields = listed_apart(wording.label_of(name) for name in proposal.after)
        words = (
            _("Proposé à la Caf, qui répondra\u00a0: %(fields)s.")
            if proposal.to_house == House.CAF
            else _("Proposé à la collectivité, qui répondra\u00a0: %(fields)s.")
        )
        messages.info(request, words % {"fields": fields})


@drafts.keeps_what_was_typed
@requires(Permission.PLAN_EDIT, on=find)
@form_methods
def action_merge(request, slug, pk):
    """Where two versions meet: choose or compose, and save on top of the newer one."""
    found = find_action(request, pk)
    kept = drafts.take(request) if request.method == "GET" else None
    data = request.POST if request.method == "POST" else kept
    meeting = Meeting.unsealed(data.get("meeting", ""), action=found, user=request.user) if data else None
    if meeting is None:
        if request.method == "POST":
            messages.error(request, _("Cette page est trop ancienne\u00a0: reprenez votre modification."))
        return redirect("action_edit", slug, pk)
    form = meeting.form(data, house=house_of(request.user, request.convention))
    if kept:
        return meet(request, meeting, form.quieten())
    if not form.is_valid():
        return meet(request, meeting, form)
    try:
        changes = meeting.resolved(form, data, by=request.user)
    except ValidationError as error:
        with_errors(form, error)
        return meet(request, meeting, form)
    try:
        saved = operations.update_action(
            by=request.user,
            action=found,
            base_version=meeting.at,
            message=meeting.message,
            **changes,
        )
    except operations.MergeConflict as conflict:
        again = Meeting.of(conflict, base=meeting.at, changes=changes, message=meeting.message)
        return meet(request, again)
    except ValidationError as error:
        return back_to_editor(request, meeting, changes, error)
    tell(request, saved, meeting.at)
    return redirect(found)


def meet(request, meeting, form=None):
    """409: nothing is saved, both versions are here."""
    form = form or meeting.form(house=house_of(request.user, request.convention))
    return render(
        request,
        "conventions/plan/fiche_merge.html",
        context_of(
            request,
            action=meeting.action,
            meeting=meeting,
            sealed=meeting.sealed(request.user),
            points=[(point, form.item(point.name)) for point in meeting.points(request.POST)],
            form=form,
            author=drafts.author_of(request),
        ),
        status=409,
    )


def back_to_editor(request, meeting, changes, error):
    """What was chosen cannot stand together: the whole editor, with all of it, to mend."""
    form = FicheForm(
        convention=request.convention,
        base=meeting.theirs,
        version=meeting.at,
        action=meeting.action,
        house=house_of(request.user, request.convention),
        shown=meeting.theirs | changes,
    )
    for message in error.messages:
        messages.error(request, message)
    context = context_of(
        request,
        form=form,
        author=drafts.author_of(request),
        action=meeting.action,
        part=None,
        parts=SECTIONS.values(),
        send_to=reverse("action_edit", args=[request.convention.slug, meeting.action.pk]),
    )
    return render(request, "conventions/plan/fiche_edit.html", context, status=422)
