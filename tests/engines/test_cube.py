import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.cube import Areas, nearest, ranks, standings, with_areas
from ansanm.engines.indicators import Kind, Status, rank
from ansanm.engines.similarity import neighbourhood, scaled
from tests.engines.test_indicators import CELLS, PUBLISHED, SECRET, define, published, tabulate

VALUES = st.lists(
    st.tuples(st.sampled_from([float("nan"), 0.0, 1.0, 2.5, 2.5, -3.0, 40.0]), st.integers(-1, 3)),
    min_size=1,
    max_size=40,
)


def test_an_area_is_a_row_whose_rate_is_a_ratio_of_sums():
    table = tabulate({("jobless", "2023"): published(10, 90, 7), ("active", "2023"): published(100, 300, 70)})
    epci = Areas(["epci:1"], np.array([0, 0, -1]))
    share = define(denominator=("active",), factor=100)

    (found,) = standings([share], with_areas(table, [epci]), ranked_in={"": np.zeros(3, dtype=np.intp)})

    assert list(found.values) == [10, 30, 10, 25]
    assert list(found.ranks[""]) == [2, 1, 2]


def test_one_secret_member_makes_the_area_secret_and_leaves_the_member_without_rank():
    table = tabulate({("jobless", "2023"): [(PUBLISHED, 10), (SECRET, 0)]})
    france = Areas(["france:FR"], np.array([0, 0]))

    (found,) = standings(
        [define(kind=Kind.COUNT)], with_areas(table, [france]), ranked_in={"": np.zeros(2, dtype=np.intp)}
    )

    assert found.statuses[2] == Status.SECRET
    assert np.isnan(found.values[2])
    assert list(found.ranks[""]) == [1, 0]


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


@given(st.lists(st.tuples(CELLS, CELLS, st.integers(-1, 2)), min_size=1, max_size=20))
def test_an_area_is_known_when_all_its_members_are_and_then_is_their_sum(rows):
    table = tabulate(
        {
            ("jobless", "2023"): [one[0] for one in rows],
            ("active", "2023"): [one[1] for one in rows],
        }
    )
    areas = Areas(["a", "b", "c"], np.array([one[2] for one in rows]))

    found = with_areas(table, [areas])

    for area in range(3):
        for place, key in enumerate(table.values):
            members = [one[place] for one in rows if one[2] == area]
            value, status = found.values[key][len(rows) + area], found.statuses[key][len(rows) + area]
            if members and all(one[0] == PUBLISHED for one in members):
                assert (status, value) == (PUBLISHED, pytest.approx(sum(one[1] for one in members)))
            else:
                assert status != PUBLISHED
                assert np.isnan(value)


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
