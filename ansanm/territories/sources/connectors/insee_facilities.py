"""BPE: how many facilities of each type a commune has.

Insee renamed its types: a code of one list means another thing, or nothing, in the other. A file is
read with the list it is written in, known by the code that only that list has for general
practitioners; one that mixes both is refused. Types whose code is not established here are not read.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from ansanm.territories.observations import Report, StoreError
from ansanm.territories.sources import etalab_decoupage
from ansanm.territories.sources.connectors import Connector, Row, register
from ansanm.territories.sources.connectors.insee_columns import level_of, published
from ansanm.territories.sources.connectors.reading import bounded, commune_code, table

# The code of general practitioners -> the types of its list.
LISTS = {
    "D265": {
        "A128": "bpe_france_services",
        "C107": "bpe_nursery_school",
        "C108": "bpe_primary_school",
        "C109": "bpe_elementary_school",
        "C201": "bpe_college",
        "D113": "bpe_health_centre",
        "D265": "bpe_gp",
        "D277": "bpe_dentist",
        "D307": "bpe_pharmacy",
        "D502": "bpe_eaje",
        "D504": "bpe_rpe",
        "D505": "bpe_alsh",
        "D509": "bpe_micro_creche",
        "F101": "bpe_pool",
        "F307": "bpe_library",
    },
    # Before the new list: D231 to D243 are other professions, D301 a pharmacy, D307 nothing.
    "D201": {"D201": "bpe_gp"},
}


def facilities(path: Path, report: Report) -> Iterator[Row]:
    """Read the file of one line per facility, or the older one that counts them (NB_EQUIP)."""
    counts: Counter[tuple[str, str, str]] = Counter()
    years: dict[str, None] = {}
    seen: set[str] = set()
    for line in table(path, report, required=["AN", "DEPCOM", "TYPEQU"], member="bpe"):
        insee_code = commune_code(line, "depcom", report)
        year, kind = line["an"].strip(), line["typequ"].strip().upper()
        if not insee_code:
            continue
        if not (year.isdigit() and len(year) == 4):
            report.reject("bad_period", example=line.example())
            continue
        try:
            n, _status = bounded(line["nb_equip"]) if "nb_equip" in line else (1.0, None)
        except ValueError as error:
            report.reject("bad_number", example=line.example(str(error)))
            continue
        if n is None:
            report.reject("empty_cell", example=line.example())
            continue
        years[year] = None
        seen.add(kind)
        counts[insee_code, year, kind] += int(n)
    yield from rows_of(path, counts, list(years), seen)


def rows_of(path: Path, counts: Counter, years: list[str], seen: set[str]) -> Iterator[Row]:
    known = seen & LISTS.keys()
    if len(known) != 1:
        raise StoreError(
            _(
                "%(name)s : la liste des types n’est pas reconnue (codes de médecins généralistes trouvés : "
                "%(found)s ; un seul attendu parmi %(known)s)."
            )
            % {"name": path.name, "found": ", ".join(sorted(known)) or "∅", "known": ", ".join(LISTS)}
        )
    types = LISTS[known.pop()]
    # The base is exhaustive: in a département it covers, a type that a commune does not have is 0.
    place = etalab_decoupage.geography()
    everywhere = place.communes | place.arms
    departements = {everywhere[code].departement for code, _year, _kind in counts if code in everywhere}
    covered = {code for code, one in everywhere.items() if one.departement in departements}
    # Facilities of Paris, Lyon and Marseille are in their arrondissements, which the commune sums.
    covered -= set(place.arm_commune.values())
    communes = sorted(covered | {code for code, _year, _kind in counts})
    for year in years:
        for code in communes:
            for kind, variable in types.items():
                yield Row(level_of(code), code, variable, year, float(counts[code, year, kind]))


register(
    Connector(
        dataset="insee_bpe_communes",
        group="insee",
        url=lambda since: published("8217525/BPE24.zip"),
        extension="zip",
        rows=facilities,
    )
)
