"""Similar territories: by hand, then against a slow twin."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.similarity import neighbourhood, scaled


def slow_distance(values, own, other):
    """The same distance, variable by variable, with nothing but the definition."""
    total, n = 0.0, 0
    for column in range(len(values[0])):
        known = [row[column] for row in values if not math.isnan(row[column])]
        low, high = np.quantile(known, 0.25), np.quantile(known, 0.75)
        spread = (high - low) / 1.349 or float(np.std(known))
        if math.isnan(values[own][column]) or len(set(known)) == 1:
            continue
        total += ((values[other][column] - values[own][column]) / spread) ** 2
        n += 1
    return math.sqrt(total / n) if n else math.nan


tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(
            st.one_of(st.just(math.nan), st.integers(-50, 50).map(float)), min_size=width, max_size=width
        ),
        min_size=3,
        max_size=12,
    )
)


@settings(deadline=None, max_examples=150)
@given(tables)
def test_the_nearest_are_those_of_the_slow_twin(rows):
    if any(all(math.isnan(row[column]) for row in rows) for column in range(len(rows[0]))):
        return
    found = neighbourhood(np.array(rows), 0, n=len(rows))

    by_hand = {row: slow_distance(rows, 0, row) for row in range(1, len(rows))}
    comparable = {row: one for row, one in by_hand.items() if not math.isnan(one)}
    assert {one.row for one in found.neighbours} == set(comparable)
    assert found.n_compared == len(comparable)
    for one in found.neighbours:
        assert one.distance == pytest.approx(comparable[one.row])
    distances = [one.distance for one in found.neighbours]
    assert distances == sorted(distances)


@settings(deadline=None, max_examples=80)
@given(tables, st.floats(0.1, 100), st.floats(-1000, 1000))
def test_changing_the_unit_of_a_variable_changes_nothing(rows, factor, shift):
    values = np.array(rows)
    other = values.copy()
    other[:, 0] = other[:, 0] * factor + shift

    before, after = neighbourhood(values, 0, n=20), neighbourhood(other, 0, n=20)

    assert {one.row: one.distance for one in before.neighbours} == pytest.approx(
        {one.row: one.distance for one in after.neighbours}, rel=1e-4, abs=1e-4
    )


def test_a_place_without_one_of_the_variables_is_not_compared():
    values = np.array([[1.0, 1.0], [1.1, np.nan], [2.0, 2.0], [3.0, 1.0]])

    found = neighbourhood(values, 0, n=3)

    assert {one.row for one in found.neighbours} == {2, 3}
    assert found.n_compared == 2


def test_a_variable_our_place_lacks_is_left_out_and_said():
    values = np.array([[1.0, np.nan], [5.0, 1.0], [2.0, 9.0]])

    found = neighbourhood(values, 0, n=3)

    assert found.used == (0,)
    assert [one.row for one in found.neighbours] == [2, 1]


def test_shares_say_what_sets_apart_and_sum_to_one():
    values = np.array([[0.0, 0.0], [0.0, 3.0], [4.0, 1.0], [2.0, 2.0]])

    by_row = {one.row: one for one in neighbourhood(values, 0, n=3).neighbours}

    assert by_row[1].shares == (0.0, 1.0)
    assert all(sum(one.shares) == pytest.approx(1) for one in by_row.values())


def test_a_weight_of_zero_takes_a_variable_away():
    values = np.array([[0.0, 0.0], [0.0, 9.0], [4.0, 0.0], [2.0, 2.0]])

    assert neighbourhood(values, 0, n=1, weights=[1, 0]).neighbours[0].row == 1
    assert neighbourhood(values, 0, n=1, weights=[0, 1]).neighbours[0].row == 2


def test_a_population_is_compared_by_its_ratio():
    """1,000 inhabitants are as far from 100 as from 10,000."""
    values = np.array([[1000.0], [100.0], [10000.0], [0.0]])

    found = neighbourhood(values, 0, n=3, logarithmic=[True])

    assert [one.row for one in found.neighbours] == [1, 2]
    assert found.neighbours[0].distance == pytest.approx(found.neighbours[1].distance)


def test_one_giant_does_not_flatten_the_others():
    values = np.array([[float(one)] for one in range(1, 100)] + [[2_000_000.0]])

    assert abs(scaled(values, [False])[0, 0] - scaled(values, [False])[98, 0]) > 2


def test_candidates_narrow_who_may_be_a_neighbour_and_not_the_scale():
    values = np.array([[0.0], [1.0], [2.0], [10.0]])
    mask = np.array([True, False, True, True])

    wide, narrow = neighbourhood(values, 0, n=3), neighbourhood(values, 0, n=3, candidates=mask)

    assert [one.row for one in narrow.neighbours] == [2, 3]
    assert narrow.neighbours[0].distance == wide.neighbours[1].distance
