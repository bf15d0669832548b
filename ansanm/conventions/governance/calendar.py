"""A meeting as calendars read it (RFC 5545, and RFC 5546 for invitations)."""

from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText

from ansanm.conventions.governance.words import meeting_name
from ansanm.conventions.governance.zones import zone_of
from ansanm.conventions.models import Meeting
from ansanm.engines.vague_dates import parse_canonical
from ansanm.ui.formats import format_period

# Where nobody said how long: an hour and a half is what a calendar holds free.
USUAL_MINUTES = 90
A_DAY = len("2026-11-12")


def host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "ansanm"


def event_of(meeting: Meeting) -> Event | None:
    """The meeting; on the last day it may be where only a month is known, None where nothing is."""
    if not meeting.held_on:
        return None
    event = Event()
    event.add("uid", f"{meeting.uid}@{host()}")
    name = meeting_name(meeting)
    if meeting.starts_at:
        zone = zone_of(meeting.body.convention)
        begins = meeting.starts_at.astimezone(zone)
        long = meeting.minutes_long or meeting.body.usual_minutes or USUAL_MINUTES
        event.add("dtstart", begins)
        event.add("dtend", begins + timedelta(minutes=long))
    else:
        day: date = parse_canonical(meeting.held_on).last_on
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        # A day of a vague date makes nobody busy.
        event.add("transp", "TRANSPARENT")
        if len(meeting.held_on) < A_DAY:
            name = f"{name} ({format_period(meeting.held_on)})"
    event.add("summary", name)
    # From the meeting and not from the clock: the same meeting is the same text.
    event.add("dtstamp", meeting.updated_at.astimezone(UTC))
    event.add("last-modified", meeting.updated_at.astimezone(UTC))
    event.add("sequence", meeting.sequence)
    if meeting.place:
        event.add("location", meeting.place)
    event.add("categories", [meeting.body.convention.name])
    page = reverse("meeting", args=[meeting.body.convention.slug, meeting.pk])
    event.add("url", f"{settings.SITE_URL}{page}")
    cancelled = meeting.state == Meeting.State.CANCELLED
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    return event


def message(meeting: Meeting, *, method: str, name: str, email: str, address: str = "") -> str:
    """The calendar of an invitation, for one person: REQUEST to come, CANCEL when it is cancelled."""
    event = event_of(meeting)
    # The page of the plan asks for an account: whoever is invited has their own address.
    del event["url"]
    if address:
        event.add("url", address)
    organiser = vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    organiser.params["CN"] = vText(meeting.body.convention.name)
    event["organizer"] = organiser
    attendee = vCalAddress(f"mailto:{email}")
    attendee.params["CN"] = vText(name)
    attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
    # The answer is given on its page: one sent by the mail programme would reach nobody.
    attendee.params["RSVP"] = vText("FALSE")
    event.add("attendee", attendee)
    words = [one for one in (meeting.title, meeting.url) if one]
    if address and method == "REQUEST":
        words.append(_("Répondre\u00a0: %(address)s") % {"address": address})
    if words:
        event.add("description", "\n".join(words))
    calendar = new_calendar(method)
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical().decode()


def new_calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Ansanm//Calendrier//FR")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def begins(meeting: Meeting) -> datetime | None:
    """Its hour where people meet; None where only the day is known."""
    return meeting.starts_at.astimezone(zone_of(meeting.body.convention)) if meeting.starts_at else None
