"""Which options come first when several parties score them on weighted criteria, and how firm that is.

Each party gives each option a mark on each criterion. An option's score is the mean of its marks,
weighted by the criterion and by the party. Everything is an exact fraction, so that a tie is a tie
and not two floats that happen to differ. Slow twin and properties: tests/engines/test_priorities.py.

A ballot counts once it is complete: with a mark missing here and there, two options would be
compared by different juries.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Key = Hashable
Marks = Mapping[tuple[Key, Key, Key], int]  # (option, criterion, party) -> mark


@dataclass(frozen=True)
class Standing:
    """An option as it stands. `score` and `rank` are None while nobody's ballot counts."""

    option: Key
    score: Fraction | None
    rank: int | None  # 1 is first; those of one score share it, and the next ranks are skipped
    by_criterion: dict[Key, Fraction]
    by_party: dict[Key, Fraction]
    # "kept", "out", or "tied": as many places as it needs are not left, chance must not choose.
    outcome: str

    @property
    def spread(self) -> Fraction:
        """How far apart the parties are on it, in points of the scale."""
        marks = self.by_party.values()
        return max(marks) - min(marks) if marks else Fraction(0)


@dataclass(frozen=True)
class Variant:
    """The same ballots under other weights: `kind` says which, of criterion or party `about`."""

    kind: str  # "same_weights", "without_criterion", "double_criterion", "without_party"
    about: Key | None
    ranks: dict[Key, int | None]
    outcomes: dict[Key, str]


@dataclass(frozen=True)
class Firmness:
    """How an option fares over all the variants."""

    best: int
    worst: int
    n_kept: int
    n_variants: int


@dataclass(frozen=True)
class Leeway:
    """Between which weights of one criterion the kept options stay the same; None has no bound."""

    low: Fraction
    high: Fraction | None


def complete(
    options: Sequence[Key], criteria: Mapping[Key, Fraction], parties: Mapping[Key, Fraction], marks: Marks
) -> list[Key]:
    """The parties that marked every option on every criterion, in their order."""
    return [
        party
        for party in parties
        if all((option, criterion, party) in marks for option in options for criterion in criteria)
    ]


def stand(
    options: Sequence[Key],
    criteria: Mapping[Key, Fraction],
    parties: Mapping[Key, Fraction],
    marks: Marks,
    *,
    n_to_keep: int | None = None,
) -> list[Standing]:
    """Return the options from first to last; those of one score stay in the order they came."""
    counted = complete(options, criteria, parties, marks)
    whole = sum(criteria.values(), Fraction(0))
    voices = sum((parties[party] for party in counted), Fraction(0))
    by_party = {
        option: {
            party: weighted({one: marks[option, one, party] for one in criteria}, criteria)
            for party in counted
            if whole
        }
        for option in options
    }
    by_criterion = {
        option: {
            one: weighted({party: marks[option, one, party] for party in counted}, parties)
            for one in criteria
            if voices
        }
        for option in options
    }
    scores = {option: weighted(by_party[option], parties) if whole and voices else None for option in options}
    ranks = ranked(scores)
    outcomes = chosen(ranks, n_to_keep)
    order = sorted(options, key=lambda option: ranks[option] or 0)
    return [
        Standing(
            option,
            scores[option],
            ranks[option],
            by_criterion[option],
            by_party[option],
            outcomes[option],
        )
        for option in order
    ]


def weighted(values: Mapping[Key, int | Fraction], weights: Mapping[Key, Fraction]) -> Fraction:
    total = sum((weights[key] for key in values), Fraction(0))
    return sum((weights[key] * value for key, value in values.items()), Fraction(0)) / total


def ranked(scores: Mapping[Key, Fraction | None]) -> dict[Key, int | None]:
    """1, 1, 3: as many as are strictly above, plus one."""
    known = sorted((score for score in scores.values() if score is not None), reverse=True)
    first: dict[Fraction, int] = {}
    for place, score in enumerate(known, start=1):
        first.setdefault(score, place)
    return {option: None if score is None else first[score] for option, score in scores.items()}


