"""Maps as SVG, with links, a legend and a list: they read, print and work without a script.

`choropleth` draws contours; `dorling` draws one circle per place where there are none, and says
that it is schematic. Classes are five quantiles of the published values, or five classes around a
reference. Secret areas are hatched, absent ones only have a dotted outline: neither is a colour of
the ramp, which would read as a value.
"""

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ansanm.ui.formats import format_number, labelled
from ansanm.ui.svg import drawing, element, number, text, text_width

WIDTH, HEIGHT = 640, 520
MARGIN = 8
# Degrees of latitude and of longitude at the equator are both about 111.3 km.
SECRET, ABSENT = "secret", "absent"


@dataclass(frozen=True)
class Area:
    code: str
    name: str
    value: float | None
    url: str = ""
    geometry: object = None  # shapely, in degrees; unused by `dorling`
    longitude: float = 0.0  # unused by `choropleth`
    latitude: float = 0.0
    weight: float = 1.0  # the circle's area in `dorling`
    own: bool = False
    status: str = ""  # "", "secret" or "absent": why there is no value
    absence: str = ""  # the words for it

    @property
    def reason(self) -> str:
        return "" if self.value is not None else self.status or ABSENT


@dataclass(frozen=True)
class Class:
    paint: str  # a name of svg.COLOURS, "secret" or "absent"
    words: str
    n: int


@dataclass(frozen=True)
class Map:
    title: str
    reading: str
    classes: tuple[Class, ...]
    rows: tuple[tuple[Area, str], ...]  # every area with its value in words, the highest first
    height: float
    shapes: str = field(repr=False)
    is_schematic: bool = False
    note: str = ""
    name_of_values: str = ""

    @cached_property
    def svg(self) -> SafeString:
        """The drawing; its links are repeated in the list beside, where the keyboard finds them."""
        # A group and not an image: an image hides its links from a screen reader, and here they work.
        markup = drawing(WIDTH, self.height, self.shapes, label=self.title)
        return mark_safe(markup.replace('role="img"', 'role="group"', 1))  # escaped piece by piece in svg.py

    def document_svg(self) -> str:
        """The drawing for a document: an image, without links."""
        return drawing(WIDTH, self.height, self.shapes, label=self.title)

    @property
    def columns(self) -> tuple[str, str]:
        return gettext("Territoire"), self.name_of_values or gettext("Valeur")

    @property
    def table(self) -> tuple[tuple[str, ...], ...]:
        return (self.columns, *((area.name, words) for area, words in self.rows))


def choropleth(areas: Sequence[Area], **words) -> Map:
    """Draw contours, filled by class. Areas without a contour are in the list only."""
    drawn = [area for area in areas if area.geometry is not None and not area.geometry.is_empty]
    if not drawn:
        raise ValueError("No area has a contour: draw a Dorling cartogram of their centres instead.")
    bounds = np.array([area.geometry.bounds for area in drawn])
    west, south = bounds[:, :2].min(axis=0)
    east, north = bounds[:, 2:].max(axis=0)
    # Equirectangular at the mean latitude: on a département, under 1 % from an equal-area one.
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = min(
        (WIDTH - 2 * MARGIN) / max((east - west) * squeeze, 1e-9),
        (HEIGHT - 2 * MARGIN) / max(north - south, 1e-9),
    )
    height = (north - south) * scale + 2 * MARGIN
    shift = (WIDTH - (east - west) * squeeze * scale) / 2
    # A page budget: about 60 kB for 350 communes is 25 points each at half a pixel.
    tolerance = (0.4 if len(drawn) < 100 else 0.8) / scale

    shapes, labels = {}, {}
    for area in drawn:
        simple = area.geometry.simplify(tolerance, preserve_topology=True)
        shapes[area.code] = _path(simple, west, north, squeeze * scale, scale, shift)
        if area.own:
            inside = area.geometry.representative_point()
            label_x = (inside.x - west) * squeeze * scale + shift
            labels[area.code] = (label_x, (north - inside.y) * scale + MARGIN + 4)
    return _map(areas, shapes, labels, height, **words)


