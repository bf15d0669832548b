"""Which counts to hide so that nobody can be told apart behind them.

Small counts are hidden first. Then others are, until no hidden count can be worked out from what
stays shown: totals minus parts, two totals that differ by one part, and the fact that a count is
never below zero. "Worked out" means known to within less than the threshold: whoever knows the rule
and every published cell is still left, for each hidden cell, with a range at least that wide.

Two hidden counts in the same sums (two communes of an EPCI, in one département) can trade with each
other: that settles nearly all of them, without solving anything. The others (the only commune of its
EPCI in its département) take what the cheapest exchange between counts must hide, one linear
programme each, among the sums around them first.

Refused alternatives: rounding every count, since Cnaf already rounds to 5 and a second rounding would
make our figures differ from those it publishes; hiding the neighbours one by one until a programme
over the whole country says that it is enough, which took minutes and hid twice as much.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ansanm.engines.indicators import Floats

Mask = NDArray[np.bool_]
# The total, then its parts: positions in the array of values.
Relation = tuple[int, Sequence[int]]

CAF_THRESHOLD = 5  # counts of Caf households and persons: 1 to 4 are hidden
INCOME_THRESHOLD = 11  # counts drawn from tax returns: 1 to 10 are hidden

TOLERANCE = 1e-6  # of the linear programmes
# What hiding a shown count costs: totals are what readers came for, and a zero shields nothing by its
# own value. Between two counts alike, the smaller.
TOTAL_COST = 50.0
ZERO_COST = 20.0
# With equal costs the solver would choose, and two machines hide different counts: each count costs a
# little of its own, scattered so that no two sums of a few are equal (multiples of one number would be).
TIE_COST = 0.01


def protect(
    values: Floats,
    relations: Sequence[Relation] | Sums,
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
    `relations` may be `Sums` made once, to protect many variables of the same territories.
    """
    n = len(values)
    differences = np.array([values[outer] - values[inner] for outer, inner in nested], dtype=np.float64)
    counts = np.concatenate([np.asarray(values, dtype=np.float64), differences])
    if isinstance(relations, Sums) and not nested:
        sums = relations
    else:
        listed = relations.relations if isinstance(relations, Sums) else relations
        links = [(outer, [inner, n + i]) for i, (outer, inner) in enumerate(nested)]
        sums = Sums(len(counts), [*listed, *links])

    is_small = (counts < threshold) & ((counts > 0) if published_zero_ok else (counts >= 0))
    absent = np.isnan(counts)
    guarded = is_small.copy()
    if secret is not None:
        guarded[:n] |= secret & absent[:n]
    hidden = guarded | absent
    hidden[n:] = True  # differences are shown nowhere

    cover = _Cover(sums, _imputed(counts, sums), hidden, width=threshold)
    cover.protect(np.flatnonzero(guarded).tolist())
    return np.asarray(hidden[:n] & ~absent[:n])


def protect_parts(
    values: Floats,
    wholes: NDArray[np.intp],
    *,
    threshold: float,
    guarded: Mask,
    hidden_wholes: Mask,
) -> Mask:
    """Return which published parts to hide, where nothing else may be hidden for them (IRIS of communes).

    `wholes[i]` is the whole of part i; `guarded` parts are shown nowhere (their producer hid them, or so
    few people live there that we do) and must not be worked out either. Parts of a hidden whole would
    give it back: they go with it.
    """
    absent = np.isnan(values)
    small = (values > 0) & (values < threshold)
    hidden = small | guarded | hidden_wholes[wholes]
    to_see = np.unique(wholes[(small | guarded) & ~hidden_wholes[wholes]])
    order = np.argsort(wholes, kind="stable")
    starts = np.searchsorted(wholes[order], [to_see, to_see + 1])
    for start, end in starts.T.tolist():
        parts = order[start:end]
        # A part nobody published stands for at least nothing: it is not counted on.
        held = float(np.nansum(np.where(hidden[parts], values[parts], 0.0)))
        n_held = int(hidden[parts].sum())
        # The smallest first; where no more than a handful live behind all of them, the zeros too.
        for part in parts[np.lexsort((parts, values[parts], values[parts] <= 0))].tolist():
            if n_held > 1 and held >= threshold:
                break
            if not hidden[part] and not absent[part]:
                hidden[part] = True
                held += float(values[part])
                n_held += 1
    return np.asarray(hidden & ~absent)


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


