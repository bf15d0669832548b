"""The filters of the plan: they live in the address, every view and export of the plan keeps them."""

from django import forms
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from ansanm.conventions.models import House, Status
from ansanm.conventions.plan.overview import STALE_DAYS, Overview, is_funded, is_stale, natural
from ansanm.territories.names import search_key
from ansanm.ui.formats import labelled, quoted

# The names of the parameters, kept short: people send these addresses to one another.
CHOICES = ("status", "theme", "node", "pilot", "house", "place")
TICKS = ("priority", "late", "mine", "proposed", "unfunded")
NAMES = ("q", *CHOICES, *TICKS, "stale", "sort")
# Seen at once; the others unfold.
FIRST = ("q", "status", "theme", "pilot")
READY = ("mine", "late", "stale", "proposed")
WHOLE = "whole"
NONE = "none"

FAR = "9999"
SORTS = {
    "title": lambda one: search_key(one.title),
    "number": lambda one: (not one.number, natural(one.number)),
    "status": lambda one: list(Status.values).index(one.status),
    # What has no date comes last: an unknown date is not an early one.
    "start": lambda one: (str(one.starts_first_on or FAR), one.starts),
    "end": lambda one: (str(one.ends_last_on or FAR), one.ends),
    "pilot": lambda one: (one.pilot is None, search_key(one.pilot.name if one.pilot else "")),
    "silent": lambda one: -one.silent_days,
    "changed": lambda one: -one.updated_at.timestamp(),
}


