"""What people type to simulate money: a crèche in two circuits, an equipment of the bonus, settings."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.conventions.finance.sheets import WordChoice, Written
from ansanm.conventions.forms import PeriodField
from ansanm.conventions.models import ConventionParty
from ansanm.engines.funding.circuit import Device
from ansanm.engines.funding.errors import BadInput
from ansanm.engines.funding.parameters import Parameters
from ansanm.engines.funding.territory import NEW, Field
from ansanm.funding import calendars, words
from ansanm.funding.circuit import device_words
from ansanm.funding.forms import TypedNumber
from ansanm.territories.variables import fold
from ansanm.ui.formats import format_period

LARGEST = Decimal(10) ** 9


class Amount(Written, TypedNumber):
    """Euros as typed; kept as a plain decimal."""

    def __init__(self, decimals: int = 2, **options):
        super().__init__(**options)
        self.decimals = decimals

    def clean(self, value):
        found = super().clean(value)
        if found is None:
            return None
        if found > LARGEST:
            raise ValidationError(_("C’est plus d’un milliard\u00a0: vérifiez l’unité."))
        if found != round(found, self.decimals):
            raise ValidationError(_("Deux décimales au plus.") if self.decimals else _("Un nombre entier."))
        return Decimal(format(found.normalize(), "f"))

    def written(self, text):
        return text.replace(".", ",")

    def prepare_value(self, value):
        return self.written(str(value)) if value not in (None, "") else value


class Month(Written, PeriodField):
    """A month, kept as "2025-09"."""

    def to_python(self, value):
        period = super().to_python(value)
        if period and len(period) < len("2025-09"):
            raise ValidationError(_("Il manque le mois\u00a0: écrivez «\u202fseptembre 2025\u202f»."))
        return period[:7]

    def written(self, text):
        return format_period(text)

    def prepare_value(self, value):
        return self.written(value) if value and len(value) == 7 and value[4] == "-" else value


class SheetRow(forms.Form):
    """A row; `convention` says what stands where nothing was typed."""

    def __init__(self, *args, convention, **options):
        super().__init__(*args, **options)
        self.convention = convention


class CrecheForm(SheetRow):
    name = forms.CharField(label=gettext_lazy("Crèche"), max_length=200)
    operator = forms.CharField(
        label=gettext_lazy("Gestionnaire"),
        max_length=200,
        help_text=gettext_lazy("Le nom de la collectivité, si elle gère elle-même la crèche."),
    )
    city = forms.CharField(
        label=gettext_lazy("Collectivité"),
        max_length=200,
        help_text=gettext_lazy("Celle qui soutient la crèche et touchait la Psej."),
    )
    year = forms.IntegerField(label=gettext_lazy("Année"), min_value=2000, max_value=2100)
    places = forms.IntegerField(label=gettext_lazy("Places"), min_value=1, max_value=1000)
    psej_eur = Amount(
        label=gettext_lazy("Psej, avant (€)"),
        required=False,
        help_text=gettext_lazy("Versée à la collectivité pour cette crèche\u202f: la Caf la connaît."),
    )
    subsidy_eur = Amount(
        label=gettext_lazy("Subvention, avant (€)"),
        required=False,
        help_text=gettext_lazy("Versée par la collectivité au gestionnaire\u202f; vide si elle gère."),
    )
    bonus_eur = Amount(
        label=gettext_lazy("Bonus territoire, après (€)"),
        required=False,
        help_text=gettext_lazy("Vide\u00a0: la Psej de la collectivité, partagée également par place."),
    )
    subsidy_after_eur = Amount(
        label=gettext_lazy("Subvention, après (€)"),
        required=False,
        help_text=gettext_lazy("Vide\u00a0: la collectivité garde le même effort propre."),
    )
    psu_eur = Amount(label=gettext_lazy("PSU (€)"), required=False)
    families_eur = Amount(label=gettext_lazy("Participations des familles (€)"), required=False)
    expenses_eur = Amount(label=gettext_lazy("Salaires et charges (€)"), required=False)

    def clean(self):
        found = super().clean()
        operator, city = found.get("operator", ""), found.get("city", "")
        if operator and fold(operator) == fold(city):
            # The same authority, written twice: the engine tells a municipal crèche by its name.
            found["operator"] = city
            for name in ("subsidy_eur", "subsidy_after_eur"):
                if found.get(name):
                    self.add_error(
                        name,
                        _("La collectivité gère cette crèche\u00a0: elle ne se verse pas de subvention."),
                    )
        return found


def field_words() -> list[tuple[str, str]]:
    return [
        (Field.EAJE, gettext_lazy("Crèche (places)")),
        (Field.ALSH, gettext_lazy("Accueil de loisirs (heures d’enfants)")),
        (Field.LAEP, gettext_lazy("Lieu d’accueil enfants-parents (heures d’ouverture)")),
        (Field.RPE, gettext_lazy("Relais petite enfance (ETP)")),
        (Field.LUDOTHEQUE, gettext_lazy("Ludothèque (heures d’ouverture)")),
        (Field.COOPERATION, gettext_lazy("Chargé de coopération (ETP)")),
    ]


YES_NO = [("", gettext_lazy("inconnu")), ("yes", gettext_lazy("oui")), ("no", gettext_lazy("non"))]


class EquipmentForm(SheetRow):
    name = forms.CharField(label=gettext_lazy("Équipement"), max_length=200)
    field = WordChoice(label=gettext_lazy("Nature et unité"), choices=field_words)
    territory = forms.CharField(
        label=gettext_lazy("Collectivité compétente"),
        max_length=200,
        help_text=gettext_lazy("Le lissage se fait entre les équipements d’une même collectivité."),
    )
    units = Amount(label=gettext_lazy("Unités existantes"))
    inherited_eur = Amount(
        label=gettext_lazy("Montant hérité par an (€)"),
        required=False,
        help_text=gettext_lazy(
            "Celui du dernier contrat enfance jeunesse ou de la dernière charge à payer\u202f: la Caf le "
            "connaît."
        ),
    )
    new_units = Amount(label=gettext_lazy("Unités nouvelles"), required=False)
    opens = Month(label=gettext_lazy("Ouverture des unités nouvelles"), required=False)
    closes = Month(label=gettext_lazy("Fermeture"), required=False)
    priority = WordChoice(
        label=gettext_lazy("En QPV ou en zone FRR (ex-ZRR)"), choices=YES_NO, required=False
    )
    first_band = WordChoice(
        label=gettext_lazy("Tranche 1, selon la Caf"),
        choices=YES_NO,
        required=False,
        help_text=gettext_lazy("Les seuils des tranches ne sont pas publiés\u00a0: la Caf dit la vôtre."),
    )

    def clean(self):
        found = super().clean()
        opens, closes = found.get("opens"), found.get("closes")
        if opens and closes and closes < opens:
            self.add_error("closes", _("La fermeture précède l’ouverture."))
        return found


def main_city(convention) -> str:
    """Return the name of the authority that rows are of where nothing else is said."""
    kinds = (ConventionParty.Kind.COMMUNE, ConventionParty.Kind.EPCI)
    found = convention.parties.filter(kind__in=kinds).select_related("organisation").first()
    return found.organisation.name if found else ""


class CircuitSettings(forms.Form):
    """When each kind of money is paid, and what stands for what nobody published."""

    floor = Amount(
        label=gettext_lazy("Plancher du bonus par place (€)"),
        required=False,
        help_text=gettext_lazy(
            "Seulement pour les crèches dont le bonus n’est pas donné. Publié par la Cnaf, transmis par "
            "votre Caf\u202f; 0 pour un lissage sans plancher."
        ),
    )
    is_fictitious = forms.BooleanField(
        label=gettext_lazy("Ces montants sont fictifs"),
        required=False,
        help_text=gettext_lazy("La page et les fichiers le diront."),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for device in Device:
            self.fields[f"calendar_{device}"] = CalendarField(
                label=_("Quand\u00a0: %(device)s") % {"device": device_words(device)},
                max_length=300,
                help_text=_("«\u202fchaque mois\u202f», ou «\u202f35 % en mars, 65 % en juin N+1\u202f»."),
            )
        self.order_fields([*(f"calendar_{device}" for device in Device), "floor", "is_fictitious"])


class CalendarField(forms.CharField):
    def clean(self, value):
        text = super().clean(value)
        if text:
            try:
                calendars.read(text)
            except BadInput as error:
                raise ValidationError(words.problem(error).capitalize()) from error
        return text


ASKED = (
    "bonus_territory.eaje_floor",
    "bonus_territory.eaje_new_max",
    "bonus_territory.eaje_new_other_band",
    "bonus_territory.alsh_floor",
    *NEW.values(),
)


class TerritorySettings(forms.Form):
    first_year = forms.IntegerField(label=gettext_lazy("Première année"), min_value=2020, max_value=2050)
    last_year = forms.IntegerField(label=gettext_lazy("Dernière année"), min_value=2020, max_value=2050)
    is_fictitious = forms.BooleanField(label=gettext_lazy("Ces montants sont fictifs"), required=False)

    def __init__(self, *args, parameters: Parameters, **options):
        super().__init__(*args, **options)
        for name in ASKED:
            parameter = parameters[name]
            self.fields[value_field(name)] = Amount(
                label=words.in_language(parameter.title), required=False, help_text=self.known(parameter)
            )

    @staticmethod
    def known(parameter) -> str:
        found = [one for one in parameter.values if one.value is not None]
        who = words.in_language(parameter.publisher) if parameter.publisher else ""
        if not found:
            return _("Inconnu de nous\u202f; publié par %(who)s.") % {"who": who}
        last = found[-1]
        return _("Dernière valeur connue\u00a0: %(value)s, %(since)s. Vide\u00a0: les valeurs connues.") % {
            "value": words.parameter_value(parameter, last),
            "since": words.since(last),
        }

    def clean(self):
        found = super().clean()
        first, last = found.get("first_year"), found.get("last_year")
        if first and last and not first <= last <= first + 10:
            self.add_error("last_year", _("De la première année à dix ans après, au plus."))
        return found

    @property
    def values(self) -> Mapping[str, str]:
        """What was typed, by parameter."""
        given = self.cleaned_data
        return {name: str(given[value_field(name)]) for name in ASKED if given[value_field(name)] is not None}


def value_field(name: str) -> str:
    return "value_" + name.rpartition(".")[2]
