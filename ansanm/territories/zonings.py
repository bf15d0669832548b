"""The figures of zones, from those of the IRIS or communes they are made of.

Only what adds up is summed, and only where every member has the figure: with one hidden, the sum is
hidden; with one absent, it is absent. Members count as pages show them, so that a sum never gives back
a small count. Rates then come out as ratios of sums, by the same indicators as anywhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import shapely
from django.db import transaction
from shapely.geometry.base import BaseGeometry

from ansanm.accounts.audit import record
from ansanm.engines import geometry
from ansanm.engines.indicators import Status
from ansanm.territories import contours, observations, secrecy
from ansanm.territories.models import Territory, Zone, ZoneMember, Zoning
from ansanm.territories.observations import Observation

# Under this share in common, a zone drawn on a map and the IRIS it was given are not the same place.
GOOD_MATCH = 0.9


def owner_of(zoning: Zoning) -> str:
    return f"zoning{zoning.pk}"


def candidates(scope: Territory) -> dict[str, Territory]:
    """Return the IRIS and communes a zone of `scope` may be made of, by code."""
    communes = list(Territory.objects.communes_of(scope))
    iris = Territory.objects.current().filter(level="iris", commune_code__in=[one.code for one in communes])
    return {one.code: one for one in [*communes, *iris]}


def held_by(
    outline: BaseGeometry, allowed: Mapping[str, Territory], outlines: Mapping[str, BaseGeometry]
) -> tuple[list[str], float]:
    """Return the IRIS (or communes, where IRIS have no outline) that an outline holds, and the match."""
    iris = {code: shape for code, shape in outlines.items() if allowed[code].level == "iris"}
    communes = {code: shape for code, shape in outlines.items() if allowed[code].level == "commune"}
    # The one commune that is cut up tells nothing of its quartiers.
    return geometry.members(outline, iris or (communes if len(communes) > 1 else {}))


def attach(zoning: Zoning) -> int:
    """Give their members to zones drawn before the outlines of IRIS were there; return how many got some."""
    waiting = list(zoning.zones.filter(outline__isnull=False, members=None).select_related("territory"))
    scope = Territory.objects.filter(level=zoning.scope_level, code=zoning.scope_code).first()
    if not waiting or scope is None:
        return 0
    allowed = candidates(scope)
    outlines = contours.contours_of(allowed)
    n_attached = 0
    with transaction.atomic():
        for zone in waiting:
            codes, match = held_by(shapely.from_wkb(bytes(zone.outline)), allowed, outlines)
            if not codes:
                continue
            members = [allowed[code] for code in codes]
            ZoneMember.objects.bulk_create(
                ZoneMember(zone=zone, level=one.level, code=one.code) for one in members
            )
            zone.match_share = round(match, 3)
            zone.save(update_fields=["match_share"])
            zone.territory.population = population_of(members)
            zone.territory.save(update_fields=["population", "updated_at"])
            n_attached += 1
        if n_attached:
            record("zoning.attach", by=None, target=zoning, after={"n_zones": n_attached})
    return n_attached


def population_of(members: Iterable[Territory]) -> int | None:
    counted = [one.population for one in members]
    return sum(counted) if counted and None not in counted else None


def derive(zoning: Zoning) -> None:
    """Write the figures of a zoning again, all at once."""
    attach(zoning)
    stamp = _stamp(zoning)
    zones = list(zoning.zones.select_related("territory").prefetch_related("members"))
    members = {(one.level, one.code) for zone in zones for one in zone.members.all()}
    additive = [name for name, one in observations.variables().items() if one["additive"]]
    known: dict[tuple[str, str], dict[tuple[str, str], Observation]] = defaultdict(dict)
    for one in observations.read(sorted(members), additive) if members else ():
        known[one.level, one.code][one.variable, one.period] = one
    pieces: dict[tuple[str, str], list[tuple]] = defaultdict(list)
    for zone in zones:
        of_zone = [known.get((one.level, one.code), {}) for one in zone.members.all()]
        for source, row in _sums(zone, of_zone):
            pieces[source].append(row)
    observations.swap_in_derived(owner_of(zoning), pieces, stamp)


def _sums(zone: Zone, members: list[dict]) -> Iterable[tuple[tuple[str, str], tuple]]:
    if not members:
        return
    quality = "zone_members" if (zone.match_share or 1) < GOOD_MATCH else None
    for variable, period in sorted(set.intersection(*(set(one) for one in members))):
        found = [one[variable, period] for one in members]
        if any(one.status in (Status.NOT_AVAILABLE, Status.NOT_APPLICABLE) for one in found):
            continue
        is_secret = any(
            one.status == Status.SECRET or secrecy.is_hidden(variable, period, one.level, one.code, one.value)
            for one in found
        )
        value = None if is_secret else round(sum(one.value for one in found), 6)
        status = Status.SECRET if is_secret else Status.PUBLISHED
        # Several producers at once would be one figure with two sources: name that of most members.
        source, _n = Counter((one.dataset, one.vintage) for one in found).most_common(1)[0]
        noted = quality or max((one.quality or "" for one in found), default="") or None
        place = zone.territory
        yield source, (place.level, place.code, variable, period, value, int(status), "derived", noted)


def forget(zoning: Zoning) -> None:
    observations.forget_derived(owner_of(zoning))


def refresh() -> list[Zoning]:
    """Derive again what was derived from data that changed since; return those zonings.

    Called after each sync. It also mends what a process killed in between left: figures of a zoning
    that is no longer there, a zoning without its figures.
    """
    standing = observations.derived_stamps()
    shown = {owner_of(one): one for one in Zoning.objects.shown()}
    for owner in standing.keys() - shown.keys():
        observations.forget_derived(owner)
    stale = [one for owner, one in sorted(shown.items()) if standing.get(owner) != _stamp(one)]
    for one in stale:
        derive(one)
    return stale


def _stamp(zoning: Zoning) -> str:
    stamp = f"{observations.sources_version()} {zoning.name}"
    if zoning.zones.filter(outline__isnull=False, members=None).exists():
        stamp += f" {contours.stamp()}"
    return stamp
