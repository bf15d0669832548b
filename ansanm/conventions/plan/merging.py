"""Two people saved the same field: what both wrote, what this person chooses of it, saved on top."""

from dataclasses import dataclass, field
from functools import cached_property

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ansanm.conventions.plan import content as contents
from ansanm.conventions.plan import wording
from ansanm.conventions.plan.fiche_forms import FicheForm
from ansanm.conventions.plan.operations import content_at

SALT = "conventions.fiche.meeting"
ONE_DAY = 24 * 3600
THEIRS, MINE, REMOVE = "theirs", "mine", "remove"


@dataclass(frozen=True)
class Row:
    """A row that both changed: its cells that differ, as (label, before, theirs, mine)."""

    key: str
    title: str
    cells: list[tuple[str, str, str, str]]
    mine_removed: bool
    theirs_removed: bool
    # The name of what the page asks of it, and what was answered.
    choice: str
    chosen: str


@dataclass(frozen=True)
class Point:
    """A field that both changed."""

    name: str
    label: str
    before: str
    theirs: str
    mine: str
    choice: str
    chosen: str
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Meeting:
    """`mine` was written on version `base`, and differs from version `at` where both changed.

    `carried` is the rest of what this person changed, joined already: it goes with what they choose.
    """

    action: object
    base: int
    at: int
    mine: dict
    carried: dict
    message: str = ""

    @classmethod
    def of(cls, conflict, *, base: int, changes: dict, message: str):
        return cls(
            action=conflict.action,
            base=base,
            at=conflict.action.version,
            mine={name: one.mine for name, one in conflict.conflicts.items()},
            # On top of their version: joined where both wrote in the same list.
            carried={name: conflict.merged[name] for name in changes if name not in conflict.conflicts},
            message=message,
        )

    def sealed(self, user) -> str:
        said = [self.action.pk, user.pk, self.base, self.at, self.mine, self.carried, self.message]
        return signing.dumps(said, salt=SALT, compress=True)

    @classmethod
    def unsealed(cls, text: str, *, action, user):
        """The meeting that the page carries; None when it is not of this person and fiche, or too old."""
        try:
            pk, writer, *said = signing.loads(text, salt=SALT, max_age=ONE_DAY)
        except signing.BadSignature:
            return None
        return cls(action, *said) if (pk, writer) == (action.pk, user.pk) else None

    @cached_property
    def before(self) -> dict:
        return content_at(self.action, self.base)

    @cached_property
    def theirs(self) -> dict:
        return content_at(self.action, self.at)

    def authors(self) -> list:
        """Who saved meanwhile, the last first."""
        return list(
            self.action.revisions.filter(version__gt=self.base, version__lte=self.at).select_related("by")
        )

    def form(self, data=None, *, house) -> FicheForm:
        """The fields in question, my version in them, to be kept or composed."""
        theirs = self.theirs
        composed = {
            name: self.composed(name, theirs) if name in contents.ROWS else value
            for name, value in self.mine.items()
        }
        return FicheForm(
            data,
            convention=self.action.convention,
            base=theirs,
            version=self.at,
            action=self.action,
            only=[name for name in contents.FIELDS if name in self.mine],
            house=house,
            shown=theirs | composed,
        )

    def composed(self, name, theirs) -> list[dict]:
        """Their rows with mine among them; where both changed one, mine, to be compared."""
        was, here, there = (by_key(rows[name]) for rows in (self.before, self.mine, theirs))
        rows = []
        for key in {**there, **here}:
            before, mine, saved = was.get(key), here.get(key), there.get(key)
            kept = mine if saved == before else saved
            if differ(before, mine, saved):
                kept = mine or saved
            if kept is not None:
                rows.append(kept)
        return rows

    def points(self, choices=None) -> list[Point]:
        """The fields that both changed; `choices` is what was answered of them, if anything was."""
        choices = choices or {}
        words = wording.Words(self.action.convention)
        before, theirs = self.before, self.theirs
        points = []
        for name in contents.FIELDS:
            if name not in self.mine:
                continue
            rows = self.rows_of(name, before, theirs, words, choices) if name in contents.ROWS else []
            versions = (words.value(name, one[name]) for one in (before, theirs, self.mine))
            choice = f"choice-{name}"
            points.append(
                Point(name, wording.label_of(name), *versions, choice, choices.get(choice, ""), rows)
            )
        return points

    def rows_of(self, name, before, theirs, words, choices) -> list[Row]:
        was, here, there = (by_key(rows[name]) for rows in (before, self.mine, theirs))
        rows = []
        for key in {**there, **here}:
            versions = was.get(key), there.get(key), here.get(key)
            if not differ(versions[0], versions[2], versions[1]):
                continue
            known = next(one for one in versions[::-1] if one)
            cells = [
                (
                    wording.cell_label(name, cell),
                    *(words.cell(name, cell, one[cell]) if one else "" for one in versions),
                )
                for cell in known
                if cell != "key" and len({str(one and one.get(cell)) for one in versions}) > 1
            ]
            choice = f"choice-{name}-{key}"
            rows.append(
                Row(
                    key,
                    words.row(name, known),
                    cells,
                    mine_removed=versions[2] is None,
                    theirs_removed=versions[1] is None,
                    choice=choice,
                    chosen=choices.get(choice, ""),
                )
            )
        return rows

    def resolved(self, form: FicheForm, data, *, by) -> dict:
        """What to save on top of their version; ValidationError where a choice is missing."""
        theirs = self.theirs
        missing, changes = [], form.changes(by=by)
        for point in self.points(data):
            if not point.rows:
                choice = point.chosen
                if choice not in {THEIRS, MINE}:
                    missing.append(point.label)
                elif choice == THEIRS:
                    changes.pop(point.name, None)
                continue
            rows = changes.get(point.name, theirs[point.name])
            saved = by_key(theirs[point.name])
            for row in point.rows:
                choice = row.chosen
                if choice not in {THEIRS, MINE, REMOVE}:
                    missing.append(row.title)
                elif choice == REMOVE or (choice == THEIRS and row.theirs_removed):
                    rows = [one for one in rows if one.get("key") != row.key]
                elif choice == THEIRS:
                    rows = [saved[row.key] if one.get("key") == row.key else one for one in rows]
            changes[point.name] = rows
        if missing:
            raise ValidationError(
                _("Choisissez une version pour\u00a0: %(what)s.") % {"what": ", ".join(missing)},
                code="choice",
            )
        return self.carried | changes


def by_key(rows) -> dict:
    return {row["key"]: row for row in rows}


def differ(before, mine, theirs) -> bool:
    """Whether both changed the same row, otherwise."""
    return mine != theirs and theirs != before and mine != before
