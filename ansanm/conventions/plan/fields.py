"""What people type in a fiche, read as they write it: vague dates, amounts, organisations by name."""

from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.forms import refusal
from ansanm.conventions.plan.actors import Actors
from ansanm.engines import vague_dates
from ansanm.engines.written import Unreadable, parse_number, write_number
from ansanm.ui.formats import format_vague, listed_apart, quoted

VAGUE_HELP = _(
    "«\u00a02026\u00a0», «\u00a0second semestre 2026\u00a0», «\u00a0pas avant septembre 2026\u00a0», "
    "«\u00a03 décembre 2026\u00a0»."
)


class VagueField(forms.CharField):
    """A date as vague as it is known; cleans to its canonical text."""

    def to_python(self, value):
        text = super().to_python(value)
        if text in self.empty_values:
            return ""
        try:
            return vague_dates.parse(text).canonical
        except Unreadable as unreadable:
            if unreadable.reason != "not_a_period":
                raise refusal(unreadable) from unreadable
            raise ValidationError(
                _(
                    "«\u00a0%(text)s\u00a0» n’est pas une date. Écrivez par exemple «\u00a02026\u00a0», "
                    "«\u00a0second semestre 2026\u00a0» ou «\u00a0pas avant septembre 2026\u00a0»."
                ),
                code="not_a_date",
                params={"text": text[:60]},
            ) from unreadable

    def prepare_value(self, value):
        """The words that are read back as the same date; what was typed wrong, as it was typed."""
        try:
            return format_vague(vague_dates.parse_canonical(value).canonical) if value else ""
        except Unreadable:
            return value


class TypedNumber(forms.CharField):
    """A number as French writes it; cleans to the decimal text that contents keep, "" for none."""

    def __init__(self, *, most, places=2, units=("",), **kwargs):
        super().__init__(**kwargs)
        self.most, self.places, self.units = most, places, units
        self.widget.attrs.setdefault("inputmode", "decimal")

    def to_python(self, value):
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        try:
            written = parse_number(text)
        except Unreadable as unreadable:
            raise refusal(unreadable) from unreadable
        number = Decimal(repr(written.value))
        if written.unit not in self.units:
            raise ValidationError(
                _("«\u00a0%(text)s\u00a0»\u00a0: l’unité n’a pas sa place ici, écrivez le nombre seul."),
                params={"text": text[:60]},
            )
        if number < 0 or number > self.most:
            raise ValidationError(
                _("«\u00a0%(text)s\u00a0»\u00a0: écrivez un nombre entre 0 et %(most)s."),
                params={"text": text[:60], "most": write_number(self.most)},
            )
        if number != round(number, self.places):
            raise ValidationError(
                _("«\u00a0%(text)s\u00a0»\u00a0: %(n)s décimales au plus.")
                if self.places
                else _("«\u00a0%(text)s\u00a0» n’est pas entier."),
                params={"text": text[:60], "n": self.places},
            )
        return format(number.normalize(), "f")


class TypedWhole(TypedNumber):
    """A whole number; cleans to an int, None for none."""

    def __init__(self, *, most, **kwargs):
        super().__init__(most=most, places=0, **kwargs)
        self.widget.attrs["inputmode"] = "numeric"

    def to_python(self, value):
        number = super().to_python(value)
        return None if number is None else int(number)


@dataclass(frozen=True)
class NewActor:
    """An organisation that the plan does not have yet."""

    name: str


class ActorField(forms.CharField):
    """An organisation by its name; cleans to its number, or to a NewActor.

    A name close to one the plan has is refused once, with that name: two spellings would be two
    organisations, each with half of the actions. `confirmed` says that they are two.
    """

    actors: Actors | None = None
    confirmed = False

    def __init__(self, **kwargs):
        attrs = {"list": "actors", "autocomplete": "off"}
        super().__init__(max_length=200, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value):
        text = " ".join(super().clean(value).split())
        if not text:
            return None
        if found := self.actors.called(text):
            return found.pk
        near = self.actors.near(text)
        if near and not self.confirmed:
            raise ValidationError(
                _(
                    "«\u00a0%(text)s\u00a0» ressemble à %(near)s, qui est déjà dans le plan. Écrivez ce "
                    "nom, ou cochez plus bas «\u00a0Ce sont d’autres organismes\u00a0»."
                ),
                code="near",
                params={"text": text[:80], "near": listed_apart(quoted(one.name) for one in near)},
            )
        return NewActor(text)

    def prepare_value(self, value):
        if isinstance(value, int):
            return next((one.name for one in self.actors.held if one.pk == value), "")
        return value
