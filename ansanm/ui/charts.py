"""Charts, drawn on the server as SVG: for the page, for PDF, and (documents/pixels.py) for Word.

Each has a title that says what it shows, a reading in one sentence, and its table. Drawn here
rather than by Vega-Lite (`vl-convert`): a chart is 0.3 ms instead of 32 ms and no 190 MB engine in
each web process, so the page of a village nobody asked for before is as fast as the others; it is
laid out again for a phone instead of shrunk; and its colours follow the theme.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ansanm.ui.formats import format_interval, format_number, format_period, listed_apart
from ansanm.ui.scales import Scale, nice_ticks, spread
from ansanm.ui.svg import drawing, element, number, shorten, text, text_width

WIDE, NARROW = 560, 320
DASHES = ("", "6 3", "2 3", "9 3 2 3")


@dataclass(frozen=True)
class Chart:
    title: str
    reading: str
    columns: tuple[str, ...]  # of the table; all but the first hold numbers
    rows: tuple[tuple[str, ...], ...]
    draw: Callable[[int], tuple[float, str]] = field(repr=False)  # width -> (height, markup)
    note: str = ""

    def svg(self, width: int = WIDE) -> SafeString:
        height, markup = self.draw(width)
        return mark_safe(drawing(width, height, markup, label=self.title))  # escaped piece by piece in svg.py

    @cached_property
    def svg_wide(self) -> SafeString:
        return self.svg(WIDE)

    @cached_property
    def svg_narrow(self) -> SafeString:
        return self.svg(NARROW)

    @property
    def table(self) -> tuple[tuple[str, ...], ...]:
        return (self.columns, *self.rows)


@dataclass(frozen=True)
class Point:
    period: str
    value: float | None
    declared: bool = False
    absence: str = ""  # what the table says instead of a value: « secret », « donnée absente »
    bounds: tuple[float, float] | None = None  # lowest and highest it may be, where that is known


@dataclass(frozen=True)
class Line:
    name: str
    points: Sequence[Point]
    own: bool = False


def months(period: str) -> int:
    """The place of a period on the axis: a year stands at its January, whatever its day of count."""
    year, _, rest = period.partition("-")
    return int(year) * 12 + (int(rest[:2]) - 1 if rest else 0)


def segments(points: Sequence[Point], breaks: Sequence[tuple[str, str]] = ()) -> list[list[Point]]:
    """Runs of points that may be joined: an absent value, a break or a declared figure cuts the line."""
    runs: list[list[Point]] = [[]]
    for point in points:
        if point.declared:
            continue
        last = runs[-1][-1].period if runs[-1] else None
        if last and any(last <= before and point.period >= after for before, after in breaks):
            runs.append([])
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def line(
    lines: Sequence[Line],
    *,
    title: str,
    unit: str = "",
    reading: str = "",
    decimals: int | None = None,
    breaks: Sequence[tuple[str, str]] = (),
    rounding: float = 0,
    note: str = "",
    language: str | None = None,
) -> Chart:
    """Values over time: the territory in colour, comparators in grey, each named at its end.

    `breaks` are pairs of periods (before, after) that no line may join; `rounding` is the width of
    the band around the territory's line (a count rounded to 5 has ± 2.5).
    """

    def shown(value):
        return format_number(value, unit, decimals, language)

    drawn = [one for one in lines if any(point.value is not None for point in one.points)]
    every = [point for one in drawn for point in one.points if point.value is not None]

    def draw(width):
        if not every:
            return 40, text(0, 24, gettext("Aucune valeur publiée."), "muted")
        is_wide = width > 450
        values = [point.value for point in every]
        low, high = min(values) - rounding / 2, max(values) + rounding / 2
        ends_known = [end for point in every if point.bounds for end in point.bounds]
        low, high = min([low, *ends_known]), max([high, *ends_known])
        if 0 < low < 0.4 * high:
            low = 0
        ticks, tick_decimals = nice_ticks(low, high, 4)
        tick_words = [
            format_number(
                tick, unit if decimals is not None or tick_decimals else unit, tick_decimals, language
            )
            for tick in ticks
        ]
        left = max(text_width(words, 12) for words in tick_words) + 10
        ends = []
        for one in drawn:
            last = [point for point in one.points if point.value is not None and not point.declared] or [
                point for point in one.points if point.value is not None
            ]
            ends.append((one, last[-1]))
        # On a phone only the territory's value fits beside the names; the table has the others.
        words_at_end = [(one.name, f" {shown(end.value)}" if is_wide or one.own else "") for one, end in ends]
        words_at_end = [
            (name, value if is_wide or text_width(name + value) < 0.36 * width else "")
            for name, value in words_at_end
        ]
        widest = max(text_width(name + value) for name, value in words_at_end)
        gutter = min(widest * 1.04 + 14, width * 0.42)
        height, top, bottom = (250, 14, 28) if is_wide else (230, 14, 28)
        periods = sorted({point.period for point in every}, key=months)
        first, last = months(periods[0]), months(periods[-1])
        x = Scale(first, last if last > first else first + 1, left + 6, width - gutter)
        if last == first:
            x = Scale(first - 6, first + 6, left + 6, width - gutter)
        y = Scale(ticks[0], ticks[-1], height - bottom, top)

        parts = []
        for tick, words in zip(ticks, tick_words, strict=True):
            parts.append(
                element(
                    "path", stroke="grid", d=f"M{number(left)} {number(y(tick))}H{number(width - gutter)}"
                )
            )
            parts.append(text(left - 6, y(tick) + 4, words, "muted", "end", size=12))
        parts += _period_labels(periods, x, height - 8, width, language)
        for before, after in breaks:
            if first <= months(before) and months(after) <= last:
                middle = (x(months(before)) + x(months(after))) / 2
                parts.append(
                    element(
                        "path",
                        stroke="rule",
                        stroke_dasharray="3 3",
                        d=f"M{number(middle)} {top}V{height - bottom}",
                    )
                )
        surest = next((one for one in drawn if one.own), drawn[0])
        if rounding or any(point.bounds for point in surest.points):
            parts += _band(surest, breaks, rounding / 2, x, y)
        others = [one for one in drawn if not one.own]
        for one in [*others, *(one for one in drawn if one.own)]:
            dash = (
                {"stroke_dasharray": DASHES[others.index(one) % 4]}
                if not one.own and DASHES[others.index(one) % 4]
                else {}
            )
            for run in segments(one.points, breaks):
                path = "L".join(f"{number(x(months(p.period)))} {number(y(p.value))}" for p in run)
                if len(run) > 1:
                    parts.append(
                        element("path", stroke="own" if one.own else "comparator", d=f"M{path}",
                                stroke_width=2.5 if one.own else 1.5, stroke_linejoin="round", **dash)
                    )  # fmt: skip
                for point in run if one.own or len(run) == 1 else []:
                    parts.append(
                        element(
                            "circle",
                            paint="own" if one.own else "comparator",
                            cx=x(months(point.period)),
                            cy=y(point.value),
                            r=3 if one.own else 2.5,
                        )
                    )
            for point in one.points:
                if point.declared and point.value is not None:
                    px, py = x(months(point.period)), y(point.value)
                    parts.append(
                        element("path", paint="surface", stroke="warm", stroke_width=2,
                                d=f"M{number(px)} {number(py - 6)}l6 6-6 6-6-6z")
                    )  # fmt: skip
        places = spread([y(end.value) for _, end in ends], gap=16, low=top, high=height - bottom)
        for (one, end), (name, value), place in zip(ends, words_at_end, places, strict=True):
            name = shorten(name, gutter - 14 - text_width(value))
            edge = width - gutter + 8
            if abs(place - y(end.value)) > 3:
                parts.append(
                    element(
                        "path",
                        stroke="grid",
                        d=f"M{number(edge - 7)} {number(y(end.value))}L{number(edge - 1)} {number(place)}",
                    )
                )
            parts.append(text(edge, place + 4, name + value, "own" if one.own else "muted", bold=one.own))
        return height, "".join(parts)

    periods = sorted({point.period for one in lines for point in one.points}, key=months)
    rows, declared = [], gettext("déclaré")
    for period in periods:
        cells = [format_period(period, language)]
        for one in lines:
            points = [point for point in one.points if point.period == period]
            words = [
                (shown(point.value) or point.absence or gettext("donnée absente"))
                + (f" ({declared})" if point.declared else "")
                for point in points
            ]
            cells.append(listed_apart(words) or "–")
        rows.append(tuple(cells))
    columns = (gettext("Période"), *(one.name for one in lines))
    return Chart(title, reading, columns, tuple(rows), draw, note)


def _period_labels(periods, x, baseline, width, language):
    """As many periods as fit, the last one first: it is the one read most."""
    parts, free_until = [], width + 30
    yearly = len({period[4:7] for period in periods}) == 1
    for period in sorted(periods, key=months, reverse=True):
        words = period[:4] if yearly or len(period) == 4 else f"{period[5:7]}/{period[:4]}"
        half = text_width(words, 12) / 2
        place = x(months(period))
        if place + half > free_until - 10:
            continue
        parts.append(text(place, baseline, words, "muted", "middle", size=12))
        free_until = place - half
    return parts


def _band(one, breaks, half, x, y):
    """What the value may be around its line; a point alone has a bar, a value without bounds is sure."""

    def ends(point):
        return point.bounds or (point.value - half, point.value + half)

    parts = []
    for run in segments(one.points, breaks):
        if len(run) > 1:
            above = [f"{number(x(months(p.period)))} {number(y(ends(p)[1]))}" for p in run]
            below = [f"{number(x(months(p.period)))} {number(y(ends(p)[0]))}" for p in reversed(run)]
            parts.append(element("path", paint="own", opacity=".15", d=f"M{'L'.join(above + below)}z"))
        else:
            low, high = ends(run[0])
            at = number(x(months(run[0].period)))
            parts.append(element("path", stroke="own", d=f"M{at} {number(y(low))}V{number(y(high))}"))
    return parts


@dataclass(frozen=True)
class Bar:
    name: str
    value: float | None
    own: bool = False
    absence: str = ""
    bounds: tuple[float, float] | None = None  # lowest and highest it may be, where that is known


def bars(
    rows: Sequence[Bar],
    *,
    title: str,
    unit: str = "",
    reading: str = "",
    decimals: int | None = None,
    name_of_rows: str = "",
    name_of_values: str = "",
    note: str = "",
    language: str | None = None,
) -> Chart:
    """Horizontal bars from zero, each with its value at its end."""

    def words_of(row):
        return format_number(row.value, unit, decimals, language) or row.absence or gettext("donnée absente")

    def draw(width):
        longest = max((text_width(row.name) for row in rows), default=0)
        # Names too long to stand beside their bars stand above them, as on a phone.
        is_wide = width > 450 and longest < 0.42 * width
        values = [row.value for row in rows if row.value is not None] or [0]
        values += [end for row in rows if row.value is not None and row.bounds for end in row.bounds]
        low, high = min(0, *values), max(0, *values)
        names = longest + 14 if is_wide else 0
        right = max((text_width(words_of(row)) for row in rows if row.value is not None), default=0) + 12
        before = right if low < 0 else 0
        x = Scale(low, high if high > low else low + 1, names + before, width - right)
        step, thickness = (26, 16) if is_wide else (40, 12)
        parts = []
        for i, row in enumerate(rows):
            top = i * step + (5 if is_wide else 22)
            middle = top + thickness / 2
            paint = "own" if row.own or not any(one.own for one in rows) else "comparator"
            if is_wide:
                parts.append(
                    text(names - 10, middle + 4.5, shorten(row.name, names - 12), "ink", "end", bold=row.own)
                )
            else:
                parts.append(text(0, top - 6, shorten(row.name, width), "ink", bold=row.own))
            if row.value is None:
                parts.append(text(x(0) + 6, middle + 4.5, words_of(row), "muted"))
                continue
            start, end = sorted((x(0), x(row.value)))
            parts.append(
                element("rect", paint=paint, x=start, y=top, width=max(end - start, 0.5), height=thickness)
            )
            is_left = row.value < 0
            if row.bounds:
                least, most = x(row.bounds[0]), x(row.bounds[1])
                whisker = f"M{number(least)} {number(middle)}H{number(most)}"
                ends = "".join(f"M{number(one)} {number(middle - 4)}v8" for one in (least, most))
                parts.append(element("path", stroke="ink", stroke_width=1.5, d=whisker + ends))
                start, end = min(start, least), max(end, most)
            parts.append(
                text(
                    start - 6 if is_left else end + 6,
                    middle + 4.5,
                    words_of(row),
                    "ink",
                    "end" if is_left else "start",
                    bold=row.own,
                )
            )
        height = len(rows) * step + 6
        if is_wide:
            parts.append(element("path", stroke="ink", d=f"M{number(x(0))} 0V{number(height)}"))
        return height, "".join(parts)

    table = tuple((row.name, words_of(row)) for row in rows)
    columns = (name_of_rows or gettext("Territoire"), name_of_values or gettext("Valeur"))
    if any(row.bounds for row in rows):
        shown = [format_interval(row.bounds, unit, decimals, language) if row.bounds else "–" for row in rows]
        table = tuple((*line, words) for line, words in zip(table, shown, strict=True))
        columns = (*columns, gettext("Intervalle"))
    return Chart(title, reading, columns, table, draw, note)


@dataclass(frozen=True)
class Band:
    """People of an age group; `reference_*` are the comparator's shares of its own population, 0 to 1."""

    label: str
    men: float
    women: float
    reference_men: float | None = None
    reference_women: float | None = None


