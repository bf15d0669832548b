"""Somebody lost their telephone: an administrator takes the second factor away, and they are told."""

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse

from ansanm import cli
from ansanm.accounts import operations
from ansanm.accounts.models import AuditEntry
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def loser(cast):
    for kind in ("totp", "recovery_codes"):
        Authenticator.objects.create(user=cast.reader, type=kind, data={})
    return cast.reader


@pytest.fixture
def page(client, cast, loser):
    client.force_login(cast.administrator)
    return reverse("person_second_factor", args=[loser.pk])


def signed_in_by_telephone(person):
    """A session that went through the sign-in page, when there was no second factor yet."""
    held = list(Authenticator.objects.filter(user=person))
    Authenticator.objects.filter(user=person).delete()
    visitor = Client()
    visitor.post("/compte/connexion/", {"login": person.email, "password": PASSWORD})
    Authenticator.objects.bulk_create(held)
    assert visitor.get("/compte/").status_code == 200
    return visitor


def held_by(person):
    return Authenticator.objects.filter(user=person).count()


def test_it_is_taken_away_the_sessions_end_and_the_person_is_told(client, cast, loser, page):
    theirs = signed_in_by_telephone(loser)
    assert page in client.get(reverse("person", args=[loser.pk])).content.decode()
    assert "Un voleur demanderait la même chose" in client.get(page).content.decode()
    assert held_by(loser) == 2

    client.post(page)

    assert held_by(loser) == 0
    assert theirs.get("/compte/").status_code == 302
    assert client.get("/compte/").status_code == 200
    (message,) = mail.outbox
    assert message.to == [loser.email]
    assert "Administrator Payet a retiré" in message.body
    entry = AuditEntry.objects.get(verb="second_factor.reset")
    assert (entry.actor, entry.before) == (cast.administrator, {"kinds": ["recovery_codes", "totp"]})


def test_without_a_second_factor_there_is_nothing_to_take(client, cast, page):
    empty = reverse("person_second_factor", args=[cast.stranger.pk])

    assert empty not in client.get(reverse("person", args=[cast.stranger.pk])).content.decode()
    assert "il n’y a rien à retirer" in client.get(empty).content.decode()
    client.post(empty)
    assert mail.outbox == []
    assert not AuditEntry.objects.filter(verb="second_factor.reset").exists()


def test_nobody_escapes_their_own_second_factor_this_way(client, cast, page):
    """A session left open must not be enough to take the second factor of who left it."""
    Authenticator.objects.create(user=cast.administrator, type="totp", data={})

    client.post(reverse("person_second_factor", args=[cast.administrator.pk]))

    assert held_by(cast.administrator) == 1


def test_nothing_is_taken_in_silence(client, loser, page, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    told = client.post(page, follow=True).content.decode()

    assert "Rien n’a été retiré" in told
    assert held_by(loser) == 2
    assert not AuditEntry.objects.filter(verb="second_factor.reset").exists()


def test_the_command_line_does_the_same(loser, capsys):
    assert cli.main(["user", "reset-second-factor", loser.email.upper()]) == 0
    assert "sessions fermées" in capsys.readouterr().out
    assert held_by(loser) == 0
    assert mail.outbox[0].to == [loser.email]
    assert AuditEntry.objects.get(verb="second_factor.reset").actor_key == "system"
    assert cli.main(["user", "reset-second-factor", "personne@example.org"]) == 1


def test_the_command_line_goes_on_without_mail_when_told_so(loser, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    assert cli.main(["user", "reset-second-factor", loser.email]) == 1
    assert held_by(loser) == 2
    assert cli.main(["user", "reset-second-factor", loser.email, "--without-message"]) == 0
    assert held_by(loser) == 0


def test_the_operation_refuses_one_own(cast):
    with pytest.raises(operations.OwnSecondFactor):
        operations.reset_second_factor(by=cast.administrator, user=cast.administrator)
