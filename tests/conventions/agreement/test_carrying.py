"""What stood before each signature had its own line comes over whole."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from ansanm.conventions.finance import triggers

BEFORE = [("conventions", "0002_plan")]
AFTER = [("conventions", "0003_signatories")]


@pytest.fixture
def before(transactional_db):
    """The tables as they were; back to today's afterwards, whatever happens."""
    executor = MigrationExecutor(connection)
    # As `migrate` does before it changes anything.
    triggers.remove(connection)
    today = [key for key in executor.loader.graph.leaf_nodes() if key[0] == "conventions"]
    executor.migrate(BEFORE)
    yield executor.loader.project_state(BEFORE).apps
    MigrationExecutor(connection).migrate(today)
    triggers.install(connection)


@pytest.mark.database
def test_signatories_and_kinds_of_a_former_base_are_carried_over(before):
    Organisation = before.get_model("accounts", "Organisation")
    Party = before.get_model("conventions", "ConventionParty")
    convention = before.get_model("conventions", "Convention").objects.create(name="CTG", slug="ctg")
    for name, kind, party_kind, signatory, function in (
        ("Ville", "city", "collectivite", "Ada Vacoa", "maire"),
        ("Cirest", "epci", "collectivite", "", ""),
        ("Caf", "caf", "caf", "Yann Combava", "président du conseil d’administration"),
        ("Les Filaos", "association", "other", "", ""),
    ):
        Party.objects.create(
            convention=convention,
            organisation=Organisation.objects.create(name=name, kind=kind),
            kind=party_kind,
            signatory_name=signatory,
            signatory_function=function,
        )

    executor = MigrationExecutor(connection)
    executor.migrate(AFTER)

    after = executor.loader.project_state(AFTER).apps.get_model("conventions", "ConventionParty")
    found = {
        one.organisation.name: (
            one.kind,
            [(line.name, line.function) for line in one.signatures.order_by("position")],
        )
        for one in after.objects.select_related("organisation")
    }
    assert found == {
        "Ville": ("commune", [("Ada Vacoa", "maire")]),
        "Cirest": ("epci", [("", "")]),
        "Caf": ("caf", [("Yann Combava", "président du conseil d’administration"), ("", "directeur")]),
        "Les Filaos": ("other", [("", "")]),
    }