class PlanFilter(forms.Form):
    """Bound to the address. A choice is offered only where some action answers it."""

    q = forms.CharField(
        label=gettext_lazy("Mots cherchés"), required=False, max_length=80, widget=forms.SearchInput
    )
    status = forms.ChoiceField(label=gettext_lazy("État"), required=False)
    theme = forms.ChoiceField(label=gettext_lazy("Thématique"), required=False)
    pilot = forms.ChoiceField(label=gettext_lazy("Pilote"), required=False)
    node = forms.ChoiceField(label=gettext_lazy("Enjeu ou objectif"), required=False)
    house = forms.ChoiceField(label=gettext_lazy("Maison pilote"), required=False)
    place = forms.ChoiceField(label=gettext_lazy("Lieu"), required=False)
    stale = forms.IntegerField(
        label=gettext_lazy("Sans nouvelles depuis (jours)"), required=False, min_value=1, max_value=3650
    )
    priority = forms.BooleanField(label=gettext_lazy("Prioritaires"), required=False)
    late = forms.BooleanField(label=gettext_lazy("En retard"), required=False)
    mine = forms.BooleanField(label=gettext_lazy("Mes actions, pilotées ou suivies"), required=False)
    proposed = forms.BooleanField(label=gettext_lazy("Avec une proposition en attente"), required=False)
    unfunded = forms.BooleanField(label=gettext_lazy("Sans financement indiqué"), required=False)
    sort = forms.ChoiceField(label=gettext_lazy("Trier par"), required=False)

    def __init__(self, query, overview: Overview):
        super().__init__({name: query[name] for name in NAMES if name in query})
        self.overview = overview
        actions = overview.actions
        self.n_total = len(actions)
        statuses = overview.statuses()
        pilots = {str(one.pilot_id): one.pilot.name for one in actions if one.pilot}
        houses = {one.lead_house for one in actions}
        places = {
            f"{place.territory.level}:{place.territory.code}": place.territory.name
            for one in actions
            for place in one.places.all()
        }
        self.offered = {
            "status": {value: str(label) for value, label in Status.choices if statuses[value]},
            "theme": {theme.slug: theme.label for theme in overview.themes},
            "node": {str(node.pk): indented(overview, node) for node in in_order(overview)},
            "pilot": dict(sorted(pilots.items(), key=lambda pair: search_key(pair[1]))),
            "house": {value: str(label) for value, label in House.choices if value in houses},
            "place": dict(sorted(places.items(), key=lambda pair: search_key(pair[1]))),
            "sort": {
                "title": _("intitulé"),
                "number": _("numéro"),
                "status": _("état"),
                "start": _("début"),
                "end": _("fin"),
                "pilot": pgettext("tri", "pilote"),
                "silent": _("plus long silence"),
                "changed": _("dernière modification"),
            },
        }
        if any(not one.themes.all() for one in actions):
            self.offered["theme"][NONE] = _("Sans thématique")
        if any(one.node_id is None for one in actions):
            self.offered["node"][NONE] = _("Sans rattachement")
        if any(one.pilot is None for one in actions):
            self.offered["pilot"][NONE] = _("Sans pilote")
        if any(not one.places.all() for one in actions):
            self.offered["place"] = {WHOLE: _("Tout le territoire")} | self.offered["place"]
        empty = {"sort": _("ordre du plan")}
        for name, words in self.offered.items():
            every = empty.get(name, _("Toutes") if name in FEMININE else _("Tous"))
            self.fields[name].choices = [("", every), *words.items()]

    @property
    def first_fields(self):
        return [self[name] for name in FIRST]

    @property
    def more_fields(self):
        return [self[name] for name in self.fields if name not in FIRST]

    @property
    def is_unfolded(self) -> bool:
        # Those above the bar have their own sign that they hold.
        return any(name not in {*FIRST, *READY} for name in self.wanted)

    @property
    def wanted(self) -> dict:
        """The filters that hold; one that makes no sense is left out, the others stay."""
        self.is_valid()
        return {name: value for name in NAMES if (value := self.cleaned_data.get(name))}

    @property
    def narrowing(self) -> dict:
        return {name: value for name, value in self.wanted.items() if name != "sort"}

    def found(self) -> list:
        actions = self.overview.actions
        for name, value in self.narrowing.items():
            actions = [one for one in actions if self.answers(one, name, value)]
        if sort := self.wanted.get("sort"):
            # Stable: what is equal stays in the order of the plan.
            actions = sorted(actions, key=SORTS[sort])
        return actions

    def answers(self, action, name, value) -> bool:
        match name:
            case "q":
                return all(word in action.search_text for word in search_key(value).split())
            case "status":
                return action.status == value
            case "theme" if value == NONE:
                return not action.themes.all()
            case "theme":
                return any(theme.slug == value for theme in action.themes.all())
            case "node" if value == NONE:
                return not action.path
            case "node":
                return any(node.pk == int(value) for node in action.path)
            case "pilot" if value == NONE:
                return action.pilot_id is None
            case "pilot":
                return action.pilot_id == int(value)
            case "house":
                return action.lead_house == value
            case "place" if value == WHOLE:
                return not action.places.all()
            case "place":
                return any(
                    f"{one.territory.level}:{one.territory.code}" == value for one in action.places.all()
                )
            case "priority":
                return action.is_priority
            case "late":
                return action.late
            case "mine":
                return action.is_mine or action.is_followed
            case "proposed":
                return action.has_open_proposal
            case "unfunded":
                return not is_funded(action)
            case "stale":
                return is_stale(action, value)
        raise ValueError(f"No filter is called {name!r}.")

    def encoded(self, **changes) -> str:
        """The filters as an address keeps them, with `changes` (None takes one away)."""
        kept = {name: 1 if value is True else value for name, value in (self.wanted | changes).items()}
        return urlencode({name: value for name, value in kept.items() if value is not None})

    @property
    def query(self) -> str:
        return self.encoded()

    @property
    def suffix(self) -> str:
        """What an address of another view ends with to keep the filters."""
        return f"?{self.query}" if self.query else ""

    @property
    def page_query(self) -> str:
        return f"{self.query}&" if self.query else ""

    @property
    def chips(self) -> list[dict]:
        """Each filter in words, with the address of the same list without it."""
        return [
            {"text": self.words(name, value), "url": f"?{self.encoded(**{name: None})}"}
            for name, value in self.narrowing.items()
        ]

    def words(self, name, value) -> str:
        label = self.fields[name].label
        if name == "q":
            return quoted(value)
        if name in TICKS:
            return str(label)
        if name == "stale":
            return ngettext(
                "Sans nouvelles depuis %(n)s jour", "Sans nouvelles depuis %(n)s jours", value
            ) % {"n": value}
        return labelled(label, self.offered[name].get(value, value).strip("\u2003"))

    @property
    def ready(self) -> list[dict]:
        """The filters people ask for every week, one link each, with what they would find."""
        counted = self.overview.counted
        made = [
            (READY[0], _("Mes actions"), 1),
            (READY[1], _("En retard"), 1),
            (READY[2], _("Sans nouvelles depuis %(days)s jours") % {"days": STALE_DAYS}, STALE_DAYS),
            (READY[3], _("Propositions en attente"), 1),
        ]
        return [
            {"text": words, "n": counted[name], "url": f"?{name}={value}", "is_on": name in self.wanted}
            for name, words, value in made
            if counted[name] or name == "mine"
        ]


FEMININE = {"theme", "house"}


def in_order(overview) -> list:
    """The nodes down the tree."""
    nodes = overview.nodes.values()
    return sorted(nodes, key=lambda one: [(node.position, node.pk) for node in overview.path(one.pk)])


def indented(overview, node) -> str:
    # An option keeps no margin: em spaces show the level.
    return "\u2003" * (len(overview.path(node.pk)) - 1) + str(node)
