"""One field of a fiche on its own: a cell of the table, or the value of a bulk edit."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.conventions.models import Action, House, Status
from ansanm.conventions.plan.fields import VAGUE_HELP, TypedNumber, TypedWhole, VagueField
from ansanm.conventions.plan.filters import in_order, indented
from ansanm.conventions.plan.wording import label_of

# In the order of the columns of the table. The others hold paragraphs or rows: the fiche's own page.
CELLS = (
    "number",
    "title",
    "status",
    "is_priority",
    "lead_house",
    "pilot",
    "starts",
    "ends",
    "themes",
    "node",
    "publics",
    "place_note",
    "caf_counterpart",
    "elected_referent",
    "n_people_target",
    "staff_fte",
    "funding_note",
)
# What may be the same on many fiches; two fiches never share a title.
BULK = tuple(name for name in CELLS if name not in {"title", "number", "n_people_target", "staff_fte"})
LONG = {"funding_note", "publics"}


class OneFieldForm(forms.Form):
    """The field called `value`; its `changes` are those of a fiche."""

    def __init__(self, data=None, *, name, overview, value=None, **kwargs):
        super().__init__(data, **kwargs)
        self.name = name
        self.fields["value"] = field_of(name, overview)
        self.initial.setdefault("value", self.fields["value"].prepare_value(value))
        if name == "status":
            self.fields["status_reason"] = forms.CharField(
                label=gettext_lazy("Motif"),
                help_text=gettext_lazy("Demandé pour une pause ou un abandon."),
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def changes(self) -> dict:
        value = self.cleaned_data["value"]
        match self.name:
            case "is_priority":
                value = value == "1"
            case "node" | "pilot":
                value = int(value) if value else None
            case "themes":
                value = list(value)
        changes = {self.name: value}
        if self.name == "status":
            changes["status_reason"] = self.cleaned_data["status_reason"]
        return changes


def field_of(name, overview) -> forms.Field:
    label = label_of(name)
    empty = ("", _("Aucun"))
    match name:
        case "status":
            return forms.ChoiceField(label=label, choices=Status.choices)
        case "lead_house":
            return forms.ChoiceField(label=label, choices=House.choices)
        case "is_priority":
            return forms.ChoiceField(label=label, choices=[("1", _("oui")), ("0", _("non"))])
        case "node":
            nodes = [(node.pk, indented(overview, node)) for node in in_order(overview)]
            return forms.ChoiceField(label=label, choices=[empty, *nodes], required=False)
        case "pilot":
            actors = overview.convention.actors.values_list("pk", "name")
            return forms.ChoiceField(label=label, choices=[empty, *actors], required=False)
        case "themes":
            return forms.MultipleChoiceField(
                label=label,
                choices=[(theme.slug, theme.label) for theme in overview.themes],
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        case "starts" | "ends":
            return VagueField(label=label, required=False, help_text=VAGUE_HELP, max_length=80)
        case "n_people_target":
            return TypedWhole(label=label, required=False, most=10_000_000)
        case "staff_fte":
            return TypedNumber(label=label, required=False, most=999)
    column = Action._meta.get_field(name)
    return forms.CharField(
        label=label,
        required=not column.blank,
        max_length=column.max_length or 10_000,
        widget=forms.Textarea(attrs={"rows": 3}) if name in LONG else None,
    )


def value_of(action, name):
    """The value of a field as contents keep it."""
    if name in {"node", "pilot"}:
        return getattr(action, f"{name}_id")
    if name == "themes":
        return [theme.slug for theme in action.themes.all()]
    return getattr(action, name)


def initial_of(action, name):
    """The same, as the form's input wants it."""
    value = value_of(action, name)
    return ("1" if value else "0") if name == "is_priority" else value
