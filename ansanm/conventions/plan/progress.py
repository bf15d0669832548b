"""How far the plan is, without flattering it: each rate says what it counts, and out of what.

« 50 % des actions engagées » was 10 of the 20 priority actions, that is 10 of 52: a rate here always has
its numerator, its denominator and what the denominator is. States are counted apart: an action paused
or dropped is never lost in « en cours ».
"""

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ansanm.conventions.models import House, ReportedFigure, Status
from ansanm.territories.names import search_key
from ansanm.ui.formats import format_number, listed_apart

# In the order a reader wants them: what is behind us first.
ORDER = (
    Status.DONE,
    Status.STARTED,
    Status.PAUSED,
    Status.PLANNED,
    Status.TO_DISCUSS,
    Status.ABANDONED,
)
# Begun, whatever became of it but a drop: what press releases call « engagées ».
BEGUN = {Status.STARTED, Status.PAUSED, Status.DONE}


@dataclass(frozen=True)
class Rate:
    """`n` of `total`, and what the total is."""

    n: int
    total: int
    of: str

    @property
    def percent(self) -> float | None:
        return 100 * self.n / self.total if self.total else None

    @property
    def words(self) -> str:
        """« 3 des 14 fiches présentes, soit 21 % »."""
        if not self.total:
            return _("aucune de ces actions")
        return _("%(n)s des %(total)s %(of)s, soit %(percent)s") % {
            "n": format_number(self.n),
            "total": format_number(self.total),
            "of": self.of,
            "percent": format_number(self.percent, "percent", 0),
        }


@dataclass(frozen=True)
class Row:
    """The actions of a theme, of a stake, of a house… by state."""

    name: str
    n: int
    by_status: Counter
    n_late: int
    theme: str = ""
    query: str = ""

    @property
    def cells(self) -> list[int]:
        return [self.by_status[status] for status in ORDER]


@dataclass(frozen=True)
class Reported:
    """A figure somebody published about the progress, beside what is counted here today."""

    figure: ReportedFigure
    words: str
    here: str
    difference: str


