"""Kill a process that writes tags at random moments; after each kill every file is wholly old or wholly new.

    python tests/benchmarks/kill_writer.py [--kills 1000] [--seed 0] [--folder FOLDER]

The files are full files of every format (see full_files.py), one of them with a second name (a hard link), which is
written in place. A process writes into all of them and takes it back without end, until it gets SIGKILL. Then the
library is opened as the next start does, and every file, the journal and the folder are looked at. In the end
everything is undone and compared to the byte.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from full_files import encode, make_full_files
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.paths import find_track
from pemr_desktop.library.writing.plan import WriteOptions
from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.digest import audio_digest, whole_digest
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.read import read_tags

NEW_MOOD = ("calm", "x" * 3000)
NEW_GENRE = ("Written",)
OPTIONS = WriteOptions(hard_links="in place")
LONGEST_LIFE = 3.0
AT_A_TIME = 6

TO_TAKE_BACK = (
    "SELECT DISTINCT j.batch_id FROM journal j JOIN journal_batches b ON b.id = j.batch_id "
    "WHERE b.operation = 'write' AND j.state = 'done' AND j.undone_by IS NULL ORDER BY j.batch_id DESC"
)
LAST_DONE = (
    "SELECT b.operation FROM journal j JOIN journal_batches b ON b.id = j.batch_id "
    "WHERE j.path = ? AND j.state = 'done' ORDER BY j.id DESC LIMIT 1"
)


def kill_again_and_again(paths: Sequence[Path], library_file: Path, kills: int, draw: random.Random) -> Counter[str]:
    """What was hit how often, and in which state files were found. Raises AssertionError when a promise is broken.

    Each writer works on a few of the files, so that a kill costs little; all are looked at now and then.
    """
    original = {path: path.read_bytes() for path in paths}
    sound = {path: audio_digest(path) for path in paths}
    told: Counter[str] = Counter()
    for number in range(kills):
        chosen = draw.sample(paths, min(AT_A_TIME, len(paths)))
        _kill_a_writer(library_file, chosen, draw.uniform(0, LONGEST_LIFE))
        told[_moment(library_file)] += 1
        with open_library(library_file) as library:
            assert library.read(_states) <= {"done", "failed"}
            for path in paths if number % 25 == 24 else chosen:
                state = check(path, original[path], sound[path])
                assert library.read(_last_done, path) == (state == "new"), f"the journal is wrong about {path}"
                told[f"files found {state}"] += 1
            if number % 25 == 24:
                assert take_all_back(library) == {}
                assert {path: path.read_bytes() for path in paths} == original
                told["times all was taken back to the byte"] += 1
        if number % 100 == 99:
            print(f"{number + 1} kills: {dict(told)}", flush=True)
    with open_library(library_file) as library:
        assert take_all_back(library) == {}
    assert {path: path.read_bytes() for path in paths} == original
    return told


def _kill_a_writer(library_file: Path, chosen: Sequence[Path], life: float) -> None:
    """Start a process that writes, and end it by SIGKILL. `life`: how long it writes, in times of its start."""
    reading, writing = os.pipe()
    start = time.monotonic()
    process = os.fork()
    if process == 0:
        try:
            _write_without_end(library_file, chosen, writing)
        finally:
            os._exit(70)  # it is never to come here
    os.close(writing)
    assert os.read(reading, 1) == b"w", "the writer did not start"
    os.close(reading)
    time.sleep(life * (time.monotonic() - start))
    os.kill(process, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL


def _write_without_end(library_file: Path, chosen: Sequence[Path], ready: int) -> None:
    library = open_library(library_file)
    tracks = [library.read(find_track, path) for path in chosen]
    edits = {track: {"mood": NEW_MOOD, "genre": NEW_GENRE} for track in tracks if track is not None}
    plans = library.plan_edits(edits, options=OPTIONS)
    os.write(ready, b"w")
    while True:
        library.apply_writes(plans.plans, options=OPTIONS)
        take_all_back(library)
        plans = library.plan_edits(edits, options=OPTIONS)


def take_all_back(library: Library) -> dict[str, Refusal]:
    """Undo every write that is not undone -> what was refused."""
    refused: dict[str, Refusal] = {}
    for (batch,) in library.read(lambda connection: connection.execute(TO_TAKE_BACK).fetchall()):
        refused |= library.undo(batch, options=OPTIONS).refused
    return refused


def _last_done(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the last that the journal knows to have happened to a file is a write."""
    return bool(connection.execute(LAST_DONE, (os.fsencode(path),)).fetchone() == ("write",))


def _states(connection: sqlite3.Connection) -> set[str]:
    return {state for (state,) in connection.execute("SELECT DISTINCT state FROM journal")}


def _moment(library_file: Path) -> str:
    """What the kill hit, as the disk tells before anybody mends it."""
    with closing(sqlite3.connect(library_file)) as connection:
        planned = connection.execute("SELECT path, clone, after_digest FROM journal WHERE state = 'planned'").fetchall()
    if not planned:
        return "hit between two batches"
    for path, clone, after in planned:
        copy_there = Path(os.fsdecode(clone)).exists()
        if copy_there and after is None:
            return "hit while the copy was made, edited or proven"
        if after is not None:
            with Path(os.fsdecode(path)).open("rb") as stream:
                exchanged = whole_digest(stream) == after
            if exchanged:
                return "hit after the exchange, before the journal knew"
            links = Path(os.fsdecode(path)).stat().st_nlink
            return "hit while pouring into a hard link" if links > 1 else "hit between proof and exchange"
    return "hit between two files of a batch"


def check(path: Path, original: bytes, sound: bytes) -> str:
    """The file is wholly "old" or wholly "new", sounds the same, and has no stray copy beside it."""
    assert [other for other in path.parent.iterdir() if other.name.startswith(".")] == []
    assert audio_digest(path) == sound
    fields = read_tags(path).fields
    if fields.get("genre") == NEW_GENRE:
        assert fields.get("mood") == NEW_MOOD
        return "new"
    assert path.read_bytes() == original
    return "old"


def writable(paths: Sequence[Path]) -> list[Path]:
    """Those with a place for tags."""
    kept = []
    for path in paths:
        try:
            make_plan(0, path, {"mood": ["calm"]}, hard_links="in place")
        except TagFileError:
            continue
        kept.append(path)
    return kept


def main() -> None:
    """Run and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where to work; its disk is the one that is synced")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        music = Path(folder) / "music"
        made = make_full_files(music)
        shared = encode(music / "shared.mp3", "libmp3lame", "mp3", 44100, 60)
        (Path(folder) / "second name.mp3").hardlink_to(shared)
        paths = writable([*made, shared])
        library_file = Path(folder) / "data" / "library.db"
        with open_library(library_file) as library:
            library.add_root(music)
            library.scan()
        start = time.monotonic()
        told = kill_again_and_again(paths, library_file, asked.kills, random.Random(asked.seed))
        took_s = time.monotonic() - start
        assert shared.samefile(Path(folder) / "second name.mp3")
    for what, count in sorted(told.items()):
        print(f"{count:>8,}  {what}")
    formats = len({path.suffix for path in paths})
    print(f"{asked.kills} kills in {took_s:.0f} s, {len(paths)} files of {formats} kinds after each:")
    print("every file old or new, sound unchanged, no stray file, the journal right about every file;")
    print("all bytes of all files back after undo")


if __name__ == "__main__":
    main()
