"""The deeds on the tree of a plan: stakes and objectives, their order, the themes, the order of actions."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.conventions.models import Action, PlanNode, PlanTheme
from ansanm.conventions.plan import operations
from ansanm.territories.versions import StaleVersion

KINDS = (PlanNode.Kind.STAKE, PlanNode.Kind.OBJECTIVE, PlanNode.Kind.STEP)
FACTS = ("kind", "label", "description")
NATIONAL_THEMES = (
    "access_to_rights",
    "early_childhood",
    "youth",
    "parenting",
    "housing",
    "social_life",
    "integration",
)


class StillHeld(Exception):
    """It holds what must be moved first: objectives, or actions that nobody said where to put."""

    def __init__(self, what, n: int):
        super().__init__(f"{what} still holds {n}.")
        self.n = n


def facts_of(node: PlanNode) -> dict:
    return {name: getattr(node, name) for name in FACTS} | {
        "parent": node.parent_id,
        "position": node.position,
    }


def check_place(node: PlanNode) -> None:
    """A node stands under one of a higher kind of the same convention, or at the top."""
    parent = node.parent
    if parent is None:
        return
    if parent.convention_id != node.convention_id:
        raise ValidationError({"parent": _("Ce rattachement n’est pas dans le plan de cette convention.")})
    if KINDS.index(parent.kind) >= KINDS.index(node.kind):
        raise ValidationError(
            {
                "parent": _("« %(parent)s » est au même niveau ou plus bas : choisissez un niveau au-dessus.")
                % {"parent": parent}
            }
        )


def siblings(convention, parent) -> list[PlanNode]:
    return list(convention.nodes.filter(parent=parent).order_by("position", "pk"))


@transaction.atomic
def add_node(
    *, by, convention, kind: str, label="", description="", parent: PlanNode | None = None
) -> PlanNode:
    """Add a stake or an objective, last of its level; without label its name is « non publié »."""
    last = siblings(convention, parent)[-1:]
    node = PlanNode(
        convention=convention,
        kind=kind,
        label=label,
        description=description,
        parent=parent,
        position=last[0].position + 1 if last else 0,
    )
    node.clean_fields(exclude=["parent", "convention"])
    check_place(node)
    node.save()
    record("node.add", by=by, target=node, convention=convention, after=facts_of(node))
    return node


@transaction.atomic
def update_node(*, by, node: PlanNode, version: int, parent: PlanNode | None, **facts) -> PlanNode:
    """Rename, describe, or move it under another; what it holds follows."""
    current = PlanNode.objects.select_for_update().get(pk=node.pk)
    if current.version != version:
        raise StaleVersion(current)
    before = facts_of(current)
    for name in FACTS:
        setattr(current, name, facts[name])
    if (parent.pk if parent else None) != current.parent_id:
        above = parent
        while above is not None:
            if above.pk == current.pk:
                raise ValidationError({"parent": _("Un niveau ne se range pas sous lui-même.")})
            above = above.parent
        last = siblings(current.convention, parent)[-1:]
        current.position = last[0].position + 1 if last else 0
    current.parent = parent
    current.clean_fields(exclude=["parent", "convention"])
    check_place(current)
    lower = [
        child for child in current.children.all() if KINDS.index(child.kind) <= KINDS.index(current.kind)
    ]
    if lower:
        raise ValidationError(
            {
                "kind": _("« %(child)s », qui est dessous, ne serait plus à un niveau plus bas.")
                % {"child": lower[0]}
            }
        )
    after = facts_of(current)
    if after == before:
        return current
    current.version += 1
    current.save()
    changed = [name for name in after if before[name] != after[name]]
    record(
        "node.update",
        by=by,
        target=current,
        convention=current.convention,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return current


@transaction.atomic
def delete_node(*, by, node: PlanNode, actions_to: PlanNode | None = None, move_actions: bool = False) -> int:
    """Remove it; return how many actions went elsewhere (`actions_to`, None is « sans rattachement »).

    Raises StillHeld while it holds objectives, or actions and `move_actions` is False.
    """
    current = PlanNode.objects.select_for_update().get(pk=node.pk)
    n_children = current.children.count()
    if n_children:
        raise StillHeld(current, n_children)
    if actions_to and (actions_to.convention_id != current.convention_id or actions_to.pk == current.pk):
        raise ValidationError({"actions_to": _("Choisissez un autre rattachement du même plan.")})
    # Those in the bin too: they would come back attached to nothing that exists.
    held = list(
        Action.objects.select_for_update(of=("self",)).filter(node=current).select_related("convention")
    )
    n_standing = sum(one.deleted_at is None for one in held)
    if n_standing and not move_actions:
        raise StillHeld(current, n_standing)
    for action in held:
        operations.save(
            action,
            {"node": actions_to.pk if actions_to else None},
            now=operations.fresh(action),
            by=by,
            origin="edit",
        )
    record("node.delete", by=by, target=current, convention=current.convention, before=facts_of(current))
    current.delete()
    return n_standing


@transaction.atomic
def shift_node(*, by, node: PlanNode, by_places: int) -> None:
    """One place up (-1) or down (+1) among those beside it."""
    beside = siblings(node.convention, node.parent_id)
    before = [one.pk for one in beside]
    reorder(by=by, row=node, before=before, by_places=by_places, verb="node.order")


@transaction.atomic
def shift_action(*, by, action: Action, by_places: int, beside: list[int]) -> None:
    """One place up or down among `beside`, the actions of its node in the order they are shown."""
    before = [pk for pk in beside if Action.objects.filter(pk=pk, convention=action.convention_id).exists()]
    after = shifted(before, action.pk, by_places)
    if after == before:
        return
    # Their own places are shared out again: the actions of other nodes stay where they are.
    places = sorted(Action.objects.filter(pk__in=before).values_list("position", flat=True))
    if len(set(places)) < len(places):
        # Two at one place, ordered until then by their numbers: give each its own.
        places = list(range(places[0], places[0] + len(places)))
    for position, pk in zip(places, after, strict=True):
        Action.objects.filter(pk=pk).update(position=position)
    record(
        "plan.order",
        by=by,
        target=action,
        convention=action.convention,
        before={"order": before},
        after={"order": after},
    )


def reorder(*, by, row: PlanNode | PlanTheme, before: list[int], by_places: int, verb: str) -> None:
    """Give those of `before` their places again, once `row` has moved among them."""
    after = shifted(before, row.pk, by_places)
    if after == before:
        return
    for position, pk in enumerate(after):
        type(row).objects.filter(pk=pk).update(position=position)
    record(
        verb,
        by=by,
        target=row,
        convention=row.convention,
        before={"order": before},
        after={"order": after},
    )


def shifted(keys: list[int], key: int, places: int) -> list[int]:
    here = keys.index(key)
    there = max(0, min(len(keys) - 1, here + places))
    moved = [one for one in keys if one != key]
    moved.insert(there, key)
    return moved


# ---- themes ----


@transaction.atomic
def add_theme(*, by, convention, label: str, slug: str = "") -> PlanTheme:
    """Add a theme: `slug` one of NATIONAL_THEMES, or "" for one of the convention's own."""
    held = set(convention.themes.values_list("slug", flat=True))
    if slug and slug not in NATIONAL_THEMES:
        raise ValidationError({"slug": _("Cette thématique n’est pas une des sept.")})
    if slug in held:
        raise ValidationError({"slug": _("Cette thématique est déjà dans le plan.")})
    if not slug:
        base = slugify(label)[:34].strip("-") or "theme"
        # Under another name than the seven: their colour says which they are.
        base = f"{base}-propre" if base in NATIONAL_THEMES else base
        slug, n = base, 1
        while slug in held:
            n += 1
            slug = f"{base}-{n}"
    theme = PlanTheme(convention=convention, slug=slug, label=" ".join(label.split()), position=len(held))
    theme.clean_fields(exclude=["convention"])
    theme.save()
    record(
        "theme.add", by=by, target=theme, convention=convention, after={"slug": slug, "label": theme.label}
    )
    return theme


