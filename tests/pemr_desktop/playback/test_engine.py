"""The engine with a device that only exists here, so that every frame it asks for is known; the real one is in
test_player."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.playback import messages
from pemr_desktop.playback.engine import Engine
from pemr_desktop.playback.output import OutputMissing, Render

RATE = 44_100
BLOCK = 441


class Device:
    """An output that asks for a block whenever the test says so."""

    def __init__(self, _name: str | None = None) -> None:
        self.sample_rate = RATE
        self.latency_s = 0.0
        self.connected = True
        self.name = _name
        self._render: Render | None = None

    def start(self, render: Render) -> None:
        self._render = render

    def alive(self) -> bool:
        return self.connected

    def close(self) -> None:
        self._render = None

    def ask(self) -> None:
        if self._render is not None:
            self._render(np.zeros((BLOCK, 2), np.float32))


class Bench:
    """An engine, its devices and everything it said."""

    def __init__(self, qtbot: QtBot) -> None:
        self.events: list[messages.Event] = []
        self.devices: list[Device] = []
        self.engine = Engine(self.events.append, self._open)
        self.present = True
        self._qtbot = qtbot

    def _open(self, name: str | None) -> Device:
        if not self.present:
            raise OutputMissing("no audio device")
        self.devices.append(Device(name))
        return self.devices[-1]

    def play(self, path: Path, *then: Path, start_s: float = 0.0) -> None:
        self.engine.handle(messages.Play(1, os.fsencode(path), start_s))
        for following in then:
            self.engine.handle(messages.Enqueue(os.fsencode(following)))

    def run_until(self, done: Callable[[], bool]) -> None:
        """Lets the device ask for sound until `done`."""

        def step() -> bool:
            self.devices[-1].ask()
            self.engine.tick()
            return done()

        while not step():
            self._qtbot.wait(0)

    def run_to_the_end(self) -> None:
        self.run_until(lambda: self.engine.state == "stopped")

    def position_s(self) -> float:
        """As last said; 0 before the first word."""
        return [0.0, *(event.position_s for event in self.events if isinstance(event, messages.Position))][-1]

    def run_to(self, position_s: float) -> None:
        self.run_until(lambda: self.position_s() >= position_s)

    def story(self) -> list[str]:
        """What happened, without the positions."""
        return [
            f"{type(event).__name__} {Path(os.fsdecode(event.path)).stem}"
            if isinstance(event, messages.TrackStarted | messages.TrackEnded | messages.TrackFailed)
            else f"{event.state}"
            for event in self.events
            if not isinstance(event, messages.Position | messages.Ready | messages.DeviceMissing)
        ]


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    bench = Bench(qtbot)
    yield bench
    bench.engine.close()


def test_a_file_plays_to_its_end(bench: Bench, tone: Callable[..., Path]) -> None:
    bench.play(tone("song.flac", seconds=1.0))
    bench.run_to_the_end()
    assert bench.story() == ["playing", "TrackStarted song", "TrackEnded song", "stopped"]
    assert bench.position_s() == pytest.approx(1.0, abs=0.05)


def test_the_next_file_follows_without_a_change_of_state(bench: Bench, tone: Callable[..., Path]) -> None:
    bench.play(tone("one.flac"), tone("two.flac"))
    bench.run_to_the_end()
    assert bench.story() == [
        "playing", "TrackStarted one", "TrackEnded one", "TrackStarted two", "TrackEnded two", "stopped",
    ]  # fmt: skip


def test_a_broken_file_is_named_and_the_next_one_plays(
    bench: Bench, tone: Callable[..., Path], broken_file: Path
) -> None:
    bench.play(tone("one.flac"), broken_file, tone("two.flac"))
    bench.run_to_the_end()
    assert bench.story() == [
        "playing", "TrackStarted one", "TrackEnded one", "TrackFailed broken", "TrackStarted two", "TrackEnded two",
        "stopped",
    ]  # fmt: skip


def test_a_broken_file_alone_stops(bench: Bench, broken_file: Path) -> None:
    bench.play(broken_file)
    bench.run_to_the_end()
    assert bench.story() == ["playing", "TrackFailed broken", "stopped"]


def test_seeking_goes_on_there_and_keeps_what_waits(bench: Bench, tone: Callable[..., Path]) -> None:
    bench.play(tone("long.flac", seconds=5), tone("after.flac"))
    bench.run_until(lambda: "TrackStarted long" in bench.story())
    bench.engine.handle(messages.Seek(4.5))
    assert bench.position_s() == 4.5
    bench.run_to_the_end()
    assert bench.story()[-3:] == ["TrackStarted after", "TrackEnded after", "stopped"]


def test_seeking_before_anything_is_decoded_is_not_lost(bench: Bench, tone: Callable[..., Path]) -> None:
    bench.play(tone("long.flac", seconds=5))
    bench.engine.handle(messages.Seek(4.0))
    bench.run_until(lambda: "TrackStarted long" in bench.story())
    bench.run_to(4.1)
    assert bench.position_s() < 4.5


def test_a_file_is_announced_once_however_often_it_is_sought_in(bench: Bench, tone: Callable[..., Path]) -> None:
    bench.play(tone("long.flac", seconds=5))
    for position_s in (1.0, 4.0, 2.0, 4.5):
        bench.run_until(lambda: "TrackStarted long" in bench.story())
        bench.engine.handle(messages.Seek(position_s))
    bench.run_to_the_end()
    assert bench.story().count("TrackStarted long") == 1
    assert bench.story()[-2:] == ["TrackEnded long", "stopped"]


def test_seeking_while_held_stays_held(bench: Bench, tone: Callable[..., Path]) -> None:
    bench.play(tone("long.flac", seconds=5))
    bench.run_until(lambda: "TrackStarted long" in bench.story())
    bench.engine.handle(messages.Pause())
    bench.engine.handle(messages.Seek(3.0))
    for _ in range(20):
        bench.devices[-1].ask()
        bench.engine.tick()
    assert bench.engine.state == "paused"
    assert bench.position_s() == 3.0


def test_what_waits_can_be_forgotten_although_it_is_decoded_already(bench: Bench, tone: Callable[..., Path]) -> None:
    bench.play(tone("one.flac"), tone("two.flac"))
    bench.run_to(0.3)
    bench.engine.handle(messages.ClearNext())
    assert bench.position_s() == pytest.approx(0.3, abs=0.1)
    bench.run_to_the_end()
    assert "TrackStarted two" not in bench.story()


def test_another_device_goes_on_at_the_same_position(bench: Bench, tone: Callable[..., Path]) -> None:
    bench.play(tone("song.flac", seconds=2))
    bench.run_to(0.5)
    bench.engine.handle(messages.SetDevice("Headphones"))
    assert [device.name for device in bench.devices] == [None, "Headphones"]
    assert bench.position_s() == pytest.approx(0.5, abs=0.1)
    bench.run_to_the_end()
    assert bench.story()[-2:] == ["TrackEnded song", "stopped"]


def test_a_device_that_goes_away_is_said_with_the_position(bench: Bench, tone: Callable[..., Path]) -> None:
    bench.play(tone("song.flac", seconds=2))
    bench.run_to(0.5)
    bench.devices[-1].connected = False
    bench.engine.tick()
    assert bench.engine.device_lost
    assert isinstance(bench.events[-1], messages.DeviceMissing)
    assert bench.position_s() == pytest.approx(0.5, abs=0.1)


def test_without_a_device_it_says_so_and_plays_once_there_is_one(bench: Bench, tone: Callable[..., Path]) -> None:
    bench.present = False
    bench.play(tone("song.flac"))
    assert bench.story() == ["stopped"]
    assert any(isinstance(event, messages.DeviceMissing) for event in bench.events)
    bench.present = True
    bench.play(tone("song.flac"))
    bench.run_to_the_end()
    assert bench.story()[-2:] == ["TrackEnded song", "stopped"]
