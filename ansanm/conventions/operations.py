"""The deeds on a convention: open it, correct its facts, say who works on it."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.text import slugify
from django.utils.translation import gettext as _

from ansanm.accounts import permissions
from ansanm.accounts.audit import record
from ansanm.accounts.permissions import Permission
from ansanm.conventions import files
from ansanm.conventions.models import (
    Convention,
    ConventionParty,
    ConventionRole,
    ConventionTerritory,
    PartySignature,
)
from ansanm.territories.versions import StaleVersion

# The stage is not one of them: it moves by agreement.operations, which keeps why.
FACTS = (
    "name",
    "signed_on",
    "starts_on",
    "ends_on",
    "extended_to",
    "duration_years",
    "source_title",
    "source_url",
)
PARTY_FACTS = ("kind", "deliberation_number", "deliberation_on", "joined_on", "left_on")
# Addresses of their own under /conventions/.
TAKEN_SLUGS = {"creer", "comparer", "actions", "suivi"}


class LastManager(Exception):
    """Nobody would be left to manage the members."""


class UnknownRole(ValueError):
    pass


def facts_of(convention: Convention) -> dict:
    return {name: getattr(convention, name) for name in FACTS}


def free_slug(name: str) -> str:
    """An address made of `name` that no convention has."""
    stem = slugify(name)[:100] or "convention"
    taken = TAKEN_SLUGS | set(Convention.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        return stem
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{stem}-{n}") not in taken)


@transaction.atomic
def create_convention(
    *, by, name, territories, slug="", parties=(), members=(), is_demonstration=False, **facts
):
    """Open a convention on `territories`.

    `parties` are dicts of ConventionParty's fields, with its "signatures" where they are known;
    `members` are pairs of a person and a role.
    """
    slug = slug or free_slug(name)
    convention = Convention(name=name, slug=slug, is_demonstration=is_demonstration, **facts)
    convention.full_clean()
    convention.save()
    ConventionTerritory.objects.bulk_create(
        ConventionTerritory(convention=convention, territory=territory) for territory in territories
    )
    for party in parties:
        given = dict(party)
        signatures = given.pop("signatures", ())
        open_signatures(ConventionParty.objects.create(convention=convention, **given), signatures)
    after = facts_of(convention) | {
        "stage": convention.stage,
        "territories": [f"{territory.level}:{territory.code}" for territory in territories],
        "parties": [party["organisation"].name for party in parties],
    }
    record("convention.create", by=by, target=convention, convention=convention, after=after)
    for user, role in members:
        set_role(by=by, convention=convention, user=user, role=role)
    return convention


@transaction.atomic
def update_convention(*, by, convention, version, **facts):
    """Save `facts` if nobody saved since `version`, else raise StaleVersion with what they saved."""
    unknown = facts.keys() - set(FACTS)
    if unknown:
        raise TypeError(f"Not facts of a convention: {', '.join(sorted(unknown))}.")
    current = Convention.objects.select_for_update().get(pk=convention.pk)
    if current.version != version:
        raise StaleVersion(current)
    before = {name: getattr(current, name) for name in facts}
    if before == facts:
        return current
    for name, value in facts.items():
        setattr(current, name, value)
    current.version += 1
    current.full_clean()
    current.save(update_fields=[*facts, "version"])
    record("convention.update", by=by, target=current, convention=current, before=before, after=dict(facts))
    return current


@transaction.atomic
def set_role(*, by, convention, user, role):
    """Give `user` the role `role` on the convention, in place of the one they had."""
    if role not in permissions.ROLES:
        raise UnknownRole(f"{role!r} is not a role on a convention: {', '.join(permissions.ROLES)}.")
    lock(convention)
    held = ConventionRole.objects.filter(convention=convention, user=user).first()
    if held and held.role == role:
        return held
    refuse_settling(convention, by=by, user=user, role=role)
    if held and not manages_members(role):
        keep_a_manager(convention, without=user)
    before = {"role": held.role} if held else None
    if held:
        held.role = role
        held.save(update_fields=["role"])
    else:
        held = ConventionRole.objects.create(convention=convention, user=user, role=role)
    record("role.set", by=by, target=user, convention=convention, before=before, after={"role": role})
    return held


@transaction.atomic
def remove_role(*, by, convention, user):
    """Take `user` off the convention; their deeds stay in the audit trail."""
    lock(convention)
    held = ConventionRole.objects.filter(convention=convention, user=user).first()
    if held is None:
        return
    keep_a_manager(convention, without=user)
    before = {"role": held.role}
    held.delete()
    # Their views are theirs: they keep them, and no longer write in a place they have left.
    convention.saved_views.filter(owner=user).update(convention=None)
    record("role.remove", by=by, target=user, convention=convention, before=before)


def lock(convention):
    # Two managers who remove each other at the same second must not both succeed. An UPDATE takes
    # the row on PostgreSQL; on SQLite the immediate transaction has the whole file already.
    Convention.objects.filter(pk=convention.pk).update(version=F("version"))


def refuse_settling(convention, *, by, user, role):
    """Raise ValidationError where `role` settles what the Caf pays and `by` may not give it.

    Whoever settles names the others. The first is named by whoever opens the convention, or by a member
    who names another person: the city does not settle its own money.
    """
    settlers = [
        name for name, one in permissions.ROLES.items() if Permission.FINANCE_SETTLE in one.permissions
    ]
    if by is None or role not in settlers:
        return
    held = dict(convention.roles.values_list("user_id", "role"))
    if held.get(by.pk) in settlers:
        return
    if set(held.values()) & set(settlers) or (by.pk == user.pk and by.pk in held):
        raise ValidationError(_("Seul qui valide pour la Caf peut donner ce rôle."))


def manages_members(role: str) -> bool:
    return Permission.MEMBER_MANAGE in permissions.ROLES[role].permissions


def keep_a_manager(convention, *, without):
    """Raise LastManager if `without` is the only one who can manage the members."""
    managing = [name for name in permissions.ROLES if manages_members(name)]
    managers = ConventionRole.objects.filter(convention=convention, role__in=managing)
    if managers.filter(user=without).exists() and not managers.exclude(user=without).exists():
        raise LastManager(f"{without} is the only one who manages the members of {convention}.")


def taken(convention, version):
    """The convention, locked, if nobody saved it since `version`; its parties share its version."""
    current = Convention.objects.select_for_update().get(pk=convention.pk)
    if current.version != version:
        raise StaleVersion(current)
    return current


def party_facts(party) -> dict:
    return {name: getattr(party, name) for name in PARTY_FACTS}


def told(facts: dict, organisation) -> dict:
    return {"organisation": organisation.name} | facts


# Who usually signs: a place to fill in, or to take away, and no more than that.
USUAL_FUNCTIONS = {
    ConventionParty.Kind.COMMUNE: ("maire",),
    ConventionParty.Kind.EPCI: ("président",),
    ConventionParty.Kind.CAF: ("président du conseil d’administration", "directeur"),
    ConventionParty.Kind.DEPARTEMENT: ("président du conseil départemental",),
    ConventionParty.Kind.ETAT: ("préfet",),
}


def open_signatures(party, given=()):
    """One line for each signature the party owes: those `given`, and the usual ones not among them."""
    rows = [dict(one) for one in given]
    functions = {row.get("function") for row in rows}
    rows += [
        {"function": function}
        for function in USUAL_FUNCTIONS.get(party.kind, ("",))
        if function not in functions and (not rows or party.kind == ConventionParty.Kind.CAF)
    ]
    PartySignature.objects.bulk_create(
        PartySignature(party=party, position=position, **row) for position, row in enumerate(rows)
    )


def move_on(convention):
    convention.version += 1
    convention.save(update_fields=["version"])


@transaction.atomic
def add_party(*, by, convention, version, organisation, kind, upload=None, **facts):
    """Add an organisation that signs, with a line for each signature it usually owes."""
    current = taken(convention, version)
    party = ConventionParty(convention=current, organisation=organisation, kind=kind, **facts)
    party.full_clean()
    if upload:
        party.deliberation_file = files.store(by=by, convention=current, upload=upload)
    party.save()
    open_signatures(party)
    move_on(current)
    after = told(party_facts(party), organisation)
    record("party.add", by=by, target=current, convention=current, after=after)
    return party


@transaction.atomic
def update_party(*, by, party, version, upload=None, drop_file=False, **facts):
    """Correct a party, and the file of its délibération; another organisation is another party."""
    unknown = facts.keys() - set(PARTY_FACTS)
    if unknown:
        raise TypeError(f"Not facts of a party: {', '.join(sorted(unknown))}.")
    current = taken(party.convention, version)
    party = ConventionParty.objects.select_related("organisation").get(pk=party.pk, convention=current)
    before = party_facts(party)
    changed = sorted(name for name, value in facts.items() if before[name] != value)
    old = party.deliberation_file
    if not changed and not upload and not (drop_file and old):
        return party
    for name in changed:
        setattr(party, name, facts[name])
    party.full_clean()
    if upload:
        party.deliberation_file = files.store(by=by, convention=current, upload=upload)
    elif drop_file:
        party.deliberation_file = None
    party.save(update_fields=[*changed, "deliberation_file"])
    if old and old != party.deliberation_file:
        files.remove(by=by, stored=old)
    move_on(current)
    record(
        "party.update",
        by=by,
        target=current,
        convention=current,
        before=told(before, party.organisation),
        after=told(party_facts(party), party.organisation) | {"changed": changed},
    )
    return party


@transaction.atomic
def remove_party(*, by, party, version):
    """Take an organisation off the signatories; the last one stays, a convention binds somebody."""
    current = taken(party.convention, version)
    party = ConventionParty.objects.select_related("organisation").get(pk=party.pk, convention=current)
    if current.parties.count() == 1:
        raise ValidationError(_("Une convention garde au moins un signataire."))
    before = told(party_facts(party), party.organisation)
    file = party.deliberation_file
    party.delete()
    if file:
        files.remove(by=by, stored=file)
    move_on(current)
    record("party.remove", by=by, target=current, convention=current, before=before)
