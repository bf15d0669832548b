"""The financing plan adds up only what adds up, whatever it is cut by."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.funding.plan import PRECISIONS, ROAD, UNDEFINED, PlanLine, Scope, joined, totals


def same(one):
    return one


def test_an_exact_amount_a_rough_one_and_an_unknown_one_stay_apart():
    scope = Scope("beyond")
    lines = [
        PlanLine(scope, "exact", 100_00, (None, None, None, 40_00)),
        PlanLine(scope, "exact", 50_00),
        PlanLine(scope, "more_than", 2_000_000_00),
        PlanLine(scope, UNDEFINED, None),
        PlanLine(Scope("within"), "exact", 7_00),
    ]

    within_first, beyond = sorted(totals(lines, same, lambda one: "all"), key=lambda one: -one.n_lines)[::-1]
    assert within_first.by_precision["exact"].cents == 7_00
    assert (beyond.by_precision["exact"].cents, beyond.by_precision["exact"].n_lines) == (150_00, 2)
    assert beyond.by_precision["more_than"].cents == 2_000_000_00
    assert (beyond.by_precision[UNDEFINED].cents, beyond.by_precision[UNDEFINED].n_lines) == (0, 1)
    # One line tells what was paid: the three others are not zero.
    assert (beyond.road["paid"].cents, beyond.road["paid"].n_lines) == (40_00, 1)


scopes = st.builds(
    Scope, st.sampled_from(["", "within", "beyond"]), st.sampled_from(["", "ht"]), st.booleans()
)
cents = st.none() | st.integers(0, 10**9)
drawn = st.lists(
    st.tuples(
        st.builds(
            PlanLine, scopes, st.sampled_from(PRECISIONS[:-1]), cents, st.tuples(cents, cents, cents, cents)
        ),
        st.integers(0, 4),
        st.integers(0, 3),
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=80)
@given(drawn)
def test_the_sums_match_whatever_the_plan_is_cut_by(rows):
    ways = [
        totals(rows, lambda one: one[0], key)
        for key in (lambda one: "all", lambda one: one[1], lambda one: one[2], lambda one: one[1:])
    ]
    whole = [
        {
            (one.scope, name): (cell.cents, cell.n_lines)
            for one in joined(way)
            for name, cell in one.by_precision.items()
        }
        for way in ways
    ]
    roads = [
        {
            (one.scope, name): (cell.cents, cell.n_lines)
            for one in joined(way)
            for name, cell in one.road.items()
        }
        for way in ways
    ]

    assert all(one == whole[0] for one in whole)
    assert all(one == roads[0] for one in roads)
    # The slow twin: the lines themselves, added one by one.
    for (scope, name), (found, n) in whole[0].items():
        mine = [
            line.cents
            for line, _a, _b in rows
            if line.scope == scope and (UNDEFINED if line.cents is None else line.precision) == name
        ]
        assert (sum(one or 0 for one in mine), len(mine)) == (found, n)
    for (scope, name), (found, n) in roads[0].items():
        mine = [line.road[ROAD.index(name)] for line, _a, _b in rows if line.scope == scope]
        assert (sum(one or 0 for one in mine), sum(one is not None for one in mine)) == (found, n)
    for way in ways:
        assert sum(one.n_lines for one in way) == len(rows)
