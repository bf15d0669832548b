"""Outlines of communes and IRIS for the maps; where there is none the map is a cartogram.

One file per origin: a later one has the last word, and setting up again never undoes a sync.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import duckdb
import shapely
from django.conf import settings

from ansanm.territories.observations import quoted

# The wheel first, then what connectors bring.
FILES = {
    "": "contours.parquet",
    "communes": "contours-communes.parquet",
    "iris": "contours-iris.parquet",
}


def file_of(kind: str) -> Path:
    return settings.OBSERVATIONS_DIR / FILES[kind]


def are_there() -> bool:
    return bool(stamp())


def contours_of(codes: Iterable[str]) -> dict[str, shapely.Geometry]:
    """Return the outlines (longitude, latitude) of these places; those without one are left out."""
    return dict(_contours(stamp(), tuple(sorted(set(codes)))))


def stamp() -> tuple:
    """Return what changes with the files of outlines, and only then."""
    found = []
    for kind in FILES:
        path = file_of(kind)
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path), state.st_ino, state.st_mtime_ns))
    return tuple(found)


@lru_cache(maxsize=64)
def _contours(files: tuple, codes: tuple[str, ...]) -> tuple:
    found: dict[str, shapely.Geometry] = {}
    if not codes:
        return ()
    for path, *_state in files:
        rows = (
            duckdb.connect(config={"threads": 1})
            .execute(
                f"SELECT code, wkb FROM read_parquet('{quoted(path)}')"
                " WHERE code BETWEEN ? AND ? AND list_contains(?, code)",
                [codes[0], codes[-1], list(codes)],
            )
            .fetchall()
        )
        found |= {code: shapely.from_wkb(bytes(wkb)) for code, wkb in rows}
    return tuple(found.items())
