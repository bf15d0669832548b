"""What people type, or bring in a sheet, about one supported equipment: the same form reads both."""

from decimal import Decimal
from functools import cached_property

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.forms import PRECISE, PeriodField, WrittenNumberField
from ansanm.conventions.models import Equipment
from ansanm.conventions.plan.places import key_of, place_groups
from ansanm.territories.models import Territory
from ansanm.ui.formats import format_number, format_period

UNKNOWN = ("", _("non renseigné"))
YES_NO = (UNKNOWN, ("1", _("oui")), ("0", _("non")))
UNITS_HELP = _("Des places, des heures (ALSH, LAEP, ludothèque) ou des ETP (RPE, coopération).")


class UnitsField(WrittenNumberField):
    """A count of places, hours or posts, to the hundredth; None where it is not known."""

    def clean(self, value):
        written = super().clean(value)
        if written is None:
            return None
        number = Decimal(str(written.value)).quantize(Decimal("0.01"))
        if not 0 <= number <= 1_000_000:
            raise ValidationError(_("Un nombre entre 0 et 1 000 000."))
        return number


class Known:
    """Parties and places of a convention, asked once for all the lines of a sheet."""

    def __init__(self, convention):
        self.convention = convention
        self.parties = {str(one.pk): one for one in convention.parties.select_related("organisation")}

    @cached_property
    def groups(self) -> list:
        return place_groups(self.convention)

    def places(self, equipment: Equipment | None) -> list:
        key = key_of(equipment.place) if equipment and equipment.place else ""
        shown = {one for _group, held in self.groups for one, _name in held}
        return place_groups(self.convention, [key]) if key and key not in shown else self.groups


class EquipmentForm(forms.Form):
    kind = forms.ChoiceField(label=_("Type"), choices=[("", "–"), *Equipment.Kind.choices])
    name = forms.CharField(label=_("Nom"), max_length=200)
    operator_name = forms.CharField(
        label=_("Gestionnaire"),
        max_length=200,
        required=False,
        help_text=_("L’organisme à qui la Caf verse le bonus. Un nom nouveau entre parmi ceux du plan."),
        widget=forms.TextInput(attrs={"list": "operators", "autocomplete": "off"}),
    )
    operator_kind = forms.ChoiceField(
        label=_("Statut du gestionnaire"), choices=[UNKNOWN, *Equipment.Operator.choices], required=False
    )
    supported_by = forms.ChoiceField(
        label=_("Collectivité qui soutient"),
        required=False,
        help_text=_("Le signataire qui cofinance\u00a0: c’est ce soutien qui ouvre le bonus territoire."),
    )
    address = forms.CharField(label=_("Adresse"), max_length=300, required=False)
    place = forms.ChoiceField(label=_("Territoire"), required=False)
    in_qpv = forms.ChoiceField(label=_("Dans un QPV"), choices=YES_NO, required=False)
    in_frr = forms.ChoiceField(label=_("En zone FRR (ex-ZRR)"), choices=YES_NO, required=False)
    siret = forms.RegexField(
        r"^[0-9]{14}$",
        label=_("SIRET"),
        required=False,
        error_messages={"invalid": _("Un SIRET a 14 chiffres.")},
    )
    n_units_existing = UnitsField(label=_("Offre existante"), required=False, help_text=UNITS_HELP)
    n_units_new = UnitsField(
        label=_("Offre nouvelle"),
        required=False,
        help_text=_("Ce que la convention ajoute, dans la même unité."),
    )
    opens_on = PeriodField(label=_("Ouverture"), required=False, help_text=PRECISE)
    closes_on = PeriodField(label=_("Fermeture"), required=False)
    note = forms.CharField(
        label=_("Précisions"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    source_title = forms.CharField(label=_("Source"), max_length=300, required=False)
    source_url = forms.URLField(
        label=_("Adresse de la source"), max_length=500, required=False, assume_scheme="https"
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, convention, equipment: Equipment | None = None, known=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.convention, self.equipment = convention, equipment
        self.known = known or Known(convention)
        self.parties = self.known.parties
        self.fields["supported_by"].choices = [
            UNKNOWN, *((key, one.organisation.name) for key, one in self.parties.items())
        ]  # fmt: skip
        self.fields["place"].choices = [UNKNOWN, *self.known.places(equipment)]
        self.initial |= written(equipment) if equipment else {}

    @property
    def facts(self) -> dict:
        held = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        held["supported_by"] = self.parties.get(held["supported_by"])
        held["place"] = place_called(held["place"])
        for name in ("in_qpv", "in_frr"):
            held[name] = {"1": True, "0": False}.get(held[name])
        held["note"] = held["note"].replace("\r\n", "\n")
        return held

    def on_top_of(self, current):
        data = dict(self.data.items()) | {"version": current.version}
        return type(self)(data, convention=self.convention, equipment=current, known=self.known)


def place_called(key: str) -> Territory | None:
    level, colon, code = key.partition(":")
    return Territory.objects.filter(level=level, code=code).first() if colon else None


def written(one: Equipment) -> dict:
    """The facts of an equipment as the form, and a sheet, write them."""
    flags = {True: "1", False: "0", None: ""}
    return {
        "kind": one.kind,
        "name": one.name,
        "operator_name": one.operator.name if one.operator else "",
        "operator_kind": one.operator_kind,
        "supported_by": str(one.supported_by_id or ""),
        "address": one.address,
        "place": key_of(one.place) if one.place else "",
        "in_qpv": flags[one.in_qpv],
        "in_frr": flags[one.in_frr],
        "siret": one.siret,
        "n_units_existing": number(one.n_units_existing),
        "n_units_new": number(one.n_units_new),
        "opens_on": format_period(one.opens_on),
        "closes_on": format_period(one.closes_on),
        "note": one.note,
        "source_title": one.source_title,
        "source_url": one.source_url,
        "version": one.version,
    }


def number(value: Decimal | None) -> str:
    return "" if value is None else format_number(value, decimals=0 if value == int(value) else 2)
