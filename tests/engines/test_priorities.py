"""Who comes first, counted twice: by the engine, and mark by mark as one would on a whiteboard."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.priorities import Leeway, chosen, complete, firmness, leeway, ranked, stand, variants

HALF = Fraction(1, 2)
CRITERIA = {"leviers": Fraction(2), "urgence": Fraction(1)}
PARTIES = {"Ville": Fraction(1), "Caf": Fraction(1)}


def marked(**by_option):
    """« creche=((3, 1), (2, 1)) »: for each party, its marks in the order of the criteria."""
    return {
        (option, criterion, party): mark
        for option, ballots in by_option.items()
        for party, ballot in zip(PARTIES, ballots, strict=True)
        for criterion, mark in zip(CRITERIA, ballot, strict=True)
    }


def test_a_criterion_of_weight_two_counts_twice():
    marks = marked(creche=((3, 0), (3, 0)), bus=((1, 3), (1, 3)))

    first, second = stand(["bus", "creche"], CRITERIA, PARTIES, marks, n_to_keep=1)

    assert (first.option, first.score, first.rank, first.outcome) == ("creche", Fraction(2), 1, "kept")
    assert (second.option, second.score, second.rank, second.outcome) == ("bus", Fraction(5, 3), 2, "out")


def test_those_of_one_score_share_their_rank_and_none_is_kept_by_chance():
    ranks = ranked({"a": HALF, "b": Fraction(1), "c": HALF, "d": Fraction(0), "e": None})

    assert ranks == {"a": 2, "b": 1, "c": 2, "d": 4, "e": None}
    assert chosen(ranks, 2) == {"a": "tied", "b": "kept", "c": "tied", "d": "out", "e": "out"}
    assert chosen(ranks, 3)["a"] == "kept"


def test_a_third_is_a_tie_whatever_the_order_of_the_sums():
    """0.1 + 0.2 is not 0.3 in floats, and 5/3 is not a decimal."""
    criteria = {"x": Fraction("0.1"), "y": Fraction("0.2")}
    marks = {("a", "x", "v"): 3, ("a", "y", "v"): 0, ("b", "x", "v"): 1, ("b", "y", "v"): 1}

    both = stand(["a", "b"], criteria, {"v": Fraction(1)}, marks)

    assert [one.rank for one in both] == [1, 1]


def test_an_incomplete_ballot_waits():
    marks = marked(creche=((3, 0), (0, 0)), bus=((1, 3), (3, 3)))
    del marks["bus", "urgence", "Caf"]

    first, second = stand(["creche", "bus"], CRITERIA, PARTIES, marks)

    assert complete(["creche", "bus"], CRITERIA, PARTIES, marks) == ["Ville"]
    assert (first.option, first.by_party) == ("creche", {"Ville": Fraction(2)})
    assert second.by_party == {"Ville": Fraction(5, 3)}


def test_where_parties_part_shows_in_the_spread():
    (one,) = stand(["creche"], CRITERIA, PARTIES, marked(creche=((3, 3), (0, 0))))

    assert (one.score, one.spread) == (Fraction(3, 2), 3)


def test_without_any_ballot_nothing_is_ranked():
    (one,) = stand(["creche"], CRITERIA, PARTIES, {}, n_to_keep=1)

    assert (one.score, one.rank, one.outcome, one.spread) == (None, None, "out", 0)
    assert variants(["creche"], CRITERIA, PARTIES, {}) == []
    assert firmness([one], []) == {}
    assert leeway([one], CRITERIA, "urgence") is None


def test_the_leeway_of_a_weight_ends_where_the_ranking_turns():
    """crèche 3t + 0, bus t + 3: equal at t = 3/2 with « urgence » at 1."""
    marks = marked(creche=((3, 0), (3, 0)), bus=((1, 3), (1, 3)))
    standings = stand(["creche", "bus"], CRITERIA, PARTIES, marks, n_to_keep=1)

    assert leeway(standings, CRITERIA, "leviers") == Leeway(Fraction(3, 2), None)
    assert leeway(standings, CRITERIA, "urgence") == Leeway(Fraction(0), Fraction(4, 3))


weights = st.integers(0, 6).map(lambda n: Fraction(n, 2))


@st.composite
def votes(draw):
    options = [f"o{n}" for n in range(draw(st.integers(1, 4)))]
    criteria = {f"c{n}": draw(weights) for n in range(draw(st.integers(1, 3)))}
    parties = {f"p{n}": draw(weights) for n in range(draw(st.integers(1, 3)))}
    marks = {
        (option, criterion, party): draw(st.integers(0, 3))
        for party in parties
        for option in options
        for criterion in criteria
        if draw(st.integers(0, 19))
    }
    return options, criteria, parties, marks, draw(st.integers(1, 4))


def slow_score(option, criteria, parties, marks, counted):
    """One line per half point of weight: the whiteboard way."""
    lines = [
        marks[option, criterion, party]
        for party in counted
        for criterion in criteria
        for _ in range(int(parties[party] * 2) * int(criteria[criterion] * 2))
    ]
    return Fraction(sum(lines), len(lines)) if lines else None


@given(votes())
@settings(max_examples=100, deadline=None)
def test_the_engine_and_the_whiteboard_agree(vote):
    options, criteria, parties, marks, n = vote
    counted = [
        party for party in parties if sum(key[2] == party for key in marks) == len(options) * len(criteria)
    ]
    scores = {one: slow_score(one, criteria, parties, marks, counted) for one in options}

    standings = stand(options, criteria, parties, marks, n_to_keep=n)

    assert {one.option: one.score for one in standings} == scores
    for one in standings:
        above = sum(other > one.score for other in scores.values()) if one.rank else None
        assert one.rank == (None if above is None else above + 1)
    assert [one.rank or 0 for one in standings] == sorted(one.rank or 0 for one in standings)
    assert sum(one.outcome == "kept" for one in standings) <= n
    tied = {one.rank for one in standings if one.outcome == "tied"}
    assert len(tied) <= 1


@given(votes(), st.integers(2, 5))
@settings(max_examples=60, deadline=None)
def test_weights_are_proportions_and_names_say_nothing(vote, times):
    options, criteria, parties, marks, n = vote

    plain = {one.option: one for one in stand(options, criteria, parties, marks, n_to_keep=n)}
    scaled = stand(
        options[::-1], {key: value * times for key, value in criteria.items()}, parties, marks, n_to_keep=n
    )

    assert {one.option: (one.score, one.rank, one.outcome) for one in scaled} == {
        key: (one.score, one.rank, one.outcome) for key, one in plain.items()
    }


@given(votes())
@settings(max_examples=60, deadline=None)
def test_inside_its_leeway_a_weight_keeps_the_same_options_and_outside_it_does_not(vote):
    options, criteria, parties, marks, n = vote
    standings = stand(options, criteria, parties, marks, n_to_keep=n)
    kept = {one.option for one in standings if one.outcome == "kept"}

    def kept_at(weight):
        others = {**criteria, "c0": weight}
        again = stand(options, others, parties, marks, n_to_keep=len(kept))
        return {one.option for one in again if one.outcome == "kept"} if any(others.values()) else None

    room = leeway(standings, criteria, "c0")
    if room is None:
        return
    assert room.low <= criteria["c0"] and (room.high is None or criteria["c0"] <= room.high)
    inside = (room.low + (room.low + 2 if room.high is None else room.high)) / 2
    assert kept_at(inside) == kept
    if room.high is not None:
        assert kept_at(room.high + 1) != kept
    if room.low > 0:
        assert kept_at(room.low / 2) != kept


@given(votes())
@settings(max_examples=40, deadline=None)
def test_each_variant_is_the_vote_under_its_own_weights(vote):
    options, criteria, parties, marks, n = vote
    standings = stand(options, criteria, parties, marks, n_to_keep=n)
    others = variants(options, criteria, parties, marks, n_to_keep=n)

    for other in others:
        if other.kind == "without_party":
            left = {key: value for key, value in parties.items() if key != other.about}
            again = stand(options, criteria, left, marks, n_to_keep=n)
        elif other.kind == "double_criterion":
            again = stand(
                options, {**criteria, other.about: criteria[other.about] * 2}, parties, marks, n_to_keep=n
            )
        else:
            continue
        assert other.ranks == {one.option: one.rank for one in again}
    for option, firm in firmness(standings, others).items():
        (own,) = [one for one in standings if one.option == option]
        assert firm.best <= own.rank <= firm.worst
        assert firm.n_variants == len(others) + 1
