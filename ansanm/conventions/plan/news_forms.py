"""The small forms around a fiche: news, a measure, a document, a comment, a personal link."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ansanm.accounts.permissions import Permission, has_permission
from ansanm.conventions import files
from ansanm.conventions.forms import PeriodField
from ansanm.conventions.models import Status
from ansanm.conventions.plan import talk
from ansanm.conventions.plan.contributors import DEFAULT_DAYS, MOST_DAYS
from ansanm.conventions.plan.fiche_forms import PERIOD_HELP
from ansanm.conventions.plan.fields import TypedNumber, TypedWhole
from ansanm.conventions.plan.houses import house_of, to_propose
from ansanm.conventions.plan.row_forms import LARGEST_VALUE


class ProgressForm(forms.Form):
    """News of an action, and its state if it changed."""

    text = forms.CharField(
        label=_("Ce qui est nouveau"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    happened_on = PeriodField(label=_("Quand"), required=False, help_text=PERIOD_HELP)
    status = forms.ChoiceField(label=_("État de l’action"), required=False)
    source_title = forms.CharField(label=_("Source"), required=False, max_length=300)
    source_url = forms.URLField(
        label=_("Adresse de la source"), required=False, max_length=500, assume_scheme="https"
    )

    def __init__(self, *args, action, user, house="", **kwargs):
        super().__init__(*args, prefix="progress", **kwargs)
        if not has_permission(user, Permission.PLAN_EDIT, action.convention):
            del self.fields["status"]
            return
        self.fields["status"].choices = [
            ("", _("%(status)s\u00a0: sans changement") % {"status": action.get_status_display()}),
            *((value, label) for value, label in Status.choices if value != action.status),
        ]
        if to_propose(["status"], house=house, lead_house=action.lead_house, convention=action.convention):
            self.fields["status"].help_text = _(
                "L’autre maison en décide\u00a0: le changement lui sera proposé."
            )

    def clean_text(self):
        return self.cleaned_data["text"].replace("\r\n", "\n")


class MeasureForm(forms.Form):
    indicator = forms.ChoiceField(label=_("Indicateur"))
    measured_on = PeriodField(label=_("Date de la mesure"), help_text=PERIOD_HELP)
    value = TypedNumber(
        label=_("Valeur"), required=False, most=LARGEST_VALUE, places=3, units=("", "percent", "eur")
    )
    text = forms.CharField(label=_("Ou le constat en mots"), required=False, max_length=300)
    source = forms.CharField(label=_("Source"), required=False, max_length=300)

    def __init__(self, *args, action, **kwargs):
        super().__init__(*args, prefix="measure", **kwargs)
        self.indicators = {str(one.pk): one for one in action.indicators.all() if one.removed_at is None}
        self.fields["indicator"].choices = [(pk, one.label) for pk, one in self.indicators.items()]

    def clean(self):
        cleaned = super().clean()
        if "value" in cleaned and cleaned["value"] is None and not cleaned.get("text"):
            self.add_error("value", _("Écrivez une valeur, ou le constat en mots."))
        return cleaned

    @property
    def facts(self) -> dict:
        named = ("measured_on", "value", "text", "source")
        return {name: self.cleaned_data[name] for name in named} | {
            "indicator": self.indicators[self.cleaned_data["indicator"]]
        }


class DocumentForm(forms.Form):
    file = forms.FileField(
        label=_("Fichier"),
        widget=forms.FileInput(attrs={"accept": files.ACCEPT}),
        help_text=_("PDF, DOCX, XLSX, ODT, JPEG ou PNG\u202f; 20 Mo au plus."),
    )
    title = forms.CharField(label=_("Intitulé"), required=False, max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, prefix="document", **kwargs)


class PeopleList(forms.CheckboxSelectMultiple):
    """The members as boxes; a script offers them as one types « @ » (mentions.js)."""

    def create_option(self, name, value, label, *args, **kwargs):
        option = super().create_option(name, value, label, *args, **kwargs)
        option["attrs"]["data-name"] = str(self.people[value])
        return option


class CommentForm(forms.Form):
    text = forms.CharField(
        label=_("Votre commentaire"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3, "data-mentions": ""}),
    )
    private = forms.BooleanField(label=_("Note privée"), required=False)
    cited = forms.MultipleChoiceField(
        label=_("Personnes citées"),
        required=False,
        help_text=_("Elles reçoivent un courriel. Vous pouvez aussi écrire «\u00a0@Prénom Nom\u00a0»."),
        widget=PeopleList,
    )

    def __init__(self, *args, convention, user, comment=None, **kwargs):
        super().__init__(*args, prefix="comment", **kwargs)
        self.people = {one.pk: one for one in talk.citable(convention, user)}
        self.fields["cited"].widget.people = self.people
        self.fields["cited"].choices = [(one.pk, named(one)) for one in self.people.values()]
        if not self.people:
            del self.fields["cited"]
        house = house_of(user, convention)
        if comment is not None or not house:
            # A note that others were to read or not stays so: it is taken back and written again.
            del self.fields["private"]
        elif house == "caf":
            self.fields["private"].help_text = _("Seules les personnes de la Caf la liront.")
        else:
            self.fields["private"].help_text = _("Seules les personnes de la collectivité la liront.")

    def clean_text(self):
        return self.cleaned_data["text"].replace("\r\n", "\n")

    def clean_cited(self):
        return [self.people[int(pk)] for pk in self.cleaned_data["cited"]]


def named(person) -> str:
    """With their organisation: two people may bear one name."""
    return f"{person}, {person.organisation}" if person.organisation else str(person)


class ContributorForm(forms.Form):
    name = forms.CharField(
        label=_("Nom de la personne ou de l’organisme"),
        max_length=160,
        help_text=_("Ce qu’elle écrira portera ce nom."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("Adresse e-mail"),
        required=False,
        help_text=_("L’adresse du lien y sera envoyée\u202f; sans elle, transmettez le lien vous-même."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    days = TypedWhole(
        label=_("Durée, en jours"), most=MOST_DAYS, initial=DEFAULT_DAYS, help_text=_("Entre 1 et 366.")
    )

    def clean_days(self):
        if self.cleaned_data["days"] < 1:
            raise ValidationError(_("Entre 1 et 366 jours."))
        return self.cleaned_data["days"]


class ContributeForm(forms.Form):
    """What a person without account says of one action, in two minutes on a phone."""

    text = forms.CharField(
        label=_("Qu’y a-t-il de nouveau\u202f?"),
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Ce qui a été fait, ce qui a changé, combien de personnes."),
    )
    reached = forms.MultipleChoiceField(
        label=_("Quels jalons sont atteints\u202f?"), required=False, widget=forms.CheckboxSelectMultiple
    )
    help_needed = forms.CharField(
        label=_("Une difficulté, une aide attendue\u202f?"),
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, action, **kwargs):
        super().__init__(*args, **kwargs)
        waiting = [(one.key, one.title) for one in action.milestones.all() if not one.done_on]
        self.fields["reached"].choices = waiting
        if not waiting:
            del self.fields["reached"]
        self.indicators = [one for one in action.indicators.all() if one.removed_at is None]
        for one in self.indicators:
            unit = f" ({one.unit})" if one.unit else ""
            if one.kind == "qualitative":
                field = forms.CharField(label=one.label, required=False, max_length=300)
            else:
                field = TypedNumber(
                    label=f"{one.label}{unit}",
                    required=False,
                    most=LARGEST_VALUE,
                    places=3,
                    units=("", "percent", "eur"),
                )
            self.fields[f"measure-{one.key}"] = field
        # Last, after the measures: what is asked for is read once the rest is known.
        self.order_fields([name for name in self.fields if name != "help_needed"] + ["help_needed"])

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not any(cleaned.values()):
            raise ValidationError(_("Rien n’est écrit encore\u00a0: répondez à une question au moins."))
        return cleaned

    @property
    def measures(self) -> list:
        """(indicator, value, words) of those that were filled in."""
        said = [(one, self.cleaned_data.get(f"measure-{one.key}")) for one in self.indicators]
        return [
            (one, None, value) if one.kind == "qualitative" else (one, value, "")
            for one, value in said
            if value not in (None, "")
        ]
