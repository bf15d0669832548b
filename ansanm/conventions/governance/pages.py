"""What every page of governance shows: where one is in it."""

from datetime import time
from decimal import Decimal

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.choices import flatten_choices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.forms import PeriodField
from ansanm.conventions.history import Detail
from ansanm.conventions.models import AgendaItem, Body, Decision, Meeting, Participant
from ansanm.conventions.plan.fields import ActorField, NewActor, VagueField
from ansanm.conventions.views import context_of
from ansanm.ui.formats import format_number, format_period, format_vague, listed_apart

VIEWS = [
    ("bodies", _("Instances"), "circle-people"),
    ("meetings", _("Réunions"), "calendar"),
    ("decisions", _("Décisions"), "check"),
    ("bodies_overlap", _("Rationaliser"), "chart"),
    ("participants", _("Contacts"), "people"),
]


def governance_context(request, view="", **more):
    slug = request.convention.slug
    context = context_of(request, **more)
    context["governance_views"] = [
        {"url": reverse(name, args=[slug]), "text": words, "icon": icon, "is_current": name == view}
        for name, words, icon in VIEWS
        # How to reach people is for who writes to them.
        if name != "participants" or context["may_governance_edit"]
    ]
    return context


def page(request, template, *, view="", status=200, **more):
    return render(
        request,
        f"conventions/governance/{template}",
        governance_context(request, view, **more),
        status=status,
    )


def form_page(request, form, *, title, deed, back, changed=None, **more):
    """A page that is one form: 422 when it is refused, 409 when somebody saved meanwhile."""
    status = 409 if changed is not None else 422 if form.errors else 200
    return page(
        request,
        "form.html",
        form=form,
        title=title,
        deed=deed,
        back=back,
        stale=changed,
        status=status,
        **more,
    )


def both(form, saved: dict) -> list[Detail]:
    """What somebody saved meanwhile, and what this person typed, where they differ."""
    return [
        Detail(str(form[name].label), worded(field, theirs) or "–", worded(field, mine) or "–")
        for name, theirs in saved.items()
        if (field := form.fields.get(name))
        and comparable(mine := form.cleaned_data.get(name)) != comparable(theirs)
    ]


def comparable(value):
    """What is chosen, whatever its order; nothing typed and nothing known are one."""
    if isinstance(value, (list, tuple, QuerySet)):
        return frozenset(map(comparable, value))
    return None if value == "" else getattr(value, "pk", value)


def worded(field, value) -> str:
    """A value as its form words it: the names of what was chosen, dates and numbers as people read them."""
    if value is None or value == "":
        return ""
    if isinstance(value, (list, tuple, QuerySet)):
        return listed_apart(sorted(worded(field, one) for one in value))
    if isinstance(value, bool):
        return gettext("oui") if value else gettext("non")
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Decimal):
        return format_number(value, decimals=None if value % 1 else 0)
    match field:
        case PeriodField():
            return format_period(value)
        case VagueField():
            return format_vague(value)
        case ActorField():
            return value.name if isinstance(value, NewActor) else str(field.prepare_value(value))
        case forms.ModelChoiceField():
            return str(field.label_from_instance(value))
        case forms.ChoiceField():
            return str(dict(flatten_choices(field.choices)).get(value, value))
    return str(value)


def find_body(request, pk) -> Body:
    return get_object_or_404(request.convention.bodies.standing().select_related("convention"), pk=pk)


def find_meeting(request, pk) -> Meeting:
    """The meeting, if it is of this convention and neither it nor its body is in the bin."""
    found = Meeting.objects.standing().filter(
        body__convention=request.convention, body__deleted_at__isnull=True
    )
    return get_object_or_404(found.select_related("body__convention"), pk=pk)


def find_item(meeting, pk) -> AgendaItem:
    return get_object_or_404(meeting.items.select_related("meeting__body__convention", "action"), pk=pk)


def find_participant(request, pk) -> Participant:
    found = request.convention.participants.select_related("convention", "actor", "user")
    return get_object_or_404(found, pk=pk)


def find_decision(request, pk) -> Decision:
    found = request.convention.decisions.select_related(
        "convention", "meeting__body__convention", "item", "owner", "owner_person", "created_by"
    )
    return get_object_or_404(found, pk=pk)
