"""The needs of a convention as a list: read whole, filtered by the address, counted out of all of them."""

from django import forms
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ansanm.conventions.concertation.thread import STATE_KINDS, standing_needs
from ansanm.conventions.models import Need
from ansanm.territories.names import search_key
from ansanm.ui.formats import labelled, quoted

CHOICES = ("kind", "state", "theme", "place")
TICKS = ("unheard", "unlinked")
NAMES = ("q", *CHOICES, *TICKS, "sort")
NONE = "none"
SORTS = {
    "title": lambda one: search_key(one.title),
    "heard": lambda one: -one.n_contributions,
    "state": lambda one: list(Need.State.values).index(one.state),
}


def needs_of(convention) -> list[Need]:
    found = list(standing_needs(convention).prefetch_related("themes", "places", "nodes", "actions"))
    for one in found:
        one.convention = convention
        one.state_kind = STATE_KINDS[Need.State(one.state)]
        one.standing_actions = [action for action in one.actions.all() if action.deleted_at is None]
        one.search_key = search_key(" ".join([one.title, one.statement, one.publics, one.public_answer]))
    return found


class NeedFilter(forms.Form):
    """Bound to the address. A choice is offered only where some need answers it."""

    q = forms.CharField(
        label=gettext_lazy("Mots cherchés"), required=False, max_length=80, widget=forms.SearchInput
    )
    kind = forms.ChoiceField(label=pgettext_lazy("besoin", "Nature"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("Suite donnée"), required=False)
    theme = forms.ChoiceField(label=gettext_lazy("Thématique"), required=False)
    place = forms.ChoiceField(label=gettext_lazy("Lieu"), required=False)
    unheard = forms.BooleanField(label=gettext_lazy("Écrits sans aucune contribution"), required=False)
    unlinked = forms.BooleanField(label=gettext_lazy("Sans lien avec le plan"), required=False)
    sort = forms.ChoiceField(label=gettext_lazy("Trier par"), required=False)

    def __init__(self, query, needs: list[Need]):
        super().__init__({name: query[name] for name in NAMES if name in query})
        self.needs = needs
        self.n_total = len(needs)
        themes = {theme.slug: theme.label for one in needs for theme in one.themes.all()}
        places = {f"{place.level}:{place.code}": place.name for one in needs for place in one.places.all()}
        kinds, states = {one.kind for one in needs}, {one.state for one in needs}
        self.offered = {
            "kind": {value: str(label) for value, label in Need.Kind.choices if value in kinds},
            "state": {value: str(label) for value, label in Need.State.choices if value in states},
            "theme": themes,
            "place": dict(sorted(places.items(), key=lambda pair: search_key(pair[1]))),
            "sort": {
                "title": _("intitulé"),
                "heard": _("nombre de contributions"),
                "state": _("suite donnée"),
            },
        }
        if any(not one.themes.all() for one in needs):
            self.offered["theme"][NONE] = _("Sans thématique")
        for name, words in self.offered.items():
            if name == "sort":
                every = _("ordre d’écriture")
            else:
                every = _("Tous") if name == "place" else _("Toutes")
            self.fields[name].choices = [("", every), *words.items()]

    @property
    def wanted(self) -> dict:
        """The filters that hold; one that makes no sense is left out, the others stay."""
        self.is_valid()
        return {name: value for name in NAMES if (value := self.cleaned_data.get(name))}

    @property
    def narrowing(self) -> dict:
        return {name: value for name, value in self.wanted.items() if name != "sort"}

    def found(self) -> list[Need]:
        needs = self.needs
        for name, value in self.narrowing.items():
            needs = [one for one in needs if answers(one, name, value)]
        if sort := self.wanted.get("sort"):
            needs = sorted(needs, key=SORTS[sort])
        return needs

    def encoded(self, **changes) -> str:
        kept = {name: 1 if value is True else value for name, value in (self.wanted | changes).items()}
        return urlencode({name: value for name, value in kept.items() if value is not None})

    @property
    def suffix(self) -> str:
        query = self.encoded()
        return f"?{query}" if query else ""

    @property
    def page_query(self) -> str:
        query = self.encoded()
        return f"{query}&" if query else ""

    @property
    def chips(self) -> list[dict]:
        return [
            {"text": self.words(name, value), "url": f"?{self.encoded(**{name: None})}"}
            for name, value in self.narrowing.items()
        ]

    def words(self, name, value) -> str:
        if name == "q":
            return quoted(value)
        if name in TICKS:
            return str(self.fields[name].label)
        return labelled(self.fields[name].label, self.offered[name].get(value, value))


def answers(need, name, value) -> bool:
    match name:
        case "q":
            return all(word in need.search_key for word in search_key(value).split())
        case "kind" | "state":
            return getattr(need, name) == value
        case "theme" if value == NONE:
            return not need.themes.all()
        case "theme":
            return any(theme.slug == value for theme in need.themes.all())
        case "place":
            return any(f"{place.level}:{place.code}" == value for place in need.places.all())
        case "unheard":
            return not need.n_contributions
        case "unlinked":
            return not need.standing_actions and not need.nodes.all()
    raise ValueError(f"No filter is called {name!r}.")
