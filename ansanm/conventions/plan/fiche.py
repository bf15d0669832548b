"""A fiche as its page shows it: facts, thread, grid of operations, indicators with their measures."""

from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.conventions.models import Action, ActionIndicator, ActionLink, House, Status
from ansanm.conventions.plan import content as contents
from ansanm.conventions.plan import wording
from ansanm.conventions.plan.houses import owner_of
from ansanm.ui import charts
from ansanm.ui.formats import format_number, format_period, format_vague

# The kind of badge of each status, for ui/components/status.html.
STATUS_KINDS = {
    Status.TO_DISCUSS: "",
    Status.PLANNED: "",
    Status.STARTED: "information",
    Status.PAUSED: "attention",
    Status.DONE: "done",
    Status.ABANDONED: "stop",
}
FACTS = (
    ("themes", "publics", "n_people_target", "places", "place_note", "starts", "ends", "status_as_of"),
    ("pilot", "pilot_person", "caf_counterpart", "elected_referent", "partners", "staff_fte", "caf_devices"),
)
TEXTS = ("context", "objective", "description")
GRID = contents.OPERATION[1:]
# What an operation takes from its action where its own cell is empty.
INHERITED = ("description", "publics", "place_note", "partners", "funding_note", "expected_results")


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    # The house that writes it, where it is not both.
    owner: str = ""


@dataclass(frozen=True)
class Step:
    """A milestone: reached, late or to come."""

    title: str
    due: str
    done_on: str
    is_late: bool


@dataclass(frozen=True)
class Target:
    words: str
    due: str
    value: float | None


@dataclass(frozen=True)
class Followed:
    """An indicator with what is known of it."""

    row: ActionIndicator
    baseline: str
    targets: list[Target]
    measures: list
    chart: charts.Chart | None
    last: str = ""


@dataclass(frozen=True)
class Money:
    funder: str
    year: str
    amount: str
    precision: str
    scope: str
    source_title: str
    source_url: str
    details: str = ""


@dataclass(frozen=True)
class Fiche:
    action: Action
    words: wording.Words
    unknown: str
    facts: list[list[Fact]]
    texts: list[Fact]
    thread: list
    links: list[tuple[str, Action]]
    grid: list[tuple[str, list[tuple[str, bool]]]]
    milestones: list[Step]
    indicators: list[Followed]
    money: list[Money]
    other_facts: dict[str, str]
    total: str = ""
    status_kind: str = ""
    is_late: bool = False
    holder: str = ""
    operations: list = field(default_factory=list)


def fiche_of(action: Action) -> Fiche:
    """All that the page of `action` says, in a fixed number of queries."""
    content = contents.content_of(action)
    words = wording.Words(action.convention)
    today = timezone.localdate()

    def fact(name):
        owner = owner_of(name, action.lead_house, action.convention)
        return Fact(
            wording.label_of(name),
            words.value(name, content[name]),
            "" if owner == House.SHARED else str(House(owner).label),
        )

    return Fiche(
        action=action,
        words=words,
        # A fiche told from a document says what the document does not; one written here, what is to fill.
        unknown=_("non publié") if action.source_title else _("non renseigné"),
        facts=[[fact(name) for name in column] for column in FACTS],
        texts=[fact(name) for name in TEXTS],
        thread=thread_of(action),
        links=links_of(action),
        grid=grid_of(action),
        operations=list(action.operations.all()),
        milestones=[step_of(one, today) for one in action.milestones.all()],
        indicators=[followed(one) for one in action.indicators.all() if one.removed_at is None],
        money=[money_of(one, words) for one in action.financing_lines.all()],
        total=total_of(action),
        other_facts={
            name: words.value(name, content[name])
            for name in ("means", "funding_note", "expected_results", "risks", "levers", "status_reason")
        },
        status_kind=STATUS_KINDS[Status(action.status)],
        is_late=action.is_late(today),
        holder=str(action.pilot or action.caf_counterpart or leader_of(action)),
    )


def leader_of(action) -> str:
    """Whom to ask, where no pilot is named."""
    if action.lead_house == House.SHARED:
        return _("Les deux maisons")
    return action.get_lead_house_display()


