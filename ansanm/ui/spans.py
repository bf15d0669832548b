"""Spans of time as drawings a line high: what is sure is full, what is vague is light, an open end is dashed.

Every row of a table has its own drawing on the same axis. The words of the dates stand beside it, so it
is hidden from screen readers.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.safestring import SafeString, mark_safe

from ansanm.ui.svg import element

WIDTH, HEIGHT = 1000, 20
TOP, THICK = 5, 10


@dataclass(frozen=True)
class Axis:
    """From the first day of a year to the last of another."""

    first_on: date
    last_on: date

    @property
    def years(self) -> list[int]:
        return list(range(self.first_on.year, self.last_on.year + 1))

    def x(self, day: date) -> float:
        share = (day - self.first_on).days / max((self.last_on - self.first_on).days, 1)
        return WIDTH * min(max(share, 0), 1)


def axis(days, *, most_years: int = 15) -> Axis | None:
    """The whole years that hold every day; the latest ones where there would be too many."""
    days = list(days)
    if not days:
        return None
    first, last = min(days).year, max(days).year
    first = max(first, last - most_years + 1)
    return Axis(date(first, 1, 1), date(last, 12, 31))


@dataclass(frozen=True)
class Moment:
    """When something starts or ends: between two days, either of them unknown."""

    first_on: date | None
    last_on: date | None


def span(
    on: Axis, start: Moment | None, end: Moment | None, *, marks=(), today: date, late=False
) -> SafeString:
    """Draw from `start` to `end`; either may be missing, which leaves that side open."""
    drawn = [_years(on)]
    # The four days that frame it, from the earliest start to the latest end; each may be unknown.
    left, sure_from = (start.first_on, start.last_on) if start else (None, None)
    sure_to, right = (end.first_on, end.last_on) if end else (None, None)
    if sure_from and sure_to and sure_from <= sure_to:
        drawn.append(_piece(on, sure_from, sure_to, "span-late" if late else "span-sure"))
        drawn += [_piece(on, left, sure_from, "span-vague"), _piece(on, sure_to, right, "span-vague")]
        known = (sure_from, sure_to)
    else:
        # It is under way between two days that nobody knows: nothing of it is sure.
        known = sorted(day for day in (left, sure_from, sure_to, right) if day)
        if not known:
            return _svg(drawn, on, today)
        drawn.append(_piece(on, known[0], known[-1], "span-vague"))
    if left is None:
        drawn.append(_open(0, on.x(known[0])))
    if right is None:
        drawn.append(_open(on.x(known[-1]), WIDTH))
    drawn += [_bar(on.x(day) - 2, on.x(day) + 2, "span-mark", TOP - 3, THICK + 6) for day in marks]
    return _svg(drawn, on, today)


def _piece(on: Axis, first: date | None, last: date | None, class_: str) -> str:
    if first is None or last is None or first >= last:
        return ""
    return _bar(on.x(first), on.x(last + timedelta(days=1)), class_)


def _bar(x, to, class_, y=TOP, height=THICK):
    # A day on an axis of years is thinner than a pixel: it still has to be seen.
    return element("rect", x=x, y=y, width=max(to - x, 3), height=height, class_=class_)


def _open(x, to):
    return (
        element("line", x1=x, y1=HEIGHT / 2, x2=to, y2=HEIGHT / 2, class_="span-open") if to - x > 1 else ""
    )


def _years(on: Axis):
    lines = [on.x(date(year, 1, 1)) for year in on.years[1:]]
    return "".join(element("line", x1=x, y1=0, x2=x, y2=HEIGHT, class_="span-year") for x in lines)


def _svg(drawn, on: Axis, today: date) -> SafeString:
    if on.first_on <= today <= on.last_on:
        x = on.x(today)
        drawn.append(element("line", x1=x, y1=0, x2=x, y2=HEIGHT, class_="span-today"))
    # Stretched to the width of its cell: no words inside, which would stretch too.
    markup = element(
        "svg",
        "".join(drawn),
        class_="span",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    return mark_safe(markup)  # numbers and our own class names, nothing that somebody typed
