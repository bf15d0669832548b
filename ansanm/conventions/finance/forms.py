"""What people type about money: terms of a COF, a declaration, a decision, a match, a publication."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.finance import devices
from ansanm.conventions.finance.operations import TERMS
from ansanm.conventions.models import DueDocument, Equipment, FinancePublication, FundingAgreement
from ansanm.engines.funding import checks
from ansanm.engines.funding.errors import BadInput
from ansanm.engines.written import write_number
from ansanm.funding import words


class NumberField(forms.CharField):
    """A number as people write it: « 1 234,50 »; an empty field is None, which is not zero."""

    def __init__(self, *, whole=False, **kwargs):
        super().__init__(max_length=40, **kwargs)
        self.whole = whole
        self.widget.attrs["inputmode"] = "numeric" if whole else "decimal"

    def to_python(self, value):
        text = super().to_python(value)
        if not text:
            return None
        try:
            number = checks.number("", text)
        except BadInput as error:
            raise ValidationError(words.problem(error)) from error
        if self.whole and number != number.to_integral_value():
            raise ValidationError(_t("Écrivez un nombre entier."))
        return number

    def validate(self, value):
        if self.required and value is None:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value):
        # Those of a text: a number has its own checks.
        pass

    def prepare_value(self, value):
        return write_number(float(value)) if isinstance(value, Decimal | int) else value


YES_NO = (("", _("non renseigné")), ("yes", _("oui")), ("no", _("non")))


class TermsForm(forms.ModelForm):
    """What the Caf fixes; the operation writes."""

    authorised_places = NumberField(
        whole=True, required=False, label=_("Places autorisées"),
        help_text=_("Une déclaration qui les dépasse est refusée."),
    )  # fmt: skip
    general_scheme_percent = NumberField(label=_("Taux de ressortissants du régime général, en %"))
    territory_units = NumberField(
        required=False, label=_("Offre existante, en unités"),
        help_text=_("Places, heures ou équivalents temps plein repris de l’ancien contrat."),
    )  # fmt: skip
    territory_per_unit_eur = NumberField(
        required=False, label=_("Bonus territoire par unité, en euros"),
        help_text=_("Après lissage sur le territoire, comme la Caf l’a notifié."),
    )  # fmt: skip
    new_places = NumberField(whole=True, required=False, label=_("Places nouvelles"))
    places_2023 = NumberField(
        whole=True, required=False, label=_("Places du territoire en 2023"),
        help_text=_("Pour le bonus trajectoire de développement."),
    )  # fmt: skip
    places_now = NumberField(whole=True, required=False, label=_("Places du territoire aujourd’hui"))
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = FundingAgreement
        fields = TERMS

    def _post_clean(self):
        # The operation checks: a form that wrote on the row first would hide what stood there.
        pass

    @property
    def facts(self) -> dict:
        found = {name: self.cleaned_data[name] for name in TERMS if name in self.cleaned_data}
        for name in ("authorised_places", "new_places", "places_2023", "places_now"):
            if found.get(name) is not None:
                found[name] = int(found[name])
        return found

    def clean(self):
        for name in ("authorised_places", "new_places", "places_2023", "places_now", *("territory_units",)):
            value = self.cleaned_data.get(name)
            if value is not None and not 0 <= value <= 1_000_000:
                self.add_error(name, _t("Ce nombre n’est pas possible."))
        return self.cleaned_data


class OpenForm(TermsForm):
    version = None  # nothing stands yet
    equipment = forms.ModelChoiceField(label=_("Équipement"), queryset=Equipment.objects.none())
    year = NumberField(whole=True, label=_("Année"))

    class Meta(TermsForm.Meta):
        fields = ("equipment", "device", "year", *TERMS)

    field_order = ["equipment", "device", "year", *TERMS]

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["equipment"].queryset = convention.equipment.standing()

    def clean_year(self):
        return int(self.cleaned_data["year"])


class DeclarationForm(forms.Form):
    """The fields of a device; what is typed is kept as exact numbers."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, device, **kwargs):
        super().__init__(*args, **kwargs)
        self.device = device
        for field in devices.FIELDS[device]:
            self.fields[field.name] = self.made(field)
        self.order_fields([*(one.name for one in devices.FIELDS[device]), "version"])

    def made(self, field: devices.Field) -> forms.Field:
        about = {"label": field.label, "required": field.is_required, "help_text": field.help}
        match field.unit:
            case "choice":
                return forms.ChoiceField(choices=[("", "—"), *devices.SERVICES], **about)
            case "yes_no":
                return forms.ChoiceField(choices=YES_NO, **about)
        if field.unit == "eur":
            about["label"] = _("%(label)s, en euros") % {"label": field.label}
        return NumberField(whole=field.unit == "whole", **about)

    @property
    def content(self) -> dict[str, str]:
        """What is kept: an empty field is left out, a number is exact."""
        found = {}
        for field in devices.FIELDS[self.device]:
            value = self.cleaned_data.get(field.name)
            if value not in (None, ""):
                found[field.name] = f"{value.normalize():f}" if isinstance(value, Decimal) else value
        return found


def typed_back(content: dict) -> dict:
    """A kept content as the fields show it."""
    return {
        name: value if name in ("service", "has_missions") else write_number(float(Decimal(value)))
        for name, value in content.items()
    }


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Motif"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(widget=forms.HiddenInput)


class PaperForm(forms.ModelForm):
    class Meta:
        model = DueDocument
        fields = ("kind", "label", "due_on")
        widgets = {"due_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def _post_clean(self):
        pass


class JudgeForm(forms.Form):
    state = forms.ChoiceField(label=_("État"), choices=DueDocument.State, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Motif du refus"), required=False, max_length=500)
    version = forms.IntegerField(widget=forms.HiddenInput)


class ManagersForm(forms.Form):
    users = forms.ModelMultipleChoiceField(
        label=_("Qui déclare pour cet équipement"), queryset=None, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["users"].queryset = people


class MatchForm(forms.Form):
    agreement = forms.ModelChoiceField(
        label=_("Ce paiement est pour"), queryset=FundingAgreement.objects.none()
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["agreement"].queryset = convention.funding_agreements.select_related("equipment")


class PublishForm(forms.ModelForm):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = FinancePublication
        fields = ("is_public", "note")
        widgets = {"note": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "is_public": _("Sans compte, n’importe qui lira les totaux par dispositif et par année."),
            "note": _("Ce que la convention veut dire à qui lit cette page."),
        }

    def _post_clean(self):
        pass


class FilterForm(forms.Form):
    year = forms.TypedChoiceField(label=_("Année"), required=False, coerce=int, empty_value=None)
    device = forms.ChoiceField(label=_("Dispositif"), required=False)

    def __init__(self, *args, overview, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [("", _("toutes")), *((one, str(one)) for one in overview.years)]
        held = {one.device: one.get_device_display() for one in overview.agreements}
        self.fields["device"].choices = [("", _("tous")), *sorted(held.items())]

    @property
    def wanted(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if value} if self.is_valid() else {}


class YearForm(FilterForm):
    device = None

    def __init__(self, *args, overview, **kwargs):
        forms.Form.__init__(self, *args, **kwargs)
        self.fields["year"].choices = [(one, str(one)) for one in overview.years]
        self.initial["year"] = overview.years[0] if overview.years else None
