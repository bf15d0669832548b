"""Filosofi by grid cell (200 m, 1 km), brought to communes: approximate, and said to be.

A cell across several communes is shared equally between them: the file names them and gives no
surface. Read the shares, not the counts. A geopackage is a SQLite database.
"""

import os
import re
import shutil
import sqlite3
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from ansanm.territories.observations import Report, StoreError
from ansanm.territories.sources.connectors import Connector, Row, fetching, register
from ansanm.territories.sources.connectors.insee_columns import level_of, published
from ansanm.territories.sources.connectors.reading import COMMUNE

# Their columns -> our variable, summed.
COUNTS = {
    "ind_0_3": "pop_0_3_approx",
    "men_fmp": "single_parent_households_approx",
    "men_pauv": "poor_households_approx",
}
MINORS = ("ind_0_3", "ind_4_5", "ind_6_10", "ind_11_17")
REQUIRED = ("lcog_geo", "ind", "men", *COUNTS, *MINORS[1:])
QUALITY = "approx_equal_shares"
MAX_BYTES = 20_000_000_000


def rows(path: Path, report: Report) -> Iterator[Row]:
    with geopackages(path) as found:
        year = year_of(path, found)
        totals: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for database in found:
            add_cells(database, totals, report)
    for code, sums in sorted(totals.items()):
        known = {variable: sums[column] for column, variable in COUNTS.items()}
        known["pop_0_17_approx"] = sum(sums[column] for column in MINORS)
        if sums["men"]:
            known["single_parent_share_approx"] = 100 * sums["men_fmp"] / sums["men"]
        for variable, value in known.items():
            yield Row(
                level_of(code), code, variable, year, round(value, 1), quality=QUALITY, origin="derived"
            )


@contextmanager
def geopackages(path: Path):
    """Give the databases of a file, out of their archive if they are in one."""
    if not zipfile.is_zipfile(path):
        yield [path]
        return
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        found = []
        try:
            with zipfile.ZipFile(path) as archive:
                for number, one in enumerate(archive.infolist()):
                    if one.filename.lower().endswith(".gpkg"):
                        # Its own name, never its path: an archive may name a file outside of it.
                        target = Path(folder) / f"{number}-{Path(one.filename).name}"
                        if one.file_size > MAX_BYTES:
                            raise StoreError(_("%(name)s est trop gros.") % {"name": one.filename})
                        with archive.open(one) as inside, target.open("wb") as outside:
                            shutil.copyfileobj(inside, outside)
                        found.append(target)
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            raise StoreError(
                _("%(name)s est abîmé : %(error)s.") % {"name": path.name, "error": error}
            ) from error
        if not found:
            raise StoreError(_("%(name)s ne contient aucun géopackage (.gpkg).") % {"name": path.name})
        yield found


def year_of(path: Path, databases: list[Path]) -> str:
    """Return the year of the incomes: no column says it, the names of the files do."""
    for name in (path.name, *(one.name for one in databases)):
        if found := re.search(r"filosofi_?(20\d\d)", name, re.IGNORECASE):
            return found[1]
    raise StoreError(
        _(
            "%(name)s ne dit pas son année : gardez au fichier le nom que lui donne l’Insee "
            "(Filosofi2021_carreaux_200m_gpkg.zip)."
        )
        % {"name": path.name}
    )


def add_cells(database: Path, totals: dict, report: Report) -> None:
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as con:
            for layer in layers(con, database):
                columns = columns_of(con, layer, database)
                chosen = ", ".join(quoted(columns[name]) for name in REQUIRED)
                for cell in con.execute(f"SELECT {chosen} FROM {quoted(layer)}"):
                    report.n_read += 1
                    add_cell(dict(zip(REQUIRED, cell, strict=True)), totals, report)
    except sqlite3.Error as error:
        raise StoreError(
            _("%(name)s est abîmé : %(error)s.") % {"name": database.name, "error": error}
        ) from error


def layers(con, database: Path) -> list[str]:
    found = [
        row[0] for row in con.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")
    ]
    if not found:
        raise StoreError(_("%(name)s n’a aucune couche de carreaux.") % {"name": database.name})
    return found


def columns_of(con, layer: str, database: Path) -> dict[str, str]:
    """Return lower-case name -> name: the case differs between vintages (`Ind`, `ind`)."""
    found = {row[1].lower(): row[1] for row in con.execute(f"PRAGMA table_info({quoted(layer)})")}
    if missing := [name for name in REQUIRED if name not in found]:
        raise StoreError(
            _("%(name)s n’a pas les colonnes attendues : il manque %(missing)s. Colonnes lues : %(found)s.")
            % {"name": database.name, "missing": ", ".join(missing), "found": ", ".join(list(found)[:12])}
        )
    return found


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def add_cell(cell: dict, totals: dict, report: Report) -> None:
    listed = str(cell["lcog_geo"] or "").strip().upper()
    codes = [listed[at : at + 5] for at in range(0, len(listed), 5)]
    if not codes or not all(COMMUNE.fullmatch(one) for one in codes):
        report.reject("bad_code", example=f"{report.n_read} : {listed}")
        return
    try:
        values = {name: float(cell[name]) for name in REQUIRED[1:]}
    except (TypeError, ValueError):
        report.reject("bad_number", example=f"{report.n_read} : {list(cell.values())}")
        return
    if min(values.values()) < 0:
        report.reject("negative", example=f"{report.n_read} : {list(cell.values())}")
        return
    for one in codes:
        for name, value in values.items():
            totals[one][name] += value / len(codes)


def fetch(connector: Connector, since: str, progress) -> Path:
    """Keep the name the file has at Insee: it alone says the year."""
    url = connector.url(since)
    return fetching.download(url, os.path.basename(url), progress=progress, max_bytes=connector.max_bytes)


register(
    Connector(
        dataset="insee_grid_200m",
        group="insee",
        url=lambda since: published("8735162/Filosofi2021_carreaux_200m_gpkg.zip"),
        extension="zip",
        rows=rows,
        fetch=fetch,
        max_bytes=5_000_000_000,
    ),
    Connector(
        dataset="insee_grid_1km",
        group="insee",
        url=lambda since: published("8735171/Filosofi2021_carreaux_1km_gpkg.zip"),
        extension="zip",
        rows=rows,
        fetch=fetch,
        max_bytes=5_000_000_000,
    ),
)
