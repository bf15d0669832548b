"""What people type about a convention, read in the forms they use, refused with the words to mend it."""

from collections.abc import Mapping
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ansanm.accounts.models import Organisation, User
from ansanm.accounts.permissions import ROLES
from ansanm.conventions.models import Convention, ConventionParty
from ansanm.conventions.operations import FACTS, PARTY_FACTS
from ansanm.engines.written import Unreadable, parse_number, parse_period, write_number
from ansanm.territories import declared
from ansanm.territories.managers import BELOW_COMMUNES
from ansanm.territories.models import DeclaredFigure, Level, Territory, Zone
from ansanm.territories.variables import variable_called, variables, variables_like
from ansanm.ui.formats import format_day, format_period, labelled, listed_apart, quoted

REASONS = {
    "empty": _("Ce champ est vide : écrivez une valeur."),
    "not_a_number": _(
        "« %(text)s » n’est pas un nombre. Écrivez par exemple « 20 500 », « 35,2 %% » ou « 430 M€ » ; "
        "ce qui le nuance (« plus de », « environ ») va dans les précisions."
    ),
    "ambiguous": _(
        "« %(text)s » se lit de deux façons. Écrivez les milliers avec une espace (« 20 500 ») et "
        "les décimales avec une virgule (« 20,5 »)."
    ),
    "unknown_unit": _(
        "« %(text)s » : l’unité n’est pas reconnue. Écrivez le nombre seul, ou suivi de %%, €, k€, M€ ou Md€."
    ),
    "too_large": _("« %(text)s » est trop grand pour être un chiffre de territoire : vérifiez l’unité."),
    "not_a_period": _(
        "« %(text)s » n’est pas une date. Écrivez « 2021 », « décembre 2021 » ou « 3 décembre 2021 »."
    ),
    "no_such_date": _("« %(text)s » n’existe pas dans le calendrier : vérifiez le jour et le mois."),
    "year_out_of_range": _("« %(text)s » : l’année doit être entre 1900 et 2100."),
}


def refusal(unreadable: Unreadable) -> ValidationError:
    return ValidationError(
        REASONS[unreadable.reason], code=unreadable.reason, params={"text": unreadable.text[:60]}
    )


class WrittenNumberField(forms.CharField):
    """A number as the language of the page writes it; cleans to a WrittenNumber."""

    def to_python(self, value):
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        try:
            return parse_number(text, in_language())
        except Unreadable as unreadable:
            raise refusal(unreadable) from unreadable


class PeriodField(forms.CharField):
    """A year, a month or a day; cleans to "2021", "2021-12" or "2021-12-03"."""

    def to_python(self, value):
        text = super().to_python(value)
        if text in self.empty_values:
            return ""
        try:
            return parse_period(text)
        except Unreadable as unreadable:
            raise refusal(unreadable) from unreadable


class DayField(PeriodField):
    """A full date; cleans to a date."""

    def to_python(self, value):
        period = super().to_python(value)
        if not period:
            return None
        if len(period) < len("2021-12-03"):
            raise ValidationError(
                _("« %(text)s » : il manque le jour. Écrivez par exemple « 3 décembre 2021 »."),
                params={"text": str(value)[:60]},
            )
        return date.fromisoformat(period)


PRECISE = _("« 2021 », « décembre 2021 » ou « 3 décembre 2021 » ; vide si elle n’est pas publiée.")


def with_errors(form, error: ValidationError):
    """Put what an operation refused beside the fields it speaks of."""
    for field, messages in getattr(error, "error_dict", {None: error}).items():
        form.add_error(field if field in form.fields else None, messages)


