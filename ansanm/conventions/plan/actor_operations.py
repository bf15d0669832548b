"""The deeds on the organisations of a plan: rename, give other names, join two into one, remove."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.models import Action, ActionRevision, FinancingLine, PlanActor, Proposal
from ansanm.conventions.plan import operations
from ansanm.conventions.plan.node_operations import StillHeld
from ansanm.territories.names import search_key

FACTS = ("name", "aliases", "house", "organisation")


def facts_of(actor: PlanActor) -> dict:
    return {
        "name": actor.name,
        "aliases": actor.aliases,
        "house": actor.house,
        "organisation": actor.organisation_id,
    }


def check_names(actor: PlanActor) -> None:
    """No name of one organisation may be a name of another: an import would not know whose it is."""
    mine = {search_key(name): name for name in [*actor.aliases, actor.name]}
    others = PlanActor.objects.filter(convention=actor.convention_id).exclude(pk=actor.pk)
    for other in others:
        for name in [other.name, *other.aliases]:
            if taken := mine.get(search_key(name)):
                raise ValidationError(
                    {
                        "name" if taken == actor.name else "aliases": _(
                            "« %(name)s » est un nom de « %(other)s » : réunissez les deux organismes."
                        )
                        % {"name": taken, "other": other.name}
                    }
                )


@transaction.atomic
def update_actor(*, by, actor: PlanActor, seen: dict, **facts) -> PlanActor:
    """Correct an organisation seen as `seen` (facts_of); what others changed since is kept."""
    current = PlanActor.objects.select_for_update().get(pk=actor.pk)
    before = facts_of(current)
    # The table has no version: only what this person changed is written.
    wanted = {name: value for name, value in facts.items() if name in FACTS and value != seen.get(name)}
    for name, value in wanted.items():
        setattr(current, "organisation_id" if name == "organisation" else name, value)
    current.clean_fields(exclude=["convention", "organisation"])
    check_names(current)
    after = facts_of(current)
    changed = [name for name in after if before[name] != after[name]]
    if not changed:
        return current
    current.save()
    if "name" in changed:
        # The name of the pilot is searched with the fiche.
        for action in current.piloted.select_related("convention"):
            operations.index(action, operations.fresh(action))
    record(
        "actor.update",
        by=by,
        target=current,
        convention=current.convention,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return current


def uses_of(actor: PlanActor) -> dict[str, int]:
    """In how many fiches, those in the bin too, it pilots, partners or pays."""
    return {
        "piloted": actor.piloted.count(),
        "partner": actor.partnerships.count(),
        "funder": actor.financing_lines.count(),
    }


def replaced(content: dict, old: int, new: int) -> dict:
    """`content` (a fiche, or some of its fields) where `old` is `new`."""
    content = dict(content)
    if content.get("pilot") == old:
        content["pilot"] = new
    if old in (content.get("partners") or []):
        content["partners"] = sorted({new if pk == old else pk for pk in content["partners"]})
    if any(row.get("funder") == old for row in content.get("financing") or []):
        content["financing"] = [
            row | {"funder": new} if row.get("funder") == old else row for row in content["financing"]
        ]
    return content


@transaction.atomic
def merge_actors(*, by, actor: PlanActor, into: PlanActor) -> PlanActor:
    """Two names of one organisation become one row: `into` takes its fiches, its money and its names.

    The versions kept of each fiche, and the proposals that wait, name it by its number: they take the
    new one, or an old version could never come back. The audit trail is not touched.
    """
    if actor.pk == into.pk or actor.convention_id != into.convention_id:
        raise ValidationError({"into": _("Choisissez un autre organisme du même plan.")})
    rows = {one.pk: one for one in PlanActor.objects.select_for_update().filter(pk__in=[actor.pk, into.pk])}
    gone, kept = rows[actor.pk], rows[into.pk]
    actions = Action.objects.filter(convention=gone.convention_id)
    held = actions.filter(pilot=gone) | actions.filter(partners__actor=gone)
    held |= actions.filter(financing_lines__funder=gone)
    n_actions = 0
    for action in (
        Action.objects.select_for_update(of=("self",))
        .select_related("convention")
        .filter(pk__in=list(held.values_list("pk", flat=True)))
        .order_by("pk")
    ):
        now = operations.fresh(action)
        after = replaced(now, gone.pk, kept.pk)
        changes = {name: value for name, value in after.items() if value != now[name]}
        operations.save(action, changes, now=now, by=by, origin="edit")
        n_actions += 1
    # Lines of the whole convention belong to no fiche.
    FinancingLine.objects.filter(funder=gone).update(funder=kept)
    _rewrite(gone, kept)
    names = [*kept.aliases, gone.name, *gone.aliases]
    known = {search_key(kept.name)}
    kept.aliases = [name for name in names if not (search_key(name) in known or known.add(search_key(name)))]
    kept.house = kept.house or gone.house
    kept.organisation_id = kept.organisation_id or gone.organisation_id
    kept.save()
    label = gone.name
    gone.delete()
    record(
        "actor.merge",
        by=by,
        target=kept,
        convention=kept.convention,
        before={"name": label},
        after={"name": kept.name, "aliases": kept.aliases, "n_actions": n_actions},
    )
    return kept


def _rewrite(gone: PlanActor, kept: PlanActor) -> None:
    revisions = []
    for revision in ActionRevision.objects.filter(action__convention=gone.convention_id).iterator():
        content = replaced(revision.content, gone.pk, kept.pk)
        if content != revision.content:
            revision.content = content
            revisions.append(revision)
    ActionRevision.objects.bulk_update(revisions, ["content"], batch_size=200)
    for proposal in Proposal.objects.filter(action__convention=gone.convention_id):
        before, after = (replaced(one, gone.pk, kept.pk) for one in (proposal.before, proposal.after))
        if (before, after) != (proposal.before, proposal.after):
            proposal.before, proposal.after = before, after
            proposal.save(update_fields=["before", "after"])


@transaction.atomic
def delete_actor(*, by, actor: PlanActor) -> None:
    """Remove one that no fiche names. Raises StillHeld otherwise."""
    current = PlanActor.objects.select_for_update().get(pk=actor.pk)
    n = sum(uses_of(current).values())
    if n:
        raise StillHeld(current, n)
    record("actor.delete", by=by, target=current, convention=current.convention, before=facts_of(current))
    current.delete()
