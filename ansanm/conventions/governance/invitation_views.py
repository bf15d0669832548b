"""Invitations: seen before they leave, sent once, answered without account."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from ansanm.accounts.access import public, requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.forms import with_errors
from ansanm.conventions.governance import invitations
from ansanm.conventions.governance.calendar import A_DAY
from ansanm.conventions.governance.meeting_forms import AnswerForm
from ansanm.conventions.governance.pages import find_meeting, page
from ansanm.conventions.governance.words import full_name, meeting_name, when_words
from ansanm.conventions.models import Invitation
from ansanm.conventions.plan.contributor_views import CALLS_PER_MINUTE, MESSAGES_PER_HOUR, too_often, unlisted
from ansanm.conventions.views import find

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.GOVERNANCE_EDIT, on=find)
@form_methods
def meeting_invitations(request, slug, pk):
    found = find_meeting(request, pk)
    problem = ""
    if request.method == "POST":
        try:
            n = invitations.send(by=request.user, meeting=found, absolute=request.build_absolute_uri)
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            messages.success(
                request,
                ngettext("%(n)s convocation part.", "%(n)s convocations partent.", n) % {"n": n}
                if n
                else _("Chacun avait déjà sa convocation\u00a0: aucun message ne part."),
            )
            return redirect("meeting_invitations", slug, pk)
    return page(
        request,
        "invitations.html",
        view="meetings",
        meeting=found,
        preview=invitations.preview(found),
        problem=problem,
        has_day=len(found.held_on) >= A_DAY,
        is_open=found.state in ("planned", "invited"),
        answers=[(value, label) for value, label in Invitation.Answer.choices],
        name=full_name(found),
        here=_("Convocations"),
        status=422 if problem else 200,
    )


@requires(Permission.GOVERNANCE_EDIT, on=find)
@require_POST
def invitation_answer(request, slug, pk, participant):
    """What somebody said on the telephone."""
    found = find_meeting(request, pk)
    person = get_object_or_404(request.convention.participants.all(), pk=participant)
    try:
        invitations.answer_for(
            by=request.user,
            meeting=found,
            participant=person,
            given=request.POST.get("answer", ""),
            note=request.POST.get("note", ""),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("La réponse est notée."))
    return redirect("meeting_invitations", slug, pk)


@public
@form_methods
def meeting_answer(request, token):
    """The page of who is invited: no account, the address is the key."""
    if too_often(f"answer-from:{get_adapter().get_client_ip(request)}", CALLS_PER_MINUTE, 60):
        return wait(request)
    invitation = invitations.invitation_of(token)
    if invitation is None:
        return answered(request, "closed", None, status=404)
    if not invitations.is_open(invitation):
        return answered(request, "closed", invitation, status=410)
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        initial={"answer": invitation.answer, "note": invitation.note},
    )
    if request.method == "POST" and form.is_valid():
        if too_often(f"answer-by:{invitation.pk}", MESSAGES_PER_HOUR, 3600):
            return wait(request)
        try:
            invitation = invitations.answer(invitation=invitation, **form.cleaned_data)
        except invitations.AnswersClosed:
            return answered(request, "closed", invitation, status=410)
        except ValidationError as error:
            with_errors(form, error)
        else:
            return answered(request, "thanks", invitations.invitation_of(token))
    return answered(request, "asked", invitation, form=form, status=422 if form.errors else 200)


def answered(request, step, invitation, *, status=200, **more):
    meeting = invitation.meeting if invitation else None
    context = {"step": step, "invitation": invitation, "meeting": meeting, **more}
    if meeting:
        context |= {"name": meeting_name(meeting), "when": when_words(meeting)}
    return unlisted(render(request, "conventions/governance/answer.html", context, status=status))


def wait(request):
    response = render(request, "conventions/governance/answer.html", {"step": "wait"}, status=429)
    response.headers["Retry-After"] = "60"
    return unlisted(response)
