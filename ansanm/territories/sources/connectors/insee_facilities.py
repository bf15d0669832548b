"""BPE: how many facilities of each type a commune has.

Insee renamed its types: a code of one list means another thing, or nothing, in the other. A file is
read with the list it is written in, known by the code that only that list has for general
practitioners; one that mixes both is refused. Within a list too, types came and went: a type counts
for the years that know it, and is 0 nowhere else. Types whose code is not established, or whose
meaning changed with it (crèches and primary schools of the older list), are not read.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext as _

from ansanm.territories.observations import Report, StoreError
from ansanm.territories.sources import etalab_decoupage
from ansanm.territories.sources.connectors import Connector, Row, register
from ansanm.territories.sources.connectors.insee_columns import level_of, published
from ansanm.territories.sources.connectors.reading import bounded, commune_code, table


class Kind(NamedTuple):
    """A code of a list, for the years of the files in which it means that."""

    code: str
    variable: str
    since: str = ""
    until: str = "9999"


# The code of general practitioners -> the types of its list.
LISTS = {
    "D265": (
        Kind("A128", "bpe_france_services"),
        Kind("C107", "bpe_nursery_school"),
        Kind("C108", "bpe_primary_school"),
        Kind("C109", "bpe_elementary_school"),
        Kind("C201", "bpe_college"),
        Kind("D113", "bpe_health_centre"),
        Kind("D250", "bpe_psychologist"),
        Kind("D265", "bpe_gp"),
        Kind("D277", "bpe_dentist"),
        Kind("D278", "bpe_midwife"),
        # The list of 2024 has none, and no type of their own for micro-crèches.
        Kind("D282", "bpe_speech_therapist", since="2025"),
        Kind("D307", "bpe_pharmacy"),
        Kind("D502", "bpe_eaje"),
        Kind("D504", "bpe_rpe"),
        Kind("D505", "bpe_alsh"),
        Kind("D509", "bpe_micro_creche", since="2025"),
        Kind("F101", "bpe_pool"),
        Kind("F307", "bpe_library"),
    ),
    # C101 and C104 are other schools (C104 holds primary ones too), D502 a crèche of another
    # definition, A127 what came before France services.
    "D201": (
        Kind("C201", "bpe_college"),
        Kind("D113", "bpe_health_centre"),
        Kind("D201", "bpe_gp"),
        Kind("D221", "bpe_dentist"),
        Kind("D231", "bpe_midwife"),
        Kind("D235", "bpe_speech_therapist"),
        Kind("D243", "bpe_psychologist"),
        Kind("D301", "bpe_pharmacy", until="2019"),
        Kind("D307", "bpe_pharmacy", since="2020"),
        Kind("F101", "bpe_pool"),
        Kind("F307", "bpe_library"),
    ),
}
# From so many départements on a file is that of the country: a type it never names is not in its list.
WHOLE_COUNTRY = 90
NEWEST = "2025"


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
    kinds = LISTS[known.pop()]
    # The base is exhaustive: in a département it covers, a type that a commune does not have is 0.
    place = etalab_decoupage.geography()
    everywhere = place.communes | place.arms
    departements = {everywhere[code].departement for code, _year, _kind in counts if code in everywhere}
    covered = {code for code, one in everywhere.items() if one.departement in departements}
    # Facilities of Paris, Lyon and Marseille are in their arrondissements, which the commune sums.
    covered -= set(place.arm_commune.values())
    communes = sorted(covered | {code for code, _year, _kind in counts})
    named = {(year, kind) for _code, year, kind in counts}
    for year in years:
        in_list = {one.variable for one in kinds if one.since <= year <= one.until}
        for one in kinds:
            is_named = (year, one.code) in named
            if not one.since <= year <= one.until and (one.variable in in_list or not is_named):
                continue
            if not is_named and len(departements) >= WHOLE_COUNTRY:
                continue
            for code in communes:
                yield Row(level_of(code), code, one.variable, year, float(counts[code, year, one.code]))


register(
    Connector(
        dataset="insee_bpe_communes",
        group="insee",
        url=lambda since: published(f"8217525/BPE{(since or NEWEST)[2:4]}.zip"),
        extension="zip",
        rows=facilities,
    )
)
