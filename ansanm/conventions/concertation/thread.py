"""The thread, walked both ways: contribution → need → stake → objective → action → euro → indicator → result.

Each page shows its own place on it: what is above, where it comes from; what is below, what it became.
A link to a level of the plan is a link to all that stands under it.
"""

from dataclasses import dataclass, field

from django.db.models import Count, Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ansanm.conventions.concertation import figures, results
from ansanm.conventions.models import (
    Action,
    ActionIndicator,
    Contribution,
    FinancingLine,
    Moderation,
    Need,
    PlanNode,
    PrioritySession,
    Status,
)
from ansanm.conventions.plan import content as contents
from ansanm.conventions.plan import wording
from ansanm.ui.formats import format_number, format_period

# The kind of badge of each decision, for ui/components/status.html.
STATE_KINDS = {
    Need.State.DRAFT: "",
    Need.State.KEPT: "done",
    Need.State.LATER: "attention",
    Need.State.SET_ASIDE: "stop",
}
STATUS_KINDS = {
    Status.TO_DISCUSS: "",
    Status.PLANNED: "",
    Status.STARTED: "information",
    Status.PAUSED: "attention",
    Status.DONE: "done",
    Status.ABANDONED: "stop",
}
MOST_LINES = 3


@dataclass(frozen=True)
class Origin:
    """A need that something of the plan comes from."""

    need: Need
    state_kind: str
    n_contributions: int
    n_figures: int
    # The level of the plan through which it is tied; None where it is tied directly.
    through: PlanNode | None = None

    @property
    def url(self) -> str:
        return reverse("need", args=[self.need.convention.slug, self.need.pk])

    @property
    def words(self) -> str:
        """« écrit de 4 contributions et 2 chiffres »."""
        said = []
        if self.n_contributions:
            said.append(
                ngettext("%(n)s contribution", "%(n)s contributions", self.n_contributions)
                % {"n": format_number(self.n_contributions)}
            )
        if self.n_figures:
            said.append(
                ngettext("%(n)s chiffre", "%(n)s chiffres", self.n_figures)
                % {"n": format_number(self.n_figures)}
            )
        return _(" et ").join(said)


@dataclass(frozen=True)
class Outcome:
    """An action as the thread tells it: how far it is, what pays it, what was measured."""

    action: Action
    status_kind: str
    is_late: bool
    money: list[str]
    n_more_money: int
    measures: list[str]
    n_unmeasured: int


@dataclass(frozen=True)
class Level:
    """A level of the plan a need leads to, under those above it."""

    node: PlanNode
    above: list[PlanNode]


@dataclass(frozen=True)
class Ranked:
    """What a vote said of a need."""

    session: PrioritySession
    rank: str
    n_options: int
    outcome: str


@dataclass(frozen=True)
class Down:
    levels: list[Level] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.levels and not self.outcomes


def nodes_of(convention) -> dict[int, PlanNode]:
    found = {node.pk: node for node in convention.nodes.all()}
    for node in found.values():
        # The cached parent, so that walking up asks nothing of the database.
        node.parent = found.get(node.parent_id)
    return found


def path(node: PlanNode | None) -> list[PlanNode]:
    """From the stake down to the node."""
    walked = []
    while node is not None:
        walked.insert(0, node)
        node = node.parent
    return walked


def standing_needs(convention):
    """Needs with how much they were written from, in as many queries whatever their number."""
    retained = Q(contributions__moderation=Moderation.SHOWN, contributions__deleted_at__isnull=True)
    return (
        convention.needs.standing()
        .select_related("convention")
        .annotate(
            n_contributions=Count("contributions", filter=retained, distinct=True),
            n_figures=Count("indicators", distinct=True),
        )
    )


def origins_of_nodes(convention, keys) -> list[Origin]:
    """The needs tied to one of the levels `keys`, each told once, with the level."""
    found = standing_needs(convention).filter(nodes__in=keys).prefetch_related("nodes").distinct()
    origins = []
    for need in found:
        through = next((node for node in need.nodes.all() if node.pk in keys), None)
        origins.append(origin(need, through))
    return origins


def origins_by_node(convention) -> dict[int, list[Origin]]:
    """The needs tied to each level of the plan itself."""
    found = standing_needs(convention).filter(nodes__isnull=False).prefetch_related("nodes").distinct()
    by_node: dict[int, list[Origin]] = {}
    for need in found:
        for node in need.nodes.all():
            by_node.setdefault(node.pk, []).append(origin(need))
    return by_node


def origin(need, through=None) -> Origin:
    return Origin(need, STATE_KINDS[Need.State(need.state)], need.n_contributions, need.n_figures, through)


def origins_of_action(action: Action) -> list[Origin]:
    """Where an action comes from: the needs tied to it, then those tied to what it stands under."""
    convention = action.convention
    direct = [origin(one) for one in standing_needs(convention).filter(actions=action)]
    above = []
    node = action.node
    while node is not None:
        above.append(node.pk)
        node = node.parent
    told = {one.need.pk for one in direct}
    through = origins_of_nodes(convention, above) if above else []
    return direct + [one for one in through if one.need.pk not in told]


