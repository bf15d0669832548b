"""The parameters of the law: every file is read, and nothing unknown passes for known."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest

from ansanm.engines.funding.errors import NeededFromCaf, NoParameter
from ansanm.engines.funding.parameters import FOLDER, InvalidParameter, Source, Status, known, national, read

SET = national()
HUNDREDTH, RATE = Decimal("0.01"), Decimal("0.0001")


def every_value():
    return [(parameter, value) for parameter in SET.by_id.values() for value in parameter.values]


def test_every_file_is_read_and_every_value_says_where_it_comes_from():
    assert {parameter.group for parameter in SET.by_id.values()} == {
        file.stem for file in FOLDER.glob("*.yaml")
    }
    for parameter, value in every_value():
        assert parameter.title["fr"] and parameter.title["en"], parameter.id
        assert value.valid_from >= date(2002, 1, 1)
        if value.status in (Status.CONFIRMED, Status.DERIVED):
            assert value.source.title and value.source.url.startswith("http"), parameter.id
            assert value.source.read_on == "2026-11"
        for words in (value.rule, value.note):
            assert words is None or set(words) == {"fr", "en"}


def test_numbers_stay_within_what_their_unit_allows():
    for parameter, value in every_value():
        if value.value is None:
            continue
        if parameter.unit == "month_day":
            assert date.fromisoformat(f"2025-{value.value}")
        else:
            assert value.number >= 0, parameter.id
            assert parameter.unit != "percent" or value.number <= 120, parameter.id


@pytest.mark.parametrize("year", [2018, 2020, 2021, 2022, 2023, 2024, 2025, 2026])
def test_the_floor_follows_from_the_rsa_of_the_year_before(year):
    rsa = SET.at("resources.rsa_base", date(year - 1, 12, 31)).number
    share = SET.at("resources.floor_share_of_rsa", date(year, 1, 1)).number

    assert share == Decimal("1.5") * (1 - Decimal("0.16"))
    floor = SET.at("resources.floor", date(year, 1, 1))
    assert (rsa * share).quantize(HUNDREDTH, ROUND_HALF_UP) == floor.number
    assert floor.status is (Status.CONFIRMED if year in (2018, 2020, 2023, 2026) else Status.DERIVED)


def test_the_floor_of_2019_is_the_exception():
    assert SET.at("resources.floor", date(2019, 8, 31)).number == Decimal("687.30")
    assert SET.at("resources.floor", date(2019, 9, 1)).number == Decimal("705.27")


@pytest.mark.parametrize("scale, lines", [("rates_collective", 5), ("rates_family", 4)])
def test_rates_grew_by_eight_thousandths_a_year_four_times(scale, lines):
    for line in range(1, lines + 1):
        values = SET[f"{scale}.line_{line}"].values
        base = values[0].number
        assert [one.number for one in values] == [
            (base * Decimal("1.008") ** n).quantize(RATE, ROUND_HALF_UP) for n in range(5)
        ]


def test_the_ceilings_of_the_psu_are_asked_for_and_never_invented():
    ceilings = [
        one for name, one in SET.by_id.items() if name.startswith("psu.ceiling_") and "without" not in name
    ]

    assert len(ceilings) == 15
    assert all(value.value is None for one in ceilings for value in one.values)
    with pytest.raises(NeededFromCaf) as refused:
        SET.at("psu.ceiling_both_low", date(2026, 1, 1))
    assert "Cnaf" in refused.value.publisher["fr"]
    assert refused.value.parameter.id == "psu.ceiling_both_low"


def test_a_value_is_in_force_from_its_day_to_the_eve_of_the_next():
    for parameter in SET.by_id.values():
        for before, after in zip(parameter.values, parameter.values[1:], strict=False):
            assert parameter.on(after.valid_from) == after
            assert parameter.on(after.valid_from - timedelta(days=1)) == before


def test_nothing_is_known_before_the_first_value_nor_after_the_last():
    with pytest.raises(NoParameter) as refused:
        SET.at("resources.floor", date(2014, 12, 31))
    assert refused.value.first == date(2015, 1, 1)
    with pytest.raises(NeededFromCaf):
        SET.at("resources.ceiling", date(2027, 1, 1))


def test_a_value_entered_by_a_caf_is_told_from_a_national_one():
    source = Source("Barème 2026", "https://example.org/bareme", "2026-11")
    entered = SET.entered({"psu.ceiling_both_low": known("10.00", since=date(2026, 1, 1), source=source)})

    value = entered.at("psu.ceiling_both_low", date(2026, 6, 1))
    assert (value.number, value.status, value.source) == (Decimal("10.00"), Status.ENTERED, source)
    with pytest.raises(NeededFromCaf):
        entered.at("psu.ceiling_both_low", date(2025, 12, 31))
    # Published each year: that of one year is not that of the next.
    with pytest.raises(NeededFromCaf):
        entered.at("psu.ceiling_both_low", date(2027, 1, 1))
    with pytest.raises(NeededFromCaf):
        SET.at("psu.ceiling_both_low", date(2026, 6, 1))


@pytest.mark.parametrize(
    "values, said",
    [
        ("2020-01-01: {value: null, metadata: {status: confirmed, source: suresnes}}", "exactly where"),
        ("2020-01-01: {value: 1, metadata: {status: confirmed}}", "has a source"),
        ("2020-01-01: {value: 1, metadata: {status: derived}}", "has a rule"),
        ("2020-01-01: {value: null, metadata: {status: to_enter}}", "nobody is said"),
        (
            "2021-01-01: {value: 1, metadata: {status: unconfirmed}}\n"
            "    2020-01-01: {value: 1, metadata: {status: unconfirmed}}",
            "follow one another",
        ),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path, values, said):
    (tmp_path / "odd.yaml").write_text(
        "description: a\nmetadata: {english: a}\none:\n  description: b\n"
        f"  metadata: {{english: b, unit: eur}}\n  values:\n    {values}\n"
    )

    with pytest.raises(InvalidParameter, match=said):
        read(tmp_path)
