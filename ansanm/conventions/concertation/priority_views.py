"""Prioritisation: prepare it, vote, read the result live, close it with its minutes, apply it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.concertation import priority_documents, priority_operations, results
from ansanm.conventions.concertation.pages import concertation_context
from ansanm.conventions.concertation.priority_forms import (
    ApplyForm,
    Ballot,
    CloseForm,
    Preparation,
    ReopenForm,
)
from ansanm.conventions.concertation.priority_operations import NotNow
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import PrioritySession
from ansanm.conventions.views import find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.downloads import attached
from ansanm.ui.formats import quoted
from ansanm.ui.limits import limited

form_methods = require_http_methods(["GET", "HEAD", "POST"])
STATE_KINDS = {
    PrioritySession.State.PREPARING: "",
    PrioritySession.State.OPEN: "information",
    PrioritySession.State.CLOSED: "done",
}


def find_session(request, pk) -> PrioritySession:
    sessions = request.convention.priority_sessions.standing().select_related("convention")
    return get_object_or_404(sessions, pk=pk)


def context_of_session(request, session, here="", **more):
    back = reverse("priorities", args=[request.convention.slug])
    own = reverse("priority", args=[request.convention.slug, session.pk])
    return concertation_context(
        request,
        "priorities",
        session=session,
        state_kind=STATE_KINDS[PrioritySession.State(session.state)],
        here=here or session.title,
        parent=session.title if here else _("Priorités"),
        parent_url=own if here else back,
        **more,
    )


def too_late(request, session):
    """The page was older than the table: back to where it stands, nothing written."""
    messages.warning(
        request,
        _("Ce vote a changé d’étape entre-temps : voici où il en est. Rien n’a été enregistré."),
    )
    return redirect("priority", request.convention.slug, session.pk)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def priorities(request, slug):
    held = list(request.convention.priority_sessions.standing())
    rows = [(one, STATE_KINDS[PrioritySession.State(one.state)], results.result_of(one)) for one in held]
    context = concertation_context(
        request,
        "priorities",
        here=_("Priorités"),
        rows=rows,
        binned=request.convention.priority_sessions.filter(deleted_at__isnull=False),
        n_needs=request.convention.needs.standing().count(),
    )
    return render(request, "conventions/concertation/priorities.html", context)


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def priority_new(request, slug):
    preparation = Preparation(
        request.POST if request.method == "POST" else None, convention=request.convention
    )
    if request.method == "POST" and preparation.is_valid():
        try:
            session = priority_operations.add_session(
                by=request.user, convention=request.convention, **preparation.facts
            )
        except ValidationError as error:
            with_errors(preparation.form, error)
        else:
            messages.success(request, _("Le vote est préparé. Relisez-le, puis ouvrez-le."))
            return redirect("priority", slug, session.pk)
    context = concertation_context(
        request,
        "priorities",
        here=_("Préparer un vote"),
        parent=_("Priorités"),
        parent_url=reverse("priorities", args=[slug]),
        preparation=preparation,
        form=preparation.form,
    )
    return render(
        request,
        "conventions/concertation/priority_form.html",
        context,
        status=422 if preparation.is_wrong else 200,
    )


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def priority_edit(request, slug, pk):
    session = find_session(request, pk)
    if session.state != PrioritySession.State.PREPARING:
        return too_late(request, session)
    data = request.POST if request.method == "POST" else None
    preparation = Preparation(data, convention=request.convention, session=session)
    stale = None
    if request.method == "POST" and preparation.is_valid():
        try:
            priority_operations.update_session(
                by=request.user,
                session=session,
                base_version=preparation.form.cleaned_data["version"] or 0,
                **preparation.facts,
            )
        except StaleVersion as conflict:
            # Both are shown: theirs beside the form, which keeps what was typed.
            stale = conflict.current
            data = data.copy()
            data["version"] = stale.version
            preparation = Preparation(data, convention=request.convention, session=session)
        except NotNow:
            return too_late(request, session)
        except ValidationError as error:
            with_errors(preparation.form, error)
        else:
            messages.success(request, _("La préparation est enregistrée."))
            return redirect("priority", slug, pk)
    context = context_of_session(
        request,
        session,
        _("Modifier la préparation"),
        preparation=preparation,
        form=preparation.form,
        stale=stale,
    )
    return render(
        request,
        "conventions/concertation/priority_form.html",
        context,
        status=409 if stale else 422 if preparation.is_wrong else 200,
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def priority(request, slug, pk):
    session = find_session(request, pk)
    result = results.result_of(session)
    context = context_of_session(
        request,
        session,
        result=result,
        lacks=priority_operations.lacks(session),
        held_on=results.when(session),
    )
    given = {one["pk"]: one for one in result.voters}
    context["ballots"] = [
        (one, given.get(one.pk), context["may_concertation_edit"] or one.user_id == request.user.pk)
        for one in session.voters.select_related("user")
    ]
    return render(request, "conventions/concertation/priority.html", context)


@requires(Permission.CONCERTATION_EDIT, on=find)
@require_POST
def priority_open(request, slug, pk):
    session = find_session(request, pk)
    try:
        priority_operations.open_session(by=request.user, session=session)
    except NotNow:
        return too_late(request, session)
    except ValidationError as error:
        for one in error.messages:
            messages.error(request, one)
    else:
        messages.success(request, _("Le vote est ouvert."))
    return redirect("priority", slug, pk)


@requires(Permission.CONCERTATION_EDIT, on=find)
@require_POST
def priority_prepare(request, slug, pk):
    session = find_session(request, pk)
    try:
        priority_operations.prepare_again(by=request.user, session=session)
    except NotNow:
        return too_late(request, session)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("priority", slug, pk)
    return redirect("priority_edit", slug, pk)


@requires(Permission.CONVENTION_READ, on=find)
@form_methods
def priority_vote(request, slug, pk, voter):
    """The ballot of one party: its own account fills it, or an agent does for it."""
    session = find_session(request, pk)
    party = get_object_or_404(session.voters.select_related("session__convention"), pk=voter)
    if not priority_operations.may_vote(request.user, party):
        raise PermissionDenied
    if session.state != PrioritySession.State.OPEN:
        return too_late(request, session)
    problem = ""
    if request.method == "POST":
        try:
            n = priority_operations.vote(
                by=request.user, voter=party, marks=Ballot(party, request.POST).marks()
            )
        except NotNow:
            return too_late(request, session)
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            ballot = Ballot(party)
            said = ngettext("%(n)s note enregistrée.", "%(n)s notes enregistrées.", n) % {"n": n}
            if ballot.n_given < ballot.n_marks:
                said += " " + _("%(given)s sur %(total)s : le bulletin comptera une fois complet.") % {
                    "given": ballot.n_given,
                    "total": ballot.n_marks,
                }
            messages.success(request, said)
            return redirect("priority", slug, pk)
    context = context_of_session(
        request,
        session,
        _("Bulletin de %(party)s") % {"party": party.label},
        ballot=Ballot(party),
        voter=party,
        problem=problem,
    )
    return render(
        request, "conventions/concertation/priority_vote.html", context, status=422 if problem else 200
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def priority_ballot(request, slug, pk):
    """The ballot to print: one page for each party, to be entered afterwards by an agent."""
    session = find_session(request, pk)
    context = context_of_session(
        request,
        session,
        _("Bulletins à imprimer"),
        voters=session.voters.all(),
        criteria=session.criteria.all(),
        options=session.options.all(),
        scale=range(session.scale_max + 1),
    )
    return render(request, "conventions/concertation/priority_ballot.html", context)


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def priority_close(request, slug, pk):
    session = find_session(request, pk)
    if session.state != PrioritySession.State.OPEN:
        return too_late(request, session)
    result = results.result_of(session)
    form = CloseForm(
        request.POST if request.method == "POST" else None,
        initial={"minutes": session.minutes or priority_documents.draft_minutes(session, result)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            priority_operations.close_session(
                by=request.user,
                session=session,
                minutes=form.cleaned_data["minutes"].replace("\r\n", "\n"),
            )
        except NotNow:
            return too_late(request, session)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Le vote est clos, son résultat est gardé."))
            return redirect("priority", slug, pk)
    context = context_of_session(request, session, _("Clore le vote"), form=form, result=result)
    return render(
        request,
        "conventions/concertation/priority_close.html",
        context,
        status=422 if form.errors else 200,
    )


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def priority_reopen(request, slug, pk):
    session = find_session(request, pk)
    if session.state != PrioritySession.State.CLOSED:
        return too_late(request, session)
    form = ReopenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            priority_operations.reopen_session(
                by=request.user, session=session, reason=form.cleaned_data["reason"]
            )
        except NotNow:
            return too_late(request, session)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Le vote est rouvert."))
            return redirect("priority", slug, pk)
    context = context_of_session(request, session, _("Rouvrir le vote"), form=form)
    return render(
        request,
        "conventions/concertation/priority_reopen.html",
        context,
        status=422 if form.errors else 200,
    )


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def priority_apply(request, slug, pk):
    """Write the result on the needs, once it was read line by line."""
    session = find_session(request, pk)
    if session.state != PrioritySession.State.CLOSED:
        return too_late(request, session)
    result = results.result_of(session)
    form = ApplyForm(request.POST if request.method == "POST" else None, session=session, result=result)
    if request.method == "POST" and form.is_valid():
        try:
            written = priority_operations.apply_result(
                by=request.user,
                session=session,
                states=form.states,
                answers=form.answers,
                versions=form.versions,
            )
        except NotNow:
            return too_late(request, session)
        except ValidationError as error:
            with_errors(form.with_versions(), error)
        else:
            messages.success(
                request,
                _("Besoins retenus : %(n_kept)s. Remis à plus tard : %(n_later)s.") % written,
            )
            return redirect("priority", slug, pk)
    context = context_of_session(request, session, _("Appliquer le résultat"), form=form, result=result)
    return render(
        request,
        "conventions/concertation/priority_apply.html",
        context,
        status=422 if form.errors else 200,
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def priority_export(request, slug, pk, format):
    session = find_session(request, pk)
    if format not in {"xlsx", "pdf", "docx"}:
        raise Http404(f"No such format: {format}")
    content = priority_documents.exported(session, results.result_of(session), format)
    return attached(content, f"{slug}-priorites-{session.pk}.{format}")


@requires(Permission.CONCERTATION_EDIT, on=find)
@require_POST
def priority_delete(request, slug, pk):
    session = find_session(request, pk)
    priority_operations.delete_session(by=request.user, session=session)
    messages.success(
        request,
        _("%(name)s est à la corbeille, d’où l’on peut le remettre.") % {"name": quoted(session.title)},
    )
    return redirect("priorities", slug)


@requires(Permission.CONCERTATION_EDIT, on=find)
@require_POST
def priority_restore(request, slug, pk):
    sessions = request.convention.priority_sessions.filter(deleted_at__isnull=False)
    session = get_object_or_404(sessions, pk=pk)
    priority_operations.restore_session(by=request.user, session=session)
    messages.success(request, _("%(name)s est remis en place.") % {"name": quoted(session.title)})
    return redirect("priority", slug, pk)
