"""Charts are drawn where the numbers are, and are well-formed whatever the words."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from pemr.charts import BOTTOM, LEFT, PANEL_HEIGHT, PANEL_WIDTH, RIGHT, TOP, Panel, Series, chart, span_of

SVG = "{http://www.w3.org/2000/svg}"


def panel(*series: Series, title: str = "") -> Panel:
    return Panel(title, "promised", "observed", series, (0.0, 1.0), (0.0, 1.0), [((0.0, 0.0), (1.0, 1.0))])


def test_the_corners_of_the_spans_are_the_corners_of_the_diagram() -> None:
    drawn = ElementTree.fromstring(chart([panel(Series("", [(0.0, 0.0), (1.0, 1.0)]))]))
    line = drawn.find(f".//{SVG}polyline")
    assert line is not None
    assert line.get("points") == f"{LEFT:.1f},{PANEL_HEIGHT - BOTTOM:.1f} {PANEL_WIDTH - RIGHT:.1f},{TOP:.1f}"


def test_words_cannot_break_the_document() -> None:
    drawn = ElementTree.fromstring(chart([panel(Series("<b>", [(0.5, 0.5)]), title="drum & bass <live>")]))
    words = [text.text for text in drawn.iter(f"{SVG}text")]
    assert "drum & bass <live>" in words and "<b>" in words


def test_a_point_that_stands_for_more_is_larger() -> None:
    drawn = ElementTree.fromstring(chart([panel(Series("", [(0.1, 0.1), (0.9, 0.9)], [100, 1]))]))
    first, second = (float(dot.get("r", "0")) for dot in drawn.iter(f"{SVG}circle"))
    assert first > second


def test_panels_stand_in_rows() -> None:
    drawn = ElementTree.fromstring(chart([panel() for _ in range(4)], columns=3))
    transforms = [group.get("transform") for group in drawn.iter(f"{SVG}g")]
    assert transforms == [
        f"translate({x} {y})" for x, y in ((0, 0), (PANEL_WIDTH, 0), (2 * PANEL_WIDTH, 0), (0, PANEL_HEIGHT))
    ]


def test_both_kinds_of_page_have_colours_of_their_own() -> None:
    assert "prefers-color-scheme: dark" in chart([panel()])


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0], [0.0, 0.0]])
def test_a_span_of_one_value_is_not_empty(values: list[float]) -> None:
    low, high = span_of(values)
    assert low < values[0] < high
