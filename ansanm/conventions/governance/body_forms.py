"""What people type about bodies, who sits in them and how to reach those who do."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ansanm.accounts.models import User
from ansanm.conventions.forms import PeriodField
from ansanm.conventions.governance.body_operations import BODY_FACTS, MANDATE_FACTS, PARTICIPANT_FACTS
from ansanm.conventions.governance.rows import fingerprint
from ansanm.conventions.models import Body, Mandate, Participant
from ansanm.conventions.plan.actors import Actors, add_actor
from ansanm.conventions.plan.fields import ActorField, NewActor, TypedNumber, TypedWhole
from ansanm.conventions.plan.places import place_groups
from ansanm.ui.formats import format_number, format_period

PERIOD_HELP = _("«\u00a02026\u00a0», «\u00a0juillet 2026\u00a0» ou «\u00a03 juillet 2026\u00a0».")
WHEN_KNOWN = _(
    "«\u00a02026\u00a0», «\u00a0juillet 2026\u00a0» ou «\u00a03 juillet 2026\u00a0»\u202f; "
    "vide si personne ne le sait."
)


class WrittenForm(forms.ModelForm):
    """A row as people write it: the operation writes and checks, not the form."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, one in self.fields.items():
            if isinstance(one, PeriodField):
                self.initial[name] = format_period(getattr(self.instance, name))
                one.help_text = one.help_text or WHEN_KNOWN

    def _post_clean(self):
        pass

    @property
    def facts(self) -> dict:
        return {name: self.cleaned_data[name] for name in self._meta.fields if name in self.cleaned_data}


class VersionedForm(WrittenForm):
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["version"] = self.instance.version
        else:
            del self.fields["version"]

    def sent_over(self, current) -> dict:
        """What was typed, to be saved over `current` once both were read."""
        data = self.data.copy()
        data["version"] = current.version
        return data


