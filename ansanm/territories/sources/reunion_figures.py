"""Figures of the 24 communes of La Réunion, kept by hand in `reunion/`, each with its source.

One file per dataset of datasets.yaml, in long format: level;code;variable;period;value;status;
quality. Figures nobody publishes are not there; a cell the producer hides is, with its status.
"""

import csv
from pathlib import Path

from django.utils.translation import gettext as _

from ansanm.engines.indicators import Status
from ansanm.territories import observations
from ansanm.territories.aggregates import add_aggregates
from ansanm.territories.observations import Report, StoreError
from ansanm.territories.sources import etalab_decoupage

HERE = Path(__file__).parent / "reunion"
DATASETS = tuple(sorted(path.stem for path in HERE.glob("*.csv")))
HEADER = ["level", "code", "variable", "period", "value", "status", "quality"]
STATUSES = {"": Status.PUBLISHED} | {one.name.lower(): one for one in Status}

WOMEN_AND_MEN = ("women", "men")
# Broad age groups -> the first ages of the five-year bands that make them.
AGE_GROUPS = {
    "rp_population": range(0, 100, 5),
    "pop_0_4": range(0, 5, 5),
    "pop_5_9": range(5, 10, 5),
    "pop_10_14": range(10, 15, 5),
    "pop_15_19": range(15, 20, 5),
    "pop_0_19": range(0, 20, 5),
    "pop_20_64": range(20, 65, 5),
    "pop_65p": range(65, 100, 5),
}
# Computed by us from the producer's own cells, not published as such.
DERIVED = {"approx", "sum_of_bands"}


def inputs() -> list[Path]:
    return [HERE / f"{dataset}.csv" for dataset in DATASETS]


def ingest(progress=lambda message: None) -> list[Report]:
    reports = []
    for dataset in DATASETS:
        progress(dataset)
        reports.append(ingest_file(dataset, HERE / f"{dataset}.csv"))
    return reports


def ingest_file(dataset: str, path: Path) -> Report:
    report = Report()
    rows = [row for row in parse(path, report)]
    if dataset == "insee_rp_ages":
        rows += broad_groups(rows)
    con = observations.workspace()
    observations.insert(con, rows)
    add_aggregates(con, etalab_decoupage.geography())
    return observations.swap_in(con, dataset, observations.datasets()[dataset]["vintages"][-1], report)


def parse(path: Path, report: Report):
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file, delimiter=";", strict=True)
            if next(lines, None) != HEADER:
                raise StoreError(
                    _("%(name)s : la première ligne doit être « %(header)s ».")
                    % {"name": path.name, "header": ";".join(HEADER)}
                )
            for line in lines:
                report.n_read += 1
                if row := observation(path.name, lines.line_num, line, report):
                    yield row
    except (csv.Error, UnicodeDecodeError) as error:
        raise StoreError(
            _("%(name)s est abîmé : %(error)s.") % {"name": path.name, "error": error}
        ) from error


def observation(name: str, number: int, line: list[str], report: Report):
    try:
        level, code, variable, period, text, state, note = line
        status = STATUSES[state]
        value = float(text) if text else None
    except (ValueError, KeyError) as error:
        raise StoreError(
            _("%(name)s, ligne %(number)s : « %(line)s » ne se lit pas (%(error)s).")
            % {"name": name, "number": number, "line": ";".join(line), "error": error}
        ) from error
    if value is None and status == Status.PUBLISHED:
        report.reject("empty_cell")
        return None
    origin = "derived" if note in DERIVED else "published"
    return level, code, variable, period, value, status, origin, note or None


def broad_groups(rows: list[tuple]) -> list[tuple]:
    """Return the broad age groups: sums of the published bands of women and men."""
    bands = {(row[0], row[1], row[2], row[3]): row[4] for row in rows}
    places = sorted({(row[0], row[1], row[3]) for row in rows})
    return [
        # One decimal, that of the bands: a sum of floats shows digits nobody counted.
        (level, code, group, period, round(total, 1), Status.PUBLISHED, "derived", "rp_estimate")
        for level, code, period in places
        for group, ages in AGE_GROUPS.items()
        for total in [
            sum(bands[level, code, f"{sex}_{age:02d}", period] for sex in WOMEN_AND_MEN for age in ages)
        ]
    ]
