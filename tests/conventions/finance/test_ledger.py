"""The ledger: two equal sides, never changed, and always what a slow reading of the facts says."""

import random
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum

from ansanm.conventions.finance import ledger, operations, payments
from ansanm.conventions.models import (
    Account,
    Device,
    Equipment,
    FundingAgreement,
    LedgerEntry,
    LedgerPosting,
    Payment,
    PaymentBatch,
)

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def refused(deed):
    with pytest.raises(DatabaseError), transaction.atomic():
        deed()


def booked(cast, cof, cents=1000):
    return ledger.book(
        by=cast.caf_adviser,
        convention=cof.convention,
        kind="commit",
        on=date(2025, 3, 1),
        postings=[(Account.COMMITTED, cof, cents), (Account.COMMITTED_FOR, cof, -cents)],
        agreement=cof,
    )


def test_an_entry_whose_sides_differ_is_refused_by_the_database(cast, cof):
    refused(
        lambda: ledger.book(
            by=None,
            convention=cof.convention,
            kind="commit",
            on=date(2025, 3, 1),
            postings=[(Account.COMMITTED, cof, 1000), (Account.COMMITTED_FOR, cof, -999)],
        )
    )
    refused(
        lambda: ledger.book(
            by=None,
            convention=cof.convention,
            kind="commit",
            on=date(2025, 3, 1),
            postings=[(Account.COMMITTED, cof, 1000)],
        )
    )
    refused(
        lambda: LedgerEntry.objects.create(
            convention=cof.convention, kind="commit", booked_on=date(2025, 3, 1), is_sealed=True
        )
    )
    assert not LedgerEntry.objects.exists()


def test_a_sealed_entry_neither_changes_nor_vanishes_nor_takes_one_more_posting(cast, cof):
    entry = booked(cast, cof)
    posting = entry.postings.first()
    rows = LedgerEntry.objects.filter(pk=entry.pk)
    sides = LedgerPosting.objects.filter(pk=posting.pk)

    refused(lambda: rows.update(note="autre"))
    refused(lambda: rows.update(is_sealed=False))
    refused(lambda: rows.update(by=cast.reader))
    refused(lambda: sides.update(amount_cents=5))
    refused(lambda: sides._raw_delete(sides.db))
    refused(lambda: rows._raw_delete(rows.db))
    refused(lambda: LedgerPosting.objects.create(entry=entry, account="due", amount_cents=5))
    # The account of its author may be erased.
    assert rows.update(by=None) == 1


def test_an_entry_is_reversed_once(cast, cof):
    entry = booked(cast, cof)
    ledger.reverse(entry, by=cast.caf_adviser)

    assert ledger.balance(Account.COMMITTED, agreement=cof) == 0
    refused(lambda: ledger.reverse(entry, by=cast.caf_adviser))


class Twin:
    """The same money, added up anew each time from the facts alone."""

    def __init__(self):
        self.paid_to = {}  # payment -> (agreement or None, cents)
        self.settled, self.estimate, self.accrued = {}, {}, {}

    def expected(self, agreements) -> dict[tuple[str, int | None], int]:
        found = dict.fromkeys(((account, one.pk) for account in Account.values for one in agreements), 0)
        unmatched = sum(cents for to, cents in self.paid_to.values() if to is None)
        everything = sum(cents for _to, cents in self.paid_to.values())
        found["unmatched", None], found["paid", None] = unmatched, -everything
        for one in agreements:
            pk = one.pk
            paid = sum(cents for to, cents in self.paid_to.values() if to == pk)
            if pk in self.settled:
                right = self.settled[pk]
                found["entitled", pk] = right
                if paid >= right:
                    found["overpaid", pk] = paid - right
                else:
                    found["due", pk] = paid - right
            else:
                found["advances", pk] = paid
                found["committed", pk] = self.estimate.get(pk, 0)
                found["committed_for", pk] = -self.estimate.get(pk, 0)
                found["entitled", pk] = self.accrued.get(pk, 0)
                found["accrued", pk] = -self.accrued.get(pk, 0)
        return found


