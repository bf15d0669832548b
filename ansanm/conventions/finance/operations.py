"""The deeds on the money of equipment: open a COF, declare, validate, settle, ask for papers."""

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions import files
from ansanm.conventions.finance import devices, ledger
from ansanm.conventions.finance.explained import kept, missing_words
from ansanm.conventions.models import (
    Convention,
    ConventionParty,
    Device,
    DueDocument,
    EquipmentManager,
    FinancePublication,
    FundingAgreement,
    FundingDeclaration,
    FundingDeclarationRevision,
    Phase,
    PlannedPayment,
)
from ansanm.engines.funding import advances
from ansanm.engines.funding.errors import FundingError
from ansanm.engines.funding.parameters import Parameters
from ansanm.funding import words
from ansanm.funding.values import parameters_for
from ansanm.territories.versions import StaleVersion

State = FundingDeclaration.State
TERMS = (
    "reference",
    "beneficiary",
    "authorised_places",
    "employer",
    "general_scheme_percent",
    "territory_units",
    "territory_per_unit_eur",
    "new_places",
    "is_priority_area",
    "places_2023",
    "places_now",
    "is_fictitious",
)
# What a Caf usually asks for; the list of each Caf is its own, and its adviser changes it.
USUAL_PAPERS = ("budget", "accounts", "activity", "bank", "statutes", "charter")
CRECHE_PAPERS = ("authorisation", "rules", "project", "filoue")


def parameters_of(convention) -> Parameters:
    """The values that hold where the convention is, with those that its Caf gives wherever it works."""
    place = convention.territories.order_by("pk").first()
    code = place.departement_code if place else ""
    parties = convention.parties.filter(kind=ConventionParty.Kind.CAF, left_on="")
    cafs = [one.organisation for one in parties.select_related("organisation")]
    # Of two Cafs, that of the département.
    own = next((one for one in cafs if one.insee_code == code), cafs[0] if cafs else None)
    return parameters_for(code, own)


def locked(agreement: FundingAgreement, base_version: int | None = None) -> FundingAgreement:
    current = FundingAgreement.objects.select_for_update().get(pk=agreement.pk)
    if base_version is not None and current.version != base_version:
        raise StaleVersion(current)
    return current


def terms_of(agreement) -> dict:
    return {
        name: str(value) if isinstance(value := getattr(agreement, name), Decimal) else value
        for name in TERMS
    }


@transaction.atomic
def open_agreement(*, by, convention, equipment, device, year, **terms) -> FundingAgreement:
    """Open the COF of a year; ValidationError, by field, where it cannot be."""
    if equipment.convention_id != convention.pk:
        raise ValidationError({"equipment": _("Cet équipement est d’une autre convention.")})
    agreement = FundingAgreement(
        convention=convention, equipment=equipment, device=device, year=year, opened_by=by, **terms
    )
    agreement.clean_fields()
    # Two who open the same COF at once: the second waits, then is told.
    Convention.objects.select_for_update().get(pk=convention.pk)
    if FundingAgreement.objects.filter(equipment=equipment, device=device, year=year).exists():
        raise ValidationError(
            {"device": _("Une COF existe déjà pour cet équipement, ce dispositif et cette année.")}
        )
    try:
        calendar = {one.key: one.on for one in advances.days(year, parameters_of(convention))}
    except FundingError as error:
        raise ValidationError({"year": words.refusal(error)}) from error
    agreement.save()
    papers = USUAL_PAPERS + (CRECHE_PAPERS if device == Device.EAJE else ())
    DueDocument.objects.bulk_create(
        DueDocument(
            agreement=agreement,
            kind=kind,
            due_on=calendar["actual_due" if kind in ("accounts", "activity", "filoue") else "forecast_due"],
        )
        for kind in papers
    )
    record(
        "cof.open",
        by=by,
        target=agreement,
        convention=convention,
        after=terms_of(agreement) | {"year": year, "device": device},
    )
    return agreement


