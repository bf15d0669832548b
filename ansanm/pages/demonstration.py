"""The demonstration: two real conventions told from the press, worked on by invented people.

Everything goes through the operations that pages use. Seeding again adds what is missing and touches
nothing that is there, so that a visitor's changes stay.
"""

import json
import os
import secrets
from pathlib import Path

import yaml
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from ansanm.accounts.models import Organisation, User
from ansanm.accounts.operations import add_organisation, add_user
from ansanm.accounts.permissions import PLATFORM_ROLES, ROLES
from ansanm.conventions.models import Convention
from ansanm.conventions.operations import create_convention, set_role
from ansanm.pages import demonstration_deciding, demonstration_money, demonstration_plan
from ansanm.territories import declared
from ansanm.territories.models import DeclaredFigure, Territory

FACTS = Path(__file__).with_name("demonstration.yaml")
DOMAIN = "demo.ansanm.example"
FIRST_CONVENTION = "saint-denis"


class NotADemonstration(Exception):
    pass


def accounts() -> list[dict]:
    """The demonstration accounts (email, name, role, password) of this installation; [] before seeding."""
    try:
        kept = json.loads(accounts_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    # The file keeps the key of the role: its name is said in the language of who asks.
    names = {name: str(one.label) for name, one in {**ROLES, **PLATFORM_ROLES}.items()}
    return [{**one, "role": names.get(one["role"], one["role"])} for one in kept["accounts"]]


def accounts_file() -> Path:
    return settings.HOME / "demo_accounts.json"


def seed() -> None:
    if not settings.DEMO:
        # Known accounts on a real instance would be a way in.
        raise NotADemonstration("ANSANM_DEMO is not 1: no demonstration account is opened here.")
    facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    known = accounts()
    password = known[0]["password"] if known else new_password()
    with transaction.atomic():
        organisations = {key: organisation(**one) for key, one in facts["organisations"].items()}
        # Hashed once for all: the hash is slow on purpose, and set-up is not.
        hashed = make_password(password)
        people = {
            key: person(key, one, organisations, hashed, is_lost=not known)
            for key, one in facts["accounts"].items()
        }
        for slug, one in facts["conventions"].items():
            convention(slug, one, organisations, by=people["administrateur"])
        conventions = Convention.objects.in_bulk(facts["conventions"], field_name="slug")
        for key, one in facts["accounts"].items():
            if "role" in one:
                held = conventions[one.get("convention", FIRST_CONVENTION)]
                role(held, people[key], one["role"], by=people["administrateur"])
                for slug in one.get("also", ()):
                    role(conventions[slug], people[key], one["role"], by=people["administrateur"])
        first = conventions[FIRST_CONVENTION]
        demonstration_plan.seed(
            first,
            by=people["cooperation"],
            caf_adviser=people["caf"],
            organisations=organisations,
        )
        demonstration_deciding.seed(first, by=people["cooperation"])
        demonstration_money.seed(
            first, by=people["cooperation"], manager=people["creche"], caf_adviser=people["caf"]
        )
        for one in facts["figures"]:
            figure(first, one, facts["sources"][one["source"]], by=people["cooperation"])
    # After the commit: a file that promises accounts which were rolled back would mislead.
    keep_accounts(facts["accounts"], password)


def new_password() -> str:
    """Eighteen letters that can be read out and typed: 57 bits."""
    syllables = [secrets.choice("bdfgjklmnprstvzw") + secrets.choice("aeiou") for _ in range(9)]
    return "-".join("".join(syllables[start : start + 3]) for start in (0, 3, 6))


def organisation(*, name, kind, insee_code="") -> Organisation:
    there = Organisation.objects.filter(name=name, kind=kind).first()
    return there or add_organisation(by=None, name=name, kind=kind, insee_code=insee_code)


def person(key, facts, organisations, hashed, *, is_lost) -> User:
    email = f"{key}@{DOMAIN}"
    there = User.objects.filter(email=email).first()
    if there and not is_lost:
        return there
    user = there or add_user(
        by=None,
        email=email,
        first_name=facts["first_name"],
        last_name=facts["last_name"],
        organisation=organisations.get(facts.get("organisation")),
        platform_role=facts.get("platform_role", ""),
    )
    # Set again when the file that tells the password is gone: nobody could sign in any more.
    user.password = hashed
    user.save(update_fields=["password"])
    return user


def convention(slug, facts, organisations, *, by) -> None:
    if Convention.objects.filter(slug=slug).exists():
        return
    facts = dict(facts)
    territory = Territory.objects.at("commune", facts.pop("territory"))
    parties = [
        party | {"organisation": organisations[party["organisation"]]} for party in facts.pop("parties")
    ]
    create_convention(
        by=by, slug=slug, territories=[territory], parties=parties, is_demonstration=True, **facts
    )


def role(convention, user, name, *, by) -> None:
    if not convention.roles_of(user):
        set_role(by=by, convention=convention, user=user, role=name)


def figure(convention, facts, source, *, by) -> None:
    (territory,) = convention.territories.all()
    # Withdrawn ones count: a figure that a visitor withdrew does not come back.
    was_declared = DeclaredFigure.objects.filter(
        level=territory.level,
        code=territory.code,
        variable=facts["variable"],
        source_on=source["source_on"],
        organisation=by.organisation,
    )
    if was_declared.exists():
        return
    declared.declare_figure(
        by=by,
        territory=territory,
        variable=facts["variable"],
        period=facts["period"],
        value=facts["value"],
        note=facts["note"],
        convention=convention,
        **source,
    )


def keep_accounts(people, password) -> None:
    kept = [
        {
            "email": f"{key}@{DOMAIN}",
            "name": f"{one['first_name']} {one['last_name']}",
            "role": one.get("role") or one["platform_role"],
            "password": password,
        }
        for key, one in people.items()
    ]
    path = accounts_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Private from its first byte, and never half-written.
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
        json.dump({"accounts": kept}, target, ensure_ascii=False, indent=1)
    beside.replace(path)
