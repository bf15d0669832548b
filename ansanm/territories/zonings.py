"""The figures of zones, from those of the IRIS or communes they are made of.

Only what adds up is summed, and only where every member has the figure: with one hidden, the sum is
hidden; with one absent, it is absent. Members count as pages show them, so that a sum never gives back
a small count. Rates then come out as ratios of sums, by the same indicators as anywhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from ansanm.engines.indicators import Status
from ansanm.territories import observations, secrecy
from ansanm.territories.models import Zone, Zoning
from ansanm.territories.observations import Observation

# Under this share in common, a zone drawn on a map and the IRIS it was given are not the same place.
GOOD_MATCH = 0.9


def owner_of(zoning: Zoning) -> str:
    return f"zoning{zoning.pk}"


def derive(zoning: Zoning) -> None:
    """Write the figures of a zoning again, all at once."""
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
    return f"{observations.sources_version()} {zoning.name}"
