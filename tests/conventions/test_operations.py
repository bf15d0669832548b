import pytest
from django.core.exceptions import ValidationError

from ansanm.accounts.models import AuditEntry
from ansanm.conventions import operations
from ansanm.conventions.models import ConventionRole
from ansanm.territories.versions import StaleVersion

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def last_entry():
    return AuditEntry.objects.order_by("-position").first()


def test_opening_a_convention_leaves_its_trace(cast):
    entry = AuditEntry.objects.get(verb="convention.create", target_label="CTG de Saint-Denis")

    assert entry.actor == cast.administrator
    assert entry.after["territories"] == ["commune:97411"]
    assert entry.after["parties"] == ["Ville de Saint-Denis", "Caf de La Réunion"]


def test_a_correction_is_saved_with_its_before_and_after(cast):
    saved = operations.update_convention(
        by=cast.city_officer, convention=cast.convention, version=1, signed_on="2021-12", duration_years=5
    )

    assert (saved.signed_on, saved.duration_years, saved.version) == ("2021-12", 5, 2)
    assert last_entry().before == {"signed_on": "", "duration_years": None}
    assert last_entry().after == {"signed_on": "2021-12", "duration_years": 5}


def test_saving_nothing_new_leaves_no_trace(cast):
    n_before = AuditEntry.objects.count()

    saved = operations.update_convention(
        by=cast.city_officer, convention=cast.convention, version=1, name=cast.convention.name
    )

    assert saved.version == 1
    assert AuditEntry.objects.count() == n_before


def test_the_second_of_two_saves_is_told_and_loses_nothing(cast):
    operations.update_convention(
        by=cast.city_officer, convention=cast.convention, version=1, signed_on="2021-12"
    )

    with pytest.raises(StaleVersion) as conflict:
        operations.update_convention(
            by=cast.caf_adviser, convention=cast.convention, version=1, signed_on="2021-11"
        )

    assert conflict.value.current.signed_on == "2021-12"
    cast.convention.refresh_from_db()
    assert cast.convention.signed_on == "2021-12"


def test_only_facts_can_be_updated(cast):
    with pytest.raises(TypeError, match="is_demonstration"):
        operations.update_convention(
            by=cast.city_officer, convention=cast.convention, version=1, is_demonstration=True
        )


def test_a_role_is_given_changed_and_taken_with_its_trace(cast):
    give = {"by": cast.city_officer, "convention": cast.convention, "user": cast.stranger}

    operations.set_role(**give, role="reader")
    assert cast.convention.roles_of(cast.stranger) == {"reader"}
    assert (last_entry().before, last_entry().after) == (None, {"role": "reader"})

    operations.set_role(**give, role="association")
    assert cast.convention.roles_of(cast.stranger) == {"association"}
    assert (last_entry().before, last_entry().after) == ({"role": "reader"}, {"role": "association"})

    operations.remove_role(**give)
    assert cast.convention.roles_of(cast.stranger) == set()
    assert last_entry().verb == "role.remove"


def test_a_role_that_does_not_exist_is_refused(cast):
    with pytest.raises(operations.UnknownRole, match="king"):
        operations.set_role(by=cast.city_officer, convention=cast.convention, user=cast.stranger, role="king")


def test_the_last_who_manages_members_stays(cast):
    operations.remove_role(by=cast.city_officer, convention=cast.convention, user=cast.caf_adviser)

    with pytest.raises(operations.LastManager):
        operations.remove_role(by=cast.city_officer, convention=cast.convention, user=cast.city_officer)
    with pytest.raises(operations.LastManager):
        operations.set_role(
            by=cast.city_officer, convention=cast.convention, user=cast.city_officer, role="reader"
        )

    assert ConventionRole.objects.get(user=cast.city_officer).role == "city_officer"


def test_a_role_counts_for_the_second_factor(cast):
    from ansanm.accounts.permissions import holds_staff_role

    assert holds_staff_role(cast.city_officer)
    assert not holds_staff_role(cast.reader)
    assert not holds_staff_role(cast.stranger)


def test_the_city_does_not_settle_its_own_money(cast):
    def give(by, user, role="caf_adviser"):
        operations.set_role(by=by, convention=cast.convention, user=user, role=role)

    def refused(by, user):
        with pytest.raises(ValidationError, match="Seul qui valide pour la Caf"):
            give(by, user)

    refused(cast.city_officer, cast.city_officer)
    refused(cast.city_officer, cast.stranger)
    assert cast.convention.roles_of(cast.city_officer) == {"city_officer"}
    give(cast.caf_adviser, cast.stranger)
    assert cast.convention.roles_of(cast.stranger) == {"caf_adviser"}

    # Nobody is left: a member names the first, and never themself.
    for one in (cast.stranger, cast.caf_adviser):
        operations.remove_role(by=cast.city_officer, convention=cast.convention, user=one)
    refused(cast.city_officer, cast.city_officer)
    give(cast.city_officer, cast.caf_adviser)
    assert cast.convention.roles_of(cast.caf_adviser) == {"caf_adviser"}


def test_who_opens_a_convention_may_be_its_first_adviser(cast):
    made = operations.create_convention(
        by=cast.administrator,
        name="CTG du Port",
        territories=[],
        members=[(cast.administrator, "caf_adviser")],
    )
    assert made.roles_of(cast.administrator) == {"caf_adviser"}
