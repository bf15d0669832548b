"""What anybody may do without an account: answer a survey, leave an address, contribute, read results."""

from datetime import timedelta

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ansanm.accounts.access import public
from ansanm.conventions.concertation import answering, consultation, contribution_operations
from ansanm.conventions.concertation.forms import AnswerForm, ContactForm, FreeForm
from ansanm.conventions.concertation.survey_results import Results
from ansanm.conventions.models import Contribution, Convention, Survey
from ansanm.ui.limits import caller, spend
from ansanm.ui.views import too_many_requests

form_methods = require_http_methods(["GET", "HEAD", "POST"])
CONTACTS_PER_MINUTE = 20


def find_survey(slug) -> Survey:
    """A survey that is, or was, open; one in preparation does not exist yet."""
    held = Survey.objects.exclude(state=Survey.State.DRAFT).select_related("convention")
    return get_object_or_404(held.prefetch_related("questions", "audiences"), slug=slug)


def unkept(response):
    """A half-filled sheet stays in no cache."""
    response.headers["Cache-Control"] = "no-store, private"
    return response


def closed(request, survey, form=None):
    """Why it takes no answer; what was typed by hand is given back, to be copied."""
    closes = survey.closes_on
    context = {
        "survey": survey,
        "now": survey.now,
        # Closed by hand, it ended before its last day.
        "ended_on": closes if closes and closes < timezone.localdate() else None,
        "written": form.written if form else [],
    }
    status = 410 if form or survey.now == "removed" else 200
    return unkept(render(request, "conventions/concertation/public/closed.html", context, status=status))


@public
@form_methods
def survey_answer(request, slug):
    """The sheet of a survey: its audience first where it has several, then its questions on one page."""
    survey = find_survey(slug)
    subject = f"survey:{survey.pk}"
    sent = request.POST if request.method == "POST" else None
    audiences = list(survey.audiences.all())
    # A poster may name its audience; an address half copied leads to the choice.
    wanted = (sent if sent is not None else request.GET).get("public", "")
    audience = next((one for one in audiences if one.key == wanted), None)
    ticket = answering.opened(sent.get("ticket", ""), subject) if sent else None
    form = AnswerForm(sent, survey=survey, audience=audience.key if audience else "")
    if not answering.takes(survey, ticket):
        return closed(request, survey, form if sent else None)
    if audiences and audience is None:
        context = {"survey": survey, "audiences": audiences}
        return render(request, "conventions/concertation/public/audience.html", context)
    if sent is not None and form.is_valid():
        if ticket is None:
            # The page was not ours, or lost its seal: the answers stay, a new seal is set.
            form.add_error(None, _("Cette page a vieilli : vos réponses sont là, envoyez-les de nouveau."))
        else:
            keep(request, survey, form, ticket)
            return redirect("survey_thanks", survey.slug)
    context = {
        "survey": survey,
        "form": form,
        "audience": audience,
        "has_audiences": bool(audiences),
        "ticket": sent["ticket"] if ticket else answering.new_ticket(subject),
        "n_minutes": minutes(form.questions),
    }
    status = 422 if form.errors else 200
    return unkept(render(request, "conventions/concertation/public/answer.html", context, status=status))


def keep(request, survey, form, ticket) -> None:
    answers = form.sheet
    doubt = answering.doubt_of(
        ticket=ticket,
        trap=form.cleaned_data["website"],
        texts=answering.texts_of(survey, answers).values(),
        is_known=answering.is_repeated(survey),
        is_many=answering.many_from(request),
    )
    answering.answer_survey(
        survey=survey, key=ticket.key, answers=answers, audience=form.audience, doubt=doubt
    )


def minutes(questions) -> int:
    """About how long it takes: half a minute for a free answer, twelve seconds for the others."""
    seconds = sum(30 if one.kind == one.Kind.TEXT else 12 for one in questions)
    return max(1, round(seconds / 60))


@public
@require_safe
def survey_thanks(request, slug):
    survey = find_survey(slug)
    return render(request, "conventions/concertation/public/thanks.html", {"survey": survey})


