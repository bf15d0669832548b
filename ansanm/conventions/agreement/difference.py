"""What an amendment changes, in words: facts, parties, plan field by field, money with its totals."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from ansanm.conventions.agreement.snapshot import (
    CONTRACT,
    FACTS,
    NODE,
    PARTY,
    POST,
    VISA,
    FrozenWords,
    Total,
    money,
    node_name,
    node_paths,
)
from ansanm.conventions.agreement.words import fte, label_of, signatory, value_of
from ansanm.conventions.plan.content import FIELDS
from ansanm.conventions.plan.wording import Difference
from ansanm.ui.formats import format_number


@dataclass(frozen=True)
class Change:
    """One thing that came ("added"), went ("removed") or is otherwise ("changed")."""

    kind: str
    name: str
    details: list[Difference] = field(default_factory=list)

    @property
    def is_single(self) -> bool:
        """One value that the name says already."""
        return len(self.details) == 1 and self.details[0].label == self.name

    @property
    def words(self) -> str:
        return {"added": _("ajouté"), "removed": _("retiré"), "changed": _("modifié")}[self.kind]


@dataclass(frozen=True)
class Section:
    title: str
    changes: list[Change]
    # For money: label, before, after.
    totals: list[Difference] = field(default_factory=list)


def compare(before: dict, after: dict) -> list[Section]:
    """What differs, section by section, in the order a convention is read; [] when nothing does.

    Who signed is not compared: each version has its own signatures.
    """
    words = both_words(before, after)
    paths = node_paths(before["nodes"]) | node_paths(after["nodes"])
    sections = [
        Section(_("Ce que dit la convention"), facts(before, after)),
        Section(_("Territoires"), listed("territories", before, after, name=by("name"))),
        Section(_("Parties"), listed("parties", before, after, name=by("name"), details=party_details)),
        Section(_("Visas"), listed("visas", before, after, name=by("text"), fields=VISA)),
        Section(_("Contrats liés"), listed("contracts", before, after, name=by("title"), fields=CONTRACT)),
        Section(_("Chargés de coopération"), listed("posts", before, after, name=post_name, fields=POST)),
        Section(_("Thématiques"), listed("themes", before, after, name=by("label"))),
        Section(
            _("Enjeux et objectifs"),
            listed(
                "nodes",
                before,
                after,
                name=node_name,
                details=lambda old, new: node_details(old, new, paths),
            ),
        ),
        Section(_("Organismes"), renamed(before, after)),
        Section(
            _("Actions"),
            listed(
                "actions",
                before,
                after,
                name=action_name,
                details=lambda old, new: words.differences(fiche(old), fiche(new)),
            ),
        ),
        Section(_("Financement"), financing(before, after, words), totals(before, after)),
        Section(_("Articles"), articles(before, after)),
        Section(_("Annexes"), annexes(before, after)),
    ]
    return [one for one in sections if one.changes or one.totals]


def by(name: str) -> Callable[[dict], str]:
    return lambda row: row[name]


def both_words(before: dict, after: dict) -> FrozenWords:
    """The words of the version after, and those of the version before for what is gone."""
    words, old = FrozenWords(after), FrozenWords(before)
    for name in ("actors", "themes", "nodes", "actions", "_places"):
        setattr(words, name, getattr(old, name) | getattr(words, name))
    return words


def fiche(row: dict) -> dict:
    return {name: row[name] for name in FIELDS if name in row}


def action_name(row: dict) -> str:
    return f"{row['number']} {row['title']}".strip()


def post_name(row: dict) -> str:
    return ", ".join(one for one in (row["holder"], row["employer"], fte(row["fte_share"])) if one)


def listed(part: str, before, after, *, name, fields=(), details=None) -> list[Change]:
    """Rows told apart by their key: removed ones where they were, then added and changed ones."""
    was, is_now = ({row["key"]: row for row in content[part]} for content in (before, after))
    details = details or (lambda old, new: field_details(part, fields, old, new))
    found = [Change("removed", name(row)) for key, row in was.items() if key not in is_now]
    for key, row in is_now.items():
        if key not in was:
            found.append(Change("added", name(row)))
        elif changed := details(was[key], row):
            found.append(Change("changed", name(row), changed))
        elif not fields and name(was[key]) != name(row):
            found.append(Change("changed", name(row), [Difference(_("Nom"), name(was[key]), name(row))]))
    return found


def field_details(part: str, fields, old: dict, new: dict) -> list[Difference]:
    return [
        Difference(label_of(part, one), value_of(part, one, old[one]), value_of(part, one, new[one]))
        for one in fields
        if old[one] != new[one]
    ]


def facts(before, after) -> list[Change]:
    return [
        Change("changed", one.label, [one])
        for one in field_details("facts", FACTS, before["facts"], after["facts"])
    ]


def party_details(old: dict, new: dict) -> list[Difference]:
    found = field_details("parties", (*PARTY, "deliberation_file"), old, new)
    was, is_now = ({row["key"]: row for row in one["signatures"]} for one in (old, new))
    for key in [*was, *(key for key in is_now if key not in was)]:
        # When somebody signed is told with each version.
        lines = [signatory(row) if row else "" for row in (was.get(key), is_now.get(key))]
        if lines[0] != lines[1]:
            found.append(Difference(_("Signataire"), *lines))
    return found


def node_details(old: dict, new: dict, paths) -> list[Difference]:
    found = field_details("nodes", NODE, old, new)
    if old["parent"] != new["parent"]:
        above = [paths.get(int(one["parent"]), "") if one["parent"] else "" for one in (old, new)]
        found.append(Difference(_("Rattachement"), *above))
    return found


def renamed(before, after) -> list[Change]:
    return [
        Change("changed", name, [Difference(_("Nom"), before["actors"][key], name)])
        for key, name in after["actors"].items()
        if key in before["actors"] and before["actors"][key] != name
    ]


def financing(before, after, words) -> list[Change]:
    """The lines of the whole convention; those of a fiche are told with it."""
    return (
        [
            Change("changed", one.label, [one])
            for one in words.row_differences("financing", before["financing"], after["financing"])
        ]
        if before["financing"] != after["financing"]
        else []
    )


def papers(content: dict, part: str) -> dict[str, dict]:
    return {row["key"]: row for row in content.get("papers", {}).get(part, [])}


def articles(before, after) -> list[Change]:
    was, is_now = papers(before, "articles"), papers(after, "articles")
    found = [Change("removed", row["heading"]) for key, row in was.items() if key not in is_now]
    for key, row in is_now.items():
        if key not in was:
            found.append(Change("added", row["heading"]))
            continue
        told = [
            Difference(label, was[key][name], row[name])
            for name, label in (("heading", _("Titre")), ("text", _("Texte")))
            if was[key][name] != row[name]
        ]
        if told:
            found.append(Change("changed", row["heading"], told))
    return found


def annexes(before, after) -> list[Change]:
    """Which ones are otherwise: what stands in them is told with the plan, the money and the parties."""
    was, is_now = papers(before, "annexes"), papers(after, "annexes")
    found = [Change("removed", row["title"]) for key, row in was.items() if key not in is_now]
    for key, row in is_now.items():
        if key not in was:
            found.append(Change("added", row["title"]))
        elif was[key] != row:
            found.append(Change("changed", row["title"]))
    return found


def totals(before, after) -> list[Difference]:
    was, is_now = money(before), money(after)
    labels = {
        "actions": _("Total inscrit dans les fiches"),
        "whole": _("Total inscrit pour toute la convention"),
    }
    return [
        Difference(label, total_words(was[key]), total_words(is_now[key]))
        for key, label in labels.items()
        if total_words(was[key]) != total_words(is_now[key])
    ]


def total_words(total: Total) -> str:
    """« 345 000 € (4 lignes, dont 1 arrondie et 2 à définir) »."""
    if not total.n_lines:
        return _("aucune ligne")
    if total.n_unknown == total.n_lines:
        return (
            _("à définir (%(n)s lignes)") % {"n": total.n_lines}
            if total.n_lines > 1
            else _("à définir (1 ligne)")
        )
    amount = format_number(total.amount_eur, "eur", 0 if total.amount_eur == int(total.amount_eur) else 2)
    told = [_("%(n)s lignes") % {"n": total.n_lines} if total.n_lines > 1 else _("1 ligne")]
    if total.n_rounded:
        told.append(_("%(n)s sans montant exact") % {"n": total.n_rounded})
    if total.n_unknown:
        told.append(_("%(n)s à définir") % {"n": total.n_unknown})
    return f"{amount} ({', '.join(told)})"
