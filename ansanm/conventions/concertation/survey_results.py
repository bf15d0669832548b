"""What a survey says, in words and drawings: counts with their denominators, who answered, what limits it."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ansanm.conventions.models import Channel, Moderation, SurveyQuestion
from ansanm.engines import survey as engine
from ansanm.territories.models import Territory
from ansanm.ui import charts
from ansanm.ui.formats import format_number, labelled, quoted

Kind = SurveyQuestion.Kind
CROSSED = {Kind.ONE, Kind.SEVERAL, Kind.SCALE}
NOT_SAID = "-"
# Above this share, one way of answering says who could not.
ONE_CHANNEL_SHARE = 0.90


@dataclass(frozen=True)
class Sheet:
    """An answer as the results read it."""

    audience: str
    channel: str
    answers: dict


@dataclass(frozen=True)
class CrossTable:
    title: str
    columns: list[str]
    rows: list[list[str]]
    has_secret: bool


@dataclass(frozen=True)
class Comparison:
    """A group among the answers against its share of the population."""

    label: str
    share: str
    expected: str
    interval: str
    gap: str
    is_clear: bool


class QuestionResult:
    """One question: its tally, its drawing, its tables."""

    def __init__(self, results, question):
        self.results, self.question = results, question
        self.kind = question.kind
        self.sheets = [one for one in results.sheets if self.asks(one.audience)]
        self.labels = results.labels_of(question)
        self.tally = engine.tally(
            question.key, question.kind, list(self.labels), [one.answers for one in self.sheets]
        )

    def asks(self, audience: str) -> bool:
        return not self.question.audiences or audience in self.question.audiences

    @property
    def answered(self) -> str:
        """« 118 réponses, sur 131 feuilles à qui elle est posée »."""
        n = ngettext("%(n)s réponse", "%(n)s réponses", self.tally.n_answered) % {
            "n": format_number(self.tally.n_answered)
        }
        return _("%(n)s sur %(total)s à qui la question est posée") % {
            "n": n,
            "total": format_number(self.tally.n_asked),
        }

    @property
    def asked_of(self) -> str:
        """The audiences it is put to, where not all are."""
        names = [self.results.audiences.get(key, "") for key in self.question.audiences]
        return ", ".join(name for name in names if name)

    @cached_property
    def rows(self) -> list[tuple[str, int | None, float | None]]:
        """(label, count, share), the small groups of a place hidden."""
        counts = self.tally.counts
        items = list(self.labels.items())
        numbers: list[int | None] = [counts.get(key, 0) for key, _label in items]
        if self.kind == Kind.PLACE:
            # Where somebody lives tells who they are as soon as they are few there.
            numbers = engine.shown([counts.get(key, 0) for key, _label in items])
        n = self.tally.n_answered
        return [
            (label, count, count / n if n and count is not None else None)
            for (_key, label), count in zip(items, numbers, strict=True)
        ]

    @cached_property
    def chart(self):
        if self.kind not in engine.CHOSEN or not self.tally.n_answered:
            return None
        rows = self.rows
        note = ""
        if self.kind == Kind.SEVERAL:
            note = _("Plusieurs réponses possibles : les parts dépassent 100 % ensemble.")
        elif any(count is None for _label, count, _share in rows):
            note = _("Les groupes de moins de cinq personnes, et ceux qui les trahiraient, sont tus.")
        return charts.bars(
            [
                charts.Bar(
                    label,
                    None if share is None else 100 * share,
                    absence="" if count is not None else _("secret"),
                )
                for label, count, share in rows
            ],
            title=self.question.label,
            unit="percent",
            decimals=0,
            reading=self.answered + ".",
            name_of_rows=_("Réponse"),
            name_of_values=_("Part de celles et ceux qui ont répondu"),
            note=note,
        )

    @property
    def middle(self) -> str:
        """The median and the mean of numbers."""
        # The mean of a few, with their number, tells nearly what each said.
        if self.tally.median is None or self.tally.n_answered < engine.THRESHOLD:
            return ""
        return _("La moitié répond %(median)s ou moins ; moyenne %(mean)s.") % {
            "median": format_number(self.tally.median, decimals=None),
            "mean": format_number(self.tally.mean, decimals=1),
        }

    @property
    def comparisons(self) -> list[Comparison]:
        expected = {
            one["key"]: one["expected_share"]
            for one in self.question.choices
            if one.get("expected_share") is not None
        }
        return [
            Comparison(
                self.labels[gap.choice],
                percent(gap.share),
                percent(gap.expected),
                _("entre %(low)s et %(high)s") % {"low": percent(gap.low), "high": percent(gap.high)},
                points(gap.share - gap.expected),
                gap.is_clear and self.tally.n_answered >= engine.FEW_ANSWERS,
            )
            for gap in engine.compare(self.tally, expected)
        ]

    @cached_property
    def crossed(self) -> CrossTable | None:
        """By audience, or by the profile question asked for, with what is too small hidden."""
        by = self.results.by
        if by is None or self.kind not in CROSSED or by.key == self.question.key or not self.tally.n_answered:
            return None
        groups: dict[str, list[dict]] = {key: [] for key in by.labels}
        for one in self.sheets:
            for group in by.groups_of(one):
                groups.setdefault(group, []).append(one.answers)
        groups = {key: sheets for key, sheets in groups.items() if sheets}
        table = engine.crossed(
            self.question.key, list(self.labels), groups, is_several=self.kind == Kind.SEVERAL
        )
        # The drawings above show every margin: a table that must hide one would be read back.
        if any(n is None for n in table[""]) or any(counts[-1] is None for counts in table.values()):
            return None
        names = by.labels | {NOT_SAID: _("Non précisé"), "": _("Ensemble")}
        return CrossTable(
            _("%(question)s, par %(by)s") % {"question": self.question.label, "by": by.name},
            [by.title, *self.labels.values(), _("Ont répondu")],
            [
                [names.get(key, key), *(_("secret") if n is None else format_number(n) for n in counts)]
                for key, counts in table.items()
            ],
            any(n is None for counts in table.values() for n in counts),
        )


@dataclass(frozen=True)
class By:
    """What the answers are crossed with: the audience, or a question that describes the person."""

    key: str
    title: str
    name: str
    labels: dict[str, str]

    def groups_of(self, sheet: Sheet) -> list[str]:
        if self.key == "audience":
            return [sheet.audience or NOT_SAID]
        return engine.chosen(sheet.answers.get(self.key))[:1] or [NOT_SAID]


def percent(share: float) -> str:
    return format_number(100 * share, "percent", 0)


def points(gap: float) -> str:
    return _("%(n)s points") % {"n": format_number(100 * gap, decimals=0, sign=True)}


class Results:
    """The whole survey. Free answers are read in the queue, and published as contributions only."""

    def __init__(self, survey, *, by: str = "", is_public: bool = False):
        self.survey, self.is_public = survey, is_public
        self.questions = list(survey.questions.all())
        self.audiences = {one.key: one.label for one in survey.audiences.all()}
        every = list(survey.answers.values_list("audience", "channel", "answers", "moderation"))
        self.n_by_state = Counter(one[3] for one in every)
        self.received = [one[2] for one in every]
        self.sheets = [Sheet(*one[:3]) for one in every if one[3] == Moderation.SHOWN]
        self.by = self.by_of(by)

    @property
    def n(self) -> int:
        return len(self.sheets)

    @property
    def n_to_read(self) -> int:
        return self.n_by_state[Moderation.TO_READ]

    @property
    def n_hidden(self) -> int:
        return self.n_by_state[Moderation.HIDDEN]

    @cached_property
    def places(self) -> dict[str, str]:
        """The names of the places of every sheet: files hold those that are not counted too."""
        keys = {
            key
            for question in self.questions
            if question.kind == Kind.PLACE
            for answers in self.received
            for key in engine.chosen(answers.get(question.key))
        }
        held = Territory.objects.filter(pk__in=keys).order_by("name")
        return {str(one.pk): one.name for one in held}

    def labels_of(self, question) -> dict[str, str]:
        match question.kind:
            case Kind.ONE | Kind.SEVERAL:
                return {one["key"]: one["label"] for one in question.choices}
            case Kind.SCALE:
                return {str(n): str(n) for n in range(1, 6)}
            case Kind.PLACE:
                counts = Counter(
                    key for one in self.sheets for key in engine.chosen(one.answers.get(question.key))
                )
                known = {key: name for key, name in self.places.items() if counts[key]}
                return dict(sorted(known.items(), key=lambda pair: -counts[pair[0]]))
        return {}

    @cached_property
    def bys(self) -> dict[str, By]:
        """What the answers may be crossed with."""
        made = {}
        if self.audiences:
            made["audience"] = By("audience", _("Public"), _("public"), self.audiences)
        for one in self.questions:
            if one.is_profile and one.kind == Kind.ONE:
                made[one.key] = By(one.key, one.label, quoted(one.label), self.labels_of(one))
        return made

    def by_of(self, key: str) -> By | None:
        return self.bys.get(key) or next(iter(self.bys.values()), None)

    @cached_property
    def parts(self) -> list[QuestionResult]:
        return [QuestionResult(self, one) for one in self.questions]

    @property
    def profile(self) -> list[QuestionResult]:
        return [one for one in self.parts if one.question.is_profile]

    @property
    def content(self) -> list[QuestionResult]:
        return [one for one in self.parts if not one.question.is_profile]

    @cached_property
    def by_audience(self) -> list[tuple[str, int]]:
        counts = Counter(one.audience for one in self.sheets)
        named = [(label, counts[key]) for key, label in self.audiences.items()]
        return [*named, (_("Non précisé"), counts[""])] if counts[""] and named else named

    @cached_property
    def by_channel(self) -> list[tuple[str, int]]:
        counts = Counter(one.channel for one in self.sheets)
        return [(str(one.label), counts[one.value]) for one in Channel if counts[one.value]]

    @cached_property
    def hints(self) -> list[str]:
        """What the counts themselves say of their limits."""
        if not self.n:
            return []
        said = []
        if self.n < engine.FEW_ANSWERS:
            said.append(
                ngettext(
                    "%(n)s feuille comptée : chacune pèse lourd, les parts ne se comparent pas.",
                    "%(n)s feuilles comptées : chacune pèse lourd, les parts ne se comparent pas.",
                    self.n,
                )
                % {"n": format_number(self.n)}
            )
        for part in self.profile:
            for one in part.comparisons:
                if one.is_clear:
                    said.append(
                        _("%(label)s : %(share)s des réponses, %(expected)s attendus (%(source)s).")
                        % {
                            "label": one.label,
                            "share": one.share,
                            "expected": one.expected,
                            "source": part.question.expected_source,
                        }
                    )
        for label, n in self.by_audience:
            if not n:
                said.append(_("Aucune réponse de « %(audience)s ».") % {"audience": label})
        for label, n in self.by_channel:
            if n / self.n >= ONE_CHANNEL_SHARE and self.n >= engine.FEW_ANSWERS:
                said.append(labelled(label, _("%(share)s des feuilles.") % {"share": percent(n / self.n)}))
        for part in self.content:
            n, asked = part.tally.n_answered, part.tally.n_asked
            if asked >= engine.FEW_ANSWERS and n < asked / 2:
                said.append(
                    _("Moins de la moitié répond à « %(question)s » : %(n)s sur %(total)s.")
                    % {
                        "question": part.question.label,
                        "n": format_number(n),
                        "total": format_number(asked),
                    }
                )
        return said
