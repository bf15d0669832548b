"""What a plan starts from: the seven themes of the first conventions, or the plan of the one before."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.accounts.audit import record
from ansanm.conventions.agreement.operations import locked_convention
from ansanm.conventions.models import (
    Action,
    ActionLink,
    Convention,
    CooperationPost,
    LegalVisa,
    LinkedContract,
    PlanActor,
    PlanNode,
    PlanTheme,
    Status,
)
from ansanm.conventions.plan import operations as plan_operations
from ansanm.conventions.plan.content import content_of

# The seven of the Saint-Denis convention of 2021, in the order it was told; keys of ui/icons.THEMES.
SEVEN_THEMES = {
    "access_to_rights": gettext_lazy("Accès aux droits et aux services"),
    "early_childhood": gettext_lazy("Petite enfance"),
    "youth": gettext_lazy("Enfance et jeunesse"),
    "parenting": gettext_lazy("Accompagnement à la parentalité"),
    "housing": gettext_lazy("Logement et cadre de vie"),
    "social_life": gettext_lazy("Animation de la vie sociale"),
    "integration": gettext_lazy("Insertion sociale et professionnelle"),
}
# What of a fiche belongs to the convention before and not to the next: its state, its dates, its money.
RESET = {
    "status": Status.PLANNED,
    "status_reason": "",
    "status_as_of": "",
    "starts": "",
    "ends": "",
    "financing": [],
    "links": [],
    "source_title": "",
    "source_url": "",
}


@transaction.atomic
def add_seven_themes(*, by, convention) -> list[PlanTheme]:
    """Add those of the seven themes that are not there; return the ones added."""
    current = locked_convention(convention)
    there = set(current.themes.values_list("slug", flat=True))
    last = current.themes.order_by("-position").values_list("position", flat=True).first()
    first = 0 if last is None else last + 1
    wanted = [(slug, str(label)) for slug, label in SEVEN_THEMES.items() if slug not in there]
    added = PlanTheme.objects.bulk_create(
        PlanTheme(convention=current, slug=slug, label=label, position=position)
        for position, (slug, label) in enumerate(wanted, start=first)
    )
    if added:
        record(
            "plan.start_themes",
            by=by,
            target=current,
            convention=current,
            after={"themes": [one.label for one in added]},
        )
    return added


@transaction.atomic
def copy_plan(*, by, convention: Convention, previous: Convention, actions, surroundings=()) -> list[Action]:
    """Open on `convention` the plan of `previous`: themes, tree, organisations, and those of its `actions`.

    Each fiche starts anew: to be launched, without dates nor money, and remembers the one it continues.
    `surroundings`: which of "contracts", "visas", "posts" come too. The caller checked that `by` may
    read both.
    """
    current = locked_convention(convention)
    if previous.pk == current.pk:
        raise ValidationError(_("Une convention ne se reprend pas elle-même."))
    # Its fiches may be few, or gone since: what was taken over is the convention.
    taken_over = current.actions.filter(continues__convention=previous)
    if current.continues_id == previous.pk or taken_over.exists():
        raise ValidationError(
            _("Le plan de «\u00a0%(name)s\u00a0» est déjà repris ici.") % {"name": previous}
        )
    copy_themes(previous, current)
    nodes = copy_nodes(previous, current)
    actors = copy_actors(previous, current)
    made = {}
    wanted = previous.actions.standing().filter(pk__in=[one.pk for one in actions])
    for old in wanted.with_all().prefetch_related("indicators__targets", "financing_lines", "links"):
        made[old.pk] = copy_action(old, by=by, convention=current, nodes=nodes, actors=actors)
    copy_links(made, by=by)
    for name in surroundings:
        copy_rows(name, previous, current)
    if current.continues_id is None:
        current.continues = previous
        current.save(update_fields=["continues"])
    record(
        "plan.copy",
        by=by,
        target=current,
        convention=current,
        after={"previous": previous.name, "n_actions": len(made)},
    )
    return list(made.values())


def copy_themes(previous, current) -> None:
    there = set(current.themes.values_list("slug", flat=True))
    PlanTheme.objects.bulk_create(
        PlanTheme(convention=current, slug=one.slug, label=one.label, position=one.position)
        for one in previous.themes.all()
        if one.slug not in there
    )


def copy_nodes(previous, current) -> dict[int, PlanNode]:
    """The tree, parents first; by the number of the node each one comes from."""
    made: dict[int, PlanNode] = {}
    waiting = list(previous.nodes.all())
    while waiting:
        ready = [one for one in waiting if one.parent_id is None or one.parent_id in made]
        for old in ready:
            made[old.pk] = PlanNode.objects.create(
                convention=current,
                parent=made.get(old.parent_id),
                kind=old.kind,
                position=old.position,
                label=old.label,
                description=old.description,
            )
        waiting = [one for one in waiting if one.pk not in made]
    return made


def copy_actors(previous, current) -> dict[int, PlanActor]:
    there = {one.name: one for one in current.actors.all()}
    made = {}
    for old in previous.actors.all():
        made[old.pk] = there.get(old.name) or PlanActor.objects.create(
            convention=current,
            name=old.name,
            aliases=old.aliases,
            house=old.house,
            organisation=old.organisation,
        )
    return made


def copy_action(old: Action, *, by, convention, nodes, actors) -> Action:
    content = content_of(old) | RESET
    content["node"] = nodes[content["node"]].pk if content["node"] else None
    content["pilot"] = actors[content["pilot"]].pk if content["pilot"] else None
    content["partners"] = [actors[pk].pk for pk in content["partners"]]
    if not convention.roles.filter(user=content["pilot_user"]).exists():
        content["pilot_user"] = None
    # New rows: a key is that of one row of one fiche. Dates and values reached were those of before.
    content["operations"] = [row | {"key": ""} for row in content["operations"]]
    content["milestones"] = [
        {"key": "", "title": row["title"], "due": "", "done_on": ""} for row in content["milestones"]
    ]
    content["indicators"] = [
        row | {"key": "", "baseline_value": None, "baseline_on": "", "targets": []}
        for row in content["indicators"]
    ]
    new = plan_operations.create_action(by=by, convention=convention, origin="copy", **content)
    new.continues = old
    new.save(update_fields=["continues"])
    return new


def copy_links(made: dict[int, Action], *, by) -> None:
    """The links between two fiches that both came."""
    wanted: dict[int, list] = {}
    for one in ActionLink.objects.filter(action__in=made, other__in=made):
        wanted.setdefault(one.action_id, []).append({"kind": one.kind, "other": made[one.other_id].pk})
    for pk, rows in wanted.items():
        new = made[pk]
        plan_operations.update_action(by=by, action=new, base_version=new.version, links=rows)


def copy_rows(name: str, previous, current) -> None:
    match name:
        case "contracts":
            model, rows = LinkedContract, previous.linked_contracts.all()
        case "visas":
            model, rows = LegalVisa, previous.visas.all()
        case "posts":
            model, rows = CooperationPost, previous.cooperation_posts.all()
        case _unknown:
            raise ValueError(f"Nothing called {name!r} stands around a convention.")
    fresh = []
    for row in rows:
        row.pk, row.convention, row._state.adding = None, current, True
        fresh.append(row)
    model.objects.bulk_create(fresh)
