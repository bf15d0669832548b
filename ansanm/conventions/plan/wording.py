"""A fiche in words: the name of each field, its value as a page shows it, two versions side by side."""

from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.accounts.models import User
from ansanm.conventions.models import (
    Action,
    ActionIndicator,
    ActionLink,
    FinancingLine,
    House,
    Milestone,
    Operation,
    Status,
)
from ansanm.conventions.plan.content import MONEY_ROAD
from ansanm.engines.differences import Piece, changed_words
from ansanm.territories.models import Territory
from ansanm.ui.formats import format_number, format_period, format_vague, labelled, listed_apart, quoted

LABELS = {
    "themes": gettext_lazy("Thématiques"),
    "partners": gettext_lazy("Partenaires"),
    "places": gettext_lazy("Lieux"),
    "operations": gettext_lazy("Opérations"),
    "milestones": gettext_lazy("Jalons"),
    "indicators": gettext_lazy("Indicateurs"),
    "financing": gettext_lazy("Financement"),
    "links": gettext_lazy("Liens avec d’autres actions"),
}
# One of them, for the heading of each row of the editor.
ROW_NAMES = {
    "operations": gettext_lazy("Opération"),
    "milestones": gettext_lazy("Jalon"),
    "indicators": gettext_lazy("Indicateur"),
    "financing": gettext_lazy("Ligne de financement"),
    "links": gettext_lazy("Lien"),
    "partners": gettext_lazy("Partenaire"),
}
CELL_LABELS = {"targets": gettext_lazy("Cibles"), "funder": gettext_lazy("Financeur")}
ROW_MODELS = {
    "operations": Operation,
    "milestones": Milestone,
    "indicators": ActionIndicator,
    "financing": FinancingLine,
    "links": ActionLink,
}
# What a line of money says in words that need no label.
MONEY_WORDS = ("device", "nature", "tax", "common_law", "place")
VAGUE = {"starts", "ends", "due"}
PERIODS = {"status_as_of", "done_on", "baseline_on"}


@dataclass(frozen=True)
class Difference:
    label: str
    before: str
    after: str
    # The field it belongs to: "operations" for a cell of one of them.
    field: str = ""

    @property
    def pieces(self) -> list[Piece]:
        """What changed word by word; empty where one of the two is, or where little is the same."""
        if not self.before or not self.after:
            return []
        pieces = changed_words(self.before, self.after)
        same = sum(len(one.text.strip()) for one in pieces if one.kind == "same")
        return pieces if 3 * same > max(len(self.before), len(self.after)) else []


def label_of(field: str) -> str:
    if field in LABELS:
        return str(LABELS[field])
    return capital(Action._meta.get_field(field).verbose_name)


def cell_label(field: str, name: str) -> str:
    if name in CELL_LABELS:
        return str(CELL_LABELS[name])
    return capital(ROW_MODELS[field]._meta.get_field(name).verbose_name)


def capital(text) -> str:
    text = str(text)
    return text[:1].upper() + text[1:]


def plain(name: str, value) -> str:
    """A value that needs no list to be told: a date, a number, a choice, a text."""
    match name:
        case "is_priority":
            return _("oui") if value else _("non")
        case "status":
            return str(Status(value).label)
        case "lead_house":
            return str(House(value).label)
        case "staff_fte":
            return format_number(value, decimals=decimals_of(value))
        case "n_people_target":
            return format_number(value)
        case "amount_eur" | "asked_eur" | "promised_eur" | "committed_eur" | "paid_eur":
            return format_number(value, "eur", decimals_of(value) and 2)
        case "in_kind_fte":
            return format_number(value, decimals=decimals_of(value))
        case "nature" if value in FinancingLine.Nature.values:
            return str(FinancingLine.Nature(value).label)
        case "tax":
            return str(FinancingLine.Tax(value).label)
        case "common_law":
            return str(FinancingLine.CommonLaw(value).label)
        case "baseline_value" | "value":
            return format_number(value, decimals=decimals_of(value))
        case "precision":
            return str(FinancingLine.Precision(value).label)
        case "kind" if value in ActionIndicator.Kind.values:
            return str(ActionIndicator.Kind(value).label)
        case "kind":
            return str(ActionLink.Kind(value).label)
        case "nature":
            return str(ActionIndicator.Nature(value).label)
    if name in VAGUE:
        return format_vague(value)
    if name in PERIODS:
        return format_period(value)
    return str(value)


