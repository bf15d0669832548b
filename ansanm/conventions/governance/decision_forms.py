"""What people type about a decision, and how they look for one."""

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.forms import PeriodField
from ansanm.conventions.governance.agenda import is_late
from ansanm.conventions.governance.body_forms import ActorMixin, VersionedForm, labelled_person
from ansanm.conventions.governance.meeting_forms import chips_of
from ansanm.conventions.governance.words import full_name
from ansanm.conventions.models import Decision, Meeting
from ansanm.conventions.plan.fields import VAGUE_HELP, ActorField, TypedWhole, VagueField
from ansanm.territories.names import search_key


class DecisionForm(ActorMixin, VersionedForm):
    text = forms.CharField(label=_("Décision"), max_length=5000, widget=forms.Textarea(attrs={"rows": 4}))
    meeting = forms.ModelChoiceField(
        None, label=_("Prise par"), required=False, empty_label=_("hors réunion")
    )
    actor = ActorField(
        label=_("Organisme chargé de la suite"),
        required=False,
        help_text=_("Un nom nouveau entre dans les organismes du plan."),
    )
    new_actors = forms.BooleanField(
        label=_("C’est un autre organisme\u00a0: l’ajouter au plan sous ce nom"), required=False
    )
    owner_person = forms.ModelChoiceField(
        None, label=_("Personne chargée de la suite"), required=False, empty_label=_("personne")
    )
    due = VagueField(label=_("Échéance"), required=False, help_text=VAGUE_HELP)
    n_for = TypedWhole(label=_("Voix pour"), required=False, most=1000)
    n_against = TypedWhole(label=_("Voix contre"), required=False, most=1000)
    n_abstained = TypedWhole(label=_("Abstentions"), required=False, most=1000)
    actions = forms.ModelMultipleChoiceField(
        None,
        label=_("Actions concernées"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("La décision se lit aussi sur leur fiche."),
    )
    source_url = forms.URLField(
        label=_("Adresse de la source"), required=False, max_length=500, assume_scheme="https"
    )

    class Meta:
        model = Decision
        fields = (
            *("text", "meeting", "owner_person", "due", "n_for", "n_against", "n_abstained"),
            *("source_title", "source_url"),
        )

    field_order = [
        *("text", "meeting", "actor", "new_actors", "owner_person", "due", "actions"),
        *("n_for", "n_against", "n_abstained", "source_title", "source_url", "version"),
    ]

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.convention = convention
        meetings = self.fields["meeting"]
        # That of the decision is always among them.
        offered = Q(body__deleted_at__isnull=True, deleted_at__isnull=True) | Q(pk=self.instance.meeting_id)
        meetings.queryset = (
            Meeting.objects.filter(offered, body__convention=convention)
            .select_related("body__convention")
            .prefetch_related("body__convention__territories")
            .order_by("-held_on", "-pk")
        )
        meetings.label_from_instance = full_name
        people = convention.participants.filter(left_on="")
        if self.instance.owner_person_id:
            people = people | convention.participants.filter(pk=self.instance.owner_person_id)
        self.fields["owner_person"].queryset = people.select_related("actor")
        self.fields["owner_person"].label_from_instance = labelled_person
        self.fields["actions"].queryset = convention.actions.standing()
        self.fields["actions"].label_from_instance = lambda one: f"{one.number} {one.title}".strip()
        if self.instance.pk:
            self.initial["actor"] = self.instance.owner_id
            self.initial["actions"] = [one.pk for one in self.instance.actions.all()]
        self.prepare_actor()
        if not self.asks_of_actors:
            del self.fields["new_actors"]

    def clean_text(self):
        return self.cleaned_data["text"].replace("\r\n", "\n")

    def written(self, by) -> dict:
        """The facts and the actions, for the operation."""
        facts = self.facts | {
            "owner": self.actor_chosen(by),
            "actions": list(self.cleaned_data["actions"]),
        }
        if facts["meeting"] != self.instance.meeting:
            # A point belongs to its meeting.
            facts["item"] = None
        return facts


class NewsForm(forms.Form):
    state = forms.ChoiceField(label=_("Suite"), choices=Decision.State.choices)
    done_on = PeriodField(
        label=_("Faite le"), required=False, help_text=_("Vide\u00a0: aujourd’hui, si elle est faite.")
    )
    text = forms.CharField(
        label=_("Ce qui a été fait"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


FILTERS = ("q", "state", "body", "owner", "late", "mine")


class DecisionFilter(forms.Form):
    """Bound to the address: people send these addresses to one another."""

    q = forms.CharField(label=_("Mots cherchés"), required=False, max_length=80)
    state = forms.ChoiceField(label=_("Suite"), required=False)
    body = forms.ChoiceField(label=_("Instance"), required=False)
    owner = forms.ChoiceField(label=_("Organisme chargé"), required=False)
    late = forms.BooleanField(label=_("En retard"), required=False)
    mine = forms.BooleanField(label=_("Les miennes"), required=False)

    def __init__(self, query, convention, user, today=None):
        super().__init__({name: query[name] for name in FILTERS if name in query})
        self.user, self.today = user, today or timezone.localdate()
        self.decisions = list(
            convention.decisions.select_related(
                "meeting__body__convention", "owner", "owner_person"
            ).prefetch_related("actions", "meeting__body__convention__territories")
        )
        for one in self.decisions:
            one.late = is_late(one, self.today)
        bodies = {str(one.meeting.body_id): one.meeting.body.name for one in self.decisions if one.meeting}
        owners = {str(one.owner_id): one.owner.name for one in self.decisions if one.owner}
        self.fields["state"].choices = [
            ("", gettext("toutes")),
            ("open", gettext("à suivre (à faire ou en cours)")),
            *Decision.State.choices,
        ]
        self.fields["body"].choices = [
            ("", gettext("toutes")),
            *sorted(bodies.items(), key=lambda pair: search_key(pair[1])),
            ("none", gettext("hors réunion")),
        ]
        self.fields["owner"].choices = [
            ("", gettext("tous")),
            *sorted(owners.items(), key=lambda pair: search_key(pair[1])),
            ("none", gettext("personne")),
        ]

    @property
    def n_total(self) -> int:
        return len(self.decisions)

    @property
    def wanted(self) -> dict[str, str]:
        """The filters that hold; one that makes no sense is left out, the others stay."""
        self.is_valid()
        found = {name: self.cleaned_data.get(name) for name in FILTERS}
        return {name: "on" if value is True else value for name, value in found.items() if value}

    def found(self) -> list[Decision]:
        wanted = self.wanted
        words = search_key(wanted.get("q", "")).split()
        open_states = (Decision.State.TO_DO, Decision.State.STARTED)

        def is_kept(one):
            state = wanted.get("state")
            body = str(one.meeting.body_id) if one.meeting else "none"
            owner = str(one.owner_id) if one.owner_id else "none"
            held = search_key(f"{one.number} {one.text} {one.owner or ''} {one.owner_person or ''}")
            return (
                (not state or (one.state in open_states if state == "open" else one.state == state))
                and wanted.get("body") in (None, body)
                and wanted.get("owner") in (None, owner)
                and ("late" not in wanted or one.late)
                and (
                    "mine" not in wanted
                    or (one.owner_person is not None and one.owner_person.user_id == self.user.pk)
                )
                and all(word in held for word in words)
            )

        return [one for one in self.decisions if is_kept(one)]

    @property
    def query(self) -> str:
        return urlencode(self.wanted)

    @property
    def page_query(self) -> str:
        return f"{self.query}&" if self.query else ""

    @property
    def suffix(self) -> str:
        return f"?{self.query}" if self.query else ""

    @property
    def chips(self) -> list[dict]:
        return chips_of(self)
