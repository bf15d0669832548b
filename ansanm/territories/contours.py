"""Outlines of communes for the maps; where there is none the map is a cartogram."""

from collections.abc import Iterable
from functools import lru_cache

import duckdb
import shapely
from django.conf import settings

from ansanm.territories.observations import quoted


def are_there() -> bool:
    return _stamp() is not None


def version() -> str:
    """Return a text that changes with the outlines: maps and pages that are kept depend on it."""
    return str(_stamp())


def contours_of(codes: Iterable[str]) -> dict[str, shapely.Geometry]:
    """Return the outlines (longitude, latitude) of these communes; those without one are left out."""
    stamp = _stamp()
    return dict(_contours(stamp, tuple(sorted(set(codes))))) if stamp else {}


def _stamp():
    path = settings.OBSERVATIONS_DIR / "contours.parquet"
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return str(path), state.st_ino, state.st_mtime_ns


@lru_cache(maxsize=64)
def _contours(stamp, codes: tuple[str, ...]) -> tuple:
    rows = (
        duckdb.connect(config={"threads": 1})
        .execute(
            f"SELECT code, wkb FROM read_parquet('{quoted(stamp[0])}')"
            " WHERE code BETWEEN ? AND ? AND list_contains(?, code)",
            [codes[0], codes[-1], list(codes)],
        )
        .fetchall()
        if codes
        else []
    )
    return tuple((code, shapely.from_wkb(bytes(wkb))) for code, wkb in rows)
