"""The standing actions of a plan as its views need them: in their order, in a fixed number of queries.

A plan has some fifty actions, three hundred at most: they are read at once, and filtered, counted and
grouped here. Every page then counts the same things, and a filter never changes a denominator unseen.
"""

import re
from collections import Counter
from datetime import date
from functools import cached_property

from django.db.models import Exists, OuterRef, Prefetch
from django.utils import timezone

from ansanm.conventions.models import (
    Action,
    ActionFollow,
    ActionPlace,
    FinancingLine,
    PlanNode,
    Proposal,
)
from ansanm.conventions.plan.houses import house_of

STALE_DAYS = 90
# What no view over the whole plan shows: half of the bytes of a fiche.
LONG_TEXTS = (
    "context",
    "objective",
    "description",
    "means",
    "expected_results",
    "risks",
    "levers",
    "caf_devices",
)


def natural(text: str) -> list:
    """Sorts « 1.10 » after « 1.9 »."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text)]


class Overview:
    """The plan of a convention as `user` sees it on `on` (today)."""

    def __init__(self, convention, user, on: date | None = None, *, with_places=True):
        self.convention, self.user = convention, user
        self.with_places = with_places
        self.today = on or timezone.localdate()

    @cached_property
    def nodes(self) -> dict[int, PlanNode]:
        found = {node.pk: node for node in self.convention.nodes.all()}
        for node in found.values():
            # The cached parent, so that walking up asks nothing of the database.
            node.parent = found.get(node.parent_id)
        return found

    def path(self, node_id) -> list[PlanNode]:
        """From the stake down to the node; empty for an action attached to nothing."""
        path, node = [], self.nodes.get(node_id)
        while node is not None:
            path.insert(0, node)
            node = node.parent
        return path

    @cached_property
    def themes(self):
        return list(self.convention.themes.all())

    @cached_property
    def house(self) -> str:
        return house_of(self.user, self.convention)

    @cached_property
    def actions(self) -> list[Action]:
        """Those that are not in the bin, in the order of the plan, each with what is read of it."""
        mine = ActionFollow.objects.filter(action=OuterRef("pk"), user=self.user)
        open_proposals = Proposal.objects.filter(action=OuterRef("pk"), state=Proposal.State.OPEN)
        places = Prefetch("places", queryset=ActionPlace.objects.select_related("territory"))
        found = list(
            self.convention.actions.standing()
            .defer(*LONG_TEXTS)
            .select_related("pilot", "pilot_user")
            .prefetch_related("themes", *([places] if self.with_places else []))
            .annotate(
                has_open_proposal=Exists(open_proposals),
                has_lines=Exists(FinancingLine.objects.filter(action=OuterRef("pk"))),
                is_followed=Exists(mine),
            )
        )
        for action in found:
            # The same row for all: `action.convention` would be a query for each.
            action.convention = self.convention
            action.path = self.path(action.node_id)
            action.late = action.is_late(self.today)
            action.silent_days = silent_days(action, self.today)
            action.is_mine = action.pilot_user_id == self.user.pk
        found.sort(key=self.order)
        return found

    def order(self, action):
        """The order of the plan: down the tree, then as people put them, then by number."""
        return (
            # What is attached to nothing comes last, not first.
            not action.path,
            [(node.position, node.pk) for node in action.path],
            action.position,
            natural(action.number),
            action.pk,
        )

    def stale(self, days: int = STALE_DAYS) -> list[Action]:
        return [one for one in self.actions if is_stale(one, days)]

    @cached_property
    def counted(self) -> dict[str, int]:
        """How many each ready-made filter would find."""
        return {
            "mine": sum(one.is_mine or one.is_followed for one in self.actions),
            "late": sum(one.late for one in self.actions),
            "stale": len(self.stale()),
            "proposed": sum(one.has_open_proposal for one in self.actions),
            "unfunded": sum(not is_funded(one) for one in self.actions),
            "priority": sum(one.is_priority for one in self.actions),
        }

    def statuses(self) -> Counter:
        return Counter(one.status for one in self.actions)


def silent_days(action, today: date) -> int:
    """For how long nobody said anything of its progress: since it was opened where nobody ever did."""
    return (today - timezone.localdate(action.progressed_at or action.created_at)).days


def is_stale(action, days: int) -> bool:
    return action.is_open and action.silent_days >= days


def is_funded(action) -> bool:
    """Whether a line or a word says who pays; « à définir » says that nobody does yet."""
    return action.has_lines or bool(action.funding_note.strip())
