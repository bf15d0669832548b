"""Several payments of one COF matched at the same second: each counts once, whatever the order."""

import pytest

from ansanm.conventions.finance import ledger, payments
from ansanm.conventions.models import Account, Equipment, FundingAgreement, LedgerPosting, Payment
from tests.cast import play
from tests.conventions.test_concurrency import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def test_payments_matched_at_once_with_a_settled_year_all_count(transactional_db):
    cast = play()
    equipment = Equipment.objects.create(convention=cast.convention, kind="creche", name="Crèche")
    cof = FundingAgreement.objects.create(
        convention=cast.convention,
        equipment=equipment,
        device="eaje",
        year=2025,
        settled_at="2026-04-01T00:00:00Z",
    )
    ledger.settle(cof, 10_000, by=cast.caf_adviser)
    header = ["Date de paiement", "Montant en euros"]
    table = [header, *(["03/03/2025", f"{n},00"] for n in range(10, 16))]
    reading = payments.understand("liste.csv", table, convention=cast.convention)
    payments.save(reading, by=cast.caf_adviser, convention=cast.convention)

    at_once(
        [
            lambda one=one: payments.match(by=cast.caf_adviser, payment=one, agreement=cof, base_version=1)
            for one in Payment.objects.all()
        ]
    )

    # 75 € of 100 €, on one side alone.
    assert ledger.balance(Account.DUE, agreement=cof) == -2_500
    assert ledger.balance(Account.ADVANCES, agreement=cof) == 0
    balances = ledger.balances(LedgerPosting.objects.of_convention(cast.convention))
    assert balances[Account.UNMATCHED] == 0 and balances[Account.PAID] == -7_500