@transaction.atomic
def update_agreement(*, by, agreement, base_version, **terms) -> FundingAgreement:
    """Correct what the Caf fixes; what was declared keeps its amounts until it is sent or validated again."""
    current = locked(agreement, base_version)
    refuse_settled(current)
    before = terms_of(current)
    for name, value in terms.items():
        if name not in TERMS:
            raise TypeError(f"Not a term of a COF: {name}.")
        setattr(current, name, value)
    current.clean_fields()
    current.version += 1
    current.save()
    after = terms_of(current)
    changed = [name for name in TERMS if before[name] != after[name]]
    record(
        "cof.update",
        by=by,
        target=current,
        convention=current.convention,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return current


@transaction.atomic
def set_managers(*, by, equipment, users) -> None:
    """Say who declares for an equipment."""
    wanted = {one.pk for one in users}
    # Two who choose at once: the second waits, then its choice stands whole.
    Convention.objects.select_for_update().get(pk=equipment.convention_id)
    members = set(equipment.convention.roles.values_list("user_id", flat=True))
    if wanted - members:
        raise ValidationError({"users": _("Cette personne n’est pas membre de la convention.")})
    standing = EquipmentManager.objects.filter(equipment=equipment)
    standing.exclude(user__in=wanted).delete()
    held = set(standing.values_list("user_id", flat=True))
    EquipmentManager.objects.bulk_create(
        EquipmentManager(equipment=equipment, user_id=pk) for pk in sorted(wanted - held)
    )
    record(
        "cof.managers",
        by=by,
        target=equipment,
        convention=equipment.convention,
        after={"n_managers": len(wanted)},
    )


def refuse_settled(agreement) -> None:
    if agreement.is_settled:
        raise ValidationError(
            _("L’année %(year)s est close pour cette COF\u00a0: la Caf doit d’abord la rouvrir.")
            % {"year": agreement.year}
        )


def declaration_of(agreement, phase) -> FundingDeclaration | None:
    return FundingDeclaration.objects.select_for_update().filter(agreement=agreement, phase=phase).first()


def computed_for(agreement, content, parameters=None) -> list[dict]:
    """The components; ValidationError beside the field that cannot be."""
    try:
        return devices.compute(agreement, content, parameters or parameters_of(agreement.convention))
    except FundingError as error:
        name = getattr(error, "field", None)
        problem = words.problem(error) if name else words.refusal(error)
        known = {field.name for field in devices.FIELDS[agreement.device]}
        raise ValidationError({name: problem} if name in known else problem) from error


@transaction.atomic
def save_declaration(*, by, agreement, phase, content, base_version, send=False) -> FundingDeclaration:
    """Keep what the manager declares, as a draft or sent to the Caf.

    `base_version` is 0 where nothing stood; StaleVersion holds what somebody else saved.
    """
    agreement = locked(agreement)
    refuse_settled(agreement)
    current = declaration_of(agreement, phase)
    if (current.version if current else 0) != base_version:
        raise StaleVersion(current)
    if current and current.state == State.VALIDATED:
        raise ValidationError(_("La Caf a validé cette déclaration\u00a0: elle doit la renvoyer d’abord."))
    computed = computed_for(agreement, content)
    declaration = current or FundingDeclaration(agreement=agreement, phase=phase, version=0)
    before = dict(current.content) if current else {}
    declaration.content = content
    keep(declaration, by=by, computed=computed, state=State.SENT if send else State.DRAFT)
    record(
        "declaration.send" if send else "declaration.save",
        by=by,
        target=declaration,
        convention=agreement.convention,
        before={name: value for name, value in before.items() if content.get(name) != value},
        after={name: value for name, value in content.items() if before.get(name) != value},
    )
    return declaration


def keep(declaration, *, by, state, computed=None, reason="") -> None:
    """Save the declaration as its next version, and that version beside."""
    now = timezone.now()
    if computed is not None:
        declaration.computed = computed
        declaration.total_cents = devices.total_cents(computed)
    declaration.state, declaration.reason, declaration.by, declaration.at = state, reason, by, now
    if state == State.SENT:
        declaration.sent_at = now
    if state in (State.VALIDATED, State.RETURNED):
        declaration.decided_at = now
    declaration.version += 1
    declaration.save()
    FundingDeclarationRevision.objects.create(
        declaration=declaration,
        version=declaration.version,
        state=state,
        content=declaration.content,
        computed=declaration.computed,
        total_cents=declaration.total_cents,
        reason=reason,
        by=by,
        at=now,
    )


def to_decide(declaration, base_version, states) -> FundingDeclaration:
    """The declaration as it stands, its agreement locked with it."""
    agreement = locked(declaration.agreement)
    current = FundingDeclaration.objects.select_for_update().get(pk=declaration.pk)
    current.agreement = agreement
    if current.version != base_version:
        raise StaleVersion(current)
    if current.state not in states:
        raise ValidationError(_("Cette déclaration n’attend pas de décision."))
    return current


@transaction.atomic
def return_declaration(*, by, declaration, base_version, reason) -> FundingDeclaration:
    """Give it back to the manager, with why; one that was validated is no longer counted on."""
    current = to_decide(declaration, base_version, (State.SENT, State.VALIDATED))
    if not reason.strip():
        raise ValidationError({"reason": _("Dites au gestionnaire ce qu’il doit corriger.")})
    if current.state == State.VALIDATED:
        refuse_settled(current.agreement)
        if current.phase == Phase.FORECAST:
            current.agreement.planned_payments.all().delete()
    keep(current, by=by, state=State.RETURNED, reason=reason.strip())
    if current.phase != Phase.ACTUAL and not current.agreement.is_settled:
        ledger.commit(current.agreement, estimate_cents(current.agreement) or 0, by=by, declaration=current)
    record(
        "declaration.return",
        by=by,
        target=current,
        convention=current.agreement.convention,
        after={"reason": reason.strip()},
    )
    return current


@transaction.atomic
def validate_declaration(*, by, declaration, base_version) -> FundingDeclaration:
    """Take the declaration as true: computed again with the values of today, then booked.

    A forecast fixes the advances; an update, what the Caf counts on; the actual one settles the year.
    """
    current = to_decide(declaration, base_version, (State.SENT,))
    agreement = current.agreement
    refuse_settled(agreement)
    if agreement.equipment.managers.filter(user=by).exists():
        raise ValidationError(
            _("Vous déclarez pour cet équipement\u00a0: une autre personne de la Caf valide.")
        )
    parameters = parameters_of(agreement.convention)
    computed = computed_for(agreement, current.content, parameters)
    if missing := [one["missing"] for one in computed if "missing" in one]:
        raise ValidationError([missing_words(one) for one in missing])
    keep(current, by=by, state=State.VALIDATED, computed=computed)
    cents = current.total_cents
    assert cents is not None
    if current.phase == Phase.FORECAST:
        plan_advances(agreement, cents, parameters)
    if current.phase == Phase.ACTUAL:
        settle(agreement, cents, by=by, declaration=current, parameters=parameters)
    else:
        ledger.commit(agreement, estimate_cents(agreement) or 0, by=by, declaration=current)
    record(
        "declaration.validate",
        by=by,
        target=current,
        convention=agreement.convention,
        after={"total_cents": cents},
    )
    return current


def estimate_cents(agreement) -> int | None:
    """What the Caf counts on before the year is settled: the last estimate that it validated."""
    found = {
        one.phase: one.total_cents
        for one in agreement.declarations.filter(state=State.VALIDATED).exclude(phase=Phase.ACTUAL)
    }
    latest = (Phase.UPDATE_2, Phase.UPDATE_1, Phase.FORECAST)
    return next((found[phase] for phase in latest if phase in found), None)


def plan_advances(agreement, cents: int, parameters) -> None:
    try:
        both = advances.advances(
            year=agreement.year, forecast_eur=Decimal(cents) / 100, parameters=parameters
        )
    except FundingError as error:
        raise ValidationError(words.refusal(error)) from error
    for one in both:
        plan_payment(agreement, f"advance_{one.number}", one.due_on, one.amount)


def plan_payment(agreement, kind, due_on: date, amount) -> None:
    PlannedPayment.objects.update_or_create(
        agreement=agreement,
        kind=kind,
        defaults={
            "due_on": due_on,
            "amount_cents": max(round(amount.eur * 100), 0),
            "explanation": kept(amount),
        },
    )


def settle(agreement, cents: int, *, by, declaration, parameters) -> None:
    paid = ledger.paid_of(agreement)
    agreement.settled_at = timezone.now()
    agreement.version += 1
    agreement.save(update_fields=["settled_at", "version"])
    ledger.settle(agreement, cents, by=by, declaration=declaration)
    amount = advances.balance(entitlement_eur=Decimal(cents) / 100, paid_eur=Decimal(paid) / 100)
    plan_payment(agreement, PlannedPayment.Kind.BALANCE, timezone.localdate(), amount)


@transaction.atomic
def reopen(*, by, agreement, base_version, reason) -> FundingAgreement:
    """Open a settled year again: its entitlement is booked back, its actual declaration returned."""
    current = locked(agreement, base_version)
    if not current.is_settled:
        raise ValidationError(_("Cette année n’est pas close."))
    if not reason.strip():
        raise ValidationError({"reason": _("Dites pourquoi l’année est rouverte.")})
    current.settled_at = None
    current.version += 1
    current.save(update_fields=["settled_at", "version"])
    ledger.unsettle(current, estimate_cents(current) or 0, by=by, note=reason.strip()[:500])
    current.planned_payments.filter(kind=PlannedPayment.Kind.BALANCE).delete()
    actual = declaration_of(current, Phase.ACTUAL)
    if actual:
        keep(actual, by=by, state=State.RETURNED, reason=reason.strip())
    record(
        "cof.reopen",
        by=by,
        target=current,
        convention=current.convention,
        after={"reason": reason.strip()},
    )
    return current


@transaction.atomic
def accrue(*, by, convention, year: int) -> int:
    """Book what was still to pay for `year` on its 31 December; return how many COF changed."""
    if timezone.localdate() < date(year, 12, 31):
        raise ValidationError(
            {"year": _("Les charges à payer de %(year)s se constatent au 31 décembre.") % {"year": year}}
        )
    n = 0
    for agreement in convention.funding_agreements.select_for_update().filter(year=year, settled_at=None):
        # An estimate that was given back takes away what was accrued on it.
        estimate = estimate_cents(agreement) or 0
        unpaid = max(estimate - ledger.paid_of(agreement, until=date(year, 12, 31)), 0)
        n += ledger.accrue(agreement, unpaid, by=by)
    record("cof.accrue", by=by, target=convention, convention=convention, after={"year": year, "n_cofs": n})
    return n


def paper(document, base_version) -> DueDocument:
    current = DueDocument.objects.select_for_update().select_related("agreement").get(pk=document.pk)
    if current.version != base_version:
        raise StaleVersion(current)
    return current


def keep_paper(current, verb, *, by, **facts) -> DueDocument:
    for name, value in facts.items():
        setattr(current, name, value)
    current.at = timezone.now()
    current.version += 1
    current.save()
    record(
        verb,
        by=by,
        target=current,
        convention=current.agreement.convention,
        after={"state": current.state, "reason": current.reason},
    )
    return current


@transaction.atomic
def add_paper(*, by, agreement, kind, label="", due_on=None) -> DueDocument:
    document = DueDocument(agreement=agreement, kind=kind, label=label, due_on=due_on, at=timezone.now())
    document.clean_fields()
    if kind == DueDocument.Kind.OTHER and not label.strip():
        raise ValidationError({"label": _("Dites quelle pièce est attendue.")})
    document.save()
    record("paper.ask", by=by, target=document, convention=agreement.convention, after={"label": label})
    return document


@transaction.atomic
def give_paper(*, by, document, base_version, upload) -> DueDocument:
    """Bring the file of a paper; one that was refused is brought again."""
    current = paper(document, base_version)
    stored = files.store(by=by, convention=current.agreement.convention, upload=upload)
    return keep_paper(current, "paper.give", by=by, file=stored, state=DueDocument.State.RECEIVED, reason="")


@transaction.atomic
def judge_paper(*, by, document, base_version, state, reason="") -> DueDocument:
    """Say that a paper came (by another way), is still missing, or is refused and why."""
    current = paper(document, base_version)
    if state == DueDocument.State.REFUSED and not reason.strip():
        raise ValidationError({"reason": _("Dites pourquoi la pièce est refusée.")})
    kept_reason = reason.strip() if state == DueDocument.State.REFUSED else ""
    return keep_paper(current, "paper.judge", by=by, state=state, reason=kept_reason)


@transaction.atomic
def publish(*, by, convention, base_version, is_public, note) -> FinancePublication:
    """Decide whether anyone may read who pays for what in this convention."""
    Convention.objects.select_for_update().get(pk=convention.pk)
    current = FinancePublication.objects.filter(convention=convention).first()
    if (current.version if current else 0) != base_version:
        raise StaleVersion(current)
    publication = current or FinancePublication(convention=convention, version=0)
    publication.is_public, publication.note = is_public, note.strip()
    publication.by, publication.at = by, timezone.now()
    publication.version += 1
    publication.full_clean()
    publication.save()
    record(
        "finance.publish" if is_public else "finance.unpublish",
        by=by,
        target=convention,
        convention=convention,
        after={"note": publication.note},
    )
    return publication
