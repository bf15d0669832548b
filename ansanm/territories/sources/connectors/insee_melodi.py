"""Melodi: the long tables of Insee, one line per place and measure, levels above communes included.

Only measures whose code is established are read. « France » there is métropole alone, or several
Frances at once, none of which is ours: it is left out.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ansanm.engines.indicators import Status
from ansanm.territories.observations import Report
from ansanm.territories.sources.connectors import Connector, Row, register
from ansanm.territories.sources.connectors.insee_columns import reason_of
from ansanm.territories.sources.connectors.insee_facilities import NEWEST, rows_of
from ansanm.territories.sources.connectors.insee_incomes import LIMITS, RENEWED_YEAR
from ansanm.territories.sources.connectors.reading import Line, bounded, code, commune_code, table

API = "https://api.insee.fr/melodi"
REQUIRED = ("GEO", "GEO_OBJECT", "TIME_PERIOD", "OBS_VALUE")
# GEO_OBJECT -> our level, length of its codes.
LEVELS = {
    "COM": ("commune", 5),
    "ARM": ("arm", 5),
    "EPCI": ("epci", 9),
    "DEP": ("departement", 2),
    "REG": ("region", 2),
}
INCOMES = {"MED_SL": "median_income", "PR_MD60": "poverty_rate"}


def place_of(line: Line, report: Report) -> tuple[str, str] | None:
    """Return (level, code), None for a level we do not have or a line that is refused."""
    if line["geo_object"].strip() not in LEVELS:
        return None
    level, length = LEVELS[line["geo_object"].strip()]
    if level in {"commune", "arm"}:
        found = commune_code(line, "geo", report)
        return (level, found) if found else None
    found = code(line["geo"], length)
    if not found:
        report.reject("not_located", example=line.example())
        return None
    return level, found


def value_of(line: Line, variable: str, report: Report) -> tuple[float | None, Status] | None:
    """Return the value of a line and its status; None once the line is refused."""
    low, high = LIMITS.get(variable, (0, float("inf")))
    try:
        value, status = bounded(line["obs_value"], low, high)
    except ValueError as error:
        report.reject(reason_of(str(error), high), example=line.example(str(error)))
        return None
    # A confidential value is empty: why it is so stands in another column.
    if line.get("conf_status", "").strip().upper() == "C":
        return None, Status.SECRET
    return value, status


def incomes(path: Path, report: Report) -> Iterator[Row]:
    """Read DS_FILOSOFI_CC."""
    for line in table(path, report, required=[*REQUIRED, "FILOSOFI_MEASURE"], member="_data.csv"):
        variable = INCOMES.get(line["filosofi_measure"].strip())
        if variable is None or (place := place_of(line, report)) is None:
            continue
        if not (period := year_of(line, report)) or (read := value_of(line, variable, report)) is None:
            continue
        quality = "filosofi_renewed" if int(period[2:]) >= RENEWED_YEAR else None
        yield Row(*place, variable, period, *read, quality=quality, line=line.number)


def facilities(path: Path, report: Report) -> Iterator[Row]:
    """Read DS_BPE: counts by commune and type, with the lists of types of the BPE."""
    counts: Counter[tuple[str, str, str]] = Counter()
    years: dict[str, None] = {}
    seen: set[str] = set()
    for line in table(path, report, required=[*REQUIRED, "FACILITY_TYPE"], member="_data.csv"):
        # Levels above are our own sums: the base has them too, and both must not be kept.
        if line["geo_object"].strip() not in {"COM", "ARM"}:
            continue
        if line.get("bpe_measure", "FACILITIES").strip() != "FACILITIES":
            continue
        if (place := place_of(line, report)) is None or not (period := year_of(line, report)):
            continue
        if (read := value_of(line, "", report)) is None or read[0] is None:
            continue
        kind = line["facility_type"].strip().upper()
        years[period] = None
        seen.add(kind)
        counts[place[1], period, kind] = int(read[0])
    yield from rows_of(path, counts, list(years), seen)


def year_of(line: Line, report: Report) -> str:
    found = line["time_period"].strip()
    if len(found) == 4 and found.isdigit():
        return found
    report.reject("bad_period", example=line.example())
    return ""


def url_of(dataset: str, newest: str):
    def url(since: str) -> str:
        base = os.environ.get("ANSANM_MELODI_URL", API).rstrip("/")
        return f"{base}/file/{dataset}/{dataset}_{since or newest}_CSV_FR"

    return url


register(
    Connector(
        dataset="insee_melodi_filosofi",
        group="melodi",
        url=url_of("DS_FILOSOFI_CC", "2023"),
        extension="zip",
        rows=incomes,
    ),
    Connector(
        dataset="insee_melodi_bpe",
        group="melodi",
        url=url_of("DS_BPE", NEWEST),
        extension="zip",
        rows=facilities,
    ),
)
