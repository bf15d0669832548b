"""What residents read of a concertation: what was heard, what was kept or not, and what became of it.

Everything here is for anybody: nothing that moderation did not keep, nothing still under discussion,
no member, no statement written for the partners. What is not decided is told by its number alone.
"""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ansanm.conventions.concertation import thread
from ansanm.conventions.models import (
    ConsultationPage,
    Contribution,
    Moderation,
    Need,
    PrioritySession,
    Status,
    Survey,
    SurveyAnswer,
)
from ansanm.ui.formats import format_day, format_number, format_period, format_vague

# One follows one's contribution a few times a day; a machine tries references by the thousand.
FOLLOWED_PER_MINUTE = 20


def status_words(action, is_late: bool) -> str:
    """Where an action stands, as one says it to a neighbour."""
    if is_late and action.status == Status.PLANNED:
        return _("pas encore commencée, elle a pris du retard")
    if is_late:
        return _("commencée, elle a pris du retard")
    return {
        Status.PLANNED: _("décidée, pas encore commencée"),
        Status.STARTED: _("commencée"),
        Status.PAUSED: _("arrêtée pour le moment"),
        Status.DONE: _("faite"),
        Status.ABANDONED: _("abandonnée"),
    }[Status(action.status)]


@dataclass(frozen=True)
class Told:
    """An action in plain words."""

    title: str
    words: str
    kind: str
    dates: str
    measures: list[str]


def told(outcome) -> Told:
    action = outcome.action
    dates = ""
    if action.ends:
        dates = _("fin prévue : %(end)s") % {"end": format_vague(action.ends)}
    elif action.starts:
        dates = _("début prévu : %(start)s") % {"start": format_vague(action.starts)}
    return Told(
        action.title,
        status_words(action, outcome.is_late),
        "attention" if outcome.is_late else outcome.status_kind,
        dates if action.is_open else "",
        outcome.measures,
    )


@dataclass(frozen=True)
class Answered:
    """A need or an asset with what was decided."""

    need: Need
    n_contributions: int
    actions: list[Told]


@dataclass(frozen=True)
class Event:
    on: str
    words: str


class PublicPage:
    """The consultation page of a convention, as it reads at this moment."""

    def __init__(self, page: ConsultationPage):
        self.page, self.convention = page, page.convention
        self.today = timezone.localdate()
        self.retained = self.convention.contributions.shown()
        self.decided = [
            one
            for one in thread.standing_needs(self.convention).prefetch_related("themes", "nodes", "actions")
            if one.state != Need.State.DRAFT
        ]

    # ---- what was heard ----

    @cached_property
    def outcomes(self) -> dict:
        every = thread.outcomes_by_need(self.convention, self.decided)
        return {
            pk: [one for one in outcomes if one.action.status != Status.TO_DISCUSS]
            for pk, outcomes in every.items()
        }

    @cached_property
    def n_contributions(self) -> int:
        return self.retained.count()

    @property
    def n_answers(self) -> int:
        return SurveyAnswer.objects.filter(
            survey__convention=self.convention,
            survey__deleted_at__isnull=True,
            moderation=Moderation.SHOWN,
        ).count()

    @property
    def heard(self) -> list[str]:
        """« 128 contributions », « 525 réponses à 2 enquêtes », « 3 ateliers, 64 habitants »."""
        said = []
        if n := self.n_contributions:
            said.append(ngettext("%(n)s contribution", "%(n)s contributions", n) % {"n": format_number(n)})
        if n := self.n_answers:
            said.append(
                ngettext("%(n)s réponse à nos questions", "%(n)s réponses à nos questions", n)
                % {"n": format_number(n)}
            )
        workshops = list(self.convention.workshops.filter(deleted_at__isnull=True))
        if n := len(workshops):
            words = ngettext("%(n)s atelier", "%(n)s ateliers", n) % {"n": format_number(n)}
            if present := sum(one.n_residents or 0 for one in workshops):
                words += ", " + ngettext("%(n)s habitant présent", "%(n)s habitants présents", present) % {
                    "n": format_number(present)
                }
            said.append(words)
        return said

    @property
    def themes(self) -> list[tuple]:
        """(theme, number of contributions), the most spoken of first; one may speak of two."""
        retained = Count("contributions", filter=Q(contributions__in=self.retained.values("pk")))
        spoken_of = self.convention.themes.annotate(n=retained).filter(n__gt=0).order_by("-n", "position")
        return [(theme, theme.n) for theme in spoken_of]

    @property
    def quotes(self) -> list[Contribution]:
        """Those chosen one by one, as long as moderation keeps them."""
        if self.page.pk is None:
            return []
        return list(self.page.quotes.shown().filter(convention=self.convention).select_related("place"))

    # ---- what was decided ----

    def answered(self, state) -> list[Answered]:
        return [
            Answered(one, one.n_contributions, [told(each) for each in self.outcomes[one.pk]])
            for one in self.decided
            if one.state == state
        ]

    @property
    def kept(self) -> list[Answered]:
        return self.answered(Need.State.KEPT)

    @property
    def later(self) -> list[Answered]:
        return self.answered(Need.State.LATER)

    @property
    def set_aside(self) -> list[Answered]:
        return self.answered(Need.State.SET_ASIDE)

    @property
    def n_discussed(self) -> int:
        return self.convention.needs.standing().filter(state=Need.State.DRAFT).count()

    # ---- what one may still do, and when ----

    @property
    def surveys(self) -> list[Survey]:
        """Those that take answers today."""
        return [one for one in self.public_surveys if one.now == "open"]

    @property
    def results(self) -> list[Survey]:
        return [one for one in self.public_surveys if one.results_published_at]

    @cached_property
    def public_surveys(self) -> list[Survey]:
        return list(self.convention.surveys.public())

    @property
    def events(self) -> list[Event]:
        """The days of the concertation, oldest first; what has no day is not told as a date."""
        dated = []
        for one in self.public_surveys:
            if one.opens_on:
                dated.append((str(one.opens_on), _("ouverture de « %(title)s »") % {"title": one.title}))
            if one.closes_on:
                dated.append((str(one.closes_on), _("clôture de « %(title)s »") % {"title": one.title}))
        for one in self.convention.workshops.filter(deleted_at__isnull=True).exclude(held_on=""):
            dated.append((one.held_on, _("atelier « %(title)s »") % {"title": one.title}))
        sessions = self.convention.priority_sessions.standing().filter(state=PrioritySession.State.CLOSED)
        for one in sessions.exclude(held_on=""):
            dated.append((one.held_on, _("choix des priorités : « %(title)s »") % {"title": one.title}))
        return [Event(format_period(on), words) for on, words in sorted(dated)]

    @property
    def is_fictitious(self) -> bool:
        """Whether any of what it tells is an invented example, which it must then say."""
        return (
            self.retained.filter(is_fictitious=True).exists()
            or any(one.is_fictitious for one in self.decided)
            or any(one.is_fictitious for one in self.public_surveys)
            or self.convention.workshops.filter(deleted_at__isnull=True, is_fictitious=True).exists()
        )


