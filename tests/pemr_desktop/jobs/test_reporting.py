"""Progress: seldom enough, complete at the end, with a time left that a person would believe."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pemr_desktop.jobs.reporting import MAX_CHANGED_IDS, Reporter, TimeLeft, merged
from pemr_desktop.protocol.messages import Changed, Progress
from pemr_desktop.steps import Step


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_progress_is_told_ten_times_a_second_at_most() -> None:
    clock, told = Clock(), list[tuple[float, Progress]]()
    reporter = Reporter(1, lambda event: told.append((clock.now_s, event)), clock)
    for done in range(1000):
        clock.now_s += 0.004
        reporter.progress(done + 1, 1000, Step("reading tags"))
    times = [at for at, _ in told]
    assert all(b - a >= 0.0999 for a, b in pairwise(times[:-1]))
    assert told[-1][1].done == 1000


def test_what_changed_between_two_reports_is_not_lost() -> None:
    clock, told = Clock(), list[Progress]()
    reporter = Reporter(1, told.append, clock)
    for done in range(50):
        clock.now_s += 0.03
        reporter.touched([done])
        reporter.progress(done, 51, Step("reading tags"))
    ids = [id_ for event in told for id_ in event.changed.track_ids]
    assert len(ids) == len(set(ids)) and set(ids) <= set(range(50))
    assert set(reporter.changed.track_ids) == set(range(50))


def test_too_many_changes_become_everything() -> None:
    reporter = Reporter(1, lambda _event: None)
    reporter.touched(range(MAX_CHANGED_IDS + 1), problems=True)
    assert reporter.changed == Changed(everything=True, problems=True)


@given(st.lists(st.integers(0, 50)), st.lists(st.integers(0, 50)), st.booleans(), st.booleans())
def test_merging_forgets_nothing(a: list[int], b: list[int], roots: bool, journal: bool) -> None:
    both = merged(Changed(tuple(a), roots=roots), Changed(tuple(b), journal=journal))
    assert set(both.track_ids) == {*a, *b} and both.roots == roots and both.journal == journal


def test_the_time_left_of_steady_work_is_right() -> None:
    estimate = TimeLeft(0.0)
    seconds = [estimate.update(0.5 * done, done, 100) for done in range(61)]
    assert seconds[0] is None
    assert seconds[60] == pytest.approx(20.0, rel=0.05)


def test_the_time_left_follows_a_change_of_pace() -> None:
    estimate = TimeLeft(0.0)
    for done in range(101):
        estimate.update(0.1 * done, done, 1000)
    left = None
    for step in range(1, 101):
        left = estimate.update(10.0 + 1.0 * step, 100 + step, 1000)
    assert left == pytest.approx(800.0, rel=0.1)


def test_nothing_is_said_about_the_time_left_of_work_of_unknown_size() -> None:
    estimate = TimeLeft(0.0)
    assert [estimate.update(float(s), s, 0) for s in range(20)] == [None] * 20
