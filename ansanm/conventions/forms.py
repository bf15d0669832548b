"""What people type about a convention, read in the forms they use, refused with the words to mend it."""

import difflib
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ansanm.accounts import permissions
from ansanm.accounts.models import User
from ansanm.conventions.models import Convention
from ansanm.engines.written import Unreadable, parse_number, parse_period
from ansanm.territories import declared
from ansanm.territories.models import DeclaredFigure

REASONS = {
    "empty": _("Ce champ est vide : écrivez une valeur."),
    "not_a_number": _(
        "« %(text)s » n’est pas un nombre. Écrivez par exemple « 20 500 », « 35,2 % » ou « 430 M€ » ; "
        "ce qui le nuance (« plus de », « environ ») va dans la note."
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
    """A number in French forms; cleans to a WrittenNumber."""

    def to_python(self, value):
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        try:
            return parse_number(text)
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
