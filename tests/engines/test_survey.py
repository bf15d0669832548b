"""Counts that can be checked by head, and what a correction may not change."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.survey import THRESHOLD, compare, crossed, is_a_correction, shown, tally, wilson


def test_a_share_is_of_those_who_answered_and_the_others_are_counted_beside():
    sheets = [{"q": "yes"}, {"q": "yes"}, {"q": "no"}, {}]

    counted = tally("q", "one", ["yes", "no", "maybe"], sheets)

    assert (counted.n_asked, counted.n_answered) == (4, 3)
    assert counted.counts == {"yes": 2, "no": 1, "maybe": 0}
    assert counted.share("yes") == pytest.approx(2 / 3)


def test_several_choices_are_counted_once_per_person():
    sheets = [{"q": ["bus", "park"]}, {"q": ["bus", "bus"]}, {"q": []}]

    counted = tally("q", "several", ["bus", "park"], sheets)

    assert (counted.n_answered, counted.counts) == (2, {"bus": 2, "park": 1})


def test_numbers_have_a_median_that_one_dreamer_does_not_move():
    counted = tally("q", "number", [], [{"q": 1}, {"q": 2}, {"q": 900}])

    assert (counted.median, counted.n_answered) == (2, 3)


def test_women_who_are_91_percent_of_the_answers_are_told_from_the_52_who_live_here():
    counted = tally("q", "one", ["women", "men"], [{"q": "women"}] * 91 + [{"q": "men"}] * 9)

    women, men = compare(counted, {"women": 0.52, "men": 0.48})

    assert women.share == 0.91
    assert women.is_clear and men.is_clear
    few = tally("q", "one", ["women", "men"], [{"q": "women"}] * 3 + [{"q": "men"}] * 2)
    assert not any(one.is_clear for one in compare(few, {"women": 0.52, "men": 0.48}))


def test_an_interval_holds_its_share_and_stays_between_nobody_and_everybody():
    for k, n in [(0, 5), (5, 5), (1, 30), (500, 1000)]:
        low, high = wilson(k, n)
        assert 0 <= low <= k / n <= high <= 1


def test_one_small_group_takes_another_with_it():
    assert shown([40, 3, 12]) == [40, None, None]
    assert shown([40, 0, 12]) == [40, 0, 12]


@given(
    st.lists(st.lists(st.integers(0, 12), min_size=2, max_size=3), min_size=2, max_size=3).filter(
        lambda rows: len({len(row) for row in rows}) == 1
    )
)
@settings(max_examples=60, deadline=None)
def test_no_small_count_of_a_crossed_table_is_shown_nor_left_alone_in_its_sum(rows):
    choices = [f"c{i}" for i in range(len(rows[0]))]
    groups = {
        f"g{i}": [{"q": choice} for choice, n in zip(choices, row, strict=True) for _ in range(n)]
        for i, row in enumerate(rows)
    }

    table = crossed("q", choices, groups)

    lines = [*table.values(), *zip(*table.values(), strict=True)]
    for line in lines:
        assert all(n is None or n == 0 or n >= THRESHOLD for n in line)
        # A line where one count alone is hidden gives it back by subtraction.
        assert sum(n is None for n in line) != 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Etes vous satisfait ?", "Êtes-vous satisfait ?"),
        ("Les tranports", "Les transports"),
        ("De l'aide aux dveoirs", "De l’aide aux devoirs"),
        ("Marmay 😀", "Marmay 😀."),
    ],
)
def test_a_slip_is_corrected(before, after):
    assert is_a_correction(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Moins de 3 ans", "Moins de 6 ans"),
        ("C’est utile", "C’est inutile"),
        ("Satisfait", "Pas satisfait"),
        ("Avec ses parents", "Sans ses parents"),
        ("Content 😀", "Content 😡"),
        ("Oui", "Non"),
    ],
)
def test_another_question_is_no_correction(before, after):
    assert not is_a_correction(before, after)
