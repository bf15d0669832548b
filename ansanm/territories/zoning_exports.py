"""A zoning as files that `zoning_files` reads back: GeoJSON for a map, CSV for a spreadsheet."""

from __future__ import annotations

import json
from collections.abc import Iterator

import shapely
from django.utils.translation import gettext as _

from ansanm.territories import areas
from ansanm.territories.models import Territory, Zone, Zoning
from ansanm.territories.presentation import address
from ansanm.territories.zoning_files import DECIMALS
from ansanm.ui.documents.sheets import Column, Sheet, write_csv


def to_geojson(zoning: Zoning) -> bytes:
    """RFC 7946; an outline is the one that was drawn, else that of the members, else null."""
    zones = list(zones_of(zoning))
    outlines = areas.outlines_of([one.territory for one in zones])
    content = {
        "type": "FeatureCollection",
        "name": zoning.name,
        "source": ", ".join(filter(None, (zoning.source, zoning.vintage))),
        "features": [_feature(one, outlines.get(one.territory.code)) for one in zones],
    }
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n"


def _feature(zone: Zone, outline) -> dict:
    geometry = None
    if outline is not None:
        sound = shapely.set_precision(shapely.make_valid(outline), 10**-DECIMALS)
        geometry = json.loads(shapely.to_geojson(shapely.orient_polygons(sound)))
    return {
        "type": "Feature",
        "properties": {
            "nom": zone.territory.name,
            "code": zone.territory.code,
            "iris": [one.code for one in zone.members.all()],
            "population": zone.territory.population,
        },
        "geometry": geometry,
    }


def to_csv(zoning: Zoning) -> bytes:
    """One line per IRIS or commune; a zone that holds none has no line, and only the map can say it."""
    rows = [(zone.territory.name, one.code) for zone in zones_of(zoning) for one in zone.members.all()]
    return write_csv(Sheet(zoning.name, [Column(str(_("Zone"))), Column(str(_("Code")))], rows))


def zones_of(zoning: Zoning) -> Iterator[Zone]:
    yield from zoning.zones.select_related("territory").prefetch_related("members").order_by("pk")


FORMATS = {
    "geojson": ("GeoJSON", "application/geo+json", to_geojson),
    "csv": ("CSV", "text/csv; charset=utf-8", to_csv),
}


def files_of(zoning: Zoning, scope: Territory) -> list[tuple[str, str]]:
    """What it is called, and its address."""
    return [
        (words, address("zoning_export", scope, zoning=zoning.slug, format=name))
        for name, (words, _content_type, _write) in FORMATS.items()
    ]
