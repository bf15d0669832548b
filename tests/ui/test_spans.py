"""Dates drawn as vague as they are."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansanm.engines.vague_dates import parse
from ansanm.ui.spans import WIDTH, Moment, axis, span

TODAY = date(2026, 11, 23)
YEARS = axis([date(2024, 1, 1), date(2028, 12, 31)])


def moment(text):
    found = parse(text) if text else None
    return Moment(found.first_on, found.last_on) if found else None


def pieces(start, end, **more) -> list[str]:
    drawn = str(span(YEARS, moment(start), moment(end), today=TODAY, **more))
    return re.findall(r'class="span-(sure|late|vague|open|mark)"', drawn)


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2025-03-01", "2026-06-30", ["sure"]),
        ("2025", "2027", ["sure", "vague", "vague"]),
        # All in one year: nothing of it is sure.
        ("2026", "2026", ["vague"]),
        ("2025-03-01", "", ["open"]),
        ("", "2026-06-30", ["open"]),
        ("2025", "", ["vague", "open"]),
        ("pas avant 2026", "", ["open"]),
        ("pas avant 2026", "au plus tard en 2027", ["vague"]),
        ("2025-03-01", "au plus tard en 2027", ["vague"]),
        ("", "", []),
    ],
)
def test_what_is_sure_is_full_what_is_vague_is_light_what_is_open_is_dashed(start, end, told):
    assert [one for one in pieces(start, end)] == told or sorted(pieces(start, end)) == sorted(told)


def test_a_late_action_changes_colour_and_a_milestone_has_its_mark():
    assert pieces("2025-03-01", "2026-06-30", late=True, marks=[date(2026, 1, 1)]) == ["late", "mark"]


def test_an_axis_holds_whole_years_and_not_a_century():
    assert axis([]) is None
    assert axis([date(2026, 5, 1)]).years == [2026]
    assert len(axis([date(1900, 1, 1), date(2100, 1, 1)]).years) == 15


days = st.dates(date(2000, 1, 1), date(2050, 12, 31))


@given(days, days, days, days)
def test_nothing_is_drawn_outside_nor_backwards(a, b, c, d):
    start, end = Moment(min(a, b), max(a, b)), Moment(min(c, d), max(c, d))
    drawn = str(span(YEARS, start, end, today=TODAY))
    for x, width in re.findall(r'<rect[^>]* x="([-\d.]+)" y="[\d.]+" width="([-\d.]+)"', drawn):
        assert -3 <= float(x) <= WIDTH + 3
        assert 0 < float(width) <= WIDTH + 6
