"""What is booked, in two sides that are equal. Debit is positive, credit negative; amounts in cents.

Nothing booked is changed: `reverse` books the opposite. After every deed `offset` books what makes the
accounts of an agreement say what is true of it (`standing_of`), so that a payment matched late, undone
or given back lands where it would have, had it come in time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from ansanm.conventions.models import Account, FundingAgreement, LedgerEntry, LedgerPosting

Kind = LedgerEntry.Kind
Posting = tuple[str, FundingAgreement | None, int]


@dataclass(frozen=True)
class Standing:
    """What the accounts of one agreement hold once its payments are set against its entitlement."""

    advances: int
    due: int
    overpaid: int


def standing_of(*, paid_cents: int, entitled_cents: int | None) -> Standing:
    """Before the year is settled, payments are advances; afterwards the difference stands on one side."""
    if entitled_cents is None:
        return Standing(paid_cents, 0, 0)
    left = entitled_cents - paid_cents
    return Standing(0, -max(left, 0), max(-left, 0))


@transaction.atomic
def book(
    *, by, convention, kind, on: date, postings: Iterable[Posting], agreement=None, payment=None,
    declaration=None, reverses=None, note="",
) -> LedgerEntry | None:  # fmt: skip
    """Write an entry and seal it; nothing where every amount is zero."""
    kept = [one for one in postings if one[2]]
    if not kept:
        return None
    entry = LedgerEntry.objects.create(
        convention=convention,
        kind=kind,
        booked_on=on,
        agreement=agreement,
        payment=payment,
        declaration=declaration,
        reverses=reverses,
        note=note,
        by=by,
    )
    LedgerPosting.objects.bulk_create(
        LedgerPosting(entry=entry, account=account, agreement=of, amount_cents=cents)
        for account, of, cents in kept
    )
    # The database checks the sum at this moment, and keeps the entry from then on.
    entry.is_sealed = True
    entry.save(update_fields=["is_sealed"])
    return entry


def reverse(entry: LedgerEntry, *, by, note="", on: date | None = None) -> LedgerEntry:
    """Book the opposite of an entry, once; today where `on` is not told."""
    reversal = book(
        by=by,
        convention=entry.convention,
        kind=Kind.REVERSE,
        on=on or timezone.localdate(),
        postings=[(one.account, one.agreement, -one.amount_cents) for one in entry.postings.all()],
        agreement=entry.agreement,
        payment=entry.payment,
        declaration=entry.declaration,
        reverses=entry,
        note=note,
    )
    assert reversal is not None, "A sealed entry has postings."
    return reversal


def balance(account: str, *, agreement: FundingAgreement) -> int:
    postings = LedgerPosting.objects.standing().filter(account=account, agreement=agreement)
    return postings.aggregate(total=Sum("amount_cents"))["total"] or 0


def balances(postings) -> dict[str, int]:
    """The sum of each account over these postings, those never used at zero."""
    found = dict(postings.order_by().values_list("account").annotate(total=Sum("amount_cents")))
    return {account: found.get(account, 0) for account in Account.values}


def active(agreement: FundingAgreement, kind: str):
    """The entries of that kind that nothing has reversed."""
    return agreement.ledger_entries.filter(kind=kind, is_sealed=True, reversed_by__isnull=True)


def commit(agreement: FundingAgreement, cents: int, *, by, declaration=None) -> None:
    """Make the commitment of the Caf this much, whatever it was."""
    change = cents - balance(Account.COMMITTED, agreement=agreement)
    book(
        by=by,
        convention=agreement.convention,
        kind=Kind.RELEASE if cents == 0 else Kind.COMMIT,
        on=timezone.localdate(),
        postings=[(Account.COMMITTED, agreement, change), (Account.COMMITTED_FOR, agreement, -change)],
        agreement=agreement,
        declaration=declaration,
    )


def entitled_of(agreement: FundingAgreement) -> int | None:
    """What was settled, None before: an entitlement of zero is settled too."""
    return balance(Account.ENTITLED, agreement=agreement) if agreement.is_settled else None


def paid_of(agreement: FundingAgreement, until: date | None = None) -> int:
    payments = agreement.payments.all()
    if until:
        payments = payments.filter(paid_on__lte=until)
    return payments.aggregate(total=Sum("amount_cents"))["total"] or 0


def offset(agreement: FundingAgreement, *, by, payment=None) -> None:
    """Bring advances, balance and overpayment to what they are."""
    wanted = standing_of(paid_cents=paid_of(agreement), entitled_cents=entitled_of(agreement))
    changes = [
        (account, agreement, target - balance(account, agreement=agreement))
        for account, target in (
            (Account.ADVANCES, wanted.advances),
            (Account.DUE, wanted.due),
            (Account.OVERPAID, wanted.overpaid),
        )
    ]
    book(
        by=by,
        convention=agreement.convention,
        kind=Kind.OFFSET,
        on=timezone.localdate(),
        postings=changes,
        agreement=agreement,
        payment=payment,
    )


def settle(agreement: FundingAgreement, cents: int, *, by, declaration=None) -> None:
    """Book the entitlement of the year; `agreement.settled_at` is already set."""
    for accrual in active(agreement, Kind.ACCRUE):
        reverse(accrual, by=by)
    commit(agreement, 0, by=by, declaration=declaration)
    book(
        by=by,
        convention=agreement.convention,
        kind=Kind.ENTITLE,
        on=timezone.localdate(),
        postings=[(Account.ENTITLED, agreement, cents), (Account.DUE, agreement, -cents)],
        agreement=agreement,
        declaration=declaration,
    )
    offset(agreement, by=by)


def unsettle(agreement: FundingAgreement, committed_cents: int, *, by, note="") -> None:
    """Take the entitlement back; `agreement.settled_at` is already empty."""
    for entry in active(agreement, Kind.ENTITLE):
        reverse(entry, by=by, note=note)
    commit(agreement, committed_cents, by=by)
    offset(agreement, by=by)


def accrue(agreement: FundingAgreement, cents: int, *, by) -> bool:
    """Book the accrued liability of 31 December, in place of another; False where it stood already."""
    standing = list(active(agreement, Kind.ACCRUE))
    if -balance(Account.ACCRUED, agreement=agreement) == cents:
        return False
    day = date(agreement.year, 12, 31)
    for entry in standing:
        reverse(entry, by=by, on=day)
    book(
        by=by,
        convention=agreement.convention,
        kind=Kind.ACCRUE,
        on=day,
        postings=[(Account.ENTITLED, agreement, cents), (Account.ACCRUED, agreement, -cents)],
        agreement=agreement,
    )
    return True


def receive(payment, *, by) -> None:
    """Book a payment that was made, before anybody knows what for."""
    book(
        by=by,
        convention=payment.convention,
        kind=Kind.PAYMENT,
        on=payment.paid_on,
        postings=[
            (Account.UNMATCHED, None, payment.amount_cents),
            (Account.PAID, None, -payment.amount_cents),
        ],
        payment=payment,
    )


def match(payment, *, by) -> None:
    """Book what a payment was for; `payment.agreement` is already set."""
    agreement = payment.agreement
    book(
        by=by,
        convention=payment.convention,
        kind=Kind.MATCH,
        on=timezone.localdate(),
        postings=[
            (Account.ADVANCES, agreement, payment.amount_cents),
            (Account.UNMATCHED, None, -payment.amount_cents),
        ],
        agreement=agreement,
        payment=payment,
    )
    offset(agreement, by=by, payment=payment)


def unmatch(payment, agreement: FundingAgreement, *, by, note="") -> None:
    """Reverse the last match of a payment; `payment.agreement` is already empty."""
    entry = active(agreement, Kind.MATCH).filter(payment=payment).get()
    reverse(entry, by=by, note=note)
    offset(agreement, by=by, payment=payment)
