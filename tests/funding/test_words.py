"""Every line, caution and refusal of the engines has words: no key reaches a page."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils.translation import override

import ansanm.engines.funding
from ansanm.engines.funding import bonuses, creche, services, tariff
from ansanm.engines.funding.errors import BadInput
from ansanm.engines.funding.explanation import Line
from ansanm.engines.funding.parameters import Source, Status, known, national
from ansanm.engines.funding.psu import Declaration, Service, psu
from ansanm.funding import words

EUR = Decimal
ON = date(2025, 6, 1)
ENGINES = Path(ansanm.engines.funding.__file__).parent


@pytest.fixture(autouse=True)
def _in_french():
    with override("fr"):
        yield


def table():
    """Every unknown value made 1, so that every rule answers."""
    source = Source("Inventé", "https://example.org", "2026-11")
    return national().entered(
        {
            name: known("1", since=ON.replace(month=1, day=1), source=source)
            for name, one in national().by_id.items()
            if (value := one.on(ON)) is None or value.value is None
        }
    )


def amounts():
    hourly = tariff.hourly(on=ON, children=12, yearly_income=EUR(1000), disabled_children=1)
    yield hourly
    yield tariff.hourly(on=ON, children=1, monthly_income=EUR(9000), is_uncapped=True)
    yield tariff.local(on=ON, custom=tariff.Custom.MEAN)
    every = tariff.Month(EUR(1), EUR(1), EUR(1), EUR(1), EUR(1))
    yield tariff.monthly(hourly, tariff.Contract(EUR(40), EUR(40), 12, EUR(8)), every)
    yield tariff.occasional(hourly, EUR(3))
    declared = Declaration(
        2025, Service.ONE, EUR(10**5), EUR(10**4), EUR(9 * 10**3), EUR(100), 10, 10,
        extra_hours=EUR(1), general_scheme_percent=EUR(99),
    )  # fmt: skip
    yield psu(declared, table()).amount
    more = {"on": ON, "parameters": table()}
    yield bonuses.social_mix(places=4, participations_eur=EUR(1), billed_hours=EUR(9), **more)
    yield bonuses.inclusion(places=4, children=3, disabled_children=1, expenses_eur=EUR(9), **more)
    yield bonuses.attractiveness(
        places=4, employer=bonuses.Employer.PUBLIC, monthly_rise_eur=EUR(100), **more
    )
    yield bonuses.growth(places=4, places_2023=10, places_now=20, **more)
    yield bonuses.social_mix(places=4, participations_eur=EUR(99), billed_hours=EUR(9), **more)
    yield bonuses.inclusion(places=4, children=3, disabled_children=0, expenses_eur=EUR(9), **more)
    yield bonuses.attractiveness(places=4, employer=bonuses.Employer.PUBLIC, monthly_rise_eur=EUR(0), **more)
    yield bonuses.growth(places=4, places_2023=10, places_now=9, **more)
    yield psu(replace(declared, participations_eur=EUR(10**6)), table()).amount
    yield bonuses.new_places(places=4, is_priority_area=True, **more)
    yield bonuses.employer_places(places=4, **more)
    yield bonuses.existing_offer(
        field="alsh", equipment={"a": bonuses.Existing(EUR(1), EUR(100))}, **more
    ).per_unit
    yield services.leisure_centre(hours=EUR(9), wednesday_hours=EUR(2), inclusion_hours=EUR(1), **more)
    yield services.drop_in(expenses_eur=EUR(9), open_hours=EUR(9), **more)
    yield services.hub(expenses_eur=EUR(9), full_time_posts=EUR(1), has_missions=True, **more)
    yield services.community_centre(expenses_eur=EUR(9), families_expenses_eur=EUR(9), **more)
    yield services.homework_support(expenses_eur=EUR(9), groups=1, **more)
    yield services.canteen(meals=1, snacks=1, **more)
    yield from of_a_creche()
    yield services.creche_investment(places=1, cost_eur=EUR(9), is_priority_area=True, **more)


def of_a_creche():
    """Every sum of a first year of ten months, run by the city or not, with all it can have."""
    for employer in bonuses.Employer:
        for families in (EUR(1), creche.Incomes(EUR(900), EUR(1900), EUR(4000))):
            project = creche.Project(
                date(2025, 3, 1), 10, 10, EUR(10), 200, EUR(10_000), EUR(10_000), EUR(99), EUR(9), EUR(9),
                EUR(9), EUR(9), families=families, employer=employer, bonuses=frozenset(creche.Bonus),
                is_priority_area=True, new_places=5, existing_bonus_eur=EUR(5),
                children=9, disabled_children=1, monthly_rise_eur=EUR(200),
                territory_places_2023=100, territory_places_now=110,
            )  # fmt: skip
            whole = national().entered(
                {
                    one.id: [known("1", since=v.valid_from, source=Source("x", "https://x.org", "2026-11"))
                             for v in one.values if v.value is None]
                    for one in national().by_id.values()
                }
            )  # fmt: skip
            year = creche.simulate(project, whole).years[0]
            yield from (year.expenses, year.participations, year.psu.amount, *year.bonuses.values())
            yield from (year.remainder, year.city, year.operator)


def test_every_line_and_every_variable_of_a_formula_has_a_name():
    for amount in amounts():
        for line in amount.lines:
            for key in (line.key, *line.inputs):
                assert words.named(key) != key or key in ("places", "participations"), key
        for shown in words.described(amount, national().by_id):
            # An underscore would be the name of a variable of ours.
            assert "_" not in shown["formula"] + shown["calculation"], shown
            assert not re.search(r"\b(min|max|share|price)\b", shown["calculation"]), shown


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_reason_of_a_refusal_has_words(language):
    source = "".join(file.read_text() for file in ENGINES.glob("*.py"))
    reasons = set(re.findall(r'BadInput\(\s*[^,()]+,\s*"([a-z_0-9]+)"', source))
    assert {"negative", "not_a_number", "unknown_unit", "out_of_range", "below_attended"} <= reasons
    with override(language):
        for reason in reasons | {"over_authorised", "too_high", "empty", "too_large", "ambiguous"}:
            assert words.refusal(BadInput("places", reason, 3, 2))
        for status in Status:
            assert words.status(status)


def test_numbers_keep_the_digits_that_were_published():
    assert words.quantity(EUR("0.0410"), "percent") == "0,0410\u202f%"
    assert words.quantity(EUR("1.5"), "hours") == "1,50 heure"
    assert words.quantity(EUR("150"), "hours") == "150 heures"
    assert (
        words.parameter_value(
            national()["payments.forecast_due"], national()["payments.forecast_due"].values[0]
        )
        == "13 février"
    )


def test_a_formula_is_told_with_its_numbers():
    amount = tariff.hourly(on=date(2025, 10, 1), children=2, monthly_income=EUR(3000))
    line: Line = amount.line("hourly")

    assert words.formula(line) == "ressources retenues × taux d’effort ÷ 100"
    assert words.calculation(line, amount) == "3\u202f000,00\u202f€ × 0,0516 ÷ 100"


def test_the_mean_of_two_tariffs_is_told_with_its_numbers():
    amount = tariff.local(on=date(2026, 1, 1), custom=tariff.Custom.MEAN)

    told = [words.calculation(line, amount) for line in amount.lines]
    assert told == [
        "814,62\u202f€ × 0,0619 ÷ 100",
        "8\u202f500,00\u202f€ × 0,0619 ÷ 100",
        "(0,50\u202f€ + 5,26\u202f€) ÷ 2",
    ]
