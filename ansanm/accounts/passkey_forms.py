"""allauth's forms of a passkey, in our words: it has no French for some of its own."""

from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


def name_field(*, required: bool) -> forms.CharField:
    return forms.CharField(
        label=_("Nom de la clé"),
        required=required,
        max_length=100,
        help_text=_("Pour la reconnaître plus tard, par exemple « Téléphone »."),
    )


class AddPasskeyForm(AddWebAuthnForm):
    name = name_field(required=False)
    passwordless = forms.BooleanField(
        label=_("Se connecter avec cette clé seule"),
        required=False,
        initial=True,
        help_text=_(
            "Sans mot de passe : la clé demande alors votre empreinte, votre visage ou le code de l’appareil."
        ),
    )


class EditPasskeyForm(EditWebAuthnForm):
    name = name_field(required=True)
