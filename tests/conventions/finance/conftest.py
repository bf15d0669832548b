from datetime import date
from decimal import Decimal

import pytest

from ansanm.conventions.finance import operations
from ansanm.conventions.models import Device, Equipment
from ansanm.funding.operations import enter_value

# What a declaration of a crèche of forty places holds: 220 days of 11 hours.
YEAR_OF_FORTY_PLACES = {
    "service": "both",
    "places": "40",
    "open_days": "220",
    "open_hours": "2420",
    "attended_hours": "70000",
    "billed_hours": "77000",
    "extra_hours": "400",
    "expenses_eur": "760000",
    "participations_eur": "92400",
    "children": "60",
    "disabled_children": "2",
    "monthly_rise_eur": "160",
    "city_grant_eur": "120000",
    "other_income_eur": "5000",
}
CEILINGS = {"psu.ceiling_both_low": "10.05", "psu.ceiling_both_high": "9.00"}


@pytest.fixture
def convention(cast):
    return cast.convention


@pytest.fixture
def ceilings(cast):
    """The two ceilings that no public page gives, as the Caf would enter them (invented here)."""
    for parameter, value in CEILINGS.items():
        enter_value(
            by=cast.caf_administrator,
            parameter=parameter,
            valid_from=date(2025, 1, 1),
            value=Decimal(value),
            source_title="Barème d’essai, inventé",
            source_url="https://example.org/bareme",
            source_read_on=date(2025, 1, 15),
        )


@pytest.fixture
def creche(convention):
    return Equipment.objects.create(
        convention=convention, kind="creche", name="Crèche Les Filaos", is_fictitious=True
    )


@pytest.fixture
def managed(cast, creche):
    operations.set_managers(by=cast.caf_adviser, equipment=creche, users=[cast.childcare_manager])
    return creche


@pytest.fixture
def cof(cast, managed):
    return operations.open_agreement(
        by=cast.caf_adviser,
        convention=cast.convention,
        equipment=managed,
        device=Device.EAJE,
        year=2025,
        reference="COF-2025-001",
        beneficiary="Association Les Filaos",
        authorised_places=40,
        employer="private",
        territory_units=Decimal(40),
        territory_per_unit_eur=Decimal("1500.00"),
        is_fictitious=True,
    )


@pytest.fixture
def as_person(client):
    def signed_in(user):
        client.force_login(user)
        return client

    return signed_in
