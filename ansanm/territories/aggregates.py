"""Sums of what adds up, where the producer publishes nothing at that level.

A sum is made only when every member is published: with one absent, the total is absent too.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from ansanm.territories import observations

STEPS = (("iris", "arm"), ("iris", "commune"), ("arm", "commune")) + tuple(
    ("commune", level) for level in ("epci", "departement", "region", "france")
)


def add_aggregates(
    con,
    place,
    *,
    iris: Mapping[str, str] | None = None,
    separated: Mapping[str, str] | None = None,
    without=(),
) -> None:
    """Complete the table `observation` of `con` with the levels above those it holds.

    `iris`: the commune or arrondissement of each IRIS. `separated`: communes of today -> the commune
    whose figure still holds theirs; they count in the sums through it, then neither is published.
    `without`: régions the source does not cover, left out of France, which then says so.
    """
    separated = separated or {}
    members = above_communes(place, frozenset(separated), tuple(without))
    members |= {("iris", "arm"): {}, ("iris", "commune"): {}}
    for code, holder in (iris or {}).items():
        members["iris", "arm" if holder in place.arms else "commune"].setdefault(holder, []).append(code)
    additive = [id for id, one in observations.variables().items() if one["additive"]]
    con.register("additive", {"variable": np.array(additive, dtype=object)})
    for child, parent in STEPS:
        sums(con, child, parent, members[child, parent])
    if without:
        con.execute(
            "UPDATE observation SET quality = 'without_mayotte' WHERE level = 'france' AND origin = 'derived'"
        )
    _copy_lone_departements(con, place)
    _hide_separated(con, separated)


def sums(con, child: str, parent: str, members: Mapping[str, Sequence[str]]) -> None:
    """Add to `observation` the sum of each parent whose members all have the variable published."""
    there = {
        row[0]
        for row in con.execute("SELECT DISTINCT code FROM observation WHERE level = ?", [child]).fetchall()
    }
    rows = [
        (code, member, len(found))
        for code, found in members.items()
        if there.issuperset(found)
        for member in found
    ]
    if not rows:
        return
    parents, children, n_members = zip(*rows, strict=True)
    arrays = {"parent": np.array(parents, dtype=object), "child": np.array(children, dtype=object)}
    con.register("member", arrays | {"n": np.array(n_members)})
    con.execute(
        """
        INSERT INTO observation
        SELECT $parent, m.parent, o.variable, o.period, round(sum(o.value), 6), 0, 'derived', max(o.quality)
        FROM observation o
        JOIN member m ON o.level = $child AND o.code = m.child
        SEMI JOIN additive USING (variable)
        ANTI JOIN (SELECT * FROM observation WHERE level = $parent) p
          ON p.code = m.parent AND p.variable = o.variable AND p.period = o.period
        WHERE o.status = 0
        GROUP BY m.parent, o.variable, o.period, m.n
        HAVING count(*) = m.n
        """,
        {"parent": parent, "child": child},
    )
    con.unregister("member")


def above_communes(place, separated: frozenset[str], without: tuple[str, ...]) -> dict:
    return dict(_above_communes(place, separated, without))


@lru_cache(maxsize=8)
def _above_communes(place, separated: frozenset[str], without: tuple[str, ...]) -> dict:
    """Return the members of each territory above: (child level, level) -> code -> codes."""
    members: dict[tuple[str, str], dict[str, list[str]]] = {step: {} for step in STEPS if step[0] != "iris"}
    for arm, commune in place.arm_commune.items():
        members["arm", "commune"].setdefault(commune, []).append(arm)
    for code, commune in place.communes.items():
        if code in separated:
            continue
        above = {"epci": commune.epci, "departement": commune.departement, "region": commune.region}
        if place.in_france(code) and commune.region not in without:
            above["france"] = "FR"
        for level, parent in above.items():
            if parent:
                members["commune", level].setdefault(parent, []).append(code)
    return members


def _copy_lone_departements(con, place) -> None:
    """A région of one département (overseas) has its figures, rates and medians included."""
    departements: dict[str, list[str]] = {}
    for departement, region in place.departement_region.items():
        departements.setdefault(region, []).append(departement)
    for region, (first, *others) in departements.items():
        if region and not others:
            con.execute(
                """
                INSERT INTO observation
                SELECT 'region', $region, variable, period, value, status, 'derived', quality
                FROM observation o WHERE level = 'departement' AND code = $departement AND NOT EXISTS (
                    SELECT 1 FROM observation p WHERE p.level = 'region' AND p.code = $region
                    AND p.variable = o.variable AND p.period = o.period
                )
                """,
                {"region": region, "departement": first},
            )


def _hide_separated(con, separated) -> None:
    """The old figure covers both communes: it is neither's own."""
    for child, holder in separated.items():
        con.execute(
            "UPDATE observation SET value = NULL, status = 2, quality = 'separated_since'"
            " WHERE level = 'commune' AND code = $holder",
            {"holder": holder},
        )
        con.execute(
            "INSERT INTO observation SELECT level, $child, variable, period, NULL, 2, origin, quality"
            " FROM observation o WHERE level = 'commune' AND code = $holder AND NOT EXISTS ("
            " SELECT 1 FROM observation p WHERE p.level = 'commune' AND p.code = $child"
            " AND p.variable = o.variable AND p.period = o.period)",
            {"child": child, "holder": holder},
        )
