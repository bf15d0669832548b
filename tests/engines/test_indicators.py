import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansanm.engines.indicators import (
    Break,
    Definition,
    Kind,
    ObservationTable,
    Status,
    combine,
    evaluate,
    gap,
    quantile,
    rank,
)

PUBLISHED, SECRET, ABSENT, SENSELESS = Status
CELLS = st.tuples(st.sampled_from(list(Status)), st.integers(0, 500))


def define(kind=Kind.RATIO, **fields):
    defaults = {
        "id": "one",
        "theme": "insertion",
        "title": {},
        "explanation": {},
        "counted": {},
        "unit": "percent",
        "numerator": ("jobless",),
    }
    return Definition(kind=kind, **(defaults | fields))


def tabulate(columns, n=None):
    """Build a table from {(variable, period): [(status, value), ...]}."""
    n = n or len(next(iter(columns.values())))
    return ObservationTable(
        codes=[f"commune:{i:05}" for i in range(n)],
        values={
            key: np.array(
                [value if status == PUBLISHED else math.nan for status, value in cells], dtype=float
            )
            for key, cells in columns.items()
        },
        statuses={
            key: np.array([status for status, _ in cells], dtype=np.uint8) for key, cells in columns.items()
        },
    )


def published(*values):
    return [(PUBLISHED, value) for value in values]


def cells_of(series, period):
    return list(zip(series.statuses[period], series.values[period], strict=True))


def test_the_rate_of_an_agglomeration_is_a_ratio_of_sums_not_a_mean_of_rates():
    # 10 of 100, and 90 of 300: together 100 of 400.
    rates = define(denominator=("active",), factor=100)
    table = tabulate(
        {("jobless", "2023"): published(10, 90, 100), ("active", "2023"): published(100, 300, 400)}
    )

    village, town, together = evaluate(rates, table).values["2023"]

    assert (village, town, together) == (10, 30, 25)
    assert together != (village + town) / 2


def test_unemployment_counts_the_jobless_among_the_active():
    rates = define(denominator=("jobless", "employed"), factor=100)
    table = tabulate({("jobless", "2023"): published(17886), ("employed", "2023"): published(52684)})

    assert evaluate(rates, table).values["2023"] == pytest.approx([25.3], abs=0.05)


def test_a_balance_may_be_below_zero():
    balance = define(Kind.COUNT, numerator=("births",), subtract=("deaths",))
    table = tabulate({("births", "2024"): published(3), ("deaths", "2024"): published(5)})

    assert evaluate(balance, table).values["2024"] == [-2]


def test_a_village_without_children_has_no_rate_rather_than_a_rate_of_zero():
    rates = define(denominator=("active",))
    table = tabulate({("jobless", "2023"): published(0), ("active", "2023"): published(0)})

    [(status, value)] = cells_of(evaluate(rates, table), "2023")
    assert status == SENSELESS
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        (PUBLISHED, PUBLISHED, PUBLISHED),
        (PUBLISHED, SENSELESS, SENSELESS),
        (ABSENT, SENSELESS, ABSENT),
        (SECRET, ABSENT, SECRET),
        (SECRET, SENSELESS, SECRET),
    ],
)
def test_a_secret_stays_secret_whatever_it_is_combined_with(one, other, result):
    statuses = [np.array([status], dtype=np.uint8) for status in (one, other)]

    assert combine(*statuses) == combine(*reversed(statuses)) == [result]


def test_a_denominator_of_another_year_is_taken_within_the_rule_and_named():
    rates = define(denominator=("population",), denominator_years_apart=2)
    table = tabulate(
        {
            ("jobless", "2024-12"): published(10, 10, 10),
            ("population", "2023"): [(PUBLISHED, 100), (SECRET, 0), (ABSENT, 0)],
            ("population", "2022"): [(PUBLISHED, 50), (PUBLISHED, 50), (ABSENT, 0)],
            ("population", "2021"): published(10, 10, 10),
        }
    )

    series = evaluate(rates, table)

    assert list(series.denominator_periods["2024-12"]) == ["2023", "2022", ""]
    assert series.values["2024-12"][:2] == pytest.approx([0.1, 0.2])
    assert series.statuses["2024-12"][2] == ABSENT


def test_without_that_rule_the_years_must_be_the_same():
    rates = define(denominator=("population",))
    table = tabulate({("jobless", "2024"): published(10), ("population", "2023"): published(100)})

    assert list(evaluate(rates, table).statuses["2024"]) == [ABSENT]


