from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.cube import nearest, ranks, standings
from ansanm.engines.indicators import Kind, Status, evaluate, rank
from ansanm.engines.similarity import neighbourhood, scaled
from tests.engines.test_indicators import PUBLISHED, SECRET, define, published, tabulate

VALUES = st.lists(
    st.tuples(st.sampled_from([float("nan"), 0.0, 1.0, 2.5, 2.5, -3.0, 40.0]), st.integers(-1, 3)),
    min_size=1,
    max_size=40,
)


def test_areas_come_after_the_territories_and_have_no_rank():
    table = tabulate(
        {("jobless", "2023"): published(10, 90, 7, 100), ("active", "2023"): published(100, 300, 70, 400)}
    )
    share = define(denominator=("active",), factor=100)

    (found,) = standings([share], table, ranked_in={"": np.zeros(3, dtype=np.intp)})

    assert list(found.values) == [10, 30, 10, 25]
    assert list(found.ranks[""]) == [2, 1, 2]


def test_what_is_secret_has_no_rank_and_a_rule_may_hide_more():
    table = tabulate({("jobless", "2023"): [(PUBLISHED, 10), (SECRET, 0), (PUBLISHED, 3)]})

    def without_small(definition, table):
        series = evaluate(definition, table)
        values, statuses, small = series.values["2023"], series.statuses["2023"], series.values["2023"] < 5
        return replace(
            series,
            values={"2023": np.where(small, np.nan, values)},
            statuses={"2023": np.where(small, SECRET, statuses).astype(np.uint8)},
        )

    (found,) = standings(
        [define(kind=Kind.COUNT)],
        table,
        ranked_in={"": np.zeros(3, dtype=np.intp)},
        evaluating=without_small,
    )

    assert list(found.statuses) == [Status.PUBLISHED, Status.SECRET, Status.SECRET]
    assert list(found.ranks[""]) == [1, 0, 0]
    # The table is as it was.
    assert table.values["jobless", "2023"][2] == 3


@given(VALUES)
def test_a_rank_is_one_more_than_the_number_of_higher_values_in_the_area(cells):
    values, groups = np.array([one[0] for one in cells]), np.array([one[1] for one in cells])

    found = ranks(values, {"departement": groups, "": np.zeros(len(cells), dtype=np.intp)})

    for i, (value, group) in enumerate(cells):
        inside = [other for other, of in cells if of == group and not np.isnan(other)]
        everywhere = [other for other, _ in cells if not np.isnan(other)]
        absent = np.isnan(value)
        assert found[""][i] == (0 if absent else 1 + sum(other > value for other in everywhere))
        assert found["departement"][i] == (
            0 if absent or group < 0 else 1 + sum(other > value for other in inside)
        )


@given(VALUES)
def test_ranks_among_all_are_those_of_the_diagnosis(cells):
    values = np.array([one[0] for one in cells])
    statuses = np.where(np.isnan(values), Status.NOT_AVAILABLE, Status.PUBLISHED).astype(np.uint8)

    found = ranks(values, {"": np.zeros(len(cells), dtype=np.intp)})

    assert found[""].tolist() == rank(values, statuses).positions.tolist()


# Whole numbers of 64 bits cannot hold a value and its row: neighbours in the last bits are told apart.
CLOSE = st.sampled_from([1.0, np.nextafter(1.0, 2), np.nextafter(1.0, 0), -1.0, -0.0, 0.0, 5e-324, -np.nan])


@given(st.lists(CLOSE, min_size=1, max_size=30), st.integers(0, 4))
def test_values_that_differ_in_their_last_bit_have_ranks_of_their_own(values, n_areas):
    areas = np.arange(len(values)) % (n_areas + 1) - 1
    found = ranks(np.array(values), {"": np.zeros(len(values), dtype=np.intp), "area": areas})

    for i, value in enumerate(values):
        near = [other for other, of in zip(values, areas, strict=True) if of == areas[i]]
        absent = np.isnan(value)
        assert found[""][i] == (0 if absent else 1 + sum(other > value for other in values))
        assert found["area"][i] == (0 if absent or areas[i] < 0 else 1 + sum(other > value for other in near))


def test_more_places_than_a_short_word_holds_are_ranked_all_the_same():
    areas = np.arange(70_000) // 2

    found = ranks(np.arange(70_000.0) % 7, {"area": areas})["area"]

    values = (np.arange(70_000) % 7).reshape(-1, 2)
    assert found[::2].tolist() == (1 + (values[:, 1] > values[:, 0])).tolist()


def test_indicators_come_in_their_order_whatever_the_threads():
    names = [f"one_{i}" for i in range(20)]
    table = tabulate({("jobless", year): published(1, 2) for year in ("2021", "2022", "2023")})
    chosen = [define(kind=Kind.COUNT, id=name) for name in names]

    found = standings(chosen, table, ranked_in={}, n_threads=4)

    assert [(one.definition.id, one.period) for one in found] == [
        (name, year) for name in names for year in ("2021", "2022", "2023")
    ]


# The first call imports scipy, which takes longer than the deadline.
@settings(deadline=None)
@given(
    st.lists(
        st.tuples(*[st.sampled_from([float("nan"), 0.0, 0.0, 0.5, 1.0, 3.0])] * 2), min_size=1, max_size=15
    ),
    st.integers(1, 5),
)
def test_the_most_similar_are_those_at_the_least_distances(cells, n):
    traits = np.array(cells)

    rows, distances = nearest(traits, n)

    for i, own in enumerate(cells):
        known = [] if np.isnan(own).any() else [j for j in range(len(cells)) if not np.isnan(traits[j]).any()]
        slow = sorted(np.sqrt(np.mean((traits[j] - traits[i]) ** 2)) for j in known if j != i)[:n]
        found = [int(j) for j in rows[i] if j >= 0]
        assert distances[i][: len(found)].tolist() == pytest.approx(slow)
        assert len(set(found) - {i}) == len(found)
        assert [np.sqrt(np.mean((traits[j] - traits[i]) ** 2)) for j in found] == pytest.approx(slow)


def test_the_whole_country_has_the_neighbours_that_one_page_shows():
    values = np.random.default_rng(3).lognormal(size=(200, 3))
    by_page = neighbourhood(values, 7, n=5, logarithmic=[True, False, False])

    rows, distances = nearest(scaled(values, [True, False, False]), 5)

    assert rows[7].tolist() == [one.row for one in by_page.neighbours]
    assert distances[7].tolist() == pytest.approx([one.distance for one in by_page.neighbours])
