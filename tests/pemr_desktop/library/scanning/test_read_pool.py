"""A file that hangs, crashes or fills up a parser costs one child process and one line in the problems list."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.library import Library
from pemr_desktop.library.scanning import read_pool
from pemr_desktop.library.scanning.file_reading import ToRead
from pemr_desktop.library.scanning.read_pool import read_files

Song = Callable[..., Path]

# The real child, but for some names its parser does what no parser should.
NASTY_CHILD = """
import os, sys
from pemr_desktop.library.scanning import read_process
real = read_process.read_content
def read(path, *more):
    while "hang" in path.name:
        pass
    if "crash" in path.name:
        os.abort()
    if "deep" in path.name:
        raise RecursionError
    return real(path, *more)
read_process.read_content = read
sys.exit(read_process.main())
"""
COMMAND = [sys.executable, "-c", NASTY_CHILD]


looks_into_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks into /proc")


def never() -> bool:
    return False


def songs(music: Path, song: Song, *names: str) -> list[ToRead]:
    first = song(music / "first.flac", title="First")
    for name in names:
        shutil.copy(first, music / name)
    return [ToRead(1, os.fsencode(name), music / name) for name in names]


def test_a_file_that_hangs_is_given_up_and_the_others_are_read(music: Path, song: Song) -> None:
    names = ["a.flac", "b hang.flac", "c.flac", "d.flac", "e hang.flac", "f.flac"]
    readings = list(read_files(songs(music, song, *names), never, 2, patience_s=1, command=COMMAND))
    assert [reading.asked.path.name for reading in readings] == names
    assert [reading.track is None for reading in readings] == [False, True, False, False, True, False]
    assert "took too long" in readings[1].why.message and not readings[1].sure


def test_a_file_that_crashes_the_reader_is_found_among_many(music: Path, song: Song) -> None:
    names = [f"{number:02}{' crash' if number in (7, 8, 30) else ''}.flac" for number in range(40)]
    readings = list(read_files(songs(music, song, *names), never, 2, command=COMMAND))
    assert [reading.asked.path.name for reading in readings] == names
    assert [n for n, reading in enumerate(readings) if reading.track is None] == [7, 8, 30]
    assert "ended the reading process" in readings[7].why.message


def test_whatever_a_parser_raises_belongs_to_that_file_alone(music: Path, song: Song) -> None:
    readings = list(read_files(songs(music, song, "a.flac", "deep.flac", "z.flac"), never, 1, command=COMMAND))
    assert ["nested too deeply" in (reading.why.message if reading.why else "") for reading in readings] == [
        False,
        True,
        False,
    ]


@looks_into_proc
def test_a_child_killed_from_outside_is_replaced(music: Path, song: Song) -> None:
    """As a system does that runs out of memory: the file may be blamed, but it is not given up for good."""
    files = songs(music, song, *(f"{number:03}.flac" for number in range(200)))
    killed: list[int] = []
    others = set(_children_of(os.getpid()))

    def kill_one() -> bool:
        for child in _children_of(os.getpid()):
            if not killed and child not in others:
                killed.append(child)
                os.kill(child, signal.SIGKILL)
        return False

    readings = list(read_files(files, kill_one, 2))
    assert killed
    assert len(readings) == 200
    lost = [reading for reading in readings if reading.track is None]
    assert len(lost) <= 1 and not any(reading.sure for reading in lost)


@looks_into_proc
def test_cancelling_does_not_wait_for_a_file_that_hangs(music: Path, song: Song) -> None:
    stop = threading.Event()
    others = set(_children_of(os.getpid()))
    threading.Timer(1.0, stop.set).start()
    started = time.monotonic()
    assert list(read_files(songs(music, song, "hang.flac"), stop.is_set, 1, command=COMMAND)) == []
    assert time.monotonic() - started < 60  # and not for ever
    assert not set(_children_of(os.getpid())) - others


def test_a_program_that_cannot_be_started_is_said(music: Path, song: Song) -> None:
    readings = list(read_files(songs(music, song, "a.flac"), never, 1, command=["/no/such/program"]))
    assert "No process could be started" in readings[0].why.message
    assert readings[0].identity is None  # the next scan tries again


def test_a_crash_counts_against_the_file_when_it_happens_twice(
    library: Library, reader: sqlite3.Connection, music: Path, song: Song, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    def command(module: str) -> list[str]:
        started.append(module)
        return COMMAND

    monkeypatch.setattr(read_pool, "module_command", command)
    songs(music, song, "crash.flac", "good.flac")
    library.add_root(music)
    assert library.scan(children=1).added == 2
    (problem,) = queries.problems(reader)
    assert "ended the reading process" in problem.reason
    for _ in range(2):
        assert library.scan(children=1).problems == 1
    started.clear()
    assert library.scan(children=1).problems == 1
    assert started == []  # known to be hopeless until it changes


def _children_of(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for file in listed for child in file.read_text().split()]
