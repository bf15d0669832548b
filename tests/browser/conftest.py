"""A real browser on the real pages, one of each for the whole session."""

import json
import os
import time
from pathlib import Path
from unittest import mock

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread

from tests.browser.pages import address, url_names, visits

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = Path(os.environ.get("ANSANM_CHROMIUM", "/usr/bin/chromium"))
AXE = ROOT / "node_modules" / "axe-core"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# What dark colours may break; all the rest was looked at in light ones, at the same width.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
WATCH = """
window.refusals = [];
document.addEventListener("securitypolicyviolation", (e) =>
  window.refusals.push(`${e.violatedDirective} refused ${e.blockedURI || e.sample}`));
"""


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            # pytest-django makes the databases that marked tests ask for, and no other.
            item.add_marker(pytest.mark.django_db)


def _missing(what):
    message = f"{what}: these tests need Debian's chromium (apt-get install chromium) and `make setup`."
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def chromium(django_db_setup):
    if not CHROMIUM.exists():
        _missing(f"{CHROMIUM} is not there")
    if not (AXE / "axe.min.js").exists():
        _missing("node_modules/axe-core is not there")
    # Playwright's sync API runs an event loop in this thread, and Django would refuse its queries.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker, built_observations, chromium, tmp_path_factory):
    """A server on the test database with the cast and every territory; nothing of it stays behind."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal import auth as totp_auth
    from allauth.mfa.totp.internal.auth import TOTP
    from django.conf import settings
    from django.db import connections, transaction
    from django.test import override_settings

    from ansanm.territories.models import Territory
    from tests.cast import play
    from tests.data_fixtures import fill

    shared = connections["default"]
    if shared.vendor != "sqlite":
        pytest.skip("The pages are the same on every database: here, on the one whose threads share it.")
    with (
        django_db_blocker.unblock(),
        override_settings(
            OBSERVATIONS_DIR=built_observations,
            # A real instance sends staff without a second factor to set one, and shows them nothing else.
            DEMO=True,
            # These pages take longer to visit than the five minutes after which a password is asked again.
            ACCOUNT_REAUTHENTICATION_TIMEOUT=24 * 3600,
            HOME=tmp_path_factory.mktemp("home"),
            STATIC_ROOT=tmp_path_factory.mktemp("static"),
            # Without the instance's own collected files, whose hashed names the test server does not know.
            STORAGES=settings.STORAGES
            | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
        ),
        # The server's threads share this connection, so they see what is not committed; the roll-back
        # is faster than emptying tables of 37,000 territories, and spares those of other tests.
        transaction.atomic(),
        # The end of a test, and that of a request, would close it and lose what is not committed.
        mock.patch.object(shared, "close"),
    ):
        fill(Territory)
        cast = play()
        # One of them has a second factor: without it, its pages are not there.
        secret = TOTP.activate(cast.caf_adviser, totp_auth.generate_totp_secret()).instance
        RecoveryCodes.activate(secret.user)
        server = LiveServerThread("127.0.0.1", StaticFilesHandler, {"default": shared}, port=0)
        shared.inc_thread_sharing()
        server.start()
        server.is_ready.wait()
        assert server.error is None, server.error
        browser = chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield Site(f"http://{server.host}:{server.port}", cast, browser)
        # The browser first: a connection it keeps open would be left to the garbage collector.
        browser.close()
        server.terminate()
        shared.dec_thread_sharing()
        transaction.set_rollback(True)


class Site:
    def __init__(self, url, cast, browser):
        self.url, self.cast, self.browser = url, cast, browser
        self._contexts, self._visits = {}, {}
        # Here and now, because what a test writes is rolled back at its end: the examples, which may
        # declare a figure, and the sessions.
        self._addresses = {name: address(name, cast) for name in url_names()}
        self._clients = {person: self._signed_in(user) for person, user in cast.people.items()}

    def visits(self, name):
        assert self._addresses[name], f"{name} takes arguments: give an example of them in tests/examples.py."
        if name not in self._visits:
            self._visits[name] = visits(self._addresses[name], self.cast, self.get)
        return self._visits[name]

    def _signed_in(self, user):
        from django.test import Client

        client = Client(raise_request_exception=False, headers={"host": self.url.removeprefix("http://")})
        if user is not None:
            client.force_login(user)
            # As after typing a password just now: the pages of the second factor ask for it.
            session = client.session
            session["account_authentication_methods_user"] = str(user.pk)
            session["account_authentication_methods"] = [
                {"method": "password", "at": time.time(), "reauthenticated": True}
            ]
            session.save()
        return client

    def get(self, url, person):
        return self._clients[person].get(url)

    def page_for(self, person, *, javascript=True):
        """A page of a browser where this person is signed in; one context for each person."""
        if (person, javascript) not in self._contexts:
            context = self.browser.new_context(
                locale="fr-FR", reduced_motion="reduce", java_script_enabled=javascript
            )
            context.add_init_script(WATCH)
            if cookie := self._clients[person].cookies.get("sessionid"):
                context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": self.url}])
            self._contexts[person, javascript] = Watched(context.new_page())
        return self._contexts[person, javascript]


class Watched:
    """A page, and what its console said since the last visit."""

    def __init__(self, page):
        self.page, self.said = page, []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def _hear(self, message):
        if message.type in {"error", "warning"}:
            self.said.append(f"{message.text} ({message.location['url']})")

    def open(self, url, *, width=1280, scheme="light", status=200):
        self.said.clear()
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": 900})
        response = self.page.goto(url, wait_until="load")
        # A browser that is not signed in would scan the sign-in page, and find it right.
        assert (response.status, self.page.url) == (status, url)

    def look(self, *, width, scheme):
        """Change what CSS depends on, without loading the page again."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": 900})

    def axe(self, *, colours_only=False):
        """The faults axe finds; with `colours_only`, those that another colour scheme may add."""
        page = self.page
        if not page.evaluate("() => Boolean(window.axe)"):
            # Evaluated by the debugger, which the Content-Security-Policy does not bind.
            page.evaluate((AXE / "axe.min.js").read_text())
            page.evaluate(
                "l => axe.configure({locale: l})", json.loads((AXE / "locales/fr.json").read_text())
            )
        only = {"type": "rule", "values": OF_COLOURS} if colours_only else {"type": "tag", "values": TAGS}
        found = page.evaluate("only => axe.run(document, {runOnly: only, resultTypes: ['violations']})", only)
        return [
            f"{one['id']} ({one['impact']}): {one['help']} — {node['target']} {node['html'][:120]}"
            for one in found["violations"]
            for node in one["nodes"][:3]
        ]
