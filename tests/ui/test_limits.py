"""Files cost seconds of work: a caller has a budget of them, and is told when to come back."""

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from ansanm.ui import limits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_observations", "cast")]

FILE = "/territoires/commune/97411-saint-denis/diagnostic.{}"


@pytest.fixture(autouse=True)
def _small_budget(settings):
    settings.DOCUMENTS_PER_MINUTE, settings.FILES_PER_MINUTE = 2, 3
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def clock(monkeypatch):
    now = [1_000_000.0]
    monkeypatch.setattr(limits.time, "time", lambda: now[0])
    return now


def statuses(client, format, n, **more):
    return [client.get(FILE.format(format), **more).status_code for _ in range(n)]


def test_documents_have_a_smaller_budget_than_lists_of_values(client, clock):
    assert statuses(client, "xlsx", 3) == [200, 200, 429]
    assert statuses(client, "csv", 4) == [200, 200, 200, 429]

    clock[0] += 61

    assert statuses(client, "xlsx", 1) == [200]


@pytest.mark.parametrize(
    ("prefix", "told"), [("", "Réessayez dans 50 secondes"), ("/en", "Try again in 50 seconds")]
)
def test_the_answer_says_when_to_come_back(client, clock, prefix, told):
    statuses(client, "xlsx", 2)
    clock[0] += 10

    answer = client.get(prefix + FILE.format("xlsx"))

    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (429, "50", "no-store")
    assert told in answer.content.decode()


def test_what_is_refused_is_not_counted(client, clock):
    statuses(client, "xlsx", 20)
    clock[0] += 61

    assert statuses(client, "xlsx", 1) == [200]


def test_a_file_not_changed_since_is_not_made_again_and_costs_nothing(client, clock):
    etag = client.get(FILE.format("xlsx"))["ETag"]

    assert statuses(client, "xlsx", 5, headers={"If-None-Match": etag}) == [304] * 5
    assert statuses(client, "xlsx", 2) == [200, 429]


def test_each_address_and_each_account_has_its_own_budget(client, clock, cast):
    statuses(client, "xlsx", 3)

    assert statuses(client, "xlsx", 1, REMOTE_ADDR="10.0.0.9") == [200]
    client.force_login(cast.reader)
    assert statuses(client, "xlsx", 3) == [200, 200, 429]


@pytest.mark.parametrize(
    ("n_proxies", "forwarded", "believed"),
    [(0, "1.1.1.1", "9.9.9.9"), (1, "1.1.1.1, 2.2.2.2", "2.2.2.2"), (2, "1.1.1.1, 2.2.2.2", "1.1.1.1"),
     (3, "2.2.2.2", "2.2.2.2"), (1, "", "9.9.9.9")],
)  # fmt: skip
def test_the_address_is_the_one_our_proxies_saw(settings, n_proxies, forwarded, believed):
    settings.NINJA_NUM_PROXIES = n_proxies
    more = {"headers": {"x-forwarded-for": forwarded}} if forwarded else {}

    assert limits.address_of(RequestFactory().get("/", REMOTE_ADDR="9.9.9.9", **more)) == believed


def test_explorations_and_figures_have_the_same_budget(client, clock, cast):
    client.force_login(cast.reader)
    addresses = [
        "/territoires/explorer/donnees.xlsx?niveau=departement&i=population",
        "/conventions/saint-denis/chiffres/export.xlsx",
        FILE.format("xlsx"),
    ]

    assert [client.get(one).status_code for one in addresses] == [200, 200, 429]


def test_the_api_says_it_too(client, clock, monkeypatch):
    from ansanm.territories import api

    monkeypatch.setattr(api.api.throttle[0], "per_minute", 2)
    answers = [client.get("/api/v1/territories/commune/97411") for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[-1]["Retry-After"] == "60"