class Words:
    """What the numbers of a convention's fiches stand for, each list read once."""

    def __init__(self, convention):
        self.convention = convention
        self._places: dict[str, str] = {}

    @cached_property
    def actors(self) -> dict[int, str]:
        return dict(self.convention.actors.values_list("pk", "name"))

    @cached_property
    def nodes(self) -> dict[int, str]:
        held = {one.pk: one for one in self.convention.nodes.all()}

        def path(node):
            above = held.get(node.parent_id)
            return f"{path(above)} › {node}" if above else str(node)

        return {pk: path(node) for pk, node in held.items()}

    @cached_property
    def themes(self) -> dict[str, str]:
        return dict(self.convention.themes.values_list("slug", "label"))

    @cached_property
    def people(self) -> dict[int, str]:
        """Members, and those a fiche still names who left the convention."""
        return {one.pk: str(one) for one in User.objects.filter(convention_roles__convention=self.convention)}

    @cached_property
    def operations(self) -> dict[str, str]:
        """The titles of the operations, by key: what a line of money is for."""
        return dict(Operation.objects.filter(action__convention=self.convention).values_list("key", "title"))

    @cached_property
    def actions(self) -> dict[int, str]:
        rows = self.convention.actions.values_list("pk", "number", "title")
        return {pk: f"{number} {title}".strip() for pk, number, title in rows}

    def place(self, key: str) -> str:
        if key not in self._places:
            level, _colon, code = key.partition(":")
            place = Territory.objects.filter(level=level, code=code).first()
            self._places[key] = place.name if place else code
        return self._places[key]

    def value(self, field: str, value) -> str:
        """`value` of `field` as a page shows it; "" where there is none."""
        if value in (None, "", []):
            return ""
        if value == "…":
            # A person, in the audit trail.
            return value
        gone = _("retiré depuis")
        match field:
            case "node":
                return self.nodes.get(value, gone)
            case "pilot":
                return self.actors.get(value, gone)
            case "pilot_user":
                return self.people.get(value, gone)
            case "themes":
                return listed_apart(self.themes.get(one, one) for one in value)
            case "partners":
                return listed_apart(sorted(self.actors.get(one, gone) for one in value))
            case "places":
                return listed_apart(sorted(self.place(one) for one in value))
        if field in ROW_MODELS:
            return listed_apart(self.row(field, row) for row in value)
        return plain(field, value)

    def cell(self, field: str, name: str, value) -> str:
        if value in (None, "", []):
            return ""
        match name:
            case "funder":
                return self.actors.get(value, _("retiré depuis"))
            case "other":
                return self.actions.get(value, _("retirée depuis"))
            case "operation":
                return self.operations.get(value, _("retirée depuis"))
            case "place":
                return self.place(value)
            case "targets":
                return listed_apart(self.target(one) for one in value)
        return plain(name, value)

    def target(self, target: dict) -> str:
        value = target["text"] or plain("value", target["value"])
        return f"{value} ({format_vague(target['due'])})" if target["due"] else value

    def row(self, field: str, row: dict) -> str:
        """One row in a line."""
        match field:
            case "operations":
                return row["title"]
            case "milestones":
                told = [format_vague(row["due"]), row["done_on"] and _("atteint")]
                more = ", ".join(one for one in told if one)
                return f"{row['title']} ({more})" if more else row["title"]
            case "indicators":
                return row["label"]
            case "financing":
                return self.financing(row)
            case "links":
                return f"{plain('kind', row['kind'])} {quoted(self.cell(field, 'other', row['other']))}"
        raise KeyError(field)

    def financing(self, row: dict) -> str:
        funder = self.cell("financing", "funder", row["funder"])
        year = f" {row['year']}" if row["year"] else ""
        return labelled(f"{funder}{year}", amount_of(row))

    def money_details(self, row: dict) -> str:
        """What a line of money says besides its amount; "" where it says no more."""
        told = [self.cell("financing", name, row.get(name)) for name in MONEY_WORDS]
        told += [
            labelled(cell_label("financing", name), self.cell("financing", name, row[name]))
            for name in (*MONEY_ROAD, "in_kind_fte", "operation")
            if row.get(name)
        ]
        return " · ".join(one for one in told if one)

    def differences(self, before: dict, after: dict) -> list[Difference]:
        """What differs between two contents of a fiche, or between some of their fields."""
        found = []
        for field in after:
            was, is_now = before.get(field), after[field]
            if was == is_now:
                continue
            if field in ROW_MODELS and field != "links":
                found += self.row_differences(field, was or [], is_now or [])
            else:
                found.append(
                    Difference(label_of(field), self.value(field, was), self.value(field, is_now), field)
                )
        return found

    def row_differences(self, field: str, before: list, after: list) -> list[Difference]:
        was, is_now = ({row["key"]: row for row in rows} for rows in (before, after))
        found = []
        for key in [*was, *(key for key in is_now if key not in was)]:
            old, new = was.get(key), is_now.get(key)
            if old == new:
                continue
            if old is None or new is None:
                there = [self.row(field, row) if row else "" for row in (old, new)]
                found.append(Difference(label_of(field), *there, field))
                continue
            name = self.row(field, new)
            found += [
                Difference(
                    f"{name} · {cell_label(field, cell)}",
                    self.cell(field, cell, old.get(cell)),
                    self.cell(field, cell, new.get(cell)),
                    field,
                )
                for cell in {**old, **new}
                if cell != "key" and old.get(cell) != new.get(cell)
            ]
        if not found:
            # The same rows, moved.
            orders = [" → ".join(self.row(field, row) for row in rows) for rows in (before, after)]
            found.append(Difference(_("Ordre\u00a0: %(what)s") % {"what": label_of(field)}, *orders, field))
        return found


def decimals_of(value) -> int:
    """As many decimals as were written, three at most."""
    _whole, _point, decimals = str(value).partition(".")
    return min(3, len(decimals.rstrip("0")))


def amount_of(row: dict) -> str:
    """« environ 345 000 € », « à définir »."""
    if row["amount_eur"] is None:
        return str(FinancingLine.Precision.TO_DEFINE.label)
    amount = format_number(row["amount_eur"], "eur", decimals_of(row["amount_eur"]) and 2)
    if row["precision"] == FinancingLine.Precision.EXACT:
        return amount
    return f"{FinancingLine.Precision(row['precision']).label} {amount}"