@transaction.atomic
def rename_theme(*, by, theme: PlanTheme, label: str) -> PlanTheme:
    current = PlanTheme.objects.select_for_update().get(pk=theme.pk)
    before, current.label = current.label, " ".join(label.split())
    current.clean_fields(exclude=["convention"])
    if before == current.label:
        return current
    current.save(update_fields=["label"])
    record(
        "theme.rename",
        by=by,
        target=current,
        convention=current.convention,
        before={"label": before},
        after={"label": current.label},
    )
    return current


@transaction.atomic
def shift_theme(*, by, theme: PlanTheme, by_places: int) -> None:
    before = list(theme.convention.themes.values_list("pk", flat=True))
    reorder(by=by, row=theme, before=before, by_places=by_places, verb="theme.order")


@transaction.atomic
def delete_theme(
    *, by, theme: PlanTheme, replace_by: PlanTheme | None = None, move_actions: bool = False
) -> int:
    """Remove it; its actions take `replace_by` instead, or lose it. StillHeld until somebody said so."""
    current = PlanTheme.objects.select_for_update().get(pk=theme.pk)
    if replace_by and (replace_by.convention_id != current.convention_id or replace_by.pk == current.pk):
        raise ValidationError({"replace_by": _("Choisissez une autre thématique du même plan.")})
    held = list(
        Action.objects.select_for_update(of=("self",)).filter(themes=current).select_related("convention")
    )
    n_standing = sum(one.deleted_at is None for one in held)
    if n_standing and not move_actions:
        raise StillHeld(current, n_standing)
    for action in held:
        slugs = [theme.slug for theme in action.themes.all() if theme.pk != current.pk]
        if replace_by and replace_by.slug not in slugs:
            slugs.append(replace_by.slug)
        operations.save(action, {"themes": slugs}, now=operations.fresh(action), by=by, origin="edit")
    record(
        "theme.delete",
        by=by,
        target=current,
        convention=current.convention,
        before={"slug": current.slug, "label": current.label},
    )
    current.delete()
    return n_standing
