"""The figures that pages, maps and exports may show: small counts, and what gives them back, are out.

What to hide is decided once for the whole country, for each variable and period, and never page by
page: two pages that each hid another neighbour of the same commune would together give it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from ansanm.engines import disclosure
from ansanm.engines.disclosure import Relation
from ansanm.engines.indicators import Definition, Kind, ObservationTable, Secrecy, Status
from ansanm.territories import definitions, observations
from ansanm.territories.models import Territory

THRESHOLDS = {Secrecy.CAF: disclosure.CAF_THRESHOLD, Secrecy.INCOME: disclosure.INCOME_THRESHOLD}
# Which level is the sum of which: (the whole, its parts, the code by which a part names its whole).
SUMS = (
    ("commune", "arm", "commune_code"),
    ("epci", "commune", "epci_code"),
    ("departement", "commune", "departement_code"),
    ("region", "departement", "region_code"),
)


def threshold_of(definition: Definition) -> int:
    """Return the count under which this indicator is secret; 0 where it never is."""
    # The producer of a published rate or median hid what it had to.
    return 0 if definition.kind is Kind.PUBLISHED else THRESHOLDS.get(definition.secrecy, 0)


def thresholds() -> dict[str, int]:
    """Return the count under which each variable is secret, where one is."""
    found: dict[str, int] = {}
    for one in definitions.definitions().values():
        for name in one.numerator + one.subtract:
            found[name] = max(found.get(name, 0), threshold_of(one))
    return {name: threshold for name, threshold in found.items() if threshold}


def table(territories: Sequence[tuple[str, str]], variables: Sequence[str]) -> ObservationTable:
    """Return the values of `variables` for `territories`, those to hide marked as secret."""
    found = observations.table(territories, variables)
    for key, codes in _hidden(observations.data_version()).items():
        if key in found.values:
            rows = np.array([code in codes for code in found.codes], dtype=bool)
            found.values[key][rows] = np.nan
            found.statuses[key][rows] = Status.SECRET
    return found


@lru_cache(maxsize=2)
def _hidden(data_version: str) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return the codes to hide for each variable and period that has a small count."""
    limits = thresholds()
    places = list(
        Territory.objects.current()
        .exclude(level="iris")
        .order_by("level", "code")
        .values_list("level", "code", "commune_code", "epci_code", "departement_code", "region_code")
    )
    everything = observations.table([one[:2] for one in places], sorted(limits))
    found, relations = {}, None
    for (variable, period), values in everything.values.items():
        if not np.any((values > 0) & (values < limits[variable])):
            continue
        relations = relations or _relations(places)
        hidden = disclosure.protect(
            values,
            relations,
            threshold=limits[variable],
            secret=everything.statuses[variable, period] == Status.SECRET,
        )
        found[variable, period] = frozenset(everything.codes[row] for row in np.flatnonzero(hidden))
    return found


def _relations(places: Sequence[tuple[str, ...]]) -> list[Relation]:
    position = {one[:2]: row for row, one in enumerate(places)}
    columns = ("level", "code", "commune_code", "epci_code", "departement_code", "region_code")
    relations: list[Relation] = []
    for whole, part, column in SUMS:
        parts: dict[str, list[int]] = {}
        for row, one in enumerate(places):
            if one[0] == part and (code := one[columns.index(column)]):
                parts.setdefault(code, []).append(row)
        relations += [
            (position[whole, code], rows) for code, rows in parts.items() if (whole, code) in position
        ]
    regions = [row for row, one in enumerate(places) if one[0] == "region"]
    if ("france", "FR") in position and regions:
        relations.append((position["france", "FR"], regions))
    return relations
