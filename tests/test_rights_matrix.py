"""Every address × every role × own and other convention × every method, generated from the resolver.

What must come out is deduced from the rule the view wears and from the methods it names. An address
without a rule, without methods or without an example fails: a new page is in here by itself.
"""

import io
import zipfile
from contextlib import contextmanager
from itertools import combinations

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from ansanm.accounts.permissions import Permission, has_permission
from tests.cast import CANARY
from tests.endpoints import every_endpoint, seen_from_the_other_side
from tests.examples import EXAMPLES

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
SAFE = {"GET", "HEAD"}
ENDPOINTS = every_endpoint()
SCOPED = [endpoint for endpoint in ENDPOINTS if endpoint.rule and endpoint.rule.find]
# Who may see the other convention's texts: its own officer, and who manages organisations.
MAY_SEE_CANARY = {"neighbour", "administrator"}
# Pages of a thing each person owns (a passkey, a code), which nobody of the cast does: 403 or 404 after
# the rule let one in. tests/accounts/test_sign_in.py visits them with the thing. A saved view is one
# person's too, even shared: tests/conventions/test_saved_views.py plays the others.
OWNED = {
    "saved_view_change",
    "saved_view_delete",
    "saved_view_restore",
    "mfa_deactivate_totp",
    "mfa_download_recovery_codes",
    "mfa_edit_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_view_recovery_codes",
    # A saved simulation is its owner's: tests/funding/test_simulators.py plays the others.
    "scenario",
    "scenario_delete",
    "scenario_edit",
    "scenario_export",
    "scenario_restore",
    "scenario_share",
    "scenario_unshare",
    # The ballot of one party: its own account fills it, or who leads the concertation.
    # tests/conventions/concertation/test_priorities.py plays the others.
    "priority_vote",
}

# Signed-in people see their own jobs there, and whoever may refresh the data sees all: not the others.
PRIVATE = {"job", "job_again", "job_cancel"}
# Mail programmes post there by themselves (RFC 8058): the secret in the address stands for the token.
BY_ADDRESS = {"mail_stop"}
# Making a client reads the static folder: one does for all, its cookies changed at each call.
CLIENT = Client(raise_request_exception=False)


def names(endpoints):
    return [endpoint.name for endpoint in endpoints]


def test_every_address_has_a_rule():
    assert [endpoint.name for endpoint in ENDPOINTS if endpoint.rule is None] == []


def test_every_address_names_its_methods():
    assert [endpoint.name for endpoint in ENDPOINTS if endpoint.methods is None] == []


def test_every_address_with_arguments_has_an_example():
    wanted = {endpoint.name for endpoint in ENDPOINTS if endpoint.takes_arguments}

    assert wanted - EXAMPLES.keys() == set()
    assert EXAMPLES.keys() - wanted == set()


def test_names_are_unique():
    assert len(set(names(ENDPOINTS))) == len(ENDPOINTS)


def test_addresses_open_to_all_are_few_and_known():
    """The whole list, on purpose: a page made public by mistake shows here."""
    account = {name for name in names(ENDPOINTS) if name.startswith(("account_", "mfa_"))}
    public = {endpoint.name for endpoint in ENDPOINTS if endpoint.rule.kind == "public"} - account

    assert public <= {
        "accessibility",
        "api_guide",
        "api_indicators",
        "api_root",
        "api_schema",
        "api_similar",
        "api_territories",
        "api_territory",
        "api_values",
        # A secret address is asked for: of a person's calendar, of their mail.
        "calendar_feed",
        "mail_stop",
        "circuit_example",
        "circuit_example_export",
        "compare",
        # Nothing until it is published; then a reference, which its author alone was given.
        "consultation",
        "contribution_follow",
        "contribution_followed",
        # Its key is in its address.
        "contribute",
        "meeting_answer",
        # What residents answer and read, without an account.
        "contribute_freely",
        "contribute_freely_thanks",
        "survey_answer",
        "survey_contact",
        "survey_public_results",
        "survey_thanks",
        "creche_change",
        "creche_open",
        "explorer",
        "explorer_export",
        "family_tariff",
        # Totals that a convention chose to publish: 404 for the others.
        "finance_public",
        "finance_public_export",
        "funding_parameters",
        "funding_parameters_export",
        "gallery",
        "help",
        "home",
        "legal",
        "search",
        "set_language",
        # Its key is in its address.
        "shared_scenario",
        "source",
        "sources",
        "territories",
        "territory",
        "territory_export",
        "territory_indicator",
        "territory_indicators",
        "territory_members",
        "territory_similar",
        "territory_theme",
        "territory_zonings",
        "zoning_export",
    }


def expected(endpoint, user, convention, method) -> set[int] | None:
    """The statuses that may come out; None where the rule lets in and the view has the last word."""
    refused = refusal(endpoint.rule, user, convention)
    if refused is None and endpoint.name in PRIVATE and not has_permission(user, Permission.DATA_SYNC):
        refused = {404}
    if method in endpoint.methods:
        return refused
    # Whether the rule or the method is looked at first is all the same, as long as one refuses.
    return {405} | (refused or set())