class ConventionForm(forms.ModelForm):
    signed_on = PeriodField(label=_("Signature"), required=False)
    starts_on = PeriodField(label=_("Début"), required=False)
    ends_on = PeriodField(label=_("Fin"), required=False)
    extended_to = PeriodField(label=_("Prolongée jusqu’à"), required=False)
    source_url = forms.URLField(
        label=_("Adresse de la source"), required=False, max_length=500, assume_scheme="https"
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Convention
        fields = FACTS
        help_texts = {
            "duration_years": _("Laissez vide si elle n’est pas publiée."),
            "source_title": _("Le document ou l’article où ces dates sont publiées."),
        }

    field_order = [*FACTS, "version"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("signed_on", "starts_on", "ends_on", "extended_to"):
            self.fields[name].help_text = PRECISE
            self.initial[name] = format_period(getattr(self.instance, name))
        self.initial["version"] = self.instance.version

    def _post_clean(self):
        # The operation writes and checks, not the form: a refused save must leave `instance` as it
        # is in the base, to be shown beside what was typed.
        pass

    @property
    def facts(self):
        return {name: self.cleaned_data[name] for name in FACTS}

    def on_top_of(self, current):
        """The same form, what was typed kept, that saves over `current` once both were read."""
        return ConventionForm(dict(self.data.items()) | {"version": current.version}, instance=current)


class PartyForm(forms.ModelForm):
    """An organisation that signs. Once it is there, another organisation is another party."""

    # Typed and not chosen: the list of all organisations would tell who else uses the platform.
    organisation = forms.CharField(
        label=_("Organisme"),
        max_length=200,
        help_text=_("Son nom, tel que la personne qui administre la plateforme l’a enregistré."),
        widget=forms.TextInput(attrs={"list": "organisations", "autocomplete": "off"}),
    )
    deliberation_on = PeriodField(label=_("Date de la délibération"), required=False)
    upload = forms.FileField(
        label=_("Délibération, en fichier"),
        required=False,
        help_text=_("PDF, DOCX, ODT ou image, 20 Mo au plus. Seuls les membres de la convention la liront."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.docx,.odt,.jpg,.jpeg,.png"}),
    )
    drop_file = forms.BooleanField(label=_("Retirer le fichier actuel"), required=False)
    joined_on = PeriodField(label=_("Entrée dans la convention"), required=False)
    left_on = PeriodField(label=_("Sortie de la convention"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = ConventionParty
        fields = PARTY_FACTS

    field_order = [
        "organisation",
        "kind",
        "deliberation_number",
        "deliberation_on",
        "upload",
        "drop_file",
        "joined_on",
        "left_on",
        "version",
    ]

    def __init__(self, *args, convention, party=None, **kwargs):
        super().__init__(*args, instance=party, **kwargs)
        self.convention = convention
        self.initial["version"] = convention.version
        self.fields["deliberation_on"].help_text = PRECISE
        self.fields["joined_on"].help_text = _("Si l’organisme entre après le début, par avenant.")
        self.fields["left_on"].help_text = _("S’il quitte la convention avant sa fin.")
        for name in ("deliberation_on", "joined_on", "left_on"):
            self.initial[name] = format_period(getattr(self.instance, name))
        if party:
            del self.fields["organisation"]
        if not (party and party.deliberation_file):
            del self.fields["drop_file"]

    def clean_organisation(self):
        name = " ".join(self.cleaned_data["organisation"].split())
        found = list(Organisation.objects.filter(name__iexact=name))
        if not found:
            raise ValidationError(
                _(
                    "Aucun organisme ne s’appelle « %(name)s ». Vérifiez son nom, ou demandez à la personne "
                    "qui administre la plateforme de l’ajouter."
                ),
                params={"name": name[:80]},
            )
        there = set(self.convention.parties.values_list("organisation", flat=True))
        absent = [one for one in found if one.pk not in there]
        if not absent:
            raise ValidationError(
                _("%(name)s est déjà au nombre des signataires."), params={"name": found[0].name}
            )
        return absent[0]

    def _post_clean(self):
        # As in ConventionForm: the operation writes and checks.
        pass

    @property
    def facts(self):
        return {name: self.cleaned_data[name] for name in PARTY_FACTS}

    def on_top_of(self, current):
        data = dict(self.data.items()) | {"version": current.version}
        party = self.instance if self.instance.pk else None
        # A browser gives the file again: a page cannot.
        return PartyForm(data, convention=current, party=party)

    @property
    def file(self) -> dict:
        """What becomes of the file, as the operations take it."""
        dropped = {"drop_file": self.cleaned_data["drop_file"]} if "drop_file" in self.fields else {}
        return {"upload": self.cleaned_data["upload"]} | dropped


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Rôle"), choices=[(one.name, one.label) for one in ROLES.values()])


class MemberForm(RoleForm):
    email = forms.EmailField(
        label=_("Adresse e-mail"),
        help_text=_("Celle du compte de la personne sur cette plateforme."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["email", "role"]

    def clean_email(self):
        email = User.clean_email(self.cleaned_data["email"])
        self.person = User.objects.filter(email=email, is_active=True).first()
        if self.person is None:
            raise ValidationError(
                _(
                    "Aucun compte n’a l’adresse « %(email)s ». Vérifiez-la, ou demandez à la personne qui "
                    "administre la plateforme d’ouvrir un compte."
                ),
                params={"email": email},
            )
        return email


class PlaceField(forms.ChoiceField):
    """One of a convention's places; parts of communes stand under the name of what cuts them up."""

    def offer(self, places: Mapping[str, Territory]) -> None:
        self.places = places
        # Written when they are shown: a sheet of 500 rows checks its places without a list of choices.
        self.choices = lambda: grouped(places)

    def valid_value(self, value):
        return value in self.places


def grouped(places: Mapping[str, Territory]) -> list:
    whole, parts = [], {}
    names = {one.code: one.name for one in places.values() if one.level == Level.COMMUNE}
    held = [one.pk for one in places.values() if one.level == Level.ZONE]
    zonings = dict(Zone.objects.filter(territory__in=held).values_list("territory", "zoning__name"))
    for key, one in places.items():
        if one.level not in BELOW_COMMUNES:
            whole.append((key, one.name))
            continue
        under = zonings.get(one.pk) or one.get_level_display()
        if len(names) > 1 and one.commune_code in names:
            under = labelled(names[one.commune_code], under)
        parts.setdefault(under, []).append((key, f"{one.name} ({one.code})"))
    return whole + list(parts.items())


class FigureForm(forms.Form):
    """One declared figure. Its territory and its variable are fixed once it is declared."""

    territory = PlaceField(
        label=_("Territoire"),
        error_messages={
            "invalid_choice": _(
                "« %(value)s » n’est ni un territoire de cette convention, ni une de ses parties."
            )
        },
    )
    variable = forms.CharField(
        label=_("Donnée"),
        help_text=_("Écrivez les premiers mots et choisissez dans la liste."),
        widget=forms.TextInput(attrs={"list": "variables", "autocomplete": "off"}),
    )
    period = PeriodField(
        label=_("Période"), help_text=_("« 2021 », « décembre 2021 » ou « 3 décembre 2021 ».")
    )
    value = WrittenNumberField(label=_("Valeur"), help_text=_("« 20 500 », « 35,2 % » ou « 430 M€ »."))
    source_title = forms.CharField(
        label=_("Source"), max_length=200, help_text=_("Document, article ou fichier d’où vient le chiffre.")
    )
    source_url = forms.URLField(
        label=_("Adresse de la source"), required=False, max_length=500, assume_scheme="https"
    )
    source_on = DayField(label=_("Date de la source"), help_text=_("« 3 décembre 2021 »."))
    note = forms.CharField(
        label=_("Précisions"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Ce qui nuance le chiffre : arrondi, périmètre, date exacte inconnue…"),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, territories, figure=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.territories = territories
        self.figure = figure
        if figure:
            del self.fields["territory"], self.fields["variable"]
            self.initial = typed(figure, in_language()) | {"version": figure.version} | self.initial
        else:
            self.fields["territory"].offer(territories)

    def clean_variable(self):
        text = self.cleaned_data["variable"]
        found = variable_called(text)
        if found is None:
            near = listed_apart(quoted(one) for one in variables_like(text))
            raise ValidationError(
                _("« %(text)s » n’est pas dans la liste. Vouliez-vous dire %(near)s ?")
                if near
                else _("« %(text)s » n’est pas dans la liste : choisissez une des données proposées."),
                params={"text": text[:80], "near": near},
            )
        return found

    def clean(self):
        cleaned = super().clean()
        written = cleaned.get("value")
        variable = variables()[self.figure.variable] if self.figure else cleaned.get("variable")
        if written and variable:
            if written.unit and written.unit != variable.unit:
                self.add_error(
                    "value",
                    ValidationError(
                        _("« %(text)s » : « %(variable)s » ne se compte pas en %(unit)s."),
                        params={
                            "text": self.data.get(self.add_prefix("value"), ""),
                            "variable": variable,
                            "unit": {"eur": "€", "percent": "%"}[written.unit],
                        },
                    ),
                )
            else:
                cleaned["value"] = written.value
        return cleaned

    @property
    def facts(self):
        return {name: self.cleaned_data[name] for name in declared.FACTS}

    def clean_note(self):
        # Browsers send \r\n, spreadsheets \n: the same note must be equal to itself.
        return self.cleaned_data["note"].replace("\r\n", "\n")

    def unsaved(self) -> DeclaredFigure:
        place = self.territories[self.cleaned_data["territory"]]
        variable = self.cleaned_data["variable"].id
        return DeclaredFigure(level=place.level, code=place.code, variable=variable, **self.facts)

    def check(self):
        """Say on the form what declaring the figure would refuse, without declaring it."""
        try:
            declared.check(self.unsaved())
        except ValidationError as error:
            with_errors(self, error)

    def on_top_of(self, current):
        """The same form, what was typed kept, that saves over `current` once both were read."""
        data = dict(self.data.items()) | {"version": current.version}
        return FigureForm(data, territories=self.territories, figure=current)

    def save(self, *, by, convention):
        """Declare or correct; return the figure, or None with errors on the form."""
        try:
            if self.figure:
                return declared.correct_figure(
                    by=by,
                    figure=self.figure,
                    version=self.cleaned_data["version"],
                    convention=convention,
                    **self.facts,
                )
            return declared.declare_figure(
                by=by,
                territory=self.territories[self.cleaned_data["territory"]],
                variable=self.cleaned_data["variable"].id,
                convention=convention,
                **self.facts,
            )
        except ValidationError as error:
            with_errors(self, error)
        except declared.AlreadyDeclared as error:
            self.add_error(
                "period",
                _("Votre organisme a déjà déclaré %(value)s pour cette période : corrigez ce chiffre.")
                % {"value": write_number(error.figure.value, in_language())},
            )
        return None


def in_language() -> str:
    return (get_language() or "fr")[:2]


def typed(figure, language: str = "fr") -> dict:
    """The figure as a person would type it again, every digit kept; both languages read the French way."""
    variable = variables().get(figure.variable)
    symbol = {"eur": " €", "percent": " %"}.get(variable.unit, "") if variable else ""
    return {
        "period": format_period(figure.period),
        "value": write_number(figure.value, language) + symbol,
        "source_title": figure.source_title,
        "source_url": figure.source_url,
        "source_on": format_day(figure.source_on),
        "note": figure.note,
    }
