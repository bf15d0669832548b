"""Outlines of communes, IRIS and QPV, each checked to be in its place before it is kept.

Files made for a map of France with insets draw La Réunion near Europe: such a file is refused. IRIS
come in pages; QPV become territories, since no other file names them all.
"""

import gzip
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import shapely
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from shapely.errors import ShapelyError

from ansanm.engines import geometry
from ansanm.territories import contours, zoning_files
from ansanm.territories.loading import located
from ansanm.territories.models import Level, Territory, Zone, Zoning
from ansanm.territories.names import search_key
from ansanm.territories.observations import Report, StoreError
from ansanm.territories.sources import contours as contours_file
from ansanm.territories.sources import etalab_decoupage
from ansanm.territories.sources.connectors import Connector, paging, register
from ansanm.territories.sources.connectors.insee_columns import IRIS
from ansanm.territories.sources.connectors.reading import code as whole_code

COMMUNES = "https://etalab-datasets.geo.data.gouv.fr/contours-administratifs"
WFS = "https://data.geopf.fr/wfs/ows"
QPV = "https://www.data.gouv.fr/fr/datasets/r/942d4ee8-8142-4556-8ea1-335537ce1119"
PAGE = 1000
MAX_BYTES = 500_000_000
# Above this share of outlines out of their place, the file is another map.
MAX_MISPLACED_SHARE = 0.05
MISPLACED = {"near_europe", "elsewhere", "swapped", "projected"}

# (code of the file, name, commune, outline)
Drawn = tuple[str, str, str, shapely.Geometry]


# --------------------------------------------------------------------------------------- reading


def features(path: Path) -> list[dict]:
    """Return the features of a GeoJSON, alone, compressed or in an archive."""
    listed = document(path)["features"]
    if not listed:
        raise StoreError(_("%(name)s n’a aucun contour.") % {"name": path.name})
    return listed


def document(path: Path) -> dict:
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        elif content[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(path) as archive:
                names = [one for one in archive.namelist() if one.lower().endswith((".geojson", ".json"))]
                # QPV come twice: whole France in WGS 84, and each part in its own grid.
                names = [one for one in names if "wgs84" in one.lower()] or names
                if len(names) != 1:
                    raise StoreError(
                        _("%(name)s : un GeoJSON attendu dans l’archive, %(n)s trouvés.")
                        % {"name": path.name, "n": len(names)}
                    )
                content = archive.read(names[0])
        found = json.loads(content.decode("utf-8-sig"))
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile) as error:
        raise StoreError(
            _("%(name)s n’est pas un GeoJSON complet (%(error)s) : téléchargez-le de nouveau.")
            % {"name": path.name, "error": error}
        ) from error
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        raise StoreError(_("%(name)s n’a aucun contour.") % {"name": path.name})
    return found


def drawn(
    path: Path, report: Report, *, key: str, name: str = "", commune: str = "", length: int = 5
) -> Iterator[tuple[str, str, str, shapely.Geometry]]:
    """Yield what each feature draws; refuse a file without the property `key`."""
    listed = features(path)
    if not any(_property(one, key) for one in listed):
        raise StoreError(
            _("%(name)s n’est pas le fichier attendu : ses contours n’ont pas de « %(key)s ».")
            % {"name": path.name, "key": key}
        )
    for number, one in enumerate(listed, start=1):
        report.n_read += 1
        raw = _property(one, key)
        example = f"{number} : {raw} {_property(one, name)}".strip()
        code = whole_code(raw, length) if length else raw
        if not code:
            report.reject("not_located", example=example)
            continue
        try:
            shape = shapely.force_2d(shapely.geometry.shape(one["geometry"]))
        except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError):
            report.reject("outline_unreadable", example=example)
            continue
        yield code, _property(one, name), _property(one, commune), shape


def _property(feature, name: str) -> str:
    held = feature.get("properties") if isinstance(feature, dict) else None
    if not name or not isinstance(held, dict):
        return ""
    for key, value in held.items():
        if str(key).lower() == name:
            return str(value if value is not None else "").strip()
    return ""


