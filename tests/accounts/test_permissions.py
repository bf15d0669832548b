"""Who may do what."""

import pytest
from django.contrib.auth.models import AnonymousUser

from ansanm.accounts.permissions import (
    PERMISSION_LABELS,
    PLATFORM_ROLES,
    ROLES,
    Permission,
    has_permission,
    holds_staff_role,
)

PLATFORM = {
    Permission.CONVENTION_CREATE,
    Permission.DATA_SYNC,
    Permission.USER_ADD,
    Permission.PLATFORM_AUDIT,
    Permission.PARAMETER_ENTER,
}


def test_city_and_caf_are_equals():
    """Save that a funder settles what it pays."""
    city, caf = ROLES["city_officer"].permissions, ROLES["caf_adviser"].permissions

    assert caf - city == {Permission.FINANCE_SETTLE} and city <= caf


def test_a_role_on_a_convention_never_gives_the_platform():
    assert all(not role.permissions & PLATFORM for role in ROLES.values())


def test_a_platform_role_never_opens_a_convention():
    assert all(role.permissions <= PLATFORM for role in PLATFORM_ROLES.values())


def test_every_role_reads_its_convention():
    assert all(Permission.CONVENTION_READ in role.permissions for role in ROLES.values())


def test_every_permission_is_described_and_given_by_some_role():
    given = set().union(*(role.permissions for role in [*ROLES.values(), *PLATFORM_ROLES.values()]))

    assert given == set(Permission) == set(PERMISSION_LABELS)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gives_its_permissions_on_its_convention_alone(cast, role):
    user = getattr(cast, role)
    given = {one for one in Permission if has_permission(user, one, cast.convention)}

    assert given == set(ROLES[role].permissions)
    assert not any(has_permission(user, one, cast.other_convention) for one in Permission)
    assert not any(has_permission(user, one) for one in Permission)


def test_an_administrator_does_not_read_a_convention_without_a_role(cast):
    assert has_permission(cast.administrator, Permission.USER_ADD)
    assert not has_permission(cast.administrator, Permission.CONVENTION_READ, cast.convention)


def test_nobody_and_the_deactivated_may_nothing(cast):
    cast.administrator.is_active = False

    assert not has_permission(AnonymousUser(), Permission.CONVENTION_READ, cast.convention)
    assert not has_permission(cast.administrator, Permission.USER_ADD)


def test_staff_are_the_administrators_and_the_two_officers(cast):
    staff = {name for name, user in cast.people.items() if user and holds_staff_role(user)}

    assert staff == {"administrator", "city_officer", "caf_adviser", "caf_administrator", "neighbour"}
