import pytest
from django.urls import reverse
from django.utils.translation import override

from ansanm.accounts.models import AuditEntry
from ansanm.conventions.models import Convention
from ansanm.pages import desk, words
from ansanm.territories.variables import variables
from tests.cast import CANARY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_french_without_second_factor(settings):
    settings.DEMO = True
    # A page in English leaves its language behind in this thread.
    with override("fr"):
        yield


@pytest.mark.parametrize("language", ["", "/en"])
@pytest.mark.parametrize("name", ["home", "help", "accessibility", "legal"])
def test_pages_for_everybody_open_without_account(client, name, language):
    path = reverse(name)

    response = client.get(language + path)

    assert response.status_code == 200
    assert f'lang="{language[1:] or "fr"}"' in response.content.decode()


def test_the_home_page_leads_to_a_territory(client, territories):
    page = client.get(reverse("home")).content.decode()

    assert f'action="{reverse("search")}"' in page
    for name in ("Saint-Denis", "Bordeaux Métropole", "Bassignac-le-Bas"):
        assert name in page


def test_the_home_page_without_data_still_opens(client, db):
    assert client.get(reverse("home")).status_code == 200


def test_a_reader_has_nothing_to_do_and_an_officer_has(client, cast):
    client.force_login(cast.reader)
    assert "Rien ne vous attend" in client.get(reverse("home")).content.decode()

    client.force_login(cast.city_officer)
    page = client.get(reverse("home")).content.decode()
    assert "Les dates de début et de fin ne sont pas toutes enregistrées" in page
    assert "6 chiffres que personne ne publie manquent au diagnostic" in page


def test_the_desk_of_a_stranger_says_what_to_do(client, cast):
    client.force_login(cast.stranger)

    page = client.get(reverse("home")).content.decode()

    assert "Votre bureau est prêt" in page
    assert cast.stranger.email in page
    assert CANARY not in page


def test_the_desk_shows_the_changes_of_my_conventions_only(client, cast):
    client.force_login(cast.elected_official)

    page = client.get(reverse("home")).content.decode()

    assert "a fait entrer" in page
    assert CANARY not in page


def test_the_desk_of_a_role_without_journal_hides_changes(client, cast):
    client.force_login(cast.association)

    assert "Derniers changements" not in client.get(reverse("home")).content.decode()


@pytest.mark.parametrize(
    ("facts", "told", "is_late"),
    [
        ({"signed_on": "2021-12", "duration_years": 5}, "finit en décembre 2026", False),
        ({"ends_on": "2026-10"}, "a pris fin en octobre 2026", True),
        ({"ends_on": "2026"}, "finit en 2026", False),
        ({"ends_on": "2031"}, None, None),
        ({}, None, None),
        ({"ends_on": "2026-10", "stage": "ended"}, None, None),
    ],
)
def test_the_end_of_a_convention_is_announced_in_time(monkeypatch, facts, told, is_late):
    from datetime import date

    monkeypatch.setattr(desk.timezone, "localdate", lambda: date(2026, 11, 23))
    convention = Convention(name="CTG", slug="ctg", **facts)

    tasks = desk.renewal(convention)

    assert [task.is_late for task in tasks] == ([] if told is None else [is_late])
    assert told is None or told in tasks[0].text


def test_what_the_desk_expects_exists_and_can_be_declared():
    assert set(desk.EXPECTED) <= variables().keys()


def test_each_term_is_explained_in_both_languages():
    for key, languages in words._read(words.GLOSSARY).items():
        for language in ("fr", "en"):
            assert languages[language].keys() == {"name", "text"}, key
            assert languages[language]["text"].endswith("."), key


def test_every_producer_is_credited_with_its_licence(client, db):
    page = client.get(reverse("legal")).content.decode()

    assert "Insee" in page
    assert "Licence Ouverte 2.0" in page
    assert "LO2" not in page


def test_the_desk_costs_few_queries(client, cast, django_assert_max_num_queries):
    client.force_login(cast.city_officer)
    client.get(reverse("help"))

    with django_assert_max_num_queries(25):
        client.get(reverse("home"))
    assert AuditEntry.objects.exists()
