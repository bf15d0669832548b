"""What people type about themselves, about others and about organisations."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ansanm.accounts.models import Organisation, User
from ansanm.accounts.permissions import PLATFORM_ROLES
from ansanm.accounts.trail import DEEDS


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["first_name", "last_name", "language"]
        widgets = {
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
        }


class PersonForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["email", "first_name", "last_name", "organisation", "language", "platform_role"]
        help_texts = {
            "email": _(
                "Adresse professionnelle : la personne y reçoit le lien pour choisir son mot de passe."
            ),
            "organisation": _("L’organisme au nom duquel la personne agit."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["platform_role"].choices = [
            ("", _("Aucun : ses droits viennent de ses rôles sur les conventions")),
            *((role.name, role.label) for role in PLATFORM_ROLES.values()),
        ]

    def clean_email(self):
        return User.clean_email(self.cleaned_data["email"])


class OrganisationForm(forms.ModelForm):
    class Meta:
        model = Organisation
        fields = ["name", "kind", "insee_code"]
        help_texts = {
            "insee_code": _("Facultatif : code Insee de la commune ou du département, SIREN de l’EPCI.")
        }


class PeopleFilter(forms.Form):
    q = forms.CharField(label=_("Nom, adresse ou organisme"), required=False, max_length=80)
    state = forms.ChoiceField(
        label=_("Comptes"),
        required=False,
        choices=[("", _("Actifs")), ("inactive", _("Désactivés")), ("all", _("Tous"))],
    )


class AuditFilter(forms.Form):
    verb = forms.CharField(label=_("Acte"), required=False, max_length=60)
    who = forms.CharField(label=_("Auteur (nom ou adresse)"), required=False, max_length=80)
    target = forms.CharField(label=_("Objet"), required=False, max_length=120)
    since = forms.DateField(
        label=_("À partir du"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_verb(self):
        """The words of the page, or the code beside them or its beginning."""
        text = self.cleaned_data["verb"].strip()
        return next((verb for verb, words in DEEDS.items() if str(words).lower() == text.lower()), text)