@pytest.mark.parametrize("seed", range(12))
def test_after_any_sequence_of_deeds_the_accounts_say_what_the_facts_say(cast, convention, seed):
    chance = random.Random(seed)
    equipment = Equipment.objects.create(convention=convention, kind="creche", name="Crèche")
    cofs = [
        FundingAgreement.objects.create(
            convention=convention, equipment=equipment, device=Device.EAJE, year=year
        )
        for year in (2024, 2025)
    ]
    batch = PaymentBatch.objects.create(convention=convention, name="essai", content_sha256=str(seed))
    twin, by = Twin(), cast.caf_adviser

    def of(cof):
        return FundingAgreement.objects.get(pk=cof.pk)

    def commit(cof):
        if cof.pk not in twin.settled:
            twin.estimate[cof.pk] = chance.choice([0, chance.randrange(1, 10**7)])
            ledger.commit(of(cof), twin.estimate[cof.pk], by=by)

    def pay(_cof):
        cents = chance.choice([chance.randrange(1, 10**6), -chance.randrange(1, 10**5)])
        payment = Payment.objects.create(
            convention=convention,
            batch=batch,
            row=len(twin.paid_to),
            paid_on="2025-03-03",
            amount_cents=cents,
        )
        ledger.receive(payment, by=by)
        twin.paid_to[payment.pk] = (None, cents)

    def match(cof):
        free = [pk for pk, (to, _cents) in twin.paid_to.items() if to is None]
        if free:
            payment = Payment.objects.get(pk=chance.choice(free))
            payments.match(by=by, payment=payment, agreement=of(cof), base_version=payment.version)
            twin.paid_to[payment.pk] = (cof.pk, payment.amount_cents)

    def unmatch(_cof):
        taken = [pk for pk, (to, _cents) in twin.paid_to.items() if to is not None]
        if taken:
            payment = Payment.objects.get(pk=chance.choice(taken))
            payments.unmatch(by=by, payment=payment, base_version=payment.version)
            twin.paid_to[payment.pk] = (None, payment.amount_cents)

    def accrue(cof):
        if cof.pk not in twin.settled:
            twin.accrued[cof.pk] = chance.choice([0, chance.randrange(1, 10**6)])
            ledger.accrue(of(cof), twin.accrued[cof.pk], by=by)

    def settle(cof):
        if cof.pk not in twin.settled:
            current = of(cof)
            current.settled_at = "2026-04-01T00:00:00Z"
            current.save()
            twin.settled[cof.pk] = chance.choice([0, chance.randrange(1, 10**7)])
            twin.accrued.pop(cof.pk, None)
            ledger.settle(of(cof), twin.settled[cof.pk], by=by)

    def reopen(cof):
        if cof.pk in twin.settled:
            del twin.settled[cof.pk]
            operations.reopen(by=by, agreement=of(cof), base_version=of(cof).version, reason="Erreur")
            twin.estimate[cof.pk] = 0

    for _turn in range(40):
        chance.choice([commit, pay, pay, match, match, unmatch, accrue, settle, reopen])(chance.choice(cofs))

    found = dict.fromkeys(twin.expected(cofs), 0)
    rows = LedgerPosting.objects.of_convention(convention).order_by()
    found |= {
        (one["account"], one["agreement"]): one["total"]
        for one in rows.values("account", "agreement").annotate(total=Sum("amount_cents"))
    }
    assert found == twin.expected(cofs)
    assert sum(ledger.balances(rows).values()) == 0
    for entry in LedgerEntry.objects.all():
        assert sum(one.amount_cents for one in entry.postings.all()) == 0
        assert entry.is_sealed


@pytest.mark.skipif(connection.vendor != "sqlite", reason="INSERT OR REPLACE is of SQLite")
def test_a_sealed_row_is_not_replaced_by_one_of_its_number(cast, cof):
    entry = booked(cast, cof)
    posting = entry.postings.first()

    def replace(one, **changes):
        fields = one._meta.concrete_fields
        values = [changes.get(field.column, getattr(one, field.attname)) for field in fields]
        columns, marks = ", ".join(field.column for field in fields), ", ".join(["%s"] * len(fields))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT OR REPLACE INTO {one._meta.db_table} ({columns}) VALUES ({marks})", values
            )

    refused(lambda: replace(entry, is_sealed=False))
    refused(lambda: replace(posting, amount_cents=5))
    posting.refresh_from_db()
    assert abs(posting.amount_cents) == 1000 and LedgerEntry.objects.get(pk=entry.pk).is_sealed
