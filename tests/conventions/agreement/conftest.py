import pytest

from ansanm.conventions.models import PlanActor, PlanNode, PlanTheme
from ansanm.conventions.plan import operations as plan_operations


@pytest.fixture
def convention(cast):
    return cast.convention


@pytest.fixture
def officer(client, cast):
    client.force_login(cast.city_officer)
    return cast.city_officer


@pytest.fixture
def plan(cast, convention):
    """Two fiches under one stake, one with money and an indicator."""
    PlanTheme.objects.create(convention=convention, slug="early_childhood", label="Petite enfance")
    stake = PlanNode.objects.create(convention=convention, kind="stake", label="Accueillir tous les enfants")
    caf = PlanActor.objects.create(convention=convention, name="Caf de La Réunion", house="caf")
    first = plan_operations.create_action(
        by=cast.city_officer,
        convention=convention,
        number="1",
        title="Ludothèque mobile",
        node=stake.pk,
        themes=["early_childhood"],
        partners=[caf.pk],
        starts=">2026-S2",
        places=["commune:97411"],
        operations=[{"title": "Acheter le camion", "calendar": "2026"}],
        milestones=[{"title": "Camion livré", "due": "2027"}],
        indicators=[
            {"label": "Séances", "targets": [{"value": "12", "text": "", "due": "2027"}], "unit": "séances"}
        ],
        financing=[{"funder": caf.pk, "year": 2026, "amount_eur": "300000", "precision": "about"}],
    )
    second = plan_operations.create_action(
        by=cast.city_officer, convention=convention, number="2", title="Épicerie solidaire", node=stake.pk
    )
    return first, second