def actions_under(convention, keys, nodes) -> Q:
    """Those that stand under one of the levels `keys`, at any depth."""
    under = {pk for pk, node in nodes.items() if any(one.pk in keys for one in path(node))}
    return Q(node__in=under)


def down_of_needs(convention, needs) -> Down:
    """What `needs` lead to: levels of the plan, and the actions tied to them or standing under those."""
    needs = list(needs)
    nodes = nodes_of(convention)
    tied = {node.pk for one in needs for node in one.nodes.all()}
    levels = [Level(nodes[pk], path(nodes[pk])[:-1]) for pk in nodes if pk in tied]
    wanted = Q(needs__in=needs) | actions_under(convention, tied, nodes)
    return Down(levels, outcomes_of(convention.actions.standing().filter(wanted).distinct()))


def outcomes_by_need(convention, needs) -> dict[int, list[Outcome]]:
    """What each of `needs` leads to, in as many queries whatever their number."""
    nodes = nodes_of(convention)
    every = outcomes_of(convention.actions.standing())
    found = {}
    for need in needs:
        tied = {node.pk for node in need.nodes.all()}
        direct = {action.pk for action in need.actions.all()}
        found[need.pk] = [
            one
            for one in every
            if one.action.pk in direct or any(node.pk in tied for node in path(nodes.get(one.action.node_id)))
        ]
    return found


def outcomes_of(actions) -> list[Outcome]:
    today = timezone.localdate()
    found = actions.select_related("convention").prefetch_related(
        Prefetch("financing_lines", queryset=FinancingLine.objects.select_related("funder")),
        Prefetch(
            "indicators",
            queryset=ActionIndicator.objects.filter(removed_at__isnull=True).prefetch_related("measures"),
        ),
    )
    return [outcome(one, today) for one in found]


def outcome(action, today) -> Outcome:
    lines = list(action.financing_lines.all())
    measured = [
        (one, measures[-1]) for one in action.indicators.all() if (measures := list(one.measures.all()))
    ]
    return Outcome(
        action,
        STATUS_KINDS[Status(action.status)],
        action.is_late(today),
        [money_words(one) for one in lines[:MOST_LINES]],
        max(0, len(lines) - MOST_LINES),
        [measure_words(indicator, last) for indicator, last in measured],
        len(action.indicators.all()) - len(measured),
    )


def money_words(line) -> str:
    amount = wording.amount_of({"amount_eur": contents.plain(line.amount_eur), "precision": line.precision})
    return _("%(funder)s : %(amount)s") % {
        "funder": f"{line.funder} {line.year}" if line.year else str(line.funder),
        "amount": amount,
    }


def measure_words(indicator, measure) -> str:
    """« Séances : 14 séances (juin 2026) »."""
    value = measure.text
    if measure.value is not None:
        digits = format_number(measure.value, decimals=wording.decimals_of(contents.plain(measure.value)))
        value = f"{digits} {indicator.unit}".strip()
    return _("%(label)s : %(value)s (%(on)s)") % {
        "label": indicator.label,
        "value": value,
        "on": format_period(measure.measured_on),
    }


# ---- a need ----


@dataclass(frozen=True)
class NeedThread:
    contributions: list[Contribution]
    # Tied, and put aside by moderation since: told by their number alone.
    n_hidden: int
    figures: list
    ranked: list[Ranked]
    down: Down


def of_need(need: Need) -> NeedThread:
    shown = list(need.contributions.shown().select_related("workshop", "place"))
    rows = need.indicators.select_related("territory")
    return NeedThread(
        shown,
        need.contributions.count() - len(shown),
        [figures.cited(one) for one in rows],
        ranked(need),
        down_of_needs(need.convention, [need]),
    )


def ranked(need: Need) -> list[Ranked]:
    """What each vote said of it, from the results as they were frozen."""
    sessions = PrioritySession.objects.standing().filter(options__need=need).distinct()
    told = []
    for session in sessions:
        if session.state != PrioritySession.State.CLOSED or session.result is None:
            told.append(Ranked(session, "", session.options.count(), str(session.get_state_display())))
            continue
        result = results.result_of(session)
        for line in result.lines:
            if line.need == need.pk:
                told.append(Ranked(session, line.rank, len(result.lines), line.outcome_words))
    return told


# ---- a contribution ----


@dataclass(frozen=True)
class Became:
    needs: list[Origin]
    down: Down


def became_of(contribution: Contribution) -> Became:
    """What a contribution became: the needs it helped to write, and what they led to."""
    held = list(
        standing_needs(contribution.convention)
        .filter(pk__in=contribution.needs.standing().values("pk"))
        .prefetch_related("nodes")
    )
    return Became([origin(one) for one in held], down_of_needs(contribution.convention, held))
