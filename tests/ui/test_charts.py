import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansanm.ui import charts, samples
from ansanm.ui.charts import Bar, Line, Point, segments
from ansanm.ui.documents import pixels
from ansanm.ui.matrix import Cell, matrix
from ansanm.ui.scales import nice_ticks, spread

EXAMPLES = ["line", "line_with_break", "bars", "pyramid", "strip", "grid"]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("width", [charts.WIDE, charts.NARROW])
def test_a_chart_is_a_named_image_that_a_strict_policy_lets_through(name, width):
    chart = getattr(samples, name)()
    root = ET.fromstring(chart.svg(width))

    assert root.get("role") == "img"
    assert root.get("aria-label") == chart.title
    for element in root.iter():
        assert element.tag != f"{SVG}style"
        assert not {"style", "onclick", "href"} & set(element.attrib)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_chart_has_its_reading_and_all_its_values_as_a_table(name):
    chart = getattr(samples, name)()

    assert chart.reading
    assert chart.rows
    assert all(len(row) == len(chart.columns) for row in chart.rows)
    assert all(cell for row in chart.rows for cell in row)


def test_a_chart_becomes_a_picture_for_word():
    assert pixels.png(str(samples.bars().svg_wide)).startswith(b"\x89PNG")


def test_no_line_joins_two_methods_a_gap_or_a_declared_figure():
    points = [
        Point("2017", 1), Point("2018", 2), Point("2019", None), Point("2020", 3),
        Point("2021", 4), Point("2022", 9, declared=True), Point("2023", 5),
    ]  # fmt: skip

    runs = segments(points, breaks=[("2021", "2023")])

    assert [[point.period for point in run] for run in runs] == [["2017", "2018"], ["2020", "2021"], ["2023"]]


def test_what_came_from_data_cannot_become_markup():
    chart = charts.bars([Bar("<script>alert(1)</script>", 3), Bar('"x" & y', None)], title='<b>"T"</b>')

    for width in (charts.WIDE, charts.NARROW):
        assert "<script" not in chart.svg(width)
        assert "<b>" not in chart.svg(width)
        ET.fromstring(chart.svg(width))


def test_a_secret_bar_is_said_in_words_and_never_drawn_as_zero():
    chart = charts.bars([Bar("A", 3), Bar("B", None, absence="secret")], title="T")

    assert len(re.findall("<rect", chart.svg())) == 1
    assert chart.rows[1] == ("B", "secret")


def test_bars_start_at_zero_even_when_all_values_are_high():
    svg = charts.bars([Bar("A", 100), Bar("B", 50)], title="T").svg()

    long, short = (float(width) for width in re.findall(r'<rect[^>]*width="([\d.]+)"', svg))
    assert long == pytest.approx(2 * short, abs=0.2)


@pytest.mark.parametrize(
    "chart",
    [
        charts.line([Line("A", [Point("2023", 5)])], title="one point"),
        charts.line([Line("A", [Point("2022", None)])], title="none"),
        charts.line([Line("A", [Point("2022", 0), Point("2023", 0)])], title="zeros"),
        charts.bars([Bar("A", None)], title="no value"),
        charts.bars([Bar("A", -2), Bar("B", 3)], title="a loss"),
        charts.strip([Bar("A", 4, own=True)], title="alone"),
        charts.strip([Bar("A", None, own=True)], title="secret"),
    ],
    ids=lambda chart: chart.title,
)
def test_the_village_with_one_value_or_none_has_a_chart_too(chart):
    for width in (charts.WIDE, charts.NARROW):
        root = ET.fromstring(chart.svg(width))
        assert "nan" not in ET.tostring(root, encoding="unicode")
        assert len(root) > 0


reals = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 3))


@given(reals, reals)
def test_ticks_enclose_the_values_and_are_few(one, other):
    low, high = sorted((one, other))
    ticks, _ = nice_ticks(low, high, 4)

    slack = 1e-6 * max(abs(low), abs(high), 1)
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    assert 2 <= len(ticks) <= 8
    assert ticks == sorted(set(ticks))


@given(st.lists(st.floats(0, 300), min_size=1, max_size=8))
def test_labels_keep_their_order_and_never_touch(places):
    moved = spread(places, gap=16, low=0, high=300)

    order = sorted(range(len(places)), key=lambda i: places[i])
    for upper, lower in zip(order, order[1:], strict=False):
        assert moved[lower] - moved[upper] >= 16 - 1e-6


def test_a_matrix_counts_each_pair_twice_and_tells_nothing_from_unknown():
    cells = {(0, 1): Cell(5, 5 / 6), (0, 2): Cell(0, 0.0), (1, 2): Cell(0, None)}
    chart = matrix(["A", "B", "<C>"], cells, title="Qui siège dans deux instances")

    for width in (charts.WIDE, charts.NARROW):
        drawn = chart.svg(width)
        root = ET.fromstring(drawn)
        # One square on each side of the diagonal, and the key.
        strongest = [one for one in root.iter(f"{SVG}rect") if "f-q5" in one.get("class", "")]
        unknown = [one for one in root.iter(f"{SVG}rect") if one.get("stroke-dasharray")]
        assert (len(strongest), len(unknown)) == (3, 3)
        assert [one.text for one in root.iter(f"{SVG}text")].count("5") == 2
        assert "&lt;C&gt;" in drawn


@pytest.mark.parametrize("n", [1, 2, 40])
def test_a_matrix_fits_a_phone_however_many_stand_in_it(n):
    cells = {(i, j): Cell(1, 0.5) for i in range(n) for j in range(i + 1, n)}
    chart = matrix([f"Instance au nom assez long {i}" for i in range(n)], cells, title="T")

    for one in ET.fromstring(chart.svg(charts.NARROW)).iter(f"{SVG}rect"):
        assert float(one.get("x")) + float(one.get("width")) <= charts.NARROW
        assert float(one.get("width")) > 0
