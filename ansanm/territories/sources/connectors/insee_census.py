"""Census: population, families and housing of every IRIS, the comparator of communes, births and deaths.

IRIS counts come from a sample and carry decimals: they are kept as they are, only sums are rounded.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ansanm.engines.indicators import Status
from ansanm.territories.observations import Report
from ansanm.territories.sources.connectors import Connector, Row, register
from ansanm.territories.sources.connectors.insee_columns import (
    cells,
    iris_code,
    level_of,
    lines_of_a_year,
    published,
)
from ansanm.territories.sources.connectors.insee_incomes import LIMITS, RENEWED_YEAR
from ansanm.territories.sources.connectors.reading import commune_code, table

POPULATION = {
    "pAA_pop": "rp_population",
    "pAA_pop0002": "pop_0_2",
    "pAA_pop0305": "pop_3_5",
    "pAA_pop0610": "pop_6_10",
    "pAA_pop1117": "pop_11_17",
    "pAA_pop1824": "pop_18_24",
    "pAA_pop0019": "pop_0_19",
    "pAA_pop2064": "pop_20_64",
    "pAA_pop65p": "pop_65p",
}
MINORS = ("pop_0_2", "pop_3_5", "pop_6_10", "pop_11_17")
FAMILIES = {
    "cAA_men": "census_households",
    "cAA_menpseul": "living_alone_households",
    "cAA_fam": "families",
    "cAA_fammono": "single_parent_families",
    "cAA_coupaenf": "couples_with_children",
}
HOUSING = {
    "pAA_log": "dwellings",
    "pAA_rp": "main_homes",
    "pAA_rsecocc": "second_homes",
    "pAA_logvac": "vacant_dwellings",
    "pAA_maison": "houses",
    "pAA_appart": "flats",
    "pAA_rpappart": "main_homes_in_flats",
    "pAA_rp_prop": "owners",
    "pAA_rp_lochlmv": "tenants_social",
    "pAA_rp_grat": "housed_free",
}
# Their column -> our variable; the year of each is in its own name, and they differ.
COMPARATOR = {
    r"p(\d\d)_pop": "rp_population",
    r"superf": "area_km2",
    r"naisd(\d\d)": "births",
    r"decesd(\d\d)": "deaths",
    r"p(\d\d)_log": "dwellings",
    r"p(\d\d)_rp": "main_homes",
    r"p(\d\d)_rsecocc": "second_homes",
    r"p(\d\d)_logvac": "vacant_dwellings",
    r"p(\d\d)_rp_prop": "owners",
    r"p(\d\d)_pop1564": "pop_15_64",
    r"p(\d\d)_chom1564": "unemployed_15_64",
    r"p(\d\d)_act1564": "active_15_64",
    r"nbmenfisc(\d\d)": "tax_households",
    r"med(\d\d)": "median_income",
    r"tp60(\d\d)": "poverty_rate",
}
MAYOTTE = "06"


def iris_rows(path: Path, report: Report, columns: dict[str, str], pattern: str) -> Iterator[Row]:
    for year, line in lines_of_a_year(path, report, key="IRIS", pattern=pattern, member="base-ic"):
        if code := iris_code(line, "iris", report):
            yield from cells(
                line,
                {name.replace("AA", year): variable for name, variable in columns.items()},
                report,
                limits={},
                level="iris",
                code=code,
                period=f"20{year}",
            )


def population(path: Path, report: Report) -> Iterator[Row]:
    """Read base-ic-evol-struct-pop; the minors are the sum of four published bands."""
    found: list[Row] = []
    for row in iris_rows(path, report, POPULATION, r"p(\d\d)_pop0002"):
        if found and row.code != found[0].code:
            yield from with_minors(found)
            found = []
        found.append(row)
    yield from with_minors(found)


def with_minors(rows: list[Row]) -> Iterator[Row]:
    yield from rows
    bands = {row.variable: row for row in rows if row.variable in MINORS}
    if len(bands) == len(MINORS) and all(row.value is not None for row in bands.values()):
        total = round(sum(row.value or 0 for row in bands.values()), 6)
        yield rows[0]._replace(
            variable="pop_0_17",
            value=total,
            status=Status.PUBLISHED,
            origin="derived",
            quality="sum_of_bands",
        )


def families(path: Path, report: Report) -> Iterator[Row]:
    """Read base-ic-couples-familles-menages."""
    yield from iris_rows(path, report, FAMILIES, r"c(\d\d)_fammono")


def housing(path: Path, report: Report) -> Iterator[Row]:
    """Read base-ic-logement."""
    yield from iris_rows(path, report, HOUSING, r"p(\d\d)_rsecocc")


def comparator(path: Path, report: Report) -> Iterator[Row]:
    """Read base_cc_comparateur.csv: points for the census and commas for Filosofi, in one line."""
    columns: dict[str, tuple[str, str]] = {}
    for line in table(path, report, required=["CODGEO", "SUPERF"], member="base_cc_comparateur"):
        columns = columns or newest_columns(line)
        insee_code = commune_code(line, "codgeo", report)
        if not insee_code:
            continue
        found = cells(
            line,
            {column: variable for column, (variable, _year) in columns.items()},
            report,
            limits=LIMITS,
            level=level_of(insee_code),
            code=insee_code,
            period="",
        )
        years = dict(columns.values())
        rows = {row.variable: row._replace(period=years[row.variable]) for row in found}
        for name in ("median_income", "poverty_rate"):
            if name in rows and int(years[name][2:]) >= RENEWED_YEAR:
                rows[name] = rows[name]._replace(quality="filosofi_renewed")
        active, without_work = rows.pop("active_15_64", None), rows.get("unemployed_15_64")
        yield from rows.values()
        if active and without_work and active.value is not None and without_work.value is not None:
            employed = round(active.value - without_work.value, 6)
            yield active._replace(variable="employed_15_64", value=employed, origin="derived")


def newest_columns(line) -> dict[str, tuple[str, str]]:
    """Return column -> (variable, year): the newest column of each variable."""
    chosen: dict[str, tuple[str, str]] = {}
    for name in line:
        for pattern, variable in COMPARATOR.items():
            if (found := re.fullmatch(pattern, name)) and (not found.groups() or int(found[1]) < 60):
                year = f"20{found[1]}" if found.groups() else ""
                if variable not in chosen or year > chosen[variable][1]:
                    chosen[variable] = (name, year)
    # An area has no year of its own: that of the census beside it.
    census = chosen.get("rp_population", ("", ""))[1]
    return {name: (variable, year or census) for variable, (name, year) in chosen.items()}


def civil_records(path: Path, report: Report) -> Iterator[Row]:
    """Read base_naissances or base_deces: one column a year (NAISD24, DECESD24)."""
    for line in table(path, report, required=["CODGEO"]):
        insee_code = commune_code(line, "codgeo", report)
        if not insee_code:
            continue
        for name in line:
            if found := re.fullmatch(r"(naisd|decesd)(\d\d)", name):
                yield from cells(
                    line,
                    {name: "births" if found[1] == "naisd" else "deaths"},
                    report,
                    limits={},
                    level=level_of(insee_code),
                    code=insee_code,
                    period=f"20{found[2]}",
                )


# The identifier of a publication on insee.fr, by census year.
CENSUS_FILES = {
    "evol-struct-pop": {"2021": "8268806", "2022": "8647014"},
    "couples-familles-menages": {"2021": "8268828", "2022": "8647008"},
    "logement": {"2021": "8268838", "2022": "8647012"},
}


def census_url(theme: str):
    def url(since: str) -> str:
        known = CENSUS_FILES[theme]
        year = since if since in known else max(known)
        return published(f"{known[year]}/base-ic-{theme}-{year}_csv.zip")

    return url


register(
    *(
        Connector(
            dataset=dataset,
            group="insee",
            url=census_url(theme),
            extension="zip",
            rows=rows,
            sums_iris=True,
            without=(MAYOTTE,),
        )
        for dataset, theme, rows in (
            ("insee_rp_iris_population", "evol-struct-pop", population),
            ("insee_rp_iris_families", "couples-familles-menages", families),
            ("insee_rp_iris_housing", "logement", housing),
        )
    ),
    Connector(
        dataset="insee_comparator_communes",
        group="insee",
        url=lambda since: published("2521169/base_cc_comparateur_csv.zip"),
        extension="zip",
        rows=comparator,
        without=(MAYOTTE,),
    ),
    Connector(
        dataset="insee_births",
        group="insee",
        url=lambda since: published("1893255/base_naissances_2008-2024_geo2025_csv.zip"),
        extension="zip",
        rows=civil_records,
    ),
    Connector(
        dataset="insee_deaths",
        group="insee",
        url=lambda since: published("1893253/base_deces_2008-2024_geo2025_csv.zip"),
        extension="zip",
        rows=civil_records,
    ),
)
