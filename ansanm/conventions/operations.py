"""The deeds on a convention: open it, correct its facts, say who works on it."""

from django.db import transaction
from django.db.models import F

from ansanm.accounts import permissions
from ansanm.accounts.audit import record
from ansanm.accounts.permissions import Permission
from ansanm.conventions.models import Convention, ConventionParty, ConventionRole, ConventionTerritory
from ansanm.territories.versions import StaleVersion

FACTS = (
    "name",
    "stage",
    "signed_on",
    "starts_on",
    "ends_on",
    "duration_years",
    "source_title",
    "source_url",
)


class LastManager(Exception):
    """Nobody would be left to manage the members."""


class UnknownRole(ValueError):
    pass


def facts_of(convention: Convention) -> dict:
    return {name: getattr(convention, name) for name in FACTS}


@transaction.atomic
def create_convention(*, by, name, slug, territories, parties=(), is_demonstration=False, **facts):
    """Open a convention on `territories`; `parties` are dicts of ConventionParty's fields."""
    convention = Convention(name=name, slug=slug, is_demonstration=is_demonstration, **facts)
    convention.full_clean()
    convention.save()
    ConventionTerritory.objects.bulk_create(
        ConventionTerritory(convention=convention, territory=territory) for territory in territories
    )
    for party in parties:
        ConventionParty.objects.create(convention=convention, **party)
    after = facts_of(convention) | {
        "territories": [f"{territory.level}:{territory.code}" for territory in territories],
        "parties": [party["organisation"].name for party in parties],
    }
    record("convention.create", by=by, target=convention, convention=convention, after=after)
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
    record("role.remove", by=by, target=user, convention=convention, before=before)


def lock(convention):
    # Two managers who remove each other at the same second must not both succeed. An UPDATE takes
    # the row on PostgreSQL; on SQLite the immediate transaction has the whole file already.
    Convention.objects.filter(pk=convention.pk).update(version=F("version"))


def manages_members(role: str) -> bool:
    return Permission.MEMBER_MANAGE in permissions.ROLES[role].permissions


def keep_a_manager(convention, *, without):
    """Raise LastManager if `without` is the only one who can manage the members."""
    managing = [name for name in permissions.ROLES if manages_members(name)]
    managers = ConventionRole.objects.filter(convention=convention, role__in=managing)
    if managers.filter(user=without).exists() and not managers.exclude(user=without).exists():
        raise LastManager(f"{without} is the only one who manages the members of {convention}.")
