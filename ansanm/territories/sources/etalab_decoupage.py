"""The geography of France in 2026 and its legal populations, from the npm package.

Two vintages are installed: 2026 (geography, population 2023) and 2023 (population 2020), whose
communes are brought to the geography of 2026. Other vintages of the package exist, but which
population they carry is written nowhere: they are not used.
"""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from ansanm.territories import observations
from ansanm.territories.aggregates import add_aggregates
from ansanm.territories.observations import Report, StoreError
from ansanm.territories.sources import passage

DATASETS = ("etalab_decoupage",)
FILES = ("communes.json", "epci.json", "departements.json", "regions.json")


def folder(vintage: str) -> Path:
    package = {"2026": "@etalab/decoupage-administratif", "2023": "decoupage-administratif-2023"}[vintage]
    return settings.NODE_MODULES / package / "data"


def inputs() -> list[Path]:
    return [folder(vintage) / name for vintage in ("2026", "2023") for name in FILES]


@dataclass(frozen=True, slots=True)
class Commune:
    code: str
    name: str
    departement: str
    region: str
    zone: str  # metro, drom or com
    epci: str
    siren: str
    postal_codes: tuple[str, ...]
    population: int | None


@dataclass(eq=False)  # compared and hashed as itself: there is one per set of files
class Geography:
    communes: dict[str, Commune] = field(default_factory=dict)
    arms: dict[str, Commune] = field(default_factory=dict)
    arm_commune: dict[str, str] = field(default_factory=dict)
    epcis: dict[str, str] = field(default_factory=dict)
    departements: dict[str, str] = field(default_factory=dict)
    departement_region: dict[str, str] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)  # métropole and DROM only
    # Codes that left the geography -> the commune that holds their land now.
    merged: dict[str, str] = field(default_factory=dict)
    # Communes that came back since 2023 -> the commune whose older figures still hold theirs.
    restored: dict[str, str] = field(default_factory=dict)

    def current(self, code: str) -> str | None:
        """Return today's commune for a code of any recent geography, None if it has none."""
        if code in self.communes:
            return code
        if code in self.arm_commune:
            return self.arm_commune[code]
        return self.merged.get(code) or passage.followed(code, self.communes)

    def in_france(self, code: str) -> bool:
        """Whether a commune is in the France of Insee: métropole and DROM, no collectivity."""
        return self.communes[code].zone != "com"


def load(path: Path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StoreError(
            _("%(path)s est absent : lancez « make setup », qui installe les données.") % {"path": path}
        ) from error
    except ValueError as error:
        raise StoreError(
            _("%(path)s est coupé ou abîmé (%(error)s) : supprimez node_modules et lancez « make setup ».")
            % {"path": path, "error": error}
        ) from error


def geography() -> Geography:
    """Return the geography of 2026, read once as long as the files do not change."""
    try:
        stamps = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in inputs())
    except FileNotFoundError as error:
        raise StoreError(
            _("%(path)s est absent : lancez « make setup », qui installe les données.")
            % {"path": error.filename}
        ) from error
    return _geography(stamps)


@lru_cache(maxsize=2)
def _geography(stamps) -> Geography:
    raw = load(folder("2026") / "communes.json")
    try:
        return _build(raw, load(folder("2023") / "communes.json"))
    except (KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            _("%(path)s n’a pas la forme attendue du paquet, version 6 : %(error)s manque.")
            % {"path": folder("2026"), "error": error}
        ) from error