def pyramid(
    bands: Sequence[Band],
    *,
    title: str,
    reading: str = "",
    reference_name: str = "",
    note: str = "",
    language: str | None = None,
) -> Chart:
    """Age pyramid in shares of the population, the youngest at the bottom, men on the left.

    The comparator is a line over the bars: two pyramids of different sizes share one scale.
    """
    total = sum(band.men + band.women for band in bands) or 1

    def percent(share):
        return format_number(100 * share, "percent", 1, language)

    def draw(width):
        middle_width = max(text_width(band.label, 12) for band in bands) + 14
        step = 15 if width > 450 else 14
        top = 26
        top_share = max(
            max(band.men / total, band.women / total, band.reference_men or 0, band.reference_women or 0)
            for band in bands
        )
        ticks, _ = nice_ticks(0, 100 * top_share, 3)
        side = (width - middle_width) / 2
        reach = Scale(0, ticks[-1] / 100, 0, side - 6)
        left, right = side, side + middle_width
        base = top + step * len(bands)
        parts = [
            text(left - 4, 14, gettext("Hommes"), "men", "end", bold=True),
            text(right + 4, 14, gettext("Femmes"), "women", bold=True),
        ]
        for tick in ticks:
            offset = reach(tick / 100)
            for place in {left - offset, right + offset}:
                parts.append(element("path", stroke="grid", d=f"M{number(place)} {top}V{number(base)}"))
            words = percent(tick / 100) if tick != int(tick) else format_number(tick, "percent", 0, language)
            if tick:
                parts.append(
                    text(
                        left - offset,
                        base + 15,
                        words,
                        "muted",
                        "middle" if tick < ticks[-1] else "start",
                        size=12,
                    )
                )
                parts.append(
                    text(
                        right + offset,
                        base + 15,
                        words,
                        "muted",
                        "middle" if tick < ticks[-1] else "end",
                        size=12,
                    )
                )
        lines = {"men": [], "women": []}
        for i, band in enumerate(reversed(bands)):
            y = top + i * step
            men, women = reach(band.men / total), reach(band.women / total)
            parts.append(element("rect", paint="men", x=left - men, y=y, width=men, height=step - 2))
            parts.append(element("rect", paint="women", x=right, y=y, width=women, height=step - 2))
            parts.append(text(side + middle_width / 2, y + step - 4, band.label, "muted", "middle", size=11))
            if band.reference_men is not None and band.reference_women is not None:
                lines["men"].append(f"{number(left - reach(band.reference_men))} {number(y)}v{step}")
                lines["women"].append(f"{number(right + reach(band.reference_women))} {number(y)}v{step}")
        for steps in lines.values():
            if steps:
                parts.append(element("path", stroke="ink", stroke_width=1.75, d=f"M{'L'.join(steps)}"))
        height = base + 22
        if reference_name:
            parts.append(element("path", stroke="ink", stroke_width=1.75, d=f"M0 {number(height + 6)}h20"))
            parts.append(text(26, height + 10, reference_name, "ink", size=12))
            height += 18
        return height, "".join(parts)

    columns = [
        gettext("Âge"),
        gettext("Hommes"),
        gettext("Femmes"),
        gettext("Hommes, part"),
        gettext("Femmes, part"),
    ]
    if reference_name:
        columns += [f"{share}, {reference_name}" for share in columns[3:]]
    rows = []
    for band in bands:
        cells = [
            band.label,
            format_number(band.men, "", 0, language),
            format_number(band.women, "", 0, language),
            percent(band.men / total),
            percent(band.women / total),
        ]
        if reference_name:
            cells += [
                percent(share) if share is not None else "–"
                for share in (band.reference_men, band.reference_women)
            ]
        rows.append(tuple(cells))
    return Chart(title, reading, tuple(columns), tuple(rows), draw, note)