def chosen(ranks: Mapping[Key, int | None], n_to_keep: int | None) -> dict[Key, str]:
    """Who is kept when `n_to_keep` places are open; None keeps nobody by itself."""
    held = list(ranks.values())
    outcomes = {}
    for option, rank in ranks.items():
        if rank is None or n_to_keep is None or rank > n_to_keep:
            outcomes[option] = "out"
        else:
            # All those of its rank must fit, or the vote has not told them apart.
            outcomes[option] = "kept" if rank - 1 + held.count(rank) <= n_to_keep else "tied"
    return outcomes


def variants(
    options: Sequence[Key],
    criteria: Mapping[Key, Fraction],
    parties: Mapping[Key, Fraction],
    marks: Marks,
    *,
    n_to_keep: int | None = None,
) -> list[Variant]:
    """The ranking under the weights somebody at the table could have asked for instead."""
    counted = {party: parties[party] for party in complete(options, criteria, parties, marks)}
    if not any(counted.values()) or not any(criteria.values()):
        return []
    asked: list[tuple[str, Key | None, Mapping[Key, Fraction], Mapping[Key, Fraction]]] = []
    if len(set(criteria.values())) > 1:
        asked.append(("same_weights", None, dict.fromkeys(criteria, Fraction(1)), counted))
    for one, weight in criteria.items():
        others = {key: Fraction(0) if key == one else value for key, value in criteria.items()}
        if weight and any(others.values()):
            asked.append(("without_criterion", one, others, counted))
            asked.append(("double_criterion", one, {**criteria, one: weight * 2}, counted))
    for party, voice in counted.items():
        left = {key: value for key, value in counted.items() if key != party}
        if voice and any(left.values()):
            asked.append(("without_party", party, criteria, left))
    found = []
    for kind, about, weights, voices in asked:
        standings = stand(options, weights, voices, marks, n_to_keep=n_to_keep)
        found.append(
            Variant(
                kind,
                about,
                {one.option: one.rank for one in standings},
                {one.option: one.outcome for one in standings},
            )
        )
    return found


def firmness(standings: Sequence[Standing], others: Sequence[Variant]) -> dict[Key, Firmness]:
    """For each ranked option, its best and worst rank and how often it is kept, the vote itself included."""
    return {
        one.option: Firmness(
            best=min([one.rank, *(other.ranks[one.option] or one.rank for other in others)]),
            worst=max([one.rank, *(other.ranks[one.option] or one.rank for other in others)]),
            n_kept=(one.outcome == "kept") + sum(other.outcomes[one.option] == "kept" for other in others),
            n_variants=1 + len(others),
        )
        for one in standings
        if one.rank is not None
    }


def leeway(standings: Sequence[Standing], criteria: Mapping[Key, Fraction], criterion: Key) -> Leeway | None:
    """How far the weight of `criterion` may move before another option is kept; None where nothing is.

    Between an option kept and one left out, the difference of their weighted sums is a straight line in
    the weight: it is kept as long as that line is above zero.
    """
    kept = [one for one in standings if one.outcome == "kept"]
    left = [one for one in standings if one.outcome != "kept"]
    if not kept or not left:
        return None
    low, high = Fraction(0), None
    for above in kept:
        for below in left:
            slope = above.by_criterion[criterion] - below.by_criterion[criterion]
            rest = sum(
                (
                    weight * (above.by_criterion[one] - below.by_criterion[one])
                    for one, weight in criteria.items()
                    if one != criterion
                ),
                Fraction(0),
            )
            if slope > 0:
                low = max(low, -rest / slope)
            elif slope < 0:
                high = -rest / slope if high is None else min(high, -rest / slope)
    return Leeway(low, high)
