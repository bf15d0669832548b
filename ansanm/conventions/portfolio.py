"""All the conventions of one person on one page: where each stands, what is late, what ends soon."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q
from django.utils import timezone

from ansanm.conventions.governance.listing import meetings_of, still_to_come
from ansanm.conventions.models import (
    Action,
    Convention,
    Meeting,
    Milestone,
    PlanTheme,
    Proposal,
    Stage,
)
from ansanm.territories.models import Level, Territory

# Evaluation, priorities, votes and signature take about that long.
MONTHS_TO_RENEW = 18
ENDED_STAGES = {Stage.ENDED, Stage.RENEWAL}


@dataclass
class Line:
    convention: Convention
    places: list[Territory]
    # As published, or computed from the signature and the duration; "" when neither is known.
    end: str
    end_is_computed: bool
    months_left: int | None
    statuses: Counter = field(default_factory=Counter)
    n_late: int = 0
    n_proposals: int = 0
    next_milestone: Milestone | None = None
    next_meeting: Meeting | None = None

    @property
    def n_actions(self) -> int:
        return sum(self.statuses.values())

    @property
    def is_to_renew(self) -> bool:
        """Its end comes within eighteen months, or is past, and nobody moved it on."""
        return (
            self.months_left is not None
            and self.months_left <= MONTHS_TO_RENEW
            and self.convention.stage not in ENDED_STAGES
        )


def months_until(period: str, today: date) -> int | None:
    """Whole months from `today` to the end of what `period` frames; negative once past."""
    if not period:
        return None
    year, month = int(period[:4]), int(period[5:7] or 12)
    return (year - today.year) * 12 + month - today.month


def late_by_convention(actions, today: date) -> Counter:
    """How many of `actions` are late in each convention, by its key."""
    late: Counter = Counter()
    for one in actions.only("convention", "status", "starts", "ends"):
        late[one.convention_id] += one.is_late(today)
    return late


def lines(user, today: date | None = None) -> list[Line]:
    """The conventions of `user`, each with its counts, in seven queries whatever their number."""
    today = today or timezone.localdate()
    conventions = list(Convention.objects.visible_to(user).prefetch_related("territories"))
    keys = [one.pk for one in conventions]
    actions = Action.objects.standing().filter(convention__in=keys)
    statuses: dict[int, Counter] = defaultdict(Counter)
    for row in actions.values("convention", "status").annotate(n=Count("pk")):
        statuses[row["convention"]][row["status"]] = row["n"]
    late = late_by_convention(actions.open(), today)
    proposals = dict(
        Proposal.objects.filter(
            action__convention__in=keys, action__deleted_at=None, state=Proposal.State.OPEN
        )
        .values_list("action__convention")
        .annotate(Count("pk"))
    )
    milestones: dict[int, Milestone] = {}
    for one in (
        Milestone.objects.filter(action__in=actions.open(), done_on="", due_last_on__gte=today)
        .select_related("action")
        .order_by("due_last_on", "pk")
    ):
        milestones.setdefault(one.action.convention_id, one)
    coming: dict[int, Meeting] = {}
    for one in still_to_come(meetings_of(keys), today):
        coming.setdefault(one.body.convention_id, one)
    return [
        Line(
            convention=one,
            places=list(one.territories.all()),
            end=(end := one.end),
            end_is_computed=bool(end) and end == one.computed_end,
            months_left=months_until(end, today),
            statuses=statuses[one.pk],
            n_late=late[one.pk],
            n_proposals=proposals.get(one.pk, 0),
            next_milestone=milestones.get(one.pk),
            next_meeting=coming.get(one.pk),
        )
        for one in conventions
    ]


@dataclass(frozen=True)
class Coverage:
    """How much of a département the conventions shown hold."""

    departement: Territory
    communes: list[Territory]
    covered: set[str]

    @property
    def n_covered(self) -> int:
        return len(self.covered)

    @property
    def population_percent(self) -> float | None:
        """How much of the population is covered, in %; None when that of a commune is unknown."""
        counts = [one.population for one in self.communes]
        if not counts or None in counts:
            return None
        held = sum(one.population for one in self.communes if one.code in self.covered)
        return 100 * held / sum(counts) if sum(counts) else None


def coverages(shown: list[Line]) -> list[Coverage]:
    """One per département that the running conventions of `shown` touch."""
    communes: dict[str, set[str]] = defaultdict(set)
    held = Q(pk__in=[])
    for line in shown:
        if line.convention.stage == Stage.ENDED:
            continue
        for place in line.places:
            held |= covered_communes(place)
    for one in Territory.objects.current().filter(held, level=Level.COMMUNE):
        communes[one.departement_code].add(one.code)
    departements = Territory.objects.current().filter(level=Level.DEPARTEMENT, code__in=communes)
    everywhere = defaultdict(list)
    for one in Territory.objects.current().filter(level=Level.COMMUNE, departement_code__in=communes):
        everywhere[one.departement_code].append(one)
    return [Coverage(one, everywhere[one.code], communes[one.code]) for one in departements.order_by("name")]


def covered_communes(place: Territory) -> Q:
    column = {
        Level.COMMUNE: "code",
        Level.EPCI: "epci_code",
        Level.DEPARTEMENT: "departement_code",
        Level.REGION: "region_code",
    }.get(place.level)
    return Q(**{column: place.code}) if column else Q(pk__in=[])


def themes_by_convention(shown: list[Line]) -> list[tuple[str, str, list[Counter]]]:
    """(slug, label, counts of statuses in each convention): the plans side by side, theme by theme."""
    keys = [line.convention.pk for line in shown]
    counts: dict[tuple[str, int], Counter] = defaultdict(Counter)
    rows = (
        Action.objects.standing()
        .filter(convention__in=keys, themes__isnull=False)
        .values("convention", "themes__slug", "status")
        .annotate(n=Count("pk"))
    )
    for row in rows:
        counts[row["themes__slug"], row["convention"]][row["status"]] = row["n"]
    labels: dict[str, str] = {}
    for slug, label in PlanTheme.objects.filter(convention__in=keys).values_list("slug", "label"):
        labels.setdefault(slug, label)
    return [(slug, label, [counts[slug, key] for key in keys]) for slug, label in labels.items()]