def strip(
    peers: Sequence[Bar],
    *,
    title: str,
    unit: str = "",
    reading: str = "",
    decimals: int | None = None,
    comparators: Sequence[Bar] = (),
    note: str = "",
    language: str | None = None,
) -> Chart:
    """Where the territory stands among its peers: one tick each, comparators named below.

    Peers that are secret or absent have no tick; the note says how many in words.
    """

    def words_of(row):
        return format_number(row.value, unit, decimals, language) or row.absence or gettext("donnée absente")

    placed = [row for row in peers if row.value is not None]
    missing = [row for row in peers if row.value is None]
    own = next((row for row in placed if row.own), None)
    named = [row for row in comparators if row.value is not None]

    def draw(width):
        if not placed:
            return 30, text(0, 20, gettext("Aucune valeur publiée."), "muted")
        values = [row.value for row in placed + named]
        low, high = min(values), max(values)
        x = Scale(low, high if high > low else low + 1, 8, width - 8)
        top = 24 if own else 6
        parts = [element("path", stroke="rule", d=f"M0 {top + 14}H{width}")]
        for row in placed:
            if not row.own:
                parts.append(
                    element(
                        "path",
                        stroke="comparator",
                        stroke_width=2,
                        opacity=".65",
                        d=f"M{number(x(row.value))} {top + 4}v20",
                    )
                )
        if own:
            words = f"{own.name} {words_of(own)}"
            half = text_width(words) / 2 * 1.06
            parts.append(
                element("path", stroke="own", stroke_width=4, d=f"M{number(x(own.value))} {top - 2}v32")
            )
            parts.append(
                text(min(max(x(own.value), half), width - half), top - 9, words, "own", "middle", bold=True)
            )
        # Names go down a line when they would touch the name before.
        levels: list[float] = []
        for row in sorted(named, key=lambda row: row.value):
            words = f"{row.name} {words_of(row)}"
            half = text_width(words, 12) / 2
            middle = min(max(x(row.value), half), width - half)
            level = next((i for i, end in enumerate(levels) if end + 10 < middle - half), len(levels))
            if level == len(levels):
                levels.append(0)
            levels[level] = middle + half
            y = top + 46 + 16 * level
            parts.append(element("path", paint="ink", d=f"M{number(x(row.value))} {top + 26}l4 7h-8z"))
            parts.append(text(middle, y, words, "muted", "middle", size=12))
        height = top + 46 + 16 * len(levels)
        ends = (words_of(min(placed, key=lambda r: r.value)), words_of(max(placed, key=lambda r: r.value)))
        lowest, highest = gettext("le plus bas"), gettext("le plus haut")
        parts.append(text(0, height + 4, f"{lowest} {ends[0]}", "muted", size=11))
        parts.append(text(width, height + 4, f"{highest} {ends[1]}", "muted", "end", size=11))
        return height + 10, "".join(parts)

    ordered = sorted(placed, key=lambda row: -row.value) + missing
    rows = tuple((row.name, words_of(row)) for row in [*ordered, *comparators])
    return Chart(title, reading, (gettext("Territoire"), gettext("Valeur")), rows, draw, note)


