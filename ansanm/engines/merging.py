"""Two people wrote on the same thing: what can be joined is, what cannot is shown, nothing is dropped.

A three-way merge of dictionaries of plain JSON values. Besides whole values, two kinds of lists are
joined finer: sets (lists of plain values whose order says nothing) and rows (lists of dictionaries
with a "key" each). Slow twin and properties: tests/engines/test_merging.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Conflict:
    """Both changed the same thing, differently. `base` is what both had before them."""

    base: Any
    mine: Any
    theirs: Any


@dataclass(frozen=True)
class Merged:
    """`values` holds every field; those of `conflicts` keep there what the others saved."""

    values: dict[str, Any]
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    # Fields that the others changed and I did not, or that were joined.
    from_them: tuple[str, ...] = ()


def merge(
    base: Mapping[str, Any],
    mine: Mapping[str, Any],
    theirs: Mapping[str, Any],
    *,
    sets: Collection[str] = (),
    rows: Collection[str] = (),
) -> Merged:
    """Join `mine` and `theirs`, both written from `base`.

    A field absent from `mine` was not touched by me. Fields in `sets` and `rows` are joined element
    by element; the order of rows is mine when they left it alone, else theirs.
    """
    values, conflicts, from_them = dict(theirs), {}, []
    for name, wanted in mine.items():
        was, is_now = base.get(name), theirs.get(name)
        if is_now != was and wanted != is_now:
            from_them.append(name)
        if wanted in (was, is_now):
            continue
        if is_now == was:
            values[name] = wanted
        elif name in sets:
            values[name] = _joined_set(was or [], wanted, is_now or [])
        elif name in rows and (joined := _joined_rows(was or [], wanted, is_now or [])) is not None:
            values[name] = joined
        else:
            conflicts[name] = Conflict(was, wanted, is_now)
    from_them += [name for name in theirs if name not in mine and theirs[name] != base.get(name)]
    return Merged(values, conflicts, tuple(from_them))


def _joined_set(base: list[Any], mine: list[Any], theirs: list[Any]) -> list[Any]:
    """What they have, without what I took out, with what I added."""
    kept = [one for one in theirs if one in mine or one not in base]
    return kept + [one for one in mine if one not in base and one not in kept]


def _joined_rows(
    base: list[dict[str, Any]], mine: list[dict[str, Any]], theirs: list[dict[str, Any]]
) -> list[dict[str, Any]] | None:
    """Rows joined by key; None when one row was changed both ways, or changed here and removed there."""
    was, wanted, is_now = ({row["key"]: row for row in rows} for rows in (base, mine, theirs))
    joined: dict[str, dict[str, Any]] = {}
    for key in {**is_now, **wanted}:
        before, here, there = was.get(key), wanted.get(key), is_now.get(key)
        if here == there or there == before:
            result = here
        elif here == before:
            result = there
        else:
            return None
        if result is not None:
            joined[key] = result
    common = [key for key in was if key in is_now]
    they_moved = [key for key in is_now if key in was] != common
    first, second = (is_now, wanted) if they_moved else (wanted, is_now)
    order = [key for key in first if key in joined]
    order += [key for key in second if key in joined and key not in first]
    return [joined[key] for key in order]
