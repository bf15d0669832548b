"""What families pay: the cases that pages print, then the laws behind them, then the twins."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.funding import checks
from ansanm.engines.funding.errors import BadInput, NeededFromCaf, NoParameter
from ansanm.engines.funding.explanation import Rounding
from ansanm.engines.funding.parameters import Status
from ansanm.engines.funding.tariff import Care, Contract, Custom, Month, hourly, local, monthly, occasional
from ansanm.engines.funding.tariff_arrays import CARES, UNKNOWN, billed_cents, hourly_cents

EUR = Decimal


def of(on, children, income, care=Care.COLLECTIVE, **more):
    return hourly(
        on=date.fromisoformat(on),
        children=children,
        monthly_income=None if income is None else EUR(income),
        care=care,
        **more,
    ).eur


# Thirteen cases: those that a page prints, then three computed by hand.
def test_t1_suresnes_two_children():
    assert of("2025-10-01", 2, "3000") == EUR("1.55")


def test_t2_suresnes_at_the_ceiling():
    assert of("2025-10-01", 1, "8500") == EUR("5.26")


@pytest.mark.parametrize("care, eur", [(Care.COLLECTIVE, "0.41"), (Care.FAMILIAL, "0.34")])
def test_t3_caf66_at_the_floor(care, eur):
    assert of("2019-01-01", 1, "0", care) == EUR(eur)
    assert of("2019-01-01", 1, "687.30", care) == EUR(eur)


@pytest.mark.parametrize("care, eur", [(Care.COLLECTIVE, "2.92"), (Care.FAMILIAL, "2.44")])
def test_t4_caf66_at_the_ceiling_and_without_an_income(care, eur):
    assert of("2019-01-01", 1, "4874.62", care) == EUR(eur)
    assert of("2019-01-01", 1, None, care) == EUR(eur)


def test_t5_leaetleo_at_the_floor():
    assert of("2020-06-01", 1, "0") == EUR("0.43")


def test_t6_leaetleo_at_the_ceiling():
    assert of("2020-06-01", 2, "9000") == EUR("2.84")


def test_t7_toupty_from_a_yearly_income():
    amount = hourly(on=date(2021, 6, 1), children=3, yearly_income=EUR(32360))

    assert amount.eur == EUR("1.11")
    assert amount.line("monthly_income").result == EUR("2696.67")


@pytest.mark.parametrize("rounding, eur", [(Rounding.HALF_UP, "1.67"), (Rounding.HALF_EVEN, "1.66")])
def test_t8_caf66_child_of_the_ase(rounding, eur):
    # (0.41 + 2.92) / 2 = 1.665: the page prints 1.66.
    amount = local(on=date(2019, 1, 1), custom=Custom.MEAN, rounding=rounding)

    assert amount.eur == EUR(eur)
    assert amount.lines[-1].rounding.startswith(rounding)


def test_a_child_of_the_ase_at_the_floor():
    assert local(on=date(2019, 1, 1), custom=Custom.FLOOR).eur == EUR("0.41")


def test_t9_clunisois():
    assert of("2018-01-01", 2, "2000") == EUR("1.00")


def test_t10_laribambelle():
    assert hourly(on=date(2018, 6, 1), children=1, yearly_income=EUR(40000)).eur == EUR("2.00")


def test_t11_floor_of_2026():
    assert of("2026-01-01", 1, "500") == EUR("0.50")


def test_t12_one_disabled_child_moves_down_one_line():
    assert of("2026-01-01", 2, "3000", disabled_children=1) == EUR("1.24")


def test_t13_family_care():
    assert of("2026-01-01", 1, "3000", Care.FAMILIAL) == EUR("1.55")
    assert of("2026-01-01", 1, "3000", Care.PARENTAL) == EUR("1.55")


def test_the_lines_tell_the_whole_reasoning():
    amount = hourly(on=date(2025, 10, 1), children=2, monthly_income=EUR(3000))

    assert [(line.key, str(line.result)) for line in amount.lines] == [
        ("monthly_income", "3000"),
        ("taken_income", "3000.00"),
        ("rate", "0.0516"),
        ("hourly", "1.55"),
    ]
    rate = amount.line("rate").used[0]
    assert (rate.id, rate.value.valid_from) == ("rates_collective.line_2", date(2022, 1, 1))
    assert "suresnes.fr" in rate.value.source.url
    assert amount.line("hourly").rounding == "half_up 0.01"
    assert amount.status is Status.CONFIRMED


def test_an_unconfirmed_value_is_told_only_where_it_decides():
    # The ceiling of 2021 is quoted and was read nowhere; it matters to those above it.
    assert hourly(on=date(2021, 6, 1), children=1, monthly_income=EUR(3000)).status is Status.CONFIRMED
    assert hourly(on=date(2021, 6, 1), children=1, monthly_income=EUR(7000)).status is Status.UNCONFIRMED
    assert hourly(on=date(2021, 6, 1), children=1, monthly_income=EUR(0)).status is Status.DERIVED


def test_above_the_ceiling_where_the_rules_say_so():
    assert of("2025-10-01", 1, "10000") == EUR("5.26")
    assert of("2025-10-01", 1, "10000", is_uncapped=True) == EUR("6.19")


def test_the_ceiling_rose_twice_in_a_year():
    assert of("2025-08-31", 1, "9000") == EUR("4.33")
    assert of("2025-09-01", 1, "9000") == EUR("5.26")


@pytest.mark.parametrize(
    "children, rate", [(3, "0.0413"), (4, "0.0310"), (7, "0.0310"), (8, "0.0206"), (12, "0.0206")]
)
def test_lines_of_the_collective_scale(children, rate):
    amount = hourly(on=date(2026, 1, 1), children=children, monthly_income=EUR(3000))

    assert amount.line("rate").result == EUR(rate)
    assert ("more_than_ten" in amount.line("rate").notes) == (children > 10)


def test_aeeh_stops_at_the_last_line():
    assert of("2026-01-01", 8, "3000", disabled_children=3) == of("2026-01-01", 8, "3000")


def test_an_income_in_the_wrong_unit_warns():
    assert hourly(on=date(2026, 1, 1), children=1, monthly_income=EUR(32360)).warnings == ("looks_yearly",)


@pytest.mark.parametrize(
    "changed, field, reason",
    [
        ({"children": 0}, "children", "out_of_range"),
        ({"children": 21}, "children", "out_of_range"),
        ({"disabled_children": 3}, "disabled_children", "out_of_range"),
        ({"monthly_income": EUR(-1)}, "monthly_income", "negative"),
        ({"monthly_income": EUR("NaN")}, "monthly_income", "not_a_number"),
        ({"yearly_income": EUR(36000)}, "yearly_income", "twice"),
        ({"care": Care.MICRO, "on": date(2019, 8, 31)}, "care", "micro_before_2019"),
    ],
)
def test_what_cannot_be_names_its_field(changed, field, reason):
    good = {"on": date(2026, 1, 1), "children": 2, "monthly_income": EUR(3000)}

    with pytest.raises(BadInput) as refused:
        hourly(**good | changed)
    assert (refused.value.field, refused.value.reason) == (field, reason)


def test_a_year_without_parameters_is_said():
    with pytest.raises(NoParameter):
        of("2014-06-01", 1, "3000")
    for unknown in ("2016-06-01", "2027-01-01"):
        with pytest.raises(NeededFromCaf):
            of(unknown, 1, "3000")


@pytest.mark.parametrize(
    "text, value",
    [
        ("3000", "3000"),
        ("3 000,50 €", "3000.50"),
        ("3\u202f000,5\u00a0€", "3000.5"),
        ("3000.50", "3000.50"),
        ("0,75", "0.75"),
    ],
)
def test_euros_with_commas_and_spaces(text, value):
    assert checks.number("monthly_income", text) == EUR(value)


@pytest.mark.parametrize(
    "text, reason",
    [
        ("3,000", "ambiguous"),
        ("", "empty"),
        ("12a", "unknown_unit"),
        ("1e9", "not_a_number"),
        ("50 %", "unknown_unit"),
        ("nan", "not_a_number"),
        ("1.2.3", "not_a_number"),
    ],
)
def test_what_is_no_amount_is_refused(text, reason):
    with pytest.raises(BadInput) as refused:
        checks.number("monthly_income", text)
    assert (refused.value.field, refused.value.reason) == ("monthly_income", reason)


# Contracts.
def tariff():
    return hourly(on=date(2025, 10, 1), children=2, monthly_income=EUR(3000))


def test_a_contract_spreads_its_hours_over_its_months():
    # 40 h × 46 weeks less 40 h of closures = 1 800 h, 150 h a month, at 1.55.
    amount = monthly(tariff(), Contract(EUR(40), EUR(46), 12, closed_hours=EUR(40)))

    assert amount.line("reserved_hours").result == EUR(1800)
    assert amount.line("monthly_hours").result == EUR(150)
    assert amount.eur == EUR("232.50")


def test_hours_not_due_are_deducted_line_by_line():
    contract = Contract(EUR(40), EUR(45), 12)
    amount = monthly(
        tariff(), contract, Month(extra_hours=EUR("2.5"), sick_hours=EUR(8), hospital_hours=EUR(4))
    )

    assert amount.eur == EUR("232.50") + EUR("3.88") - EUR("12.40") - EUR("6.20")
    assert amount.line("sick_hours").result == EUR("-12.40")


def test_a_month_never_pays_the_family():
    with pytest.raises(BadInput, match="more_than_reserved"):
        monthly(tariff(), Contract(EUR(10), EUR(12), 12), Month(sick_hours=EUR(11)))


@pytest.mark.parametrize(
    "contract, field",
    [
        (Contract(EUR(-1), EUR(46), 12), "hours_per_week"),
        (Contract(EUR(169), EUR(46), 12), "hours_per_week"),
        (Contract(EUR(40), EUR(54), 12), "weeks"),
        (Contract(EUR(40), EUR(46), 0), "months"),
        (Contract(EUR(40), EUR(46), 12, closed_hours=EUR(2000)), "closed_hours"),
    ],
)
def test_absurd_contracts_are_refused(contract, field):
    with pytest.raises(BadInput) as refused:
        monthly(tariff(), contract)
    assert refused.value.field == field


def test_occasional_care_is_billed_by_the_hour():
    assert occasional(tariff(), EUR("7.5")).eur == EUR("11.63")  # 11.625


# Twins.
TABLES = {  # typed again from the published scale, not read from the files
    Care.COLLECTIVE: {1: 619, 2: 516, 3: 413, 4: 310, 5: 310, 6: 310, 7: 310, 8: 206, 9: 206, 10: 206},
    Care.FAMILIAL: {1: 516, 2: 413, 3: 310, 4: 310, 5: 310, 6: 206, 7: 206, 8: 206, 9: 206, 10: 206},
}
NEXT = {619: 516, 516: 413, 413: 310, 310: 206, 206: 206}


def slow(children, income_cents, care, disabled):
    """The scale of 2026 in the plainest way."""
    rate = TABLES[Care.FAMILIAL if care in (Care.FAMILIAL, Care.PARENTAL) else Care.COLLECTIVE][children]
    for _ in range(disabled):
        rate = NEXT[rate]
    income = 850000 if income_cents is None else min(max(income_cents, 81462), 850000)
    exact = Decimal(income) / 100 * Decimal(rate) / 10000 / 100
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


families = st.integers(1, 10).flatmap(
    lambda n: st.tuples(
        st.just(n), st.none() | st.integers(0, 1_200_000), st.sampled_from(list(Care)), st.integers(0, n)
    )
)


@settings(deadline=None)
@given(families)
def test_the_slow_twin_agrees(family):
    children, cents, care, disabled = family
    income = None if cents is None else Decimal(cents) / 100

    amount = hourly(
        on=date(2026, 3, 1), children=children, monthly_income=income, care=care, disabled_children=disabled
    )
    assert amount.eur == slow(*family)


days = st.dates(date(2019, 9, 1), date(2026, 12, 31))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(families, days, st.integers(0, 30_000)), min_size=1, max_size=20))
def test_the_vectorised_tariff_is_the_scalar_one_to_the_cent(rows):
    def array(values):
        return np.array(list(values), dtype=np.int64)

    cents = hourly_cents(
        on=np.array([day for _, day, _ in rows], dtype="datetime64[D]"),
        children=array(family[0] for family, _, _ in rows),
        care=array(CARES.index(family[2]) for family, _, _ in rows),
        monthly_income_cents=array(UNKNOWN if family[1] is None else family[1] for family, _, _ in rows),
        disabled_children=array(family[3] for family, _, _ in rows),
    )
    billed = billed_cents(cents, array(hours for _, _, hours in rows))

    for row, (family, day, hours) in enumerate(rows):
        children, income, care, disabled = family
        amount = hourly(
            on=day,
            children=children,
            monthly_income=None if income is None else Decimal(income) / 100,
            care=care,
            disabled_children=disabled,
        )
        assert cents[row] == amount.eur * 100
        assert billed[row] == occasional(amount, Decimal(hours) / 100).eur * 100


@given(st.integers(0, 1_000_000), st.integers(0, 1_000_000), st.integers(1, 9))
def test_more_income_never_costs_less_and_one_more_child_never_costs_more(one, other, children):
    low, high = sorted((one, other))
    day = "2026-01-01"

    assert of(day, children, Decimal(low) / 100) <= of(day, children, Decimal(high) / 100)
    assert of(day, children + 1, Decimal(one) / 100) <= of(day, children, Decimal(one) / 100)


@given(st.integers(1, 9_000_000))
def test_a_yearly_income_is_not_cut_before_the_end(cents):
    amount = hourly(on=date(2026, 1, 1), children=2, yearly_income=Decimal(cents) / 100)

    income = min(max(Fraction(cents, 1200), Fraction(81462, 100)), Fraction(8500))
    assert amount.eur * 100 == (income * 516 / 10000 + Fraction(1, 2)) // 1


@pytest.mark.parametrize(
    "field, changed",
    [
        ("children", {"children": [1, 0]}),
        ("disabled_children", {"disabled_children": [0, 5]}),
        ("care", {"care": [0, 9]}),
        ("monthly_income", {"monthly_income_cents": [0, -5]}),
    ],
)
def test_a_bad_row_is_named(field, changed):
    good = {"children": [1, 1], "care": [0, 0], "monthly_income_cents": [0, 0], "disabled_children": [0, 0]}
    on = np.array(["2026-01-01"] * 2, dtype="datetime64[D]")

    with pytest.raises(BadInput, match="row 1") as refused:
        hourly_cents(on=on, **{name: np.array(values) for name, values in (good | changed).items()})
    assert refused.value.field == field


def test_a_day_without_parameters_is_refused_among_many():
    one = {name: np.array([1, 1]) for name in ("children", "monthly_income_cents")} | {
        name: np.array([0, 0]) for name in ("care", "disabled_children")
    }
    for day, error in ((date(2014, 1, 1), NoParameter), (date(2027, 1, 1), NeededFromCaf)):
        on = np.array([date(2026, 1, 1), day], dtype="datetime64[D]")
        with pytest.raises(error):
            hourly_cents(on=on, **one)