class BodyForm(VersionedForm):
    quorum = TypedWhole(
        label=_("Quorum"),
        required=False,
        most=1000,
        help_text=_("Voix présentes ou représentées qu’il faut\u202f; vide s’il n’y en a pas."),
    )
    meetings_per_year = TypedNumber(
        label=_("Réunions par an"), required=False, most=366, help_text=_("Vide si personne ne le sait.")
    )
    usual_minutes = TypedWhole(label=_("Durée habituelle, en minutes"), required=False, most=1440)
    starts_on = PeriodField(label=_("Depuis"), required=False)
    ends_on = PeriodField(label=_("Jusqu’à"), required=False)
    themes = forms.ModelMultipleChoiceField(
        None, label=_("Thématiques"), required=False, widget=forms.CheckboxSelectMultiple
    )
    places = forms.MultipleChoiceField(
        label=_("Territoires"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Rien de coché\u00a0: tout le territoire de la convention."),
    )
    source_url = forms.URLField(
        label=_("Adresse de la source"), required=False, max_length=500, assume_scheme="https"
    )

    class Meta:
        model = Body
        fields = tuple(name for name in BODY_FACTS if name != "is_fictitious")
        widgets = {"purpose": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "is_external": _(
                "Contrat de ville, contrat local de santé, CLSPD… Elle compte dans la carte des "
                "instances\u202f; "
                "ses réunions ne se tiennent pas ici."
            )
        }

    field_order = ["kind", "name", "is_external", "purpose", "themes", "places"]

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.convention = convention
        self.fields["themes"].queryset = convention.themes.all()
        chosen = []
        if self.instance.pk:
            self.initial["themes"] = list(self.instance.themes.values_list("pk", flat=True))
            chosen = [f"{one.level}:{one.code}" for one in self.instance.places.all()]
            self.initial["places"] = chosen
        self.fields["places"].choices = place_groups(convention, chosen)
        if self.instance.meetings_per_year is not None:
            self.initial["meetings_per_year"] = format_number(
                self.instance.meetings_per_year,
                decimals=None if self.instance.meetings_per_year % 1 else 0,
            )

    def clean_purpose(self):
        return self.cleaned_data["purpose"].replace("\r\n", "\n")

    @property
    def choices(self) -> dict:
        return {"themes": list(self.cleaned_data["themes"]), "places": self.cleaned_data["places"]}


class EndForm(forms.Form):
    on = PeriodField(label=_("Jusqu’à"), help_text=PERIOD_HELP)


class ActorMixin:
    """A form with the name of an organisation of the plan, added to it where it is new."""

    convention = None

    def prepare_actor(self):
        field = self.fields["actor"]
        field.actors = Actors(self.convention)
        field.confirmed = bool(self.data.get("new_actors"))

    @property
    def actor_names(self) -> list[str]:
        return [one.name for one in self.fields["actor"].actors.held]

    @property
    def asks_of_actors(self) -> bool:
        if self.fields["actor"].confirmed:
            return True
        errors = self.errors.as_data().get("actor", []) if self.is_bound else []
        return any(one.code == "near" for one in errors)

    def actor_chosen(self, by):
        """The organisation as a number, a new one added."""
        value = self.cleaned_data["actor"]
        if isinstance(value, NewActor):
            return add_actor(by=by, convention=self.convention, name=value.name)
        return next((one for one in self.fields["actor"].actors.held if one.pk == value), None)


class MandateForm(ActorMixin, WrittenForm):
    """One seat; the person is chosen among the contacts, or written as a new one."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    participant = forms.ModelChoiceField(
        None, label=_("Qui siège"), required=False, empty_label=_("siège vacant, ou nouvelle personne")
    )
    new_name = forms.CharField(
        label=_("Ou une nouvelle personne\u00a0: son nom"),
        required=False,
        max_length=160,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    new_function = forms.CharField(label=_("Sa fonction"), required=False, max_length=200)
    new_email = forms.EmailField(
        label=_("Son adresse e-mail professionnelle"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    actor = ActorField(
        label=_("Pour quel organisme"),
        required=False,
        help_text=_("Un nom nouveau entre dans les organismes du plan."),
    )
    new_actors = forms.BooleanField(
        label=_("C’est un autre organisme\u00a0: l’ajouter au plan sous ce nom"), required=False
    )
    substitute = forms.ModelChoiceField(None, label=_("Suppléant"), required=False, empty_label=_("aucun"))
    starts_on = PeriodField(label=_("Début du mandat"), required=False)
    ends_on = PeriodField(label=_("Fin du mandat"), required=False)

    class Meta:
        model = Mandate
        fields = MANDATE_FACTS
        labels = {"role": _("Rôle"), "has_vote": _("A une voix")}

    field_order = [
        *("participant", "new_name", "new_function", "new_email", "actor", "new_actors", "role"),
        *("has_vote", "substitute", "starts_on", "ends_on", "seen"),
    ]

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.convention = convention
        people = convention.participants.filter(left_on="").select_related("actor")
        kept = [one for one in (self.instance.participant_id, self.instance.substitute_id) if one]
        if kept:
            people = people | convention.participants.filter(pk__in=kept).select_related("actor")
        for name in ("participant", "substitute"):
            self.fields[name].queryset = people
            self.fields[name].label_from_instance = labelled_person
        self.prepare_actor()
        if not self.asks_of_actors:
            del self.fields["new_actors"]
        if self.instance.pk:
            self.initial["seen"] = fingerprint(self.instance, MANDATE_FACTS)

    def clean(self):
        data = super().clean()
        if data.get("participant") and data.get("new_name"):
            self.add_error(
                "new_name",
                gettext("Choisissez une personne, ou écrivez-en une nouvelle\u00a0: pas les deux."),
            )
        if data.get("new_email") and not data.get("new_name"):
            self.add_error("new_name", gettext("Écrivez aussi son nom."))
        return data


def labelled_person(person) -> str:
    return f"{person.name} ({person.actor})" if person.actor_id else person.name


class ParticipantForm(ActorMixin, VersionedForm):
    actor = ActorField(
        label=_("Organisme"),
        required=False,
        help_text=_("Un nom nouveau entre dans les organismes du plan."),
    )
    new_actors = forms.BooleanField(
        label=_("C’est un autre organisme\u00a0: l’ajouter au plan sous ce nom"), required=False
    )
    user = forms.ModelChoiceField(
        None, label=_("Son compte sur la plateforme"), required=False, empty_label=_("aucun")
    )

    class Meta:
        model = Participant
        fields = tuple(name for name in PARTICIPANT_FACTS if name != "left_on")
        labels = {"name": _("Nom"), "function": _("Fonction"), "email": _("Adresse e-mail professionnelle")}
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
            "email": forms.EmailInput(attrs={"autocomplete": "off"}),
        }

    field_order = ["name", "function", "actor", "new_actors", "email", "user", "version"]

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.convention = convention
        self.fields["user"].queryset = User.objects.filter(convention_roles__convention=convention).distinct()
        self.prepare_actor()
        if not self.asks_of_actors:
            del self.fields["new_actors"]


class LeaveForm(forms.Form):
    on = PeriodField(label=_("Date du départ"), help_text=PERIOD_HELP)


class HandOverForm(forms.Form):
    """Who takes over the decisions that somebody still had to carry out."""

    to = forms.ModelChoiceField(
        None, label=_("Les confier à"), required=False, empty_label=_("personne pour l’instant")
    )
    decisions = forms.ModelMultipleChoiceField(
        None, label=_("Décisions"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, participant, **kwargs):
        super().__init__(*args, **kwargs)
        convention = participant.convention
        others = convention.participants.filter(left_on="").exclude(pk=participant.pk)
        self.fields["to"].queryset = others.select_related("actor")
        self.fields["to"].label_from_instance = labelled_person
        held = convention.decisions.open().filter(owner_person=participant)
        self.fields["decisions"].queryset = held
        self.fields["decisions"].label_from_instance = lambda one: f"n° {one.number} · {one.text[:120]}"
        self.initial["decisions"] = [one.pk for one in held]


class BodyFilter(forms.Form):
    kind = forms.ChoiceField(label=_("Type"), required=False)
    scope = forms.ChoiceField(
        label=_("Dispositif"),
        required=False,
        choices=[("", _("tous")), ("own", _("la convention")), ("external", _("d’autres contrats"))],
    )
    ended = forms.BooleanField(label=_("Avec celles qui ont pris fin"), required=False)

    def __init__(self, query):
        super().__init__({name: query[name] for name in ("kind", "scope", "ended") if name in query})
        self.fields["kind"].choices = [("", gettext("tous")), *Body.Kind.choices]

    def of(self, bodies, today):
        self.is_valid()
        wanted = self.cleaned_data
        if kind := wanted.get("kind"):
            bodies = [one for one in bodies if one.kind == kind]
        if scope := wanted.get("scope"):
            bodies = [one for one in bodies if one.is_external == (scope == "external")]
        if not wanted.get("ended"):
            bodies = [one for one in bodies if not one.has_ended]
        return bodies
