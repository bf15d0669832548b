"""The deeds on a meeting: plan it, move it, cancel it, write its agenda, say who came, close it."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from ansanm.accounts.audit import record
from ansanm.conventions import files
from ansanm.conventions.governance import invitations
from ansanm.conventions.governance.agenda import USUAL, parts_of
from ansanm.conventions.governance.rows import StaleRow, facts_of, fingerprint, versioned, written
from ansanm.conventions.governance.seats import seats_on
from ansanm.conventions.governance.zones import zone_of
from ansanm.conventions.models import AgendaItem, Attendance, Meeting, MeetingPaper
from ansanm.engines.vague_dates import parse_canonical

State = Meeting.State
FACTS = (
    "rank",
    "held_on",
    "starts_at",
    "minutes_long",
    "title",
    "place",
    "url",
    "source_title",
    "source_url",
    "is_fictitious",
)
# What a calendar shows: those who were invited hear of a change of any of them.
IN_CALENDARS = ("rank", "held_on", "starts_at", "minutes_long", "title", "place", "url")
# What an answer answers: « je viens » to another day is no answer.
WHEN = ("held_on", "starts_at")
ITEM_FACTS = ("kind", "title", "note", "minutes_long", "presenter", "action")
A_DAY = len("2026-11-12")
# A meeting is closed the same day, or the week the minutes are typed.
SEEN_WITHIN = timedelta(days=31)


class Closed(Exception):
    """The meeting was held: its agenda, its attendance and what it saw no longer change."""


def told(meeting: Meeting) -> dict:
    facts = facts_of(meeting, FACTS)
    del facts["is_fictitious"]
    facts["meeting_title"] = facts.pop("title")
    if facts["starts_at"]:
        facts["starts_at"] = facts["starts_at"].isoformat()
    return facts


def check_not_approved(meeting: Meeting) -> None:
    """What the approved minutes print is not changed under them: the approval is taken back first."""
    if meeting.approved_on:
        raise ValidationError(
            _("Son compte rendu est approuvé\u00a0: la réunion et ce qu’elle a décidé ne changent plus.")
        )


def touch(meeting: Meeting) -> None:
    meeting.version += 1
    meeting.updated_at = timezone.now()


def check(meeting: Meeting) -> None:
    meeting.full_clean(exclude=["body", "uid"], validate_unique=False, validate_constraints=False)
    if meeting.body.is_external:
        raise ValidationError(
            _("Cette instance est celle d’un autre dispositif\u00a0: ses réunions ne se tiennent pas ici.")
        )
    if meeting.starts_at:
        # The hour says the day: two fields that could contradict each other never do.
        meeting.held_on = meeting.starts_at.astimezone(zone_of(meeting.body.convention)).date().isoformat()
    if not meeting.rank and not meeting.held_on:
        raise ValidationError({"held_on": _("Dites au moins son rang ou sa date.")})
    was_told = meeting.pk and meeting.invitations.filter(sent_at__isnull=False).exists()
    if was_told and len(meeting.held_on) < A_DAY:
        raise ValidationError(
            {"held_on": _("Les convocations sont parties\u00a0: dites le jour, qu’elles annoncent.")}
        )
    if meeting.rank and meeting.deleted_at is None:
        twin = Meeting.objects.standing().filter(body=meeting.body_id, rank=meeting.rank)
        if twin.exclude(pk=meeting.pk).exists():
            raise ValidationError({"rank": _("Cette instance a déjà une réunion de ce rang.")})


@transaction.atomic
def create_meeting(*, by, body, with_usual_agenda=False, **facts) -> Meeting:
    # The body is locked: of two people who plan the sixth, one is told that it is there.
    held = type(body).objects.select_for_update(of=("self",)).get(pk=body.pk)
    meeting = Meeting(body=held, uid=secrets.token_hex(16))
    written(meeting, facts, FACTS)
    check(meeting)
    meeting.save()
    record("meeting.create", by=by, target=meeting, convention=held.convention, after=told(meeting))
    if with_usual_agenda:
        add_usual_items(by=by, meeting=meeting)
    return meeting


@transaction.atomic
def update_meeting(*, by, meeting, base_version: int, absolute=None, **facts) -> Meeting:
    """Correct a meeting; those already invited are written to again when what their calendar shows moved.

    `absolute` makes an address whole, for the messages; without it, that of the instance is used.
    """
    current = versioned(Meeting, meeting, base_version)
    check_not_approved(current)
    type(current.body).objects.select_for_update(of=("self",)).get(pk=current.body_id)
    before = told(current)
    was = {name: getattr(current, name) for name in IN_CALENDARS}
    written(current, facts, FACTS)
    check(current)
    moved = any(was[name] != getattr(current, name) for name in IN_CALENDARS)
    if moved and current.state in (State.PLANNED, State.INVITED):
        current.sequence += 1
        if any(was[name] != getattr(current, name) for name in WHEN):
            current.invitations.update(answer="", answered_at=None)
    touch(current)
    current.save()
    if moved and current.state == State.INVITED:
        invitations.tell_moved(current, absolute=absolute)
    record(
        "meeting.update",
        by=by,
        target=current,
        convention=current.body.convention,
        before=before,
        after=told(current),
    )
    return current


@transaction.atomic
def cancel_meeting(*, by, meeting, base_version: int, reason="", absolute=None) -> int:
    """Cancel it and tell those who were invited; return to how many a message leaves."""
    current = versioned(Meeting, meeting, base_version)
    if current.state not in (State.PLANNED, State.INVITED):
        raise ValidationError(_("Cette réunion est déjà tenue ou annulée."))
    before = current.state
    current.state = State.CANCELLED
    current.sequence += 1
    touch(current)
    current.save(update_fields=["state", "sequence", "version", "updated_at"])
    # Put back in the calendar since, and announced to nobody again: they know it is cancelled.
    n = 0
    if before == State.INVITED:
        n = invitations.tell_cancelled(current, reason=reason.strip(), absolute=absolute)
    record(
        "meeting.cancel",
        by=by,
        target=current,
        convention=current.body.convention,
        before={"meeting_state": before},
        after={"meeting_state": current.state, "reason": reason.strip(), "n_told": n},
    )
    return n


@transaction.atomic
def replan_meeting(*, by, meeting, base_version: int) -> Meeting:
    """Put a cancelled meeting back in the calendar, or open again one closed too early.

    What was frozen when it was held stays frozen: it is what people saw that day.
    """
    current = versioned(Meeting, meeting, base_version)
    before = current.state
    if before not in (State.CANCELLED, State.HELD):
        return current
    if current.approved_on:
        raise ValidationError(_("Son compte rendu est approuvé\u00a0: elle ne se rouvre plus."))
    was_invited = before == State.HELD and current.invitations.filter(sent_at__isnull=False).exists()
    current.state = State.INVITED if was_invited else State.PLANNED
    current.quorum_result = None
    if before == State.CANCELLED:
        current.sequence += 1
        current.invitations.update(answer="", answered_at=None)
    touch(current)
    current.save()
    record(
        "meeting.replan",
        by=by,
        target=current,
        convention=current.body.convention,
        before={"meeting_state": before},
        after={"meeting_state": current.state},
    )
    return current


@transaction.atomic
def bin_meeting(*, by, meeting) -> None:
    current = Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)
    if current.deleted_at:
        return
    if current.state == State.INVITED:
        raise ValidationError(
            _("Des convocations sont parties\u00a0: annulez d’abord la réunion, chacun en sera prévenu.")
        )
    if current.decisions.exists():
        raise ValidationError(_("Elle a pris des décisions\u00a0: elle reste."))
    current.deleted_at = current.updated_at = timezone.now()
    current.save(update_fields=["deleted_at", "updated_at"])
    record("meeting.delete", by=by, target=current, convention=current.body.convention)


@transaction.atomic
def restore_meeting(*, by, meeting) -> Meeting:
    current = Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)
    if current.deleted_at is None:
        return current
    current.deleted_at, current.updated_at = None, timezone.now()
    check(current)
    current.save(update_fields=["deleted_at", "updated_at"])
    record("meeting.restore", by=by, target=current, convention=current.body.convention)
    return current


# ---- agenda ----


def opened(meeting) -> Meeting:
    """The meeting, locked, whose agenda may still change."""
    current = Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)
    if current.state == State.HELD:
        raise Closed
    return current


def on_agenda(item: AgendaItem) -> AgendaItem:
    """The point, locked, as the base has it; somebody may have taken it off since the page was read."""
    current = AgendaItem.objects.select_for_update(of=("self",)).filter(pk=item.pk).first()
    if current is None:
        raise ValidationError(_("Ce point n’est plus à l’ordre du jour."))
    return current


def check_item(item: AgendaItem) -> None:
    item.title = " ".join(item.title.split()) or str(AgendaItem.Kind(item.kind).label)
    item.full_clean(exclude=["meeting", "frozen", "minutes"])
    if item.kind == AgendaItem.Kind.ACTION:
        if item.action_id is None:
            raise ValidationError({"action": _("Choisissez l’action dont il sera question.")})
        if item.action.convention_id != item.meeting.body.convention_id:
            raise ValidationError({"action": _("Cette action n’est pas de cette convention.")})


@transaction.atomic
def add_item(*, by, meeting, **facts) -> AgendaItem:
    current = opened(meeting)
    last = current.items.aggregate(last=Max("position"))["last"]
    item = AgendaItem(meeting=current, position=0 if last is None else last + 1)
    written(item, facts, ITEM_FACTS)
    check_item(item)
    item.save()
    record_item("agenda.add", by, item)
    return item


def record_item(verb, by, item) -> None:
    record(
        verb,
        by=by,
        target=item.meeting,
        convention=item.meeting.body.convention,
        after={"item": item.title, "item_kind": item.kind},
    )


@transaction.atomic
def add_usual_items(*, by, meeting) -> int:
    """The points of a usual steering committee that this agenda does not have yet."""
    current = opened(meeting)
    held = set(current.items.values_list("kind", flat=True))
    wanted = [(kind, str(title), minutes) for kind, title, minutes in USUAL if kind not in held]
    for kind, title, minutes in wanted:
        add_item(by=by, meeting=current, kind=kind, title=title, minutes_long=minutes)
    return len(wanted)


@transaction.atomic
def update_item(*, by, item, seen: str, **facts) -> AgendaItem:
    opened(item.meeting)
    current = on_agenda(item)
    if fingerprint(current, ITEM_FACTS) != seen:
        raise StaleRow(current)
    written(current, facts, ITEM_FACTS)
    check_item(current)
    current.save(update_fields=list(ITEM_FACTS))
    record_item("agenda.update", by, current)
    return current


@transaction.atomic
def remove_item(*, by, item) -> None:
    opened(item.meeting)
    current = on_agenda(item)
    # Emptied since, its minutes still have their versions: those go with the point.
    if current.minutes_version or current.decisions.exists():
        raise ValidationError(
            _("Ce point a un compte rendu ou des décisions\u00a0: il reste à l’ordre du jour.")
        )
    record_item("agenda.remove", by, current)
    current.delete()


@transaction.atomic
def shift_item(*, by, item, by_places: int) -> bool:
    """One place up or down; whether it moved."""
    opened(item.meeting)
    on_agenda(item)
    items = list(AgendaItem.objects.filter(meeting=item.meeting_id))
    here = [one.pk for one in items].index(item.pk)
    there = here + by_places
    if not 0 <= there < len(items):
        return False
    items[here], items[there] = items[there], items[here]
    for position, one in enumerate(items):
        if one.position != position:
            AgendaItem.objects.filter(pk=one.pk).update(position=position)
    record_item("agenda.order", by, item)
    return True


@transaction.atomic
def add_paper(*, by, meeting, upload, title="") -> MeetingPaper:
    current = Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)
    convention = current.body.convention
    stored = files.store(by=by, convention=convention, upload=upload)
    last = current.papers.aggregate(last=Max("position"))["last"]
    paper = MeetingPaper.objects.create(
        meeting=current, file=stored, title=title.strip(), position=0 if last is None else last + 1
    )
    record("meeting.paper_add", by=by, target=current, convention=convention)
    return paper


@transaction.atomic
def remove_paper(*, by, paper) -> None:
    meeting, stored = paper.meeting, paper.file
    paper.delete()
    files.remove(by=by, stored=stored)
    record("meeting.paper_remove", by=by, target=meeting, convention=meeting.body.convention)


# ---- attendance ----


@dataclass(frozen=True)
class Presence:
    """One line of the attendance sheet, before or after it is recorded."""

    participant: object
    name: str
    function: str
    organisation: str
    role: str
    has_vote: bool
    # "" where nobody knows yet.
    state: str
    represented_by: str
    # What they had answered, in words.
    answered: str = ""
    is_vacant: bool = False

    @property
    def key(self) -> str:
        return f"p{self.participant.pk}" if self.participant else ""


FROM_ANSWER = {"yes": Attendance.State.PRESENT, "represented": Attendance.State.REPRESENTED,
               "no": Attendance.State.EXCUSED}  # fmt: skip


def expected_presences(meeting: Meeting) -> list[Presence]:
    """Who is recorded, then who sits that day and is not: prefilled from what they answered."""
    recorded = list(meeting.attendances.select_related("participant"))
    lines = [
        Presence(one.participant, one.name, one.function, one.organisation, one.role, one.has_vote, one.state,
                 one.represented_by)
        for one in recorded
    ]  # fmt: skip
    told_of = {one.participant_id for one in recorded}
    answers = {one.participant_id: one for one in meeting.invitations.all()}
    for seat in seats_on(meeting):
        if seat.participant is None or seat.participant_id in told_of:
            continue
        told_of.add(seat.participant_id)
        answer = answers.get(seat.participant_id)
        state = FROM_ANSWER.get(answer.answer, "") if answer else ""
        represented = state == Attendance.State.REPRESENTED
        lines.append(
            Presence(
                participant=seat.participant,
                name=seat.participant.name,
                function=seat.participant.function,
                organisation=str(seat.actor or seat.participant.actor or ""),
                role=seat.role,
                has_vote=seat.has_vote,
                state=str(state),
                represented_by=(answer.note if answer else "")[:160] if represented else "",
                answered=str(answer.get_answer_display()) if answer else "",
            )
        )
    return lines


@transaction.atomic
def record_attendance(*, by, meeting, states: dict, guests=()) -> int:
    """Write who came: {participant pk: (state, represented by)}; `guests` are (name, organisation, state).

    A line without state is not written: nobody is absent because nobody filled the sheet.
    """
    current = opened(meeting)
    lines = {one.participant.pk: one for one in expected_presences(current) if one.participant}
    n = 0
    for pk, (state, represented_by) in states.items():
        line = lines.get(pk)
        if line is None:
            continue
        if not state:
            n += current.attendances.filter(participant=pk).delete()[0]
            continue
        if state not in Attendance.State.values:
            raise ValidationError(_("Cette présence n’existe pas."))
        is_represented = state == Attendance.State.REPRESENTED
        facts = {"state": state, "represented_by": represented_by.strip()[:160] if is_represented else ""}
        changed = current.attendances.filter(participant=pk).update(**facts)
        if not changed:
            Attendance.objects.create(
                meeting=current,
                participant=line.participant,
                # As they are that day, whatever becomes of them.
                name=line.name,
                function=line.function,
                organisation=line.organisation,
                role=line.role,
                has_vote=line.has_vote,
                **facts,
            )
        n += 1
    for name, organisation, state in guests:
        if name.strip():
            Attendance.objects.create(
                meeting=current,
                name=" ".join(name.split())[:160],
                organisation=organisation.strip()[:200],
                role="guest",
                has_vote=False,
                state=state,
            )
            n += 1
    record(
        "meeting.attendance",
        by=by,
        target=current,
        convention=current.body.convention,
        after={"n_present": count_of(current, Attendance.State.PRESENT)},
    )
    return n


@transaction.atomic
def remove_guest(*, by, meeting, pk: int) -> None:
    current = opened(meeting)
    current.attendances.filter(participant__isnull=True, pk=pk).delete()
    record("meeting.attendance", by=by, target=current, convention=current.body.convention)


def count_of(meeting, state) -> int:
    return meeting.attendances.filter(state=state).count()


@dataclass(frozen=True)
class Quorum:
    needed: int | None
    reached: int
    # Who could have voted, as the sheet has them.
    of: int

    @property
    def is_met(self) -> bool | None:
        return None if self.needed is None else self.reached >= self.needed

    def to_json(self) -> dict:
        return {"needed": self.needed, "reached": self.reached, "of": self.of, "is_met": self.is_met}


def quorum_of(meeting: Meeting) -> Quorum:
    """Voting members present or represented, against what the body asks for; of a held one, as frozen."""
    if meeting.quorum_result:
        kept = meeting.quorum_result
        return Quorum(kept["needed"], kept["reached"], kept["of"])
    states = list(meeting.attendances.filter(has_vote=True).values_list("state", flat=True))
    counted = (Attendance.State.PRESENT, Attendance.State.REPRESENTED)
    return Quorum(meeting.body.quorum, sum(one in counted for one in states), len(states))


@transaction.atomic
def close_meeting(*, by, meeting, base_version: int) -> Meeting:
    """It was held: what its live parts showed and its quorum are kept as they are now.

    One written down long after keeps no live part: the plan of today is not what it saw.
    """
    current = versioned(Meeting, meeting, base_version)
    if current.state == State.HELD:
        return current
    if current.state == State.CANCELLED:
        raise ValidationError(_("Cette réunion est annulée\u00a0: remettez-la d’abord au calendrier."))
    if not current.held_on:
        raise ValidationError(_("Dites d’abord quand elle s’est tenue, ne serait-ce que l’année."))
    if timezone.localdate() - parse_canonical(current.held_on).last_on <= SEEN_WITHIN:
        # In French: it is what the minutes of a French body hold.
        with override("fr"):
            for item, part in parts_of(current, by):
                if item.frozen is None and part:
                    item.frozen = part.to_json()
                    item.save(update_fields=["frozen"])
    current.quorum_result = quorum_of(current).to_json()
    current.state = State.HELD
    touch(current)
    current.save()
    record(
        "meeting.close",
        by=by,
        target=current,
        convention=current.body.convention,
        after={
            "quorum_reached": current.quorum_result["reached"],
            "quorum_needed": current.quorum_result["needed"],
        },
    )
    return current


@transaction.atomic
def write_opening(*, by, meeting, base_version: int, text: str) -> Meeting:
    """What was said before the first point."""
    current = versioned(Meeting, meeting, base_version)
    if current.approved_on:
        raise ValidationError(_("Ce compte rendu est approuvé\u00a0: il ne change plus."))
    current.minutes_opening = text.replace("\r\n", "\n").strip()
    touch(current)
    current.save(update_fields=["minutes_opening", "version", "updated_at"])
    record("minutes.opening", by=by, target=current, convention=current.body.convention)
    return current


@transaction.atomic
def approve_minutes(*, by, meeting, base_version: int, on: str) -> Meeting:
    """Its minutes are approved, and no longer change; "" takes the approval back."""
    current = versioned(Meeting, meeting, base_version)
    if on and current.state != State.HELD:
        raise ValidationError({"approved_on": _("On approuve le compte rendu d’une réunion tenue.")})
    before = current.approved_on
    current.approved_on = on
    touch(current)
    current.full_clean(exclude=["body", "uid"], validate_unique=False, validate_constraints=False)
    current.save(update_fields=["approved_on", "version", "updated_at"])
    record(
        "minutes.approve" if on else "minutes.unapprove",
        by=by,
        target=current,
        convention=current.body.convention,
        before={"approved_on": before},
        after={"approved_on": on},
    )
    return current


def next_rank(body) -> int | None:
    """One more than the highest; None for a body whose meetings are not counted."""
    meetings = body.meetings.standing()
    last = meetings.aggregate(last=Max("rank"))["last"]
    if last:
        return last + 1
    return None if meetings.exists() else 1


def at_hour(convention, day: str, hour) -> datetime | None:
    """`hour` of `day` where the convention is."""
    if hour is None:
        return None
    return datetime.combine(datetime.fromisoformat(day).date(), hour, tzinfo=zone_of(convention))


def in_order(meetings):
    """Those of unknown date last."""
    return meetings.order_by(F("held_on").desc(), "-rank", "-pk")
