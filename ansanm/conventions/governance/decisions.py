"""Decisions: numbered once, owned, followed until done, and reminded once when due and once when late."""

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.accounts.permissions import Permission
from ansanm.conventions.governance.meeting_operations import check_not_approved
from ansanm.conventions.governance.rows import facts_of, versioned, written
from ansanm.conventions.governance.seats import has_left
from ansanm.conventions.models import Action, Convention, Decision, DecisionNote, Meeting, Notice
from ansanm.conventions.plan.notices import readers
from ansanm.ui.formats import format_vague

FACTS = (
    "text",
    "meeting",
    "item",
    "owner",
    "owner_person",
    "due",
    "n_for",
    "n_against",
    "n_abstained",
    "source_title",
    "source_url",
    "is_fictitious",
)
# What the minutes of a meeting say of a decision for good; who follows it and until when may move.
MINUTED = ("text", "meeting", "item", "n_for", "n_against", "n_abstained")
# In the trail: no person.
TOLD = ("text", "due", "n_for", "n_against", "n_abstained", "state")
AHEAD = timedelta(days=14)


def told(decision: Decision) -> dict:
    kept = facts_of(decision, TOLD)
    kept["decision"] = kept.pop("text")
    kept["decision_state"] = kept.pop("state")
    kept["decision_due"] = format_vague(kept.pop("due"))
    kept["decision_owner"] = str(decision.owner or "")
    return kept


def check(decision: Decision) -> None:
    decision.text = decision.text.strip()
    decision.full_clean(exclude=["convention", "number", "created_by", "reminded_on"], validate_unique=False)
    for field in ("owner", "owner_person"):
        chosen = getattr(decision, field)
        if chosen and chosen.convention_id != decision.convention_id:
            raise ValidationError({field: _("Ce nom n’est pas de cette convention.")})
    if decision.meeting and decision.meeting.body.convention_id != decision.convention_id:
        raise ValidationError({"meeting": _("Cette réunion n’est pas de cette convention.")})
    if decision.item and decision.item.meeting_id != decision.meeting_id:
        raise ValidationError({"item": _("Ce point n’est pas à l’ordre du jour de cette réunion.")})


def check_open(*keys) -> None:
    """Refuse where the minutes of one of these meetings are approved; the meetings are locked."""
    held = Meeting.objects.select_for_update(of=("self",)).filter(pk__in=[key for key in keys if key])
    for meeting in held.order_by("pk"):
        check_not_approved(meeting)


def linked(decision: Decision, actions) -> None:
    if actions is not None:
        keys = [one.pk for one in actions]
        decision.actions.set(Action.objects.filter(convention=decision.convention_id, pk__in=keys))


@transaction.atomic
def take_decision(*, by, convention, actions=None, **facts) -> Decision:
    # The convention is locked: of two who write one at the same second, each has its number.
    held = Convention.objects.select_for_update().get(pk=convention.pk)
    last = held.decisions.aggregate(last=Max("number"))["last"] or 0
    decision = Decision(convention=held, number=last + 1, created_by=by)
    written(decision, facts, FACTS)
    check(decision)
    check_open(decision.meeting_id)
    decision.save()
    linked(decision, actions)
    record("decision.take", by=by, target=decision, convention=held, after=told(decision))
    return decision


@transaction.atomic
def update_decision(*, by, decision, base_version: int, actions=None, **facts) -> Decision:
    current = versioned(Decision, decision, base_version)
    before, was = told(current), facts_of(current, FACTS)
    written(current, facts, FACTS)
    check(current)
    now = facts_of(current, FACTS)
    if any(now[name] != was[name] for name in MINUTED):
        check_open(was["meeting"], current.meeting_id)
    if any(now[name] != was[name] for name in ("due", "owner_person")):
        # Another date is another reminder, and so is another person.
        current.reminded_on = None
    current.version += 1
    current.save()
    linked(current, actions)
    record(
        "decision.update",
        by=by,
        target=current,
        convention=current.convention,
        before=before,
        after=told(current),
    )
    return current


@transaction.atomic
def give_news(*, by, decision, text="", state: str, done_on="") -> DecisionNote:
    """What was done, and the state it is left in."""
    current = Decision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
    if state not in Decision.State.values:
        raise ValidationError({"state": _("Cette suite n’existe pas.")})
    if not text.strip() and state == current.state:
        raise ValidationError({"text": _("Dites ce qui a été fait, ou changez la suite.")})
    if state == Decision.State.DROPPED and not text.strip():
        raise ValidationError({"text": _("Dites pourquoi elle est abandonnée.")})
    before = current.state
    is_done = state == Decision.State.DONE
    current.state = state
    current.done_on = (done_on or timezone.localdate().isoformat()) if is_done else ""
    current.clean_fields(exclude=["convention", "created_by", "reminded_on"])
    current.save(update_fields=["state", "done_on"])
    note = DecisionNote.objects.create(decision=current, text=text.strip(), state=state, by=by)
    record(
        "decision.news",
        by=by,
        target=current,
        convention=current.convention,
        before={"decision_state": before},
        after={"decision_state": state},
    )
    return note


# ---- reminders ----


def to_remind(today: date):
    """Those due within a fortnight and told to nobody, and those late and not told since they are."""
    soon = Q(due_last_on__range=(today, today + AHEAD), reminded_on__isnull=True)
    late = Q(due_last_on__lt=today) & (Q(reminded_on__isnull=True) | Q(reminded_on__lte=F("due_last_on")))
    return Decision.objects.open().filter(soon | late)


@transaction.atomic
def remind(today: date | None = None) -> int:
    """Write a notice to who follows each decision that waits; return for how many decisions."""
    today = today or timezone.localdate()
    now = timezone.now()
    found = list(
        to_remind(today).select_for_update(of=("self",)).select_related("owner_person").order_by("pk")
    )
    for decision in found:
        Notice.objects.bulk_create(
            Notice(
                user_id=pk,
                convention_id=decision.convention_id,
                kind=Notice.Kind.DECISION,
                decision=decision,
                at=now,
                due_at=now,
            )
            for pk in sorted(told_of(decision, today))
        )
        decision.reminded_on = today
        decision.save(update_fields=["reminded_on"])
    return len(found)


def told_of(decision: Decision, today: date) -> set[int]:
    """The account of the person in charge; where they have none, or left, those who hold the bodies."""
    person = decision.owner_person
    if person and not has_left(person, today) and person.user_id in readers(decision.convention_id):
        return {person.user_id}
    return readers(decision.convention_id, permission=Permission.GOVERNANCE_EDIT)
