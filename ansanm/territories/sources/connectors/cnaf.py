"""Caf figures of data.caf.fr (Opendatasoft): beneficiaries, family quotient, RSA, childcare.

Counts are rounded to 5, amounts to 100 € and those of December alone: never times twelve. The Caf
scheme only, without the MSA. XX, XXX and 99 are households it could not locate. Paris, Lyon and
Marseille come by arrondissement.
"""

import csv
import io
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from ansanm.engines.indicators import Status
from ansanm.territories.models import Level, Territory
from ansanm.territories.names import search_key
from ansanm.territories.observations import Report, StoreError
from ansanm.territories.sources.connectors import Connector, Row, fetching, paging, register
from ansanm.territories.sources.connectors.reading import Line, bounded, code, commune_code, table

ADDRESS = "https://data.caf.fr"
RECORDS_PAGE = 100
# Their column -> our variable. The disability benefits are not published by commune.
BENEFITS = {
    "indfoy_ndur": "caf_households",
    "indnbp_ndur": "caf_persons",
    "indmtt_ndur": "caf_december_benefits_eur",
    "indfoy_rsa": "caf_rsa",
    "indfoy_ppa": "caf_ppa",
    "indfoy_ndural": "caf_housing",
    "indfoy_af": "caf_af",
    "indfoy_cf": "caf_cf",
    "indfoy_ars": "caf_ars",
    "indfoy_asf": "asf_households",
    "indfoy_ndurpaje": "caf_paje",
    "indfoy_cmg": "cmg_households",
    "indfoy_prepare": "caf_prepare",
    "indben_aah": "aah_recipients",
    "indfoy_aeeh": "aeeh_households",
}
QF_BANDS = {
    "moins de 400 euros": "caf_qf_0_399",
    "entre 400 et 799 euros": "caf_qf_400_799",
    "entre 800 et 1199 euros": "caf_qf_800_1199",
    "entre 1200 et 1599 euros": "caf_qf_1200_1599",
    "entre 1600 et 1999 euros": "caf_qf_1600_1999",
    "entre 2000 et 3999 euros": "caf_qf_2000_3999",
    "4000 euros ou plus": "caf_qf_4000_more",
    "inconnu": "caf_qf_unknown",
}
LOW_BANDS = ("caf_qf_0_399", "caf_qf_400_799")
RSA_TYPES = {"rsa non majoré": "caf_rsa_not_increased", "rsa majoré": "caf_rsa_increased"}
# txcouv_<this>_<level> or pl_<this>_<level> -> the end of our variable.
CHILDCARE = {
    "eaje": "eaje",
    "psu_col": "psu",
    "hors_psu_col": "not_psu",
    "prescol": "preschool",
    "am_ind": "childminders",
    "gad_ind": "home",
}
# 100 places for 100 children under 3 may be passed where children come from around; 4 for one may not.
MAX_COVERAGE = 400
# The tables Cnaf publishes now begin with this year, counted otherwise than in those they replace.
REVISED_YEAR = "2022"
CODE_COLUMNS = {"epci": ("numepci", 9), "departement": ("numdep", 2), "region": ("numregi", 2)}
SUFFIXES = {"com": "commune", "epci": "epci", "dep": "departement", "reg": "region", "nat": "france"}


def url(dataset: str, since: str) -> str:
    # The export, not the records: these stop at 10,000 lines.
    options = {
        "lang": "fr",
        "timezone": "Europe/Paris",
        "use_labels": "false",
        "delimiter": ";",
    }
    base = os.environ.get("ANSANM_CAF_URL", ADDRESS).rstrip("/")
    return f"{base}/api/explore/v2.1/catalog/datasets/{dataset}/exports/csv?{urlencode(options)}"


def fetch(
    theirs: str, order: Sequence[str], connector: Connector, since: str, progress=fetching.nothing
) -> Path:
    """Fetch the export; where it fails, the records behind it, page by page, if they are few enough."""
    name = f"{connector.dataset}.csv"
    try:
        return fetching.download(connector.url(since), name, progress=progress, max_bytes=connector.max_bytes)
    except fetching.FetchError as error:
        # An address that is gone is an answer: its records are gone as well.
        if not isinstance(error.__cause__, fetching.Retry):
            raise
        try:
            found = paging.fetch(
                records(theirs, order), connector.dataset, max_bytes=connector.max_bytes, progress=progress
            )
        except fetching.FetchError:
            # What the reader can act upon is the failure of the export.
            raise error from None
    text = io.StringIO()
    columns = list(dict.fromkeys(column for one in found for column in one))
    lines = csv.DictWriter(text, columns, delimiter=";", lineterminator="\n")
    lines.writeheader()
    lines.writerows(found)
    return paging.written(name, text.getvalue())


