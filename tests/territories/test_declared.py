"""Figures given by hand: whose they are, what cannot be true, and what is published beside them."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from ansanm.accounts.models import AuditEntry
from ansanm.territories import declared, diagnosis, observations
from ansanm.territories.models import DeclaredFigure
from ansanm.territories.versions import StaleVersion

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def give(cast):
    def give(by=None, **changes):
        facts = {
            "territory": cast.convention.territories.get(),
            "variable": "eaje_places",
            "period": "2023-06",
            "value": 1895,
            "source_title": "Zinfos974",
            "source_on": date(2023, 6, 2),
        }
        return declared.declare_figure(by=by or cast.city_officer, **facts | changes)

    return give


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"value": -1}, "value"),
        ({"value": 18.5}, "value"),
        ({"variable": "poverty_rate", "value": 101}, "value"),
        ({"variable": "happiness"}, "variable"),
        ({"period": "2098"}, "period"),
        ({"source_on": date(2098, 1, 1)}, "source_on"),
        ({"source_title": ""}, "source_title"),
        ({"source_url": "javascript:alert(1)"}, "source_url"),
    ],
)
def test_what_cannot_be_true_is_refused_field_by_field(give, changes, field):
    with pytest.raises(ValidationError) as refusal:
        give(**changes)

    assert field in refusal.value.error_dict
    assert not DeclaredFigure.objects.exists()


def test_one_figure_by_organisation_place_variable_and_period(give, cast):
    first = give()

    with pytest.raises(declared.AlreadyDeclared) as refusal:
        give(by=cast.elected_official, value=1900)
    assert refusal.value.figure == first
    give(by=cast.caf_adviser, value=1900)
    give(period="2023-11")
    # Withdrawn, it leaves its place to another.
    declared.withdraw_figure(by=cast.city_officer, figure=first, version=1)
    give(value=1910)


def test_a_correction_cannot_take_the_place_of_another_figure(give, cast):
    give()
    later = give(period="2023-11")

    with pytest.raises(declared.AlreadyDeclared):
        declared.correct_figure(by=cast.city_officer, figure=later, version=1, period="2023-06")


def test_a_figure_is_changed_by_its_organisation_alone(give, cast):
    figure = give()

    with pytest.raises(declared.NotYours):
        declared.correct_figure(by=cast.caf_adviser, figure=figure, version=1, value=1)
    with pytest.raises(declared.NotYours):
        declared.withdraw_figure(by=cast.caf_adviser, figure=figure, version=1)
    assert (
        declared.correct_figure(by=cast.elected_official, figure=figure, version=1, value=1900).value == 1900
    )


def test_the_figure_of_somebody_without_organisation_is_theirs_alone(give, cast):
    figure = give(by=cast.stranger)

    assert declared.may_change(figure, cast.stranger)
    assert not declared.may_change(figure, cast.city_officer)


@pytest.mark.parametrize("deed", [declared.correct_figure, declared.withdraw_figure])
def test_what_was_changed_meanwhile_is_not_overwritten(give, cast, deed):
    figure = give()
    declared.correct_figure(by=cast.city_officer, figure=figure, version=1, value=1900)

    with pytest.raises(StaleVersion) as conflict:
        deed(by=cast.city_officer, figure=figure, version=1)

    assert conflict.value.current.value == 1900


def test_each_deed_leaves_its_before_and_after(give, cast):
    figure = give()
    declared.correct_figure(by=cast.city_officer, figure=figure, version=1, value=1900)
    declared.withdraw_figure(by=cast.city_officer, figure=figure, version=2)

    entries = AuditEntry.objects.filter(target_key=f"territories.declaredfigure:{figure.pk}")
    assert [
        (one.verb, (one.before or {}).get("value"), (one.after or {}).get("value")) for one in entries
    ] == [
        ("figure.withdraw", 1900, None),
        ("figure.correct", 1895, 1900),
        ("figure.declare", None, 1895),
    ]


def publish(periods, variable="caf_households"):
    observations.write_dataset(
        "cnaf_beneficiaries",
        "2024",
        [
            ("commune", "97411", variable, period, value, 0, "published", None)
            for period, value in periods.items()
        ],
    )


@pytest.mark.parametrize(
    ("declared_for", "beside"),
    [
        ("2021", "2021-12"),
        ("2021-12", "2021-12"),
        ("2022-06", "2022-12"),
        ("2023-12", "2022-12"),
        ("2018", None),
    ],
)
def test_the_nearest_published_figure_within_a_year_stands_beside(
    give, own_observations, declared_for, beside
):
    publish({"2020-12": 50_000, "2021-12": 52_030, "2022-12": 53_000})
    figure = give(variable="caf_households", period=declared_for, value=51_700)

    found = declared.published_beside(figure)

    assert (found and found.period) == beside


def test_the_difference_is_a_share_of_the_published_figure(give, own_observations):
    publish({"2021-12": 52_030})
    figure = give(variable="caf_households", period="2021", value=51_700)

    difference = declared.difference_percent(figure, declared.published_beside(figure))

    assert difference == pytest.approx(100 * (51_700 / 52_030 - 1))


def test_a_secret_published_figure_does_not_stand_beside(give, own_observations):
    publish({"2021-12": 4})

    assert declared.published_beside(give(variable="caf_households", period="2021", value=51_700)) is None


@pytest.mark.parametrize(
    ("variable", "value", "is_secret"),
    [
        ("low_income_caf_households", 4, True),
        ("low_income_caf_households", 5, False),
        ("low_income_caf_households", 0, False),
        ("eaje_places", 4, False),
        ("caf_benefits_eur", 4, False),
    ],
)
def test_small_counts_of_the_caf_are_secret(variable, value, is_secret):
    assert declared.is_secret(variable, value) is is_secret


def test_a_withdrawn_figure_leaves_the_diagnosis(give, cast, own_observations):
    figure = give()
    place = cast.convention.territories.get()
    assert [one.figure for one in diagnosis.diagnose(place).figures["eaje_places"].declared] == [figure]

    declared.withdraw_figure(by=cast.city_officer, figure=figure, version=1)

    assert diagnosis.diagnose(place).figures["eaje_places"].declared == []