def _build(raw: list[dict], raw_2023: list[dict]) -> Geography:
    place = Geography()
    epci_of = {}
    for epci in load(folder("2026") / "epci.json"):
        place.epcis[epci["code"]] = epci["nom"]
        epci_of |= {member["code"]: epci["code"] for member in epci["membres"]}
    for one in load(folder("2026") / "departements.json"):
        place.departements[one["code"]] = one["nom"]
        place.departement_region[one["code"]] = one["region"] if one["zone"] != "com" else ""
    for one in load(folder("2026") / "regions.json"):
        if one["zone"] != "com":
            place.regions[one["code"]] = one["nom"]

    former: dict[str, str] = {}
    kept_names = set()
    for one in raw:
        if one["type"] == "commune-actuelle":
            place.communes[one["code"]] = _commune(one, epci_of.get(one["code"], ""))
            former |= dict.fromkeys(one.get("anciensCodes", ()), one["code"])
            if one.get("anciensCodes"):
                kept_names.add(one["code"])
        elif one["type"] == "arrondissement-municipal":
            place.arms[one["code"]] = _commune(one, epci_of.get(one["commune"], ""))
            place.arm_commune[one["code"]] = one["commune"]
        elif "chefLieu" in one:
            former.setdefault(one["code"], one["chefLieu"])
    place.merged = {old: new for old, new in former.items() if old not in place.communes}

    chef_lieu_2023 = {one["code"]: one["chefLieu"] for one in raw_2023 if "chefLieu" in one}
    there_in_2023 = {one["code"] for one in raw_2023 if one["type"] == "commune-actuelle"}
    for code in place.communes:
        # New with former codes: a merger that took a new code. Without: a commune that came back.
        if code not in there_in_2023 and code not in kept_names:
            place.restored[code] = chef_lieu_2023[code]
    return place


def _commune(one: dict, epci: str) -> Commune:
    return Commune(
        code=one["code"],
        name=one["nom"],
        departement=one["departement"],
        region=one["region"] if one["zone"] != "com" else "",
        zone=one["zone"],
        epci=epci,
        siren=one.get("siren", ""),
        postal_codes=tuple(one.get("codesPostaux", ())),
        population=one.get("population"),
    )


def ingest(progress=lambda message: None) -> list[Report]:
    place = geography()
    progress("population 2023")
    reports = [_write_2023(place)]
    progress("population 2020")
    reports.append(_write_2020(place))
    return reports


def quality(commune: Commune) -> str | None:
    if commune.departement == "976":
        # Mayotte has no yearly census yet: the package repeats the count of 2017 in both vintages.
        return "mayotte_census_2017"
    return "other_census_year" if commune.zone == "com" else None


def _row(level, code, period, value, note, status=0):
    return (level, code, "population", period, value, status, "published", note)


def _write_2023(place: Geography) -> Report:
    report = Report(n_read=len(place.communes) + len(place.arms))
    con = observations.workspace()
    rows = []
    for level, communes in (("commune", place.communes), ("arm", place.arms)):
        for commune in communes.values():
            if commune.population is None:
                report.reject("uninhabited")
                continue
            rows.append(_row(level, commune.code, "2023", commune.population, quality(commune)))
    observations.insert(con, rows)
    add_aggregates(con, place)
    return observations.swap_in(con, "etalab_decoupage", "2026", report)


def _write_2020(place: Geography) -> Report:
    raw = load(folder("2023") / "communes.json")
    report = Report()
    population: dict[str, int] = {}
    rows = []
    n_merged = 0
    for one in raw:
        if one["type"] not in {"commune-actuelle", "arrondissement-municipal"}:
            continue
        report.n_read += 1
        if one.get("population") is None:
            report.reject("uninhabited")
        elif one["type"] == "arrondissement-municipal":
            rows.append(_row("arm", one["code"], "2020", one["population"], None))
        elif (code := place.current(one["code"])) is None:
            report.reject("unknown_commune")
        else:
            n_merged += code != one["code"]
            population[code] = population.get(code, 0) + one["population"]
    rows += [
        _row("commune", code, "2020", value, quality(place.communes[code]))
        for code, value in population.items()
    ]
    before = sum(
        one["population"]
        for one in raw
        if one["type"] == "commune-actuelle" and one["zone"] != "com" and "population" in one
    )
    after = sum(value for code, value in population.items() if place.in_france(code))
    if before != after:
        raise StoreError(
            _("Population 2020 : %(before)s habitants en géographie 2023, %(after)s en géographie 2026.")
            % {"before": before, "after": after}
        )
    report.note("merged_communes", n_merged)
    report.note("conserved_total", after)
    con = observations.workspace()
    observations.insert(con, rows)
    add_aggregates(con, place, separated=place.restored)
    return observations.swap_in(con, "etalab_decoupage", "2023", report)
