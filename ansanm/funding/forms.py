from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.engines.funding import checks, tariff
from ansanm.engines.funding.errors import BadInput
from ansanm.engines.funding.parameters import Status, national
from ansanm.funding import words
from ansanm.funding.catalogue import ORDER
from ansanm.funding.entry_forms import departement_name
from ansanm.funding.models import EnteredValue
from ansanm.funding.simulation import Question
from ansanm.funding.values import parameters_for
from ansanm.territories.models import Territory
from ansanm.territories.names import search_key

NOT_NATIONAL = (Status.ENTERED, Status.ASSUMED)
DECIMAL = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})


class TypedNumber(forms.CharField):
    """A number as people type it; the engine says what is wrong with it."""

    def __init__(self, **options):
        super().__init__(max_length=30, widget=DECIMAL, **options)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            number = checks.number("", text)
            checks.not_negative("", number)
        except BadInput as error:
            raise ValidationError(words.problem(error)) from error
        return number


class CommuneField(forms.CharField):
    """A commune by its name or its code; cleans to a Territory, None where nothing was typed."""

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        by_code = Territory.objects.filter(level="commune", code=text.strip().upper()).first()
        if by_code:
            return by_code
        found = Territory.objects.all().search(text, level="commune", limit=6)
        if not found:
            told = _("Aucune commune ne s’appelle «\u202f%(text)s\u202f».")
            raise ValidationError(told, params={"text": text[:60]})
        if found[0].search_key != search_key(text):
            told = _("Aucune commune n’a exactement ce nom\u00a0: écrivez le code de la vôtre (%(codes)s).")
            codes = ", ".join(f"{one.name} {one.code}" for one in found)
            raise ValidationError(told, params={"codes": codes})
        same = Territory.objects.filter(level="commune", search_key=found[0].search_key)
        if same.count() > 1:
            codes = ", ".join(f"{one.name} {one.code}" for one in same[:6])
            told = _("Plusieurs communes portent ce nom\u00a0: écrivez le code de la vôtre (%(codes)s).")
            raise ValidationError(told, params={"codes": codes})
        return found[0]


class TariffForm(forms.Form):
    income = TypedNumber(
        label=gettext_lazy("Ressources du foyer, en euros"),
        required=False,
        help_text=gettext_lazy(
            "Celles d’il y a deux ans, avant l’abattement de 10\u202f%, sans les prestations familiales, "
            "moins les pensions versées. Sans réponse, le tarif est calculé au plafond."
        ),
    )
    per = forms.ChoiceField(
        label=gettext_lazy("Ce montant est"),
        choices=[("year", gettext_lazy("par an")), ("month", gettext_lazy("par mois"))],
        widget=forms.RadioSelect,
        initial="year",
    )
    children = forms.IntegerField(
        label=gettext_lazy("Enfants à charge"), min_value=1, max_value=tariff.MAX_CHILDREN, initial=1
    )
    disabled_children = forms.IntegerField(
        label=gettext_lazy("Dont enfants avec l’AEEH"),
        min_value=0,
        max_value=tariff.MAX_CHILDREN,
        initial=0,
        required=False,
        help_text=gettext_lazy(
            "Allocation d’éducation de l’enfant handicapé, même pour un enfant qui ne va pas à la crèche."
        ),
    )
    care = forms.ChoiceField(label=gettext_lazy("Mode d’accueil"))
    hours_per_week = TypedNumber(
        label=gettext_lazy("Heures par semaine"),
        required=False,
        help_text=gettext_lazy("Pour un montant par mois."),
    )
    weeks = TypedNumber(
        label=gettext_lazy("Semaines d’accueil par an"),
        required=False,
        help_text=gettext_lazy("Sans celles de fermeture. Sans réponse\u202f: 52."),
    )
    on = forms.DateField(
        label=gettext_lazy("Tarif au"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Sans réponse\u202f: aujourd’hui."),
    )
    territory = CommuneField(
        label=gettext_lazy("Commune"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Nom ou code Insee, si sa Caf a saisi des valeurs du barème."),
    )

    def __init__(self, *given, **options):
        super().__init__(*given, **options)
        self.fields["care"].choices = list(words.cares().items())

    def clean(self):
        found = super().clean()
        children, disabled = found.get("children"), found.get("disabled_children")
        if children and disabled and disabled > children:
            self.add_error("disabled_children", _("Il y en a plus que d’enfants à charge."))
        return found

    @property
    def question(self) -> Question:
        given = self.cleaned_data
        hours, weeks = given["hours_per_week"], given["weeks"]
        return Question(
            on=given["on"] or timezone.localdate(),
            children=given["children"],
            care=tariff.Care(given["care"]),
            income=given["income"],
            is_yearly=given["per"] == "year" and given["income"] is not None,
            disabled_children=given["disabled_children"] or 0,
            parameters=parameters_for(given["territory"].departement_code if given["territory"] else ""),
            contract=tariff.Contract(hours, 52 if weeks is None else weeks, 12) if hours else None,
        )


class ParameterFilter(forms.Form):
    """Bound to the address."""

    q = forms.CharField(label=gettext_lazy("Mots cherchés"), required=False, max_length=80)
    group = forms.ChoiceField(label=gettext_lazy("Sujet"), required=False)
    status = forms.ChoiceField(label=gettext_lazy("État"), required=False)
    on = forms.DateField(
        label=gettext_lazy("Au"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    departement = forms.ChoiceField(label=gettext_lazy("Avec les valeurs saisies par la Caf"), required=False)

    def __init__(self, query):
        super().__init__(query)
        titles = national().titles
        if places := EnteredValue.objects.standing().places():
            named = [(code, departement_name(code)) for code in places]
            self.fields["departement"].choices = [("", _("Aucune")), *named]
        else:
            del self.fields["departement"]
        self.fields["group"].choices = [
            ("", _("Tous")), *((name, words.in_language(titles[name])) for name in ORDER)
        ]  # fmt: skip
        self.fields["status"].choices = [
            ("", _("Tous")),
            *((one.value, words.status(one)) for one in Status if one not in NOT_NATIONAL),
        ]

    @property
    def wanted(self) -> dict:
        """What holds; a word that makes no sense is left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def day(self) -> date:
        return self.wanted.get("on") or timezone.localdate()