def dorling(areas: Sequence[Area], **words) -> Map:
    """Draw a circle per place, its area after `weight`, pushed apart until none covers another."""
    if not areas:
        raise ValueError("A cartogram needs at least one place.")
    longitudes = np.array([area.longitude for area in areas])
    latitudes = np.array([area.latitude for area in areas])
    squeeze = math.cos(math.radians(float(latitudes.mean())))
    places = np.column_stack([(longitudes - longitudes.mean()) * squeeze, -(latitudes - latitudes.mean())])
    extent = float(np.ptp(places, axis=0).max()) or 1.0
    places *= 400 / extent
    weights = np.sqrt(np.maximum([area.weight for area in areas], 0))
    # Circles cover under half of the frame: more, and they no longer stand where they are.
    radii = weights * math.sqrt(0.45 * 400 * 400 / math.pi / max(float((weights**2).sum()), 1e-9))
    radii = np.maximum(radii, 4.0)
    places = _push_apart(places, radii)

    low = (places - radii[:, None]).min(axis=0)
    high = (places + radii[:, None]).max(axis=0)
    scale = min((WIDTH - 2 * MARGIN) / (high[0] - low[0]), (HEIGHT - 2 * MARGIN) / (high[1] - low[1]), 3.0)
    height = (high[1] - low[1]) * scale + 2 * MARGIN
    shift = (WIDTH - (high[0] - low[0]) * scale) / 2
    shapes, labels = {}, {}
    for area, (x, y), radius in zip(areas, places, radii, strict=True):
        cx, cy, r = (x - low[0]) * scale + shift, (y - low[1]) * scale + MARGIN, radius * scale
        shapes[area.code] = (cx, cy, max(r - 0.8, 1))
        # In the circle where it fits, else above it.
        is_inside = r > text_width(area.name) / 2
        labels[area.code] = (cx, cy + 4 if is_inside else max(cy - r - 6, 12))
    return _map(areas, shapes, labels, height, is_schematic=True, **words)


def _push_apart(places, radii, rounds=200):
    """Move circles off each other, each keeping near its place; the same input gives the same drawing."""
    home = places.copy()
    moved = places + np.column_stack([np.sin(np.arange(len(radii))), np.cos(np.arange(len(radii)))]) * 1e-3
    reach = radii[:, None] + radii[None, :]
    for turn in range(rounds):
        apart = moved[:, None, :] - moved[None, :, :]
        distance = np.sqrt((apart**2).sum(axis=2))
        np.fill_diagonal(distance, np.inf)
        overlap = np.maximum(reach - distance, 0)
        if turn > 20 and overlap.max() < 0.2:
            break
        push = (apart / np.maximum(distance, 1e-6)[:, :, None] * (overlap * 0.5)[:, :, None]).sum(axis=1)
        # The pull home fades, so that the last rounds only part what still touches.
        moved = moved + push * 0.6 + (home - moved) * 0.05 * max(0.0, 1 - turn / (0.7 * rounds))
    return moved


def _path(geometry, west, north, x_scale, y_scale, shift):
    polygons = getattr(geometry, "geoms", [geometry])
    pieces = []
    for polygon in polygons:
        for ring in [polygon.exterior, *polygon.interiors]:
            points = np.asarray(ring.coords)[:-1, :2]
            xs = np.round((points[:, 0] - west) * x_scale + shift, 1)
            ys = np.round((north - points[:, 1]) * y_scale + MARGIN, 1)
            # An islet under a pixel would weigh and not show; the main piece always stays.
            if len(polygons) > 1 and np.ptp(xs) < 1 and np.ptp(ys) < 1:
                continue
            # Relative moves in tenths of a pixel: half the bytes of absolute places.
            dx, dy = np.diff(np.rint(xs * 10).astype(int)), np.diff(np.rint(ys * 10).astype(int))
            moves = "".join(f"{_tenth(a, True)}{_tenth(b)}" for a, b in zip(dx, dy, strict=True) if a or b)
            pieces.append(f"M{number(xs[0])} {number(ys[0])}l{moves.lstrip()}z" if moves else "")
    return "".join(pieces)


def _tenth(tenths, first=False):
    """A relative move; a minus sign separates numbers by itself, so a space stands only before a digit."""
    whole, rest = divmod(abs(int(tenths)), 10)
    digits = f"{whole or ''}.{rest}" if rest else str(whole)
    return f"-{digits}" if tenths < 0 else f" {digits}"


