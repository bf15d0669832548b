"""Headers on every answer, whatever it is; and what the settings of a real instance promise."""

from importlib import import_module

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import path

from ansanm.accounts.access import public
from tests.cast import PASSWORD
from tests.endpoints import every_endpoint

ENDPOINTS = every_endpoint()


@public
def breaks(request):
    raise RuntimeError("on purpose")


urlpatterns = [path("breaks/", breaks, name="breaks"), *import_module(settings.ROOT_URLCONF).urlpatterns]
handler403 = "ansanm.ui.views.forbidden"
handler404 = "ansanm.ui.views.not_found"
handler500 = "ansanm.ui.views.server_error"


def faults(response, *, signed_in=False):
    headers = response.headers
    policy = headers.get("Content-Security-Policy", "")
    wanted = {
        "csp": "default-src 'none'" in policy and "script-src 'self'" in policy,
        "csp is strict": "unsafe" not in policy and "*" not in policy and "http" not in policy,
        "csp closes": all(
            part in policy for part in ("base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'")
        ),
        "never framed": headers.get("X-Frame-Options") == "DENY",
        "nosniff": headers.get("X-Content-Type-Options") == "nosniff",
        "referrer": headers.get("Referrer-Policy") == "same-origin",
        "coop": headers.get("Cross-Origin-Opener-Policy") == "same-origin",
        "corp": headers.get("Cross-Origin-Resource-Policy") == "same-origin",
        "permissions": "camera=()" in headers.get("Permissions-Policy", ""),
        "cache": "Cache-Control" in headers,
        "kept nowhere": not signed_in or "no-store" in headers.get("Cache-Control", ""),
        "never shared": signed_in
        or "public" not in headers.get("Cache-Control", "")
        or "Set-Cookie" not in headers,
    }
    return [name for name, there in wanted.items() if not there]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=[endpoint.name for endpoint in ENDPOINTS])
def test_every_page_carries_the_headers(endpoint, cast):
    url = endpoint.url(cast)
    nobody, administrator, officer = Client(), Client(), Client()
    administrator.force_login(cast.administrator)
    officer.force_login(cast.city_officer)

    assert faults(nobody.get(url)) == []
    assert faults(administrator.get(url), signed_in=True) == []
    assert faults(officer.get(url), signed_in=True) == []
    # Refused for want of a token or of the method: an answer like another.
    assert faults(Client(enforce_csrf_checks=True).post(url)) == []
    assert faults(Client().options(url)) == []


@pytest.mark.urls("tests.test_security")
def test_a_page_that_breaks_carries_them_too(db):
    response = Client(raise_request_exception=False).get("/breaks/")

    assert response.status_code == 500
    assert faults(response) == []
    assert "on purpose" not in response.content.decode()


def test_a_page_that_does_not_exist_carries_them_too(db):
    response = Client().get("/nulle/part/")

    assert response.status_code == 404
    assert faults(response) == []


def test_a_static_file_carries_them_too(db):
    for url in ("/static/ui/theme.css", "/static/absent.css"):
        response = Client().get(url)
        assert faults(response) == []
        response.close()


def test_a_host_that_is_not_ours_is_refused(db):
    response = Client().get("/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert faults(response) == []


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(cast):
    client = Client()
    client.get("/compte/connexion/")
    client.post("/compte/connexion/", {"login": cast.reader.email, "password": PASSWORD})

    assert {"sessionid", "csrftoken"} <= client.cookies.keys()
    for name in ("sessionid", "csrftoken"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


def test_pages_hold_no_inline_script_style_or_handler(cast):
    """What the policy would block, the page must not need."""
    import re

    administrator, nobody = Client(), Client()
    administrator.force_login(cast.administrator)
    wrong = []
    for endpoint in ENDPOINTS:
        for client in (administrator, nobody):
            response = client.get(endpoint.url(cast))
            if not response.headers.get("Content-Type", "").startswith("text/html"):
                continue
            page = response.content.decode()
            nonce = re.search(r"'nonce-([^']+)'", response.headers["Content-Security-Policy"])
            for attributes in re.findall(r"<script\b([^>]*)>", page):
                data = 'type="application/json"' in attributes
                ours = 'src="/static/' in attributes or (nonce and nonce[1] in attributes)
                if not data and not ours:
                    wrong.append((endpoint.name, attributes))
            wrong += [
                (endpoint.name, found) for found in re.findall(r"<[^>]+\s(?:on\w+|style)=[^>]*>|<style", page)
            ]

    assert wrong == []


def test_a_real_instance_passes_the_deployment_check(settings, monkeypatch):
    # Set for good by the browser tests, when one worker plays both.
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
    settings.DEMO = False
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.DEBUG = False

    call_command("check", deploy=True, fail_level="WARNING")
