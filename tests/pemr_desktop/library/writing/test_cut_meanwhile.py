"""Another program cuts a file while it is read, compared or written: that costs one problem, and never a process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.library import Library
from pemr_desktop.tagfiles import reverse_patch, write
from pemr_desktop.tagfiles.clone import is_clone

CUT = "import os, sys; os.truncate(sys.argv[1], int(sys.argv[2]))"
CUT_AND_MEND = """
import pathlib, sys
whole = {path: path.read_bytes() for path in map(pathlib.Path, sys.argv[1:])}
print("ready", flush=True)
while True:
    for path, data in whole.items():
        with path.open("rb+") as file:
            file.truncate(len(data) // 3)
            file.seek(0)
            file.write(data)
"""
TURNS = 10


def cut(path: Path, size: int) -> None:
    """By another process."""
    subprocess.run([sys.executable, "-c", CUT, str(path), str(size)], check=True)


@contextmanager
def being_cut(paths: list[Path]) -> Iterator[None]:
    """A process cuts and mends these files all the time."""
    process = subprocess.Popen([sys.executable, "-c", CUT_AND_MEND, *map(str, paths)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("name", ["make_recipe", "audio_digest_of", "whole_digest", "_edit"])
def test_a_file_cut_at_any_step_of_a_write_is_left_as_it_is(
    library: Library, album: list[Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = album[0]
    track = library.read(queries.find_track, path)
    assert track is not None
    plans = library.plan_edits({track: {"mood": ["calm"]}}).plans
    step = getattr(write, name)

    def cut_first(*arguments: object) -> object:
        cut(path, 5_000)
        return step(*arguments)

    monkeypatch.setattr(write, name, cut_first)
    written = library.apply_writes(plans)
    assert written.written == 0 and len(written.refused) == 1
    assert path.stat().st_size == 5_000
    assert not any(is_clone(beside) for beside in path.parent.iterdir())


def test_comparing_goes_on_when_the_file_gets_shorter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    data = bytes(range(251)) * 40_000
    before.write_bytes(data)
    after.write_bytes(b"tag" + data)
    steps = reverse_patch._steps

    def cut_first(old: reverse_patch.FileBytes, new: reverse_patch.FileBytes) -> list[reverse_patch.Step]:
        cut(before, 300_000)
        return steps(old, new)

    monkeypatch.setattr(reverse_patch, "_steps", cut_first)
    assert reverse_patch.make_recipe(before, after) is not None


def test_files_cut_all_the_time_cost_problems_only(
    library: Library, album: list[Path], analysed: Callable[..., list[int]]
) -> None:
    tracks = analysed(library)
    whole = {path: path.read_bytes() for path in album}
    with being_cut(album):
        for _ in range(TURNS):
            library.scan(again=True)
            plans = library.plan_edits({track: {"mood": ["calm"]} for track in tracks}).plans
            library.apply_writes(plans)
    for path, data in whole.items():
        path.write_bytes(data)
    outcome = library.scan(again=True)
    assert (outcome.found, outcome.problems, outcome.missing) == (4, 0, 0)
    assert sorted(library.read(queries.track_ids)) == sorted(tracks)
