"""The figures that pages, maps and exports may show: small counts, and what gives them back, are out.

What to hide is decided once for the whole country, for each variable and period, and never page by
page: two pages that each hid another neighbour of the same commune would together give it back.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db.models import Count, Max

from ansanm.engines import disclosure
from ansanm.engines.disclosure import Relation
from ansanm.engines.indicators import Definition, Kind, ObservationTable, Secrecy, Status
from ansanm.territories import definitions, observations
from ansanm.territories.models import Territory

# Parts of a commune with fewer people or homes than this show no figure but how many live there: the
# census is a sample there, one family moves every rate, and everybody knows who that family is.
# Eleven homes is the threshold of figures drawn from tax returns, of which homes are the unit.
SMALL_AREAS = {"iris", "qpv", "zone"}
LEAST_PERSONS = 100
LEAST_HOMES = 11
ALWAYS_SHOWN = {"population", "rp_population"}
# Of what `disclosure.protect` decides: another rule must not find the decisions of this one.
RULE_VERSION = 1
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
    for key, codes in _hidden(observations.sources_version()).items():
        if key in found.values:
            rows = np.array([code in codes for code in found.codes], dtype=bool)
            found.values[key][rows] = np.nan
            found.statuses[key][rows] = Status.SECRET
    too_small = np.isin(np.arange(len(territories)), too_small_among(territories))
    if too_small.any():
        for (variable, period), statuses in found.statuses.items():
            if variable not in ALWAYS_SHOWN:
                rows = too_small & (statuses == Status.PUBLISHED)
                found.values[variable, period][rows] = np.nan
                statuses[rows] = Status.SECRET
    return found


def too_small_among(territories: Sequence[tuple[str, str]]) -> list[int]:
    """Return the positions of the IRIS, QPV and zones too small for a figure to be shown of them."""
    # 010010000 is the whole of a commune that is not cut up, and a commune has no such threshold.
    at = [
        row
        for row, (level, code) in enumerate(territories)
        if level in SMALL_AREAS and not (level == "iris" and code.endswith("0000"))
    ]
    if not at:
        return []
    counts = observations.table([territories[row] for row in at], ["rp_population", "main_homes"])
    small = np.zeros(len(at), dtype=bool)
    for variable, least in (("rp_population", LEAST_PERSONS), ("main_homes", LEAST_HOMES)):
        if periods := counts.periods(variable):
            # Not a number where nobody counted: it compares as false, and hides nothing.
            small |= counts.values[variable, periods[-1]] < least
    return [row for row, is_small in zip(at, small, strict=True) if is_small]


def is_hidden(variable: str, period: str, level: str, code: str, value: float | None) -> bool:
    """Whether pages hide this count for its size; what we derive must not give it back."""
    if level == "iris":
        return value is not None and 0 < value < thresholds().get(variable, 0)
    return f"{level}:{code}" in _hidden(observations.sources_version()).get((variable, period), ())


@lru_cache(maxsize=2)
def _hidden(sources_version: str) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return the codes to hide for each variable and period that has a small count.

    Deciding takes minutes for a country of small counts, so what is decided is kept beside the
    data, for every process, until the data, the geography or a threshold change.
    """
    limits = _limits_to_apply()
    if not limits:
        return {}
    state = Territory.objects.aggregate(n=Count("pk"), last=Max("updated_at"))
    known = json.dumps(
        [RULE_VERSION, sources_version, limits, state["n"], str(state["last"])], sort_keys=True
    )
    path = settings.OBSERVATIONS_DIR / f"secret-{hashlib.sha256(known.encode()).hexdigest()[:16]}.json"
    try:
        kept = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        found = _decided(limits)
        _keep(path, [[*key, sorted(codes)] for key, codes in found.items()])
        return found
    return {(variable, period): frozenset(codes) for variable, period, codes in kept}


def _limits_to_apply() -> dict[str, int]:
    """Return the thresholds of the variables that have a count under theirs, as the manifest knows."""
    limits = thresholds()
    found = {}
    for entry in observations.manifest()["files"].values():
        for name, held in entry["variables"].items():
            # A store written before `least` was known is looked at whole.
            least = held.get("least", 0)
            if name in limits and least is not None and least < limits[name]:
                found[name] = limits[name]
    return found


def _keep(path: Path, decided: list) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    beside.write_text(json.dumps(decided))
    os.replace(beside, path)
    # What older data and geographies said is of no use; the last but one may still be read.
    for old in sorted(path.parent.glob("secret-*.json"), key=lambda one: one.stat().st_mtime)[:-2]:
        old.unlink(missing_ok=True)


def _decided(limits: Mapping[str, int]) -> dict[tuple[str, str], frozenset[str]]:
    places = list(
        Territory.objects.current()
        # A zone is a sum of shown counts: it gives nothing back, and what is hidden does not depend on it.
        .exclude(level__in=["iris", "zone"])
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
