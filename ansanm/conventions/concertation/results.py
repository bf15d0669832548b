"""The result of a prioritisation: computed live, frozen at the close, and put in words the same way.

The frozen one is JSON with fractions written « 7/3 »: what the minutes say reads back exactly.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from django.utils.translation import gettext as _

from ansanm.conventions.models import PrioritySession, PriorityVote
from ansanm.engines import priorities
from ansanm.ui.formats import format_number, format_period, language_of, listed_apart

# From half of the scale on, two parties say opposite things.
APART = Fraction(1, 2)


def computed(session: PrioritySession) -> dict:
    """The whole result as plain values."""
    options = list(session.options.select_related("need"))
    criteria = list(session.criteria.all())
    voters = list(session.voters.all())
    marks = {
        (one.option_id, one.criterion_id, one.voter_id): one.score
        for one in PriorityVote.objects.filter(option__session=session)
    }
    weights = {one.pk: Fraction(one.weight) for one in criteria}
    voices = {one.pk: Fraction(one.weight) for one in voters}
    keys = [one.pk for one in options]
    table = (keys, weights, voices, marks)
    standings = priorities.stand(*table, n_to_keep=session.n_to_keep)
    others = priorities.variants(*table, n_to_keep=session.n_to_keep)
    firm = priorities.firmness(standings, others)
    counted = set(priorities.complete(*table))
    n_marks = len(keys) * len(criteria)
    by_key = {one.pk: one for one in options}
    return {
        "scale_max": session.scale_max,
        "n_to_keep": session.n_to_keep,
        "criteria": [
            {"pk": one.pk, "label": one.label, "meaning": one.meaning, "weight": str(Fraction(one.weight))}
            | {"leeway": leeway_of(standings, weights, one.pk)}
            for one in criteria
        ],
        "voters": [
            {"pk": one.pk, "label": one.label, "weight": str(Fraction(one.weight))}
            | {"is_complete": one.pk in counted, "n_marks": sum(key[2] == one.pk for key in marks)}
            for one in voters
        ],
        "n_marks": n_marks,
        "n_complete": len(counted),
        "n_voters": len(voters),
        "options": [
            {
                "pk": one.option,
                "label": by_key[one.option].label,
                "need": by_key[one.option].need_id,
                "rank": one.rank,
                "score": None if one.score is None else str(one.score),
                "outcome": one.outcome,
                "by_criterion": {str(key): str(value) for key, value in one.by_criterion.items()},
                "by_voter": {str(key): str(value) for key, value in one.by_party.items()},
                "spread": str(one.spread),
                "firm": None
                if one.option not in firm
                else {name: getattr(firm[one.option], name) for name in FIRM},
            }
            for one in standings
        ],
        "variants": [
            {
                "kind": one.kind,
                "about": one.about,
                "order": [
                    key
                    for key, rank in sorted(one.ranks.items(), key=lambda pair: pair[1] or 0)
                    if one.outcomes[key] == "kept" or session.n_to_keep is None
                ],
            }
            for one in others
        ],
    }


FIRM = ("best", "worst", "n_kept", "n_variants")


def leeway_of(standings, weights, criterion) -> list | None:
    room = priorities.leeway(standings, weights, criterion)
    return room and [str(room.low), None if room.high is None else str(room.high)]


def number(fraction: str | Fraction, decimals=2) -> str:
    value = Fraction(fraction)
    return format_number(value, decimals=0 if value.denominator == 1 else decimals)


@dataclass(frozen=True)
class Line:
    """An option of the table, in words."""

    pk: int
    label: str
    need: int | None
    rank: str
    score: str
    # The score as a number, for its bar.
    value: float
    outcome: str
    outcome_words: str
    criteria: list[str]
    voters: list[str]
    spread: str
    # « Caf 3, Ville 0 », where the parties are apart.
    apart: str
    firm: str


@dataclass(frozen=True)
class Result:
    facts: dict
    lines: list[Line]
    criteria: list[dict]
    voters: list[dict]
    variants: list[str] = field(default_factory=list)

    @property
    def n_complete(self) -> int:
        return self.facts["n_complete"]

    @property
    def n_voters(self) -> int:
        return self.facts["n_voters"]

    @property
    def is_ranked(self) -> bool:
        return bool(self.n_complete) and any(one.rank for one in self.lines)

    @property
    def tied_on_the_line(self) -> list[Line]:
        return [one for one in self.lines if one.outcome == "tied"]

    @property
    def kept(self) -> list[Line]:
        return [one for one in self.lines if one.outcome == "kept"]

    @property
    def parted(self) -> list[Line]:
        return [one for one in self.lines if one.apart]


def result_of(session: PrioritySession) -> Result:
    """The frozen result of a closed session, today's otherwise."""
    facts = session.result if session.result is not None else computed(session)
    return Result(
        facts,
        lines_of(facts),
        [worded_criterion(one, facts) for one in facts["criteria"]],
        [worded_voter(one, facts) for one in facts["voters"]],
        variants_of(facts),
    )


