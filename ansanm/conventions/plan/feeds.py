"""The ends of actions, their milestones and the meetings as a calendar that a phone subscribes to.

Whoever holds the address reads the feed, without account: it is secret, kept as its hash, revocable,
and holds titles, dates and where people meet. It shows what its owner may read at the moment it is read.
"""

import hashlib
import hmac
import secrets
from datetime import date, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from icalendar import Calendar, Event

from ansanm.accounts.audit import record
from ansanm.conventions.governance import calendar as meetings
from ansanm.conventions.models import Action, Convention, FeedAddress, Meeting, Status
from ansanm.engines.vague_dates import parse_canonical
from ansanm.ui.formats import format_vague

TOKEN_BYTES = 32
# A person has a phone, a computer and a colleague's wall screen; a hundred addresses is a mistake.
MOST_ADDRESSES = 10
# How often a calendar programme is asked to come back.
REFRESH = timedelta(hours=6)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def feed_of(token: str) -> FeedAddress | None:
    """The feed of this token, revoked or not. Found by its hash: how long that takes tells nothing."""
    wanted = digest(token)
    feed = (
        FeedAddress.objects.select_related("user", "convention", "body").filter(token_sha256=wanted).first()
    )
    return feed if feed and hmac.compare_digest(feed.token_sha256, wanted) else None


@transaction.atomic
def create_feed(*, by, convention=None, body=None) -> tuple[FeedAddress, str]:
    """The feed and its token, which is shown once; of all the conventions of the person, of one, or of
    the meetings of one of its bodies and nothing else."""
    convention = body.convention if body else convention
    if by.feeds.filter(revoked_at__isnull=True).count() >= MOST_ADDRESSES:
        raise ValidationError(
            _("Vous avez déjà %(n)s adresses\u00a0: révoquez-en une d’abord.") % {"n": MOST_ADDRESSES}
        )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    feed = FeedAddress.objects.create(user=by, convention=convention, body=body, token_sha256=digest(token))
    record("feed.create", by=by, target=feed, convention=convention)
    return feed, token


@transaction.atomic
def revoke_feed(*, by, feed) -> None:
    if feed.revoked_at is None:
        feed.revoked_at = timezone.now()
        feed.save(update_fields=["revoked_at"])
        record("feed.revoke", by=by, target=feed, convention=feed.convention)


def conventions_of(feed: FeedAddress) -> list[Convention]:
    """Those it shows today; none once its owner has left them."""
    if feed.revoked_at or not feed.user.is_active:
        return []
    visible = Convention.objects.visible_to(feed.user)
    return list(visible.filter(pk=feed.convention_id) if feed.convention_id else visible)


def calendar_of(feed: FeedAddress, conventions: list[Convention]) -> bytes:
    """The same bytes as long as nothing changed: what a 304 is decided on."""
    with override(feed.user.language):
        name = conventions[0].name if feed.convention_id else _("Mes conventions")
        if feed.body_id:
            name = f"{feed.body.name} – {name}"
        calendar = Calendar()
        calendar.add("prodid", "-//Ansanm//Calendrier//FR")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", f"Ansanm – {name}")
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", REFRESH)
        for meeting in meetings_of(feed, conventions):
            if event := meetings.event_of(meeting):
                calendar.add_component(event)
        if not feed.body_id:
            actions = (
                Action.objects.standing()
                .filter(convention__in=conventions)
                .select_related("convention")
                .prefetch_related("milestones")
                .order_by("convention", "position", "pk")
            )
            for action in actions:
                for event in events_of(action):
                    calendar.add_component(event)
        # What an hour of La Réunion is: a calendar that does not know the zone reads it here.
        calendar.add_missing_timezones()
        return calendar.to_ical()


def meetings_of(feed: FeedAddress, conventions):
    found = Meeting.objects.standing().filter(
        body__convention__in=conventions, body__deleted_at__isnull=True, body__is_external=False
    )
    if feed.body_id:
        found = found.filter(body=feed.body_id)
    return (
        found.exclude(held_on="")
        .select_related("body__convention")
        .prefetch_related("body__convention__territories")
        .order_by("pk")
    )


def events_of(action: Action):
    # Keyed by what does not move: a calendar then changes its event instead of adding one.
    if ends_on := last_day(action.ends):
        words = _("Fin\u00a0: %(title)s") % {"title": action.title}
        yield event_of(action, f"action-{action.pk}-end", words, action.ends, ends_on)
    for one in action.milestones.all():
        if due_on := last_day(one.due):
            words = _("Jalon atteint\u00a0: %(title)s") if one.done_on else _("Jalon\u00a0: %(title)s")
            key = f"action-{action.pk}-{one.key}"
            event = event_of(action, key, words % {"title": one.title}, one.due, due_on)
            event.add("description", action.title)
            yield event


def last_day(vague: str) -> date | None:
    """The day by which it will be over; None for « pas avant… », which no day of a calendar can say."""
    return parse_canonical(vague).last_on if vague else None


def event_of(action: Action, key: str, words: str, vague: str, day: date) -> Event:
    event = Event()
    event.add("uid", f"{key}@{urlsplit(settings.SITE_URL).hostname or 'ansanm'}")
    # « second semestre 2026 » falls on 31 December: the title says that the day is not known.
    is_a_day = len(vague) == len("2026-07-15")
    event.add("summary", words if is_a_day else f"{words} ({format_vague(vague)})")
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    # Both from the fiche, not from the clock: the same fiche is the same text.
    event.add("dtstamp", action.updated_at)
    event.add("last-modified", action.updated_at)
    event.add("sequence", action.version)
    event.add("categories", [action.convention.name])
    event.add("url", f"{settings.SITE_URL}{action.get_absolute_url()}")
    # A day of the plan does not make a person busy.
    event.add("transp", "TRANSPARENT")
    event.add("status", "CANCELLED" if action.status == Status.ABANDONED else "CONFIRMED")
    return event
