"""The deeds on bodies, on who sits in them and on the contacts of the people who do."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.governance.rows import StaleRow, facts_of, fingerprint, versioned, written
from ansanm.conventions.models import Body, Decision, Mandate, Meeting, Participant
from ansanm.engines.vague_dates import parse_canonical
from ansanm.territories.models import Territory

BODY_FACTS = (
    "kind",
    "name",
    "purpose",
    "is_external",
    "quorum",
    "meetings_per_year",
    "usual_minutes",
    "starts_on",
    "ends_on",
    "source_title",
    "source_url",
    "is_fictitious",
)
MANDATE_FACTS = ("participant", "actor", "role", "has_vote", "substitute", "starts_on", "ends_on")
PARTICIPANT_FACTS = ("name", "function", "actor", "email", "user", "left_on")


class StillMeets(Exception):
    """A body with meetings still to come is not put in the bin."""


# ---- bodies ----


def told(body: Body) -> dict:
    facts = facts_of(body, BODY_FACTS)
    facts["body_kind"] = facts.pop("kind")
    del facts["is_fictitious"]
    return facts


def check_body(body: Body) -> None:
    body.full_clean(exclude=["convention"])
    if body.starts_on and body.ends_on and last_of(body.ends_on) < first_of(body.starts_on):
        raise ValidationError({"ends_on": _("L’instance finirait avant d’avoir commencé.")})


def first_of(partial: str):
    return parse_canonical(partial).first_on


def last_of(partial: str):
    return parse_canonical(partial).last_on


def place(body: Body, themes, places) -> None:
    if themes is not None:
        body.themes.set(body.convention.themes.filter(pk__in=[one.pk for one in themes]))
    if places is not None:
        wanted = Q(pk__in=[])
        for key in places:
            level, _colon, code = key.partition(":")
            wanted |= Q(level=level, code=code)
        body.places.set(Territory.objects.filter(wanted))


@transaction.atomic
def create_body(*, by, convention, themes=None, places=None, **facts) -> Body:
    last = convention.bodies.order_by("-position").values_list("position", flat=True).first()
    body = Body(convention=convention, position=0 if last is None else last + 1)
    written(body, facts, BODY_FACTS)
    check_body(body)
    body.save()
    place(body, themes, places)
    record("body.create", by=by, target=body, convention=convention, after=told(body))
    return body


@transaction.atomic
def update_body(*, by, body, base_version: int, themes=None, places=None, **facts) -> Body:
    current = versioned(Body, body, base_version)
    before = told(current)
    written(current, facts, BODY_FACTS)
    check_body(current)
    current.version += 1
    current.save()
    place(current, themes, places)
    record(
        "body.update",
        by=by,
        target=current,
        convention=current.convention,
        before=before,
        after=told(current),
    )
    return current


@transaction.atomic
def end_body(*, by, body, on: str) -> Body:
    """It meets no more: its end, and that of the seats that were still held."""
    current = Body.objects.select_for_update(of=("self",)).get(pk=body.pk)
    before = {"ends_on": current.ends_on}
    current.ends_on = on
    current.version += 1
    check_body(current)
    current.save(update_fields=["ends_on", "version"])
    n_seats = current.mandates.filter(ends_on="").update(ends_on=on)
    record(
        "body.end",
        by=by,
        target=current,
        convention=current.convention,
        before=before,
        after={"ends_on": on, "n_seats": n_seats},
    )
    return current


@transaction.atomic
def bin_body(*, by, body) -> None:
    current = Body.objects.select_for_update(of=("self",)).get(pk=body.pk)
    if current.deleted_at:
        return
    coming = (Meeting.State.PLANNED, Meeting.State.INVITED)
    if current.meetings.standing().filter(state__in=coming).exists():
        # People may be on their way: the meeting is cancelled first, and they are told.
        raise StillMeets(current)
    if Decision.objects.filter(meeting__body=current).exists():
        raise ValidationError(
            _("Ses réunions ont pris des décisions\u00a0: elle reste. Mettez-y plutôt fin.")
        )
    current.deleted_at = timezone.now()
    current.save(update_fields=["deleted_at"])
    record("body.delete", by=by, target=current, convention=current.convention)


@transaction.atomic
def restore_body(*, by, body) -> None:
    current = Body.objects.select_for_update(of=("self",)).get(pk=body.pk)
    if current.deleted_at:
        current.deleted_at = None
        current.save(update_fields=["deleted_at"])
        record("body.restore", by=by, target=current, convention=current.convention)


# ---- seats ----


def told_of_seat(mandate: Mandate) -> dict:
    """What the trail keeps of a seat: no name of a person."""
    return {
        "seat_of": str(mandate.actor or ""),
        "seat_role": mandate.role,
        "has_vote": mandate.has_vote,
        "starts_on": mandate.starts_on,
        "ends_on": mandate.ends_on,
    }


def check_mandate(mandate: Mandate) -> None:
    mandate.full_clean(exclude=["body"])
    if not mandate.participant_id and not mandate.actor_id:
        raise ValidationError({"actor": _("Dites qui siège, ou pour quel organisme le siège est vacant.")})
    for field in ("participant", "substitute", "actor"):
        chosen = getattr(mandate, field)
        if chosen and chosen.convention_id != mandate.body.convention_id:
            raise ValidationError({field: _("Ce nom n’est pas de cette convention.")})
    if mandate.substitute_id and mandate.substitute_id == mandate.participant_id:
        raise ValidationError({"substitute": _("Le suppléant ne peut pas être le titulaire.")})
    if mandate.starts_on and mandate.ends_on and last_of(mandate.ends_on) < first_of(mandate.starts_on):
        raise ValidationError({"ends_on": _("Le mandat finirait avant d’avoir commencé.")})
    if mandate.participant_id and not mandate.ends_on:
        twice = Mandate.objects.filter(
            body=mandate.body_id, participant=mandate.participant_id, ends_on=""
        ).exclude(pk=mandate.pk)
        if twice.exists():
            # Counted twice, a quorum would be reached by one person.
            raise ValidationError({"participant": _("Cette personne siège déjà dans l’instance.")})


@transaction.atomic
def add_mandate(*, by, body, **facts) -> Mandate:
    # The body is locked: two people who add the same member add one.
    held = Body.objects.select_for_update(of=("self",)).get(pk=body.pk)
    mandate = Mandate(body=held)
    written(mandate, facts, MANDATE_FACTS)
    check_mandate(mandate)
    mandate.save()
    record("body.member_add", by=by, target=held, convention=held.convention, after=told_of_seat(mandate))
    return mandate


@transaction.atomic
def update_mandate(*, by, mandate, seen: str, **facts) -> Mandate:
    """Correct a seat; StaleRow when somebody changed it since its fingerprint was `seen`."""
    held = Body.objects.select_for_update(of=("self",)).get(pk=mandate.body_id)
    current = Mandate.objects.get(pk=mandate.pk)
    if fingerprint(current, MANDATE_FACTS) != seen:
        raise StaleRow(current)
    before = told_of_seat(current)
    written(current, facts, MANDATE_FACTS)
    current.body = held
    check_mandate(current)
    current.save()
    record(
        "body.member_update",
        by=by,
        target=held,
        convention=held.convention,
        before=before,
        after=told_of_seat(current),
    )
    return current


@transaction.atomic
def remove_mandate(*, by, mandate) -> None:
    """Take off a seat written by mistake: one that was really held is ended, not removed."""
    body = mandate.body
    record("body.member_remove", by=by, target=body, convention=body.convention, before=told_of_seat(mandate))
    mandate.delete()


# ---- contacts ----


def check_participant(participant: Participant) -> None:
    participant.name = " ".join(participant.name.split())
    participant.full_clean(exclude=["convention", "user"])
    if participant.actor_id and participant.actor.convention_id != participant.convention_id:
        raise ValidationError({"actor": _("Cet organisme n’est pas de cette convention.")})
    if participant.user_id and not participant.convention.roles.filter(user=participant.user_id).exists():
        raise ValidationError({"user": _("Ce compte n’est pas membre de cette convention.")})


def kept_of(participant: Participant) -> dict:
    """What the trail keeps of a contact: whose it is, never who."""
    return {"seat_of": str(participant.actor or ""), "function": participant.function}


@transaction.atomic
def add_participant(*, by, convention, **facts) -> Participant:
    participant = Participant(convention=convention)
    participant.is_fictitious = bool(facts.pop("is_fictitious", False))
    written(participant, facts, PARTICIPANT_FACTS)
    check_participant(participant)
    participant.save()
    record("participant.add", by=by, target=convention, convention=convention, after=kept_of(participant))
    return participant


@transaction.atomic
def update_participant(*, by, participant, base_version: int, **facts) -> Participant:
    current = versioned(Participant, participant, base_version)
    before = kept_of(current)
    changed = written(current, facts, PARTICIPANT_FACTS)
    check_participant(current)
    current.version += 1
    current.save()
    convention = current.convention
    after = kept_of(current) | {"changed": sorted(changed)}
    record("participant.update", by=by, target=convention, convention=convention, before=before, after=after)
    return current


def ends_after(seat: Mandate, on: str) -> bool:
    """Whether it would still be held once that date has begun."""
    return not seat.ends_on or last_of(seat.ends_on) > first_of(on)


@transaction.atomic
def leave(*, by, participant, on: str) -> Participant:
    """Somebody left their post: their seats end, and those of an organisation stand vacant."""
    current = Participant.objects.select_for_update(of=("self",)).get(pk=participant.pk)
    current.left_on = on
    current.version += 1
    check_participant(current)
    current.save(update_fields=["left_on", "version"])
    seats = [one for one in current.mandates.select_related("body", "actor") if ends_after(one, on)]
    for seat in seats:
        planned, seat.ends_on = seat.ends_on, on
        seat.save(update_fields=["ends_on"])
        if seat.actor_id:
            Mandate.objects.create(
                body=seat.body,
                actor=seat.actor,
                role=seat.role,
                has_vote=seat.has_vote,
                substitute=seat.substitute,
                starts_on=on,
                ends_on=planned,
            )
    replaced = [one.pk for one in current.substitutions.all() if ends_after(one, on)]
    Mandate.objects.filter(pk__in=replaced).update(substitute=None)
    record(
        "participant.leave",
        by=by,
        target=current.convention,
        convention=current.convention,
        after={**kept_of(current), "left_on": on, "n_seats": len(seats)},
    )
    return current


@transaction.atomic
def hand_over(*, by, participant, to: Participant | None, decisions) -> int:
    """Give to `to` the decisions that `participant` still had to carry out; return how many."""
    held = Decision.objects.open().filter(owner_person=participant)
    # Who has one of them open is told that it changed.
    n = held.filter(pk__in=[one.pk for one in decisions]).update(
        owner_person=to, reminded_on=None, version=F("version") + 1
    )
    if n:
        record(
            "participant.hand_over",
            by=by,
            target=participant.convention,
            convention=participant.convention,
            after={"n_decisions": n},
        )
    return n


@transaction.atomic
def erase_participant(*, by, participant) -> None:
    """Forget a contact that left. Their name stays where it was minuted, and nowhere else."""
    current = Participant.objects.select_for_update(of=("self",)).get(pk=participant.pk)
    if not current.left_on:
        raise ValidationError(_("Dites d’abord quand cette personne a quitté ses fonctions."))
    if Decision.objects.open().filter(owner_person=current).exists():
        raise ValidationError(_("Confiez d’abord à quelqu’un d’autre les décisions qu’elle suit."))
    convention = current.convention
    kept = current.attendances.update(participant=None)
    # Of a seat held in the past, the organisation and the dates are told by nobody once the name is gone.
    current.mandates.all().delete()
    record("participant.erase", by=by, target=convention, convention=convention, after={"n_minuted": kept})
    current.delete()
