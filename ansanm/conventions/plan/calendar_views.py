"""The plan in time: what each month holds, and every action on one axis."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.models import Milestone
from ansanm.conventions.plan.pages import plan_context
from ansanm.conventions.views import find
from ansanm.engines.vague_dates import Bound, VagueDate, parse_canonical
from ansanm.ui import spans
from ansanm.ui.formats import format_period, format_vague, labelled


@dataclass(frozen=True)
class Event:
    """Something that happens: an action that starts or ends, a milestone that is due."""

    action: object
    what: str
    moment: VagueDate
    words: str
    is_done: bool = False
    is_late: bool = False

    @property
    def month(self) -> str:
        """ "2026-07" where the month is known; "" where the date is vaguer."""
        if self.moment.bound is not Bound.IN or "/" in self.moment.canonical:
            return ""
        return self.moment.canonical[:7] if self.moment.canonical[4:7].strip("-").isdecimal() else ""

    @property
    def years(self) -> set[int]:
        first, last = self.moment.first_on, self.moment.last_on
        return set(range((first or last).year, (last or first).year + 1))


def milestones_of(actions) -> dict[int, list[Milestone]]:
    found = defaultdict(list)
    for one in Milestone.objects.filter(action__in=[action.pk for action in actions]):
        found[one.action_id].append(one)
    return found


def events_of(actions, today) -> list[Event]:
    milestones = milestones_of(actions)
    events = []
    for action in actions:
        begun = action.status not in {"planned", "to_discuss"}
        for what, text, is_done in (
            (_("début"), action.starts, begun),
            (_("fin"), action.ends, action.status == "done"),
        ):
            if text:
                moment = parse_canonical(text)
                late = action.is_open and not is_done and moment.is_past(today)
                events.append(Event(action, what, moment, format_vague(text), is_done, late))
        for one in milestones[action.pk]:
            if one.due:
                moment = parse_canonical(one.due)
                done = bool(one.done_on)
                late = action.is_open and not done and moment.is_past(today)
                events.append(
                    Event(
                        action,
                        labelled(_("jalon"), one.title),
                        moment,
                        format_vague(one.due),
                        done,
                        late,
                    )
                )
    return sorted(events, key=lambda one: (one.moment.sort_key, one.action.pk))


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def calendar(request, slug):
    context = plan_context(request, "plan_calendar")
    found, today = context["filters"].found(), context["overview"].today
    events = events_of(found, today)
    known = sorted({year for one in events for year in one.years})
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and int(asked) in known else nearest(known, today.year)
    months, vague = defaultdict(list), []
    for one in events:
        if year not in one.years:
            continue
        (months[one.month] if one.month else vague).append(one)
    filters = context["filters"]
    context |= {
        "n_found": len(found),
        "year": year,
        "years": [(one, f"?{filters.page_query}year={one}") for one in known],
        "months": [(format_period(month), month, held) for month, held in sorted(months.items())],
        "this_month": f"{today:%Y-%m}",
        "vague": vague,
        "undated": [one for one in found if not one.starts and not one.ends],
    }
    return render(request, "conventions/plan/calendar.html", context)


def nearest(years: list[int], wanted: int) -> int:
    return min(years, key=lambda year: (abs(year - wanted), -year), default=wanted)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def timeline(request, slug):
    context = plan_context(request, "plan_timeline")
    found, today = context["filters"].found(), context["overview"].today
    milestones = milestones_of(found)
    moments = {
        action.pk: (action.starts_vague, action.ends_vague)
        for action in found
        if action.starts or action.ends
    }
    days = [
        day for pair in moments.values() for one in pair if one for day in (one.first_on, one.last_on) if day
    ]
    on = spans.axis(days)
    rows = []
    for action in found:
        if action.pk not in moments:
            continue
        start, end = (spans.Moment(one.first_on, one.last_on) if one else None for one in moments[action.pk])
        marks = [one.due_last_on for one in milestones[action.pk] if one.due_last_on]
        drawn = spans.span(
            on, start, end, marks=[inside(on, day) for day in marks], today=today, late=action.late
        )
        rows.append({"action": action, "drawing": drawn, "n_milestones": len(milestones[action.pk])})
    context |= {
        "n_found": len(found),
        "axis": on,
        "rows": rows,
        "undated": [one for one in found if one.pk not in moments],
    }
    return render(request, "conventions/plan/timeline.html", context)


def inside(on: spans.Axis, day: date) -> date:
    return min(max(day, on.first_on), on.last_on)
