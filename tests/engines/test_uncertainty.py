"""What rounding and sampling leave unknown: true values are drawn, and must fall within."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansanm.engines import uncertainty

counts = st.lists(st.integers(0, 5000), min_size=1, max_size=20).map(lambda one: np.array(one, dtype=float))


@given(counts)
def test_a_count_rounded_to_five_encloses_the_true_one(true):
    published = np.round(true / 5) * 5

    low, high = uncertainty.rounded(published, 2.5)

    assert np.all((low <= true) & (true <= high))
    assert np.all(low >= 0)


@given(counts, st.integers(1, 3000))
def test_a_share_of_rounded_counts_encloses_the_true_one(part, more):
    whole = part + more
    above = uncertainty.rounded(np.round(part / 5) * 5, 2.5)
    below = uncertainty.rounded(np.round(whole / 5) * 5, 2.5)

    low, high = uncertainty.ratio(above, below, 100)

    share = 100 * part / whole
    assert np.all(low <= share + 1e-9)
    # Where the denominator may be 0, nothing bounds the share above, and nothing is said.
    assert np.all((share <= high + 1e-9) | np.isnan(high))


def test_nothing_bounds_a_share_of_what_may_be_zero():
    low, high = uncertainty.ratio(*[uncertainty.rounded(np.array([5.0, 0.0]), 2.5)] * 2, 100)

    assert low[0] == pytest.approx(100 / 3) and high[0] == pytest.approx(300)
    assert np.isnan(high[1])


def test_a_sample_of_two_in_five_holds_the_true_count_as_often_as_said():
    """400 persons of 2,000 are young; 5,000 surveys interview 40 % of them, without replacement."""
    draws = np.random.default_rng(3).hypergeometric(400, 1600, 800, 5000)
    estimated = draws / 0.4

    low, high = uncertainty.sampled_count(estimated)
    share_low, share_high = uncertainty.sampled_share(estimated, np.full(5000, 2000.0))

    # A count of rare people is taken for one of very rare ones: its interval is on the safe side.
    assert np.mean((low <= 400) & (high >= 400)) > 0.95
    assert 0.93 < np.mean((share_low <= 0.2) & (share_high >= 0.2)) < 0.97


def test_a_share_of_nobody_or_above_one_has_no_interval():
    low, high = uncertainty.sampled_share(np.array([0.0, 5.0]), np.array([0.0, 3.0]))

    assert np.isnan(low).all() and np.isnan(high).all()


def test_the_widest_of_two_encloses_both_and_stands_alone():
    one = (np.array([1.0, np.nan]), np.array([2.0, np.nan]))
    other = (np.array([0.5, 3.0]), np.array([1.5, 4.0]))

    low, high = uncertainty.widest(one, other)

    assert list(low) == [0.5, 3.0] and list(high) == [2.0, 4.0]
