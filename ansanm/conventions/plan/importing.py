"""A plan brought in: what its drafts would change in a convention, then all of it or nothing.

`understand` only reads; `save` writes in one transaction, each fiche through `operations`, and keeps the
whole as one bulk deed that can be undone.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rapidfuzz import fuzz, process

from ansanm.accounts.audit import record
from ansanm.conventions.models import Action, BulkEdit, PlanActor, PlanNode
from ansanm.conventions.plan import content as contents
from ansanm.conventions.plan import operations
from ansanm.conventions.plan.actors import NEAR, Actors, add_actor
from ansanm.conventions.plan.consistency import bare, same_names
from ansanm.conventions.plan.houses import house_of, to_propose
from ansanm.conventions.plan.node_operations import KINDS, add_node, add_theme
from ansanm.conventions.plan.places import place_groups
from ansanm.conventions.plan.reading import values
from ansanm.conventions.plan.reading.drafts import Draft, Plan, Problem
from ansanm.conventions.plan.wording import label_of
from ansanm.engines.merging import Conflict, merge
from ansanm.engines.written import folded_text
from ansanm.territories.names import search_key

NEW = "new"
NATIONAL_LABELS = {
    "access_to_rights": gettext_lazy("Accès aux droits"),
    "early_childhood": gettext_lazy("Petite enfance"),
    "youth": gettext_lazy("Enfance-jeunesse"),
    "parenting": gettext_lazy("Parentalité"),
    "housing": gettext_lazy("Logement et cadre de vie"),
    "social_life": gettext_lazy("Animation de la vie sociale"),
    "integration": gettext_lazy("Insertion sociale et professionnelle"),
}


Path = tuple[tuple[str, str], ...]


def folded(path: Path) -> tuple[str, ...]:
    """A place in the tree by the words of its levels."""
    return tuple(folded_text(label) for _kind, label in path)


class Changed(Exception):
    """Somebody changed the plan between the preview and the save: nothing was saved."""


@dataclass
class Organisation:
    """A name of the file, and the organisation it is taken for."""

    name: str
    where: str
    # "new", "actor:12" for one of the plan, "name:CCAS" for another name of this file.
    choice: str
    options: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_doubtful(self) -> bool:
        return len(self.options) > 1


@dataclass
class Row:
    draft: Draft
    action: Action | None = None
    # The fields to write; an organisation of the file is still its name there, a node its path.
    fields: dict = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)
    conflicts: dict[str, Conflict] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        if self.draft.errors:
            return "refused"
        if self.action is None:
            return "new"
        return "changed" if self.changed else "unchanged"

    @property
    def labels(self) -> list[str]:
        return [label_of(name) for name in self.changed]


@dataclass
class Reading:
    plan: Plan
    rows: list[Row]
    organisations: list[Organisation]
    new_stakes: list[str]
    new_themes: list[str]

    @property
    def errors(self) -> list[Problem]:
        return self.plan.errors

    @property
    def warnings(self) -> list[Problem]:
        return self.plan.warnings

    def n(self, outcome: str) -> int:
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def n_to_save(self) -> int:
        return self.n("new") + self.n("changed")

    @property
    def doubtful(self) -> list[Organisation]:
        return [one for one in self.organisations if one.is_doubtful]

    @property
    def fingerprint(self) -> str:
        """What was shown before saving: another value, and something moved meanwhile."""
        shown = [
            [row.draft.address, row.outcome, row.action and [row.action.pk, row.action.version]]
            for row in self.rows
        ]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


class Held:
    """What the convention holds already, by the words that name it."""

    def __init__(self, convention):
        self.row = convention
        self.actors = Actors(convention)
        self.themes = {folded_text(one.label): one.slug for one in convention.themes.all()}
        self.slugs = set(self.themes.values())
        self.nodes = {}
        held = {one.pk: one for one in convention.nodes.all()}
        for one in held.values():
            path, above = [], one
            while above is not None:
                # One without a name goes out as « Enjeu 1 (nom non publié) », and comes back so.
                path.append(folded_text(above.label or str(above)))
                above = held.get(above.parent_id)
            self.nodes[tuple(reversed(path))] = one.pk
        self.numbers = {folded_text(one.number): one for one in convention.actions.standing() if one.number}
        self.titles = {search_key(one.title): one for one in convention.actions.standing()}
        self._places: dict[str, str] | None = None

    @property
    def places(self) -> dict[str, str]:
        """The places its fiches may name, by name and by code: the nearest in size first."""
        if self._places is None:
            self._places = {}
            for _group, places in place_groups(self.row):
                for key, name in places:
                    for text in (name, key.partition(":")[2]):
                        self._places.setdefault(search_key(text), key)
        return self._places


def understand(plan: Plan, *, convention, by, choices: Mapping[str, str] | None = None) -> Reading:
    """What saving `plan` would do, row by row, without saving anything."""
    held = Held(convention)
    for draft in plan.drafts:
        # Read again after another choice: what was told of the convention is told anew.
        draft.problems = [one for one in draft.problems if not isinstance(one, HeldProblem)]
    organisations = _organisations(plan.drafts, held.actors, choices or {})
    chosen = {one.name: one.choice for one in organisations}
    rows = []
    for draft in plan.drafts:
        row = Row(draft)
        row.fields = _fields(draft, held, chosen)
        _find(row, held)
        if row.action is None:
            _check_new(row, held, by)
        else:
            _check_change(row, by)
        rows.append(row)
    paths = {row.fields["node"] for row in rows if isinstance(row.fields.get("node"), tuple)}
    slugs = {slug for row in rows for slug in row.fields.get("themes", ())} - held.slugs
    return Reading(
        plan,
        rows,
        organisations,
        sorted({path[0][1] for path in paths if folded(path[:1]) not in held.nodes}),
        sorted(_theme_label(slug, plan.drafts) for slug in slugs),
    )


class HeldProblem(Problem):
    """One that comes from the convention, not from the file alone."""


def _refuse(draft: Draft, name: str, message: str, *, is_error=True) -> None:
    cell = draft.cells.get(name) or draft.cells.get("title")
    # An empty cell is false, and has an address all the same.
    address, text = (cell.address, cell.text[:200]) if cell is not None else (draft.address, "")
    draft.problems.append(HeldProblem(address or draft.address, text, message, is_error))


# --- organisations


def _organisations(drafts: Iterable[Draft], actors: Actors, choices) -> list[Organisation]:
    where: dict[str, str] = {}
    uses: Counter[str] = Counter()
    for draft in drafts:
        told = [("pilot", draft.pilot)] if draft.pilot else []
        told += [("partners", name) for name in draft.partners]
        told += [("funding", row["funder_name"]) for row in draft.funding]
        for place, name in told:
            cell = draft.cells.get(place) or draft.cells.get("funder")
            where.setdefault(name, cell.address if cell else draft.address)
            uses[name] += 1
    # The name used most often stands for the others.
    names = sorted(where, key=lambda name: (-uses[name], name))
    keys = [search_key(name) for name in names]
    likeness = process.cdist(keys, keys, scorer=fuzz.token_set_ratio, score_cutoff=NEAR, dtype=np.uint8)
    pairs = {frozenset(pair) for pair in same_names(names)}
    found: list[Organisation] = []
    for place, name in enumerate(names):
        one = Organisation(name, where[name], NEW)
        known = actors.called(name)
        if known is not None:
            one.choice = f"actor:{known.pk}"
            one.options = [(one.choice, known.name)]
        else:
            one.options = [(NEW, _("un nouvel organisme : %(name)s") % {"name": name})]
            one.options += [(f"actor:{actor.pk}", actor.name) for actor in actors.near(name)]
            one.options += [
                (f"name:{other.name}", other.name)
                for other, like in zip(found, likeness[place], strict=False)
                # Not of one that is itself another name.
                if (like or {other.name, name} in pairs) and not other.choice.startswith("name:")
            ]
            one.choice = _proposed(name, one.options)
        if choices.get(name) in dict(one.options):
            one.choice = choices[name]
        found.append(one)
    return sorted(found, key=lambda one: search_key(one.name))


def _proposed(name: str, options) -> str:
    """The same words but for articles are taken for one; a likeness only is left to the person."""
    for choice, label in options[1:]:
        if bare(label) == bare(name):
            return choice
    return NEW


# --- the fields of a row


def _fields(draft: Draft, held: Held, chosen) -> dict:
    fields = dict(draft.values)
    told = draft.told
    if {"stake", "goal", "step"} & told or draft.stake:
        labels = zip(KINDS, (draft.stake, draft.goal, draft.step), strict=True)
        path = tuple((kind, label) for kind, label in labels if label)
        fields["node"] = held.nodes.get(folded(path), path) if path else None
    if "pilot" in told:
        fields["pilot"] = _reference(draft.pilot, held, chosen) if draft.pilot else None
    if "partners" in told or draft.partners:
        found = [_reference(name, held, chosen) for name in draft.partners]
        fields["partners"] = list(dict.fromkeys(found))
    if "themes" in told:
        fields["themes"] = list(dict.fromkeys(_themes(draft, held)))
    if "places" in told:
        fields["places"] = _places(draft, held, fields)
    if "financing" in told or draft.funding:
        fields["financing"] = [
            {name: value for name, value in row.items() if name != "funder_name"}
            | {"funder": _reference(row["funder_name"], held, chosen)}
            | _money_place(draft, held, row)
            for row in draft.funding
        ]
    return fields


def _money_place(draft: Draft, held: Held, row: dict) -> dict:
    name = row.get("place", "")
    if not name:
        return {}
    code = name.removesuffix(")").rpartition(" (")[2]
    key = held.places.get(search_key(name)) or held.places.get(search_key(code))
    if key is None:
        _refuse(
            draft, "funding", _("« %(text)s » n’est pas un lieu connu de la convention.") % {"text": name}
        )
    return {"place": key or ""}


def _money_operations(row: Row, fields: dict, base: dict) -> dict:
    """`fields` whose lines of money name their operation by its key; new operations have theirs already."""
    lines = fields.get("financing", [])
    if not any(line.get("operation") for line in lines):
        return fields
    operations = [
        {"key": contents.new_key(), **one} for one in fields.get("operations", base.get("operations", []))
    ]
    by_title = {folded_text(one["title"]): one["key"] for one in operations}
    keys = set(by_title.values())
    found = []
    for line in lines:
        told = line.get("operation", "")
        if told and told not in keys:
            key = by_title.get(folded_text(told), "")
            if not key:
                _refuse(
                    row.draft,
                    "funding",
                    _("« %(text)s » n’est aucune des opérations de la fiche.") % {"text": told},
                )
            line = line | {"operation": key}
        found.append(line)
    return fields | {"financing": found} | ({"operations": operations} if "operations" in fields else {})


def _reference(name: str, held: Held, chosen) -> int | str:
    """The actor of that name if it is one, else the name it will be added under."""
    choice = chosen[name]
    if choice.startswith("name:"):
        name = choice.removeprefix("name:")
        choice = chosen[name]
    return int(choice.removeprefix("actor:")) if choice.startswith("actor:") else name


def _themes(draft: Draft, held: Held) -> list[str]:
    found = []
    for words in draft.themes:
        if slug := held.themes.get(folded_text(words)):
            found.append(slug)
        elif words in NATIONAL_LABELS:
            found.append(words)
        elif meant := values.themes(words):
            found += meant
        elif slug := slugify(words)[:40]:
            found.append(slug)
            _refuse(
                draft,
                "themes",
                _("« %(text)s » n’est aucune des thématiques connues : elle sera ajoutée.") % {"text": words},
                is_error=False,
            )
    return found


def _theme_label(slug: str, drafts) -> str:
    if slug in NATIONAL_LABELS:
        return str(NATIONAL_LABELS[slug])
    words = (words for draft in drafts for words in draft.themes)
    return next((one for one in words if slugify(one)[:40] == slug), slug)[:120]


def _places(draft: Draft, held: Held, fields: dict) -> list[str]:
    found = []
    for name in draft.places:
        # « Le Chaudron (QN97401M) », as the export writes it, or either of the two.
        code = name.removesuffix(")").rpartition(" (")[2]
        if key := held.places.get(search_key(name)) or held.places.get(search_key(code)):
            found.append(key)
        elif not values.is_nothing(name):
            note = " ; ".join(text for text in (fields.get("place_note", ""), name) if text)
            fields["place_note"] = note[:300]
            _refuse(
                draft,
                "places",
                _("« %(text)s » n’est pas un lieu connu de la convention : gardé en mots.") % {"text": name},
                is_error=False,
            )
    return sorted(set(found))


# --- new, changed, or refused


def _find(row: Row, held: Held) -> None:
    draft = row.draft
    same = held.numbers.get(folded_text(draft.number)) if draft.number else None
    if draft.version is not None:
        row.action = same or (None if draft.number else held.titles.get(search_key(draft.title)))
        if row.action is None:
            _refuse(
                draft,
                "version",
                _("La fiche « %(name)s » n’est plus dans le plan : effacez sa version pour l’ajouter.")
                % {"name": draft.name},
            )
    elif same is not None:
        _refuse(
            draft,
            "number",
            _(
                "Le numéro « %(number)s » est déjà celui de « %(title)s ». Pour modifier cette fiche, partez "
                "de l’export : il porte sa version."
            )
            % {"number": draft.number, "title": same.title},
        )
    elif twin := held.titles.get(search_key(draft.title)):
        _refuse(
            draft,
            "title",
            _("Une fiche a déjà cet intitulé dans le plan (%(name)s).")
            % {"name": f"{twin.number} {twin.title}".strip()},
            is_error=False,
        )


def _check_new(row: Row, held: Held, by) -> None:
    fields = row.fields
    if "lead_house" not in fields and (house := values.house(row.draft.pilot)):
        fields["lead_house"] = house
    fields = row.fields = _money_operations(row, fields, {})
    action = Action(convention=held.row)
    try:
        changes = operations.normal(fields | {"partners": [], "financing": []})
        for name in contents.SCALARS:
            if name in changes:
                setattr(action, name, changes[name])
        action.clean_fields(exclude=[*contents.KEYS, "search_text"])
        nothing = {name: [] for name in (*contents.SETS, *contents.ROWS)} | dict.fromkeys(contents.KEYS)
        scalars = {name: getattr(action, name) for name in contents.SCALARS}
        told = {name: changes[name] for name in ("operations",) if name in changes}
        operations.check(action, nothing | scalars | told)
    except ValidationError as refused:
        _tell(row, refused)


def _tell(row: Row, refused: ValidationError) -> None:
    known = {(one.address, one.message) for one in row.draft.problems}
    errors = refused.message_dict if hasattr(refused, "error_dict") else {"title": refused.messages}
    for name, messages in errors.items():
        before = row.draft.cells.get(name)
        for message in messages:
            address = row.draft.address if before is None else before.address
            already = any(one.is_error and one.address == address for one in row.draft.problems)
            if (address, message) not in known and not already:
                _refuse(row.draft, name, message)


def _check_change(row: Row, by) -> None:
    """Join the row with what the fiche became since the export."""
    draft, action = row.draft, row.action
    revision = action.revisions.filter(version=draft.version).first()
    if revision is None:
        _refuse(draft, "version", _("Cette fiche n’a jamais eu de version %(n)s.") % {"n": draft.version})
        return
    base, now = revision.content, operations.fresh(action)
    row.fields = _untouched(_money_operations(row, _keyed(row.fields, base), base), base)
    try:
        mine = _normal(row.fields)
    except ValidationError as refused:
        _tell(row, refused)
        return
    merged = merge(base, mine, now, sets=contents.SETS, rows=contents.ROWS)
    row.conflicts = merged.conflicts
    row.changed = [name for name, value in merged.values.items() if value != now.get(name)]
    house = house_of(by, action.convention) if by else ""
    row.proposed = sorted(
        to_propose(row.changed, house=house, lead_house=now["lead_house"], convention=action.convention)
    )
    for name, conflict in merged.conflicts.items():
        _refuse(
            draft,
            name,
            _("%(field)s : changé par quelqu’un depuis l’export, et dans le fichier aussi (« %(theirs)s »).")
            % {"field": label_of(name), "theirs": in_short(conflict.theirs)},
        )


def _normal(fields: dict) -> dict:
    """As `operations.normal`, where some organisations are still names: those sort after the others."""
    if "partners" not in fields:
        return operations.normal(fields)
    keys = sorted({one for one in fields["partners"] if isinstance(one, int)})
    names = sorted({one for one in fields["partners"] if isinstance(one, str)})
    return operations.normal(fields | {"partners": []}) | {"partners": [*keys, *names]}


_NAMES_OF_ROWS = {
    "operations": ("title",),
    "milestones": ("title",),
    "indicators": ("label",),
    "financing": ("funder", "year", "scope"),
}


def _keyed(fields: dict, base: dict) -> dict:
    """`fields` whose rows have the key of the row of that name in the fiche: a workbook shows no key."""
    fields = dict(fields)
    for name, named_by in _NAMES_OF_ROWS.items():
        if name not in fields:
            continue
        held = [dict(row) for row in base.get(name, ())]
        rows = []
        for row in fields[name]:
            same = next((one for one in held if all(one.get(key) == row.get(key) for key in named_by)), None)
            if same is not None:
                held.remove(same)
                row = same | row
            rows.append(row)
        fields[name] = rows
    return fields


def _untouched(fields: dict, base: dict) -> dict:
    """`fields` whose texts are as the fiche has them where only spaces differ: a cell keeps none double."""

    def as_it_was(value, before):
        if isinstance(value, str) and isinstance(before, str) and value.split() == before.split():
            return before
        return value

    fields = {name: as_it_was(value, base.get(name)) for name, value in fields.items()}
    for name in _NAMES_OF_ROWS:
        held = {row["key"]: row for row in base.get(name, ())}
        if name in fields:
            fields[name] = [
                {key: as_it_was(value, held.get(row.get("key"), {}).get(key)) for key, value in row.items()}
                for row in fields[name]
            ]
    return fields


def in_short(value) -> str:
    """What the others saved, as far as a sentence holds it."""
    if isinstance(value, list):
        return ", ".join(
            str(one.get("title") or one.get("label") or "") if isinstance(one, dict) else str(one)
            for one in value
        )[:120]
    return str(value if value is not None else "")[:120]


# --- the deed


@transaction.atomic
def save(reading: Reading, *, convention, by, progress: Callable[[int, int], None] | None = None) -> BulkEdit:
    """Write every row or none; Changed when the plan moved since it was read."""
    if reading.errors:
        raise ValueError(f"{len(reading.errors)} cells are refused: nothing is saved.")
    maker = _Maker(convention, by, reading)
    versions = {}
    for place, row in enumerate(reading.rows):
        if progress:
            progress(place, len(reading.rows))
        if row.outcome == "unchanged":
            continue
        fields = maker.resolved(row.fields)
        if row.action is None:
            action = operations.create_action(by=by, convention=convention, origin="import", **fields)
            versions[str(action.pk)] = [0, action.version]
            continue
        before = row.action.version
        try:
            saved = operations.update_action(
                by=by,
                action=row.action,
                base_version=row.draft.version,
                origin="import",
                message=_("Import de %(file)s") % {"file": reading.plan.source.name},
                **fields,
            )
        except operations.MergeConflict as conflict:
            raise Changed(str(conflict)) from conflict
        if saved.action.version != before:
            versions[str(saved.action.pk)] = [before, saved.action.version]
    bulk = BulkEdit.objects.create(convention=convention, kind="import", versions=versions, by=by)
    created = sum(not before for before, _after in versions.values())
    record(
        "plan.import",
        by=by,
        target=convention,
        convention=convention,
        after={"file": reading.plan.source.name, "n_created": created, "n_updated": len(versions) - created},
    )
    return bulk


class _Maker:
    """Adds the organisations, themes and levels that the file names and the plan has not."""

    def __init__(self, convention, by, reading: Reading):
        self.convention, self.by, self.reading = convention, by, reading
        self.actors: dict[str, int] = {}
        held = Held(convention)
        self.nodes = held.nodes
        self.themes = {slug: slug for slug in held.slugs}
        self._aliases()

    def _aliases(self) -> None:
        """Keep the other spellings of the file beside the name they were taken for."""
        for one in self.reading.organisations:
            if one.choice.startswith("actor:"):
                actor = PlanActor.objects.filter(convention=self.convention).get(
                    pk=int(one.choice.removeprefix("actor:"))
                )
                self._alias(actor, one.name)
        for one in self.reading.organisations:
            if one.choice.startswith("name:"):
                pk = self.actor(one.choice.removeprefix("name:"))
                self._alias(PlanActor.objects.get(pk=pk), one.name)

    def _alias(self, actor, name) -> None:
        known = {search_key(actor.name), *(search_key(alias) for alias in actor.aliases)}
        if search_key(name) not in known:
            actor.aliases = [*actor.aliases, name]
            actor.save(update_fields=["aliases"])

    def actor(self, name: str) -> int:
        if name not in self.actors:
            chosen = next((one.choice for one in self.reading.organisations if one.name == name), NEW)
            if chosen.startswith("actor:"):
                self.actors[name] = int(chosen.removeprefix("actor:"))
            else:
                self.actors[name] = add_actor(by=self.by, convention=self.convention, name=name).pk
        return self.actors[name]

    def resolved(self, fields: dict) -> dict:
        fields = {name: value for name, value in fields.items()}
        if isinstance(fields.get("node"), tuple):
            fields["node"] = self.node(fields["node"])
        if isinstance(fields.get("pilot"), str):
            fields["pilot"] = self.actor(fields["pilot"])
        if "partners" in fields:
            fields["partners"] = [
                self.actor(one) if isinstance(one, str) else one for one in fields["partners"]
            ]
        if "financing" in fields:
            fields["financing"] = [
                row | {"funder": self.actor(row["funder"])} if isinstance(row["funder"], str) else row
                for row in fields["financing"]
            ]
        if "themes" in fields:
            fields["themes"] = [self.theme(slug) for slug in fields["themes"]]
        return fields

    def node(self, path: Path) -> int:
        if folded(path) not in self.nodes:
            parent = PlanNode.objects.get(pk=self.node(path[:-1])) if len(path) > 1 else None
            kind, label = path[-1]
            node = add_node(by=self.by, convention=self.convention, kind=kind, label=label, parent=parent)
            self.nodes[folded(path)] = node.pk
        return self.nodes[folded(path)]

    def theme(self, slug: str) -> str:
        """The slug a theme has in the plan, where it may not have been yet."""
        if slug not in self.themes:
            theme = add_theme(
                by=self.by,
                convention=self.convention,
                label=_theme_label(slug, self.reading.plan.drafts),
                slug=slug if slug in NATIONAL_LABELS else "",
            )
            self.themes[slug] = theme.slug
        return self.themes[slug]
