"""Filosofi: standards of living of communes, and declared incomes of IRIS, which never mix.

The table of communes gives what is left after benefits and taxes. That of IRIS named DEC gives what
households declare, before benefits: its poverty rate is far higher where people live on them, and
compares with none of the other table. Hence variables of its own, that no indicator mixes.
"""

from collections.abc import Iterator
from pathlib import Path

from ansanm.territories.observations import Report
from ansanm.territories.sources.connectors import Connector, Row, register
from ansanm.territories.sources.connectors.insee_columns import (
    cells,
    iris_code,
    lines_of_a_year,
    of_communes,
    published,
)

COMMUNES = {
    "nbmenfiscAA": "tax_households",
    "nbpersmenfiscAA": "tax_household_persons",
    "medAA": "median_income",
    "tp60AA": "poverty_rate",
    "tp60age1AA": "poverty_rate_under30",
    "ppsocAA": "social_benefits_share",
    "ppfamAA": "family_benefits_share",
    "ppminiAA": "minima_share",
    "pplogtAA": "housing_benefits_share",
    "d1AA": "income_d1",
    "d9AA": "income_d9",
    "rdAA": "interdecile_ratio",
}
DECLARED = {
    "dec_medAA": "iris_declared_median_income",
    "dec_tp60AA": "iris_declared_poverty_rate",
    "dec_q1AA": "iris_declared_income_q1",
    "dec_q3AA": "iris_declared_income_q3",
    "dec_d1AA": "iris_declared_income_d1",
    "dec_d9AA": "iris_declared_income_d9",
    "dec_pimpAA": "iris_declared_taxed_share",
}
PERCENT = (0.0, 100.0)
LIMITS = dict.fromkeys(
    [
        "poverty_rate",
        "poverty_rate_under30",
        "social_benefits_share",
        "family_benefits_share",
        "minima_share",
        "housing_benefits_share",
        "iris_declared_poverty_rate",
        "iris_declared_taxed_share",
    ],
    PERCENT,
)
# From this year on the method is another: indicators break their series there.
RENEWED_YEAR = 23


def communes(path: Path, report: Report) -> Iterator[Row]:
    """Read cc_filosofi_AAAA_COM.csv, or the archive of Insee where it stands among other levels."""
    yield from of_communes(
        path,
        report,
        columns=COMMUNES,
        pattern=r"med(\d\d)",
        limits=LIMITS,
        quality=lambda year: "filosofi_renewed" if int(year) >= RENEWED_YEAR else None,
        member="_com.csv",
    )


def iris(path: Path, report: Report) -> Iterator[Row]:
    """Read BASE_TD_FILO_IRIS_AAAA_DEC.csv; its twin DISP (disposable incomes) has other columns."""
    for year, line in lines_of_a_year(path, report, key="IRIS", pattern=r"dec_med(\d\d)", member="_dec"):
        if code := iris_code(line, "iris", report):
            yield from cells(
                line,
                {name.replace("AA", year): variable for name, variable in DECLARED.items()},
                report,
                limits=LIMITS,
                level="iris",
                code=code,
                period=f"20{year}",
            )


register(
    Connector(
        dataset="insee_filosofi_communes",
        group="insee",
        # The later editions of this table (geo2025) are in the long format of Melodi.
        url=lambda since: published("7756729/base-cc-filosofi-2021-geo2024_csv.zip"),
        extension="zip",
        rows=communes,
    ),
    Connector(
        dataset="insee_filosofi_iris_declared",
        group="insee",
        url=lambda since: published("8229323/BASE_TD_FILO_IRIS_2021_DEC_CSV.zip"),
        extension="zip",
        rows=iris,
    ),
)
