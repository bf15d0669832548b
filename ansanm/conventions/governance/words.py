"""Bodies and meetings in words: the same on pages, in messages, in calendars and in documents."""

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ansanm.conventions.governance.zones import zone_of
from ansanm.conventions.models import Body
from ansanm.ui.formats import format_period

SHORT = {Body.Kind.COPIL: "COPIL", Body.Kind.COTECH: "COTECH"}


def short_name(body) -> str:
    """« COPIL » for a steering committee, its own name for another."""
    return SHORT.get(body.kind, body.name)


def ordinal(n: int) -> str:
    if (get_language() or "fr").startswith("en"):
        ending = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th") if n % 100 not in (11, 12, 13) else "th"
        return f"{n}{ending}"
    return "1er" if n == 1 else f"{n}e"


def meeting_name(meeting) -> str:
    """« 5e COPIL », « Groupe petite enfance, 2e réunion », « COTECH »."""
    name = short_name(meeting.body)
    if not meeting.rank:
        return name
    if meeting.body.kind in SHORT:
        return f"{ordinal(meeting.rank)} {name}"
    return _("%(body)s, réunion n° %(rank)s") % {"body": name, "rank": meeting.rank}


def when_words(meeting) -> str:
    """« 12 novembre 2026 à 14:30 », « novembre 2024 », « date non connue »."""
    if not meeting.held_on:
        return _("date non connue")
    day = format_period(meeting.held_on)
    if not meeting.starts_at:
        return day
    local = meeting.starts_at.astimezone(zone_of(meeting.body.convention))
    return _("%(day)s à %(hour)s") % {"day": day, "hour": f"{local:%H:%M}"}


def full_name(meeting) -> str:
    """« 5e COPIL, novembre 2024 »."""
    return f"{meeting_name(meeting)}, {when_words(meeting)}" if meeting.held_on else meeting_name(meeting)


def duration_words(minutes: int | None) -> str:
    """« 1 h 30 », « 45 min »."""
    if not minutes:
        return ""
    hours, left = divmod(minutes, 60)
    if not hours:
        return ngettext("%(n)s minute", "%(n)s minutes", left) % {"n": left}
    return f"{hours}\u00a0h\u00a0{left:02d}" if left else f"{hours}\u00a0h"
