"""Advances and days of a Caf: shares of the forecast, never beyond the cap, on its own calendar."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.funding.advances import advances, balance, days, on_day
from ansanm.engines.funding.errors import NoParameter
from ansanm.engines.funding.parameters import Source, known, national

SOURCE = Source("Calendrier d’essai", "https://example.org", "2025-01")


def of_a_caf(**values):
    entered = {
        f"payments.{name}": known(str(value), since=date(2025, 1, 1), source=SOURCE)
        for name, value in values.items()
    }
    return national().entered(entered)


def test_the_last_advance_is_cut_where_the_shares_pass_the_cap():
    first, second = advances(
        year=2025,
        forecast_eur=Decimal("1000.00"),
        parameters=of_a_caf(advance_1_share=50, advance_2_share=40),
    )

    assert (first.amount.eur, second.amount.eur) == (500, 200)
    assert second.amount.line("advance_room").result == 200


@settings(max_examples=60, deadline=None)
@given(
    st.decimals(0, 10**7, places=2),
    st.integers(0, 100),
    st.integers(0, 100),
    st.integers(0, 100),
)
def test_advances_are_never_negative_nor_beyond_the_cap(forecast, one, two, cap):
    parameters = of_a_caf(advance_1_share=one, advance_2_share=two, advance_cap=cap)
    paid = [each.amount.eur for each in advances(year=2025, forecast_eur=forecast, parameters=parameters)]

    assert min(paid) >= 0
    assert sum(paid) <= round(forecast * cap / 100, 2) + Decimal("0.01")


def test_the_calendar_runs_from_the_year_before_to_the_year_after():
    found = days(2025)

    assert [one.on for one in found] == sorted(one.on for one in found)
    assert (found[0].key, found[0].on) == ("forecast_opens", date(2024, 12, 15))
    assert (found[-1].key, found[-1].on) == ("actual_due", date(2026, 3, 31))
    with pytest.raises(NoParameter):
        days(2024)


def test_29_february_falls_on_the_28th_of_a_year_without_it():
    assert (on_day(2025, "02-29"), on_day(2028, "02-29")) == (date(2025, 2, 28), date(2028, 2, 29))


def test_a_balance_below_zero_is_said_to_be_given_back():
    amount = balance(entitlement_eur=Decimal(100), paid_eur=Decimal(130))

    assert amount.eur == -30
    assert amount.lines[-1].notes == ("to_give_back",)
