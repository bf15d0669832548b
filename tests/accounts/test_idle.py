"""A session left open ends by itself where it opens working data, and the person is told why."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ansanm.accounts import idle

pytestmark = pytest.mark.django_db
PAGE = "/compte/"


@pytest.fixture
def clock(monkeypatch):
    """Minutes that pass at will."""

    class Clock:
        moment = int(timezone.now().timestamp())

        def after(self, **time):
            self.moment += int(timedelta(**time).total_seconds())

    clock = Clock()
    monkeypatch.setattr(idle, "now", lambda: clock.moment)
    return clock


@pytest.fixture
def officer(cast, client, settings, clock):
    settings.DEMO = False
    Authenticator.objects.create(user=cast.city_officer, type="totp", data={"secret": "x"})
    client.force_login(cast.city_officer)
    return cast.city_officer


def is_in(client):
    return client.get(PAGE).status_code == 200


def test_after_half_an_hour_the_session_ends_and_the_sign_in_page_says_why(client, officer, clock):
    session = client.cookies["sessionid"].value
    clock.after(minutes=34)

    answer = client.get(PAGE, follow=True)

    assert answer.redirect_chain[0][0] == "/compte/connexion/?next=/compte/"
    assert "après 30 minutes sans activité" in answer.content.decode()
    assert not Session.objects.filter(session_key=session).exists()
    assert not is_in(client)


def test_who_opens_a_page_now_and_then_stays(client, officer, clock):
    for _page in range(8):
        clock.after(minutes=29)
        assert is_in(client)


def test_never_before_the_half_hour_promised(client, officer, clock):
    """The last pages seen may be too recent to have been noted."""
    clock.after(minutes=2)
    assert is_in(client)
    clock.after(minutes=30)
    assert is_in(client)


def test_a_form_sent_too_late_changes_nothing(client, officer, clock):
    clock.after(minutes=45)
    answer = client.post(PAGE, {"first_name": "Léa", "last_name": "Hoarau", "language": "fr"})

    assert answer.url.startswith("/compte/connexion/")
    officer.refresh_from_db()
    assert officer.first_name != "Léa"


def test_twelve_hours_are_the_most_even_at_work(client, officer, clock):
    for _quarter in range(48):
        clock.after(minutes=15)
        assert is_in(client)
    clock.after(minutes=15)

    assert "durée maximale" in client.get(PAGE, follow=True).content.decode()


def test_a_page_that_asks_for_news_by_itself_keeps_nobody_in(client, officer, clock):
    for _minute in range(34):
        clock.after(minutes=1)
        client.get(PAGE, headers={"HX-Request": "true"})

    assert not is_in(client)


def test_activity_is_written_down_once_in_a_few_minutes(client, officer, clock):
    def n_writes():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert is_in(client)
        return sum(one["sql"].startswith(("UPDATE", "INSERT", "DELETE")) for one in queries)

    clock.after(minutes=4)
    assert n_writes() == 1
    for _page in range(3):
        clock.after(seconds=50)
        assert n_writes() == 0
    clock.after(minutes=1)
    assert n_writes() == 1


def test_a_public_page_goes_on_without_the_session(client, officer, clock):
    clock.after(hours=1)

    answer = client.get("/aide/")

    assert answer.status_code == 200
    assert "après 30 minutes sans activité" in answer.content.decode()
    assert not is_in(client)


def test_readers_stay_and_so_does_everybody_in_a_demonstration(client, cast, settings, clock):
    settings.DEMO = False
    client.force_login(cast.reader)
    clock.after(hours=2)
    assert is_in(client)

    settings.DEMO = True
    client.force_login(cast.city_officer)
    clock.after(hours=2)
    assert is_in(client)


def test_it_is_said_before(client, officer, cast, settings):
    assert "après 30 minutes sans ouvrir de page" in client.get(PAGE).content.decode()
    settings.DEMO = True
    assert "30 minutes" not in client.get(PAGE).content.decode()
