"""Zones as people bring them: GeoJSON, a list of IRIS or communes (CSV, XLSX), or a choice on a page.

Everything is read before anything is kept, and each refusal says where and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from ansanm.engines import geometry
from ansanm.engines.geometry import Fault
from ansanm.territories import contours
from ansanm.territories.models import Territory, Zoning
from ansanm.territories.names import search_key
from ansanm.territories.zonings import GOOD_MATCH, candidates, held_by
from ansanm.ui.documents.tables import UnreadableSheet, read_table
from ansanm.ui.formats import format_number, quoted

MAX_BYTES = 2_000_000
MAX_ZONES = 300
# A région has some six thousand IRIS.
MAX_ROWS = 10_000
# The first ones tell what is wrong: a file in another projection has as many as zones.
MAX_ERRORS = 100
MAX_NAME = 120
# One metre or so: what lies beyond is noise, and makes the page of the preview heavy.
DECIMALS = 5
NAME_COLUMNS = ("zone", "quartier", "secteur", "bassin", "nom", "name", "nom zone", "nom quartier", "lib qp")
CODE_COLUMNS = ("iris", "code iris", "dcomiris", "code", "insee", "code insee", "commune", "code commune")
NAME_PROPERTIES = ("nom", "name", "lib_qp", "nom_qp", "zone", "quartier", "secteur", "libelle", "nom_zone")
CODE_PROPERTIES = ("iris", "code_iris", "communes", "membres")
OFFICIAL_CODES = ("code_qp", "codeqp", "codgeo")
WGS84 = ("CRS84", "4326")
TOO_LARGE = gettext_lazy("Le fichier dépasse 2 Mo : simplifiez les contours, puis recommencez.")

FAULTS = {
    "empty": gettext_lazy("le contour est vide."),
    "unreadable": gettext_lazy(
        "le contour ne se lit pas : il manque des points, ou ce ne sont pas des nombres."
    ),
    "not_a_surface": gettext_lazy("%(kind)s n’est pas une surface : il faut un polygone."),
    "not_a_number": gettext_lazy("une coordonnée n’est pas un nombre."),
    "projected": gettext_lazy(
        "les coordonnées (%(x)s ; %(y)s) ne sont pas des longitudes et des latitudes%(grid)s : "
        "exportez en WGS 84 (EPSG:4326)."
    ),
    "swapped": gettext_lazy(
        "longitude et latitude sont échangées : %(longitude)s ; %(latitude)s. La longitude vient d’abord."
    ),
    "near_europe": gettext_lazy(
        "dessiné près de l’Europe (%(longitude)s ; %(latitude)s) et non à sa place outre-mer : c’est un "
        "fichier fait pour une carte de France en encarts. Prenez le fichier géographique d’origine."
    ),
    "elsewhere": gettext_lazy("dessiné ailleurs (%(longitude)s ; %(latitude)s), loin du territoire."),
    "self_crossing": gettext_lazy(
        "le contour se croise lui-même%(where)s : un polygone ne doit pas repasser sur son bord."
    ),
    "too_small": gettext_lazy("moins de cent mètres carrés : sans doute un point tracé par erreur."),
    "outside": gettext_lazy("%(percent)s de sa surface sort du territoire."),
}


class UnreadableZones(Exception):
    """The file as a whole cannot be read: why, in words."""


@dataclass
class Draft:
    """A zone as brought, not kept yet."""

    name: str
    codes: list[str] = field(default_factory=list)  # IRIS (9 characters) or communes (5)
    outline: BaseGeometry | None = None
    official_code: str = ""
    match_share: float | None = None
    where: str = ""  # in the file, in words
    rows: dict[str, str] = field(default_factory=dict)  # where each code stands, where it is a list

    def where_of(self, code: str) -> str:
        return self.rows.get(code) or self.where or self.name

    def as_text(self) -> dict:
        """What travels, signed, in the page of the preview."""
        outline = "" if self.outline is None else shapely.to_wkt(self.outline, rounding_precision=DECIMALS)
        return {"name": self.name, "codes": self.codes, "outline": outline, "match": self.match_share}

    @classmethod
    def from_text(cls, text: Mapping) -> Draft:
        outline = shapely.from_wkt(text["outline"]) if text["outline"] else None
        return cls(text["name"], list(text["codes"]), outline, match_share=text["match"])


@dataclass
class Reading:
    drafts: list[Draft]
    errors: list[tuple[str, str]] = field(default_factory=list)  # (where, why), the first ones
    n_errors: int = 0
    notes: list[str] = field(default_factory=list)

    def refuse(self, where: str, why: str) -> None:
        self.n_errors += 1
        if self.n_errors <= MAX_ERRORS:
            self.errors.append((where, why))


# ------------------------------------------------------------------------------------- files


def read(name: str, content: bytes) -> Reading:
    """Read a file by what it holds, whatever its name says."""
    if len(content) > MAX_BYTES:
        raise UnreadableZones(str(TOO_LARGE))
    if not content.strip():
        raise UnreadableZones(_("Le fichier est vide."))
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}:
        return read_geojson(content)
    try:
        return read_list(
            read_table(name, content, max_rows=MAX_ROWS, wanted=lambda header: None not in columns(header))
        )
    except UnreadableSheet as problem:
        raise UnreadableZones(str(problem)) from problem


def columns(header: list[str]) -> tuple[int | None, int | None]:
    """Where the name of the zone stands, and the code; None where no title is one of theirs."""
    keys = [search_key(one) for one in header]
    return tuple(
        next((keys.index(one) for one in names if one in keys), None)
        for names in (NAME_COLUMNS, CODE_COLUMNS)
    )


def read_list(rows: list[list[str]]) -> Reading:
    """One line per IRIS or commune: the name of its zone, its code."""
    name_at, code_at = columns(rows[0])
    if name_at is None or code_at is None:
        raise UnreadableZones(
            _("Il faut deux colonnes, « zone » et « iris » ; ce fichier a : %(columns)s.")
            % {"columns": ", ".join(quoted(one[:40]) for one in rows[0][:8])}
        )
    reading, zones = Reading([]), {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        where = _("Ligne %(n)s") % {"n": number}
        name = row[name_at] if name_at < len(row) else ""
        code = row[code_at].upper() if code_at < len(row) else ""
        if not name:
            reading.refuse(where, _("%(code)s n’a pas de nom de zone.") % {"code": quoted(code)})
            continue
        if not code:
            reading.refuse(where, _("%(name)s n’a pas de code.") % {"name": quoted(name)})
            continue
        draft = zones.setdefault(search_key(name), Draft(name, where=where))
        if code in draft.rows:
            reading.notes.append(
                _("%(where)s : %(code)s déjà lu, compté une fois.") % {"where": where, "code": code}
            )
        else:
            draft.codes.append(code)
            draft.rows[code] = where
    reading.drafts = list(zones.values())
    return reading


def read_geojson(content: bytes) -> Reading:
    try:
        # RFC 7946 wants UTF-8; some French tools still write what Windows had.
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", errors="replace")
        return _features(json.loads(text, parse_constant=_no_number))
    except RecursionError as error:
        raise UnreadableZones(
            _("Ce fichier a trop de niveaux imbriqués : ce n’est pas un GeoJSON de zones.")
        ) from error
    except ValueError as error:
        raise UnreadableZones(
            _("Ce fichier n’est pas du GeoJSON complet : il est peut-être coupé (%(error)s).")
            % {"error": error}
        ) from error


def _no_number(text: str):
    raise UnreadableZones(
        _("Ce fichier contient « %(text)s » à la place d’un nombre : exportez de nouveau les contours.")
        % {"text": text}
    )


def _features(data) -> Reading:
    features = data.get("features") if isinstance(data, dict) else None
    if isinstance(data, dict) and data.get("type") == "Feature":
        features = [data]
    if not isinstance(features, list) or not features:
        raise UnreadableZones(_("Ce GeoJSON n’a pas d’objets : il faut une « FeatureCollection »."))
    if len(features) > MAX_ZONES:
        raise UnreadableZones(_("Ce fichier a plus de %(n)s zones.") % {"n": MAX_ZONES})
    declared = json.dumps(data.get("crs") or "")
    if declared != '""' and not any(one in declared for one in WGS84):
        raise UnreadableZones(
            _("Ce fichier se dit dans une autre projection (%(crs)s) : exportez en WGS 84 (EPSG:4326).")
            % {"crs": declared[:120]}
        )
    reading = Reading([])
    for number, feature in enumerate(features, start=1):
        where = _("Objet %(n)s") % {"n": number}
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            properties = {}
        properties = {key.lower(): value for key, value in properties.items()}
        name = next((str(properties[one]).strip() for one in NAME_PROPERTIES if properties.get(one)), "")
        if not name:
            reading.refuse(where, _("il n’a pas de nom (propriété « nom »)."))
            continue
        where = f"{where}, {quoted(name[:MAX_NAME])}"
        draft = Draft(name, codes=_codes(properties), where=where)
        draft.official_code = next(
            (str(properties[one]) for one in OFFICIAL_CODES if properties.get(one)), ""
        )
        geometry_given = feature.get("geometry")
        # A list of IRIS needs no outline, and ours come back so where the outlines of IRIS are absent.
        if geometry_given is not None or not draft.codes:
            draft.outline = _outline(geometry_given)
            if draft.outline is None:
                reading.refuse(where, in_words(Fault("unreadable")))
                continue
        reading.drafts.append(draft)
    return reading


def _outline(described) -> BaseGeometry | None:
    if not isinstance(described, dict):
        return None
    try:
        return shapely.force_2d(shapely.geometry.shape(described))
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        # Whatever shapely meets in coordinates that are none: the file said so, not us.
        return None


def _codes(properties: Mapping) -> list[str]:
    for name in CODE_PROPERTIES:
        value = properties.get(name)
        if isinstance(value, str) and value.strip():
            value = value.replace(",", " ").replace(";", " ").split()
        if isinstance(value, list) and value:
            return [str(one).strip() for one in value]
    return []


# ------------------------------------------------------------------------------------- checks


def check(reading: Reading, *, scope: Territory, kind: str) -> Reading:
    """Add to `reading` every reason to refuse it for `scope`, and give outlined zones their members."""
    if not reading.drafts and not reading.errors:
        reading.refuse(_("Fichier"), _("il ne contient aucune zone."))
    if len(reading.drafts) > MAX_ZONES:
        reading.refuse(_("Fichier"), _("plus de %(n)s zones.") % {"n": MAX_ZONES})
        reading.drafts = []
        return reading
    allowed = candidates(scope)
    outlines = contours.contours_of(allowed)
    around = shapely.union_all(
        [
            shapely.make_valid(outlines[one.code])
            for one in allowed.values()
            if one.level == "commune" and one.code in outlines
        ]
    )
    if around.is_empty and any(draft.outline is not None for draft in reading.drafts):
        said = _(
            "Le contour de %(place)s n’est pas chargé : rien ne dit que ces zones y tiennent. Vérifiez-les."
        )
        reading.notes.append(said % {"place": scope.name})
    _check_names(reading)
    for draft in reading.drafts:
        _check_codes(draft, reading, allowed, scope)
        if draft.outline is None:
            continue
        frame = geometry.frame_of(scope.departement_code)
        fault = geometry.fault_of(draft.outline, frame=frame, scope=None if around.is_empty else around)
        if fault is not None:
            reading.refuse(draft.where or draft.name, in_words(fault))
        else:
            # Valid on its grid: rounding the text of it instead could make it cross itself.
            draft.outline = shapely.set_precision(draft.outline, 10**-DECIMALS)
            _give_members(draft, reading, allowed, outlines)
    if kind != Zoning.Kind.BASSIN:
        _check_overlaps(reading, allowed)
    del reading.notes[MAX_ERRORS:]
    return reading


def _check_names(reading: Reading) -> None:
    seen = set()
    for draft in reading.drafts:
        key = search_key(draft.name)
        if key in seen:
            reading.refuse(draft.where, _("une autre zone a le même nom."))
        if not key or len(draft.name) > MAX_NAME:
            reading.refuse(draft.where, _("le nom doit avoir de 1 à %(n)s caractères.") % {"n": MAX_NAME})
        elif not draft.name.isprintable():
            reading.refuse(draft.where, _("le nom contient un caractère invisible : écrivez-le de nouveau."))
        seen.add(key)


def _check_codes(draft: Draft, reading: Reading, allowed: Mapping[str, Territory], scope: Territory) -> None:
    found = {}
    for code in draft.codes:
        # A spreadsheet takes the zero away from 01004 and from 010040101.
        whole = code if code in allowed else code.zfill(9 if len(code) > 5 else 5)
        if whole in allowed:
            found.setdefault(whole, draft.where_of(code))
        else:
            # Asking the base about the ten thousandth one would tell nobody anything.
            is_told = reading.n_errors < MAX_ERRORS
            reading.refuse(draft.where_of(code), _stranger(code, whole, scope) if is_told else "")
    draft.codes, draft.rows = list(found), found


def _stranger(code: str, whole: str, scope: Territory) -> str:
    """Why a code is none of those that a zone of `scope` may hold."""
    said = {"code": quoted(code[:40]), "place": scope.name}
    found = Territory.objects.current().filter(level__in=("iris", "commune"), code=whole).first()
    if found is None:
        return _("%(code)s n’est le code d’aucun IRIS ni d’aucune commune.") % said
    held = Territory.objects.filter(level="commune", code=found.commune_code or found.code).first()
    said["held"] = held.name if held else found.name
    if found.level == "commune":
        return _("%(code)s est la commune %(held)s, qui n’est pas dans %(place)s.") % said
    return _("%(code)s est un IRIS de %(held)s, et non de %(place)s.") % said


def _give_members(
    draft: Draft, reading: Reading, allowed: Mapping[str, Territory], outlines: Mapping
) -> None:
    if not draft.codes:
        draft.codes, match = held_by(draft.outline, allowed, outlines)
        draft.match_share = round(match, 3) if draft.codes else None
    name = quoted(draft.name)
    if not draft.codes and not any(allowed[code].level == "iris" for code in outlines):
        reading.notes.append(
            _(
                "%(name)s : les contours des IRIS ne sont pas chargés ; la zone aura ses chiffres quand ils "
                "le seront. Une propriété « iris » avec leurs codes les lui donne tout de suite."
            )
            % {"name": name}
        )
    elif not draft.codes:
        reading.notes.append(
            _(
                "%(name)s : aucun IRIS ni aucune commune ne tient dans ce contour ; la zone sera sur la "
                "carte, sans chiffres. Une propriété « iris » avec leurs codes les lui donne."
            )
            % {"name": name}
        )
    elif draft.match_share is not None and draft.match_share < GOOD_MATCH:
        reading.notes.append(
            _(
                "%(name)s : ses IRIS ou communes ne la recouvrent qu’à %(share)s ; "
                "ses chiffres seront approchés."
            )
            % {"name": name, "share": format_number(100 * draft.match_share, "percent", 0)}
        )


def _check_overlaps(reading: Reading, allowed: Mapping[str, Territory]) -> None:
    """A place counted in two zones would count twice in their total."""
    holder: dict[str, Draft] = {}
    for draft in reading.drafts:
        for code in draft.codes:
            other = holder.setdefault(code, draft)
            if other is not draft:
                reading.refuse(
                    draft.where_of(code),
                    _("%(code)s est déjà dans %(zone)s.") % {"code": code, "zone": quoted(other.name)},
                )
    for code, draft in holder.items():
        whole = allowed[code].commune_code
        if allowed[code].level == "iris" and whole in holder:
            reading.refuse(
                draft.where_of(code),
                _("%(code)s est déjà compté avec sa commune, dans %(zone)s.")
                % {"code": code, "zone": quoted(holder[whole].name)},
            )
    drawn = [one for one in reading.drafts if one.outline is not None and one.outline.is_valid]
    for one, other in geometry.overlaps([draft.outline for draft in drawn]):
        reading.notes.append(
            _("%(one)s et %(other)s se recouvrent en partie.")
            % {"one": quoted(drawn[one].name), "other": quoted(drawn[other].name)}
        )


def chosen(pairs: Iterable[tuple[str, str]]) -> Reading:
    """Return what was chosen on the page: (code, name of its zone), "" where it is in none."""
    zones: dict[str, Draft] = {}
    for code, name in pairs:
        if name := name.strip():
            zones.setdefault(search_key(name), Draft(name, where=quoted(name))).codes.append(code)
    return Reading(list(zones.values()))


def in_words(fault: Fault) -> str:
    given = dict(fault.parameters)
    if fault.key == "projected":
        given["grid"] = f" ({given['grid']})" if given["grid"] else ""
        given |= {name: format_number(given[name], "", 0) for name in ("x", "y")}
    if fault.key == "self_crossing":
        place = f" ({given['longitude']} ; {given['latitude']})" if given else ""
        given = {"where": place}
    if fault.key == "outside":
        given["percent"] = format_number(given["percent"], "percent", 1)
    return FAULTS[fault.key] % given
