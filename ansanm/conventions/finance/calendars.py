"""The days of the COF: a page, a calendar file, and one reminder by mail before and after each."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from icalendar import Calendar, Event

from ansanm.conventions.finance.overview import Overview, Row, day_words
from ansanm.conventions.mail import send_later
from ansanm.conventions.models import Convention, EquipmentManager, MailPreference, Phase
from ansanm.jobs.registry import handler
from ansanm.ui.downloads import attached
from ansanm.ui.formats import format_day

KIND = "finance.reminders"
# Before the day, and once more after it: a mail of each.
AHEAD, AFTER = timedelta(days=7), timedelta(days=7)
DECLARED_BY = {
    "forecast_due": Phase.FORECAST,
    "update_1_due": Phase.UPDATE_1,
    "update_2_due": Phase.UPDATE_2,
    "actual_due": Phase.ACTUAL,
}


@dataclass(frozen=True)
class Happening:
    """One day of one COF."""

    row: Row
    key: str
    on: date
    state: str  # "", done, late
    is_confirmed: bool

    @property
    def title(self) -> str:
        return day_words(self.key)


def of_row(row: Row) -> list[Happening]:
    expected = {phase for phase, _day, _late in row.expected}
    found = []
    for day in row.calendar:
        phase = DECLARED_BY.get(day.key)
        state = ""
        if phase:
            late = day.on < row.today
            state = ("late" if late else "") if phase in expected else "done"
        is_confirmed = day.used is None or day.used.value.status.value in ("confirmed", "entered")
        found.append(Happening(row, day.key, day.on, state, is_confirmed))
    return found


def events(overview: Overview, since: date | None = None) -> list[Happening]:
    """The days of all, from `since` on; one that is late stays until it is dealt with."""
    found = [
        one
        for row in overview.rows
        for one in of_row(row)
        if since is None or one.on >= since or one.state == "late"
    ]
    return sorted(found, key=lambda one: (one.on, one.key, one.row.agreement.pk))


def written(overview: Overview) -> bytes:
    """The same bytes as long as nothing changed."""
    calendar = Calendar()
    calendar.add("prodid", "-//Ansanm//Financements//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"Ansanm – {overview.convention.name}")
    host = urlsplit(settings.SITE_URL).hostname or "ansanm"
    for one in events(overview):
        agreement = one.row.agreement
        event = Event()
        event.add("uid", f"cof-{agreement.pk}-{one.key}@{host}")
        event.add("summary", f"{one.title} – {agreement.equipment}")
        event.add("description", str(agreement))
        event.add("dtstart", one.on)
        event.add("dtend", one.on + timedelta(days=1))
        event.add("dtstamp", agreement.opened_at)
        event.add("sequence", agreement.version)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return calendar.to_ical()


def answered(overview: Overview, name: str):
    return attached(written(overview), name, "text/calendar; charset=utf-8")


@handler(KIND)
def remind(progress) -> dict:
    """Write to those who declare what is due within a week, or was due last week; once each."""
    conventions = Convention.objects.filter(funding_agreements__settled_at=None).distinct()
    total = conventions.count()
    n = 0
    for done, convention in enumerate(conventions.order_by("pk")):
        progress(done, total, "")
        n += remind_convention(convention)
    return {"n_due": n}


@transaction.atomic
def remind_convention(convention) -> int:
    by_person: dict[int, list[Happening]] = {}
    people = {}
    overview = Overview(convention)
    due = [
        one
        for one in events(overview)
        if one.key in DECLARED_BY
        and one.state != "done"
        and overview.today - AFTER <= one.on <= overview.today + AHEAD
    ]
    managers = EquipmentManager.objects.filter(
        equipment__in=[one.row.agreement.equipment_id for one in due], user__is_active=True
    ).exclude(user__mail_preference__rhythm=MailPreference.Rhythm.NEVER)
    members = set(convention.roles.values_list("user_id", flat=True))
    for held in managers.select_related("user"):
        if held.user_id in members:
            people[held.user_id] = held.user
            mine = [one for one in due if one.row.agreement.equipment_id == held.equipment_id]
            by_person.setdefault(held.user_id, []).extend(mine)
    n = 0
    for pk, happenings in by_person.items():
        for one in happenings:
            n += tell(people[pk], convention, one)
    return n


def tell(user, convention, one: Happening) -> int:
    agreement = one.row.agreement
    is_late = one.state == "late"
    # The outbox keeps a key for thirty days, and a reminder is due during seven: once.
    key = f"cof:{agreement.pk}:{one.key}:{one.on.isoformat()}:{'late' if is_late else 'soon'}:{user.pk}"
    with override(user.language):
        url = reverse("finance_declare", args=[convention.slug, agreement.pk, DECLARED_BY[one.key]])
        subject = (_("En retard\u00a0: %(what)s") if is_late else _("Dans la semaine\u00a0: %(what)s")) % {
            "what": one.title
        }
        text = _(
            "%(title)s le %(day)s pour %(equipment)s (%(device)s, %(year)s).\n\nDéclarer\u00a0: %(url)s\n"
        ) % {
            "title": one.title,
            "day": format_day(one.on),
            "equipment": agreement.equipment,
            "device": agreement.get_device_display(),
            "year": agreement.year,
            "url": f"{settings.SITE_URL}{url}",
        }
        send_later(to=[user.email], subject=subject, text=text, key=key)
    return 1
