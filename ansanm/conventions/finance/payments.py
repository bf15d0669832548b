"""The payments that a Caf made, as its list tells them: read, kept once, matched to what they were for.

Ansanm pays nobody: it records what was paid, and says what it could not attribute.
"""

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from openpyxl.utils import get_column_letter
from rapidfuzz import fuzz

from ansanm.accounts.audit import record
from ansanm.conventions.figures_sheet import CellError
from ansanm.conventions.finance import ledger
from ansanm.conventions.models import FundingAgreement, Payment, PaymentBatch
from ansanm.engines.funding import checks
from ansanm.engines.funding.errors import BadInput
from ansanm.engines.written import folded_text
from ansanm.funding import words
from ansanm.territories.versions import StaleVersion
from ansanm.ui.documents.tables import UnreadableSheet

MAX_ROWS = 5000
COLUMNS = {
    "paid_on": gettext_lazy("Date de paiement"),
    "amount": gettext_lazy("Montant en euros"),
    "beneficiary": gettext_lazy("Bénéficiaire"),
    "reference": gettext_lazy("Référence"),
    "label": gettext_lazy("Libellé"),
}
REQUIRED = ("paid_on", "amount")
MOST_CENTS = 10**12
# Of 100: what each sign of a payment is worth.
REFERENCE, NAME, AMOUNT, YEAR = 50, 25, 20, 5
# Matched without a person: the reference and one more sign, and nobody else near.
SURE, APART = 70, 15


@dataclass
class Line:
    number: int
    texts: dict[str, str]
    paid_on: date | None = None
    cents: int = 0
    is_known: bool = False  # a payment alike stands already
    errors: list[CellError] = field(default_factory=list)

    @property
    def key(self):
        texts = (folded_text(self.texts.get(name, "")) for name in ("beneficiary", "reference", "label"))
        return (self.paid_on.isoformat() if self.paid_on else "", self.cents, *texts)

    @property
    def euros(self) -> Decimal:
        return Decimal(self.cents) / 100


@dataclass
class Reading:
    name: str
    rows: list[Line]
    sha256: str

    @property
    def errors(self) -> list[CellError]:
        return [error for row in self.rows for error in row.errors]

    @property
    def new(self) -> list[Line]:
        return [row for row in self.rows if not row.is_known]


def understand(name: str, table: list[list[str]], *, convention) -> Reading:
    """What the list says, row by row, without saving anything."""
    columns = columns_of(table[0])
    rows = [
        line_of(number, dict(zip(columns, cells, strict=False)), columns)
        for number, cells in enumerate(table[1:], start=2)
        if any(cells)
    ]
    reading = Reading(name, rows, "")
    if not reading.errors:
        # Of what it says, not of its bytes: the same list saved again, or as CSV, is the same.
        said = json.dumps(sorted(row.key for row in rows), ensure_ascii=False)
        reading.sha256 = hashlib.sha256(said.encode()).hexdigest()
        mark_known(rows, convention)
    return reading


def columns_of(header) -> list[str]:
    titles = {}
    for language in ("en", "fr"):
        with override(language):
            titles |= {folded_text(str(title)): name for name, title in COLUMNS.items()}
    titles |= {"date": "paid_on", "montant": "amount"}
    columns = [titles.get(folded_text(cell), "") for cell in header]
    missing = [str(COLUMNS[name]) for name in REQUIRED if name not in columns]
    if missing:
        raise UnreadableSheet(
            _("Il manque une colonne\u00a0: %(missing)s. Les titres attendus sont ceux du modèle.")
            % {"missing": ", ".join(f"« {title} »" for title in missing)}
        )
    return columns


def line_of(number: int, texts: dict[str, str], columns) -> Line:
    row = Line(number, {name: text for name, text in texts.items() if name})

    def wrong(name, message):
        cell = f"{get_column_letter(columns.index(name) + 1)}{number}"
        row.errors.append(CellError(cell, row.texts.get(name, ""), message))

    row.paid_on = day_of(row.texts.get("paid_on", ""))
    if row.paid_on is None:
        wrong("paid_on", _("Écrivez la date en jour/mois/année, par exemple 03/03/2025."))
    try:
        row.cents = cents_of("amount", row.texts.get("amount", ""))
    except BadInput as error:
        wrong("amount", words.problem(error))
    else:
        if not row.cents:
            wrong("amount", _("Un paiement n’est jamais de zéro."))
    for name, most in (("beneficiary", 200), ("reference", 100), ("label", 300)):
        if len(row.texts.get(name, "")) > most:
            wrong(name, _("Ce texte est trop long (%(most)s caractères au plus).") % {"most": most})
    return row


def day_of(text: str) -> date | None:
    for pattern in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            found = datetime.strptime(text.strip(), pattern).date()
        except ValueError:
            continue
        return found if 2000 <= found.year <= 2100 else None
    return None


def cents_of(name: str, text: str) -> int:
    """« 1 234,50 € » is 123450; a third decimal is refused, never rounded away."""
    value = checks.number(name, text)
    cents = value * 100
    if cents != cents.to_integral_value():
        raise BadInput(name, "cents", text)
    checks.at_most(name, abs(cents), MOST_CENTS)
    return int(cents)


def mark_known(rows: list[Line], convention) -> None:
    """Say which rows stand already: twice the same row in a list is two payments, once here is one."""
    standing = Counter(
        (
            one.paid_on.isoformat(),
            one.amount_cents,
            folded_text(one.beneficiary),
            folded_text(one.reference),
            folded_text(one.label),
        )
        for one in convention.payments.filter(paid_on__in={row.paid_on for row in rows})
    )
    for row in rows:
        if standing[row.key]:
            standing[row.key] -= 1
            row.is_known = True