@dataclass(frozen=True)
class Dot:
    name: str
    x: float
    y: float
    own: bool = False


# Above, dots hide one another and weigh more than a page may: squares say how many stand there.
MOST_DOTS = 400
N_SQUARES = 36


def scatter(
    dots: Sequence[Dot],
    *,
    title: str,
    x_title: str,
    y_title: str,
    x_unit: str = "",
    y_unit: str = "",
    x_decimals: int | None = None,
    y_decimals: int | None = None,
    reading: str = "",
    note: str = "",
    language: str | None = None,
) -> Chart:
    """One figure against another, a dot per territory; many of them as squares, darker where more stand.

    The extremes are named when there are dots; the table gives all of them, or the squares.
    """

    def x_words(value):
        return format_number(value, x_unit, x_decimals, language)

    def y_words(value):
        return format_number(value, y_unit, y_decimals, language)

    is_dense = len(dots) > MOST_DOTS
    xs, ys = [one.x for one in dots], [one.y for one in dots]
    squares = _squares(dots) if is_dense else {}

    def draw(width):
        if not dots:
            return 40, text(0, 24, gettext("Aucune valeur publiée."), "muted")
        x_ticks, _ = nice_ticks(min(xs), max(xs), 5 if width > 450 else 3)
        y_ticks, _ = nice_ticks(min(ys), max(ys), 5)
        left = max(text_width(y_words(one), 12) for one in y_ticks) + 10
        top, bottom, right = 26, 46, 14
        height = 360 if width > 450 else 300
        x = Scale(x_ticks[0], x_ticks[-1], left, width - right)
        y = Scale(y_ticks[0], y_ticks[-1], height - bottom, top)
        parts = [text(0, 12, shorten(y_title, width, 12), "muted", size=12)]
        for tick in y_ticks:
            parts.append(
                element("path", stroke="grid", d=f"M{number(left)} {number(y(tick))}H{width - right}")
            )
            parts.append(text(left - 6, y(tick) + 4, y_words(tick), "muted", "end", size=12))
        free_from = 0.0
        for tick in x_ticks:
            parts.append(element("path", stroke="grid", d=f"M{number(x(tick))} {top}V{height - bottom}"))
            half = text_width(x_words(tick), 12) / 2
            middle = min(x(tick), width - half)
            if middle - half >= free_from:
                parts.append(text(middle, height - bottom + 16, x_words(tick), "muted", "middle", size=12))
                free_from = middle + half + 8
        parts.append(
            text(width - right, height - 8, shorten(x_title, width - right, 12), "muted", "end", size=12)
        )
        if is_dense:
            parts += _drawn_squares(squares, dots, x, y)
            return height, "".join(parts)
        for one in sorted(dots, key=lambda one: one.own):
            parts.append(
                element(
                    "circle",
                    paint="own" if one.own else "comparator",
                    stroke="surface",
                    cx=x(one.x),
                    cy=y(one.y),
                    r=6 if one.own else 4,
                )
            )
        named = {
            max(dots, key=lambda one: one.y),
            max(dots, key=lambda one: one.x),
            *filter(lambda one: one.own, dots),
        }
        taken: list[tuple[float, float, float]] = []
        for one in sorted(named, key=lambda one: (not one.own, one.name)):
            length = text_width(one.name, 12)
            is_left = x(one.x) + length + 10 > width
            start = x(one.x) - 8 - length if is_left else x(one.x) + 8
            place = y(one.y) + 4
            if any(
                abs(place - other) < 14 and start < end and begin < start + length
                for begin, end, other in taken
            ):
                continue
            taken.append((start, start + length, place))
            parts.append(text(start, place, one.name, "ink", bold=one.own, size=12))
        return height, "".join(parts)

    if is_dense:
        rows = tuple(
            (
                f"{x_words(low)} – {x_words(high)}",
                f"{y_words(base)} – {y_words(ceiling)}",
                format_number(n, "", 0, language),
            )
            for (low, high, base, ceiling), n in sorted(squares.items(), key=lambda item: -item[1])[:60]
        )
        return Chart(title, reading, (x_title, y_title, gettext("Territoires")), rows, draw, note)
    rows = tuple((one.name, x_words(one.x), y_words(one.y)) for one in dots)
    return Chart(title, reading, (gettext("Territoire"), x_title, y_title), rows, draw, note)


