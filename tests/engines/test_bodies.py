"""What bodies share and what merging them changes, against an obvious twin."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.bodies import MEASURES, Body, Load, Seat, loads, merge, n_votes, overlaps

PEOPLE, HOUSES = st.integers(0, 8), st.sampled_from(["Ville", "Caf", "CCAS", None])
seats = st.builds(
    lambda person, house, vote: Seat(person, house or ("Caf" if person is None else None), vote),
    st.none() | PEOPLE, HOUSES, st.booleans(),
)  # fmt: skip
bodies = st.lists(
    st.builds(
        Body,
        key=st.none(),
        seats=st.lists(seats, max_size=6).map(tuple),
        themes=st.frozensets(st.sampled_from("abcd")),
        places=st.frozensets(st.sampled_from("xyz")),
        meetings_per_year=st.none() | st.fractions(0, 12, max_denominator=4),
        minutes=st.none() | st.integers(15, 240),
        quorum=st.none() | st.integers(1, 6),
    ),
    min_size=1,
    max_size=5,
).map(lambda found: [Body(**{**vars(one), "key": n}) for n, one in enumerate(found)])


def copil(**more):
    sitting = (Seat("maire", "Ville"), Seat("elue", "Ville"), Seat("directeur", "Caf"))
    given = {"meetings_per_year": Fraction(2), "minutes": 120, "quorum": 2, "themes": frozenset("ab")}
    return Body("copil", **{"seats": sitting, **given, **more})


def cotech(**more):
    sitting = (Seat("elue", "Ville"), Seat("agent", "Ville"), Seat("conseiller", "Caf"), Seat(None, "MSA"))
    given = {"meetings_per_year": Fraction(4), "minutes": 90, "quorum": 2, "themes": frozenset("b")}
    return Body("cotech", **{"seats": sitting, **given, **more})


def test_an_overlap_is_a_share_of_the_smaller_body():
    small = Body("small", (Seat("elue", "Ville"),))
    found = overlaps([copil(), small], "people")["copil", "small"]

    assert (found.shared, found.share) == ({"elue"}, 1)
    assert overlaps([copil(), small], "themes")["copil", "small"].share is None


def test_the_hours_of_a_body_are_its_meetings_times_their_length_times_who_sits():
    assert copil().hours == 2 * 2 * 3
    assert copil(minutes=None).hours is None
    assert copil(minutes=None, meetings_per_year=None, seats=()).unknown == (
        "meetings_per_year", "minutes", "people",
    )  # fmt: skip


def test_hours_nobody_knows_are_counted_apart():
    found = loads([copil(), cotech(minutes=None)])

    assert found["elue"] == Load(n_bodies=2, hours=Fraction(4), n_unknown=1)
    assert loads([copil(), cotech()], "organisation")["Ville"].hours == 2 * 4 + 2 * 6
    assert loads([copil(), cotech()], "organisation")["MSA"] == Load(1, Fraction(0), 0)


def test_two_bodies_become_one():
    found = merge([copil(), cotech()])

    assert found.duplicates == {"elue": 2}
    assert found.today.seats == 7 and found.today.hours == 12 + 18
    # Five people, and the seat that the MSA has not filled.
    assert found.whole.seats == 6 and found.whole.minutes == 210 and found.whole.hours == 4 * 3.5 * 5
    assert found.tight.seats == 4 and found.tight.hours == 4 * 2 * 3
    assert found.choosing == {
        "Ville": (2, {"maire", "elue", "agent"}),
        "Caf": (1, {"directeur", "conseiller"}),
    }
    # Two of three voters is more demanding than two of four.
    assert (found.whole.quorum, found.tight.quorum) == (4, 3)
    assert found.hours_saved == (-40, 6)


def test_nothing_is_saved_that_nobody_can_count():
    found = merge([copil(), cotech(meetings_per_year=None)])

    assert found.hours_saved is None
    assert found.missing == {"cotech": ("meetings_per_year",)}
    assert merge([copil(quorum=None), cotech()]).whole.quorum is None


@given(bodies)
@settings(max_examples=100)
def test_overlaps_are_those_that_anybody_would_count(found):
    for measure in MEASURES:
        computed = overlaps(found, measure)
        for i, one in enumerate(found):
            for other in found[i + 1 :]:
                mine, theirs = list(getattr(one, measure)), list(getattr(other, measure))
                both = [element for element in mine if element in theirs]
                smaller = min(len(mine), len(theirs))
                slow = Fraction(len(both), smaller) if smaller else None
                assert computed[one.key, other.key].share == slow
                assert set(both) == computed[one.key, other.key].shared


def naive_hours(found, person):
    """Meeting by meeting is a fraction of a meeting too: each body in turn, no set, no table."""
    total = Fraction(0)
    for body in found:
        if body.meetings_per_year is None or body.minutes is None:
            continue
        for seat in body.seats:
            if seat.person == person:
                total += body.meetings_per_year * Fraction(body.minutes, 60)
                break
    return total


@given(bodies)
@settings(max_examples=100)
def test_hours_add_up_from_people_to_bodies(found):
    by_person = loads(found)

    assert all(load.hours == naive_hours(found, person) for person, load in by_person.items())
    known = sum(body.hours for body in found if body.hours is not None)
    assert known == sum(load.hours for load in by_person.values())


@given(bodies, st.randoms())
@settings(max_examples=100)
def test_a_merger_loses_nobody_and_promises_nothing_it_cannot_hold(found, random):
    merger = merge(found)
    everybody = {seat.person for body in found for seat in body.seats} - {None}

    assert merger.people == everybody
    assert sum(merger.duplicates.values()) - len(merger.duplicates) == sum(
        len(body.people) for body in found
    ) - len(everybody)
    assert merger.tight.seats <= merger.whole.seats <= merger.today.seats
    assert merger.tight.votes <= merger.whole.votes
    leaving = sum(len(people) - n for n, people in merger.choosing.values())
    assert merger.whole.seats - merger.tight.seats == leaving
    if merger.hours_saved:
        assert merger.hours_saved[0] <= merger.hours_saved[1]
    if merger.whole.quorum is not None:
        assert merger.whole.quorum <= merger.whole.votes
        demanded = max(Fraction(one.quorum, n_votes(one)) for one in found)
        assert merger.whole.quorum >= min(merger.whole.votes, demanded * merger.whole.votes)
    shuffled = list(found)
    random.shuffle(shuffled)
    again = merge(shuffled)
    assert (again.people, again.whole, again.duplicates) == (merger.people, merger.whole, merger.duplicates)


@given(bodies)
@settings(max_examples=50)
def test_merging_a_body_with_itself_saves_its_twin(found):
    one = found[0]
    merger = merge([one, one])

    assert merger.people == one.people
    if one.hours is not None:
        assert merger.hours_saved == (0, one.hours)
