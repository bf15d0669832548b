"""What a Caf does with the values it knows: enter, correct, withdraw. Nothing is ever overwritten."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.accounts.models import Organisation
from ansanm.accounts.permissions import Permission, has_permission
from ansanm.funding.models import EnteredValue

FACTS = (
    "departement_code", "parameter", "valid_from", "value", "month_day", "source_title", "source_url",
    "source_read_on", "note",
)  # fmt: skip


class NotYourCaf(Exception):
    """Whoever asks speaks for no Caf, or for another than the one whose value it is."""


class AlreadyEntered(Exception):
    """A value stands for this parameter, day and département: it is to be corrected."""

    def __init__(self, entered: EnteredValue):
        super().__init__(f"{entered} stands already.")
        self.entered = entered


class NoLongerStands(Exception):
    """Somebody corrected or withdrew it in between; `current` is what stands now, None for nothing."""

    def __init__(self, entered: EnteredValue):
        super().__init__(f"{entered} was replaced or withdrawn.")
        self.entered = entered
        self.current = entered
        while self.current is not None and not self.current.is_standing:
            self.current = self.current.replaced_by


def caf_of(user) -> Organisation | None:
    """Return the Caf whose values `user` may enter."""
    caf = user.organisation
    is_caf = caf is not None and caf.kind == Organisation.Kind.CAF
    return caf if is_caf and has_permission(user, Permission.PARAMETER_ENTER) else None


def facts_of(entered: EnteredValue) -> dict:
    return {name: getattr(entered, name) for name in FACTS}


@transaction.atomic
def enter_value(*, by, **facts) -> EnteredValue:
    """Keep a value that the Caf of `by` answers for."""
    entered = _made(by, facts)
    if twin := _twin(entered):
        raise AlreadyEntered(twin)
    entered.save()
    record("parameter.enter", by=by, target=entered, after=facts_of(entered))
    return entered


@transaction.atomic
def correct_value(*, by, entered: EnteredValue, **facts) -> EnteredValue:
    """Put another value in the place of one, which stays in the history."""
    current = _taken(by, entered)
    before = facts_of(current)
    if before | facts == before:
        return current
    made = _made(by, before | facts | {"parameter": current.parameter})
    twin = _twin(made)
    if twin and twin.pk != current.pk:
        raise AlreadyEntered(twin)
    # Both stand for one another's reader: the old one steps aside before the new one is there.
    current.withdrawn_at, current.withdrawn_by = timezone.now(), by
    current.save(update_fields=["withdrawn_at", "withdrawn_by"])
    made.save()
    current.withdrawn_at, current.withdrawn_by, current.replaced_by = None, None, made
    current.save(update_fields=["withdrawn_at", "withdrawn_by", "replaced_by"])
    record("parameter.correct", by=by, target=made, before=before, after=facts_of(made))
    return made


@transaction.atomic
def withdraw_value(*, by, entered: EnteredValue, reason: str = "") -> EnteredValue:
    """Take a value out of every computation; it stays in the history."""
    current = _taken(by, entered)
    current.withdrawn_at, current.withdrawn_by, current.withdrawn_reason = timezone.now(), by, reason
    current.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    record("parameter.withdraw", by=by, target=current, before=facts_of(current), after={"reason": reason})
    return current


def _taken(by, entered: EnteredValue) -> EnteredValue:
    current = EnteredValue.objects.select_for_update(of=("self",)).get(pk=entered.pk)
    if caf_of(by) is None or current.organisation_id != by.organisation_id:
        raise NotYourCaf(f"{entered} is of {current.organisation}.")
    if not current.is_standing:
        raise NoLongerStands(current)
    return current


def _twin(entered: EnteredValue) -> EnteredValue | None:
    return (
        EnteredValue.objects.standing()
        .filter(
            organisation=entered.organisation,
            departement_code=entered.departement_code,
            parameter=entered.parameter,
            valid_from=entered.valid_from,
        )
        .first()
    )


def _made(by, facts: dict) -> EnteredValue:
    caf = caf_of(by)
    if caf is None:
        raise NotYourCaf(f"{by} enters values of no Caf.")
    entered = EnteredValue(organisation=caf, entered_by=by, **facts)
    check(entered)
    return entered


def check(entered: EnteredValue) -> None:
    """Refuse what cannot be, by its field."""
    problems: dict[str, str] = {}
    law = entered.law
    if law is None:
        raise ValidationError({"parameter": _("Ce paramètre n’existe pas.")})
    if entered.departement_code not in ("", entered.organisation.insee_code):
        problems["departement_code"] = _("Ce département n’est pas celui de votre Caf.")
    if law.unit == "month_day":
        if not entered.month_day:
            problems["value"] = _("Il faut un jour de l’année, comme «\u202f31 mars\u202f».")
        elif not is_month_day(entered.month_day):
            problems["month_day"] = _("Il faut un jour de l’année, comme «\u202f31 mars\u202f».")
    elif entered.value is None:
        problems["value"] = _("Il manque un nombre.")
    elif entered.value < 0:
        problems["value"] = _("Un nombre négatif n’a pas de sens ici.")
    elif law.unit == "percent" and entered.value > 1000:
        problems["value"] = _("Un pourcentage de plus de 1000 est une erreur de frappe.")
    if entered.source_read_on > timezone.localdate():
        problems["source_read_on"] = _("Cette date n’est pas encore arrivée.")
    if problems:
        raise ValidationError(problems)
    entered.full_clean(validate_unique=False, validate_constraints=False)


def is_month_day(text: str) -> bool:
    try:
        # A leap year: 29 February is a day of the year too.
        return date.fromisoformat(f"2024-{text}").strftime("%m-%d") == text
    except ValueError:
        return False
