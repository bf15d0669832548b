"""Outlines that cannot be a zone are refused, each for its own reason."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ansanm.engines import geometry

REUNION = shapely.box(55.2, -21.4, 55.85, -20.85)
SAINT_DENIS = shapely.box(55.38, -21.02, 55.52, -20.86)


def key(outline, *, frame="974", scope=SAINT_DENIS):
    fault = geometry.fault_of(outline, frame=frame, scope=scope)
    return fault and fault.key


def test_an_outline_inside_its_commune_is_kept():
    assert key(shapely.box(55.44, -20.92, 55.46, -20.90)) is None


def test_several_pieces_and_holes_are_kept():
    ring = shapely.box(55.40, -20.95, 55.45, -20.90).difference(shapely.box(55.42, -20.93, 55.43, -20.92))
    assert key(shapely.union_all([ring, shapely.box(55.47, -20.92, 55.48, -20.90)])) is None


def test_a_bow_tie_is_refused_and_its_crossing_told():
    bow_tie = shapely.Polygon([(55.44, -20.92), (55.46, -20.90), (55.46, -20.92), (55.44, -20.90)])

    fault = geometry.fault_of(bow_tie, frame="974", scope=SAINT_DENIS)

    assert fault.key == "self_crossing"
    assert (fault.parameters["longitude"], fault.parameters["latitude"]) == (55.45, -20.91)


def test_a_reunion_drawn_near_europe_is_refused_as_such():
    # Where the « cercles DROM » files of ANCT put it.
    inset = shapely.transform(shapely.box(55.44, -20.92, 55.46, -20.90), lambda xy: xy + [-57.4, 64.9])

    assert key(inset) == "near_europe"
    assert key(inset, frame="metropole", scope=None) is None


@pytest.mark.parametrize(
    ("x", "y", "grid"),
    [
        (338_000, 7_686_000, "2975"),
        (650_000, 6_860_000, "2154"),
        (500_000, 1_790_000, "5490"),
        (6_170_000, -2_380_000, "3857"),
    ],
)
def test_metric_coordinates_are_refused_with_the_name_of_their_grid(x, y, grid):
    fault = geometry.fault_of(shapely.box(x, y, x + 900, y + 900), frame="974", scope=SAINT_DENIS)

    assert fault.key == "projected"
    assert grid in fault.parameters["grid"]


def test_latitude_before_longitude_is_told_from_elsewhere():
    assert key(shapely.box(-20.92, 55.44, -20.90, 55.46)) == "swapped"
    assert key(shapely.box(2.3, 20.0, 2.4, 20.1)) == "elsewhere"


def test_a_neighbouring_commune_is_outside():
    fault = geometry.fault_of(shapely.box(55.50, -20.95, 55.60, -20.90), frame="974", scope=SAINT_DENIS)

    assert fault.key == "outside"
    assert fault.parameters["percent"] == pytest.approx(77, abs=1)


@pytest.mark.parametrize(
    ("outline", "reason"),
    [
        (shapely.Point(55.45, -20.9), "not_a_surface"),
        (shapely.LineString([(55.44, -20.9), (55.46, -20.9)]), "not_a_surface"),
        (shapely.Polygon(), "empty"),
        (shapely.box(55.45, -20.91, 55.45001, -20.90999), "too_small"),
    ],
)
def test_what_is_no_surface_is_refused(outline, reason):
    assert key(outline) == reason


@given(st.floats(0, 0.12), st.floats(0, 0.14), st.floats(0.002, 0.02))
def test_whatever_stays_inside_is_never_refused(east, south, side):
    x, y = 55.38 + east, -21.02 + south
    assert key(shapely.box(x, y, min(x + side, 55.52), min(y + side, -20.86))) is None


def test_members_are_those_held_for_the_most_part():
    squares = {
        f"9741101{i:02}": shapely.box(55.40 + i / 100, -20.90, 55.41 + i / 100, -20.89) for i in range(5)
    }
    # The first two, and four tenths of the third.
    found, match = geometry.members(shapely.box(55.40, -20.90, 55.424, -20.89), squares)

    assert found == ["974110100", "974110101"]
    assert match == pytest.approx(2 / 2.4)
    assert geometry.members(shapely.box(10, 10, 11, 11), squares) == ([], 0.0)


def test_overlaps_are_those_of_surfaces_not_of_edges():
    one, beside, over = (shapely.box(x, 0, x + 1, 1) for x in (0, 1, 1.5))

    assert geometry.overlaps([one, beside, over]) == [(1, 2)]
    assert geometry.overlaps([]) == []
