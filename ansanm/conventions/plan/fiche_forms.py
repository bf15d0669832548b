"""The editor of a fiche: every field, its rows, whose they are, and what was really changed."""

from dataclasses import dataclass
from functools import cached_property

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.forms import PeriodField
from ansanm.conventions.models import Action, House, Status
from ansanm.conventions.plan import content as contents
from ansanm.conventions.plan import wording
from ansanm.conventions.plan.actors import Actors, add_actor
from ansanm.conventions.plan.fields import (
    VAGUE_HELP,
    ActorField,
    NewActor,
    TypedNumber,
    TypedWhole,
    VagueField,
)
from ansanm.conventions.plan.houses import owner_of
from ansanm.conventions.plan.places import place_groups
from ansanm.conventions.plan.row_forms import ROW_SETS, IndicatorForm, areas, clean_text, label
from ansanm.engines.written import write_number
from ansanm.ui.formats import format_period

PERIOD_HELP = _("«\u00a02026\u00a0», «\u00a0juillet 2026\u00a0» ou «\u00a03 juillet 2026\u00a0».")


@dataclass(frozen=True)
class Section:
    key: str
    title: Promise
    fields: tuple[str, ...]


SECTIONS = {
    one.key: one
    for one in (
        Section("action", _("L’action"), ("number", "title", "is_priority", "node", "themes", "lead_house")),
        Section(
            "raisons",
            _("Pourquoi, pour qui, où"),
            ("context", "objective", "description", "publics", "n_people_target", "places", "place_note"),
        ),
        Section(
            "personnes",
            _("Qui"),
            ("pilot", "pilot_person", "pilot_user", "caf_counterpart", "elected_referent", "partners"),
        ),
        Section(
            "calendrier",
            _("Calendrier et état"),
            ("status", "status_reason", "status_as_of", "starts", "ends", "milestones"),
        ),
        Section("operations", _("Opérations"), ("operations",)),
        Section("indicateurs", _("Indicateurs"), ("indicators",)),
        Section(
            "moyens",
            _("Moyens et financement"),
            ("staff_fte", "means", "caf_devices", "funding_note", "financing"),
        ),
        Section("resultats", _("Résultats, risques et leviers"), ("expected_results", "risks", "levers")),
        Section("liens", _("Liens et source"), ("links", "source_title", "source_url")),
    )
}
TITLE_ALONE = ("number", "title", "is_priority", "node", "themes", "lead_house")


