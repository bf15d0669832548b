"""The figures that pages, maps and exports may show: small counts, and what gives them back, are out.

What to hide is decided once for the whole country, for each variable and period, and never page by
page: two pages that each hid another neighbour of the same commune would together give it back. It is
decided when a dataset comes in, before it is swapped in, and kept beside it.
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
from ansanm.engines.disclosure import Mask, Relation
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
RULE_VERSION = 2
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
            _hide(found, key, rows)
    if rows_too_small := too_small_among(territories):
        too_small = np.zeros(len(territories), dtype=bool)
        too_small[rows_too_small] = True
        for key, statuses in found.statuses.items():
            if key[0] not in ALWAYS_SHOWN:
                _hide(found, key, too_small & (statuses == Status.PUBLISHED))
    return found


def _hide(found: ObservationTable, key: tuple[str, str], rows: Mask) -> None:
    found.values[key] = observations.writable(found.values[key])
    found.statuses[key] = observations.writable(found.statuses[key])
    found.values[key][rows] = np.nan
    found.statuses[key][rows] = Status.SECRET


def too_small_among(territories: Sequence[tuple[str, str]], standing: Mapping | None = None) -> list[int]:
    """Return the positions of the IRIS, QPV and zones too small for a figure to be shown of them."""
    if SMALL_AREAS.isdisjoint({level for level, _ in territories}):
        return []
    # 010010000 is the whole of a commune that is not cut up, and a commune has no such threshold.
    at = [
        row
        for row, (level, code) in enumerate(territories)
        if level in SMALL_AREAS and not (level == "iris" and code.endswith("0000"))
    ]
    if not at:
        return []
    counts = observations.table([territories[row] for row in at], ["rp_population", "main_homes"], standing)
    small = np.zeros(len(at), dtype=bool)
    for variable, least in (("rp_population", LEAST_PERSONS), ("main_homes", LEAST_HOMES)):
        if periods := counts.periods(variable):
            # Not a number where nobody counted: it compares as false, and hides nothing.
            small |= counts.values[variable, periods[-1]] < least
    return [row for row, is_small in zip(at, small, strict=True) if is_small]


def is_hidden(variable: str, period: str, level: str, code: str, value: float | None) -> bool:
    """Whether pages hide this count for its size; what we derive must not give it back."""
    return f"{level}:{code}" in _hidden(observations.sources_version()).get((variable, period), ())


def decide(standing: Mapping) -> None:
    """Decide what to hide in the store that `standing` (a manifest) describes, and keep it beside it.

    Called before that manifest stands: no page is ever drawn from data of which nothing was decided.
    """
    limits = _limits_to_apply(standing)
    if limits and not (path := _path(observations.sources_version(standing), limits)).exists():
        _keep(path, _decided(limits, standing))


@lru_cache(maxsize=2)
def _hidden(sources_version: str) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return the codes to hide for each variable and period that has a small count.

    Decided again here only where the geography or a threshold changed since the data came in.
    """
    standing = observations.manifest()
    limits = _limits_to_apply(standing)
    if not limits:
        return {}
    path = _path(sources_version, limits)
    try:
        kept = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        found = _decided(limits, standing)
        _keep(path, found)
        return found
    return {(variable, period): frozenset(codes) for variable, period, codes in kept}


def _path(sources_version: str, limits: Mapping[str, int]) -> Path:
    """Where what was decided stands, for these data, this geography and this rule."""
    state = Territory.objects.aggregate(n=Count("pk"), last=Max("updated_at"))
    known = json.dumps(
        [RULE_VERSION, sources_version, limits, state["n"], str(state["last"])], sort_keys=True
    )
    return settings.OBSERVATIONS_DIR / f"secret-{hashlib.sha256(known.encode()).hexdigest()[:16]}.json"


