"""What every page of governance shows: where one is in it."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.history import Detail
from ansanm.conventions.models import AgendaItem, Body, Decision, Meeting, Participant
from ansanm.conventions.views import context_of

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


def both(form, saved: dict, shown=lambda name, value: str(value)) -> list[Detail]:
    """What somebody saved meanwhile, and what this person typed, where they differ."""
    return [
        Detail(str(form.fields[name].label), shown(name, theirs) or "–", shown(name, mine) or "–")
        for name, theirs in saved.items()
        if name in form.fields and (mine := form.cleaned_data.get(name)) != theirs
    ]


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