def lines_of(facts) -> list[Line]:
    ranks = [one["rank"] for one in facts["options"]]
    names = {str(one["pk"]): one["label"] for one in facts["voters"]}
    outcomes = {
        "kept": _("retenu"),
        "tied": _("à départager"),
        "out": _("au-delà du nombre à retenir") if facts["n_to_keep"] else "",
    }
    lines = []
    for one in facts["options"]:
        tied = one["rank"] is not None and ranks.count(one["rank"]) > 1
        voters = {key: Fraction(value) for key, value in one["by_voter"].items()}
        lines.append(
            Line(
                one["pk"],
                one["label"],
                one["need"],
                "" if one["rank"] is None else rank_words(one["rank"], tied),
                "" if one["score"] is None else number(one["score"]),
                float(Fraction(one["score"] or 0)),
                one["outcome"],
                outcomes[one["outcome"]] if one["rank"] is not None else "",
                [
                    number(one["by_criterion"].get(str(key["pk"]), 0)) if one["score"] else ""
                    for key in facts["criteria"]
                ],
                [
                    number(voters[str(key["pk"])]) if str(key["pk"]) in voters else ""
                    for key in facts["voters"]
                ],
                number(one["spread"]),
                apart(voters, names, Fraction(one["spread"]), facts["scale_max"]),
                firm_words(one["firm"], facts),
            )
        )
    return lines


def rank_words(rank: int, tied: bool) -> str:
    return _("%(rank)s ex æquo") % {"rank": rank} if tied else str(rank)


def apart(voters: dict[str, Fraction], names: dict[str, str], spread: Fraction, scale_max: int) -> str:
    """Who is highest and who is lowest, where half of the scale or more parts them."""
    if len(voters) < 2 or spread < APART * scale_max:
        return ""
    top, bottom = max(voters.values()), min(voters.values())

    def all_at(mark):
        return ", ".join(names[key] for key, value in voters.items() if value == mark)

    return _("%(high)s en haut (%(top)s), %(low)s en bas (%(bottom)s)") % {
        "high": all_at(top),
        "top": number(top),
        "low": all_at(bottom),
        "bottom": number(bottom),
    }


def firm_words(firm: dict | None, facts: dict) -> str:
    if firm is None or firm["n_variants"] < 2:
        return ""
    if firm["best"] == firm["worst"]:
        said = _("toujours %(rank)s") % {"rank": ordinal(firm["best"])}
    else:
        said = _("de %(best)s à %(worst)s") % {
            "best": ordinal(firm["best"]),
            "worst": ordinal(firm["worst"]),
        }
    if facts["n_to_keep"]:
        said += _(", retenu dans %(n)s cas sur %(total)s") % {
            "n": firm["n_kept"],
            "total": firm["n_variants"],
        }
    return said


def ordinal(rank: int) -> str:
    if language_of() == "en":
        last = rank % 10 if rank % 100 not in {11, 12, 13} else 0
        return f"{rank}{({1: 'st', 2: 'nd', 3: 'rd'}).get(last, 'th')}"
    return "1er" if rank == 1 else f"{rank}e"


def worded_criterion(one: dict, facts: dict) -> dict:
    room = one["leeway"]
    said = ""
    if room is not None:
        low, high = room
        if Fraction(low) == 0 and high is None:
            said = _("quel que soit son poids, les mêmes propositions sont retenues")
        elif high is None:
            said = _("les mêmes sont retenues tant que son poids dépasse %(low)s") % {"low": number(low)}
        elif Fraction(low) == 0:
            said = _("les mêmes sont retenues tant que son poids reste sous %(high)s") % {
                "high": number(high)
            }
        else:
            said = _("les mêmes sont retenues pour un poids entre %(low)s et %(high)s") % {
                "low": number(low),
                "high": number(high),
            }
    return one | {"weight": number(one["weight"]), "room": said}


def worded_voter(one: dict, facts: dict) -> dict:
    return one | {"weight": number(one["weight"])}


def variants_of(facts) -> list[str]:
    """What would be kept instead, where that differs: « sans le critère urgence : … »."""
    criteria = {one["pk"]: one["label"] for one in facts["criteria"]}
    voters = {one["pk"]: one["label"] for one in facts["voters"]}
    options = {one["pk"]: one["label"] for one in facts["options"]}
    if not facts["n_to_keep"]:
        return []
    kept = {one["pk"] for one in facts["options"] if one["outcome"] == "kept"}
    said = []
    for one in facts["variants"]:
        now = set(one["order"])
        if now == kept:
            continue
        match one["kind"]:
            case "same_weights":
                name = _("À poids égaux")
            case "without_criterion":
                name = _("Sans le critère « %(name)s »") % {"name": criteria[one["about"]]}
            case "double_criterion":
                name = _("Avec le critère « %(name)s » compté double") % {"name": criteria[one["about"]]}
            case _:
                name = _("Sans le vote de « %(name)s »") % {"name": voters[one["about"]]}
        ins = ", ".join(options[key] for key in one["order"] if key not in kept)
        outs = ", ".join(options[key] for key in options if key in kept - now)
        changes = listed_apart(
            filter(
                None,
                [
                    _("en plus : %(names)s") % {"names": ins} if ins else "",
                    _("en moins : %(names)s") % {"names": outs} if outs else "",
                ],
            )
        )
        said.append(_("%(name)s : %(changes)s.") % {"name": name, "changes": changes})
    return said


def when(session) -> str:
    return format_period(session.held_on)
