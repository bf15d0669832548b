"""Accounts under /compte/: the allauth views we keep, under French addresses, and our own pages."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as usersessions
from django.urls import path, re_path
from django.views.decorators.http import require_http_methods, require_safe

from ansanm.accounts import views
from ansanm.accounts.access import public, signed_in
from ansanm.accounts.passkeys import passkeys_well_formed

form = require_http_methods(["GET", "HEAD", "POST"])

# allauth's own list also opens several e-mails per account and phones: not here. Its registration page
# stays, closed by the adapter: it says who opens an account.
sign_in = [
    path("connexion/", public(form(account.login)), name="account_login"),
    path(
        "connexion/second-facteur/",
        public(form(passkeys_well_formed(mfa.authenticate))),
        name="mfa_authenticate",
    ),
    path(
        "connexion/cle-d-acces/",
        public(form(passkeys_well_formed(webauthn.login_webauthn))),
        name="mfa_login_webauthn",
    ),
    path("deconnexion/", public(form(account.logout)), name="account_logout"),
    path("demander/", public(require_safe(account.signup)), name="account_signup"),
    path("inactif/", public(require_safe(account.account_inactive)), name="account_inactive"),
    path("confirmation/", signed_in(form(account.reauthenticate)), name="account_reauthenticate"),
    path("confirmation/code/", signed_in(form(mfa.reauthenticate)), name="mfa_reauthenticate"),
    path(
        "confirmation/cle-d-acces/",
        signed_in(form(passkeys_well_formed(webauthn.reauthenticate_webauthn))),
        name="mfa_reauthenticate_webauthn",
    ),
]
passwords = [
    path("mot-de-passe/", signed_in(form(account.password_change)), name="account_change_password"),
    path("mot-de-passe/choisir/", signed_in(form(account.password_set)), name="account_set_password"),
    path("mot-de-passe/oublie/", public(form(account.password_reset)), name="account_reset_password"),
    path(
        "mot-de-passe/oublie/envoye/",
        public(require_safe(account.password_reset_done)),
        name="account_reset_password_done",
    ),
    re_path(
        r"^mot-de-passe/nouveau/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        public(form(account.password_reset_from_key)),
        name="account_reset_password_from_key",
    ),
    path(
        "mot-de-passe/nouveau/",
        public(require_safe(account.password_reset_from_key_done)),
        name="account_reset_password_from_key_done",
    ),
]
second_factor = [
    path("securite/", signed_in(require_safe(mfa.index)), name="mfa_index"),
    path("securite/application/", signed_in(form(totp.activate_totp)), name="mfa_activate_totp"),
    path("securite/application/retirer/", signed_in(form(totp.deactivate_totp)), name="mfa_deactivate_totp"),
    path(
        "securite/codes-de-secours/",
        signed_in(require_safe(recovery_codes.view_recovery_codes)),
        name="mfa_view_recovery_codes",
    ),
    path(
        "securite/codes-de-secours/nouveaux/",
        signed_in(form(recovery_codes.generate_recovery_codes)),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "securite/codes-de-secours/telecharger/",
        signed_in(require_safe(recovery_codes.download_recovery_codes)),
        name="mfa_download_recovery_codes",
    ),
    path("securite/cles-d-acces/", signed_in(require_safe(webauthn.list_webauthn)), name="mfa_list_webauthn"),
    path(
        "securite/cles-d-acces/ajouter/",
        signed_in(form(passkeys_well_formed(webauthn.add_webauthn, registering=True))),
        name="mfa_add_webauthn",
    ),
    path(
        "securite/cles-d-acces/<int:pk>/retirer/",
        signed_in(form(webauthn.remove_webauthn)),
        name="mfa_remove_webauthn",
    ),
    path(
        "securite/cles-d-acces/<int:pk>/renommer/",
        signed_in(form(webauthn.edit_webauthn)),
        name="mfa_edit_webauthn",
    ),
    path("sessions/", signed_in(form(usersessions.list_usersessions)), name="usersessions_list"),
]
own = [
    path("", views.profile, name="profile"),
    path("personnes/", views.people, name="people"),
    path("personnes/ajouter/", views.person_add, name="person_add"),
    path("personnes/<int:pk>/", views.person, name="person"),
    path("personnes/<int:pk>/etat/", views.person_state, name="person_state"),
    path("personnes/<int:pk>/lien/", views.person_invite, name="person_invite"),
    path("personnes/<int:pk>/second-facteur/", views.person_second_factor, name="person_second_factor"),
    path("organismes/", views.organisations, name="organisations"),
    path("organismes/ajouter/", views.organisation_add, name="organisation_add"),
    path("organismes/<int:pk>/", views.organisation, name="organisation"),
    path("journal/", views.audit_trail, name="audit_trail"),
]
urlpatterns = [*sign_in, *passwords, *second_factor, *own]
