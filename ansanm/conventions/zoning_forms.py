"""What people say of a zoning they bring."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ansanm.territories.models import LEVEL_WORDS, Level, Territory, Zoning
from ansanm.territories.zoning_files import MAX_BYTES, TOO_LARGE

# Wider ones have thousands of communes: theirs are départements' business.
SCOPES = (Level.COMMUNE, Level.EPCI, Level.DEPARTEMENT)
MAX_CHOICES = 400


class ZoningForm(forms.Form):
    name = forms.CharField(
        label=_("Nom du zonage"),
        max_length=120,
        help_text=_("Par exemple « Quartiers » ou « Secteurs scolaires »."),
    )
    kind = forms.ChoiceField(label=_("Nature"), choices=Zoning.Kind.choices)
    scope = forms.ChoiceField(label=_("Territoire découpé"))
    source = forms.CharField(
        label=_("Source"), max_length=200, required=False, help_text=_("Qui l’a dessiné, dans quel document.")
    )
    vintage = forms.RegexField(
        label=_("Année"),
        regex=r"^[0-9]{4}$",
        required=False,
        error_messages={"invalid": _("Écrivez une année, par exemple « 2026 ».")},
    )

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.places = {key_of(one): one for one in convention.places() if one.level in SCOPES}
        self.fields["scope"].choices = [(key, one.name) for key, one in self.places.items()]

    def clean_name(self):
        return " ".join(self.cleaned_data["name"].split())

    @property
    def place(self) -> Territory:
        return self.places[self.cleaned_data["scope"]]

    @property
    def facts(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("name", "kind", "source", "vintage")}


def small_enough(file):
    # By its length, before a byte of it is read.
    if file.size > MAX_BYTES:
        raise ValidationError(TOO_LARGE)


class ZoningFileForm(ZoningForm):
    file = forms.FileField(
        label=_("Fichier"),
        help_text=_(
            "GeoJSON en WGS 84, un polygone nommé (« nom ») par zone ; ou liste (CSV, XLSX) de deux "
            "colonnes, « zone » et « iris » (ou « commune »). 2 Mo et 300 zones au plus."
        ),
        validators=[small_enough],
        widget=forms.FileInput(attrs={"accept": ".geojson,.json,.csv,.xlsx"}),
    )


def key_of(place: Territory) -> str:
    return f"{LEVEL_WORDS[place.level]}:{place.code}"