def test_growth_is_the_mean_yearly_rate_over_exactly_the_stated_years():
    growth = define(Kind.CHANGE, numerator=("population",), change_years=3, factor=100)
    # +10 % a year for three years; 2021 has no 2018 before it.
    table = tabulate(
        {("population", year): published(n) for year, n in [("2020", 1000), ("2021", 0), ("2023", 1331)]}
    )

    series = evaluate(growth, table)

    assert series.periods == ("2023",)
    assert series.values["2023"] == pytest.approx([10])
    assert list(series.denominator_periods["2023"]) == ["2020"]


def test_no_growth_is_computed_across_a_change_of_method():
    renewed = Break(before="2021", after="2023", reason={})
    growth = define(Kind.CHANGE, numerator=("population",), change_years=2, breaks=(renewed,))
    table = tabulate({("population", "2021"): published(1), ("population", "2023"): published(2)})

    assert evaluate(growth, table).periods == ()


columns = st.integers(1, 6).flatmap(
    lambda n: st.fixed_dictionaries(
        {
            (variable, year): st.lists(CELLS, min_size=n, max_size=n)
            for variable in ("jobless", "hidden", "active")
            for year in ("2021", "2022", "2024")
        }
    )
)


def obvious_ratio(columns, period, row, years_apart):
    """The same rule for one cell, in plain Python."""
    above = [columns["jobless", period][row], columns["hidden", period][row]]

    def nearness(year):
        return abs(int(year) - int(period)), year

    years = sorted(
        (y for y in ("2021", "2022", "2024") if abs(int(y) - int(period)) <= years_apart), key=nearness
    )
    usable = [year for year in years if columns["active", year][row][0] == PUBLISHED]
    below = columns["active", (usable or years)[0]][row]
    statuses = {status for status, _ in [*above, below]}
    for worst in (SECRET, ABSENT, SENSELESS):
        if worst in statuses:
            return worst, None
    if below[1] == 0:
        return SENSELESS, None
    return PUBLISHED, (above[0][1] - above[1][1]) / below[1]


@given(columns=columns, years_apart=st.integers(0, 3))
def test_every_rate_is_that_of_the_obvious_twin(columns, years_apart):
    rates = define(subtract=("hidden",), denominator=("active",), denominator_years_apart=years_apart)

    series = evaluate(rates, tabulate(columns))

    for period in series.periods:
        for row, (status, value) in enumerate(cells_of(series, period)):
            expected_status, expected = obvious_ratio(columns, period, row, years_apart)
            assert status == expected_status
            # An absent value is never 0.
            assert math.isnan(value) if expected is None else value == pytest.approx(expected)


@given(columns=columns, data=st.data())
def test_the_order_of_territories_does_not_matter(columns, data):
    rates = define(denominator=("active",), denominator_years_apart=1)
    order = data.draw(st.permutations(range(len(columns["active", "2021"]))))
    shuffled = {key: [cells[i] for i in order] for key, cells in columns.items()}

    straight, other = evaluate(rates, tabulate(columns)), evaluate(rates, tabulate(shuffled))

    for period in straight.periods:
        np.testing.assert_array_equal(straight.values[period][order], other.values[period])
        np.testing.assert_array_equal(straight.statuses[period][order], other.statuses[period])


def test_rank_counts_the_published_values_and_lets_equals_share():
    values = np.array([30.0, 10.0, 30.0, math.nan, 20.0])
    statuses = np.array([0, 0, 0, 1, 0], dtype=np.uint8)

    highest_first = rank(values, statuses)
    lowest_first = rank(values, statuses, polarity=-1)

    assert list(highest_first.positions) == [1, 4, 1, 0, 3]
    assert list(highest_first.ties) == [2, 1, 2, 0, 1]
    assert list(lowest_first.positions) == [3, 1, 3, 0, 2]
    assert highest_first.n_ranked == 4


def test_quantiles_and_gaps_leave_out_what_is_not_published():
    values = np.array([1.0, 2.0, 3.0, math.nan])
    statuses = np.array([0, 0, 0, 1], dtype=np.uint8)

    assert quantile(values, statuses, 0.5) == 2
    assert quantile(values[3:], statuses[3:], 0.5) is None
    assert gap(40.6, 38.5) == pytest.approx(2.1)
    assert gap(None, 38.5) is None
