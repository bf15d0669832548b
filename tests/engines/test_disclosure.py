"""Every table is attacked by a linear programme that knows all that is shown, and the rule."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from ansanm.engines import disclosure
from ansanm.engines.disclosure import (
    CAF_THRESHOLD,
    INCOME_THRESHOLD,
    Sums,
    protect,
    protect_parts,
    protect_rates,
)


def attack(values, relations, hidden):
    """Return the widest range left for each hidden cell, cell by cell, with nothing clever."""
    equations, right = [], []
    for total, parts in relations:
        row = np.zeros(len(values))
        row[total] = 1
        row[list(parts)] = -1
        equations.append(row)
        # The attacker may also know by how much rounding makes the sum miss.
        right.append(row @ values)
    bounds = [(0, None) if hidden[i] else (values[i], values[i]) for i in range(len(values))]
    ranges = {}
    for cell in np.flatnonzero(hidden):
        ends = []
        for direction in (1, -1):
            aim = np.zeros(len(values))
            aim[cell] = direction
            found = linprog(aim, A_eq=equations or None, b_eq=right or None, bounds=bounds, method="highs")
            assert found.status in (0, 3), found.message
            ends.append(np.inf if found.status == 3 else direction * found.fun)
        ranges[int(cell)] = ends[1] - ends[0] if np.isfinite(ends).all() else np.inf
    return ranges


def assert_nothing_can_be_deduced(values, relations, hidden, threshold):
    small = (values > 0) & (values < threshold)
    assert hidden[small].all()
    for cell, width in attack(values, relations, hidden).items():
        assert width >= threshold - 1e-5, f"cell {cell} ({values[cell]}) is known to within {width}"


def line(parts):
    """Parts and their total."""
    return np.array([*parts, sum(parts)], dtype=float), [(len(parts), range(len(parts)))]


def crossed(cells):
    """A two-way table with the totals of its rows, of its columns, and of all."""
    cells = np.asarray(cells, dtype=float)
    n, m = cells.shape
    full = np.zeros((n + 1, m + 1))
    full[:n, :m] = cells
    full[n, :m], full[:n, m], full[n, m] = cells.sum(0), cells.sum(1), cells.sum()
    at = np.arange(full.size).reshape(full.shape)
    relations = [(at[i, m], at[i, :m]) for i in range(n + 1)]
    relations += [(at[n, j], at[:n, j]) for j in range(m + 1)]
    return full.ravel(), relations


def nested_territories(communes, epci_of):
    """Communes, their EPCI, and the département that sums either."""
    communes = np.asarray(communes, dtype=float)
    n, n_epci = len(communes), max(epci_of) + 1
    members = [[i for i in range(n) if epci_of[i] == epci] for epci in range(n_epci)]
    epci = [communes[one].sum() for one in members]
    values = np.array([*communes, *epci, communes.sum()])
    relations = [(n + i, one) for i, one in enumerate(members) if one]
    relations += [(n + n_epci, range(n)), (n + n_epci, range(n, n + n_epci))]
    return values, relations


def straddling(communes, epci_of, departement_of):
    """Communes, EPCI that may lie in two départements, départements, and the country that sums these."""
    communes = np.asarray(communes, dtype=float)
    values, relations = list(communes), []
    for owner in (epci_of, departement_of):
        for one in sorted(set(owner)):
            members = [i for i in range(len(communes)) if owner[i] == one]
            relations.append((len(values), members))
            values.append(communes[members].sum())
    n_departements = len(set(departement_of))
    relations.append((len(values), range(len(values) - n_departements, len(values))))
    values.append(communes.sum())
    return np.array(values), relations


def slowly(values, relations, threshold):
    """The same rule, each count looked at again in all its sums at each step: the slow twin."""
    n = len(values)
    relations = [(total, list(parts)) for total, parts in relations]
    roles = [
        tuple((k, total == cell) for k, (total, parts) in enumerate(relations) if cell in (total, *parts))
        for cell in range(n)
    ]
    small = (values > 0) & (values < threshold)
    hidden, seen = small.copy(), [[0.0] for _ in range(n)]
    waiting = np.flatnonzero(small).tolist()

    def twins(cell, *, hidden_ones):
        return [c for c in range(n) if roles[c] == roles[cell] and hidden[c] == hidden_ones]

    def exchange(cell, links):
        moving = [c for c in range(n) if roles[c] and all(k in links for k, _ in roles[c])]
        costs, falls = [], []
        for c in moving:
            if hidden[c]:
                first = min(one for one in twins(c, hidden_ones=True) if one != cell) if c != cell else c
                costs.append(disclosure._tie(first) if c != cell else 0.0)
            else:
                is_total = any(is_total for _, is_total in roles[c])
                costs.append(
                    (disclosure.ZERO_COST if values[c] <= 0 else 1 + np.log1p(values[c]))
                    + disclosure.TOTAL_COST * is_total
                    + disclosure._tie(c)
                )
            falls.append(max(values[c], 0.0))
        matrix = np.zeros((len(relations), 2 * len(moving)))
        for column, c in enumerate(moving):
            for k, is_total in roles[c]:
                matrix[k, column] = 1.0 if is_total else -1.0
                matrix[k, column + len(moving)] = -matrix[k, column]
        bounds = [(0, None)] * len(moving) + [(0, fall) for fall in falls]
        at = moving.index(cell)
        bounds[at], bounds[at + len(moving)] = (threshold, threshold), (0, 0)
        found = linprog([*costs, *costs], A_eq=matrix, b_eq=np.zeros(len(relations)), bounds=bounds)
        if found.status == 2:
            return None
        moves = found.x[: len(moving)] - found.x[len(moving) :]
        for c, move in zip(moving, moves, strict=True):
            # The moves of twins hidden together are known as a sum alone.
            if c == cell or not hidden[c] or len([x for x in twins(c, hidden_ones=True) if x != cell]) == 1:
                seen[c].append(move)
        return [c for c, move in zip(moving, moves, strict=True) if not hidden[c] and abs(move) > 1e-6]

    def rises_freely(cell):
        risen = {cell}
        while more := {total for total, parts in relations if risen & set(parts) and total not in risen}:
            risen |= more
        return all(hidden[one] for one in risen) and all(
            (total in risen) == (len(risen & set(parts)) == 1) and len(risen & set(parts)) < 2
            for total, parts in relations
        )

    while waiting:
        cell = waiting[0]
        held = twins(cell, hidden_ones=True)
        if (
            not roles[cell]
            or (len(held) > 1 and sum(values[held]) >= threshold)
            or max(seen[cell]) - min(seen[cell]) >= threshold - 1e-6
            or rises_freely(cell)
        ):
            waiting.pop(0)
            continue
        shown = [c for c in twins(cell, hidden_ones=False) if values[c] > 0]
        if shown and not any(is_total for _, is_total in roles[cell]):
            chosen = [min(shown, key=lambda c: (values[c], c))]
        else:
            near = {
                k
                for own, _ in roles[cell]
                for c in (relations[own][0], *relations[own][1])
                for k, _ in roles[c]
            }
            chosen = exchange(cell, near)
            if chosen is None:
                chosen = exchange(cell, set(range(len(relations)))) or []
            waiting.pop(0)
        hidden[chosen] = True
        waiting += chosen
    return hidden


def test_the_thresholds_are_those_of_the_producers():
    assert (CAF_THRESHOLD, INCOME_THRESHOLD) == (5, 11)


def test_a_small_count_takes_the_next_smallest_with_it():
    # Without the 12, the total would give back the 3.
    values, relations = line([3, 12, 40])

    assert list(protect(values, relations, threshold=5)) == [True, True, False, False]


def test_a_table_without_small_count_is_shown_whole():
    values, relations = line([0, 12, 40])

    assert not protect(values, relations, threshold=5).any()


def test_two_small_counts_whose_sum_is_small_need_a_third():
    # 1 and 2 hide each other badly: their sum, 3, is known.
    values, relations = line([1, 2, 40, 60])

    assert list(protect(values, relations, threshold=5)) == [True, True, True, False, False]


def test_nobody_may_be_shown_unless_asked_otherwise():
    values, relations = line([0, 12, 40])

    assert list(protect(values, relations, threshold=5, published_zero_ok=False)) == [
        True,
        True,
        False,
        False,
    ]


def test_a_commune_hidden_in_its_epci_is_not_given_back_by_the_departement():
    values, relations = nested_territories([3, 30, 50, 70], epci_of=[0, 0, 1, 1])

    hidden = protect(values, relations, threshold=5)

    assert list(np.flatnonzero(hidden)) == [0, 1]
    assert_nothing_can_be_deduced(values, relations, hidden, 5)


def test_two_published_totals_that_differ_by_three_children_are_not_both_shown():
    # 0-17 and 0-14 years: the difference is 15-17, which no table shows.
    ages = np.array([103.0, 100.0])

    assert list(protect(ages, [], threshold=5, nested=[(0, 1)])) == [False, True]
    assert not protect(ages + [10, 0], [], threshold=5, nested=[(0, 1)]).any()


def test_what_the_producer_hid_is_not_given_back_by_our_total():
    values, relations = line([8, 12, 40])
    values[0] = np.nan

    left_to_guess = protect(values, relations, threshold=5, secret=np.isnan(values))

    assert list(left_to_guess) == [False, True, False, False]
    # Where nobody has the figure, there is no secret to keep.
    assert not protect(values, relations, threshold=5).any()


def test_a_total_that_nobody_publishes_gives_nothing_back():
    values, relations = line([3, 12, 40])
    values[3] = np.nan

    assert list(protect(values, relations, threshold=5)) == [True, False, False, False]


@pytest.mark.parametrize("residue", [-5, 5])
def test_sums_that_rounding_breaks_are_protected_all_the_same(residue):
    values, relations = line([3, 10, 40])
    values[3] += residue

    hidden = protect(values, relations, threshold=5)

    assert list(hidden) == [True, True, False, False]


counts = st.one_of(st.integers(0, 6), st.integers(0, 60))
thresholds = st.sampled_from([CAF_THRESHOLD, INCOME_THRESHOLD])


@given(parts=st.lists(counts, min_size=1, max_size=8), threshold=thresholds)
def test_no_count_of_a_column_can_be_deduced(parts, threshold):
    values, relations = line(parts)

    assert_nothing_can_be_deduced(
        values, relations, protect(values, relations, threshold=threshold), threshold
    )


@settings(deadline=None)
@given(data=st.data(), n=st.integers(1, 4), m=st.integers(1, 4), threshold=thresholds)
def test_no_count_of_a_two_way_table_can_be_deduced(data, n, m, threshold):
    cells = data.draw(st.lists(st.lists(counts, min_size=m, max_size=m), min_size=n, max_size=n))
    values, relations = crossed(cells)

    assert_nothing_can_be_deduced(
        values, relations, protect(values, relations, threshold=threshold), threshold
    )


@settings(deadline=None)
@given(data=st.data(), n=st.integers(1, 9), threshold=thresholds)
def test_no_count_of_a_commune_or_an_epci_can_be_deduced(data, n, threshold):
    communes = data.draw(st.lists(counts, min_size=n, max_size=n))
    epci_of = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    values, relations = nested_territories(communes, epci_of)

    hidden = protect(values, relations, threshold=threshold)

    assert_nothing_can_be_deduced(values, relations, hidden, threshold)
    assert (hidden == protect(values, relations, threshold=threshold)).all()


@settings(deadline=None)
@given(steps=st.lists(counts, min_size=1, max_size=6), start=st.integers(0, 60), threshold=thresholds)
def test_nested_totals_do_not_give_away_what_lies_between_them(steps, start, threshold):
    totals = np.cumsum([start, *steps]).astype(float)
    nested = [(i + 1, i) for i, _ in enumerate(pairwise(totals))]

    hidden = protect(totals, [], threshold=threshold, nested=nested)

    for outer, inner in nested:
        if 0 < totals[outer] - totals[inner] < threshold:
            assert hidden[outer] or hidden[inner]


@settings(deadline=None)
@given(
    pairs=st.lists(st.tuples(counts, counts), min_size=1, max_size=6),
    threshold=thresholds,
)
def test_a_published_rate_never_gives_back_a_hidden_count(pairs, threshold):
    numerators = np.array([min(pair) for pair in pairs], dtype=float)
    denominators = np.array([max(pair) for pair in pairs], dtype=float)
    above, below = (protect(*line(one), threshold=threshold)[:-1] for one in (numerators, denominators))

    hidden = protect_rates(numerators, denominators, above, below, threshold=threshold, within=True)

    for i in np.flatnonzero(~hidden):
        if denominators[i] == 0:
            continue
        rate = numerators[i] / denominators[i]
        recovered = round(rate * denominators[i])
        # What the rate gives back was shown already, and neither side of it is a small group.
        assert not above[i] and not below[i]
        assert recovered == 0 or recovered >= threshold
        assert denominators[i] - recovered == 0 or denominators[i] - recovered >= threshold


def test_a_departement_of_nine_hundred_communes_loses_few_counts_that_were_not_small():
    random = np.random.default_rng(974)
    values, relations = nested_territories(
        random.poisson(random.gamma(1, 12, 900)), random.integers(0, 40, 900).tolist()
    )

    hidden = protect(values, relations, threshold=5)

    assert hidden[:900].sum() < 2 * ((values[:900] > 0) & (values[:900] < 5)).sum()


@settings(deadline=None)
@given(data=st.data(), n=st.integers(1, 10), threshold=thresholds)
def test_no_count_can_be_deduced_where_an_epci_lies_in_two_departements(data, n, threshold):
    communes = data.draw(st.lists(counts, min_size=n, max_size=n))
    epci_of = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    departement_of = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    values, relations = straddling(communes, epci_of, departement_of)

    hidden = protect(values, relations, threshold=threshold)

    assert_nothing_can_be_deduced(values, relations, hidden, threshold)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), n=st.integers(1, 9), threshold=thresholds)
def test_the_fast_way_hides_what_the_slow_way_hides(data, n, threshold):
    draw = data.draw
    communes = draw(st.lists(counts, min_size=n, max_size=n))
    epci_of = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    departement_of = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    values, relations = draw(
        st.sampled_from(
            [
                straddling(communes, epci_of, departement_of),
                nested_territories(communes, epci_of),
                line(communes),
            ]
        )
    )

    fast = protect(values, relations, threshold=threshold)

    assert list(fast) == list(slowly(values, relations, threshold))
    # Sums made once for many variables change nothing.
    assert list(protect(values, Sums(len(values), relations), threshold=threshold)) == list(fast)


@pytest.mark.parametrize(
    ("values", "relations"),
    [
        (
            [0, 0, 5, 0, 0, 1, 5, 11, 1, 10, 11],
            [(7, [0, 1, 2, 3, 4, 5, 6]), (8, [0, 1, 3, 4, 5]), (9, [2, 6]), (10, [8, 9])],
        ),
        (
            [0, 0, 0, 1, 1, 5, 1, 0, 6, 1, 1, 1, 7, 8],
            [
                (8, [0, 1, 2, 5, 6]),
                (9, [4, 7]),
                (10, [3]),
                (11, [0, 1, 2, 6, 7]),
                (12, [3, 4, 5]),
                (13, [11, 12]),
            ],
        ),
    ],
)
def test_between_exchanges_alike_both_ways_hide_the_same(values, relations):
    values = np.array(values, dtype=float)
    fast = protect(values, relations, threshold=5)
    assert list(fast) == list(slowly(values, relations, 5))


def test_nearly_all_are_settled_without_solving_anything(monkeypatch):
    solved = []
    exchange = disclosure._Cover.exchange
    monkeypatch.setattr(
        disclosure._Cover, "exchange", lambda self, *what: solved.append(what) or exchange(self, *what)
    )
    random = np.random.default_rng(974)
    departement_of = random.integers(0, 20, 4000)
    # One commune in a hundred is of an EPCI of the next département.
    epci_of = departement_of * 12 + random.integers(0, 12, 4000) + 12 * (random.random(4000) < 0.01)
    values, relations = straddling(
        random.poisson(random.gamma(1, 12, 4000)), epci_of.tolist(), departement_of.tolist()
    )

    hidden = protect(values, relations, threshold=5)

    n_small = int(((values > 0) & (values < 5)).sum())
    assert n_small > 800
    assert len(solved) < 0.05 * n_small
    assert hidden.sum() < 1.2 * n_small


# ---------------------------------------------------------------------------------- parts of a commune


@given(
    parts=st.lists(st.tuples(counts, st.booleans()), min_size=1, max_size=8),
    elsewhere=st.lists(counts, max_size=3),
    threshold=thresholds,
)
def test_no_iris_can_be_deduced_from_its_commune_and_the_others(parts, elsewhere, threshold):
    """Whatever is guarded: small counts, and IRIS too small for any figure."""
    values = np.array([n for n, _ in parts] + elsewhere, dtype=float)
    guarded = np.array([one for _, one in parts] + [False] * len(elsewhere))
    wholes = np.array([0] * len(parts) + [1] * len(elsewhere))

    hidden = protect_parts(
        values, wholes, threshold=threshold, guarded=guarded, hidden_wholes=np.zeros(2, dtype=bool)
    )

    small = (values > 0) & (values < threshold)
    assert hidden[small | guarded].all()
    for whole in (0, 1):
        of_whole = np.flatnonzero(wholes == whole)
        if not (small | guarded)[of_whole].any():
            assert not hidden[of_whole].any()
        elif not hidden[of_whole].all():
            table = np.append(values[of_whole], values[of_whole].sum())
            mask = np.append(hidden[of_whole], False)
            relations = [(len(of_whole), range(len(of_whole)))]
            assert all(width >= threshold - 1e-5 for width in attack(table, relations, mask).values())


def test_the_parts_of_a_hidden_whole_go_with_it_and_the_smallest_neighbour_goes_first():
    values = np.array([40.0, 3.0, 20.0, 30.0, np.nan, 50.0])
    wholes = np.array([0, 0, 0, 1, 1, 2])

    hidden = protect_parts(
        values,
        wholes,
        threshold=5,
        guarded=np.zeros(6, dtype=bool),
        hidden_wholes=np.array([False, True, False]),
    )

    assert list(hidden) == [False, True, True, True, False, False]


def test_an_iris_that_its_producer_hid_is_not_given_back_by_its_commune():
    values = np.array([np.nan, 20.0, 30.0])

    hidden = protect_parts(
        values,
        np.zeros(3, dtype=int),
        threshold=5,
        guarded=np.isnan(values),
        hidden_wholes=np.zeros(1, dtype=bool),
    )

    assert list(hidden) == [False, True, False]
