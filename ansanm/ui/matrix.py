"""Things two by two: how much each shares with each other, as a grid that is read at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from ansanm.ui.charts import Chart
from ansanm.ui.formats import format_number
from ansanm.ui.svg import element, shorten, text, text_width


@dataclass(frozen=True)
class Cell:
    """What two have in common: how many, and as a share of the most it could be (None: not known)."""

    n: int
    share: float | None


# Three tints that a number is still read on, in light and in dark; and the paint of that number.
TINTS = ((2 / 3, "q5", "surface"), (1 / 3, "q2", "ink"), (0, "q1", "ink"))


def tint(share: float) -> tuple[str, str]:
    return next((paint, ink) for least, paint, ink in TINTS if share >= least)


def matrix(
    names: Sequence[str],
    cells: dict[tuple[int, int], Cell],
    *,
    title: str,
    reading: str = "",
    note: str = "",
    columns: Sequence[str] = (),
    rows: Sequence[Sequence[str]] = (),
    language: str | None = None,
) -> Chart:
    """`cells[i, j]` for i < j. Each line is numbered and its number names its column."""

    def draw(width):
        # On a phone the name stands above its line, as in the bars.
        is_wide = width > 450
        longest = max((text_width(f"{i}. {name}") for i, name in enumerate(names, 1)), default=0)
        left = min(longest + 12, 0.48 * width) if is_wide else 8
        size = min(34, (width - left - 4) / max(1, len(names)))
        step, top = (max(size, 22), 24) if is_wide else (size + 20, 24)
        parts = [
            text(left + (i + 0.5) * size, 15, str(i + 1), "muted", "middle", size=12)
            for i in range(len(names))
        ]
        for i, name in enumerate(names):
            y = top + i * step
            label = f"{i + 1}. {name}"
            if is_wide:
                parts.append(text(left - 8, y + step / 2 + 4.5, shorten(label, left - 10), "ink", "end"))
            else:
                parts.append(text(0, y + 13, shorten(label, width), "ink"))
                y += 18
            parts += [
                _square(cells, i, j, left + j * size, y, size - 2, min(step, size) - 2, language)
                for j in range(len(names))
            ]
        bottom = top + len(names) * step + 14
        legend, bottom = _legend(width, bottom)
        return bottom, "".join(parts + legend)

    return Chart(title, reading, tuple(columns), tuple(tuple(row) for row in rows), draw, note)


def _square(cells, i, j, x, y, width, height, language):
    if i == j:
        return element("rect", paint="sunken", x=x, y=y, width=width, height=height)
    cell = cells[min(i, j), max(i, j)]
    if cell.share is None:
        dots = {"fill": "none", "stroke_dasharray": "2 2"}
        return element(
            "rect", stroke="rule", x=x + 0.5, y=y + 0.5, width=width - 1, height=height - 1, **dots
        )
    if not cell.n:
        return element("rect", stroke="grid", x=x + 0.5, y=y + 0.5, width=width - 1, height=height - 1)
    paint, ink = tint(cell.share)
    drawn = element("rect", paint=paint, x=x, y=y, width=width, height=height)
    words = format_number(cell.n, language=language)
    if text_width(words, 12) <= width:
        drawn += text(x + width / 2, y + height / 2 + 4.5, words, ink, "middle", bold=True, size=12)
    return drawn


def _legend(width, y):
    keys = [
        ("q5", gettext("les deux tiers ou plus")),
        ("q2", gettext("d’un tiers aux deux tiers")),
        ("q1", gettext("moins d’un tiers")),
        ("", gettext("rien")),
        ("?", gettext("non renseigné")),
    ]
    parts, x = [], 0
    for paint, words in keys:
        room = 22 + text_width(words, 12) + 16
        if x and x + room > width:
            x, y = 0, y + 20
        box = {"x": x + 0.5, "y": y + 0.5, "width": 15, "height": 13}
        if paint == "?":
            parts.append(element("rect", stroke="rule", fill="none", stroke_dasharray="2 2", **box))
        elif paint:
            parts.append(element("rect", paint=paint, stroke="rule", **box))
        else:
            parts.append(element("rect", stroke="grid", **box))
        parts.append(text(x + 22, y + 12, words, "muted", size=12))
        x += room
    return parts, y + 22
