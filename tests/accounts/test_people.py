"""Administrators open, change and close accounts; each person keeps their own profile."""

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from ansanm.accounts import operations
from ansanm.accounts.models import AuditEntry, Organisation, User

NEW = {
    "email": "Nouvelle@Example.org",
    "first_name": "Nouvelle",
    "last_name": "Venue",
    "language": "fr",
    "platform_role": "",
}


@pytest.fixture
def administrator(cast, client):
    client.force_login(cast.administrator)
    return cast.administrator


def test_an_account_opened_by_an_administrator_is_used_from_the_link_received(cast, administrator, client):
    answer = client.post("/compte/personnes/ajouter/", NEW | {"organisation": cast.reader.organisation.pk})
    user = User.objects.get(email="nouvelle@example.org")
    (message,) = mail.outbox
    link = message.body.split("http://testserver")[1].split()[0]
    visitor = Client()
    form = visitor.get(link, follow=True)
    chosen = {"password1": "marmaille-lontan-2026", "password2": "marmaille-lontan-2026"}
    visitor.post(form.redirect_chain[-1][0], chosen)
    visitor.post("/compte/connexion/", {"login": user.email, "password": chosen["password1"]})

    assert answer.url == f"/compte/personnes/{user.pk}/"
    assert message.to == ["nouvelle@example.org"]
    assert visitor.get("/compte/").status_code == 200
    assert list(
        AuditEntry.objects.filter(target_key=f"accounts.user:{user.pk}").values_list("verb", flat=True)
    ) == [
        "password.reset",
        "user.invite",
        "user.add",
    ]


def test_the_message_is_in_the_language_of_who_receives_it(cast, administrator, client):
    client.post("/compte/personnes/ajouter/", NEW | {"language": "en"})

    assert "/en/compte/" in mail.outbox[0].body


def test_a_mail_server_that_is_down_loses_no_account(cast, administrator, client, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    page = client.post("/compte/personnes/ajouter/", NEW, follow=True).content.decode()

    assert "n’a pas pu partir" in page
    assert User.objects.filter(email="nouvelle@example.org").exists()
    assert not AuditEntry.objects.filter(verb="user.invite").exists()


def test_one_address_is_one_account(cast, administrator, client):
    page = client.post("/compte/personnes/ajouter/", NEW | {"email": "READER@example.org"})

    assert page.status_code == 200
    assert "error-summary" in page.content.decode()


def test_the_database_refuses_capitals_in_an_address_and_roles_that_do_not_exist(cast):
    for wrong in ({"email": "Reader@example.org"}, {"platform_role": "king"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=cast.reader.pk).update(**wrong)


def test_people_are_found_by_name_address_and_organisation(cast, administrator, client):
    def found(query):
        return set(client.get(f"/compte/personnes/?{query}").context["page"].object_list)

    assert found("q=caf+la") == {cast.caf_adviser, cast.caf_administrator}
    assert found("q=caf_adv") == {cast.caf_adviser}
    operations.deactivate_user(by=administrator, user=cast.reader)
    assert cast.reader not in found("")
    assert found("state=inactive") == {cast.reader}
    assert cast.reader in found("state=all")


def test_closing_and_opening_again(cast, administrator, client):
    url = f"/compte/personnes/{cast.reader.pk}/etat/"
    client.post(url, {"active": "0"})
    assert not User.objects.get(pk=cast.reader.pk).is_active
    client.post(url, {"active": "1"})
    assert User.objects.get(pk=cast.reader.pk).is_active


def test_the_last_administrator_stays(cast, administrator, client):
    page = client.post(f"/compte/personnes/{administrator.pk}/etat/", {"active": "0"}, follow=True)
    assert "dernier administrateur" in page.content.decode()
    facts = {"first_name": "A", "last_name": "B", "email": administrator.email, "language": "fr"}
    page = client.post(f"/compte/personnes/{administrator.pk}/", facts | {"platform_role": ""})
    assert "dernier administrateur" in page.content.decode()

    administrator.refresh_from_db()
    assert administrator.is_active and administrator.platform_role == "administrator"


def test_a_new_address_is_the_one_that_signs_in(cast, administrator):
    user = operations.update_user(by=administrator, user=cast.reader, email="Lecteur@example.org")
    user.set_password("marmaille-lontan-2026")
    user.save()
    visitor = Client()

    for address, expected in (("reader@example.org", False), ("lecteur@example.org", True)):
        visitor.post("/compte/connexion/", {"login": address, "password": "marmaille-lontan-2026"})
        assert ("_auth_user_id" in visitor.session) is expected


def test_a_person_changes_their_profile_and_nothing_else(cast, client):
    client.force_login(cast.reader)
    data = {"first_name": "Léa", "last_name": "Hoarau", "language": "en", "platform_role": "administrator"}
    answer = client.post("/compte/", data)

    user = User.objects.get(pk=cast.reader.pk)
    assert (str(user), user.language, user.platform_role) == ("Léa Hoarau", "en", "")
    assert answer.url == "/en/compte/"


def test_saving_without_a_change_leaves_no_trace(cast, administrator):
    before = AuditEntry.objects.count()
    operations.update_user(by=administrator, user=cast.reader, first_name=cast.reader.first_name)

    assert AuditEntry.objects.count() == before


def test_an_organisation_is_added_once_and_corrected(cast, administrator, client):
    client.post("/compte/organismes/ajouter/", {"name": "CCAS", "kind": "other", "insee_code": "97411"})
    organisation = Organisation.objects.get(name="CCAS")
    again = client.post("/compte/organismes/ajouter/", {"name": "ccas", "kind": "other"})
    client.post(f"/compte/organismes/{organisation.pk}/", {"name": "CCAS de Saint-Denis", "kind": "city"})

    assert again.status_code == 200
    organisation.refresh_from_db()
    assert organisation.name == "CCAS de Saint-Denis"
    assert AuditEntry.objects.get(verb="organisation.update").changes[0] == ("insee_code", "97411", None)


def test_an_organisation_of_a_kind_that_does_not_exist_is_refused(cast):
    with pytest.raises(ValidationError):
        operations.add_organisation(by=cast.administrator, name="X", kind="empire")