class Sums:
    """The sums that link counts, and which counts stand in the same place of the same sums (twins)."""

    def __init__(self, n: int, relations: Sequence[Relation]):
        self.relations = [(int(total), [int(part) for part in parts]) for total, parts in relations]
        roles: list[list[tuple[int, bool]]] = [[] for _ in range(n)]
        for number, (total, parts) in enumerate(self.relations):
            roles[total].append((number, True))
            for part in parts:
                roles[part].append((number, False))
        kinds: dict[tuple[tuple[int, bool], ...], int] = {}
        self.twins: list[list[int]] = []  # the counts of each place
        self.place = np.zeros(n, dtype=np.intp)  # of each count
        for cell, one in enumerate(roles):
            key = tuple(one)
            if key not in kinds:
                kinds[key] = len(self.twins)
                self.twins.append([])
            self.place[cell] = kinds[key]
            self.twins[kinds[key]].append(cell)
        self.roles = list(kinds)  # of each place: (sum, whether it is its total)
        self.is_total = [any(is_total for _, is_total in one) for one in self.roles]
        # The places in each sum.
        self.places: list[list[int]] = [[] for _ in self.relations]
        for place, roles_here in enumerate(self.roles):
            for number in dict.fromkeys(number for number, _ in roles_here):
                self.places[number].append(place)

    def around(self, place: int) -> set[int]:
        """Return the sums that share a count with one of the sums of this place."""
        return {
            number
            for own, _ in self.roles[place]
            for other in self.places[own]
            for number, _ in self.roles[other]
        }


