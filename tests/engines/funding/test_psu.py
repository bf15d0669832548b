"""The PSU: a year by hand, its knots, and the two ways of computing it."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.funding.errors import BadInput, NeededFromCaf, NoParameter
from ansanm.engines.funding.explanation import Reader
from ansanm.engines.funding.parameters import Source, Status, known, national
from ansanm.engines.funding.psu import SERVICES, Declaration, Service, ceiling_price, psu
from ansanm.engines.funding.psu_arrays import Declarations, psu_cents

EUR = Decimal
SOURCE = Source("Montants inventés pour les tests", "https://example.org", "2026-11")


def with_ceilings(since_2014=("9.00", "8.50", "8.00"), since_2025=("10.00", "9.00")):
    """A set with invented ceiling prices: the real ones are not known here."""
    values = {}
    for service in Service:
        for n, price in enumerate(since_2014, 1):
            values[f"psu.ceiling_{service}_class_{n}"] = known(price, since=date(2014, 1, 1), source=SOURCE)
        for end, price in zip(("low", "high"), since_2025, strict=True):
            values[f"psu.ceiling_{service}_{end}"] = [
                known(price, since=date(year, 1, 1), source=SOURCE) for year in (2025, 2026, 2027)
            ]
    return national().entered(values)


TABLE = with_ceilings()
# 40 places, 60 000 h attended, 66 000 h billed (110 %), 8 € an hour.
YEAR = Declaration(
    2026, Service.BOTH, EUR(528_000), EUR(66_000), EUR(60_000), EUR(99_000), 40, 40, open_hours=EUR(2_300)
)


def test_a_year_by_hand():
    found = psu(YEAR, TABLE)

    # 66 % × 8.00 × 66 000 = 348 480, less 99 000 paid by families.
    assert found.amount.eur == EUR("249480.00")
    assert found.billing_rate == EUR("110.00")
    assert found.cost_per_hour_eur == EUR("8.0000")
    assert found.cost_per_place_eur == EUR("13200.00")
    assert found.billed_occupancy == EUR("71.74")
    assert found.attended_occupancy == EUR("65.22")


def test_the_reasoning_is_whole_and_says_what_is_not_confirmed():
    amount = psu(replace(YEAR, extra_hours=EUR(100), general_scheme_percent=EUR("98.5")), TABLE).amount

    assert [line.key for line in amount.lines] == [
        "billing_rate", "cost_per_hour", "ceiling_price", "price", "gross", "due", "general_scheme",
        "extra", "psu",
    ]  # fmt: skip
    assert amount.eur == EUR("249480") * EUR("0.985") + EUR("528.00")
    # The cost of an hour is a hypothesis: no amount of PSU passes for confirmed.
    assert amount.status is Status.UNCONFIRMED


def test_a_dear_hour_is_capped():
    # 9.769230… at 110 %: 10 − 1 × 3/13, to a hundredth of a cent.
    dear = psu(replace(YEAR, expenses_eur=EUR(800_000)), TABLE).amount

    assert dear.line("price").result == EUR("9.7692")
    assert dear.eur == (EUR("0.66") * EUR("9.7692") * 66_000 - 99_000).quantize(EUR("0.01"))


@pytest.mark.parametrize(
    "billed, ceiling",
    [(60_000, "10.0000"), (64_200, "10.0000"), (68_100, "9.5000"), (72_000, "9.0000"), (90_000, "9.0000")],
)
def test_the_ceiling_goes_down_along_a_line(billed, ceiling):
    found = psu(replace(YEAR, billed_hours=EUR(billed)), TABLE).amount

    assert found.line("ceiling_price").result == EUR(ceiling)


@pytest.mark.parametrize(
    "billed, ceiling",
    [(64_200, "9.00"), (64_201, "8.50"), (70_200, "8.50"), (70_201, "8.00")],
)
def test_until_2024_there_were_three_classes(billed, ceiling):
    found = psu(replace(YEAR, year=2024, billed_hours=EUR(billed)), TABLE).amount

    assert found.line("ceiling_price").result == EUR(ceiling)


def test_families_may_pay_it_all():
    amount = psu(replace(YEAR, participations_eur=EUR(400_000)), TABLE).amount

    assert amount.eur == 0
    assert "paid_by_families" in amount.line("due").notes


def test_unknown_ceilings_are_asked_for():
    with pytest.raises(NeededFromCaf) as refused:
        psu(YEAR)
    assert refused.value.parameter.id == "psu.ceiling_both_low"
    with pytest.raises(NoParameter):
        psu(replace(YEAR, year=2013), TABLE)


@pytest.mark.parametrize(
    "changed, field, reason",
    [
        ({"billed_hours": EUR(-1)}, "billed_hours", "negative"),
        ({"attended_hours": EUR(0)}, "attended_hours", "zero"),
        ({"billed_hours": EUR(59_999)}, "billed_hours", "below_attended"),
        ({"billed_hours": EUR(400_000)}, "billed_hours", "too_high"),
        ({"places": 41}, "places", "over_authorised"),
        ({"places": 0}, "places", "out_of_range"),
        ({"expenses_eur": EUR(-1)}, "expenses_eur", "negative"),
        ({"participations_eur": EUR(-1)}, "participations_eur", "negative"),
        ({"general_scheme_percent": EUR(101)}, "general_scheme_percent", "too_high"),
        ({"extra_hours": EUR(70_000)}, "extra_hours", "too_high"),
        ({"open_hours": EUR(9_000)}, "open_hours", "too_high"),
    ],
)
def test_what_cannot_be_names_its_field(changed, field, reason):
    with pytest.raises(BadInput) as refused:
        psu(replace(YEAR, **changed), TABLE)
    assert (refused.value.field, refused.value.reason) == (field, reason)


hours = st.integers(1, 300_000_00)
prices = st.integers(0, 200_000).map(lambda n: str(Decimal(n) / 10_000))


@settings(deadline=None)
@given(attended=hours, low=prices, high=prices)
def test_the_ceiling_is_continuous_at_both_knots_and_stays_between_its_ends(attended, low, high):
    top, bottom = max(low, high, key=Decimal), min(low, high, key=Decimal)
    reader = Reader(with_ceilings(since_2025=(top, bottom)), date(2025, 1, 1))
    near = Fraction(1, 100 * attended)  # a hundredth of an hour billed
    step = Fraction(1, 10_000)
    slope = (Fraction(top) - Fraction(bottom)) / Fraction(13, 100)

    def at(rate):
        return Fraction(ceiling_price(reader, Service.BOTH, rate)[0])

    for knot, value in ((Fraction(107, 100), Fraction(top)), (Fraction(120, 100), Fraction(bottom))):
        assert at(knot) == value
        for side in (knot - near, knot + near):
            # Continuous but for the rounding of the price.
            assert abs(at(side) - value) <= slope * near + step / 2
    previous = Fraction(top)
    for percent in range(100, 130, 3):
        now = at(Fraction(percent, 100))
        assert Fraction(bottom) <= now <= previous
        previous = now


@st.composite
def declarations(draw):
    places = draw(st.integers(1, 80))
    attended = draw(st.integers(1, places * 3_000_00))
    billed = draw(st.integers(attended, attended * 14 // 10))
    return Declaration(
        draw(st.integers(2014, 2026)),
        draw(st.sampled_from(SERVICES)),
        Decimal(draw(st.integers(0, places * 30_000_00))) / 100,
        Decimal(billed) / 100,
        Decimal(attended) / 100,
        Decimal(draw(st.integers(0, places * 8_000_00))) / 100,
        places,
        places,
        extra_hours=Decimal(draw(st.integers(0, min(billed, 2_000_00)))) / 100,
        general_scheme_percent=Decimal(draw(st.integers(0, 10_000))) / 100,
    )


def slow(declared):
    """The formula as it is written, in decimals long enough to be exact."""
    rate = declared.billed_hours * 100 / declared.attended_hours
    if declared.year < 2025:
        ceiling = EUR("9.00") if rate <= 107 else EUR("8.50") if rate <= 117 else EUR("8.00")
    elif rate <= 107:
        ceiling = EUR(10)
    elif rate < 120:
        ceiling = (10 - (rate - 107) / 13).quantize(EUR("0.0001"), ROUND_HALF_UP)
    else:
        ceiling = EUR(9)
    cost = (declared.expenses_eur / declared.billed_hours).quantize(EUR("0.0001"), ROUND_HALF_UP)
    per_hour = EUR("0.66") * min(cost, ceiling)
    due = max(EUR(0), per_hour * declared.billed_hours - declared.participations_eur)
    total = due * declared.general_scheme_percent / 100 + per_hour * declared.extra_hours
    return total.quantize(EUR("0.01"), ROUND_HALF_UP)


@settings(deadline=None)
@given(declarations())
def test_the_slow_twin_agrees_and_it_is_never_negative(declared):
    eur = psu(declared, TABLE).amount.eur

    assert eur >= 0
    assert eur == slow(declared)


def as_rows(declared):
    def whole(name, factor=1):
        return np.array([int(getattr(one, name) * factor) for one in declared], dtype=np.int64)

    return Declarations(
        whole("year"),
        np.array([SERVICES.index(one.service) for one in declared], dtype=np.int64),
        whole("expenses_eur", 100),
        whole("billed_hours", 100),
        whole("attended_hours", 100),
        whole("participations_eur", 100),
        whole("places"),
        whole("authorised_places"),
        whole("extra_hours", 100),
        whole("general_scheme_percent", 100),
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(declarations(), min_size=1, max_size=15))
def test_the_vectorised_psu_is_the_scalar_one_to_the_cent(declared):
    cents = psu_cents(as_rows(declared), TABLE)

    assert list(cents) == [psu(one, TABLE).amount.eur * 100 for one in declared]


def test_a_very_large_creche_does_not_overflow():
    large = replace(
        YEAR,
        places=1000,
        authorised_places=1000,
        expenses_eur=EUR(999_000_000),
        billed_hours=EUR(8_000_000),
        attended_hours=EUR(8_000_000),
        participations_eur=EUR(0),
        general_scheme_percent=EUR("99.99"),
        extra_hours=EUR(7_777),
    )

    assert psu_cents(as_rows([large]), TABLE)[0] == psu(large, TABLE).amount.eur * 100


def test_a_bad_row_is_named():
    rows = as_rows([YEAR, replace(YEAR, billed_hours=EUR(100))])

    with pytest.raises(BadInput, match="billed_hours: below_attended: row 1"):
        psu_cents(rows, TABLE)
    with pytest.raises(NeededFromCaf):
        psu_cents(as_rows([YEAR]))