def records(theirs: str, order: Sequence[str]) -> paging.Service:
    def url(start: int) -> str:
        # Without an order, two pages may hold the same line and miss another.
        options = {"order_by": ",".join(order), "limit": RECORDS_PAGE, "offset": start}
        base = os.environ.get("ANSANM_CAF_URL", ADDRESS).rstrip("/")
        return f"{base}/api/explore/v2.1/catalog/datasets/{theirs}/records?{urlencode(options)}"

    return paging.Service(
        url=url,
        size=RECORDS_PAGE,
        items=lambda answer: answer["results"],
        total=lambda answer: paging.announced(answer["total_count"]),
        key=lambda one: tuple(str(one[column]) for column in order),
        furthest=10_000,
    )


def place_of(line: Line, level: str, report: Report, column: str = "") -> str:
    """Return the code of a line's territory, "" once the line is refused."""
    if level == "france":
        return "FR"
    if level == "commune":
        return commune_code(line, column, report)
    column, length = CODE_COLUMNS[level]
    found = code(line[column], length)
    if not found:
        report.reject("not_located", example=line.example())
    return found


def december(line: Line, report: Report) -> str:
    """Return the period of a line if it is that of a December, "" otherwise.

    The département and France are published every month, communes in December only: one series.
    """
    found = re.match(r"(\d{4})-?(\d{2})", line["dtreffre"].strip())
    if not found:
        report.reject("bad_period", example=line.example(line["dtreffre"]))
        return ""
    if found[2] != "12":
        report.count("other_months")
        return ""
    return f"{found[1]}-12"


def key_columns(level: str, commune_column: str) -> list[str]:
    if level == "france":
        return []
    return [commune_column] if level == "commune" else [CODE_COLUMNS[level][0]]


def value_of(line: Line, column: str, report: Report, high: float = float("inf")):
    """Return (value, status); None once the cell is refused."""
    try:
        return bounded(line[column], 0, high)
    except ValueError:
        report.reject("bad_number", example=line.example(f"{column} = {line[column]}"))
        return None


def beneficiaries(level: str, path: Path, report: Report) -> Iterator[Row]:
    keys = key_columns(level, "numcomdo")
    quality = "rounded_5" if level in {"commune", "epci"} else None
    for line in table(path, report, required=["dtreffre", *keys, "indfoy_ndur", "indnbp_ndur"]):
        if not (place := place_of(line, level, report, "numcomdo")):
            continue
        if not (period := december(line, report)):
            continue
        for column, variable in BENEFITS.items():
            if column in line and (read := value_of(line, column, report)):
                yield Row(level, place, variable, period, *read, quality=quality, line=line.number)


def quotients(level: str, path: Path, report: Report) -> Iterator[Row]:
    """Yield the households of each band, then of the two lowest together."""
    more = {"iris": ["numirisd"], "qpv": ["nomqpv"]}.get(level, [])
    low: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    known = qpv_codes() if level == "qpv" else {}
    shares: dict[tuple[str, str, str], list] = {}  # of a QPV across communes, one line in each
    for line in table(path, report, required=["dtreffre", "numcomdo", *more, "qf_400", "indfoy_ndur"]):
        variable = QF_BANDS.get(line["qf_400"].strip().lower())
        if variable is None:
            report.reject("unknown_band", example=line.example(line["qf_400"]))
            continue
        if not (place := commune_code(line, "numcomdo", report)):
            continue
        if level == "iris":
            number = code(line["numirisd"], 4)
            place = place + number if number else ""
        elif level == "qpv":
            place = known.get((place, search_key(line["nomqpv"])), "")
        if not place:
            reason = "unknown_qpv" if level == "qpv" else "not_located"
            report.reject(reason, example=line.example())
            continue
        if not (period := december(line, report)) or not (read := value_of(line, "indfoy_ndur", report)):
            continue
        value, status = read
        if level == "qpv":
            shares.setdefault((place, variable, period), []).append((value, status, line))
            continue
        if variable in LOW_BANDS and status == Status.PUBLISHED:
            low[place, period][variable] = value
        yield Row(level, place, variable, period, value, status, "rounded_5", line=line.number)
    for (place, variable, period), found in shares.items():
        of_shares = {one[1] for one in found}
        status = Status.SECRET if Status.SECRET in of_shares else max(of_shares)
        value = sum(one[0] for one in found) if status == Status.PUBLISHED else None
        if variable in LOW_BANDS and value is not None:
            low[place, period][variable] = value
        yield Row(level, place, variable, period, value, status, "rounded_5", line=found[0][2].number)
    for (place, period), bands in low.items():
        if len(bands) == len(LOW_BANDS):
            yield Row(
                level,
                place,
                "caf_qf_under_800",
                period,
                sum(bands.values()),
                quality="low_quotient",
                origin="derived",
            )


