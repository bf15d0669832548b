"""Whether an outline somebody brings can be the outline of a zone, and if not why.

Longitudes and latitudes (WGS 84) throughout. Each refusal is a `Fault`: a key that the layer above
turns into words, and what it needs to say where.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import shapely
from shapely.geometry.base import BaseGeometry

# West, south, east, north of each territory of France, wide enough for its sea.
FRAMES: dict[str, tuple[float, float, float, float]] = {
    "metropole": (-5.5, 41.2, 9.8, 51.3),
    "971": (-62.0, 15.7, -60.9, 16.7),
    "972": (-61.4, 14.2, -60.7, 15.1),
    "973": (-54.8, 2.0, -51.4, 6.0),
    "974": (55.1, -21.5, 55.95, -20.75),
    "976": (44.9, -13.2, 45.4, -12.5),
}
# Maps of France draw the overseas départements as insets around the métropole: this is where.
EUROPE = (-15.0, 35.0, 20.0, 60.0)
# Metric grids in which French files come, told by their coordinates (x, then y).
GRIDS: tuple[tuple[str, tuple[float, float, float, float]], ...] = (
    ("RGF93 / Lambert-93 (EPSG:2154)", (0, 6_000_000, 1_300_000, 7_200_000)),
    ("RGR92 / UTM 40S (EPSG:2975)", (290_000, 7_600_000, 400_000, 7_720_000)),
    ("RGAF09 / UTM 20N (EPSG:5490)", (480_000, 1_500_000, 770_000, 2_020_000)),
    ("RGFG95 / UTM 22N (EPSG:2972)", (90_000, 200_000, 480_000, 680_000)),
    ("RGM04 / UTM 38S (EPSG:4471)", (480_000, 8_540_000, 560_000, 8_620_000)),
    ("Web Mercator (EPSG:3857)", (-20_037_509, -20_048_967, 20_037_509, 20_048_967)),
)
# Outlines of communes are simplified, and a quartier may run along the coast: a zone is in its place
# when this share of it is.
LEAST_SHARE_INSIDE = 0.9
# Degrees, about 300 m: how far simplified outlines stand from the true ones.
TOLERANCE = 0.003
# Square degrees, about 100 m²: under this it is a slip of the mouse.
SMALLEST = 1e-8
# Three hundred quartiers have some six neighbours each.
MOST_PAIRS = 2_000
# An IRIS or a commune belongs to the zone that holds at least this share of it.
LEAST_SHARE_HELD = 0.5


@dataclass(frozen=True)
class Fault:
    key: str
    parameters: Mapping[str, object] = field(default_factory=dict)


def fault_of(outline: BaseGeometry, *, frame: str, scope: BaseGeometry | None = None) -> Fault | None:
    """Return the reason to refuse `outline`, None where there is none.

    `frame` is the key of FRAMES where the territory is; `scope` its own outline, where known.
    """
    if outline.is_empty:
        return Fault("empty")
    if outline.geom_type not in {"Polygon", "MultiPolygon"}:
        return Fault("not_a_surface", {"kind": outline.geom_type})
    x0, y0, x1, y1 = bounds = outline.bounds
    if not all(abs(one) < float("inf") for one in bounds):
        return Fault("not_a_number")
    if x0 < -180 or x1 > 180 or y0 < -90 or y1 > 90:
        return Fault("projected", {"grid": _grid(bounds), "x": x0, "y": y0})
    # Said before self-crossing: an outline in the wrong place has first to be put in the right one.
    if fault := _misplaced(outline, frame):
        return fault
    if not outline.is_valid:
        return Fault("self_crossing", _where(shapely.is_valid_reason(outline)))
    if outline.area < SMALLEST:
        return Fault("too_small")
    if scope is not None:
        within = outline.intersection(scope.buffer(TOLERANCE)).area / outline.area
        if within < LEAST_SHARE_INSIDE:
            return Fault("outside", {"percent": round(100 * (1 - within), 1)})
    return None


def _misplaced(outline: BaseGeometry, frame: str) -> Fault | None:
    if not frame:
        return None
    x0, y0, x1, y1 = outline.bounds
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    if _holds(FRAMES[frame], *middle):
        return None
    given = {"longitude": round(middle[0], 2), "latitude": round(middle[1], 2)}
    if _holds(FRAMES[frame], middle[1], middle[0]):
        return Fault("swapped", given)
    if frame != "metropole" and _holds(EUROPE, *middle):
        return Fault("near_europe", given)
    return Fault("elsewhere", given)


def _holds(frame: Sequence[float], x: float, y: float) -> bool:
    return frame[0] <= x <= frame[2] and frame[1] <= y <= frame[3]


def _grid(bounds: Sequence[float]) -> str:
    for name, frame in GRIDS:
        if _holds(frame, bounds[0], bounds[1]) and _holds(frame, bounds[2], bounds[3]):
            return name
    return ""


def _where(reason: str) -> dict[str, object]:
    """ "Self-intersection[55.4 -20.9]" → where to look; nothing where GEOS does not say."""
    found = re.search(r"\[(\S+) (\S+?)\]", reason)
    if found is None:
        return {}
    return {"longitude": round(float(found[1]), 5), "latitude": round(float(found[2]), 5)}


def members(outline: BaseGeometry, candidates: Mapping[str, BaseGeometry]) -> tuple[list[str], float]:
    """Return the candidates that `outline` holds for the most part, and how well they draw it again.

    The match is what the outline and its members share, over what either covers: 1 when they are the
    same surface. 0 where there is no member.
    """
    # Of a département's thousand IRIS, a quartier stands near a few: the others are not looked at.
    everywhere = sorted(candidates)
    boxes = shapely.box(*shapely.bounds([candidates[code] for code in everywhere]).T)
    near = shapely.intersects(boxes, shapely.box(*outline.bounds))
    codes = [code for code, is_near in zip(everywhere, near, strict=True) if is_near]
    shapes = [_sound(candidates[code]) for code in codes]
    held = [
        code
        for code, shape in zip(codes, shapes, strict=True)
        if shape.area and shape.intersection(outline).area / shape.area >= LEAST_SHARE_HELD
    ]
    if not held:
        return [], 0.0
    union = shapely.union_all([_sound(candidates[code]) for code in held])
    return held, float(union.intersection(outline).area / union.union(outline).area)


def overlaps(outlines: Sequence[BaseGeometry]) -> list[tuple[int, int]]:
    """Return the pairs of outlines that cover each other by more than a hundredth of the smaller one.

    Of the first MOST_PAIRS that touch: drawings where each zone lies on every other have no end.
    """
    tree = shapely.STRtree(outlines)
    pairs = tree.query(outlines, predicate="intersects").T.tolist() if len(outlines) else []
    return [
        (one, other)
        for one, other in sorted(pair for pair in pairs if pair[0] < pair[1])[:MOST_PAIRS]
        if outlines[one].intersection(outlines[other]).area
        > 0.01 * min(outlines[one].area, outlines[other].area)
    ]


def frame_of(departement_code: str) -> str:
    """Return the key of the frame of a département; "" for the collectivities that have none here."""
    if departement_code in FRAMES:
        return departement_code
    return "" if departement_code.startswith(("97", "98")) else "metropole"


def _sound(shape: BaseGeometry) -> BaseGeometry:
    return shape if shape.is_valid else shapely.make_valid(shape)
