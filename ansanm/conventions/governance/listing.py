"""Meetings in order of time: those to come, and a year of them month by month."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from babel.dates import get_month_names
from django.db.models import Q
from django.utils.translation import get_language

from ansanm.conventions.models import Meeting
from ansanm.engines.vague_dates import parse_canonical

COMING = (Meeting.State.PLANNED, Meeting.State.INVITED)


def meetings_of(conventions):
    """Those that stand, of bodies that stand."""
    return (
        Meeting.objects.standing()
        .filter(body__convention__in=conventions, body__deleted_at__isnull=True)
        .select_related("body__convention")
        .prefetch_related("body__convention__territories")
    )


def still_to_come(meetings, today: date) -> list[Meeting]:
    """Planned or invited, and not wholly past: the soonest first, by the first day it may be."""
    found = [
        one
        for one in meetings.filter(Q(state__in=COMING)).exclude(held_on="")
        if parse_canonical(one.held_on).last_on >= today
    ]
    return sorted(found, key=lambda one: (*parse_canonical(one.held_on).sort_key, one.pk))


def upcoming(convention, today: date) -> list[Meeting]:
    return still_to_come(meetings_of([convention]), today)


@dataclass(frozen=True)
class Month:
    name: str
    meetings: list[Meeting]


def year_of(meetings: list[Meeting], year: int) -> tuple[list[Month], list[Meeting]]:
    """The twelve months with their meetings, and those of which only the year is known."""
    by_month, somewhere = defaultdict(list), []
    for one in meetings:
        if not one.held_on.startswith(f"{year:04d}"):
            continue
        if len(one.held_on) == len("2026"):
            somewhere.append(one)
        else:
            by_month[int(one.held_on[5:7])].append(one)
    names = get_month_names("wide", locale=(get_language() or "fr")[:2])
    months = [
        Month(names[n], sorted(by_month[n], key=lambda one: (one.held_on, one.pk))) for n in range(1, 13)
    ]
    return months, somewhere
