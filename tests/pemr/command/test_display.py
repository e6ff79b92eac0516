"""Events are kept beside a run, and a full disk takes none of them from who listens."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from pemr import events
from pemr.command.display import tee

FAILED = events.Failed("CheckpointError", "x" * 500)


def test_each_event_is_kept_after_those_of_earlier_runs(tmp_path: Path) -> None:
    kept = tmp_path / "run" / "events.jsonl"
    received: list[events.AnyEvent] = []
    for event in (events.Warned("It gets tight."), FAILED):
        with tee(received.append, kept) as listener:
            listener(event)
    assert [events.parse(line) for line in kept.read_bytes().splitlines()] == received
    assert received == [events.Warned("It gets tight."), FAILED]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_takes_no_event_from_who_listens() -> None:
    received: list[events.AnyEvent] = []
    with tee(received.append, Path("/dev/full")) as listener:
        listener(events.Warned("It gets tight."))
        listener(FAILED)
    assert received == [events.Warned("It gets tight."), FAILED]


def test_an_event_that_finds_no_room_leaves_no_half_line(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: the first write takes only a part of the line."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    kept, first = tmp_path / "events.jsonl", events.Warned("Short.")
    received: list[events.AnyEvent] = []
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with tee(received.append, kept) as listener:
            listener(first)
            resource.setrlimit(resource.RLIMIT_FSIZE, (kept.stat().st_size + 100, before[1]))
            listener(FAILED)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert received == [first, FAILED]
    assert kept.read_bytes() == events.as_line(first)
