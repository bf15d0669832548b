"""The live parts of an agenda as plain data: what the page shows, what the documents print, what is
frozen when the meeting is held.

They are read as of a day and since the last meeting that the body held: what moved is what moved between
two meetings. Of a day gone by, the calendar is read as of that day, but the fiches as they are now: what
a meeting saw is what was frozen at its close.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ansanm.conventions.models import (
    Action,
    ActionRevision,
    AgendaItem,
    Decision,
    FinancingLine,
    IndicatorMeasure,
    Meeting,
    Status,
)
from ansanm.conventions.plan.overview import Overview, is_funded
from ansanm.conventions.plan.progress import Progress
from ansanm.conventions.plan.wording import amount_of
from ansanm.engines.vague_dates import parse_canonical
from ansanm.ui.formats import format_day, format_number, format_period, format_vague, labelled

Kind = AgendaItem.Kind
# What a decision « due soon » is: before a meeting prepared a month ahead comes round again.
SOON = timedelta(days=30)


@dataclass(frozen=True)
class Row:
    cells: tuple[str, ...]
    # The page of what the first cell names; "" for none.
    url: str = ""


@dataclass(frozen=True)
class Part:
    """One live part, in words: its sentence says it all where there is no room for the table."""

    kind: str
    title: str
    sentence: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    # (what is counted, the number in words): the few numbers of a slide.
    figures: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    as_of: str = ""
    since: str = ""
    is_frozen: bool = field(default=False, compare=False)

    def to_json(self) -> dict:
        kept = asdict(self)
        del kept["is_frozen"]
        return kept

    @classmethod
    def from_json(cls, kept: dict) -> "Part":
        given = dict(kept)
        given["columns"] = tuple(given.get("columns", ()))
        given["rows"] = tuple(Row(tuple(row["cells"]), row.get("url", "")) for row in given.get("rows", ()))
        given["figures"] = tuple((name, value) for name, value in given.get("figures", ()))
        given["notes"] = tuple(given.get("notes", ()))
        return cls(**given, is_frozen=True)

    @property
    def labelled_rows(self) -> list[dict]:
        """Each cell with the title of its column, for tables that stack on a phone."""
        return [
            {"url": row.url, "cells": list(zip(self.columns, row.cells, strict=True))} for row in self.rows
        ]

    @property
    def when(self) -> str:
        """« au 12 novembre 2026, depuis le 4 mars 2026 »."""
        if not self.as_of:
            return ""
        as_of = format_day(date.fromisoformat(self.as_of))
        if not self.since:
            return _("au %(day)s") % {"day": as_of}
        return _("au %(day)s, depuis le %(since)s") % {
            "day": as_of,
            "since": format_day(date.fromisoformat(self.since)),
        }


def day_of(meeting: Meeting) -> date | None:
    """The first day it may have been held on; None where nobody said."""
    return parse_canonical(meeting.held_on).first_on if meeting.held_on else None


def meeting_before(meeting: Meeting) -> Meeting | None:
    """The last one its body held before it."""
    held = Meeting.objects.standing().filter(body=meeting.body_id, state=Meeting.State.HELD)
    held = held.exclude(pk=meeting.pk)
    rank, on = meeting.rank, meeting.held_on

    def comes_before(one):
        if rank and one.rank:
            return one.rank < rank
        return not on or not one.held_on or one.held_on < on

    found = [one for one in held if comes_before(one)]
    return max(found, key=lambda one: (one.held_on, one.rank or 0, one.pk), default=None)


class Live:
    """What the live parts read: the plan on a day, and since which day."""

    def __init__(self, convention, user, *, on: date | None = None, since: date | None = None):
        self.convention, self.user = convention, user
        self.on = on or timezone.localdate()
        self.since = since

    @classmethod
    def of(cls, meeting: Meeting, user, *, today: date | None = None) -> "Live":
        """For a meeting to come, as of today; since the day of the meeting held before it."""
        today = today or timezone.localdate()
        before = meeting_before(meeting)
        return cls(meeting.body.convention, user, on=today, since=day_of(before) if before else None)

    @cached_property
    def overview(self) -> Overview:
        return Overview(self.convention, self.user, self.on)

    @cached_property
    def since_at(self) -> datetime | None:
        """The end of that day: what was told at the meeting itself is not news of the next one."""
        if self.since is None:
            return None
        return timezone.make_aware(datetime.combine(self.since + timedelta(days=1), time()))

    @cached_property
    def decisions(self) -> list[Decision]:
        return list(
            self.convention.decisions.select_related("meeting__body", "owner", "owner_person").order_by(
                "number"
            )
        )

    def part(self, kind, *, action: Action | None = None) -> Part | None:
        """The part of this kind; None for a point that is only words."""
        if kind == Kind.ACTION:
            return one_action(self, action) if action and action.deleted_at is None else None
        make = PARTS.get(kind)
        return make(self) if make else None

    def made(self, kind, title, sentence, **more) -> Part:
        return Part(
            kind=str(kind),
            title=str(title),
            sentence=sentence,
            as_of=self.on.isoformat(),
            since=self.since.isoformat() if self.since else "",
            **more,
        )


def part_of(item: AgendaItem, live: Live | None) -> Part | None:
    """What the point shows: as frozen at the close of its meeting, else read now.

    A meeting written down long after it was held froze nothing: the plan of today is not what it saw.
    """
    if item.frozen:
        return Part.from_json(item.frozen)
    if item.meeting.state == Meeting.State.HELD:
        return None
    return live.part(item.kind, action=item.action) if live else None


def parts_of(meeting: Meeting, user) -> list[tuple[AgendaItem, Part | None]]:
    """The whole agenda with its parts, as the page and the documents give it."""
    live = Live.of(meeting, user)
    items = list(meeting.items.select_related("action__convention"))
    for item in items:
        item.meeting = meeting
    return [(item, part_of(item, live)) for item in items]


# ---- the parts ----


def progress(live: Live) -> Part:
    found = Progress(live.overview)
    moved = statuses_moved(live)
    words = found.done.words + _(", réalisées.") if found.n else _("Le plan n’a pas encore d’action.")
    if priority := found.priority_words():
        words = f"{words} {priority[:1].upper()}{priority[1:]}."
    notes = ()
    if live.since and not moved:
        notes = (_("Aucune action n’a changé d’état depuis la réunion précédente."),)
    return live.made(
        Kind.PROGRESS,
        Kind.PROGRESS.label,
        words,
        columns=(_("Action"), _("Avant"), _("Maintenant")) if moved else (),
        rows=tuple(
            Row((named(action), str(Status(before).label) if before else _("nouvelle fiche"),
                 action.get_status_display()), action.get_absolute_url())
            for action, before in moved
        ),
        figures=tuple((words, format_number(rate.n)) for _status, words, rate in found.statuses if rate.n),
        notes=notes,
    )  # fmt: skip


def named(action) -> str:
    return f"{action.number} {action.title}".strip()


def statuses_moved(live: Live) -> list[tuple[Action, str]]:
    """The actions whose state is not what it was at the meeting before, with that state ("": new)."""
    if live.since_at is None:
        return []
    kept: dict[int, str] = {}
    revisions = ActionRevision.objects.filter(
        action__convention=live.convention, action__deleted_at__isnull=True, at__lt=live.since_at
    )
    for action, status in revisions.order_by("version").values_list("action", "content__status"):
        kept[action] = status
    return [(one, kept.get(one.pk, "")) for one in live.overview.actions if kept.get(one.pk) != one.status]


def late_actions(live: Live) -> Part:
    late = [one for one in live.overview.actions if one.late]
    total = len(live.overview.actions)
    sentence = (
        ngettext(
            "%(n)s action en retard sur les %(total)s du plan.",
            "%(n)s actions en retard sur les %(total)s du plan.",
            len(late),
        )
        % {"n": len(late), "total": total}
        if late
        else _("Aucune action n’est en retard.")
    )
    return live.made(
        Kind.LATE_ACTIONS,
        Kind.LATE_ACTIONS.label,
        sentence,
        columns=(_("Action"), _("Pilote"), _("Prévu"), _("Sans nouvelles depuis")) if late else (),
        rows=tuple(
            Row(
                (named(one), who_pilots(one), promised(one, live.on), silence(one.silent_days)),
                one.get_absolute_url(),
            )
            for one in late
        ),
        figures=((_("actions en retard"), format_number(len(late))),),
    )


def who_pilots(action) -> str:
    return str(action.pilot) if action.pilot else _("pilote non publié")


def promised(action, on: date) -> str:
    if action.ends and action.ends_vague.is_past(on):
        return _("fin\u00a0: %(when)s") % {"when": format_vague(action.ends)}
    return _("début\u00a0: %(when)s") % {"when": format_vague(action.starts)}


def silence(days: int) -> str:
    return ngettext("%(n)s jour", "%(n)s jours", days) % {"n": format_number(days)}


@dataclass(frozen=True)
class Sorted:
    """The decisions of a convention between two meetings; one may be in two lists."""

    taken: tuple[Decision, ...]
    done: tuple[Decision, ...]
    late: tuple[Decision, ...]
    soon: tuple[Decision, ...]


def sorted_decisions(live: Live) -> Sorted:
    since, on = live.since, live.on
    started = [one for one in live.decisions if one.state in (Decision.State.TO_DO, Decision.State.STARTED)]
    return Sorted(
        # At the meeting before and since: what it took is what this one follows.
        taken=tuple(one for one in live.decisions if since and taken_on(one) and taken_on(one) >= since),
        done=tuple(
            one
            for one in live.decisions
            if one.state == Decision.State.DONE and since and one.done_on >= since.isoformat()
        ),
        late=tuple(one for one in started if is_late(one, on)),
        soon=tuple(
            one for one in started if one.due_last_on is not None and on <= one.due_last_on <= on + SOON
        ),
    )


def taken_on(decision: Decision) -> date | None:
    """The day of its meeting; of one taken elsewhere, the day it was written."""
    if decision.meeting_id:
        return day_of(decision.meeting)
    return timezone.localdate(decision.created_at)


def is_late(decision: Decision, on: date) -> bool:
    is_open = decision.state in (Decision.State.TO_DO, Decision.State.STARTED)
    return bool(is_open and decision.due and parse_canonical(decision.due).is_past(on))


def decisions(live: Live) -> Part:
    found = sorted_decisions(live)
    shown: dict[int, Decision] = {}
    for one in (*found.late, *found.soon, *found.taken, *found.done):
        shown.setdefault(one.pk, one)
    n_open = sum(one.state in (Decision.State.TO_DO, Decision.State.STARTED) for one in live.decisions)
    if live.decisions:
        sentence = ngettext(
            "%(n)s décision a encore une suite à venir, sur %(total)s prises.",
            "%(n)s décisions ont encore une suite à venir, sur %(total)s prises.",
            n_open,
        ) % {"n": format_number(n_open), "total": format_number(len(live.decisions))}
    else:
        sentence = _("Aucune décision n’est enregistrée.")
    return live.made(
        Kind.DECISIONS,
        Kind.DECISIONS.label,
        sentence,
        columns=(_("Décision"), _("Chargé"), _("Échéance"), _("Suite")) if shown else (),
        rows=tuple(
            Row(
                (
                    labelled(_("n° %(number)s") % {"number": one.number}, one.text),
                    owner_words(one),
                    format_vague(one.due) or _("sans échéance"),
                    _("en retard") if is_late(one, live.on) else str(one.get_state_display()),
                ),
                reverse("decision", args=[live.convention.slug, one.pk]),
            )
            for one in shown.values()
        ),
        figures=(
            (_("prises depuis la réunion précédente"), format_number(len(found.taken))),
            (_("faites depuis"), format_number(len(found.done))),
            (_("en retard"), format_number(len(found.late))),
            (_("à échéance dans les trente jours"), format_number(len(found.soon))),
        ),
    )


def owner_words(decision: Decision) -> str:
    names = [str(one) for one in (decision.owner, decision.owner_person) if one]
    return ", ".join(names) or _("personne n’en est chargé")


def money(live: Live) -> Part:
    """What nobody decided yet: lines « à définir », and open actions that nobody pays for."""
    to_define = list(
        FinancingLine.objects.filter(convention=live.convention, precision=FinancingLine.Precision.TO_DEFINE)
        .filter(Q(action__isnull=True) | Q(action__deleted_at__isnull=True))
        .select_related("funder", "action__convention")
        .order_by("year", "pk")
    )
    unfunded = [one for one in live.overview.actions if one.is_open and not is_funded(one)]
    rows = [
        Row(
            (
                named(line.action) if line.action else _("toute la convention"),
                str(line.funder),
                str(line.year or "–"),
                amount_of({"amount_eur": line.amount_eur, "precision": line.precision}),
            ),
            line.action.get_absolute_url() if line.action else "",
        )
        for line in to_define
    ]
    rows += [
        Row((named(one), _("aucun financeur nommé"), "–", _("à définir")), one.get_absolute_url())
        for one in unfunded
    ]
    sentence = (
        _("%(lines)s\u202f; %(actions)s sur %(total)s.")
        % {
            "lines": ngettext("%(n)s montant à définir", "%(n)s montants à définir", len(to_define))
            % {"n": format_number(len(to_define))},
            "actions": ngettext(
                "%(n)s action ouverte sans financement",
                "%(n)s actions ouvertes sans financement",
                len(unfunded),
            )
            % {"n": format_number(len(unfunded))},
            "total": format_number(len(live.overview.actions)),
        }
        if rows
        else _("Aucun financement n’attend de décision\u00a0: chaque action ouverte dit qui la paie.")
    )
    return live.made(
        Kind.MONEY,
        Kind.MONEY.label,
        sentence,
        columns=(_("Action"), _("Financeur"), _("Année"), _("Montant")) if rows else (),
        rows=tuple(rows),
        figures=(
            (_("montants à définir"), format_number(len(to_define))),
            (_("actions ouvertes sans financement"), format_number(len(unfunded))),
        ),
    )


def indicators(live: Live) -> Part:
    """The measures told since the meeting before, each beside the one it follows and the target."""
    told = IndicatorMeasure.objects.filter(
        indicator__action__convention=live.convention,
        indicator__action__deleted_at__isnull=True,
        indicator__removed_at__isnull=True,
    )
    if live.since_at:
        told = told.filter(at__gte=live.since_at)
    rows, seen = [], set()
    for one in (
        told.select_related("indicator__action__convention")
        .prefetch_related("indicator__measures", "indicator__targets")
        .order_by("-measured_on", "-pk")
    ):
        indicator = one.indicator
        if indicator.pk in seen:
            continue
        seen.add(indicator.pk)
        before = [
            other
            for other in indicator.measures.all()
            if (other.measured_on, other.pk) < (one.measured_on, one.pk)
        ]
        if before:
            was = measured(before[-1].value, before[-1].text, before[-1].measured_on)
        elif indicator.baseline_value is not None:
            was = measured(indicator.baseline_value, "", indicator.baseline_on)
        else:
            was = _("aucune mesure")
        aims = [
            f"{one_target.text or value_words(one_target.value)} ({format_vague(one_target.due)})"
            if one_target.due
            else one_target.text or value_words(one_target.value)
            for one_target in indicator.targets.all()
        ]
        rows.append(
            Row(
                (
                    labelled(named(indicator.action), with_unit(indicator)),
                    was,
                    with_source(measured(one.value, one.text, one.measured_on), one.source),
                    ", ".join(aims) or _("sans cible"),
                ),
                indicator.action.get_absolute_url(),
            )
        )
    sentence = (
        ngettext("%(n)s indicateur a bougé.", "%(n)s indicateurs ont bougé.", len(rows))
        % {"n": format_number(len(rows))}
        if rows
        else _("Aucun indicateur n’a été mesuré depuis la réunion précédente.")
        if live.since
        else _("Aucun indicateur n’a encore été mesuré.")
    )
    return live.made(
        Kind.INDICATORS,
        Kind.INDICATORS.label,
        sentence,
        columns=(_("Indicateur"), _("Avant"), _("Maintenant"), _("Cible")) if rows else (),
        rows=tuple(rows),
        figures=((_("indicateurs mesurés"), format_number(len(rows))),),
    )


def value_words(value) -> str:
    return (
        format_number(value, "", 0 if value == value.to_integral_value() else None)
        if value is not None
        else ""
    )


def with_unit(indicator) -> str:
    return f"{indicator.label} ({indicator.unit})" if indicator.unit else indicator.label


def with_source(said: str, source: str) -> str:
    return _("%(said)s, source\u00a0: %(source)s") % {"said": said, "source": source} if source else said


def measured(value, text: str, on: str) -> str:
    said = value_words(value) or text
    return f"{said} ({format_period(on)})" if on else said


def one_action(live: Live, action: Action) -> Part:
    last = action.progress_notes.order_by("-at", "-pk").first()
    coming = [one for one in action.milestones.all() if not one.done_on]
    rows = [
        Row((_("État"), str(action.get_status_display()))),
        Row((_("Pilote"), who_pilots(action))),
        Row((_("Calendrier"), calendar_words(action))),
    ]
    if last:
        rows.append(Row((_("Dernières nouvelles"), last.text)))
    rows += [
        Row((_("Jalon à venir"), f"{one.title} ({format_vague(one.due)})" if one.due else one.title))
        for one in coming[:5]
    ]
    for line in action.financing_lines.select_related("funder"):
        amount = amount_of({"amount_eur": line.amount_eur, "precision": line.precision})
        rows.append(Row((_("Financement"), f"{line.funder}, {line.year or '–'}, {amount}")))
    return live.made(
        Kind.ACTION,
        named(action),
        labelled(named(action), str(action.get_status_display())),
        columns=(_("Ce qu’en dit la fiche"), _("Aujourd’hui")),
        rows=tuple(rows),
    )


def calendar_words(action) -> str:
    begins = format_vague(action.starts) or _("début non publié")
    ends = format_vague(action.ends) or _("fin non publiée")
    return _("%(begins)s → %(ends)s") % {"begins": begins, "ends": ends}


PARTS: dict[str, Callable[[Live], Part]] = {
    Kind.PROGRESS: progress,
    Kind.LATE_ACTIONS: late_actions,
    Kind.DECISIONS: decisions,
    Kind.MONEY: money,
    Kind.INDICATORS: indicators,
}
LIVE_KINDS = (*PARTS, Kind.ACTION)
# The agenda offered to a steering committee: what it is there to look at, then its decisions.
USUAL = (
    (Kind.PROGRESS, gettext_lazy("Où en est le plan d’actions"), 15),
    (Kind.LATE_ACTIONS, gettext_lazy("Actions en retard"), 15),
    (Kind.DECISIONS, gettext_lazy("Suites des décisions"), 10),
    (Kind.MONEY, gettext_lazy("Financements à décider"), 20),
    (Kind.INDICATORS, gettext_lazy("Indicateurs"), 10),
    (Kind.TO_DECIDE, gettext_lazy("Points à décider"), 20),
)