def _classes(areas, unit, decimals, diverging_from, language):
    """Return (paint by code, legend)."""
    values = np.array([area.value for area in areas if area.value is not None], dtype=float)

    def shown(value):
        return format_number(value, unit, decimals, language)

    paints: dict[str, str] = {}
    legend: list[Class] = []
    if values.size:
        if diverging_from is None:
            family = "q"
            bounds = np.unique(np.quantile(values, [0.2, 0.4, 0.6, 0.8], method="inverted_cdf"))
        else:
            family = "d"
            # Within a tenth of the widest gap, a place is like the reference.
            widest = max(float(np.abs(values - diverging_from).max()), 1e-9)
            bounds = diverging_from + widest * np.array([-0.5, -0.1, 0.1, 0.5])
        # A value on a bound belongs to the class below, as the legend says (« de … à … »).
        ranks = {
            area.code: int(np.searchsorted(bounds, area.value)) for area in areas if area.value is not None
        }
        used = sorted(set(ranks.values()))
        spread = 4 / max(len(bounds), 1)
        for rank in used:
            tone = rank + 1 if family == "d" else 1 + round(rank * spread)
            paint = f"{family}{tone}"
            inside = [area.value for area in areas if ranks.get(area.code) == rank]
            least, most = shown(min(inside)), shown(max(inside))
            words = (
                least
                if least == most
                else gettext("de %(least)s à %(most)s") % {"least": least, "most": most}
            )
            legend.append(Class(paint, words, len(inside)))
            paints.update({code: paint for code, its_rank in ranks.items() if its_rank == rank})
    for reason, words in ((SECRET, gettext("secret statistique")), (ABSENT, gettext("donnée absente"))):
        codes = [area.code for area in areas if area.reason == reason]
        if codes:
            paints.update(dict.fromkeys(codes, reason))
            legend.append(Class(reason, words, len(codes)))
    return paints, tuple(legend)


def _hatch(name):
    lines = element("path", stroke="rule", stroke_width=1.5, d="M0 6L6 0M-1 1L1-1M5 7L7 5")
    return element(
        "defs", element("pattern", lines, id=name, width=6, height=6, patternUnits="userSpaceOnUse")
    )


def _map(
    areas: Sequence[Area],
    shapes: Mapping,
    labels: Mapping[str, tuple[float, float]],
    height: float,
    *,
    title: str,
    unit: str = "",
    decimals: int | None = None,
    reading: str = "",
    diverging_from: float | None = None,
    note: str = "",
    name_of_values: str = "",
    language: str | None = None,
    is_schematic: bool = False,
) -> Map:
    """Paint shapes by class; the words are those of `choropleth` and `dorling`."""
    paints, legend = _classes(areas, unit, decimals, diverging_from, language)
    words = {
        area.code: format_number(area.value, unit, decimals, language)
        or area.absence
        or (gettext("secret statistique") if area.reason == SECRET else gettext("donnée absente"))
        for area in areas
    }
    parts = []
    # Two maps may share a page, never an id.
    hatch = f"hatch-{zlib.crc32(title.encode()):x}"
    if any(one.paint == SECRET for one in legend):
        parts.append(_hatch(hatch))
    # One group per class: the colour is written once, not once for each of 350 communes.
    for one in legend:
        members = [area for area in areas if paints[area.code] == one.paint and area.code in shapes]
        drawn = "".join(_linked(area, words[area.code], shapes[area.code]) for area in members)
        if one.paint == SECRET:
            parts.append(
                element("g", drawn, fill=f"url(#{hatch})", stroke="rule", class_="areas secret-area")
            )
        elif one.paint == ABSENT:
            parts.append(
                element(
                    "g",
                    drawn,
                    fill="#ffffff",
                    fill_opacity="0",
                    stroke="rule",
                    stroke_dasharray="2 2",
                    class_="absent-area",
                )
            )
        else:
            parts.append(element("g", drawn, paint=one.paint, stroke="surface", class_="areas"))
    for area in areas:
        if area.own and area.code in shapes:
            shape = shapes[area.code]
            for class_, colour, width in (("own-halo", "surface", 5), ("own", "ink", 2.5)):
                parts.append(_shape(shape, fill="none", stroke=colour, stroke_width=width, class_=class_))
            parts.append(_own_label(area.name, *labels[area.code]))
    ordered = sorted(areas, key=lambda area: (area.value is None, -(area.value or 0), area.name))
    return Map(
        title=title,
        reading=reading,
        classes=legend,
        rows=tuple((area, words[area.code]) for area in ordered),
        height=height,
        shapes="".join(parts),
        is_schematic=is_schematic,
        note=note,
        name_of_values=name_of_values,
    )


def _shape(shape, *content, **attributes):
    if isinstance(shape, str):
        return element("path", *content, d=shape, **attributes)
    cx, cy, r = shape
    return element("circle", *content, cx=cx, cy=cy, r=r, **attributes)


def _linked(area, words, shape):
    title = element("title", escape(labelled(area.name, words)))
    drawn = _shape(shape, title)
    # Out of the tab order: the list beside has the same links, in order and with their words.
    return element("a", drawn, href=area.url, tabindex="-1") if area.url else drawn


def _own_label(name, x, y):
    half = text_width(name) / 2
    x = min(max(x, half), WIDTH - half)
    return text(x, y, name, anchor="middle", bold=True, class_="map-label")