def _squares(dots):
    """How many dots stand in each square: {(low x, high x, low y, high y): n}."""
    x_low, y_low = min(one.x for one in dots), min(one.y for one in dots)
    x_step = (max(one.x for one in dots) - x_low) / N_SQUARES or 1.0
    y_step = (max(one.y for one in dots) - y_low) / N_SQUARES or 1.0
    counts: dict[tuple[int, int], int] = {}
    for one in dots:
        key = (
            min(int((one.x - x_low) / x_step), N_SQUARES - 1),
            min(int((one.y - y_low) / y_step), N_SQUARES - 1),
        )
        counts[key] = counts.get(key, 0) + 1
    return {
        (x_low + i * x_step, x_low + (i + 1) * x_step, y_low + j * y_step, y_low + (j + 1) * y_step): n
        for (i, j), n in counts.items()
    }


def _drawn_squares(squares, dots, x, y):
    # By powers: one square may hold half of the communes of France, and the next a dozen.
    most = max(squares.values())
    parts = []
    for (low, high, base, ceiling), n in squares.items():
        paint = f"q{1 + min(4, int(5 * (n / most) ** 0.35 - 1e-9))}"
        parts.append(
            element(
                "rect",
                paint=paint,
                x=x(low),
                y=y(ceiling),
                width=max(x(high) - x(low), 1),
                height=max(y(base) - y(ceiling), 1),
            )
        )
    for one in dots:
        if one.own:
            parts.append(element("circle", paint="warm", stroke="surface", cx=x(one.x), cy=y(one.y), r=6))
            parts.append(text(x(one.x) + 9, y(one.y) + 4, one.name, "ink", bold=True, size=12))
    return parts


