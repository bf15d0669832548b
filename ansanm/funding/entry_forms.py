"""A value of a Caf as a person types it, or as a row of a sheet says it: the same words, the same errors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.engines.funding import checks
from ansanm.engines.funding.errors import BadInput
from ansanm.engines.funding.parameters import Parameter, national
from ansanm.engines.written import Unreadable, parse_period
from ansanm.funding import words
from ansanm.funding.models import EnteredValue, exact
from ansanm.funding.operations import AlreadyEntered, NotYourCaf, correct_value, enter_value
from ansanm.territories.models import Territory
from ansanm.territories.variables import fold
from ansanm.ui.formats import format_day

EVERYWHERE = "*"


class DayField(forms.CharField):
    """A full date, as « 1er janvier 2026 », « 01/01/2026 » or « 2026-01-01 »."""

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            period = parse_period(text)
        except Unreadable:
            period = ""
        if len(period) < len("2026-01-01"):
            raise ValidationError(
                _("«\u202f%(text)s\u202f»\u00a0: écrivez un jour, comme «\u202f1er janvier 2026\u202f»."),
                params={"text": text[:60]},
            )
        return date.fromisoformat(period)


class ValueForm(forms.Form):
    departement = forms.ChoiceField(label=gettext_lazy("Vaut pour"))
    valid_from = DayField(
        label=gettext_lazy("À partir du"),
        help_text=gettext_lazy("Vaut jusqu’à la date suivante connue, du barème national ou de votre Caf."),
    )
    value = forms.CharField(label=gettext_lazy("Valeur"), max_length=30)
    source_title = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=200,
        help_text=gettext_lazy(
            "Le document où cette valeur est écrite\u00a0: circulaire, barème, convention."
        ),
    )
    source_url = forms.URLField(
        label=gettext_lazy("Adresse de la source"), max_length=500, assume_scheme="https"
    )
    source_read_on = DayField(label=gettext_lazy("Lue le"))
    note = forms.CharField(label=gettext_lazy("Précisions"), max_length=500, required=False)

    def __init__(self, *given, parameter: Parameter, caf, entered: EnteredValue | None = None, **options):
        super().__init__(*given, **options)
        self.parameter, self.caf, self.entered = parameter, caf, entered
        self.fields["departement"].choices = places_of(caf)
        self.fields["value"].help_text = asked_as(parameter)
        if parameter.unit != "month_day":
            self.fields["value"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}
        if entered:
            self.initial = typed(entered) | self.initial

    def clean_value(self):
        text = self.cleaned_data["value"]
        if self.parameter.unit == "month_day":
            return month_day(text)
        if self.parameter.unit == "percent":
            text = text.replace("%", "").strip()
        try:
            number = checks.number("value", text)
            checks.not_negative("value", number)
        except BadInput as error:
            raise ValidationError(words.problem(error)) from error
        return number

    @property
    def facts(self) -> dict:
        given = dict(self.cleaned_data)
        departement, value = given.pop("departement"), given.pop("value")
        is_day = self.parameter.unit == "month_day"
        return given | {
            "parameter": self.parameter.id,
            "departement_code": "" if departement == EVERYWHERE else departement,
            "value": None if is_day else value,
            "month_day": value if is_day else "",
        }

    def save(self, *, by) -> EnteredValue | None:
        """Enter or correct; None, with errors on the form, where it is refused."""
        try:
            if self.entered:
                return correct_value(by=by, entered=self.entered, **self.facts)
            return enter_value(by=by, **self.facts)
        except AlreadyEntered as refused:
            told = _("%(value)s est déjà saisi à cette date\u00a0: corrigez cette valeur.")
            self.add_error("valid_from", told % {"value": shown(refused.entered)})
        except ValidationError as refused:
            for field, messages in refused.message_dict.items():
                known = {"departement_code": "departement", "month_day": "value"}.get(field, field)
                self.add_error(known if known in self.fields else None, messages)
        except NotYourCaf:
            self.add_error(None, _("Seul l’administrateur de cette Caf saisit ses valeurs."))
        return None


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi la retirer"),
        max_length=300,
        help_text=gettext_lazy("Lu dans l’histoire, par votre Caf."),
    )


class EntryFilter(forms.Form):
    """Bound to the address."""

    q = forms.CharField(label=gettext_lazy("Mots cherchés"), required=False, max_length=80)
    state = forms.ChoiceField(
        label=gettext_lazy("Montrer"),
        required=False,
        choices=[
            ("", gettext_lazy("Ce que la Caf doit saisir")),
            ("missing", gettext_lazy("Seulement ce qui manque")),
            ("entered", gettext_lazy("Seulement ce qui est saisi")),
            ("all", gettext_lazy("Tous les paramètres")),
        ],
    )

    @property
    def wanted(self) -> dict:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def places_of(caf) -> list[tuple[str, str]]:
    found = [(EVERYWHERE, _("tous les territoires où travaille cette Caf"))]
    if code := caf.insee_code:
        found.insert(0, (code, departement_name(code)))
    return found


def departement_name(code: str) -> str:
    place = Territory.objects.filter(level="departement", code=code).first()
    return f"{place.name} ({code})" if place else _("le département %(code)s") % {"code": code}


def asked_as(parameter: Parameter) -> str:
    """Return in what the value is typed: « En euros par place »."""
    if parameter.unit == "month_day":
        return _("Un jour de l’année\u00a0: «\u202f31 mars\u202f».")
    if parameter.unit.startswith("eur"):
        return _("En euros %(per)s.") % {"per": words.unit(parameter.unit)}
    names = {
        "percent": _("En pourcentage\u00a0: «\u202f66\u202f»."),
        "ratio": _("Un rapport, sans unité."),
        "hours": _("En heures."),
        "days": _("En jours."),
        "years": _("En années."),
        "persons": _("Un nombre de personnes."),
    }
    return names[parameter.unit]


def month_day(text: str) -> str:
    """Read « 31 mars », « 31/03 » or « 03-31 » as "03-31"."""
    if len(text) == 5 and text[2] == "-":
        return text
    plain = text.replace("/", " ").strip() + (" 2024" if not text.strip().endswith("2024") else "")
    for candidate in (plain, plain.replace(" ", "/")):
        try:
            period = parse_period(candidate)
        except Unreadable:
            continue
        if len(period) == len("2024-03-31"):
            return period[5:]
    raise ValidationError(
        _("«\u202f%(text)s\u202f»\u00a0: écrivez un jour de l’année, comme «\u202f31 mars\u202f»."),
        params={"text": text[:30]},
    )


def shown(entered: EnteredValue) -> str:
    law = entered.law
    return words.parameter_value(law, entered.as_value()) if law else str(entered.value or entered.month_day)


def written(value: Decimal) -> str:
    """Every digit of a value, with a comma; three decimals would read two ways, so four are written."""
    text = f"{exact(value):f}".replace(".", ",")
    _whole, mark, decimals = text.partition(",")
    return f"{text}0" if mark and len(decimals) == 3 else text


def typed(entered: EnteredValue) -> dict:
    """The value as a person would type it again."""
    return {
        "departement": entered.departement_code or EVERYWHERE,
        "valid_from": format_day(entered.valid_from),
        "value": words.format_day_of_year(entered.month_day)
        if entered.value is None
        else written(entered.value),
        "source_title": entered.source_title,
        "source_url": entered.source_url,
        "source_read_on": format_day(entered.source_read_on),
        "note": entered.note,
    }


def departement_meant(text: str, caf) -> str:
    """Return the choice that a cell of a sheet means; the cell itself where it means none."""
    if not text or text == EVERYWHERE or fold(text).startswith(("tous", "all", "partout")):
        return EVERYWHERE
    # A spreadsheet takes the first zero of « 01 » away.
    return caf.insee_code if text.zfill(2) == caf.insee_code else text


def parameter_meant(text: str) -> Parameter | None:
    return national().by_id.get(text.strip())
