"""The census by Melodi (DS_RP_*): a line per place, year and crossing of every dimension.

A crossing is read where each dimension it does not name is at its total (_T). Years are those of the
census, five apart. A commune merged since has its figures in the one that holds it (status K).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ansanm.engines.indicators import Status
from ansanm.territories.observations import Report
from ansanm.territories.sources.connectors import Connector, Row, register
from ansanm.territories.sources.connectors.insee_census import MAYOTTE
from ansanm.territories.sources.connectors.insee_melodi import (
    REQUIRED,
    place_of,
    url_of,
    value_of,
    year_of,
)
from ansanm.territories.sources.connectors.reading import table

TOTAL = "_T"
# Columns that say something of the value, and do not cut the population.
NOT_DIMENSIONS = {
    "geo",
    "geo_object",
    "geo_ref",
    "time_period",
    "freq",
    "obs_value",
    "obs_status",
    "conf_status",
    "unit_measure",
    "unit_mult",
    "decimals",
    "rp_measure",
}
HELD_ELSEWHERE = "K"


class Crossing(NamedTuple):
    """The dimensions that are not at their total; `sign` is that of its place in a sum."""

    dimensions: Mapping[str, str]
    sign: int = 1


def one(**dimensions: str) -> tuple[Crossing, ...]:
    return (Crossing(dimensions),)


def homes(**dimensions: str) -> tuple[Crossing, ...]:
    return one(**{"rp_measure": "DWELLINGS", **dimensions})


def summed(name: str, *codes: str, **dimensions: str) -> tuple[Crossing, ...]:
    return tuple(Crossing({**dimensions, name: code}) for code in codes)


WORKING_AGE = "Y15T64"
# Dataset -> our variable -> the crossings it is the sum of.
TABLES: dict[str, dict[str, tuple[Crossing, ...]]] = {
    "DS_RP_POPULATION_PRINC": {
        "rp_population": one(),
        "pop_0_19": one(age="Y_LT20"),
        "pop_20_64": one(age="Y20T64"),
        "pop_65p": one(age="Y_GE65"),
    },
    "DS_RP_FAMILLE_COMP": {
        "families": one(),
        "single_parent_families": summed("tfn", "11", "12"),
        "couples_with_children": one(tfn="22"),
    },
    "DS_RP_MENAGES_PRINC": {
        "living_alone_households": summed(
            "age",
            *("Y15T24", "Y25T39", "Y40T54", "Y55T64", "Y65T79", "Y_GE80"),
            rp_measure="ONEPERS",
            noc="P1",
            ocs="DW_MAIN",
        ),
    },
    "DS_RP_LOGEMENT_PRINC": {
        "dwellings": homes(),
        "main_homes": homes(ocs="DW_MAIN"),
        "second_homes": homes(ocs="DW_SEC_DW_OCC"),
        "vacant_dwellings": homes(ocs="DW_VAC"),
        "houses": homes(tdw="1"),
        "flats": homes(tdw="2"),
        "main_homes_in_flats": homes(ocs="DW_MAIN", tdw="2"),
        "owners": homes(ocs="DW_MAIN", tsh="100"),
        "tenants_private": homes(ocs="DW_MAIN", tsh="211"),
        "tenants_furnished": homes(ocs="DW_MAIN", tsh="212_222"),
        "tenants_social": homes(ocs="DW_MAIN", tsh="221"),
        "housed_free": homes(ocs="DW_MAIN", tsh="300"),
    },
    "DS_RP_EMPLOI_LR_PRINC": {
        "pop_15_64": one(age=WORKING_AGE),
        "employed_15_64": one(age=WORKING_AGE, empsta_enq="1"),
        "unemployed_15_64": one(age=WORKING_AGE, empsta_enq="2"),
        "retired_15_64": one(age=WORKING_AGE, empsta_enq="31"),
        "students_15_64": one(age=WORKING_AGE, empsta_enq="33"),
        # What is left: the codes of the rest are not those of every year.
        "other_inactive_15_64": (
            Crossing({"age": WORKING_AGE}),
            *(Crossing({"age": WORKING_AGE, "empsta_enq": code}, -1) for code in ("1", "2", "31", "33")),
        ),
    },
    "DS_RP_EDUCATION_PRINC": {
        "pop_6_10": one(age="Y6T10"),
        "pop_11_17": summed("age", "Y11T14", "Y15T17"),
        "pop_18_24": one(age="Y18T24"),
    },
    "DS_RP_DIPLOMES_PRINC": {
        "diploma_none": one(educ="001T100_RP"),
        "diploma_brevet": one(educ="200_RP"),
        "diploma_cap": one(educ="300_RP"),
        "diploma_bac": one(educ="350T351_RP"),
        "diploma_bac2": one(educ="500_RP"),
        "diploma_bac3": one(educ="600_RP"),
        "diploma_bac5": one(educ="700_RP"),
    },
}
# The column without which a file is that of another dataset.
CUT_BY = {
    "DS_RP_POPULATION_PRINC": "AGE",
    "DS_RP_FAMILLE_COMP": "TFN",
    "DS_RP_MENAGES_PRINC": "COUPLE",
    "DS_RP_LOGEMENT_PRINC": "TSH",
    "DS_RP_EMPLOI_LR_PRINC": "EMPSTA_ENQ",
    "DS_RP_EDUCATION_PRINC": "STUD",
    "DS_RP_DIPLOMES_PRINC": "EDUC",
}


def rows(dataset: str, path: Path, report: Report) -> Iterator[Row]:
    """Read a DS_RP_* dataset."""
    wanted: dict[tuple[str, ...], list[tuple[str, int, int]]] = {}
    dimensions: list[str] = []
    # (level, code, variable, period) -> what each crossing gives, by its place in the sum.
    sums: dict[tuple[str, str, str, str], dict[int, tuple]] = defaultdict(dict)
    for line in table(path, report, required=[*REQUIRED, CUT_BY[dataset]], member="_data.csv"):
        if not wanted:
            dimensions, wanted = crossings(dataset, line)
        found = wanted.get(tuple(line[name] for name in dimensions))
        if found is None or line.get("obs_status") == HELD_ELSEWHERE:
            continue
        if (place := place_of(line, report)) is None or not (period := year_of(line, report)):
            continue
        if (read := value_of(line, "", report)) is None:
            continue
        for variable, at, sign in found:
            if len(TABLES[dataset][variable]) == 1:
                yield Row(*place, variable, period, *read, line=line.number)
            else:
                sums[*place, variable, period][at] = (*read, sign)
    for (level, code, variable, period), parts in sums.items():
        if len(parts) == len(TABLES[dataset][variable]):
            of_parts = {status for _, status, _ in parts.values()}
            status = Status.SECRET if Status.SECRET in of_parts else Status(max(of_parts))
            total = sum(sign * value for value, _, sign in parts.values()) if not status else None
            value = None if total is None else max(round(total, 6), 0.0)
            yield Row(level, code, variable, period, value, status, origin="derived")


def crossings(dataset: str, line: Mapping[str, str]) -> tuple[list[str], dict]:
    """Return the dimensions of a file, and for each crossing of interest what it counts in."""
    named = {
        name for parts in TABLES[dataset].values() for part in parts for name in part.dimensions
    } & line.keys()
    dimensions = sorted(named | (line.keys() - NOT_DIMENSIONS))
    wanted: dict[tuple[str, ...], list[tuple[str, int, int]]] = defaultdict(list)
    for variable, parts in TABLES[dataset].items():
        for at, part in enumerate(parts):
            key = tuple(part.dimensions.get(name, TOTAL) for name in dimensions)
            wanted[key].append((variable, at, part.sign))
    return dimensions, dict(wanted)


register(
    *(
        Connector(
            dataset=ours,
            group="melodi",
            url=url_of(theirs, "2023"),
            extension="zip",
            rows=partial(rows, theirs),
            without=(MAYOTTE,),
            max_bytes=4_000_000_000,
        )
        for ours, theirs in {
            "insee_melodi_rp_population": "DS_RP_POPULATION_PRINC",
            "insee_melodi_rp_families": "DS_RP_FAMILLE_COMP",
            "insee_melodi_rp_households": "DS_RP_MENAGES_PRINC",
            "insee_melodi_rp_housing": "DS_RP_LOGEMENT_PRINC",
            "insee_melodi_rp_work": "DS_RP_EMPLOI_LR_PRINC",
            "insee_melodi_rp_schooling": "DS_RP_EDUCATION_PRINC",
            "insee_melodi_rp_diplomas": "DS_RP_DIPLOMES_PRINC",
        }.items()
    )
)
