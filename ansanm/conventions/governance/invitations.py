"""Who is invited, each message once, and what they answer by an address of their own.

A message is known by the meeting, its sequence, the person and their address: sending twice sends once,
and a meeting moved is another sequence, so that whoever was invited is written to again and nobody else.
The address of the answer is made from the secret of the instance, and only its hash is kept: the second
message to a person holds the same address as the first, and who reads the database holds neither.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from ansanm.accounts.audit import record
from ansanm.conventions.governance import calendar
from ansanm.conventions.governance.seats import current_seats, seats_on
from ansanm.conventions.governance.words import meeting_name, when_words
from ansanm.conventions.mail import send_later
from ansanm.conventions.models import Invitation, Mandate, Meeting, Participant
from ansanm.conventions.plan.telling import harmless
from ansanm.ui.formats import quoted

SALT = b"conventions.governance.invitation"
A_DAY = len("2026-11-12")


def token_of(meeting: Meeting, participant: Participant) -> str:
    words = f"{meeting.uid}:{participant.pk}".encode()
    secret = hashlib.sha256(SALT + settings.SECRET_KEY.encode()).digest()
    return base64.urlsafe_b64encode(hmac.digest(secret, words, "sha256")).decode().rstrip("=")


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invitation_of(token: str) -> Invitation | None:
    """That of this token. Found by its hash: how long that takes tells nothing of the token."""
    wanted = digest(token)
    found = (
        Invitation.objects.select_related("meeting__body__convention", "participant")
        .filter(token_sha256=wanted, meeting__deleted_at__isnull=True)
        .first()
    )
    return found if found and hmac.compare_digest(found.token_sha256, wanted) else None


def is_open(invitation: Invitation) -> bool:
    return invitation.meeting.state in (Meeting.State.PLANNED, Meeting.State.INVITED)


@dataclass(frozen=True)
class Guest:
    """One person who sits in the body, and where their invitation is."""

    seat: Mandate
    participant: Participant
    invitation: Invitation | None
    # "new": never written to; "again": the meeting moved since; "sent"; "no_email".
    state: str


@dataclass(frozen=True)
class Preview:
    guests: tuple[Guest, ...]
    vacant: tuple[Mandate, ...]
    # Invited to an earlier state of the body: they left since, and no message goes to them.
    gone: tuple[Invitation, ...]

    def of(self, *states) -> list[Guest]:
        return [one for one in self.guests if one.state in states]

    @property
    def to_write(self) -> list[Guest]:
        return self.of("new", "again")

    @property
    def no_email(self) -> list[Guest]:
        return self.of("no_email")


def preview(meeting: Meeting) -> Preview:
    """Who gets what if the button is pressed now."""
    held = {one.participant_id: one for one in meeting.invitations.select_related("participant")}
    guests, vacant, seen = [], [], set()
    for seat in seats_on(meeting):
        person = seat.participant
        if person is None:
            vacant.append(seat)
            continue
        if person.pk in seen:
            continue
        seen.add(person.pk)
        invitation = held.get(person.pk)
        guests.append(Guest(seat, person, invitation, state_of(meeting, person, invitation)))
    gone = tuple(one for pk, one in held.items() if pk not in seen)
    return Preview(tuple(guests), tuple(vacant), gone)


def state_of(meeting, person, invitation) -> str:
    if not person.email:
        return "no_email"
    # At an address corrected since, nothing was ever received.
    if invitation is None or invitation.sent_at is None or invitation.email != person.email:
        return "new"
    return "sent" if invitation.sequence == meeting.sequence else "again"


def whole(absolute, path: str) -> str:
    return absolute(path) if absolute else f"{settings.SITE_URL}{path}"


@transaction.atomic
def send(*, by, meeting, absolute=None) -> int:
    """Invite those who were not, and write again to those who were before it moved; return how many."""
    current = Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)
    if current.state not in (Meeting.State.PLANNED, Meeting.State.INVITED):
        raise ValidationError(_("Cette réunion est tenue ou annulée\u00a0: personne n’y est plus convoqué."))
    if len(current.held_on) < A_DAY:
        raise ValidationError(_("Dites d’abord le jour de la réunion\u00a0: une convocation l’annonce."))
    chosen = preview(current).to_write
    for guest in chosen:
        write(current, guest.participant, absolute=absolute, is_again=guest.state == "again")
    if chosen and current.state == Meeting.State.PLANNED:
        current.state = Meeting.State.INVITED
        current.version += 1
        current.save(update_fields=["state", "version"])
    if chosen:
        record(
            "meeting.invite",
            by=by,
            target=current,
            convention=current.body.convention,
            after={"n_told": len(chosen)},
        )
    return len(chosen)


def write(meeting, person: Participant, *, absolute=None, is_again=False) -> None:
    """One message with its calendar, in the language of the person, and the row that remembers it."""
    token = token_of(meeting, person)
    invitation, _is_new = Invitation.objects.get_or_create(meeting=meeting, participant=person)
    invitation.sequence, invitation.email = meeting.sequence, person.email
    invitation.sent_at, invitation.token_sha256 = timezone.now(), digest(token)
    invitation.save(update_fields=["sequence", "email", "sent_at", "token_sha256"])
    with override(language_of(person)):
        path = reverse("meeting_answer", args=[token])
        address = whole(absolute, path)
        name, when = meeting_name(meeting), when_words(meeting)
        subject = (
            _("Réunion déplacée\u00a0: %(name)s, %(when)s")
            if is_again
            else _("Convocation\u00a0: %(name)s, %(when)s")
        ) % {"name": name, "when": when}
        opening = (
            _("La réunion à laquelle vous étiez convoqué a changé. La voici telle qu’elle se tiendra.")
            if is_again
            else _("Vous êtes convoqué à la réunion suivante.")
        )
        text = "\n\n".join(
            [
                _("Bonjour %(name)s,") % {"name": harmless(person.name)},
                opening,
                "\n".join(facts_lines(meeting)),
                *agenda_lines(meeting),
                _(
                    "Dites si vous venez, sans compte ni mot de passe\u00a0:\n%(address)s\n"
                    "Cette adresse est personnelle\u00a0: ne la transmettez pas."
                )
                % {"address": address},
                signature(meeting),
            ]
        )
        ics = calendar.message(
            meeting, method="REQUEST", name=person.name, email=person.email, address=address
        )
    send_later(to=[person.email], subject=subject, text=text, key=key_of(meeting, person), calendar=ics)


def key_of(meeting, person) -> str:
    return f"convocation:{meeting.uid}:{person.pk}:{meeting.sequence}:{digest(person.email)[:16]}"


def language_of(person: Participant) -> str:
    return person.user.language if person.user_id and person.user.language else "fr"


def facts_lines(meeting) -> list[str]:
    lines = [f"{meeting_name(meeting)} – {harmless(meeting.body.name)}"]
    if meeting.title:
        lines.append(_("Objet\u00a0: %(text)s") % {"text": harmless(meeting.title)})
    lines.append(_("Date\u00a0: %(text)s") % {"text": when_words(meeting)})
    if meeting.place:
        lines.append(_("Lieu\u00a0: %(text)s") % {"text": harmless(meeting.place)})
    if meeting.url:
        # Typed in a field of its own by whoever holds the meeting: it is there to be clicked on.
        lines.append(_("Visioconférence\u00a0: %(text)s") % {"text": meeting.url})
    return lines


def agenda_lines(meeting) -> list[str]:
    items = [f"{n}. {harmless(one.title)}" for n, one in enumerate(meeting.items.all(), 1)]
    return ["\n".join([_("Ordre du jour\u00a0:"), *items])] if items else []


def signature(meeting) -> str:
    convention = meeting.body.convention
    return _("Convention %(name)s") % {"name": quoted(harmless(convention.name))}


def told_before(meeting):
    """Those whose message left and who still sit: somebody who left hears no more of the body."""
    sitting = {
        seat.participant_id
        for seat in (*seats_on(meeting), *current_seats(meeting.body))
        if seat.participant_id
    }
    return [
        one
        for one in meeting.invitations.filter(sent_at__isnull=False).select_related("participant__user")
        if one.participant_id in sitting and one.participant.email
    ]


def tell_moved(meeting, *, absolute=None) -> int:
    told = told_before(meeting)
    for one in told:
        write(meeting, one.participant, absolute=absolute, is_again=one.email == one.participant.email)
    return len(told)


def tell_cancelled(meeting, *, reason="", absolute=None) -> int:
    told = told_before(meeting)
    for one in told:
        person = one.participant
        with override(language_of(person)):
            name, when = meeting_name(meeting), when_words(meeting)
            parts = [
                _("Bonjour %(name)s,") % {"name": harmless(person.name)},
                _("La réunion à laquelle vous étiez convoqué est annulée."),
                "\n".join(facts_lines(meeting)),
            ]
            if reason:
                parts.append(_("Motif\u00a0: %(text)s") % {"text": harmless(reason)})
            parts.append(signature(meeting))
            ics = calendar.message(meeting, method="CANCEL", name=person.name, email=person.email)
            subject = _("Réunion annulée\u00a0: %(name)s, %(when)s") % {"name": name, "when": when}
        send_later(
            to=[person.email],
            subject=subject,
            text="\n\n".join(parts),
            key=key_of(meeting, person),
            calendar=ics,
        )
        one.sequence, one.email = meeting.sequence, person.email
        one.save(update_fields=["sequence", "email"])
    return len(told)


class AnswersClosed(Exception):
    """The meeting was held, cancelled or put in the bin."""


@transaction.atomic
def answer(*, invitation, answer: str, note="") -> Invitation:
    """What the person of a link says; the last answer counts."""
    current = (
        Invitation.objects.select_for_update(of=("self",)).select_related("meeting").get(pk=invitation.pk)
    )
    if not is_open(current) or current.meeting.deleted_at:
        raise AnswersClosed
    if answer not in (Invitation.Answer.YES, Invitation.Answer.REPRESENTED, Invitation.Answer.NO):
        raise ValidationError({"answer": _("Choisissez une réponse.")})
    if answer == Invitation.Answer.REPRESENTED and not note.strip():
        raise ValidationError({"note": _("Dites qui vous représentera.")})
    current.answer, current.note = answer, " ".join(note.split())[:300]
    current.answered_at = timezone.now()
    current.save(update_fields=["answer", "note", "answered_at"])
    return current


@transaction.atomic
def answer_for(*, by, meeting, participant, given: str, note="") -> Invitation:
    """What somebody said on the telephone, written by who called; "" takes it back."""
    current = Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)
    if current.state not in (Meeting.State.PLANNED, Meeting.State.INVITED):
        raise ValidationError(_("Cette réunion est tenue ou annulée."))
    if given not in Invitation.Answer.values:
        raise ValidationError(_("Cette réponse n’existe pas."))
    invitation, _is_new = Invitation.objects.get_or_create(meeting=current, participant=participant)
    invitation.answer, invitation.note = given, " ".join(note.split())[:300]
    invitation.answered_at = timezone.now() if given else None
    invitation.save(update_fields=["answer", "note", "answered_at"])
    record("meeting.answer", by=by, target=current, convention=current.body.convention)
    return invitation