# ---- one contribution, followed by who wrote it ----


@dataclass(frozen=True)
class Stage:
    """A step on the way: behind us, or still to come."""

    title: str
    text: str
    is_done: bool


@dataclass(frozen=True)
class Followed:
    contribution: Contribution
    # Its text, once it was read and kept: a reference found by chance shows nothing else.
    text: str
    stages: list[Stage]
    answers: list[Answered]
    is_published: bool


def followed(contribution: Contribution) -> Followed:
    convention = contribution.convention
    page = ConsultationPage.objects.filter(convention=convention, published_at__isnull=False).first()
    is_read = contribution.moderation != Moderation.TO_READ
    is_kept = contribution.moderation == Moderation.SHOWN
    stages = [
        Stage(
            _("Reçue"),
            _("le %(day)s") % {"day": format_day(contribution.received_on)},
            True,
        ),
        Stage(_("Lue"), read_words(contribution), is_read),
    ]
    if is_read and not is_kept:
        return Followed(contribution, "", stages, [], page is not None)
    needs = []
    if is_kept and page:
        held = set(contribution.needs.standing().values_list("pk", flat=True))
        public = PublicPage(page)
        needs = [
            one
            for state in (Need.State.KEPT, Need.State.LATER, Need.State.SET_ASIDE)
            for one in public.answered(state)
            if one.need.pk in held
        ]
        n_open = len(held) - len(needs)
    else:
        n_open = 0
    actions = [each for one in needs for each in one.actions]
    results = [measure for each in actions for measure in each.measures]
    stages += [
        Stage(_("Réunie à d’autres"), gathered_words(needs, n_open, page), bool(needs or n_open)),
        Stage(_("Décidée"), decided_words(needs, n_open), bool(needs)),
        Stage(
            _("Devenue une action"),
            ngettext("%(n)s action, ci-dessous", "%(n)s actions, ci-dessous", len(actions))
            % {"n": len(actions)}
            if actions
            else _("aucune action pour l’instant"),
            bool(actions),
        ),
        Stage(
            _("Un résultat"),
            ngettext("%(n)s résultat mesuré", "%(n)s résultats mesurés", len(results)) % {"n": len(results)}
            if results
            else _("rien n’est encore mesuré"),
            bool(results),
        ),
    ]
    return Followed(contribution, contribution.text if is_kept else "", stages, needs, page is not None)


def read_words(contribution) -> str:
    match contribution.moderation:
        case Moderation.TO_READ:
            return _("pas encore : quelqu’un de l’équipe lit chaque contribution")
        case Moderation.SHOWN:
            return _("par l’équipe de la convention, et gardée pour l’analyse")
    return _("par l’équipe de la convention, qui ne l’a pas gardée")


def gathered_words(needs, n_open, page) -> str:
    if page is None:
        return _("la suite se lira ici quand la convention aura publié sa page")
    if needs:
        return ", ".join(_("« %(title)s »") % {"title": one.need.title} for one in needs)
    if n_open:
        return _("dans un besoin dont on discute encore")
    return _("pas encore")


def decided_words(needs, n_open) -> str:
    if not needs:
        return _("pas encore") if n_open else ""
    return ", ".join(dict.fromkeys(str(one.need.get_state_display()).lower() for one in needs))
