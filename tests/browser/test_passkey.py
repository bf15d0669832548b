"""The whole ceremony of a passkey, in a browser whose authenticator is Chromium's virtual one."""

import pytest
from django.utils.translation import override

# One worker: the pages share a server and a browser.
pytestmark = pytest.mark.xdist_group("browser")

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def device(site):
    """A page where the city officer is signed in, on a device that holds passkeys; and its debugger."""
    # A passkey is bound to a name: browsers make none for a bare network address.
    home = site.url.replace("127.0.0.1", "localhost")
    context = site.browser.new_context(locale="fr-FR")
    cookie = site._clients["city_officer"].cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": home}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    debugger = context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    debugger.authenticator = debugger.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})[
        "authenticatorId"
    ]
    with override("fr"):
        yield page, debugger, home
    context.close()


def held(debugger):
    return debugger.send("WebAuthn.getCredentials", {"authenticatorId": debugger.authenticator})[
        "credentials"
    ]


def register(page, home):
    page.goto(f"{home}/compte/securite/cles-d-acces/ajouter/")
    page.get_by_label("Nom de la clé").fill("Téléphone")
    assert page.get_by_label("Se connecter avec cette clé seule").is_checked()
    page.get_by_role("button", name="Ajouter cette clé d’accès").click()
    page.wait_for_url(lambda url: "ajouter" not in url)


def sign_out(page, home):
    page.context.clear_cookies()
    page.goto(f"{home}/compte/")
    assert "/connexion/" in page.url


def test_a_passkey_is_registered_then_opens_the_account_alone(site, device):
    from allauth.mfa.models import Authenticator

    page, debugger, home = device
    register(page, home)

    (credential,) = held(debugger)
    assert credential["rpId"] == "localhost" and credential["isResidentCredential"]
    page.goto(f"{home}/compte/securite/cles-d-acces/")
    assert "Téléphone" in page.inner_text("main")
    assert Authenticator.objects.filter(user=site.cast.city_officer, type="webauthn").count() == 1

    sign_out(page, home)
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.wait_for_url(lambda url: "/connexion/" not in url)

    page.goto(f"{home}/compte/")
    assert "city_officer@example.org" in page.content()
    (used,) = held(debugger)
    assert used["signCount"] > credential["signCount"]


def test_a_passkey_that_was_removed_opens_nothing(site, device):
    from allauth.mfa.models import Authenticator

    page, _debugger, home = device
    register(page, home)
    Authenticator.objects.filter(user=site.cast.city_officer, type="webauthn").delete()
    sign_out(page, home)

    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.wait_for_load_state("networkidle")

    page.goto(f"{home}/compte/")
    assert "/connexion/" in page.url
