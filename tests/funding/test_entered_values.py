"""What a Caf enters: beside the national values, with its source, in its département; never overwritten."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from ansanm.accounts.models import AuditEntry, Organisation, User
from ansanm.engines.funding.errors import NeededFromCaf
from ansanm.engines.funding.parameters import Status, national
from ansanm.funding.models import EnteredValue
from ansanm.funding.operations import (
    AlreadyEntered,
    NoLongerStands,
    NotYourCaf,
    correct_value,
    enter_value,
    withdraw_value,
)
from ansanm.funding.values import parameters_for
from ansanm.funding.words import status_of

pytestmark = pytest.mark.django_db

CEILING = "psu.ceiling_both_low"


def person(name, organisation, role="caf_administrator"):
    return User.objects.create(
        email=f"{name}@example.org", first_name=name, last_name="Hoarau", organisation=organisation,
        platform_role=role,
    )  # fmt: skip


@pytest.fixture
def caf():
    return Organisation.objects.create(name="Caf de La Réunion", kind="caf", insee_code="974")


@pytest.fixture
def marie(caf):
    return person("marie", caf)


@pytest.fixture
def elsewhere():
    there = Organisation.objects.create(name="Caf du Loiret", kind="caf", insee_code="45")
    return person("paul", there)


def facts(**changed):
    return {
        "departement_code": "974",
        "parameter": CEILING,
        "valid_from": date(2025, 1, 1),
        "value": Decimal("9.50"),
        "month_day": "",
        "source_title": "Barème inventé pour ce test",
        "source_url": "https://example.org/bareme",
        "source_read_on": date(2025, 2, 3),
        "note": "",
    } | changed


def test_a_value_entered_by_a_caf_counts_in_its_departement_and_nowhere_else(marie):
    enter_value(by=marie, **facts())

    found = parameters_for("974").at(CEILING, date(2025, 6, 1))
    assert (found.value, found.status) == (Decimal("9.5"), Status.ENTERED)
    assert status_of(found) == "saisi par la Caf de La Réunion"
    assert found.source.url == "https://example.org/bareme"
    for place in ("45", ""):
        with pytest.raises(NeededFromCaf):
            parameters_for(place).at(CEILING, date(2025, 6, 1))


def test_a_value_for_wherever_the_caf_works_counts_in_its_conventions_too(marie, caf, elsewhere):
    enter_value(by=marie, **facts(departement_code=""))

    enter_value(by=elsewhere, **facts(departement_code="", value=Decimal("1")))

    assert parameters_for("974").at(CEILING, date(2025, 6, 1)).number == Decimal("9.5")
    # No département: those of this Caf, and not those of every Caf.
    assert parameters_for("", caf).at(CEILING, date(2025, 6, 1)).number == Decimal("9.5")
    assert parameters_for("45", caf).at(CEILING, date(2025, 6, 1)).number == Decimal("9.5")
    assert parameters_for("45").at(CEILING, date(2025, 6, 1)).number == Decimal("1")


def test_that_of_the_departement_goes_before_that_of_everywhere(marie):
    enter_value(by=marie, **facts())
    enter_value(by=marie, **facts(departement_code="", value=Decimal("8")))

    assert parameters_for("974").at(CEILING, date(2025, 6, 1)).number == Decimal("9.5")


def test_several_values_follow_one_another_in_time(marie):
    for year, value in ((2025, "9.50"), (2026, "9.69"), (2027, "9.80")):
        enter_value(by=marie, **facts(valid_from=date(year, 1, 1), value=Decimal(value)))

    table = parameters_for("974")
    assert [table.at(CEILING, date(year, 12, 31)).number for year in (2025, 2026, 2027)] == [
        Decimal("9.5"),
        Decimal("9.69"),
        Decimal("9.8"),
    ]


def test_a_value_entered_does_not_outlive_the_next_national_change(marie):
    enter_value(
        by=marie,
        **facts(parameter="bonus_places.social_amount_1", valid_from=date(2024, 1, 1), value=Decimal(2200)),
    )

    table = parameters_for("974")
    assert table.at("bonus_places.social_amount_1", date(2025, 6, 1)).number == 2200
    with pytest.raises(NeededFromCaf):
        table.at("bonus_places.social_amount_1", date(2026, 1, 1))


def test_the_national_set_is_left_as_it_was(marie):
    enter_value(by=marie, **facts())

    assert national()[CEILING].on(date(2025, 6, 1)).value is None


def test_a_correction_leaves_the_old_value_in_the_history(marie):
    first = enter_value(by=marie, **facts())
    second = correct_value(by=marie, entered=first, value=Decimal("9.60"))

    first.refresh_from_db()
    assert (first.value, first.replaced_by, first.is_standing) == (Decimal("9.5"), second, False)
    assert parameters_for("974").at(CEILING, date(2025, 6, 1)).number == Decimal("9.6")
    trail = AuditEntry.objects.filter(verb="parameter.correct").get()
    assert "9.5" in trail.before_json and "9.6" in trail.after_json


def test_of_two_corrections_the_second_is_refused_with_what_stands(marie):
    first = enter_value(by=marie, **facts())
    second = correct_value(by=marie, entered=first, value=Decimal("9.60"))

    with pytest.raises(NoLongerStands) as refused:
        correct_value(by=marie, entered=first, value=Decimal("9.70"))
    assert refused.value.current == second


def test_a_withdrawn_value_counts_no_more_and_is_asked_for_again(marie):
    first = enter_value(by=marie, **facts())
    withdraw_value(by=marie, entered=first, reason="Lue dans le barème d’une autre année")

    with pytest.raises(NeededFromCaf):
        parameters_for("974").at(CEILING, date(2025, 6, 1))
    assert EnteredValue.objects.count() == 1
    # And may be entered anew.
    assert enter_value(by=marie, **facts()).is_standing


def test_the_same_value_is_not_entered_twice(marie):
    first = enter_value(by=marie, **facts())

    with pytest.raises(AlreadyEntered) as refused:
        enter_value(by=marie, **facts(value=Decimal("9.70")))
    assert refused.value.entered == first
    with pytest.raises(IntegrityError), transaction.atomic():
        EnteredValue.objects.create(organisation=marie.organisation, entered_by=marie, **facts())


def test_a_caf_touches_nothing_of_another(marie, elsewhere):
    mine = enter_value(by=marie, **facts())

    with pytest.raises(NotYourCaf):
        correct_value(by=elsewhere, entered=mine, value=Decimal("1"))
    with pytest.raises(NotYourCaf):
        withdraw_value(by=elsewhere, entered=mine)
    with pytest.raises(ValidationError, match="département"):
        enter_value(by=elsewhere, **facts())


@pytest.mark.parametrize("kind, role", [("city", "caf_administrator"), ("caf", ""), ("caf", "administrator")])
def test_only_the_administrator_of_a_caf_enters_values(kind, role):
    organisation = Organisation.objects.create(name="Maison", kind=kind, insee_code="974")

    with pytest.raises(NotYourCaf):
        enter_value(by=person("jean", organisation, role), **facts())
    with pytest.raises(NotYourCaf):
        enter_value(by=person("lea", None), **facts())


@pytest.mark.parametrize(
    "changed, field",
    [
        ({"parameter": "psu.unheard_of"}, "parameter"),
        ({"value": None}, "value"),
        ({"parameter": "payments.actual_due"}, "value"),
        ({"parameter": "payments.actual_due", "value": None, "month_day": "31 mars"}, "month_day"),
        ({"source_url": "dans un tiroir"}, "source_url"),
        ({"source_title": ""}, "source_title"),
        ({"source_read_on": date(2999, 1, 1)}, "source_read_on"),
        ({"value": Decimal("-1")}, "value"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(marie, changed, field):
    with pytest.raises(ValidationError) as refused:
        enter_value(by=marie, **facts(**changed))
    assert field in refused.value.message_dict
    assert not EnteredValue.objects.exists()


def test_a_deadline_of_a_caf_is_a_day_of_the_year(marie):
    enter_value(
        by=marie,
        **facts(
            parameter="payments.actual_due",
            valid_from=date(2026, 1, 1),
            value=None,
            month_day="04-30",
        ),
    )

    assert parameters_for("974").at("payments.actual_due", date(2026, 5, 1)).value == "04-30"
    assert parameters_for("45").at("payments.actual_due", date(2026, 5, 1)).value == "03-31"
