"""The questions of the two simulators: a crèche to open, a crèche to change.

What is typed is kept as typed (`Scenario.inputs`), so that a simulation opens again as it was asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.engines.funding import checks
from ansanm.engines.funding.bonuses import Employer
from ansanm.engines.funding.creche import N_YEARS, Bonus, Incomes, Project
from ansanm.engines.funding.errors import BadInput, NeededFromCaf
from ansanm.engines.funding.explanation import rounded
from ansanm.engines.funding.parameters import Parameter, Parameters, Value, assumed, national
from ansanm.funding import creche_words, incomes, words
from ansanm.funding.entry_forms import DayField
from ansanm.funding.forms import DECIMAL, CommuneField, TypedNumber
from ansanm.ui.formats import format_day

ASKED = re.compile(r"p-([a-z_]+\.[a-z_0-9]+)-(\d{4}-\d\d-\d\d)")
# Fields that a change may give another value; the same name with « after_ » before.
CHANGED = (
    "places", "authorised_places", "hours_per_day", "days_per_year", "attended", "billed", "wages_eur",
    "rent_eur", "other_eur", "meals_eur", "nappies_eur", "disabled_children", "monthly_rise_eur",
    "subsidy_eur",
)  # fmt: skip
# What the engine calls them where a form says otherwise.
SAID = {
    "attended_hours": "attended",
    "billed_hours": "billed",
    "filling_percent": "filling_1",
    "low_eur": "income_low",
    "median_eur": "income_median",
    "high_eur": "income_high",
    "new_places": "places",
    "monthly_income": "income_median",
}


class Hours(forms.CharField):
    """Hours of a year, or a share of other hours: « 66 000 » or « 75 % »; cleans to (number, is a share)."""

    def __init__(self, **options):
        super().__init__(max_length=30, widget=DECIMAL, **options)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        is_share = text.rstrip().endswith("%")
        try:
            number = checks.number("", text.rstrip().removesuffix("%").strip())
            checks.not_negative("", number)
        except BadInput as error:
            raise ValidationError(words.problem(error)) from error
        return number, is_share


class Percent(TypedNumber):
    def clean(self, value):
        return super().clean((value or "").replace("%", "").strip())


EMPLOYERS = [
    ("city", gettext_lazy("la collectivité")),
    ("association", gettext_lazy("une association")),
    ("company", gettext_lazy("une entreprise")),
]


class CrecheForm(forms.Form):
    territory = CommuneField(
        label=gettext_lazy("Commune"),
        required=False,
        max_length=80,
        help_text=gettext_lazy(
            "Nom ou code Insee\u00a0: pour les valeurs saisies par sa Caf et les revenus de ses habitants."
        ),
    )
    opens_on = DayField(
        label=gettext_lazy("Date d’ouverture"), help_text=gettext_lazy("«\u202f1er septembre 2026\u202f».")
    )
    employer = forms.ChoiceField(
        label=gettext_lazy("Qui gère la crèche"),
        choices=EMPLOYERS,
        widget=forms.RadioSelect,
        initial="association",
    )
    places = forms.IntegerField(label=gettext_lazy("Places"), min_value=1, max_value=1000)
    authorised_places = forms.IntegerField(
        label=gettext_lazy("Places autorisées"),
        min_value=1,
        max_value=1000,
        required=False,
        help_text=gettext_lazy("Par la PMI. Sans réponse\u00a0: les places ci-dessus."),
    )
    area = forms.ChoiceField(
        label=gettext_lazy("Où se trouve-t-elle"),
        choices=[
            ("priority", gettext_lazy("en quartier prioritaire (QPV) ou en zone rurale (ZRR, FRR)")),
            ("first_band", gettext_lazy("ailleurs, dans une commune de la tranche la plus aidée")),
            ("other", gettext_lazy("ailleurs")),
        ],
        widget=forms.RadioSelect,
        initial="other",
    )
    hours_per_day = TypedNumber(label=gettext_lazy("Heures d’ouverture par jour"))
    days_per_year = forms.IntegerField(
        label=gettext_lazy("Jours d’ouverture par an"), min_value=1, max_value=366
    )
    attended = Hours(
        label=gettext_lazy("Heures réalisées par an"),
        help_text=gettext_lazy(
            "Celles où les enfants sont là. En heures, ou en part des heures offertes\u00a0: "
            "«\u202f75\u202f%\u202f»."
        ),
    )
    billed = Hours(
        label=gettext_lazy("Heures facturées par an"),
        help_text=gettext_lazy(
            "Celles que les familles paient. En heures, ou en part des heures réalisées\u00a0: "
            "«\u202f107\u202f%\u202f»."
        ),
    )
    filling_1 = Percent(
        label=gettext_lazy("Remplissage la première année, en %"),
        required=False,
        help_text=gettext_lazy("Part de ces heures. Sans réponse\u00a0: 100."),
    )
    filling_2 = Percent(
        label=gettext_lazy("Remplissage la deuxième année, en %"),
        required=False,
        help_text=gettext_lazy("Sans réponse\u00a0: 100."),
    )
    wages_eur = TypedNumber(
        label=gettext_lazy("Salaires et charges, en euros par an"),
        help_text=gettext_lazy("Une année pleine, comme tous les montants ci-dessous."),
    )
    rent_eur = TypedNumber(label=gettext_lazy("Loyer et locaux"), required=False)
    meals_eur = TypedNumber(
        label=gettext_lazy("Repas"),
        required=False,
        help_text=gettext_lazy("Vide\u00a0: la crèche ne fournit pas les repas. Le prix plafond en dépend."),
    )
    nappies_eur = TypedNumber(
        label=gettext_lazy("Couches"),
        required=False,
        help_text=gettext_lazy("Vide\u00a0: la crèche ne fournit pas les couches."),
    )
    other_eur = TypedNumber(label=gettext_lazy("Autres dépenses"), required=False)
    wage_growth_percent = Percent(label=gettext_lazy("Hausse des salaires, en % par an"), required=False)
    cost_growth_percent = Percent(
        label=gettext_lazy("Hausse des autres dépenses, en % par an"), required=False
    )
    extra_hours = TypedNumber(
        label=gettext_lazy("Heures de préparation et journées pédagogiques"),
        required=False,
        help_text=gettext_lazy("En heures par an, payées par la Caf en plus des heures facturées."),
    )
    families = forms.ChoiceField(
        label=gettext_lazy("Ce que paieront les familles"),
        choices=[
            ("incomes", gettext_lazy("d’après leurs revenus, au barème national")),
            ("mean", gettext_lazy("d’après une participation moyenne que je connais")),
        ],
        widget=forms.RadioSelect,
        initial="incomes",
    )
    mean_participation = TypedNumber(
        label=gettext_lazy("Participation moyenne, en euros par heure"), required=False
    )
    income_low = TypedNumber(
        label=gettext_lazy("Revenus du dixième le plus modeste, en euros par mois"),
        required=False,
        help_text=gettext_lazy(
            "Un dixième des familles gagne moins. Vide avec une commune\u00a0: les déciles publiés de ses "
            "habitants, pour un couple avec un jeune enfant."
        ),
    )
    income_median = TypedNumber(
        label=gettext_lazy("Revenu médian des familles, en euros par mois"),
        required=False,
        help_text=gettext_lazy("La moitié des familles gagne moins."),
    )
    income_high = TypedNumber(
        label=gettext_lazy("Revenus du dixième le plus aisé, en euros par mois"),
        required=False,
        help_text=gettext_lazy("Un dixième des familles gagne plus."),
    )
    family_children = forms.IntegerField(
        label=gettext_lazy("Enfants à charge par famille"),
        min_value=1,
        max_value=10,
        initial=1,
        required=False,
    )
    subsidy_eur = TypedNumber(
        label=gettext_lazy("Subvention de la collectivité, en euros par an"),
        required=False,
        help_text=gettext_lazy("Rien si elle gère la crèche\u00a0: tout le reste est à elle."),
    )
    bonuses = forms.MultipleChoiceField(
        label=gettext_lazy("Bonus à compter"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Ce que la Caf ajoute à la PSU. Décochez ceux dont vous ne savez rien."),
        initial=[Bonus.TERRITORY.value],
    )
    existing_bonus_eur = TypedNumber(
        label=gettext_lazy("Bonus territoire des places existantes, en euros par an"), required=False
    )
    children = forms.IntegerField(
        label=gettext_lazy("Enfants accueillis dans l’année"),
        min_value=1,
        max_value=5000,
        required=False,
        help_text=gettext_lazy("Pour le bonus inclusion."),
    )
    disabled_children = forms.IntegerField(
        label=gettext_lazy("Dont enfants en situation de handicap"),
        min_value=0,
        max_value=5000,
        required=False,
    )
    monthly_rise_eur = TypedNumber(
        label=gettext_lazy("Hausse de salaire décidée, en euros nets par mois"),
        required=False,
        help_text=gettext_lazy("Pour le bonus attractivité."),
    )
    territory_places_2023 = forms.IntegerField(
        label=gettext_lazy("Places du territoire en 2023"),
        min_value=1,
        required=False,
        help_text=gettext_lazy("Pour le bonus trajectoire de développement."),
    )
    territory_places_now = forms.IntegerField(
        label=gettext_lazy("Places du territoire aujourd’hui"), min_value=0, required=False
    )
    carry = forms.BooleanField(
        label=gettext_lazy("Là où une valeur manque, reprendre la dernière connue, comme hypothèse"),
        required=False,
    )

    # Those of each part of the page, in its order.
    PARTS = (
        ("place", ("territory", "opens_on", "employer", "places", "authorised_places", "area")),
        (
            "hours",
            ("hours_per_day", "days_per_year", "attended", "billed", "filling_1", "filling_2"),
        ),
        (
            "costs",
            (
                "wages_eur", "rent_eur", "meals_eur", "nappies_eur", "other_eur", "wage_growth_percent",
                "cost_growth_percent", "extra_hours",
            ),
        ),
        (
            "families",
            (
                "families", "mean_participation", "income_low", "income_median", "income_high",
                "family_children",
            ),
        ),
        (
            "helps",
            (
                "subsidy_eur", "bonuses", "existing_bonus_eur", "children", "disabled_children",
                "monthly_rise_eur", "territory_places_2023", "territory_places_now", "carry",
            ),
        ),
    )  # fmt: skip
    ONLY_OPEN = ("filling_1", "filling_2")
    # What a bonus that is ticked cannot do without: left empty, it would count for nothing, in silence.
    NEEDED_BY = {Bonus.INCLUSION: "disabled_children", Bonus.ATTRACTIVENESS: "monthly_rise_eur"}

    is_change = False

    def __init__(self, data=None, **options):
        super().__init__(data, **options)
        self.fields["bonuses"].choices = list(creche_words.bonuses().items())
        self.asked: list[str] = []
        self.used_incomes: incomes.Found | None = None
        for key in data or ():
            if found := ASKED.fullmatch(key):
                self._ask(found[1], found[2])

    def _ask(self, name: str, since: str) -> None:
        """Add the question of a value that the national file does not know from that day."""
        parameter = national().by_id.get(name)
        days = [one.valid_from for one in parameter.values] if parameter else []
        # Compared as text: « 2026-13-01 » of an address is no day at all.
        day = next((one for one in days if one.isoformat() == since), None)
        if parameter is None or day is None:
            return
        key = f"p-{name}-{since}"
        kind = Percent if parameter.unit == "percent" else TypedNumber
        self.fields[key] = kind(
            label=words.in_language(parameter.title), required=False, help_text=_asked_help(parameter, day)
        )
        self.asked.append(key)

    def ask_for(self, missing: Iterable[NeededFromCaf]) -> None:
        """Ask for values that were found missing once the form was read."""
        for one in missing:
            value = one.parameter.on(one.on)
            key = f"p-{one.parameter.id}-{value.valid_from}"
            if key not in self.fields:
                self._ask(one.parameter.id, value.valid_from.isoformat())
            self.fields[key].required = True
            self.add_error(key, _("Il manque cette valeur."))

    def forget_known(self, table: Parameters) -> None:
        """Ask no more for what the Caf has entered since: its value goes before an assumption."""
        for key in list(self.asked):
            name, since = ASKED.fullmatch(key).groups()
            value = table[name].on(date.fromisoformat(since))
            if value and value.value is not None:
                self.asked.remove(key)
                del self.fields[key]

    @property
    def parts(self) -> list[dict]:
        titles = part_titles()
        return [
            {"id": name, "title": titles[name], "fields": [self[one] for one in fields if one in self.fields]}
            for name, fields in self.PARTS
        ]

    @property
    def asked_fields(self) -> list:
        return [self[key] for key in self.asked]

    @property
    def typed(self) -> dict:
        """What was typed, to be kept: {field: text}, a list where several are ticked."""
        found = {}
        for name, field in self.fields.items():
            raw = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            if raw not in (None, "", [], False):
                found[name] = [str(one) for one in raw] if isinstance(raw, list) else str(raw)
        return found

    def clean(self):
        found = super().clean()
        if self.errors:
            return found
        for bonus, name in self.NEEDED_BY.items():
            if bonus in found["bonuses"] and found[name] is None and found.get(f"after_{name}") is None:
                self.add_error(name, _("Donnez cette valeur, ou décochez ce bonus."))
        if found.get("families") == "mean":
            if found.get("mean_participation") is None:
                self.add_error("mean_participation", _("Il manque la participation moyenne."))
        else:
            self._find_incomes(found)
        return found

    def _find_incomes(self, found) -> None:
        names = ("income_low", "income_median", "income_high")
        given = [found.get(name) for name in names]
        if all(one is not None for one in given):
            return
        if any(one is not None for one in given):
            for name, one in zip(names, given, strict=True):
                if one is None:
                    self.add_error(name, _("Il faut les trois revenus, ou aucun."))
            return
        if place := found.get("territory"):
            self.used_incomes = incomes.of(place)
            if self.used_incomes is None:
                self.add_error(
                    "income_median",
                    _("Les revenus des habitants de %(place)s ne sont pas publiés ici\u00a0: donnez-les.")
                    % {"place": place.name},
                )
        else:
            self.add_error("income_median", _("Donnez ces revenus, ou une commune qui les publie."))

    @property
    def departement_code(self) -> str:
        place = self.cleaned_data.get("territory")
        return place.departement_code if place else ""

    @property
    def assumed(self) -> Mapping[str, list[Value]]:
        """The values typed for this simulation alone."""
        found: dict[str, list[Value]] = {}
        for key in self.asked:
            number = self.cleaned_data.get(key)
            if number is not None:
                name, since = ASKED.fullmatch(key).groups()
                found.setdefault(name, []).append(assumed(number, since=date.fromisoformat(since)))
        return found

    @property
    def project(self) -> Project:
        given = self.cleaned_data
        is_public = given["employer"] == "city"
        bonuses = frozenset(Bonus(one) for one in given["bonuses"])
        fillings = [given.get("filling_1"), given.get("filling_2")]
        return self._with_hours(
            Project(
                opens_on=given["opens_on"],
                places=given["places"],
                authorised_places=given["authorised_places"] or given["places"],
                hours_per_day=given["hours_per_day"],
                days_per_year=given["days_per_year"],
                attended_hours=Decimal(1),
                billed_hours=Decimal(1),
                wages_eur=given["wages_eur"],
                rent_eur=given["rent_eur"] or Decimal(0),
                other_eur=given["other_eur"] or Decimal(0),
                meals_eur=given["meals_eur"],
                nappies_eur=given["nappies_eur"],
                extra_hours=given["extra_hours"] or Decimal(0),
                families=self._families(given),
                employer=Employer.PUBLIC if is_public else Employer.PRIVATE,
                subsidy_eur=Decimal(0) if is_public else given["subsidy_eur"] or Decimal(0),
                bonuses=bonuses,
                is_priority_area=given["area"] == "priority",
                is_first_band=given["area"] == "first_band",
                new_places=0 if self.is_change else given["places"],
                existing_bonus_eur=given["existing_bonus_eur"] or Decimal(0),
                children=given["children"] or 0,
                disabled_children=given["disabled_children"] or 0,
                monthly_rise_eur=given["monthly_rise_eur"] or Decimal(0),
                territory_places_2023=given["territory_places_2023"] or 0,
                territory_places_now=given["territory_places_now"] or 0,
                wage_growth_percent=given["wage_growth_percent"] or Decimal(0),
                cost_growth_percent=given["cost_growth_percent"] or Decimal(0),
                filling_percent=tuple(
                    Decimal(100) if one is None else one
                    for one in [*fillings, *[None] * (N_YEARS - len(fillings))]
                ),
            ),
            given["attended"],
            given["billed"],
        )

    def _families(self, given) -> Decimal | Incomes:
        if given["families"] == "mean":
            return given["mean_participation"]
        children = given["family_children"] or 1
        if self.used_incomes:
            return replace(self.used_incomes.incomes, children=children)
        return Incomes(given["income_low"], given["income_median"], given["income_high"], children)

    @staticmethod
    def _with_hours(project: Project, attended: tuple, billed: tuple) -> Project:
        number, is_share = attended
        hours = rounded_hours(project.capacity_hours * number / 100) if is_share else number
        paid, is_share = billed
        return replace(
            project,
            attended_hours=hours,
            billed_hours=rounded_hours(hours * paid / 100) if is_share else paid,
        )


def rounded_hours(value: Decimal) -> Decimal:
    return rounded(Fraction(value))


def _asked_help(parameter: Parameter, since: date) -> str:
    told = _("%(unit)s, à partir du %(day)s. Publié par %(who)s.")
    publisher = words.in_language(parameter.publisher) if parameter.publisher else "–"
    return told % {"unit": unit_asked(parameter), "day": format_day(since), "who": publisher}


def unit_asked(parameter: Parameter) -> str:
    if parameter.unit == "percent":
        return _("En %")
    return _("En euros %(per)s") % {"per": words.unit(parameter.unit)}


def part_titles() -> dict[str, str]:
    return {
        "place": _("La crèche"),
        "hours": _("Les heures"),
        "costs": _("Les dépenses d’une année pleine"),
        "families": _("Les familles"),
        "helps": _("La collectivité et la Caf"),
        "after": _("Après le changement"),
    }


class ChangeForm(CrecheForm):
    """The crèche as it is today, and what changes; what is left empty stays as it is."""

    is_change = True
    PARTS = (
        *(
            (name, tuple(one for one in fields if one not in CrecheForm.ONLY_OPEN))
            for name, fields in CrecheForm.PARTS
        ),
        ("after", tuple(f"after_{name}" for name in CHANGED)),
    )  # fmt: skip
    NEEDED_BY = CrecheForm.NEEDED_BY | {Bonus.TERRITORY: "existing_bonus_eur"}

    def __init__(self, data=None, **options):
        super().__init__(data, **options)
        for name in self.ONLY_OPEN:
            del self.fields[name]
        self.fields["opens_on"].label = _("Date du changement")
        self.fields["opens_on"].help_text = _(
            "«\u202f1er janvier 2027\u202f»\u00a0: les deux situations sont comparées depuis."
        )
        for name in CHANGED:
            field = type(self).base_fields[name]
            label = field.label
            made = (
                Hours(label=label, required=False)
                if isinstance(field, Hours)
                else forms.IntegerField(label=label, required=False, min_value=0, max_value=5000)
                if isinstance(field, forms.IntegerField)
                else TypedNumber(label=label, required=False)
            )
            self.fields[f"after_{name}"] = made
        # The values asked for stay at the end.
        for key in self.asked:
            self.fields[key] = self.fields.pop(key)

    @property
    def after(self) -> Project:
        """The crèche once changed: the added places are new, and hours told as a share follow."""
        given, today = self.cleaned_data, self.project
        changed = {name: given[f"after_{name}"] for name in CHANGED}
        plain = {
            name: value
            for name, value in changed.items()
            if value is not None and name not in ("attended", "billed")
        }
        places = plain.get("places", today.places)
        if "authorised_places" not in plain:
            plain["authorised_places"] = max(today.authorised_places, places) if "places" in plain else (
                today.authorised_places
            )  # fmt: skip
        if today.employer is Employer.PUBLIC:
            plain.pop("subsidy_eur", None)
        there = replace(today, **plain, new_places=max(0, places - today.places))
        return self._with_hours(
            there, changed["attended"] or given["attended"], changed["billed"] or given["billed"]
        )


FORMS = {"open": CrecheForm, "change": ChangeForm}
