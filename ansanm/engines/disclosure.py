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
Ints = NDArray[np.intp]
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
        alike: dict[tuple[tuple[int, bool], ...], list[int]] = {}
        for cell, one in enumerate(self.roles):
            alike.setdefault(one, []).append(cell)
        # Cells in the same sums, in the same place: most communes of an EPCI.
        self.twins = {one: np.array(cells, dtype=np.intp) for one, cells in alike.items()}
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
        twins = self.twins[self.roles[cell]]
        twins = twins[hidden[twins]]
        if len(twins) > 1 and self.values[twins].sum() >= self.width:
            return True
        if self._moved(cell):
            return True
        # The quick refutation: under a total that is shown, no part exceeds the sum of those hidden.
        for number, is_total in self.roles[cell]:
            total, parts = self.relations[number][0], self.relations[number][1:]
            most = np.maximum(self.values[parts[hidden[parts]]], 0).sum()
            if not is_total and not hidden[total] and most < self.width - TOLERANCE:
                return False
        cells, matrix, floors = self._system(cell, hidden)
        for direction in (1.0, -1.0):
            self._push(direction, cells, matrix, floors)
            if self._moved(cell):
                return True
        return False

    def cheapest_near(self, cell: int, hidden: Mask) -> int | None:
        """Return the count to hide next: near, not a total, not zero, small."""
        # The same as below, for most cells: a twin, when one is shown that is neither a total nor zero.
        twins = self.twins[self.roles[cell]]
        if shown_twins := [
            int(one)
            for one in twins[~hidden[twins] & (self.values[twins] > 0)]
            if int(one) not in self.totals and self.of_cell[cell]
        ]:
            return min(shown_twins, key=lambda one: (float(self.values[one]), one))
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

    def _system(self, cell: int, hidden: Mask) -> tuple[list[Ints], csr_array, Floats]:
        """Return the hidden cells that can move with `cell`, the sums that bind them, how far each falls.

        Twins move as one: only their sum is bound, so that a country is a thousand unknowns and not
        ten thousand. `cell` moves alone, and comes first.
        """
        from scipy.sparse import csr_array  # late, as `linprog`

        groups: list[Ints] = [np.array([cell], dtype=np.intp)]
        position, met, waiting = dict[int, int](), {cell}, [cell]
        rows, columns, signs = [], [], []
        if len(others := self._hidden_twins(cell, hidden)) > 1:
            groups.append(others[others != cell])
            met.update(others.tolist())
        for column, group in enumerate(groups):
            for number, is_total in self.roles[int(group[0])]:
                rows.append(position.setdefault(number, len(position)))
                columns.append(column)
                signs.append(1.0 if is_total else -1.0)
        links = set[int]()
        while waiting:
            for number in self.of_cell[waiting.pop()]:
                if number in links:
                    continue
                links.add(number)
                of_link = self.relations[number]
                for one in of_link[hidden[of_link]].tolist():
                    if one in met:
                        continue
                    group = self._hidden_twins(one, hidden)
                    met.update(group.tolist())
                    waiting.append(one)
                    for other, is_total in self.roles[one]:
                        rows.append(position.setdefault(other, len(position)))
                        columns.append(len(groups))
                        signs.append(1.0 if is_total else -1.0)
                    groups.append(group)
        matrix = csr_array((signs, (rows, columns)), shape=(len(position), len(groups)))
        floors = np.array([-np.maximum(self.values[group], 0).sum() for group in groups])
        return groups, matrix, floors

    def _hidden_twins(self, cell: int, hidden: Mask) -> Ints:
        twins = self.twins[self.roles[cell]]
        return twins[hidden[twins]]

    def _push(self, direction: float, groups: list[Ints], matrix: csr_array, floors: Floats) -> None:
        """Move the first cell as far as it goes and note how far every lone cell moved.

        The unknowns are the moves away from the true values, so that a sum which does not quite
        hold (the producer rounded it) stays as far from holding, and the attack stays possible.
        """
        # Late: importing it takes 0.7 s, and most territories hide nothing.
        from scipy.optimize import linprog

        aim = np.zeros(len(groups))
        aim[0] = -direction
        found = linprog(
            aim,
            A_eq=matrix,
            b_eq=np.zeros(matrix.shape[0]),
            bounds=np.column_stack([floors, np.full(len(groups), self.room)]),
            method="highs",
        )
        if found.status != 0:
            raise ArithmeticError(f"The disclosure audit has no solution: {found.message}")
        lone = np.array([len(group) == 1 for group in groups])
        cells = np.array([int(group[0]) for group in groups], dtype=np.intp)[lone]
        self.down[cells] = np.minimum(self.down[cells], found.x[lone])
        self.up[cells] = np.maximum(self.up[cells], found.x[lone])


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
