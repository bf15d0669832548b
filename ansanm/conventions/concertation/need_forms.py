"""What is typed about a need: its text, what was decided, what it is tied to."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ansanm.conventions.concertation import figures, thread
from ansanm.conventions.models import Need, PlanNode
from ansanm.conventions.plan.places import key_of, place_groups
from ansanm.territories.models import Territory
from ansanm.ui.formats import format_day

ANSWER_MOST = 3_000


class NeedForm(forms.Form):
    kind = forms.ChoiceField(
        label=pgettext_lazy("besoin", "Nature"), choices=Need.Kind.choices, widget=forms.RadioSelect
    )
    title = forms.CharField(
        label=gettext_lazy("En une phrase"),
        max_length=200,
        help_text=gettext_lazy(
            "Ce qui manque aux familles, ou ce qui marche. Par exemple « faire garder son enfant avant 7 h »."
        ),
    )
    statement = forms.CharField(
        label=gettext_lazy("Constat"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Ce qui a été dit, par qui, et ce que montrent les chiffres."),
    )
    publics = forms.CharField(label=gettext_lazy("Publics concernés"), required=False, max_length=300)
    themes = forms.MultipleChoiceField(
        label=gettext_lazy("Thématiques"), required=False, widget=forms.CheckboxSelectMultiple
    )
    places = forms.MultipleChoiceField(
        label=gettext_lazy("Lieux"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Rien de coché : tout le territoire de la convention."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, convention, chosen=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["themes"].choices = [(one.slug, one.label) for one in convention.themes.all()]
        self.fields["places"].choices = place_groups(convention, chosen)
        if not self.fields["themes"].choices:
            del self.fields["themes"]

    @property
    def facts(self) -> dict:
        data = self.cleaned_data
        return {
            "kind": data["kind"],
            "title": " ".join(data["title"].split()),
            "statement": data["statement"].replace("\r\n", "\n"),
            "publics": data["publics"],
            "themes": sorted(data.get("themes", [])),
            "places": sorted(data["places"]),
        }


class DecisionForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("Suite donnée"), choices=Need.State.choices, widget=forms.RadioSelect
    )
    public_answer = forms.CharField(
        label=gettext_lazy("Réponse aux habitants"),
        required=False,
        max_length=ANSWER_MOST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "Ce qui a été décidé et pourquoi, en mots simples. Elle se lit sur la page publique, une fois "
            "celle-ci publiée."
        ),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class CiteForm(forms.Form):
    """A figure of the diagnosis, for a territory of the convention or below it."""

    indicator = forms.ChoiceField(label=gettext_lazy("Indicateur"))
    territory = forms.ChoiceField(label=gettext_lazy("Territoire"))
    note = forms.CharField(
        label=gettext_lazy("Ce qu’il montre"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("En quelques mots, pour qui lit sans connaître l’indicateur."),
    )

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["indicator"].choices = [("", _("Choisissez")), *figures.indicator_choices()]
        groups = place_groups(convention)
        self.places = {key: name for _group, held in groups for key, name in held}
        self.fields["territory"].choices = [("", _("Choisissez")), *groups]
        if len(self.places) == 1 and not self.is_bound:
            self.initial.setdefault("territory", next(iter(self.places)))

    def place(self) -> Territory:
        level, _colon, code = self.cleaned_data["territory"].partition(":")
        return Territory.objects.get(level=level, code=code)


class SourcesForm(forms.Form):
    """Which contributions a need is written from. `seen` is what the page showed ticked or not."""

    contributions = forms.MultipleChoiceField(
        label=gettext_lazy("Contributions"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, shown, **kwargs):
        super().__init__(*args, **kwargs)
        self.shown = {str(one.pk): one for one in shown}
        self.fields["contributions"].choices = [
            (pk, contribution_words(one)) for pk, one in self.shown.items()
        ]


def contribution_words(one) -> str:
    said = [str(one.get_author_display()), format_day(one.received_on)]
    if one.place:
        said.append(one.place.name)
    return _("« %(text)s » (%(who)s)") % {"text": one.text, "who": ", ".join(said)}


class LinksForm(forms.Form):
    """The levels and the actions of the plan that answer the need."""

    nodes = forms.MultipleChoiceField(
        label=gettext_lazy("Enjeux et objectifs"), required=False, widget=forms.CheckboxSelectMultiple
    )
    actions = forms.MultipleChoiceField(
        label=gettext_lazy("Actions"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        nodes = thread.nodes_of(convention).values()
        ordered = sorted(nodes, key=lambda one: [(node.position, node.pk) for node in thread.path(one)])
        self.fields["nodes"].choices = [
            (str(one.pk), " › ".join(map(str, thread.path(one)))) for one in ordered
        ]
        self.fields["actions"].choices = [
            (str(one.pk), f"{one.number} {one.title}".strip()) for one in convention.actions.standing()
        ]
        for name in ("nodes", "actions"):
            if not self.fields[name].choices:
                del self.fields[name]


class LevelForm(forms.Form):
    """An objective of the plan written from a need."""

    kind = forms.ChoiceField(label=gettext_lazy("Niveau"), choices=PlanNode.Kind.choices)
    label = forms.CharField(label=gettext_lazy("Intitulé"), max_length=300)
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    parent = forms.ChoiceField(label=gettext_lazy("Rangé sous"), required=False)

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.nodes = thread.nodes_of(convention)
        self.fields["parent"].choices = [
            ("", _("Rien : en haut du plan")),
            *(
                (str(one.pk), " › ".join(map(str, thread.path(one))))
                for one in self.nodes.values()
                if one.kind != PlanNode.Kind.STEP
            ),
        ]

    @property
    def facts(self) -> dict:
        data = self.cleaned_data
        parent = self.nodes[int(data["parent"])] if data["parent"] else None
        return {name: data[name] for name in ("kind", "label", "description")} | {"parent": parent}


class ActionForm(forms.Form):
    """A fiche written from a need: the rest is filled in its own editor."""

    title = forms.CharField(label=gettext_lazy("Intitulé de l’action"), max_length=300)
    node = forms.ChoiceField(label=gettext_lazy("Enjeu ou objectif"), required=False)
    context = forms.CharField(
        label=gettext_lazy("Constat"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    publics = forms.CharField(label=gettext_lazy("Publics"), required=False, max_length=500)

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        self.nodes = thread.nodes_of(convention)
        self.fields["node"].choices = [
            ("", _("à aucun enjeu ni objectif")),
            *((str(one.pk), " › ".join(map(str, thread.path(one)))) for one in self.nodes.values()),
        ]


class MergeForm(forms.Form):
    into = forms.ChoiceField(label=gettext_lazy("C’est le même besoin que"))

    def __init__(self, *args, own, **kwargs):
        super().__init__(*args, **kwargs)
        others = own.convention.needs.standing().exclude(pk=own.pk).values_list("pk", "title")
        self.fields["into"].choices = [("", _("Choisissez")), *((str(pk), title) for pk, title in others)]


def initial_of(need: Need) -> dict:
    return {
        "kind": need.kind,
        "title": need.title,
        "statement": need.statement,
        "publics": need.publics,
        "themes": [theme.slug for theme in need.themes.all()],
        "places": [key_of(place) for place in need.places.all()],
        "version": need.version,
    }