class _Cover:
    """Hides counts in `hidden`, in place, until each hidden one can be anything within `width`."""

    def __init__(self, sums: Sums, values: Floats, hidden: Mask, *, width: float):
        self.sums, self.values, self.hidden, self.width = sums, values, hidden, width
        # What the hidden counts of each place add up to, kept as counts are hidden.
        self.held = np.bincount(sums.place[hidden], np.maximum(values[hidden], 0), minlength=len(sums.twins))
        self.n_held = np.bincount(sums.place[hidden], minlength=len(sums.twins))
        # The furthest that a count has been seen to move, down and up, in figures that fit all that is
        # shown. They still fit when more is hidden.
        self.down = np.zeros(len(values))
        self.up = np.zeros(len(values))

    def protect(self, unsafe: list[int]) -> None:
        waiting = deque(unsafe)
        while waiting:
            cell = waiting[0]
            if self.is_protected(cell):
                waiting.popleft()  # for good: hiding more only widens what an attacker is left with
                continue
            twin = self.cheapest_twin(cell)
            chosen = [twin] if twin is not None else self.cheapest_exchange(cell)
            for one in chosen:
                self.hide(one)
            waiting.extend(chosen)
            if twin is None:
                # Done: the exchange itself is the proof. Where there is none, no hiding would help.
                waiting.popleft()

    def hide(self, cell: int) -> None:
        self.hidden[cell] = True
        place = self.sums.place[cell]
        self.held[place] += max(self.values[cell], 0)
        self.n_held[place] += 1

    def is_protected(self, cell: int) -> bool:
        place = self.sums.place[cell]
        if not self.sums.roles[place]:
            return True  # no total says anything of it
        if self.n_held[place] > 1 and self.held[place] >= self.width:
            return True
        return bool(self.up[cell] - self.down[cell] >= self.width - TOLERANCE) or self.rises_freely(cell)

    def rises_freely(self, cell: int) -> bool:
        """Whether it may be more with nothing else but totals that nobody shows, up to the last."""
        risen, waiting = {cell}, [cell]
        with_total, n_parts = set[int](), dict[int, int]()
        while waiting:
            one = waiting.pop()
            if not self.hidden[one]:
                return False
            for number, is_total in self.sums.roles[self.sums.place[one]]:
                if is_total:
                    with_total.add(number)
                    continue
                n_parts[number] = n_parts.get(number, 0) + 1
                total = self.sums.relations[number][0]
                if total not in risen:
                    risen.add(total)
                    waiting.append(total)
        return all(n_parts.get(number) == 1 for number in with_total | n_parts.keys())

    def cheapest_twin(self, cell: int) -> int | None:
        """Return the shown twin to hide next: neither a total nor zero, the smallest."""
        place = self.sums.place[cell]
        if self.sums.is_total[place]:
            return None
        shown = [one for one in self.sums.twins[place] if not self.hidden[one] and self.values[one] > 0]
        return min(shown, key=lambda one: (float(self.values[one]), one), default=None)

    def cheapest_exchange(self, cell: int) -> list[int]:
        """Return the shown counts to hide for this one to pass for `width` more."""
        everywhere = set(range(len(self.sums.relations)))
        near = self.sums.around(self.sums.place[cell])
        for links in (near, everywhere) if len(near) < len(everywhere) else (everywhere,):
            if (found := self.exchange(cell, links)) is not None:
                return found
        return []

    def exchange(self, cell: int, links: set[int]) -> list[int] | None:
        """The same, where only these sums may move: the counts that stand in any other stay."""
        # Late: importing it takes 0.7 s, and most territories hide nothing.
        from scipy.optimize import linprog
        from scipy.sparse import csr_array, hstack

        unknowns = [_Unknown([cell], 0.0, 0.0, is_shown=False), *self.unknowns(cell, links)]
        row_of = {number: row for row, number in enumerate(sorted(links))}
        rows, columns, signs = [], [], []
        for column, one in enumerate(unknowns):
            for number, is_total in self.sums.roles[self.sums.place[one.cells[0]]]:
                rows.append(row_of[number])
                columns.append(column)
                signs.append(1.0 if is_total else -1.0)
        n = len(unknowns)
        matrix = csr_array((signs, (rows, columns)), shape=(len(links), n))
        # A move is a rise less a fall, so that either costs. The sums already fail by what the producer
        # rounded: moves keep them failing by as much, and the attack stays possible.
        costs = np.array([one.cost for one in unknowns])
        bounds = [(0.0, None)] * n + [(0.0, one.fall) for one in unknowns]
        bounds[0] = (self.width, self.width)
        found = linprog(
            np.concatenate([costs, costs]),
            A_eq=hstack([matrix, -matrix], format="csr"),
            b_eq=np.zeros(len(links)),
            bounds=np.array(bounds, dtype=np.float64),
            method="highs",
        )
        if found.status == 2:
            return None
        if found.status != 0:
            raise ArithmeticError(f"The disclosure audit has no solution: {found.message}")
        moves = found.x[:n] - found.x[n:]
        moves[np.abs(moves) < TOLERANCE] = 0.0
        for one, move in zip(unknowns, moves.tolist(), strict=True):
            if len(one.cells) == 1:
                alone = one.cells[0]
                self.down[alone] = min(self.down[alone], move)
                self.up[alone] = max(self.up[alone], move)
        return [
            one.cells[0] for one, move in zip(unknowns, moves.tolist(), strict=True) if one.is_shown and move
        ]

    def unknowns(self, cell: int, links: set[int]) -> list[_Unknown]:
        """Return what may move with `cell`: of each place, the hidden counts as one, and the shown
        counts that are cheapest to hide."""
        found = []
        for place in sorted({place for number in links for place in self.sums.places[number]}):
            if any(number not in links for number, _ in self.sums.roles[place]):
                continue
            twins = self.sums.twins[place]
            if held := [one for one in twins if self.hidden[one] and one != cell]:
                fall = float(np.maximum(self.values[held], 0).sum())
                found.append(_Unknown(held, fall, _tie(held[0]), is_shown=False))
            # The cheapest of each kind, between two alike the one that the solver would take.
            shown = sorted((float(self.values[one]), _tie(one), one) for one in twins if not self.hidden[one])
            zeros = [one for one in shown if one[0] <= 0]
            # One is enough: a shown count is zero, or large enough to lose the whole width.
            for value, _cost, one in zeros[:1] + shown[len(zeros) :][:1]:
                cost = ZERO_COST if value <= 0 else 1.0 + float(np.log1p(value))
                cost += _tie(one)
                if self.sums.is_total[place]:
                    cost += TOTAL_COST
                found.append(_Unknown([one], max(value, 0.0), cost, is_shown=True))
        return found


@dataclass(frozen=True)
class _Unknown:
    """Counts that move together in an exchange: how far they fall, what moving them costs."""

    cells: list[int]
    fall: float
    cost: float
    is_shown: bool


def _tie(cell: int) -> float:
    # The finalizer of SplitMix64 (Steele, Lea, Flood 2014): the same on every machine.
    mixed = (cell + 1) * 0x9E3779B97F4A7C15 % 2**64
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % 2**64
    return TIE_COST * (1 + (mixed ^ mixed >> 31) / 2**64)


def _imputed(counts: Floats, sums: Sums) -> Floats:
    """Give absent cells a value that fits their first sum: an attacker knows that one exists."""
    values = counts.copy()
    absent = np.isnan(values)
    for total, parts in sums.relations if absent.any() else ():
        unknown = [part for part in parts if np.isnan(values[part])]
        known = float(np.nansum(values[parts]))
        if not np.isnan(values[total]):
            for part in unknown:
                values[part] = max(0.0, values[total] - known) / len(unknown)
        elif not unknown:
            values[total] = known
    return np.nan_to_num(values, nan=0.0)
