"""Who sits in a body on a day: seats that had begun and had not ended, vacant ones among them."""

from datetime import date

from django.utils import timezone

from ansanm.conventions.models import Mandate
from ansanm.engines.vague_dates import parse_canonical

ORDER = {Mandate.Role.CHAIR: 0, Mandate.Role.CO_CHAIR: 1, Mandate.Role.MEMBER: 2,
         Mandate.Role.SECRETARY: 3, Mandate.Role.GUEST: 4}  # fmt: skip


def seats_of(body) -> list[Mandate]:
    """All those it ever had, chair first."""
    return in_order(with_names(body.mandates.all()))


def with_names(mandates):
    return mandates.select_related("participant__actor", "actor", "substitute")


def in_order(seats) -> list[Mandate]:
    return sorted(seats, key=lambda one: (ORDER[one.role], str(one.actor or ""), str(one), one.pk))


def holds(seat: Mandate, on: date) -> bool:
    """Whether the seat stands on that day: from its start, and until the eve of its end, the day that who
    follows begins. A vague start is its first day and a vague end its last: nobody is left out because a
    month was written without its day."""
    if seat.starts_on and parse_canonical(seat.starts_on).first_on > on:
        return False
    return not seat.ends_on or parse_canonical(seat.ends_on).last_on > on


def current_seats(body, on: date | None = None) -> list[Mandate]:
    """Those of the day; of a person who left their post, none."""
    on = on or timezone.localdate()
    return standing_among(with_names(body.mandates.all()), on)


def standing_among(seats, on: date) -> list[Mandate]:
    return in_order(one for one in seats if holds(one, on) and not has_left(one.participant, on))


def seats_on(meeting) -> list[Mandate]:
    """Those who sit on the day of the meeting; of a vague one, on the last day it may be."""
    on = parse_canonical(meeting.held_on).last_on if meeting.held_on else timezone.localdate()
    return current_seats(meeting.body, on)


def has_left(participant, on: date) -> bool:
    return bool(participant and participant.left_on and parse_canonical(participant.left_on).first_on <= on)