def qpv_codes() -> dict[tuple[str, str], str]:
    """Return the code of each QPV by (commune, name): the file has no other key."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in Territory.objects.filter(level=Level.QPV):
        found[one.commune_code, search_key(one.name)].add(one.code)
    if not found:
        raise StoreError(
            _(
                "Aucun quartier prioritaire n’est chargé : ce fichier ne les connaît que par leur nom. "
                "Chargez d’abord les contours des QPV 2024."
            )
        )
    return {key: next(iter(codes)) for key, codes in found.items() if len(codes) == 1}


def rsa_types(path: Path, report: Report) -> Iterator[Row]:
    for line in table(path, report, required=["dtreffre", "numcomdo", "rsa_type", "indfoy_rsa"]):
        variable = RSA_TYPES.get(line["rsa_type"].strip().lower())
        if variable is None:
            report.reject("unknown_band", example=line.example(line["rsa_type"]))
            continue
        if not (place := commune_code(line, "numcomdo", report)):
            continue
        period = december(line, report)
        if period and (read := value_of(line, "indfoy_rsa", report)):
            yield Row("commune", place, variable, period, *read, quality="rounded_5", line=line.number)


def childcare(
    prefix: str, total: str, ours: str, suffix: str, path: Path, report: Report, *, is_former: bool = False
) -> Iterator[Row]:
    """Yield coverage rates (txcouv_pe_*) or numbers of places (nbpla_pe_*) of one level.

    `is_former` reads the historical tables (`_hist`), which overlap the new ones by one year: of that
    year only the revised figure is kept, so that no series goes from one count to the other unsaid.
    """
    level = SUFFIXES[suffix]
    keys = key_columns(level, "numcom")
    columns = {f"{total}_{suffix}": "coverage_rate" if ours == "coverage" else ours}
    columns |= {f"{prefix}_{theirs}_{suffix}": f"{ours}_{end}" for theirs, end in CHILDCARE.items()}
    quality = "without_mayotte" if level == "france" else None
    high = MAX_COVERAGE if ours == "coverage" else float("inf")
    for line in table(path, report, required=["annee", *keys, f"{total}_{suffix}"]):
        if not (place := place_of(line, level, report, "numcom")):
            continue
        # A date in the national file, a year in the others.
        if not (found := re.match(r"\d{4}(?!\d)", line["annee"].strip())):
            report.reject("bad_period", example=line.example(line["annee"]))
            continue
        if is_former and found[0] >= REVISED_YEAR:
            report.count("superseded")
            continue
        for column, variable in columns.items():
            if column not in line or not (read := value_of(line, column, report, high)):
                continue
            if ours == "coverage" and read[0] is not None and read[0] > 100:
                report.count("over_100")
            yield Row(level, place, variable, found[0], *read, quality=quality, line=line.number)


def connector(dataset: str, theirs: str, rows, order: Sequence[str]) -> Connector:
    """`order` is what makes a line of theirs itself."""
    return Connector(
        dataset=dataset,
        url=partial(url, theirs),
        rows=rows,
        group="cnaf",
        fetch=partial(fetch, theirs, order),
    )


register(
    *(
        connector(
            f"cnaf_s_ben_{suffix}",
            theirs,
            partial(beneficiaries, SUFFIXES[suffix]),
            ["dtreffre", *key_columns(SUFFIXES[suffix], "numcomdo")],
        )
        for suffix, theirs in {
            "com": "s_ben_com_f",
            "epci": "s_ben_epci_f",
            "dep": "s_ben_dep",
            "nat": "s_ben_nat",
        }.items()
    ),
    connector(
        "cnaf_qf_com",
        "ndur_s_qf_400_com_f",
        partial(quotients, "commune"),
        ["dtreffre", "numcomdo", "qf_400"],
    ),
    connector(
        "cnaf_qf_iris",
        "ndur_s_qf_400_iris_f",
        partial(quotients, "iris"),
        ["dtreffre", "numcomdo", "numirisd", "qf_400"],
    ),
    connector(
        "cnaf_qf_qpv",
        "ndur_s_qf_400_qpv_f",
        partial(quotients, "qpv"),
        ["dtreffre", "numcomdo", "nomqpv", "qf_400"],
    ),
    connector("cnaf_rsa_com", "rsa_s_type_com_f", rsa_types, ["dtreffre", "numcomdo", "rsa_type"]),
    *(
        connector(
            f"cnaf_{ours}_{suffix}{end}",
            f"{theirs}_{suffix}{end}",
            partial(childcare, *read, suffix, is_former=bool(end)),
            ["annee", *key_columns(SUFFIXES[suffix], "numcom")],
        )
        for ours, theirs, read in (
            ("txcouv", "txcouv_pe", ("txcouv", "txcouv", "coverage")),
            ("nbpla", "nbpla_pe", ("pl", "tot_offre", "childcare_places")),
        )
        for suffix in SUFFIXES
        for end in ("", "_hist")
    ),
)
