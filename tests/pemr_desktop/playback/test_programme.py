from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from pemr.audio import iter_blocks
from pemr_desktop.playback.programme import AHEAD_S, Programme

RATE = 44_100


@pytest.fixture
def programme_of() -> Iterator[Callable[..., Programme]]:
    """`programme_of(first, second, ..., start_s=0)`; closed with the test."""
    made: list[Programme] = []

    def make(*paths: Path, start_s: float = 0.0) -> Programme:
        programme = Programme(sample_rate=RATE, path=paths[0], start_s=start_s)
        made.append(programme)
        for path in paths[1:]:
            programme.enqueue(path)
        return programme

    yield make
    for programme in made:
        programme.close()


def heard(programme: Programme, qtbot: QtBot) -> np.ndarray:
    """Reads the programme to its end, (n, 2)."""
    blocks: list[np.ndarray] = []

    def drain() -> bool:
        block = np.zeros((RATE, 2), np.float32)
        count = programme.ring.read_into(block)
        blocks.append(block[:count])
        return count == 0 and programme.finished

    qtbot.waitUntil(drain)
    return np.concatenate(blocks)


def decoded(path: Path, start_s: float = 0.0) -> np.ndarray:
    return np.concatenate(list(iter_blocks(path, RATE, 2, start_s)))


def test_two_files_join_without_a_missing_or_added_frame(
    programme_of: Callable[..., Programme], tone: Callable[..., Path], qtbot: QtBot
) -> None:
    first, second = tone("first.flac", hertz=330), tone("second.flac", hertz=550)
    programme = programme_of(first, second)
    assert np.array_equal(heard(programme, qtbot), np.concatenate([decoded(first), decoded(second)]))
    assert [segment.end for segment in programme.segments] == [RATE, 2 * RATE]


def test_a_file_is_taken_up_in_the_middle(
    programme_of: Callable[..., Programme], tone: Callable[..., Path], qtbot: QtBot
) -> None:
    path = tone("long.flac", seconds=3)
    sound = heard(programme_of(path, start_s=2.0), qtbot)
    assert np.allclose(sound, decoded(path)[2 * RATE :], atol=1e-4)


def test_a_broken_file_is_named_and_the_next_one_plays(
    programme_of: Callable[..., Programme], tone: Callable[..., Path], broken_file: Path, qtbot: QtBot
) -> None:
    good = tone("good.flac")
    programme = programme_of(broken_file, good)
    assert np.array_equal(heard(programme, qtbot), decoded(good))
    assert programme.segments[0].error is not None
    assert "broken.mp3" in programme.segments[0].error.message
    assert programme.segments[1].error is None


def test_a_file_that_is_gone_is_named(programme_of: Callable[..., Programme], tmp_path: Path, qtbot: QtBot) -> None:
    programme = programme_of(tmp_path / "gone.flac")
    assert len(heard(programme, qtbot)) == 0
    assert programme.segments[0].error is not None
    assert "gone.flac" in programme.segments[0].error.message


def test_decoding_waits_when_it_is_far_enough_ahead(
    programme_of: Callable[..., Programme], tone: Callable[..., Path], qtbot: QtBot
) -> None:
    programme = programme_of(tone("long.flac", seconds=3 * AHEAD_S))
    qtbot.waitUntil(lambda: programme.ring.available == programme.ring.capacity)
    assert programme.segments[0].end is None


def test_files_that_wait_are_named_until_they_sound(
    programme_of: Callable[..., Programme], tone: Callable[..., Path], qtbot: QtBot
) -> None:
    first, second, third = tone("1.flac", seconds=1), tone("2.flac", seconds=9), tone("3.flac")
    programme = programme_of(first, second, third)
    qtbot.waitUntil(lambda: len(programme.segments) == 2)
    assert programme.upcoming(0) == [second, third]
    assert programme.upcoming(RATE) == [third]