def refusal(rule, user, convention):
    if rule.kind == "public":
        return None
    if user is None:
        return {302}
    if rule.kind == "signed_in":
        return None
    if rule.find is None:
        return None if has_permission(user, rule.permission) else {403}
    if not convention.roles_of(user):
        return {404}
    return None if has_permission(user, rule.permission, convention) else {403}


class Writing(AssertionError):
    pass


@contextmanager
def no_write():
    """Fail on any change of the database but of the session itself."""

    def look(execute, sql, params, many, context):
        words = sql.split(None, 3)
        if words[0].upper() in {"INSERT", "UPDATE", "DELETE"} and "django_session" not in sql:
            raise Writing(f"A safe method wrote: {sql[:200]}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield


def call(method, url, session=None):
    """The answer to one request, whose effects are then undone."""
    CLIENT.cookies.clear()
    if session:
        CLIENT.cookies["sessionid"] = session
    cache.clear()
    with transaction.atomic():
        if method in SAFE:
            with no_write():
                response = CLIENT.generic(method, url)
        else:
            response = CLIENT.generic(method, url)
        text(response)
        transaction.set_rollback(True)
    return response


def text(response) -> str:
    """All that an answer says, the inside of a workbook or of a Word document included."""
    if not hasattr(response, "said"):
        body = b"".join(response.streaming_content) if response.streaming else response.content
        if body[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                body = b"\n".join(archive.read(name) for name in archive.namelist())
        response.said = body.decode(errors="replace") + str(response.headers)
    return response.said


def sessions_of(people) -> dict:
    sessions = {}
    for name, user in people.items():
        client = Client()
        if user is not None:
            client.force_login(user)
        sessions[name] = client.cookies["sessionid"].value if user is not None else None
    return sessions


def sign_in_page(response):
    return response.status_code == 302 and response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=names(ENDPOINTS))
def test_each_role_gets_what_the_rule_says(endpoint, cast):
    sides = [("own", cast, cast.convention)]
    if endpoint.rule.find:
        sides.append(("other", seen_from_the_other_side(cast), cast.other_convention))
    sessions = sessions_of(cast.people)
    wrong = []
    for side, example, convention in sides:
        url = endpoint.url(example)
        for name, user in cast.people.items():
            for method in METHODS:
                response = call(method, url, sessions[name])
                status = response.status_code
                statuses = expected(endpoint, user, convention, method)
                here = f"{method} {url} ({side}) as {name}: {status}"
                if status >= 500:
                    wrong.append(here)
                elif statuses is not None:
                    if status not in statuses or (status == 302 and not sign_in_page(response)):
                        wrong.append(f"{here} instead of {statuses}")
                elif endpoint.name in OWNED and status in {403, 404}:
                    continue
                elif status in {401, 403, 405} or (endpoint.rule.kind != "public" and sign_in_page(response)):
                    wrong.append(f"{here}: refused though the rule lets in")
                elif method in SAFE and status in {301, 404}:
                    wrong.append(f"{here}: the example is not found")
                if name not in MAY_SEE_CANARY and CANARY in text(response):
                    wrong.append(f"{here} shows the other convention")

    assert wrong == []


@pytest.mark.parametrize("endpoint", SCOPED, ids=names(SCOPED))
def test_a_number_of_the_other_convention_in_an_own_address_is_not_found(endpoint, cast):
    """The address is of my convention, the thing it names is of another: it is not there."""
    own = endpoint.arguments(cast)
    other = endpoint.arguments(seen_from_the_other_side(cast))
    differing = [key for key in own if own[key] != other[key]]
    mixtures = [
        own | {key: other[key] for key in keys}
        for size in range(1, len(differing))
        for keys in combinations(differing, size)
    ]
    # Of the members, the one who may the most: a city settles no payment of the Caf.
    session = sessions_of({"caf_adviser": cast.caf_adviser})["caf_adviser"]
    found = []
    for arguments in mixtures:
        url = reverse(endpoint.name, kwargs=arguments)
        for method in endpoint.methods:
            response = call(method, url, session)
            if response.status_code != 404 or CANARY in text(response):
                found.append(f"{method} {url}: {response.status_code}")

    assert found == []


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=names(ENDPOINTS))
def test_nothing_changes_without_the_page_that_asks(endpoint, cast):
    """No unsafe method without its CSRF token, whoever sends it."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.administrator)

    statuses = {
        method: client.generic(method, endpoint.url(cast)).status_code
        for method in ("POST", "PUT", "PATCH", "DELETE")
    }

    if endpoint.name in BY_ADDRESS:
        # Still only its own methods, and nothing by a cookie: tests/conventions/test_follow_up.py.
        assert statuses.pop("POST") == 200
        assert set(statuses.values()) == {405}
        return
    assert set(statuses.values()) == {403}
