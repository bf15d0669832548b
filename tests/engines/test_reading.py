import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansanm.engines import reading
from ansanm.engines.indicators import Definition, Kind, Status
from ansanm.engines.reading import Finding, Reason, Reference, examine, read

NEIGHBOURS = (10.0, 20.0, 30.0, 40.0, 50.0)  # quartiles 20 and 40: a spread of 20
THREE_KNOWN = np.array([1.0, 2, 3, math.nan])
ONE_SECRET = np.array([0, 0, 0, 1], dtype=np.uint8)


@dataclass
class Value:
    value: float | None
    status: Status = Status.PUBLISHED
    period: str = "2023"
    numerator: float | None = None
    denominator: float | None = None
    origin: str = "published"


@dataclass
class Place:
    level: str


@dataclass
class Comparison:
    territory: Place
    value: Value | None
    same_period: bool = True


@dataclass
class Figure:
    definition: Definition
    value: Value | None
    comparisons: list = field(default_factory=list)
    peer_values: np.ndarray = field(default_factory=lambda: np.array(NEIGHBOURS))
    peer_statuses: np.ndarray = field(default_factory=lambda: np.zeros(len(NEIGHBOURS), dtype=np.uint8))


def figure(value, *, id="poverty", theme="revenus", polarity=-1, headline=0, **fields):
    definition = Definition(
        id=id,
        theme=theme,
        title={},
        explanation={},
        counted={},
        kind=fields.pop("kind", Kind.PUBLISHED),
        unit="percent",
        numerator=(id,),
        factor=fields.pop("factor", 1.0),
        polarity=polarity,
        headline=headline,
    )
    if "department" in fields:
        fields["comparisons"] = [Comparison(Place("departement"), Value(fields.pop("department")))]
    return Figure(definition, value if value is None or isinstance(value, Value) else Value(value), **fields)


def test_a_gap_is_counted_in_spreads_of_the_neighbours_and_signed_for_families():
    finding = examine(figure(33.0, department=43.0))

    assert (finding.references, finding.gap) == ((Reference("departement", 43.0),), -10.0)
    # Ten points less poverty than the département, where the middle half of communes spans twenty.
    assert finding.standardised_gap == pytest.approx(0.5)
    assert finding.is_better
    assert not finding.is_above


def test_without_comparator_the_middle_of_the_neighbours_is_the_reference():
    assert examine(figure(33.0)).references == (Reference(reading.PEERS, 30.0),)


def test_better_than_the_departement_and_far_from_france_is_a_gap():
    places = [Comparison(Place("departement"), Value(38.5)), Comparison(Place("france"), Value(60.9))]

    finding = examine(figure(40.6, polarity=1, comparisons=places))

    # 40.6 against (38.5 + 60.9) / 2 = 49.7, in spreads of 20.
    assert finding.standardised_gap == pytest.approx(-9.1 / 20)
    assert not finding.is_better


def test_a_comparator_of_another_year_is_not_one():
    other_year = Comparison(Place("departement"), Value(43.0), same_period=False)
    same_year = Comparison(Place("france"), Value(15.0))

    references = examine(figure(33.0, comparisons=[other_year, same_year])).references
    assert references == (Reference(reading.PEERS, 30.0), Reference("france", 15.0))


@pytest.mark.parametrize(
    ("given_figure", "reason"),
    [
        (figure(None), Reason.ABSENT),
        (figure(Value(None, Status.NOT_APPLICABLE)), Reason.ABSENT),
        (figure(Value(None, Status.SECRET)), Reason.SECRET),
        (figure(33.0, polarity=0), Reason.NEITHER_GOOD_NOR_BAD),
        (figure(Value(33.0, origin="declared")), Reason.DECLARED),
        (figure(33.0, peer_values=THREE_KNOWN, peer_statuses=ONE_SECRET), Reason.TOO_FEW_PEERS),
        (figure(33.0, peer_values=np.full(5, 7.0)), Reason.NO_SPREAD),
    ],
)
def test_what_cannot_be_compared_is_left_out_with_its_reason(given_figure, reason):
    assert examine(given_figure) == reason
    assert read([given_figure]).left_out == (reading.LeftOut("poverty", reason),)


def test_one_library_in_a_village_does_not_stand_out():
    # 1 for 80 residents is 125 per 10,000, where 30 are expected: a quarter of a library.
    village = Value(125.0, numerator=1, denominator=80)
    city = Value(125.0, numerator=1000, denominator=80_000)

    rates = {"kind": Kind.RATIO, "factor": 10_000.0, "polarity": 1, "department": 30.0}
    assert examine(figure(village, **rates)) == Reason.TOO_FEW_CASES
    assert isinstance(examine(figure(city, **rates)), Finding)


def test_strengths_and_gaps_are_the_widest_and_no_theme_takes_all_three():
    figures = [figure(value, id=f"i{value}", theme="revenus", department=30.0) for value in (0, 2, 4)]
    figures += [figure(20, id="home", theme="logement", department=30.0)]
    figures += [figure(29, id="same", theme="logement", department=30.0)]
    figures += [figure(45, id="worse", theme="logement", department=30.0)]

    found = read(figures)

    assert [one.indicator_id for one in found.strengths] == ["i0", "i2", "home"]
    assert [one.indicator_id for one in found.gaps] == ["worse"]
    assert found.headline == "worse"
    assert [one.indicator_id for one in found.of_theme("logement")] == ["worse", "home"]


def test_the_five_numbers_are_the_first_that_are_known():
    figures = [figure(1.0, id=f"n{i}", headline=i, polarity=0) for i in range(1, 8)]
    figures[1].value = None
    figures[2].value = Value(None, Status.SECRET)

    found = read(figures)

    assert found.five_numbers == ("n1", "n4", "n5", "n6", "n7")
    assert found.headline == "n1"


figures_drawn = st.lists(
    st.tuples(
        st.one_of(st.none(), st.floats(0, 100)),
        st.sampled_from(["revenus", "logement", "enfance"]),
        st.sampled_from([-1, 0, 1]),
        st.floats(0, 100),
    ),
    max_size=12,
).map(
    lambda rows: [
        figure(value, id=f"i{i}", theme=theme, polarity=polarity, department=reference)
        for i, (value, theme, polarity, reference) in enumerate(rows)
    ]
)


@given(figures=figures_drawn, random=st.randoms())
def test_the_same_figures_give_the_same_reading_in_any_order(figures, random):
    shuffled = list(figures)
    random.shuffle(shuffled)

    assert read(figures) == read(shuffled)


@given(figures=figures_drawn)
def test_no_strength_is_worse_than_its_reference_and_no_gap_better(figures):
    found = read(figures)

    polarity = {one.definition.id: one.definition.polarity for one in figures}
    for one in found.strengths:
        assert one.gap * polarity[one.indicator_id] > 0
    for one in found.gaps:
        assert one.gap * polarity[one.indicator_id] < 0
    for some in (found.strengths, found.gaps):
        themes = [one.theme for one in some]
        assert len(some) <= 3
        assert all(themes.count(theme) <= 2 for theme in themes)
    assert len(found.findings) + len(found.left_out) == len(figures)