class Progress:
    def __init__(self, overview, reported=None):
        self.overview = overview
        self.actions = overview.actions
        self.by_status = overview.statuses()
        self._reported = reported

    @property
    def n(self) -> int:
        return len(self.actions)

    @property
    def statuses(self) -> list[tuple[str, str, Rate]]:
        of = _("fiches")
        return [
            (status.value, str(status.label), Rate(self.by_status[status], self.n, of)) for status in ORDER
        ]

    @property
    def done(self) -> Rate:
        return Rate(self.by_status[Status.DONE], self.n, ngettext("fiche", "fiches", self.n))

    @property
    def priority(self) -> list:
        return [one for one in self.actions if one.is_priority]

    def priority_words(self) -> str:
        """« 10 des 20 actions prioritaires engagées, soit 19 % des 52 »: both denominators at once."""
        chosen = self.priority
        if not chosen:
            return ""
        n = sum(one.status in BEGUN for one in chosen)
        return _(
            "%(n)s des %(n_priority)s actions prioritaires engagées (en cours, en pause ou réalisées), "
            "soit %(percent)s des %(total)s fiches"
        ) % {
            "n": format_number(n),
            "n_priority": format_number(len(chosen)),
            "percent": format_number(100 * n / self.n, "percent", 0),
            "total": format_number(self.n),
        }

    def row(self, name, actions, **more) -> Row:
        return Row(
            name,
            len(actions),
            Counter(one.status for one in actions),
            sum(one.late for one in actions),
            **more,
        )

    def by_theme(self) -> list[Row]:
        """An action of two themes counts in both: the rows do not add up to the plan."""
        rows = [
            self.row(
                theme.label,
                [one for one in self.actions if theme in one.themes.all()],
                theme=theme.slug,
                query=f"theme={theme.slug}",
            )
            for theme in self.overview.themes
        ]
        without = [one for one in self.actions if not one.themes.all()]
        return rows + ([self.row(_("Sans thématique"), without, query="theme=none")] if without else [])

    @property
    def has_several_themes(self) -> bool:
        return any(len(one.themes.all()) > 1 for one in self.actions)

    def by_stake(self) -> list[Row]:
        tops = [node for node in self.overview.nodes.values() if node.parent_id is None]
        rows = [
            self.row(
                str(top),
                [one for one in self.actions if one.path and one.path[0].pk == top.pk],
                query=f"node={top.pk}",
            )
            for top in tops
        ]
        without = [one for one in self.actions if not one.path]
        return rows + ([self.row(_("Sans rattachement"), without, query="node=none")] if without else [])

    def by_house(self) -> list[Row]:
        return [
            self.row(str(label), held, query=f"house={value}")
            for value, label in House.choices
            if (held := [one for one in self.actions if one.lead_house == value])
        ]

    def tables(self) -> list[dict]:
        return [
            {"title": _("Par thématique"), "head": _("Thématique"), "rows": self.by_theme()},
            {"title": _("Par enjeu"), "head": _("Enjeu"), "rows": self.by_stake()},
            {"title": _("Par maison pilote"), "head": _("Maison pilote"), "rows": self.by_house()},
        ]

    @property
    def total(self) -> Row:
        return self.row(_("Tout le plan"), self.actions)

    # ---- what was published beside ----

    @property
    def reported(self) -> list[ReportedFigure]:
        if self._reported is None:
            kinds = [ReportedFigure.Kind.COUNT, ReportedFigure.Kind.PROGRESS]
            self._reported = list(self.overview.convention.reported_figures.filter(kind__in=kinds))
        return self._reported

    @property
    def announced(self) -> ReportedFigure | None:
        """The number of actions of the plan as last published."""
        counts = [
            one
            for one in self.reported
            if one.kind == ReportedFigure.Kind.COUNT and one.value is not None and counts_actions(one)
        ]
        return max(counts, key=lambda one: (one.source_on, one.period, one.pk), default=None)

    @property
    def missing(self) -> int:
        """How many announced fiches are not here; 0 where none is announced, or more are here."""
        return max(0, int(self.announced.value) - self.n) if self.announced else 0

    def announced_words(self) -> str:
        """« 14 fiches présentes sur 52 annoncées »."""
        if not self.announced:
            return ""
        return ngettext(
            "%(n)s fiche présente sur %(total)s %(announced)s",
            "%(n)s fiches présentes sur %(total)s %(announced)s",
            self.n,
        ) % {
            "n": format_number(self.n),
            "total": quantity(self.announced),
            "announced": ngettext("annoncée", "annoncées", int(self.announced.value)),
        }

    def beside(self) -> list[Reported]:
        """Each published figure of progress, what is counted here of the same, and the difference."""
        return [self.compared(one) for one in self.reported if one.kind == ReportedFigure.Kind.PROGRESS]

    def compared(self, figure) -> Reported:
        whole = int(self.announced.value) if self.announced else self.n
        is_of_priority = "priorit" in search_key(figure.denominator_meaning)
        among = self.priority if is_of_priority else self.actions
        n = sum(one.status in BEGUN for one in among)
        of = _("fiches prioritaires présentes") if is_of_priority else _("fiches présentes")
        here = Rate(n, len(among), of)
        words, difference = "", ""
        if figure.numerator is not None and figure.denominator:
            told = Rate(figure.numerator, figure.denominator, figure.denominator_meaning)
            words = told.words
            if whole > figure.denominator:
                words += _(" (%(percent)s des %(whole)s actions du plan)") % {
                    "percent": format_number(100 * figure.numerator / whole, "percent", 0),
                    "whole": format_number(whole),
                }
            if here.total:
                difference = listed_apart(
                    [
                        gap_words(n - figure.numerator),
                        _("les dénominateurs sont %(here)s ici et %(told)s là")
                        % {"here": format_number(here.total), "told": format_number(figure.denominator)},
                    ]
                )
        elif (counted := figure.value if figure.numerator is None else figure.numerator) is not None:
            words = quantity(figure)
            if figure.numerator is not None or counts_actions(figure):
                difference = gap_words(n - int(counted))
        return Reported(figure, words, here.words, difference)


def gap_words(gap: int) -> str:
    if not gap:
        return _("aucun")
    return ngettext("%(gap)s action", "%(gap)s actions", abs(gap)) % {"gap": format_number(gap, sign=True)}


def counts_actions(figure) -> bool:
    """Whether it counts actions: by its unit where it has one, by what it says otherwise."""
    said = search_key(figure.unit or figure.label).split()
    return any(word in {"action", "actions", "fiche", "fiches"} for word in said)


def quantity(figure) -> str:
    """« plus de 50 », « 52 », « 916 000 € »; a count without its denominator is its numerator."""
    value = figure.value if figure.numerator is None else figure.numerator
    number = format_number(value, figure.unit if figure.unit in {"eur", "percent"} else "")
    if figure.precision == ReportedFigure.Precision.EXACT:
        return number
    return f"{ReportedFigure.Precision(figure.precision).label} {number}"
