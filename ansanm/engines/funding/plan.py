"""The financing plan of a convention, added up without mixing what does not add up.

An exact amount and a « plus de » are no sum, nor are an amount with the ordinary funding of a
partner and one beyond it, before or after tax, in money or in posts lent. So a total is of one scope,
and keeps its precisions apart; what nobody told is counted in lines, never as zero.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Row = TypeVar("Row")
ROAD = ("asked", "promised", "committed", "paid")
UNDEFINED = "to_define"
PRECISIONS = ("exact", "about", "ceiling", "more_than", UNDEFINED)


@dataclass(frozen=True, order=True)
class Scope:
    """What an amount is of: two of different scopes are never added. "" where nobody told."""

    common_law: str = ""
    tax: str = ""
    in_kind: bool = False


@dataclass(frozen=True)
class PlanLine:
    scope: Scope
    precision: str
    cents: int | None  # None: to be defined
    road: tuple[int | None, int | None, int | None, int | None] = (None,) * 4


@dataclass
class Cell:
    """Amounts that add up, and how many lines they are of."""

    cents: int = 0
    n_lines: int = 0

    def add(self, cents: int | None) -> None:
        self.cents += cents or 0
        self.n_lines += 1


@dataclass
class Total:
    """The lines of one key and one scope."""

    key: Hashable
    scope: Scope
    n_lines: int = 0
    by_precision: dict[str, Cell] = field(default_factory=dict)
    road: dict[str, Cell] = field(default_factory=dict)  # the lines that tell it, and only them

    def add(self, line: PlanLine) -> None:
        self.n_lines += 1
        precision = UNDEFINED if line.cents is None else line.precision
        self.by_precision.setdefault(precision, Cell()).add(line.cents)
        for name, cents in zip(ROAD, line.road, strict=True):
            if cents is not None:
                self.road.setdefault(name, Cell()).add(cents)


def totals(
    lines: Iterable[Row], plain: Callable[[Row], PlanLine], key: Callable[[Row], Hashable]
) -> list[Total]:
    """Return one total a key and scope, in the order in which the keys come, then by scope."""
    found: dict[tuple[Hashable, Scope], Total] = {}
    order: dict[Hashable, int] = {}
    for one in lines:
        line, name = plain(one), key(one)
        order.setdefault(name, len(order))
        found.setdefault((name, line.scope), Total(name, line.scope)).add(line)
    return sorted(found.values(), key=lambda one: (order[one.key], one.scope))


def joined(parts: Sequence[Total]) -> list[Total]:
    """Return the totals of the same scopes put together: what the whole of a table says."""
    found: dict[Scope, Total] = {}
    for one in parts:
        whole = found.setdefault(one.scope, Total(None, one.scope))
        whole.n_lines += one.n_lines
        for held, more in ((whole.by_precision, one.by_precision), (whole.road, one.road)):
            for name, cell in more.items():
                kept = held.setdefault(name, Cell())
                kept.cents, kept.n_lines = kept.cents + cell.cents, kept.n_lines + cell.n_lines
    return sorted(found.values(), key=lambda one: one.scope)
