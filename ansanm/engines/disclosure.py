"""Which counts to hide so that nobody can be told apart behind them.

Small counts are hidden first. Then others are, until no hidden count can be worked out from what
stays shown: totals minus parts, two totals that differ by one part, and the fact that a count is
never below zero. "Worked out" means known to within less than the threshold: whoever knows the rule
and every published cell is still left, for each hidden cell, with a range at least that wide.

Refused alternative: rounding every count. Cnaf already rounds to 5, and a second rounding would make
our figures differ from those it publishes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

from ansanm.engines.indicators import Floats

Mask = NDArray[np.bool_]
# The total, then its parts: positions in the array of values.
Relation = tuple[int, Sequence[int]]

CAF_THRESHOLD = 5  # counts of Caf households and persons: 1 to 4 are hidden
INCOME_THRESHOLD = 11  # counts drawn from tax returns: 1 to 10 are hidden

TOLERANCE = 1e-6  # of the linear programmes


def protect(
    values: Floats,
    relations: Sequence[Relation],
    *,
    threshold: float,
    published_zero_ok: bool = True,
    secret: Mask | None = None,
    nested: Sequence[tuple[int, int]] = (),
) -> Mask:
    """Return which of the published counts to hide.

    `values` are counts, NaN where none is published. A NaN is not protected (what nobody has may be
    deduced) unless `secret` says that its producer hid it. `nested` lists pairs (outer, inner) of
    counts of which the second is contained in the first (0-17 and 0-14 years): their difference is
    a count too, even where no table shows it. With `published_zero_ok`, "nobody" may be shown.
    """
    n = len(values)
    differences = np.array([values[outer] - values[inner] for outer, inner in nested], dtype=np.float64)
    counts = np.concatenate([np.asarray(values, dtype=np.float64), differences])
    links = [(total, list(parts)) for total, parts in relations]
    links += [(outer, [inner, n + i]) for i, (outer, inner) in enumerate(nested)]

    is_small = (counts < threshold) & ((counts > 0) if published_zero_ok else (counts >= 0))
    absent = np.isnan(counts)
    guarded = is_small.copy()
    if secret is not None:
        guarded[:n] |= secret & absent[:n]
    hidden = guarded | absent
    hidden[n:] = True  # differences are shown nowhere

    table = _Table(_imputed(counts, links), links, width=threshold)
    unsafe: list[int] = np.flatnonzero(guarded).tolist()
    while unsafe:
        cell = unsafe[0]
        if table.is_protected(cell, hidden):
            unsafe.pop(0)  # for good: hiding more only widens what an attacker is left with
            continue
        other = table.cheapest_near(cell, hidden)
        if other is None:  # everything linked to it is hidden already
            unsafe.pop(0)
            continue
        hidden[other] = True
        unsafe.append(other)
    return np.asarray(hidden[:n] & ~absent[:n])


def protect_rates(
    numerators: Floats,
    denominators: Floats,
    hidden_numerators: Mask,
    hidden_denominators: Mask | None = None,
    *,
    threshold: float,
    within: bool = False,
) -> Mask:
    """Return which rates to hide, once the counts to hide are known.

    A rate times its denominator gives back its numerator, and a numerator over its rate gives back
    its denominator: the rate goes with either. That a rate is shown with one decimal protects
    nothing under a few hundred persons, so rounding is not counted on. A rate of fewer than
    `threshold` persons says too much of each. Where the numerator lies `within` the denominator
    (a share), those left out of it are a group as well, and may be as few.
    """
    hidden = hidden_numerators.copy()
    if hidden_denominators is not None:
        hidden |= hidden_denominators
    hidden |= (denominators < threshold) & (denominators > 0)
    if within:
        others = denominators - numerators
        hidden |= (others > 0) & (others < threshold)
    return hidden


class _Table:
    """Cells, the sums that link them, and what an attacker can say of the hidden ones."""

    def __init__(self, values: Floats, relations: Sequence[tuple[int, list[int]]], *, width: float):
        self.values = values
        self.width = width
        self.relations = [np.array([total, *parts], dtype=np.intp) for total, parts in relations]
        self.of_cell: list[list[int]] = [[] for _ in values]
        roles: list[list[tuple[int, bool]]] = [[] for _ in values]
        for number, (total, parts) in enumerate(relations):
            for cell in (total, *parts):
                self.of_cell[cell].append(number)
                roles[cell].append((number, cell == total))
        self.roles = [tuple(one) for one in roles]
        self.totals = {total for total, _ in relations}
        # The furthest that a cell has been seen to move, down and up, in a table that fits all that
        # is shown. Such a table still fits when more cells are hidden.
        self.down = np.zeros(len(values))
        self.up = np.zeros(len(values))
        # Enough room for any one cell to take the place of all others.
        self.room = float(np.abs(values).sum()) + 2 * width

    def is_protected(self, cell: int, hidden: Mask) -> bool:
        """Whether some tables that fit what is shown differ by `width` or more in this cell."""
        if not self.roles[cell]:
            return True  # no total says anything of it
        # Two hidden cells in the same sums can trade with each other: the quick proof, enough for
        # most communes of an EPCI.
        twins = [
            one for one in self._cells_around(cell) if hidden[one] and self.roles[one] == self.roles[cell]
        ]
        if len(twins) > 1 and self.values[twins].sum() >= self.width:
            return True
        if self._moved(cell):
            return True
        cells, matrix = self._system(cell, hidden)
        position = int(np.flatnonzero(cells == cell)[0])
        for direction in (1.0, -1.0):
            self._push(position, direction, cells, matrix)
            if self._moved(cell):
                return True
        return False

    def cheapest_near(self, cell: int, hidden: Mask) -> int | None:
        """Return the count to hide next: near, not a total, not zero, small."""
        reached, seen = {cell}, set[int]()
        while True:
            links = {number for one in reached for number in self.of_cell[one]} - seen
            if not links:
                return None
            seen |= links
            around = {int(one) for number in links for one in self.relations[number]}
            if shown := [one for one in around if not hidden[one]]:
                return min(shown, key=lambda one: self._cost(one, cell))
            reached |= around

    def _cost(self, other: int, cell: int) -> tuple[bool, bool, bool, float, int]:
        # Hiding a zero shields nothing by its own value; a total is what readers came for.
        return (
            other in self.totals,
            self.values[other] <= 0,
            self.roles[other] != self.roles[cell],
            float(self.values[other]),
            other,
        )

    def _moved(self, cell: int) -> bool:
        return bool(self.up[cell] - self.down[cell] >= self.width - TOLERANCE)

    def _cells_around(self, cell: int) -> NDArray[np.intp]:
        smallest = min(self.of_cell[cell], key=lambda number: len(self.relations[number]))
        return self.relations[smallest]

    def _system(self, cell: int, hidden: Mask) -> tuple[NDArray[np.intp], csr_array]:
        """Return the hidden cells that can move with `cell`, and the sums that bind them."""
        cells, links, waiting = {cell}, dict[int, None](), [cell]
        while waiting:
            for number in self.of_cell[waiting.pop()]:
                if number in links:
                    continue
                links[number] = None
                fresh = {int(one) for one in self.relations[number] if hidden[one]} - cells
                cells |= fresh
                waiting += sorted(fresh)
        from scipy.sparse import csr_array  # late, as `linprog`

        ordered = np.array(sorted(cells), dtype=np.intp)
        column = {int(one): i for i, one in enumerate(ordered)}
        rows, columns, signs = [], [], []
        for row, number in enumerate(links):
            for rank, one in enumerate(self.relations[number]):
                if int(one) in column:
                    rows.append(row)
                    columns.append(column[int(one)])
                    signs.append(1.0 if rank == 0 else -1.0)
        return ordered, csr_array((signs, (rows, columns)), shape=(len(links), len(ordered)))

    def _push(self, position: int, direction: float, cells: NDArray[np.intp], matrix: csr_array) -> None:
        """Move one cell as far as it goes and note how far every cell moved.

        The unknowns are the moves away from the true values, so that a sum which does not quite
        hold (the producer rounded it) stays as far from holding, and the attack stays possible.
        """
        # Late: importing it takes 0.7 s, and most territories hide nothing.
        from scipy.optimize import linprog

        aim = np.zeros(len(cells))
        aim[position] = -direction
        found = linprog(
            aim,
            A_eq=matrix,
            b_eq=np.zeros(matrix.shape[0]),
            bounds=np.column_stack([-np.maximum(self.values[cells], 0), np.full(len(cells), self.room)]),
            method="highs",
        )
        if found.status != 0:
            raise ArithmeticError(f"The disclosure audit has no solution: {found.message}")
        self.down[cells] = np.minimum(self.down[cells], found.x)
        self.up[cells] = np.maximum(self.up[cells], found.x)


def _imputed(counts: Floats, relations: Sequence[tuple[int, list[int]]]) -> Floats:
    """Give absent cells a value that fits their first sum: an attacker knows that one exists."""
    values = counts.copy()
    for total, parts in relations:
        unknown = [part for part in parts if np.isnan(values[part])]
        known = float(np.nansum(values[parts]))
        if not np.isnan(values[total]):
            for part in unknown:
                values[part] = max(0.0, values[total] - known) / len(unknown)
        elif not unknown:
            values[total] = known
    return np.nan_to_num(values, nan=0.0)
