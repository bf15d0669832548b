"""The deeds on the list of supported equipment; every one checks what was read when it was written."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.models import Convention, Equipment
from ansanm.conventions.plan.actors import add_actor
from ansanm.conventions.plan.content import plain
from ansanm.territories.versions import StaleVersion

FACTS = (
    "kind",
    "name",
    "operator_kind",
    "supported_by",
    "address",
    "place",
    "in_qpv",
    "in_frr",
    "siret",
    "n_units_existing",
    "n_units_new",
    "opens_on",
    "closes_on",
    "note",
    "source_title",
    "source_url",
)
MAX_EQUIPMENT = 1_000


def told(one: Equipment) -> dict:
    facts = {name: plain(getattr(one, name)) for name in FACTS if name not in ("supported_by", "place")}
    return facts | {
        "supported_by": one.supported_by.organisation.name if one.supported_by else "",
        "place": one.place.name if one.place else "",
        "operator": one.operator.name if one.operator else "",
    }


def check(one: Equipment) -> None:
    if one.supported_by and one.supported_by.convention_id != one.convention_id:
        raise ValidationError({"supported_by": _("Cette collectivité n’est pas dans cette convention.")})
    if one.opens_on and one.closes_on:
        known = min(len(one.opens_on), len(one.closes_on))
        if one.closes_on[:known] < one.opens_on[:known]:
            raise ValidationError({"closes_on": _("La fermeture vient avant l’ouverture.")})
    one.full_clean()


def write(one: Equipment, by, operator_name: str | None, facts: dict) -> None:
    unknown = facts.keys() - {*FACTS, "is_fictitious"}
    if unknown:
        raise TypeError(f"Not facts of an equipment: {', '.join(sorted(unknown))}.")
    for name, value in facts.items():
        setattr(one, name, value)
    if operator_name is not None:
        name = operator_name.strip()
        one.operator = add_actor(by=by, convention=one.convention, name=name) if name else None
    check(one)


@transaction.atomic
def add_equipment(*, by, convention, operator_name="", **facts) -> Equipment:
    """Add one equipment; its operator becomes an organisation of the plan if it was none."""
    convention = Convention.objects.select_for_update().get(pk=convention.pk)
    if convention.equipment.standing().count() >= MAX_EQUIPMENT:
        raise ValidationError(_("La liste compte %(n)s équipements au plus.") % {"n": MAX_EQUIPMENT})
    one = Equipment(convention=convention)
    write(one, by, operator_name, facts)
    one.save()
    record("equipment.add", by=by, target=one, convention=convention, after=told(one))
    return one


def locked(equipment, base_version: int) -> Equipment:
    current = Equipment.objects.select_for_update().get(pk=equipment.pk)
    if current.version != base_version:
        raise StaleVersion(current)
    return current


@transaction.atomic
def update_equipment(*, by, equipment, base_version: int, operator_name=None, **facts) -> Equipment:
    current = locked(equipment, base_version)
    before = told(current)
    write(current, by, operator_name, facts)
    after = told(current)
    if before == after:
        return current
    current.version += 1
    current.save()
    record(
        "equipment.update", by=by, target=current, convention=current.convention, before=before, after=after
    )
    return current


@transaction.atomic
def delete_equipment(*, by, equipment, base_version: int) -> Equipment:
    """Put it in the bin, from where it comes back as it was."""
    current = locked(equipment, base_version)
    if current.deleted_at is None:
        current.deleted_at = timezone.now()
        current.version += 1
        current.save(update_fields=["deleted_at", "version"])
        record("equipment.delete", by=by, target=current, convention=current.convention)
    return current


@transaction.atomic
def restore_equipment(*, by, equipment) -> Equipment:
    current = Equipment.objects.select_for_update().get(pk=equipment.pk)
    if current.deleted_at is not None:
        current.deleted_at = None
        current.version += 1
        current.save(update_fields=["deleted_at", "version"])
        record("equipment.restore", by=by, target=current, convention=current.convention)
    return current


@transaction.atomic
def import_equipment(*, by, convention, rows) -> int:
    """Write every row or none; `rows` are (equipment or None, the version seen, facts)."""
    n_saved = 0
    for equipment, base_version, facts in rows:
        if equipment is None:
            add_equipment(by=by, convention=convention, **facts)
            n_saved += 1
        elif (
            update_equipment(by=by, equipment=equipment, base_version=base_version, **facts).version
            != base_version
        ):
            n_saved += 1
    return n_saved