class Places:
    """Refuses outlines that are not where their territory is; a file full of them is refused whole."""

    def __init__(self, path: Path, report: Report):
        self.path, self.report = path, report
        self.n, self.misplaced = 0, 0
        self.first: geometry.Fault | None = None

    def take(self, code: str, departement: str, shape: shapely.Geometry) -> shapely.Geometry | None:
        self.n += 1
        fault = geometry.fault_of(shape, frame=geometry.frame_of(departement))
        if fault is not None and fault.key == "self_crossing":
            # The producer's own simplification crosses itself here and there: mended, not refused.
            return shapely.make_valid(shape)
        if fault is None:
            return shape
        if fault.key in MISPLACED:
            self.misplaced += 1
            self.first = self.first or fault
        self.report.reject(f"outline_{fault.key}", example=f"{code} : {zoning_files.in_words(fault)}")
        return None

    def check(self) -> None:
        if self.first is not None and self.misplaced > MAX_MISPLACED_SHARE * self.n:
            raise StoreError(
                _("%(name)s est refusé : %(n)s contours sur %(total)s ne sont pas à leur place ; %(why)s")
                % {
                    "name": self.path.name,
                    "n": self.misplaced,
                    "total": self.n,
                    "why": zoning_files.in_words(self.first),
                }
            )


# --------------------------------------------------------------------------------------- communes, IRIS


def ingest_communes(path: Path, vintage: str, progress) -> Report:
    report, place = Report(), etalab_decoupage.geography()
    parts: dict[str, list[shapely.Geometry]] = {}
    places = Places(path, report)
    for code, _name, _commune, shape in drawn(path, report, key="code"):
        today = code if code in place.arms else place.current(code)
        if today is None:
            report.reject("unknown_commune", example=code)
            continue
        held = place.arms.get(today) or place.communes[today]
        if (kept := places.take(code, held.departement, shape)) is not None:
            parts.setdefault(today, []).append(kept)
    return store("communes", {code: shapely.union_all(found) for code, found in parts.items()}, places)


def ingest_iris(path: Path, vintage: str, progress) -> Report:
    report, place = Report(), etalab_decoupage.geography()
    found: dict[str, shapely.Geometry] = {}
    places = Places(path, report)
    for code, _name, _commune, shape in drawn(path, report, key="code_iris", length=9):
        today = code[:5] if code[:5] in place.arms else place.current(code[:5])
        if not IRIS.fullmatch(code) or today is None:
            report.reject("bad_iris_code", example=code)
            continue
        held = place.arms.get(today) or place.communes[today]
        if (kept := places.take(code, held.departement, shape)) is not None:
            found[code] = kept
    return store("iris", found, places)


def store(kind: str, found: Mapping[str, shapely.Geometry], places: Places) -> Report:
    places.check()
    if not found:
        raise StoreError(_("%(name)s n’a aucun contour.") % {"name": places.path.name})
    rows = []
    for code, shape in found.items():
        point = shape.representative_point()
        rows.append((code, shapely.to_wkb(shape), point.x, point.y, shape.area))
    before = contours.stamp()
    contours_file.write(rows, contours.file_of(kind))
    places.report.n_kept = len(rows)
    places.report.changed = contours.stamp() != before
    return places.report


# --------------------------------------------------------------------------------------- QPV


def ingest_qpv(path: Path, vintage: str, progress) -> Report:
    report, place = Report(), etalab_decoupage.geography()
    places = Places(path, report)
    found: dict[str, tuple[str, str, shapely.Geometry]] = {}
    for code, name, communes, shape in drawn(
        path, report, key="code_qp", name="lib_qp", commune="insee_com", length=0
    ):
        # A quartier across two communes is in the first, where its town hall is told.
        commune = place.current(whole_code(communes.replace(",", ";").split(";")[0]))
        if commune is None:
            report.reject("unknown_commune", example=f"{code} {name} : {communes}")
            continue
        if (kept := places.take(code, place.communes[commune].departement, shape)) is not None:
            found[code] = (name, commune, kept)
    places.check()
    if not found:
        raise StoreError(_("%(name)s n’a aucun contour.") % {"name": path.name})
    report.n_kept = len(found)
    with transaction.atomic():
        report.changed = keep_qpv(found, vintage or "2024", place)
    return report