@public
@form_methods
def survey_contact(request, slug):
    """Contact details, on a page that knows nothing of any answer."""
    survey = find_survey(slug)
    subject = f"contact:{survey.pk}"
    if survey.now != "open" or not survey.asks_contact:
        return closed(request, survey)
    sent = request.POST if request.method == "POST" else None
    form = ContactForm(sent)
    if sent is not None and form.is_valid():
        if answering.opened(form.cleaned_data["ticket"], subject) is None:
            form.add_error(None, _("Cette page a vieilli : envoyez-la de nouveau."))
        elif wait := spend("contact", caller(request), CONTACTS_PER_MINUTE):
            return too_many_requests(request, wait_seconds=wait, per_minute=CONTACTS_PER_MINUTE)
        else:
            # A machine filled the trap: nobody is waiting for an answer.
            if not form.cleaned_data["website"]:
                answering.leave_contact(
                    survey=survey,
                    **{name: form.cleaned_data[name] for name in ("name", "email", "phone")},
                )
            return redirect(reverse("survey_contact", args=[survey.slug]) + "?recu")
    context = {
        "survey": survey,
        "form": form,
        "is_done": sent is None and "recu" in request.GET,
        "ticket": answering.new_ticket(subject),
    }
    status = 422 if form.errors else 200
    return unkept(render(request, "conventions/concertation/public/contact.html", context, status=status))


@public
@require_safe
def survey_public_results(request, slug):
    """What a survey says, once its house published it."""
    survey = get_object_or_404(
        Survey.objects.public().select_related("convention"), slug=slug, results_published_at__isnull=False
    )
    context = {"survey": survey, "results": Results(survey, is_public=True)}
    return render(request, "conventions/concertation/public/results.html", context)


def find_page(slug) -> Convention:
    """A convention whose consultation page takes contributions."""
    return get_object_or_404(
        Convention.objects.select_related("consultation_page"),
        slug=slug,
        consultation_page__published_at__isnull=False,
        consultation_page__takes_contributions=True,
    )


@public
@form_methods
def contribute_freely(request, slug):
    convention = find_page(slug)
    subject = f"contribute:{convention.pk}"
    sent = request.POST if request.method == "POST" else None
    ticket = answering.opened(sent.get("ticket", ""), subject) if sent else None
    form = FreeForm(sent, convention=convention)
    if sent is not None and form.is_valid():
        if ticket is None:
            form.add_error(None, _("Cette page a vieilli : votre texte est là, envoyez-le de nouveau."))
        else:
            doubt = answering.doubt_of(
                ticket=ticket,
                trap=form.cleaned_data["website"],
                texts=[form.cleaned_data["text"]],
                is_known=lambda text: (
                    convention.contributions.filter(text=text).exclude(key=ticket.key).exists()
                ),
                is_many=answering.many_from(request),
            )
            made = contribution_operations.contribute_freely(
                convention=convention, key=ticket.key, doubt=doubt, **form.facts
            )
            return redirect("contribute_freely_thanks", convention.slug, made.reference)
    context = {
        "convention": convention,
        "form": form,
        "ticket": sent["ticket"] if ticket else answering.new_ticket(subject),
    }
    status = 422 if form.errors else 200
    return unkept(render(request, "conventions/concertation/public/contribute.html", context, status=status))


@public
@require_safe
def contribute_freely_thanks(request, slug, reference):
    if wait := spend("follow", caller(request), consultation.FOLLOWED_PER_MINUTE):
        return too_many_requests(request, wait_seconds=wait, per_minute=consultation.FOLLOWED_PER_MINUTE)
    convention = get_object_or_404(Convention, slug=slug, consultation_page__published_at__isnull=False)
    made = Contribution.objects.standing().filter(convention=convention, reference=reference).first()
    # Its reference on the day it was sent, and no text: the page to follow it says the rest.
    if made is None or made.received_on < timezone.localdate() - timedelta(days=1):
        raise Http404("No such contribution")
    context = {"convention": convention, "contribution": made}
    return render(request, "conventions/concertation/public/contributed.html", context)
