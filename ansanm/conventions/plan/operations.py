"""The deeds on a fiche: write it, merge it, propose to the other house, bin it, bring it back."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.models import (
    Action,
    ActionRevision,
    BulkEdit,
    FinancingLine,
    House,
    PlanActor,
    PlanNode,
    Proposal,
    Status,
)
from ansanm.conventions.plan import content as contents
from ansanm.conventions.plan import follows, notices
from ansanm.conventions.plan.houses import house_of, owner_of, to_propose
from ansanm.engines.merging import Conflict, merge
from ansanm.territories.models import Territory

UNDO = timedelta(minutes=10)
BIN = timedelta(days=30)
# A fiche holds 1 to 4 operations in the conventions read; 12 leaves room and refuses a pasted table.
MOST_OPERATIONS = 12
MORE = frozenset(contents.FINANCING_MORE)
CHOSEN = {
    "nature": FinancingLine.Nature.values,
    "tax": FinancingLine.Tax.values,
    "common_law": FinancingLine.CommonLaw.values,
}


class MergeConflict(Exception):
    """Both changed the same fields, differently: nothing was saved, both versions are here."""

    def __init__(self, action: Action, conflicts: dict[str, Conflict], merged: dict):
        super().__init__(f"{action}: {', '.join(conflicts)} changed by both.")
        self.action = action
        self.conflicts = conflicts
        # What would be saved, with theirs for the fields in conflict.
        self.merged = merged


class TooLate(Exception):
    """The ten minutes of an undo, or the thirty days of the bin, are over."""


class NotYours(Exception):
    """The proposal is answered by the other house, or was answered already."""


@dataclass(frozen=True)
class Saved:
    action: Action
    # Fields that somebody else had saved meanwhile and that were joined.
    joined: tuple[str, ...] = ()
    proposals: list[Proposal] = field(default_factory=list)


def locked(action) -> Action:
    return Action.objects.select_for_update(of=("self",)).select_related("convention").get(pk=action.pk)


def fresh(action) -> dict:
    return contents.content_of(Action.objects.with_content().get(pk=action.pk))


def keep_revision(action, content, *, by, origin, by_name=""):
    return ActionRevision.objects.create(
        action=action, version=action.version, content=content, by=by, by_name=by_name, origin=origin
    )


def content_at(action, version: int) -> dict:
    return action.revisions.get(version=version).content


def told(content: dict) -> dict:
    """What the audit trail keeps of a fiche: it outlives people, so it names none of them."""
    return {name: "…" if name in contents.PERSONAL and value else value for name, value in content.items()}


def normal(changes: dict) -> dict:
    """`changes` as content_of writes them, so that the same value is the same text."""
    unknown = changes.keys() - set(contents.FIELDS)
    if unknown:
        raise TypeError(f"Not fields of a fiche: {', '.join(sorted(unknown))}.")
    changes = dict(changes)
    if "staff_fte" in changes:
        changes["staff_fte"] = number(changes["staff_fte"], "staff_fte")
    for name in ("operations", "milestones", "indicators", "financing"):
        if name in changes:
            changes[name] = [{"key": row.get("key") or contents.new_key(), **row} for row in changes[name]]
    for row in changes.get("indicators", ()):
        row["baseline_value"] = number(row.get("baseline_value"), "indicators")
        row["targets"] = [
            {
                "value": number(one.get("value"), "indicators"),
                "text": one.get("text", ""),
                "due": one.get("due", ""),
            }
            for one in row.get("targets", ())
        ]
    if "financing" in changes:
        changes["financing"] = [normal_line(row) for row in changes["financing"]]
    for name in ("partners", "places"):
        if name in changes:
            changes[name] = sorted(set(changes[name]))
    if "links" in changes:
        changes["links"] = [row | {"key": f"{row['kind']}:{row['other']}"} for row in changes["links"]]
    return changes


def normal_line(row: dict) -> dict:
    row = row | {"amount_eur": number(row.get("amount_eur"), "financing")}
    for name in (*contents.MONEY_ROAD, "in_kind_fte"):
        if name in row:
            row[name] = number(row[name], "financing")
    return {name: value for name, value in row.items() if name not in MORE or value not in ("", None)}


def number(value, name):
    if value in (None, ""):
        return None
    try:
        return contents.plain(Decimal(value))
    except InvalidOperation as error:
        raise ValidationError({name: _("« %(text)s » n’est pas un nombre.") % {"text": value}}) from error


def check(action: Action, content: dict) -> None:
    """Refuse what no fiche may say; `action` carries the scalars of `content`."""
    convention = action.convention_id
    errors = {}
    if content["status"] in {Status.PAUSED, Status.ABANDONED} and not content["status_reason"].strip():
        errors["status_reason"] = _("Dites pourquoi l’action est en pause ou abandonnée.")
    # Relations of another convention, sent by hand in a request, do not exist here.
    if content["node"] and not PlanNode.objects.filter(convention=convention, pk=content["node"]).exists():
        errors["node"] = _("Ce rattachement n’est pas dans le plan de cette convention.")
    actors = {pk for pk in [content["pilot"], *content["partners"]] if pk}
    actors |= {row["funder"] for row in content["financing"]}
    if PlanActor.objects.filter(convention=convention, pk__in=actors).count() != len(actors):
        errors["partners"] = _("Un des organismes n’est pas dans le plan de cette convention.")
    if content["pilot_user"] and not action.convention.roles.filter(user=content["pilot_user"]).exists():
        errors["pilot_user"] = _("Cette personne n’est pas membre de la convention.")
    others = {row["other"] for row in content["links"]}
    if action.pk in others:
        errors["links"] = _("Une action ne se lie pas à elle-même.")
    elif Action.objects.filter(convention=convention, pk__in=others).count() != len(others):
        errors["links"] = _("Une des actions liées n’est pas dans cette convention.")
    if message := wrong_money(content["financing"]):
        errors["financing"] = message
    if len(content["operations"]) > MOST_OPERATIONS:
        errors["operations"] = _("Une fiche tient au plus %(n)s opérations : faites-en une autre.") % {
            "n": MOST_OPERATIONS
        }
    starts, ends = action.starts_vague, action.ends_vague
    if starts and ends and starts.first_on and ends.last_on and ends.last_on < starts.first_on:
        errors["ends"] = _("La fin vient avant le début.")
    if errors:
        raise ValidationError(errors)


def wrong_money(rows: list[dict]) -> str:
    """Return what no line of financing may say, sent by hand in a request; "" where all may."""
    for row in rows:
        for name, choices in CHOSEN.items():
            if row.get(name, "") not in {"", *choices}:
                return _("« %(text)s » n’est pas un choix possible.") % {"text": row[name]}
        numbers = [row[name] for name in (*contents.MONEY_ROAD, "in_kind_fte") if name in row]
        if any(Decimal(one) < 0 for one in numbers):
            return _("Un financement n’est pas négatif.")
    places = {row["place"] for row in rows if "place" in row}
    pairs = {tuple(one.partition(":")[::2]) for one in places}
    found = Territory.objects.filter(code__in=[code for _level, code in pairs]).values_list("level", "code")
    if places and not pairs <= set(found):
        return _("Un des lieux n’existe pas.")
    return ""


def save(action: Action, changes: dict, *, now: dict, by, origin, by_name="", verb="action.update") -> None:
    """Write `changes` over `now`, what a locked fiche holds: next version, revision, audit entry."""
    before = now
    changes = {name: value for name, value in changes.items() if before[name] != value}
    if not changes:
        return
    for name in contents.SCALARS:
        if name in changes:
            setattr(action, name, changes[name])
    action.clean_fields(exclude=[*contents.KEYS, "search_text"])
    check(action, before | changes)
    action.version += 1
    contents.write(action, changes)
    after = fresh(action)
    index(action, after)
    keep_revision(action, after, by=by, by_name=by_name, origin=origin)
    follows.piloted(action, changes.get("pilot_user"))
    notices.changed(action, by=by)
    changed = [name for name in changes if before[name] != after[name]]
    record(
        verb,
        by=by,
        target=action,
        convention=action.convention,
        before=told({name: before[name] for name in changed}),
        after=told({name: after[name] for name in changed}),
    )


def index(action, content):
    pilot = PlanActor.objects.filter(pk=content["pilot"]).values_list("name", flat=True).first()
    Action.objects.filter(pk=action.pk).update(search_text=contents.searched(content, pilot or ""))


@transaction.atomic
def create_action(*, by, convention, origin="create", **fields) -> Action:
    """Open a fiche with `fields` (any of content.FIELDS); it comes last."""
    last = convention.actions.order_by("-position").values_list("position", flat=True).first()
    action = Action(convention=convention, position=0 if last is None else last + 1)
    fields = normal({"lead_house": house_of(by, convention) or House.SHARED, **fields} if by else fields)
    for name in contents.SCALARS:
        if name in fields:
            setattr(action, name, fields[name])
    action.clean_fields(exclude=[*contents.KEYS, "search_text"])
    empty = {name: [] for name in (*contents.SETS, *contents.ROWS)} | dict.fromkeys(contents.KEYS)
    check(action, empty | {name: getattr(action, name) for name in contents.SCALARS} | fields)
    contents.write(action, fields)
    content = fresh(action)
    index(action, content)
    keep_revision(action, content, by=by, origin=origin)
    follows.opened(action, by=by, origin=origin, pilot=content["pilot_user"])
    given = {name: value for name, value in content.items() if value not in (None, "", [], False)}
    record("action.create", by=by, target=action, convention=convention, after=told(given))
    return action


@transaction.atomic
def update_action(*, by, action, base_version: int, origin="edit", message="", **changes) -> Saved:
    """Save `changes`, written on top of version `base_version`, and join what others saved since.

    Fields of the other house become one proposal to it. Raises MergeConflict, with nothing saved,
    when a field was changed by both; ValidationError naming the field otherwise.
    """
    current = locked(action)
    if current.deleted_at:
        raise ValidationError(_("Cette fiche est à la corbeille : remettez-la d’abord en place."))
    changes = normal(changes)
    base, now = content_at(current, base_version), fresh(current)
    merged = merge(base, changes, now, sets=contents.SETS, rows=contents.ROWS)
    if merged.conflicts:
        raise MergeConflict(current, merged.conflicts, merged.values)
    wanted = {name: value for name, value in merged.values.items() if value != now[name]}
    house = house_of(by, current.convention)
    proposed = to_propose(wanted, house=house, lead_house=now["lead_house"], convention=current.convention)
    proposals = []
    if proposed:
        proposals = propose(
            by=by,
            action=current,
            house=house,
            now=now,
            wanted={n: wanted[n] for n in proposed},
            message=message,
        )
    own = {name: value for name, value in wanted.items() if name not in proposed}
    joined = merged.from_them if base_version != current.version else ()
    save(current, own, now=now, by=by, origin="merge" if joined else origin)
    return Saved(current, joined, proposals)


def propose(*, by, action, house, now, wanted, message) -> list[Proposal]:
    """One proposal to each house that owns some of `wanted`: a partner may propose to both."""
    made = []
    for owner in (House.CITY, House.CAF):
        fields = [name for name in wanted if owner_of(name, now["lead_house"], action.convention) == owner]
        if not fields:
            continue
        proposal = Proposal.objects.create(
            action=action,
            by_house=house or House.SHARED,
            to_house=owner,
            base_version=action.version,
            before={name: now[name] for name in fields},
            after={name: wanted[name] for name in fields},
            message=message,
            by=by,
        )
        notices.proposed(proposal)
        record(
            "action.propose",
            by=by,
            target=action,
            convention=action.convention,
            before=told(proposal.before),
            after=told(proposal.after),
        )
        made.append(proposal)
    return made


def answerable(proposal, by) -> Action:
    """The fiche, locked, if `by` may answer the proposal and nobody did."""
    action = locked(proposal.action)
    proposal.refresh_from_db()
    if proposal.state != Proposal.State.OPEN or house_of(by, action.convention) != proposal.to_house:
        raise NotYours(f"{proposal} is not for {by} to answer.")
    return action


def decide(proposal, state, *, by, answer=""):
    proposal.state, proposal.decided_by, proposal.decided_at = state, by, timezone.now()
    proposal.answer = answer
    proposal.save(update_fields=["state", "decided_by", "decided_at", "answer"])
    notices.answered(proposal)


@transaction.atomic
def accept_proposal(*, by, proposal, answer="", over: bool = False) -> Saved:
    """Write what the proposal wants. Raises MergeConflict if those fields moved since, unless `over`."""
    action = answerable(proposal, by)
    now = fresh(action)
    merged = merge(proposal.before, proposal.after, now, sets=contents.SETS, rows=contents.ROWS)
    if merged.conflicts and not over:
        raise MergeConflict(action, merged.conflicts, merged.values)
    values = merged.values | {name: conflict.mine for name, conflict in merged.conflicts.items()}
    save(
        action,
        {name: values[name] for name in proposal.after},
        now=now,
        by=by,
        origin="proposal",
        verb="action.proposal_accept",
    )
    decide(proposal, Proposal.State.ACCEPTED, by=by, answer=answer)
    return Saved(action)


@transaction.atomic
def refuse_proposal(*, by, proposal, answer) -> Proposal:
    """Refuse it, with the reason that its author will read."""
    action = answerable(proposal, by)
    if not answer.strip():
        raise ValidationError({"answer": _("Dites pourquoi : l’autre maison le lira.")})
    decide(proposal, Proposal.State.REFUSED, by=by, answer=answer)
    record("action.proposal_refuse", by=by, target=action, convention=action.convention)
    return proposal


@transaction.atomic
def withdraw_proposal(*, by, proposal) -> Proposal:
    action = locked(proposal.action)
    proposal.refresh_from_db()
    if proposal.state != Proposal.State.OPEN or proposal.by != by:
        raise NotYours(f"{proposal} is not for {by} to withdraw.")
    decide(proposal, Proposal.State.WITHDRAWN, by=by)
    record("action.proposal_withdraw", by=by, target=action, convention=action.convention)
    return proposal


def restore_revision(*, by, action, version: int, base_version: int) -> Saved:
    """Bring the fiche back to what it was at `version`; the versions between stay readable."""
    old = content_at(action, version)
    known = {name: value for name, value in old.items() if name in contents.FIELDS}
    if known.get("node") and not PlanNode.objects.filter(pk=known["node"]).exists():
        # The level was removed since, and its actions put elsewhere: they stay there.
        del known["node"]
    return update_action(by=by, action=action, base_version=base_version, origin="restore", **known)


@transaction.atomic
def delete_actions(*, by, convention, actions) -> BulkEdit:
    """To the bin: undone within ten minutes, put back within thirty days."""
    rows = list(
        Action.objects.select_for_update().filter(convention=convention, pk__in=[one.pk for one in actions])
    )
    now = timezone.now()
    versions = {}
    for one in rows:
        if one.deleted_at:
            continue
        one.deleted_at, one.deleted_by = now, by
        one.save(update_fields=["deleted_at", "deleted_by"])
        record("action.delete", by=by, target=one, convention=convention)
        versions[str(one.pk)] = [one.version, one.version]
    return BulkEdit.objects.create(convention=convention, kind="delete", versions=versions, by=by)


@transaction.atomic
def restore_action(*, by, action) -> Action:
    """Out of the bin."""
    current = locked(action)
    if current.deleted_at is None:
        return current
    if timezone.now() - current.deleted_at > BIN:
        raise TooLate(f"{action} has been in the bin for more than {BIN.days} days.")
    current.deleted_at = current.deleted_by = None
    current.save(update_fields=["deleted_at", "deleted_by"])
    record("action.restore", by=by, target=current, convention=current.convention)
    return current


@transaction.atomic
def bulk_update(*, by, convention, base_versions: dict[int, int], **changes) -> tuple[BulkEdit, list[Saved]]:
    """The same `changes` on many fiches, all or none; each as `update_action` would."""
    saved, versions = [], {}
    # In the order of their keys: two bulk edits that took the same rows crosswise would wait for ever.
    for pk in sorted(base_versions):
        action = Action.objects.filter(convention=convention).get(pk=pk)
        before = action.version
        one = update_action(by=by, action=action, base_version=base_versions[pk], origin="bulk", **changes)
        saved.append(one)
        if one.action.version != before:
            versions[str(pk)] = [before, one.action.version]
    return BulkEdit.objects.create(convention=convention, kind="edit", versions=versions, by=by), saved


@transaction.atomic
def undo_bulk(*, by, bulk) -> list[Action]:
    """Take a bulk deed back within ten minutes; return the fiches left alone, changed since."""
    bulk = BulkEdit.objects.select_for_update().get(pk=bulk.pk)
    if bulk.undone_at or timezone.now() - bulk.at > UNDO or bulk.by != by:
        raise TooLate("Undone already, or more than ten minutes ago, or by somebody else.")
    left, opened = [], []
    for pk, (before, after) in sorted(bulk.versions.items(), key=lambda item: int(item[0])):
        action = locked(Action(pk=int(pk)))
        if bulk.kind == "delete":
            restore_action(by=by, action=action)
            continue
        if not before:
            # Opened by an import: to the bin, unless somebody worked on it since.
            (opened if action.version == after else left).append(action)
            continue
        was, wrote, now = content_at(action, before), content_at(action, after), fresh(action)
        undone = {name: was[name] for name in was if was[name] != wrote[name]}
        merged = merge(wrote, undone, now, sets=contents.SETS, rows=contents.ROWS)
        if merged.conflicts:
            left.append(action)
            continue
        try:
            save(
                action,
                {n: merged.values[n] for n in undone},
                now=now,
                by=by,
                origin="restore",
                verb="action.undo",
            )
        except ValidationError:
            # What it was attached to is gone since, or a later edit makes the old value impossible.
            left.append(action)
    if opened:
        delete_actions(by=by, convention=bulk.convention, actions=opened)
    bulk.undone_at = timezone.now()
    bulk.save(update_fields=["undone_at"])
    return left


@transaction.atomic
def empty_bin(*, by=None) -> int:
    """Delete for good what has been in the bin for thirty days; the worker does it every day."""
    gone = Action.objects.filter(deleted_at__lt=timezone.now() - BIN)
    n = 0
    for action in gone.select_related("convention"):
        record("action.purge", by=by, target=action, convention=action.convention)
        action.delete()
        n += 1
    return n