def keep_qpv(found: Mapping[str, tuple], vintage: str, place) -> bool:
    """Create, correct and retire the QPV; return whether anything changed."""
    zoning, _created = Zoning.objects.get_or_create(
        kind=Zoning.Kind.QPV,
        scope_level="",
        scope_code="",
        vintage=vintage,
        defaults={
            "name": f"QPV {vintage}",
            "slug": f"qpv-{vintage}",
            "source": "ANCT, data.gouv.fr",
        },
    )
    zones = {one.territory.code: one for one in zoning.zones.select_related("territory")}
    changed = False
    for code, (name, commune, shape) in found.items():
        wkb = shapely.to_wkb(shape)
        zone = zones.get(code)
        if (
            zone is not None
            and bytes(zone.outline or b"") == wkb
            and zone.territory.name == name
            and zone.territory.is_current
        ):
            continue
        changed = True
        held, point = place.communes[commune], shape.representative_point()
        described = {
            "name": name,
            "slug": slugify(name)[:120] or "x",
            "search_key": search_key(name),
            "commune_code": commune,
            "epci_code": held.epci,
            "departement_code": held.departement,
            "region_code": held.region,
            "is_current": True,
            **located("", {"": (round(point.y, 6), round(point.x, 6))}),
        }
        territory, _new = Territory.objects.update_or_create(level=Level.QPV, code=code, defaults=described)
        Zone.objects.update_or_create(territory=territory, defaults={"zoning": zoning, "outline": wkb})
    gone = [one.territory.pk for code, one in zones.items() if code not in found]
    return bool(Territory.objects.filter(pk__in=gone, is_current=True).update(is_current=False)) or changed


# --------------------------------------------------------------------------------------- fetching


def communes_url(since: str) -> str:
    base = os.environ.get("ANSANM_OUTLINES_URL", COMMUNES).rstrip("/")
    return f"{base}/{since or '2024'}/geojson/communes-100m.geojson.gz"


def iris_url(since: str, start: int = 0) -> str:
    options = {
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeNames": "STATISTICALUNITS.IRIS:contours_iris",
        "outputFormat": "application/json",
        "srsName": "EPSG:4326",
        # Without an order, two pages may hold the same outline and miss another.
        "sortBy": "code_iris",
        "count": PAGE,
        "startIndex": start,
    }
    return f"{os.environ.get('ANSANM_WFS_URL', WFS)}?{urlencode(options)}"


def qpv_url(since: str) -> str:
    return os.environ.get("ANSANM_QPV_URL", QPV)


def fetch_iris(connector: Connector, since: str, progress: Callable) -> Path:
    """Fetch every page of the service, as one file."""
    service = paging.Service(
        url=lambda start: iris_url(since, start),
        size=PAGE,
        items=lambda answer: answer["features"],
        total=lambda answer: paging.announced(answer.get("numberMatched", answer.get("totalFeatures"))),
        key=lambda feature: feature["properties"]["code_iris"],
    )
    found = paging.fetch(service, connector.dataset, max_bytes=connector.max_bytes, progress=progress)
    text = json.dumps({"type": "FeatureCollection", "features": found})
    return paging.written(f"{connector.dataset}.geojson", text)


register(
    Connector(
        dataset="ign_outlines_communes",
        group="outlines",
        url=communes_url,
        extension="geojson.gz",
        ingest=ingest_communes,
        max_bytes=MAX_BYTES,
    ),
    Connector(
        dataset="ign_outlines_iris",
        group="outlines",
        url=iris_url,
        extension="json",
        fetch=fetch_iris,
        ingest=ingest_iris,
        max_bytes=MAX_BYTES,
    ),
    Connector(
        dataset="anct_outlines_qpv",
        group="outlines",
        url=qpv_url,
        extension="zip",
        ingest=ingest_qpv,
        max_bytes=MAX_BYTES,
    ),
)
