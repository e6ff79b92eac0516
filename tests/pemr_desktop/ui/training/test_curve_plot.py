from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from pemr_desktop.ui.training.curve import MAX_POINTS, Curve
from pemr_desktop.ui.training.curve_plot import CurvePlot, nice_ticks


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(1, 12))
def test_ticks_are_round_evenly_spaced_and_inside_the_limits(low: float, span: float, about: int) -> None:
    ticks = nice_ticks(low, low + span, about)
    slack = span * 1e-6
    assert all(low - slack <= tick <= low + span + slack for tick in ticks)
    assert len(ticks) <= about + 1
    steps = [second - first for first, second in itertools.pairwise(ticks)]
    assert all(math.isclose(step, steps[0], rel_tol=1e-5, abs_tol=1e-9) for step in steps)


def test_a_curve_without_height_still_has_a_tick() -> None:
    assert nice_ticks(3.0, 3.0, 5) == [3.0]


def test_a_curve_of_a_long_training_stays_small_and_keeps_its_ends() -> None:
    curve = Curve("training")
    for step in range(50_000):
        curve.add(step, 1000 - step / 100)
    assert len(curve.points) <= MAX_POINTS
    assert curve.points[-1][0] == 49_999
    assert curve.points[0][1] > 990


def test_a_value_that_is_no_number_is_left_out() -> None:
    curve = Curve("training")
    curve.add(1, math.nan)
    curve.add(2, math.inf)
    curve.add(3, 1.5)
    assert curve.points == [(3, 1.5)]


def test_going_back_to_a_checkpoint_forgets_what_came_later() -> None:
    curve = Curve("training")
    for step in range(10):
        curve.add(step, step)
    curve.cut_after(4)
    curve.add(5, 50)
    assert curve.points[-2:] == [(4, 4), (5, 50)]


@given(st.lists(st.floats(-1e3, 1e3), min_size=20, max_size=80))
def test_the_smooth_curve_stays_within_the_values(values: list[float]) -> None:
    curve = Curve("training")
    for step, value in enumerate(values):
        curve.add(step, value)
    smooth = [y for _, y in curve.smoothed()]
    assert len(smooth) == len(values)
    assert min(values) - 1e-6 <= min(smooth) and max(smooth) <= max(values) + 1e-6


def test_the_plot_draws_what_it_was_given_and_says_the_latest_value(qtbot: QtBot) -> None:
    plot = CurvePlot("step", "loss")
    qtbot.addWidget(plot)
    plot.resize(400, 200)
    plot.set_empty_text("Nothing yet")
    empty = plot.grab().toImage()
    curve = Curve("training")
    for step in range(1, 50):
        curve.add(step, 100 / step)
    plot.set_curves([curve], marks=[20])
    assert plot.grab().toImage() != empty
    assert plot.accessibleDescription() == "2.04 at step 49"
    plot.set_curves([])
    assert plot.grab().toImage() == empty