def sparkline(points: Sequence[Point], breaks: Sequence[tuple[str, str]] = ()) -> SafeString:
    """A tiny line without axis, hidden from screen readers: the values stand beside it."""
    known = [point for point in points if point.value is not None]
    if len({point.period for point in known}) < 2:
        return mark_safe("")
    values = [point.value for point in known]
    low, high = min(values), max(values)
    places = [months(point.period) for point in known]
    x = Scale(min(places), max(places), 3, 116)
    y = Scale(low, high if high > low else low + 1, 32, 4)
    runs = segments(points, breaks)
    parts = [
        element("path", d="M" + "L".join(f"{number(x(months(p.period)))} {number(y(p.value))}" for p in run))
        for run in runs
        if len(run) > 1
    ]
    alone = [run[0] for run in runs if len(run) == 1]
    for point in [*alone, *(runs[-1][-1:] if runs else [])]:
        parts.append(element("circle", cx=x(months(point.period)), cy=y(point.value), r=3))
    for point in known:
        if point.declared:
            parts.append(
                element("circle", class_="declared", cx=x(months(point.period)), cy=y(point.value), r=3)
            )
    # Attributes written out by hand: `drawing` makes images with a name, and this one has none.
    size = 'viewBox="0 0 120 36" width="120" height="36"'
    return mark_safe(f'<svg class="sparkline" {size} aria-hidden="true">{"".join(parts)}</svg>')
