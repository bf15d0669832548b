import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ansanm.ui import maps, samples
from ansanm.ui.maps import Area

SVG = "{http://www.w3.org/2000/svg}"


def square(i, value, **more):
    return Area(str(i), f"Commune {i}", value, url=f"/c/{i}", geometry=shapely.box(i, 0, i + 1, 1),
                longitude=i, latitude=0, **more)  # fmt: skip


@pytest.mark.parametrize("draw", [maps.choropleth, maps.dorling])
def test_each_place_is_a_link_with_its_name_and_value(draw):
    root = ET.fromstring(draw([square(1, 10), square(2, None, status="secret")], title="T").svg)

    links = {link.get("href"): link for link in root.iter(f"{SVG}a")}
    assert set(links) == {"/c/1", "/c/2"}
    assert links["/c/1"].find(f".//{SVG}title").text == "Commune 1\u00a0: 10"
    assert "secret" in links["/c/2"].find(f".//{SVG}title").text
    # The list beside has the same links for the keyboard.
    assert {link.get("tabindex") for link in links.values()} == {"-1"}


def test_secret_and_absent_places_wear_no_colour_of_the_ramp():
    drawn = maps.choropleth([square(1, 1), square(2, None, status="secret"), square(3, None)], title="T")

    assert [(one.paint, one.n) for one in drawn.classes] == [("q1", 1), ("secret", 1), ("absent", 1)]
    root = ET.fromstring(drawn.svg)
    coloured = [g for g in root.iter(f"{SVG}g") if "f-q" in g.get("class", "")]
    assert sum(len(list(g.iter(f"{SVG}path"))) for g in coloured) == 1


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=60))
def test_every_place_is_in_one_class_and_the_classes_follow_the_values(values):
    areas = [square(i, value) for i, value in enumerate(values)]
    drawn = maps.choropleth(areas, title="T")

    assert sum(one.n for one in drawn.classes) == len(values)
    assert len([one for one in drawn.classes if one.paint.startswith("q")]) <= 5
    tones = [one.paint for one in drawn.classes if one.paint.startswith("q")]
    assert tones == sorted(set(tones))


def test_a_value_equal_to_the_reference_is_neither_above_nor_below():
    drawn = maps.choropleth([square(1, 20), square(2, 50), square(3, 80)], title="T", diverging_from=50)

    assert [one.paint for one in drawn.classes] == ["d1", "d3", "d5"]


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(45, 48), st.floats(1, 1e5)), min_size=1, max_size=40))
def test_circles_stand_apart_and_the_drawing_is_the_same_each_time(places):
    areas = [
        Area(str(i), str(i), 1.0, longitude=longitude, latitude=latitude, weight=weight)
        for i, (longitude, latitude, weight) in enumerate(places)
    ]
    svg = maps.dorling(areas, title="T").svg

    assert svg == maps.dorling(areas, title="T").svg
    circles = np.array(
        [
            [float(n) for n in found]
            for found in re.findall(r'<circle cx="([-\d.]+)" cy="([-\d.]+)" r="([\d.]+)"', svg)
        ]
    )
    assert len(circles) == len(places)
    apart = np.hypot(*(circles[:, None, :2] - circles[None, :, :2]).transpose(2, 0, 1))
    reach = circles[:, None, 2] + circles[None, :, 2]
    np.fill_diagonal(apart, np.inf)
    # Two neighbours may overlap by a hair, never hide each other.
    assert (apart > 0.8 * reach).all()


def test_without_a_contour_a_choropleth_says_what_to_draw_instead():
    with pytest.raises(ValueError, match="Dorling"):
        maps.choropleth([Area("1", "A", 1.0)], title="T")


def test_350_communes_weigh_less_than_60_kilobytes():
    random = np.random.default_rng(0)
    centres = shapely.MultiPoint(np.column_stack([random.uniform(0, 1, 350), random.uniform(46, 46.8, 350)]))
    cells = shapely.voronoi_polygons(centres, extend_to=shapely.box(0, 46, 1, 46.8)).geoms
    areas = []
    for i, cell in enumerate(cells):
        cell = cell.intersection(shapely.box(0, 46, 1, 46.8))
        # A surveyed boundary: a point each 100 m, off its straight line by some 20 m.
        outline = np.asarray(shapely.segmentize(cell, 0.001).exterior.coords)
        outline[1:-1] += random.normal(0, 0.0002, outline[1:-1].shape)
        areas.append(Area(f"{i:05}", f"Commune {i}", float(i), url=f"/territoires/commune/{i:05}-commune/",
                          geometry=shapely.make_valid(shapely.Polygon(outline))))  # fmt: skip

    svg = maps.choropleth(areas, title="T").svg.encode()
    assert len(svg) < 60_000


def test_the_gallery_maps_name_their_own_territory():
    drawn = maps.dorling(samples.areas(), title="T")

    assert drawn.is_schematic
    assert f">{samples.OWN}</text>" in drawn.svg
