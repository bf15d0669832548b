"""Bodies as sets: what two of them share, the hours they take, what becoming one would change.

A share is of the smaller body: « 6 of the 7 who sit in the small one sit in the large one too » is what
people want to know before they merge two, and dividing by the union would hide it. What is not known
(a rhythm, a length) is never taken for zero: the hours of that body are then unknown, and said so.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import ceil

# People, organisations, themes or places: whatever the caller knows them by.
Keys = frozenset[Hashable]
MEASURES = ("people", "organisations", "themes", "places")


@dataclass(frozen=True)
class Seat:
    """Held by a person, or by an organisation that has named nobody."""

    person: Hashable | None = None
    organisation: Hashable | None = None
    has_vote: bool = True


@dataclass(frozen=True)
class Body:
    key: Hashable
    seats: tuple[Seat, ...] = ()
    themes: Keys = frozenset()
    places: Keys = frozenset()
    meetings_per_year: Fraction | None = None
    minutes: int | None = None
    quorum: int | None = None

    @property
    def people(self) -> Keys:
        return frozenset(seat.person for seat in self.seats if seat.person is not None)

    @property
    def organisations(self) -> Keys:
        return frozenset(seat.organisation for seat in self.seats if seat.organisation is not None)

    @property
    def unknown(self) -> tuple[str, ...]:
        """What is missing to count its hours."""
        facts = {"meetings_per_year": self.meetings_per_year, "minutes": self.minutes}
        return tuple(name for name, value in facts.items() if value is None) + (
            () if self.people else ("people",)
        )

    @property
    def hours_each(self) -> Fraction | None:
        """A year of it, for one who comes to every meeting."""
        if self.meetings_per_year is None or self.minutes is None:
            return None
        return Fraction(self.meetings_per_year) * self.minutes / 60

    @property
    def hours(self) -> Fraction | None:
        each = self.hours_each
        return None if self.unknown or each is None else each * len(self.people)


@dataclass(frozen=True)
class Overlap:
    first: Hashable
    second: Hashable
    shared: Keys
    n_smaller: int

    @property
    def share(self) -> Fraction | None:
        """None where one of the two has nobody (no theme, no place) to compare."""
        return Fraction(len(self.shared), self.n_smaller) if self.n_smaller else None


def overlaps(bodies: Sequence[Body], measure: str) -> dict[tuple[Hashable, Hashable], Overlap]:
    """Each pair once, in the order of `bodies`: each element tells which pairs it belongs to."""
    held: dict[Hashable, Keys] = {body.key: getattr(body, measure) for body in bodies}
    where: dict[Hashable, list[Hashable]] = defaultdict(list)
    for body in bodies:
        for element in held[body.key]:
            where[element].append(body.key)
    shared: dict[tuple[Hashable, Hashable], set[Hashable]] = defaultdict(set)
    for element, keys in where.items():
        for one_key, other_key in combinations(keys, 2):
            shared[one_key, other_key].add(element)
    return {
        (one.key, other.key): Overlap(
            one.key,
            other.key,
            frozenset(shared[one.key, other.key]),
            min(len(held[one.key]), len(held[other.key])),
        )
        for one, other in combinations(bodies, 2)
    }


@dataclass(frozen=True)
class Load:
    """What somebody gives to bodies: in how many they sit, the hours known, and how many have none."""

    n_bodies: int
    hours: Fraction
    n_unknown: int


def loads(bodies: Iterable[Body], of: str = "person") -> dict[Hashable, Load]:
    """By person, or by organisation: the hours of all those who sit for it."""
    n_bodies: Counter[Hashable] = Counter()
    n_unknown: Counter[Hashable] = Counter()
    hours: dict[Hashable, Fraction] = defaultdict(Fraction)
    for body in bodies:
        # Somebody with two seats in one body is there once.
        present = {(getattr(seat, of), seat.person) for seat in body.seats}
        for who in {who for who, _person in present if who is not None}:
            n = sum(one == who and person is not None for one, person in present)
            n_bodies[who] += 1
            if body.hours_each is None:
                n_unknown[who] += 1
            else:
                hours[who] += body.hours_each * n
    return {who: Load(n, hours[who], n_unknown[who]) for who, n in n_bodies.items()}


@dataclass(frozen=True)
class Option:
    """One way the merged body may be: how many sit and vote, how often, how long."""

    seats: int
    votes: int
    quorum: int | None
    meetings_per_year: Fraction | None
    minutes: int | None
    hours: Fraction | None


@dataclass(frozen=True)
class Merger:
    people: Keys
    duplicates: dict[Hashable, int]  # who sits in several of them -> in how many
    organisations: Keys
    shared_organisations: Keys
    themes: Keys
    places: Keys
    # The bodies as they are, added up.
    today: Option
    # Everybody keeps a seat and every agenda its time.
    whole: Option
    # Each organisation keeps what it has in the body where it has most, and one meeting does for all.
    tight: Option
    # Organisations that would have fewer seats than people: (seats, those among whom it would choose).
    choosing: dict[Hashable, tuple[int, Keys]]
    missing: dict[Hashable, tuple[str, ...]]  # body -> what is unknown of it

    @property
    def hours_saved(self) -> tuple[Fraction, Fraction] | None:
        """At least and at most, by the two ways; the least may be below zero."""
        if self.today.hours is None or self.whole.hours is None or self.tight.hours is None:
            return None
        return self.today.hours - self.whole.hours, self.today.hours - self.tight.hours


def merge(bodies: Sequence[Body]) -> Merger:
    """What one body in place of `bodies` would be; nothing is decided here but counted."""
    sits_in = Counter(person for body in bodies for person in body.people)
    house: dict[Hashable, Hashable | None] = {}
    for body in bodies:
        for seat in body.seats:
            # Who sits for two organisations has one seat all the same: for the first that names them.
            if seat.person is not None:
                house.setdefault(seat.person, seat.organisation)
    represented = {seat.organisation for body in bodies for seat in body.seats if seat.person is not None}
    vacant = {
        organisation
        for body in bodies
        for organisation in body.organisations
        if organisation not in represented
    }
    voters = {seat.person for body in bodies for seat in body.seats if seat.has_vote} - {None}
    voting_vacant = {
        seat.organisation
        for body in bodies
        for seat in body.seats
        if seat.has_vote and seat.organisation in vacant
    }
    everybody = frozenset(sits_in)
    tight_seats, choosing = _tight(bodies, everybody, house)
    tight_votes, _ = _tight(bodies, frozenset(voters), house)
    often = [body.meetings_per_year for body in bodies if body.meetings_per_year is not None]
    long = [body.minutes for body in bodies if body.minutes is not None]
    is_timed = bool(bodies) and len(often) == len(long) == len(bodies)
    rhythm = Fraction(max(often)) if is_timed else None
    # A body without members has hours for nobody to count: the whole is unknown with it.
    hours = [body.hours for body in bodies if body.hours is not None]
    is_counted = is_timed and len(hours) == len(bodies)

    def option(n_people: int, votes: int, minutes: int | None) -> Option:
        taken = None
        if is_counted and rhythm is not None and minutes is not None:
            taken = rhythm * minutes * n_people / 60
        return Option(
            n_people + len(vacant),
            votes + len(voting_vacant),
            _quorum(bodies, votes + len(voting_vacant)),
            rhythm,
            minutes,
            taken,
        )

    organisations = Counter(one for body in bodies for one in body.organisations)
    return Merger(
        people=everybody,
        duplicates={person: n for person, n in sits_in.items() if n > 1},
        organisations=frozenset(organisations),
        shared_organisations=frozenset(one for one, n in organisations.items() if n > 1),
        themes=frozenset().union(*(body.themes for body in bodies)),
        places=frozenset().union(*(body.places for body in bodies)),
        today=Option(
            sum(len(body.people) + _n_vacant(body) for body in bodies),
            sum(n_votes(body) for body in bodies),
            None,
            sum((Fraction(one) for one in often), Fraction(0)) if is_timed else None,
            None,
            sum(hours, Fraction(0)) if is_counted else None,
        ),
        whole=option(len(everybody), len(voters), sum(long) if is_timed else None),
        tight=option(tight_seats, tight_votes, max(long) if is_timed else None),
        choosing=choosing,
        missing={body.key: body.unknown for body in bodies if body.unknown},
    )


def n_votes(body: Body) -> int:
    people = {seat.person for seat in body.seats if seat.has_vote and seat.person is not None}
    return len(people) + sum(seat.has_vote and seat.person is None for seat in body.seats)


def _n_vacant(body: Body) -> int:
    return sum(seat.person is None for seat in body.seats)


def _tight(
    bodies: Sequence[Body], among: Keys, house: dict[Hashable, Hashable | None]
) -> tuple[int, dict[Hashable, tuple[int, Keys]]]:
    """How many of `among` would sit were each organisation held to its largest number in one body."""
    of_house: dict[Hashable | None, set[Hashable]] = defaultdict(set)
    for person in among:
        of_house[house[person]].add(person)
    total = 0
    choosing: dict[Hashable, tuple[int, Keys]] = {}
    for organisation, people in of_house.items():
        # Whom no organisation sends is there in their own name.
        largest = max(len(people & body.people) for body in bodies)
        n = len(people) if organisation is None else largest
        total += n
        if n < len(people):
            choosing[organisation] = (n, frozenset(people))
    return total, choosing


def _quorum(bodies: Sequence[Body], votes: int) -> int | None:
    """The most demanding of today's shares, of the votes to come; None where one body has no quorum."""
    shares = [Fraction(body.quorum, n_votes(body)) for body in bodies if body.quorum and n_votes(body)]
    if len(shares) < len(bodies) or not shares:
        return None
    return min(votes, ceil(max(shares) * votes))
