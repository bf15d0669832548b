"""The cast: one person per role, two conventions, and the set each test plays on.

Each object of the other convention carries CANARY in its texts: a page that shows it to a stranger to
that convention leaks.
"""

from dataclasses import dataclass, fields
from functools import cache

import pytest

CANARY = "Zanzibar-canari"
PASSWORD = "marmaille-lontan-2026"


@cache
def hashed():
    # Argon2 is slow on purpose: hashed once for all, and everybody has the same.
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


@dataclass
class Cast:
    administrator: object
    city_officer: object
    caf_adviser: object
    elected_official: object
    association: object
    childcare_manager: object
    reader: object
    # City officer too, of the other convention alone.
    neighbour: object
    # Signed in, without any role anywhere.
    stranger: object
    # Without a role on any convention, enters the scales that the Caf knows.
    caf_administrator: object
    convention: object
    other_convention: object

    @property
    def people(self) -> dict:
        """Who may call a page: None is somebody not signed in."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"anonymous": None} | {
            name: one for name, one in named.items() if name not in {"convention", "other_convention"}
        }


@pytest.fixture
def cast(db) -> Cast:
    return play()


def play() -> Cast:
    """Set the cast in the database. The browser tests do it once, for all their pages."""
    from ansanm.accounts.models import Organisation, User
    from ansanm.conventions.operations import create_convention, set_role
    from ansanm.territories.models import Territory

    def organisation(name, kind, insee_code=""):
        return Organisation.objects.create(name=name, kind=kind, insee_code=insee_code)

    def person(name, of, **more):
        return User.objects.create(
            email=f"{name}@example.org",
            password=hashed(),
            first_name=name.replace("_", " ").capitalize(),
            last_name="Payet",
            organisation=of,
            **more,
        )

    def commune(code, name):
        return Territory.objects.get_or_create(
            level="commune",
            code=code,
            defaults={
                "name": name,
                "slug": name.lower(),
                "search_key": name.lower().replace("-", " "),
                "departement_code": "974",
                "region_code": "04",
                "commune_code": code,
            },
        )[0]

    city = organisation("Ville de Saint-Denis", "city", "97411")
    caf = organisation("Caf de La Réunion", "caf", "974")
    club = organisation("Les Filaos", "association")
    neighbours = organisation(f"Ville de {CANARY}", "city", "97418")

    people = {
        "administrator": person("administrator", city, platform_role="administrator"),
        "city_officer": person("city_officer", city),
        "caf_adviser": person("caf_adviser", caf),
        "elected_official": person("elected_official", city),
        "association": person("association", club),
        "childcare_manager": person("childcare_manager", club),
        "reader": person("reader", club),
        "neighbour": person("neighbour", neighbours),
        "stranger": person("stranger", None),
        "caf_administrator": person("caf_administrator", caf, platform_role="caf_administrator"),
    }
    convention = create_convention(
        by=people["administrator"],
        name="CTG de Saint-Denis",
        slug="saint-denis",
        territories=[commune("97411", "Saint-Denis")],
        parties=[{"organisation": city, "kind": "commune"}, {"organisation": caf, "kind": "caf"}],
    )
    other_convention = create_convention(
        by=people["administrator"],
        name=f"CTG {CANARY}",
        slug="sainte-marie",
        territories=[commune("97418", "Sainte-Marie")],
        parties=[{"organisation": neighbours, "kind": "commune"}],
        source_title=CANARY,
    )
    for role in (
        "city_officer",
        "caf_adviser",
        "elected_official",
        "association",
        "childcare_manager",
        "reader",
    ):
        set_role(by=people["administrator"], convention=convention, user=people[role], role=role)
    set_role(
        by=people["administrator"],
        convention=other_convention,
        user=people["neighbour"],
        role="city_officer",
    )
    return Cast(**people, convention=convention, other_convention=other_convention)


@pytest.fixture(autouse=True, scope="session")
def _audit_trail_can_be_emptied():
    """Transactional tests empty the tables behind them, and the database refuses that of some."""
    from django.db import connections
    from django.test import TransactionTestCase

    from ansanm.accounts import triggers
    from ansanm.conventions import triggers as agreement_triggers
    from ansanm.conventions.finance import triggers as ledger_triggers

    flush = TransactionTestCase._fixture_teardown

    def teardown(self):
        for alias in self._databases_names(include_mirrors=False):
            triggers.remove(connections[alias])
            agreement_triggers.remove(connections[alias])
            ledger_triggers.remove(connections[alias])
        # `flush` ends with post_migrate, which puts the triggers back.
        flush(self)

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = flush


@pytest.fixture(autouse=True)
def _audit_head_elsewhere(monkeypatch, tmp_path):
    """The head of a test's trail must not be taken for that of the instance on this machine."""
    from ansanm.accounts import audit

    monkeypatch.setattr(audit, "head_file", lambda: tmp_path / "audit_head")