def thread_of(action) -> list:
    """From the stake down to what holds the action."""
    nodes, node = [], action.node
    while node is not None:
        nodes.insert(0, node)
        node = node.parent
    return nodes


def links_of(action) -> list[tuple[str, Action]]:
    """What it is linked to, said from its side; those in the bin are not there."""
    backwards = {
        ActionLink.Kind.NEEDS: _("est nécessaire à"),
        ActionLink.Kind.CONTINUES: _("est prolongée par"),
        ActionLink.Kind.RELATED: str(ActionLink.Kind.RELATED.label),
    }
    own = [(one.get_kind_display(), one.other) for one in action.links.all()]
    others = [(backwards[ActionLink.Kind(one.kind)], one.action) for one in action.links_from.all()]
    return [(kind, other) for kind, other in own + others if other.deleted_at is None]


def grid_of(action) -> list[tuple[str, list[tuple[str, bool]]]]:
    """(field, [(cell, taken from the action)]) for each field that one operation at least fills."""
    operations = list(action.operations.all())
    lines = []
    for name in GRID:
        own = [getattr(one, name) for one in operations]
        if not any(own):
            continue
        above = getattr(action, name) if name in INHERITED and name != "partners" else ""
        lines.append(
            (
                wording.cell_label("operations", name),
                [(cell or above, not cell and bool(above)) for cell in own],
            )
        )
    return lines


def step_of(milestone, today: date) -> Step:
    late = not milestone.done_on and milestone.due_last_on is not None and milestone.due_last_on < today
    return Step(milestone.title, format_vague(milestone.due), format_period(milestone.done_on), late)


def number_words(value, unit="") -> str:
    digits = format_number(value, decimals=wording.decimals_of(contents.plain(value)))
    return f"{digits} {unit}".strip()


def followed(indicator: ActionIndicator) -> Followed:
    measures = list(indicator.measures.all())
    baseline = ""
    if indicator.baseline_value is not None:
        baseline = number_words(indicator.baseline_value, indicator.unit)
        if indicator.baseline_on:
            baseline += f" ({format_period(indicator.baseline_on)})"
    targets = [
        Target(
            one.text or number_words(one.value, indicator.unit),
            format_vague(one.due),
            None if one.value is None else float(one.value),
        )
        for one in indicator.targets.all()
    ]
    last = measures[-1] if measures else None
    return Followed(
        indicator,
        baseline,
        targets,
        [(one, number_words(one.value, indicator.unit) if one.value is not None else "") for one in measures],
        chart_of(indicator, measures),
        "" if last is None else last.text if last.value is None else number_words(last.value, indicator.unit),
    )


def chart_of(indicator, measures) -> charts.Chart | None:
    """Its values over time, from the baseline; None under two, which the words tell as well."""
    points = [charts.Point(one.measured_on, float(one.value)) for one in measures if one.value is not None]
    if indicator.baseline_value is not None and indicator.baseline_on:
        points.insert(0, charts.Point(indicator.baseline_on, float(indicator.baseline_value)))
    if len({charts.months(one.period) for one in points}) < 2:
        return None
    points.sort(key=lambda one: charts.months(one.period))
    return charts.line(
        [charts.Line(_("mesuré"), points, own=True)], title=indicator.label, reading=indicator.unit
    )


def money_of(line, words) -> Money:
    row = contents.financing_row(line)
    return Money(
        str(line.funder),
        str(line.year or ""),
        wording.amount_of(row),
        line.precision,
        line.scope,
        line.source_title,
        line.source_url,
        words.money_details(row),
    )


def total_of(action) -> str:
    """The exact amounts together, with how many lines they are of how many; "" where none is exact."""
    lines = list(action.financing_lines.all())
    exact = [one.amount_eur for one in lines if one.amount_eur is not None and one.precision == "exact"]
    if not exact or len(lines) < 2:
        return ""
    return _("Montants exacts\u00a0: %(total)s, sur %(n)s lignes des %(all)s.") % {
        "total": format_number(sum(exact), "eur"),
        "n": len(exact),
        "all": len(lines),
    }
