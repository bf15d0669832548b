import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansanm.engines.written import MONTHS, Unreadable, parse_number, parse_period, write_number

SPACES = [" ", "\u00a0", "\u202f", "\u2009"]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("20 500", 20_500, ""),
        ("20500", 20_500, ""),
        ("51\u202f700", 51_700, ""),
        ("430 M€", 430_000_000, "eur"),
        ("430 M €", 430_000_000, "eur"),
        ("35,2 %", 35.2, "percent"),
        ("35.2%", 35.2, "percent"),
        ("345 k€", 345_000, "eur"),
        ("2,1 Md€", 2_100_000_000, "eur"),
        ("1,2 milliard d’euros", 1_200_000_000, "eur"),
        ("21 millions d'euros", 21_000_000, "eur"),
        ("1 234,5", 1234.5, ""),
        ("0,125", 0.125, ""),
        ("−0,6 %", -0.6, "percent"),
        ("0", 0, ""),
    ],
)
def test_numbers_are_read_as_french_people_write_them(text, value, unit):
    written = parse_number(text)

    assert (written.value, written.unit) == (value, unit)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("20.500", "ambiguous"),
        ("20,500", "ambiguous"),
        ("20 50", "not_a_number"),
        ("1 2345", "not_a_number"),
        ("plus de 51 700", "not_a_number"),
        ("--5", "not_a_number"),
        ("5-", "unknown_unit"),
        ("٣٤", "not_a_number"),
        ("nan", "not_a_number"),
        ("inf", "not_a_number"),
        ("1e400", "not_a_number"),
        ("12 francs", "unknown_unit"),
        ("5 M%", "unknown_unit"),
        ("99999 milliards d'euros", "too_large"),
        ("9" * 80, "not_a_number"),
    ],
)
def test_what_has_no_reading_or_two_is_refused(text, reason):
    with pytest.raises(Unreadable) as refusal:
        parse_number(text)

    assert refusal.value.reason == reason


@given(
    number=st.integers(-(10**12), 10**12), space=st.sampled_from(SPACES), unit=st.sampled_from(["", "€", "%"])
)
def test_a_number_written_in_groups_of_three_is_read_back(number, space, unit):
    text = f"{number:,}".replace(",", space) + (space + unit if unit else "")

    assert parse_number(text).value == number


@given(tenths=st.integers(0, 10**6))
def test_decimals_are_read_back_exactly(tenths):
    assert parse_number(f"{tenths // 10},{tenths % 10} %").value == tenths / 10


@given(st.floats(1e-6, 1e12))
def test_what_we_write_in_a_form_is_read_back_exactly(value):
    assert parse_number(write_number(value)).value == value


@given(st.text(max_size=80))
def test_any_text_is_a_finite_number_or_is_refused(text):
    try:
        value = parse_number(text).value
    except Unreadable:
        return
    assert abs(value) <= 10**13
    assert any(character in "0123456789" for character in text)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2021", "2021"),
        ("décembre 2021", "2021-12"),
        ("De\u0301cembre\u00a02021", "2021-12"),
        ("déc. 2021", "2021-12"),
        ("12/2021", "2021-12"),
        ("2021-12", "2021-12"),
        ("3 décembre 2021", "2021-12-03"),
        ("1er janvier 2022", "2022-01-01"),
        ("03/12/2021", "2021-12-03"),
        ("2021-12-03", "2021-12-03"),
        ("December 3, 2021", "2021-12-03"),
        ("29 février 2024", "2024-02-29"),
    ],
)
def test_periods_are_read_as_people_write_them(text, period):
    assert parse_period(text) == period


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("29 février 2023", "no_such_date"),
        ("13/2021", "no_such_date"),
        ("2021-00", "no_such_date"),
        ("1021", "year_out_of_range"),
        ("brumaire 2021", "not_a_period"),
        ("fin 2021", "not_a_period"),
        ("21", "not_a_period"),
        ("٢٠٢١", "not_a_period"),
        ("2021\n2022", "not_a_period"),
    ],
)
def test_a_period_that_does_not_exist_is_refused(text, reason):
    with pytest.raises(Unreadable) as refusal:
        parse_period(text)

    assert refusal.value.reason == reason


@given(day=st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)), name=st.integers(0, 3))
def test_every_day_is_read_back_from_each_way_of_writing_it(day, name):
    names = MONTHS[day.month - 1]
    written = names[name % len(names)]

    assert parse_period(f"{day.day} {written} {day.year}") == day.isoformat()
    assert parse_period(f"{day:%d/%m/%Y}") == day.isoformat()
    assert parse_period(day.isoformat()) == day.isoformat()
    assert parse_period(f"{written} {day.year}") == day.isoformat()[:7]


@given(st.text(max_size=40))
def test_any_text_is_a_period_or_is_refused(text):
    try:
        period = parse_period(text)
    except Unreadable:
        return
    assert parse_period(period) == period


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20,500", 20_500),
        ("1,234,567.89 €", 1_234_567.89),
        ("-20,500", -20_500),
        ("20.5", 20.5),
        ("20,5", 20.5),
        ("0,125", 0.125),
        ("€430", None),
        ("20.500", None),
        ("20,500,5", None),
        ("1,2345,678", None),
        ("1.234,5", None),
        ("20,5001", 20.5001),
        ("20 500", 20_500),
    ],
)
def test_english_groups_its_thousands_with_commas(text, value):
    if value is None:
        with pytest.raises(Unreadable):
            parse_number(text, "en")
    else:
        assert parse_number(text, "en").value == value


@given(st.floats(1e-6, 1e12), st.sampled_from(["fr", "en"]))
def test_what_we_write_in_either_language_is_read_back_exactly(value, language):
    assert parse_number(write_number(value, language), language).value == value


@given(st.floats(1e-6, 1e12))
def test_what_we_write_in_french_is_read_in_english_too(value):
    assert parse_number(write_number(value), "en").value == value


@given(st.floats(1e-6, 1e12))
def test_what_we_write_in_english_is_never_another_number_in_french(value):
    with contextlib.suppress(Unreadable):
        assert parse_number(write_number(value, "en")).value == value