@dataclass(frozen=True)
class Candidate:
    agreement: FundingAgreement
    score: int
    reasons: tuple[str, ...]


def candidates(payment: Payment, agreements) -> list[Candidate]:
    """The COF that a payment may be for, the likeliest first, each with why."""
    found = [one for agreement in agreements if (one := likeness(payment, agreement)).score]
    return sorted(found, key=lambda one: (-one.score, one.agreement.pk))


def likeness(payment: Payment, agreement: FundingAgreement) -> Candidate:
    score, reasons = 0, []
    said = folded_text(f"{payment.reference} {payment.label}")
    reference = folded_text(agreement.reference)
    # Whole: « cof-1 » is neither « cof-12 » nor « cof-1-2 ».
    if reference and re.search(rf"(?<![\w/-]){re.escape(reference)}(?![\w/-])", said):
        score += REFERENCE
        reasons.append(_("la référence est celle de la COF"))
    names = {folded_text(one) for one in (agreement.beneficiary, agreement.equipment.name) if one}
    paid_to = folded_text(f"{payment.beneficiary} {payment.label}")
    alike = max((fuzz.token_set_ratio(one, paid_to) for one in names), default=0)
    if alike >= 80:
        score += round(NAME * alike / 100)
        reasons.append(_("le nom est celui du bénéficiaire ou de l’équipement"))
    if any(one.amount_cents == payment.amount_cents for one in agreement.planned_payments.all()):
        score += AMOUNT
        reasons.append(_("le montant est celui d’un versement prévu"))
    if reasons and payment.paid_on.year in (agreement.year, agreement.year + 1):
        score += YEAR
        reasons.append(_("la date convient à l’année"))
    return Candidate(agreement, score, tuple(reasons))


def sure(found: list[Candidate]) -> Candidate | None:
    """The one that needs no person: far enough above the others."""
    if not found or found[0].score < SURE:
        return None
    return None if len(found) > 1 and found[0].score - found[1].score < APART else found[0]


def agreements_of(convention):
    return list(
        convention.funding_agreements.select_related("equipment").prefetch_related("planned_payments")
    )


@transaction.atomic
def save(reading: Reading, *, by, convention) -> PaymentBatch | None:
    """Keep every new row of a list, each booked and matched where that is sure; None for a list known."""
    if reading.errors:
        raise ValueError(f"{len(reading.errors)} cells are refused: nothing is saved.")
    type(convention).objects.select_for_update().get(pk=convention.pk)
    for row in reading.rows:
        row.is_known = False
    mark_known(reading.rows, convention)
    if not reading.new or convention.payment_batches.filter(content_sha256=reading.sha256).exists():
        return None
    batch = PaymentBatch.objects.create(
        convention=convention, name=reading.name[:200], content_sha256=reading.sha256, by=by
    )
    agreements = agreements_of(convention)
    n_matched = 0
    for row in reading.new:
        payment = Payment.objects.create(
            convention=convention,
            batch=batch,
            row=row.number,
            paid_on=row.paid_on,
            amount_cents=row.cents,
            beneficiary=row.texts.get("beneficiary", ""),
            reference=row.texts.get("reference", ""),
            label=row.texts.get("label", ""),
        )
        ledger.receive(payment, by=by)
        if best := sure(candidates(payment, agreements)):
            attribute(payment, best.agreement, by=by, score=best.score)
            n_matched += 1
    record(
        "payment.import",
        by=by,
        target=batch,
        convention=convention,
        after={"n_payments": len(reading.new), "n_matched": n_matched},
    )
    return batch


def attribute(payment: Payment, agreement: FundingAgreement, *, by, score) -> None:
    # Locked: two payments of one COF must not both read what was paid before them.
    payment.agreement = FundingAgreement.objects.select_for_update().get(pk=agreement.pk)
    payment.score = score
    payment.version += 1
    payment.save(update_fields=["agreement", "score", "version"])
    ledger.match(payment, by=by)


def locked(payment: Payment, base_version: int) -> Payment:
    current = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
    if current.version != base_version:
        raise StaleVersion(current)
    return current


@transaction.atomic
def match(*, by, payment: Payment, agreement: FundingAgreement, base_version: int) -> Payment:
    """Say by hand what a payment was for."""
    current = locked(payment, base_version)
    if current.agreement_id:
        raise ValidationError(_("Ce paiement est déjà rapproché\u00a0: défaites d’abord ce rapprochement."))
    if agreement.convention_id != current.convention_id:
        raise ValidationError({"agreement": _("Cette COF est d’une autre convention.")})
    attribute(current, agreement, by=by, score=None)
    record("payment.match", by=by, target=current, convention=current.convention)
    return current


@transaction.atomic
def unmatch(*, by, payment: Payment, base_version: int) -> Payment:
    """Undo a match by the entry that reverses it; both stay in the ledger."""
    current = locked(payment, base_version)
    if current.agreement_id is None:
        raise ValidationError(_("Ce paiement n’est pas rapproché."))
    agreement = FundingAgreement.objects.select_for_update().get(pk=current.agreement_id)
    current.agreement, current.score = None, None
    current.version += 1
    current.save(update_fields=["agreement", "score", "version"])
    ledger.unmatch(current, agreement, by=by)
    record("payment.unmatch", by=by, target=current, convention=current.convention)
    return current
