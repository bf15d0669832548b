from datetime import date

import pytest
from django.utils import translation

from ansanm.engines.vague_dates import parse
from ansanm.ui.formats import (
    format_day,
    format_gap,
    format_number,
    format_period,
    format_vague,
    labelled,
    listed_apart,
    quoted,
    unit_words,
)

THIN = "\u202f"


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "french", "english"),
    [
        (155634, "persons", 0, f"155{THIN}634", "155,634"),
        (18270, "eur", 0, f"18{THIN}270{THIN}€", "€18,270"),
        (35, "percent", 1, f"35,0{THIN}%", "35.0%"),
        (-1234.5, "", 1, f"−1{THIN}234,5", "−1,234.5"),
        (-0.04, "", 1, "0,0", "0.0"),
        (0, "persons", 0, "0", "0"),
        (430e6, "eur", 0, f"430{THIN}000{THIN}000{THIN}€", "€430,000,000"),
    ],
)
def test_numbers_are_written_as_each_language_writes_them(value, unit, decimals, french, english):
    assert format_number(value, unit, decimals, "fr") == french
    assert format_number(value, unit, decimals, "en") == english


@pytest.mark.parametrize("absent", [None, float("nan")])
def test_what_is_absent_is_never_written_as_zero(absent):
    assert format_number(absent, "eur", 0, "fr") == ""


def test_the_gap_between_two_percentages_is_in_points():
    with translation.override("fr"):
        assert format_gap(2.44, "percent") == "+2,4 points"
        assert format_gap(-450, "eur", 0) == f"−450{THIN}€"


@pytest.mark.parametrize(
    ("period", "french", "english"),
    [
        ("2023", "2023", "2023"),
        ("2024-12", "décembre 2024", "December 2024"),
        ("2021-12-03", "3 décembre 2021", "3 December 2021"),
        ("2024-01-01", "1er janvier 2024", "1 January 2024"),
        ("", "", ""),
    ],
)
def test_periods_are_in_full(period, french, english):
    assert format_period(period, "fr") == french
    assert format_period(period, "en") == english


def test_only_the_first_of_the_month_is_an_ordinal():
    assert [format_day(date(2024, 5, day), "fr") for day in (1, 11, 21, 31)] == [
        "1er mai 2024", "11 mai 2024", "21 mai 2024", "31 mai 2024",
    ]  # fmt: skip


def test_punctuation_follows_the_language():
    with translation.override("fr"):
        assert labelled("Valeur", 3) == "Valeur\u00a0: 3"
        assert quoted("a") == "«\u00a0a\u00a0»"
        assert listed_apart(["Insee, 2021", "Cnaf, 2024"]) == "Insee, 2021\u202f; Cnaf, 2024"
    with translation.override("en"):
        assert labelled("Value", 3) == "Value: 3"
        assert quoted("a") == "“a”"
        assert listed_apart(["Insee, 2021", "Cnaf, 2024"]) == "Insee, 2021; Cnaf, 2024"


UNITS = ["2026", "2026-S1", "2026-S2", "2026-T1", "2026-T4", "2026-02", "2026-08", "2026-07-01", "2026-12-31"]
SPANS = ["2025/2027", "2026-S1/2027-S2", "2026-02/2027-07", "2026-07-01/2026-12-31"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_vague_date_in_words_reads_back_the_same(language):
    every = [f"{bound}{unit}" for bound in ("", ">", "<", "~") for unit in UNITS]
    every += [f"{bound}{span}" for bound in ("", "~") for span in SPANS]
    assert [parse(format_vague(one, language)).canonical for one in every] == every


@pytest.mark.parametrize(
    ("canonical", "words"),
    [
        ("", ""),
        (">2026-S2", "pas avant le second semestre 2026"),
        ("<2026-12-31", "au plus tard le 31 décembre 2026"),
        ("<2026", "au plus tard en 2026"),
        ("2025-T4", "4e trimestre 2025"),
        ("2026-S1/2027-S2", "du premier semestre 2026 au second semestre 2027"),
        ("~2027", "vers 2027"),
    ],
)
def test_a_vague_date_is_said_as_a_plan_writes_it(canonical, words):
    assert format_vague(canonical, "fr") == words


@pytest.mark.parametrize(
    ("language", "value", "words"),
    [("fr", 0, "place"), ("fr", 1, "place"), ("fr", 2, "places"), ("en", 0, "places"), ("en", 1, "place")],
)
def test_one_place_is_singular(language, value, words):
    with translation.override(language):
        assert unit_words("places", value) == words
        assert unit_words("places") == "places"
        assert unit_words("percent", 1) == ""
