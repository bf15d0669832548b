"""Several people sign, or take again, the same draft at the same second: it is signed once, as read."""

import threading

import pytest
from django.db import connection

from ansanm.conventions.agreement import operations, snapshot
from ansanm.conventions.models import AgreementVersion, PartySignature
from tests.cast import play
from tests.conventions.agreement.deeds import draft

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
N_EACH = 3


def test_a_draft_is_signed_once_and_only_as_it_was_read(transactional_db):
    cast = play()
    version = draft(cast)
    token = operations.token_of(version)
    keys = [one.pk for one in PartySignature.objects.filter(party__convention=cast.convention)]

    def sign():
        return operations.sign_version(
            by=cast.city_officer, version=version, token=token, signed_on="2026-12", signed_by=keys
        )

    def take():
        return operations.take_draft(
            by=cast.caf_adviser, convention=cast.convention, token=token, title="Un autre texte"
        )

    deeds = [sign, take] * N_EACH
    barrier, outcomes = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(place):
        try:
            barrier.wait(timeout=20)
            outcomes[place] = deeds[place]()
        except operations.StaleDraft as told:
            outcomes[place] = told
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(deeds))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)

    done = [one for one in outcomes if isinstance(one, AgreementVersion)]
    assert len(done) == 1
    assert all(isinstance(one, operations.StaleDraft) for one in outcomes if one not in done)
    (kept,) = AgreementVersion.objects.filter(convention=cast.convention)
    if kept.state == "signed":
        assert kept.title == "CTG 2026-2030"
        assert len(snapshot.read(kept)["signing"]["signed_by"]) == len(keys)
    else:
        assert kept.title == "Un autre texte"
