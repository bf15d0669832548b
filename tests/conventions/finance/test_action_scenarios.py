"""A simulation brought to a fiche: a copy its members read; the original stays its owner's."""

import pytest
from django.urls import reverse

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.models import ActionScenario
from ansanm.funding.scenario_operations import save_scenario, update_scenario
from tests.examples import of_action
from tests.subjects.scenarios import INPUTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def action(cast):
    return cast.convention.actions.get(pk=of_action(cast)["pk"])


@pytest.fixture
def scenario(cast):
    return save_scenario(by=cast.city_officer, title="Les Filaos, 40 places", kind="open", inputs=INPUTS)


def attach(client, cast, action, scenario, by="city_officer"):
    client.force_login(getattr(cast, by))
    url = reverse("action_scenario_attach", args=[cast.convention.slug, action.pk])
    return client.post(url, {"scenario": scenario.pk})


def test_what_is_attached_is_read_by_every_member_and_stays_as_it_was(client, cast, action, scenario):
    assert attach(client, cast, action, scenario).status_code == 302
    update_scenario(
        by=cast.city_officer,
        scenario=scenario,
        base_version=1,
        title="Autre chose",
        inputs=INPUTS | {"places": "44"},
    )

    client.force_login(cast.reader)
    fiche = client.get(action.get_absolute_url()).content.decode()
    attached = action.simulations.standing().get()
    url = reverse("action_scenario", args=[cast.convention.slug, attached.pk])
    assert "Les Filaos, 40 places" in fiche and url in fiche and "Joindre une simulation" not in fiche
    page = client.get(url).content.decode()
    assert "12\u202f000,00\u202f€" in page  # 480 000 € for 40 places, and not 44
    assert "hypothèse de cette simulation" in page
    assert AuditEntry.objects.filter(verb="scenario.attach").count() == 1


def test_only_who_writes_the_plan_attaches_and_only_their_own(client, cast, action, scenario):
    assert attach(client, cast, action, scenario, by="caf_adviser").status_code == 422
    assert attach(client, cast, action, scenario, by="reader").status_code == 403
    assert attach(client, cast, action, scenario, by="neighbour").status_code == 404
    assert not ActionScenario.objects.exists()


def test_the_same_is_not_attached_twice_and_a_removed_one_is_gone(client, cast, action, scenario):
    attach(client, cast, action, scenario)
    assert "déjà jointe" in attach(client, cast, action, scenario).content.decode()

    attached = action.simulations.get()
    client.post(reverse("action_scenario_remove", args=[cast.convention.slug, attached.pk]))
    assert not action.simulations.standing().exists()
    gone = reverse("action_scenario", args=[cast.convention.slug, attached.pk])
    assert client.get(gone).status_code == 404
    # Its line stays for the journal.
    assert ActionScenario.objects.get().removed_by == cast.city_officer
    assert attach(client, cast, action, scenario).status_code == 302


def test_another_convention_does_not_reach_it(client, cast, action, scenario):
    attach(client, cast, action, scenario)
    attached = action.simulations.get()
    client.force_login(cast.neighbour)
    other = cast.other_convention.slug

    assert client.get(reverse("action_scenario", args=[other, attached.pk])).status_code == 404
    assert client.post(reverse("action_scenario_remove", args=[other, attached.pk])).status_code == 404
    assert action.simulations.standing().exists()