def _limits_to_apply(standing: Mapping) -> dict[str, int]:
    """Return the thresholds of the variables with something to keep, as the manifest knows: a count
    under its threshold, one its producer hid, or IRIS, of which some are too small to be shown."""
    limits = thresholds()
    found = {}
    for entry in standing["files"].values():
        for name, held in entry["variables"].items():
            # A store written before `least` was known is looked at whole.
            least = held.get("least", 0)
            if name in limits and (
                "iris" in entry["levels"]
                or held.get("secret", entry["n_rows"] - entry["n_published"])
                or (least is not None and least < limits[name])
            ):
                found[name] = limits[name]
    return found


def _keep(path: Path, decided: Mapping[tuple[str, str], frozenset[str]]) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    beside.write_text(json.dumps([[*key, sorted(codes)] for key, codes in decided.items()]))
    os.replace(beside, path)
    # What older data and geographies said is of no use; the last but one may still be read.
    for old in sorted(path.parent.glob("secret-*.json"), key=lambda one: one.stat().st_mtime)[:-2]:
        old.unlink(missing_ok=True)


def _decided(limits: Mapping[str, int], standing: Mapping) -> dict[tuple[str, str], frozenset[str]]:
    places = list(
        Territory.objects.current()
        # A zone is a sum of shown counts: it gives nothing back, and what is hidden does not depend on it.
        .exclude(level__in=["iris", "zone"])
        .order_by("level", "code")
        .values_list("level", "code", "commune_code", "epci_code", "departement_code", "region_code")
    )
    everything = observations.table([one[:2] for one in places], sorted(limits), standing)
    hidden: dict[tuple[str, str], Mask] = {}
    sums = None
    for key, values in everything.values.items():
        secret = everything.statuses[key] == Status.SECRET
        if not np.any((values > 0) & (values < limits[key[0]])) and not secret.any():
            continue
        sums = sums or disclosure.Sums(len(places), _relations(places))
        hidden[key] = disclosure.protect(values, sums, threshold=limits[key[0]], secret=secret)
    found = {key: {everything.codes[row] for row in np.flatnonzero(mask)} for key, mask in hidden.items()}
    position = {code: row for row, code in enumerate(everything.codes)}
    for key, codes in _hidden_iris(limits, standing, position, hidden).items():
        found.setdefault(key, set()).update(codes)
    return {key: frozenset(codes) for key, codes in found.items() if codes}


def _hidden_iris(
    limits: Mapping[str, int],
    standing: Mapping,
    position: Mapping[str, int],
    hidden: Mapping[tuple[str, str], Mask],
) -> dict[tuple[str, str], set[str]]:
    """Return the IRIS to hide, once the communes are decided: a commune is never hidden for an IRIS."""
    names = sorted(
        {
            name
            for entry in standing["files"].values()
            if "iris" in entry["levels"]
            for name in entry["variables"]
            if name in limits
        }
    )
    if not names:
        return {}
    # (IRIS, its whole): the arrondissement in Paris, Lyon and Marseille, the commune elsewhere.
    parts = [
        (code, position[whole])
        for code, commune in Territory.objects.current()
        .filter(level="iris")
        .order_by("code")
        .values_list("code", "commune_code")
        if (whole := f"arm:{code[:5]}") in position or (whole := f"commune:{commune}") in position
    ]
    territories = [("iris", code) for code, _ in parts]
    wholes = np.array([whole for _, whole in parts], dtype=np.intp)
    everything = observations.table(territories, names, standing)
    too_small = np.isin(np.arange(len(parts)), too_small_among(territories, standing))
    nothing = np.zeros(len(position), dtype=bool)
    found = {}
    for key, values in everything.values.items():
        mask = disclosure.protect_parts(
            values,
            wholes,
            threshold=limits[key[0]],
            guarded=(too_small & ~np.isnan(values)) | (everything.statuses[key] == Status.SECRET),
            hidden_wholes=hidden.get(key, nothing),
        )
        found[key] = {everything.codes[row] for row in np.flatnonzero(mask)}
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