class FicheForm(forms.ModelForm):
    """The fields `only` of a fiche, written on top of `base`; `changes()` is what differs from it.

    Unbound, it shows `shown` (the base unless told otherwise).
    """

    starts = VagueField(label=label(Action, "starts"), required=False, help_text=VAGUE_HELP)
    ends = VagueField(label=label(Action, "ends"), required=False, help_text=VAGUE_HELP)
    status_as_of = PeriodField(label=label(Action, "status_as_of"), required=False, help_text=PERIOD_HELP)
    staff_fte = TypedNumber(label=label(Action, "staff_fte"), required=False, most=999)
    n_people_target = TypedWhole(label=label(Action, "n_people_target"), required=False, most=10_000_000)
    source_url = forms.URLField(
        label=label(Action, "source_url"), required=False, max_length=500, assume_scheme="https"
    )
    node = forms.TypedChoiceField(label=label(Action, "node"), required=False, coerce=int, empty_value=None)
    themes = forms.MultipleChoiceField(
        label=_("Thématiques"), required=False, widget=forms.CheckboxSelectMultiple
    )
    pilot = ActorField(
        label=label(Action, "pilot"),
        required=False,
        help_text=_("L’organisme ou le service qui répond de l’action. Un nom nouveau entre dans le plan."),
    )
    pilot_user = forms.TypedChoiceField(
        label=label(Action, "pilot_user"), required=False, coerce=int, empty_value=None
    )
    places = forms.MultipleChoiceField(
        label=_("Lieux"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Rien de coché\u00a0: tout le territoire de la convention."),
    )
    new_actors = forms.BooleanField(
        label=_("Ce sont d’autres organismes\u00a0: les ajouter au plan sous ces noms"), required=False
    )
    message = forms.CharField(
        label=_("Message pour l’autre maison"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Il accompagne ce qui sera proposé, s’il y a lieu."),
    )
    base_version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Action
        fields = contents.SCALARS
        widgets = areas(Action, contents.SCALARS, rows=4)

    # Whether what is typed is only shown again, and not judged.
    is_quiet = False

    def __init__(self, data=None, *, convention, base, version, action=None, only=None, house="", shown=None):
        self.convention, self.action, self.base, self.house = convention, action, base, house
        self.words = wording.Words(convention)
        self.only = tuple(only or contents.FIELDS)
        self.actors = Actors(convention)
        self.confirmed = bool(data and data.get("new_actors"))
        shown = typed(base if shown is None else shown)
        super().__init__(data, initial=shown | {"base_version": version})
        for name in contents.FIELDS:
            if name in self.fields and name not in self.only:
                del self.fields[name]
        self.sets = {
            name: ROW_SETS[name](data, initial=None if data else shown[name], prefix=name, editor=self)
            for name in self.only
            if name in ROW_SETS
        }
        self.choose()
        for name in self.fields:
            if self.proposes(name):
                told = self.fields[name].help_text
                self.fields[name].help_text = f"{told} {self.proposed_to(name)}".strip()

    def choose(self):
        """Give their choices to what chooses among the things of this convention."""
        fields = self.fields
        if "pilot" in fields:
            self.prepare(fields["pilot"])
        if "node" in fields:
            fields["node"].choices = [("", gettext("à aucun enjeu ni objectif")), *self.words.nodes.items()]
        if "themes" in fields:
            fields["themes"].choices = list(self.words.themes.items())
        if "pilot_user" in fields:
            fields["pilot_user"].choices = [("", gettext("aucun")), *self.words.people.items()]
        if "places" in fields:
            fields["places"].choices = place_groups(self.convention, self.base["places"])
        if "status" in fields:
            fields["status_reason"].widget.attrs["rows"] = 2

    def prepare(self, field: ActorField):
        field.actors, field.confirmed = self.actors, self.confirmed

    @cached_property
    def operations(self) -> list[tuple[str, str]]:
        """The operations that a line of money may be for, those that one names always among them."""
        found = {row["key"]: row["title"] for row in self.base["operations"]}
        return [*found.items(), *self._named("operation", found)]

    @cached_property
    def money_places(self) -> list[tuple[str, str]]:
        found = {key: self.words.place(key) for key in self.base["places"]}
        return [*found.items(), *self._named("place", found)]

    def _named(self, name, found) -> list[tuple[str, str]]:
        """What lines of the fiche name and `found` has not, with its words."""
        named = dict.fromkeys(row[name] for row in self.base["financing"] if row.get(name))
        return [(key, self.words.cell("financing", name, key)) for key in named if key not in found]

    @cached_property
    def other_actions(self):
        own = self.action.pk if self.action else None
        return [(pk, title) for pk, title in self.words.actions.items() if pk != own]

    def _post_clean(self):
        # The operation writes and checks, not the form.
        pass

    def clean(self):
        cleaned = super().clean()
        closed = cleaned.get("status") in {Status.PAUSED, Status.ABANDONED}
        if closed and "status_reason" in self.fields and not cleaned.get("status_reason"):
            # Here too, because a proposal is only checked the day it is accepted.
            self.add_error("status_reason", _("Dites pourquoi l’action est en pause ou abandonnée."))
        return cleaned

    # What was wrong.

    def is_valid(self):
        # Each set is asked, so that all that is wrong shows at once.
        return all([super().is_valid(), *(one.is_valid() for one in self.sets.values())])

    def quieten(self):
        """Show what is typed without judging it: it is not being saved."""
        self.is_quiet = True
        self._errors = ErrorDict()
        for one in self.sets.values():
            one.quieten()
        return self

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(where, what) of all that is wrong, for the summary: the id to go to and the words."""
        if self.is_quiet:
            return []
        found = [("", str(message)) for message in self.non_field_errors()]
        for name, messages in self.errors.items():
            if name in self.fields:
                bound = self[name]
                found += [
                    (bound.id_for_label or bound.auto_id, f"{bound.label}{gettext(' : ')}{one}")
                    for one in messages
                ]
        for name, rows in self.sets.items():
            title = wording.label_of(name)
            found += [("", f"{title}{gettext(' : ')}{one}") for one in rows.non_form_errors()]
            title = wording.ROW_NAMES[name]
            for place, form in enumerate(rows.forms, 1):
                if rows.can_delete and rows._should_delete_form(form):
                    continue
                for cell, messages in form.errors.items():
                    bound = form[cell] if cell in form.fields else None
                    where = bound.id_for_label if bound else f"row-{form.prefix}"
                    what = f"{title} {place}" + (f", {bound.label}" if bound else "")
                    found += [(where, f"{what}{gettext(' : ')}{one}") for one in messages]
        return found

    @property
    def asks_of_actors(self) -> bool:
        """Whether a name was refused for being close to another: the box to confirm it is then shown."""
        if self.confirmed or self.is_quiet:
            return self.confirmed
        own = [self.errors.as_data()] if self.is_bound else []
        rows = (
            [form.errors.as_data() for one in self.sets.values() for form in one.forms]
            if self.is_bound
            else []
        )
        return any(
            error.code == "near" for errors in own + rows for held in errors.values() for error in held
        )

    # What it says.

    def said(self, name):
        """One field as contents keep it; None where what is typed cannot be read."""
        if name not in self.sets:
            return clean_text(self.cleaned_data.get(name))
        rows = self.sets[name]
        if not rows.is_valid():
            return None
        if name == "partners":
            return [row["name"] for row in rows.rows() if row["name"]]
        return rows.rows()

    @cached_property
    def untouched(self) -> dict:
        """What this form would say of its base, had nobody touched it: spaces and spellings included."""
        more = {"convention": self.convention, "base": self.base, "version": 1, "action": self.action}
        form = FicheForm(as_posted(FicheForm(only=self.only, **more)), only=self.only, **more)
        form.is_valid()
        return {name: form.said(name) for name in self.only}

    def changes(self, *, by) -> dict:
        """The fields that differ from the base; organisations written for the first time enter the plan."""
        changes = {}
        for name in self.only:
            said = self.said(name)
            if said == self.untouched[name]:
                continue
            if name in contents.ROWS and name != "links":
                said = self.with_untouched_rows(name, said)
            changes[name] = said
        return known(changes, by=by, convention=self.convention)

    def with_untouched_rows(self, name, rows):
        """Rows as in the base where nobody touched them, to the letter."""
        was = {row["key"]: row for row in self.base[name]}
        seen = {row.get("key"): row for row in self.untouched[name] or []}
        return [
            was[row["key"]] if row.get("key") in was and row == seen.get(row["key"]) else row for row in rows
        ]

    # How it is laid out.

    def owner(self, name) -> str:
        return owner_of(name, self.base["lead_house"], self.convention)

    def proposes(self, name) -> bool:
        if self.action is None or name not in contents.FIELDS:
            return False
        return self.owner(name) not in {House.SHARED, self.house}

    def proposed_to(self, name) -> str:
        if self.owner(name) == House.CAF:
            return gettext("Votre modification sera proposée à la Caf.")
        return gettext("Votre modification sera proposée à la collectivité.")

    @property
    def proposes_something(self) -> bool:
        return any(self.proposes(name) for name in self.only)

    @property
    def sections(self) -> list[dict]:
        laid = []
        for section in SECTIONS.values():
            items = [self.item(name) for name in section.fields if name in self.only]
            if items:
                laid.append(
                    {
                        "key": section.key,
                        "title": section.title,
                        "items": items,
                        # Its list says the same as the section.
                        "is_lone_rows": len(section.fields) == 1,
                    }
                )
        # A part shown alone has its title above the form already.
        return [one | {"is_alone": len(laid) == 1} for one in laid]

    @property
    def place_choices(self) -> list:
        """(group, its boxes, whether one is ticked) of the places."""
        if "places" not in self.fields:
            return []
        boxes = iter(self["places"].subwidgets)
        groups = []
        for title, choices in self.fields["places"].choices:
            held = [next(boxes) for _choice in choices]
            groups.append((title, held, any(one.data["selected"] for one in held)))
        return groups

    def item(self, name) -> dict:
        return {
            "name": name,
            "label": wording.label_of(name),
            "row_name": wording.ROW_NAMES.get(name, ""),
            "field": self[name] if name in self.fields else None,
            "rows": self.sets.get(name),
            "owner": House(self.owner(name)).label if self.action else "",
            "proposed": self.proposed_to(name) if self.proposes(name) else "",
        }


def as_posted(form) -> QueryDict:
    """What a browser would send of a form that nobody touched."""
    sent = QueryDict(mutable=True)

    def put(fields):
        for bound in fields:
            value = bound.value()
            if isinstance(bound.field, forms.BooleanField):
                if value:
                    sent[bound.html_name] = "on"
            elif isinstance(bound.field, forms.MultipleChoiceField):
                sent.setlist(bound.html_name, value or [])
            else:
                sent[bound.html_name] = "" if value is None else str(value)

    put(form)
    for rows in form.sets.values():
        put(rows.management_form)
        for one in rows.forms:
            put(one)
            if isinstance(one, IndicatorForm):
                put(one.targets.management_form)
                for target in one.targets.forms:
                    put(target)
    return sent


def known(changes: dict, *, by, convention) -> dict:
    """`changes` with the number of each organisation, new ones added to the plan.

    They stay there even if the save is then refused: it is typed again, and found.
    """

    def number(one):
        return add_actor(by=by, convention=convention, name=one.name).pk if isinstance(one, NewActor) else one

    changes = dict(changes)
    if "pilot" in changes:
        changes["pilot"] = number(changes["pilot"])
    if "partners" in changes:
        changes["partners"] = [number(one) for one in changes["partners"]]
    if "financing" in changes:
        changes["financing"] = [row | {"funder": number(row["funder"])} for row in changes["financing"]]
    return changes


def empty_content(house) -> dict:
    """What a fiche holds before anybody writes in it."""
    blank = Action(lead_house=house)
    return (
        {name: contents.plain(getattr(blank, name)) for name in contents.SCALARS}
        | dict.fromkeys(contents.KEYS)
        | {name: [] for name in (*contents.SETS, *contents.ROWS)}
    )


def typed(content: dict) -> dict:
    """A content as a person would type it again; dates and organisations are turned by their fields."""
    shown = dict(content)
    for name in ("staff_fte", "n_people_target"):
        shown[name] = as_number(content[name])
    shown["status_as_of"] = format_period(content["status_as_of"])
    shown["partners"] = [{"name": pk} for pk in content["partners"]]
    shown["milestones"] = [row | {"done_on": format_period(row["done_on"])} for row in content["milestones"]]
    shown["financing"] = [
        row
        | {
            name: as_number(row[name])
            for name in ("amount_eur", *contents.MONEY_ROAD, "in_kind_fte")
            if name in row
        }
        for row in content["financing"]
    ]
    shown["indicators"] = [
        row
        | {
            "baseline_value": as_number(row["baseline_value"]),
            "baseline_on": format_period(row["baseline_on"]),
            "targets": [one | {"value": as_number(one["value"])} for one in row["targets"]],
        }
        for row in content["indicators"]
    ]
    return shown


def as_number(value) -> str:
    return "" if value in (None, "") else write_number(float(value))
