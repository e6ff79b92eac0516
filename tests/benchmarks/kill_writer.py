"""Kill a process that writes tags at random moments; after each kill every file is wholly old or wholly new.

    python tests/benchmarks/kill_writer.py FOLDER_OF_SAMPLES [--kills 1000] [--seed 0]

The samples are copied. A process writes into all of them and takes it back without end; after each kill the library
is opened again, the files are compared with what they were, and in the end everything is undone to the byte.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from pemr_desktop.library import queries
from pemr_desktop.library.database import open_library
from pemr_desktop.tagfiles.digest import audio_digest, whole_digest
from pemr_desktop.tagfiles.opening import SUFFIXES
from pemr_desktop.tagfiles.read import read_tags

NEW_MOOD = ("calm", "x" * 3000)
NEW_GENRE = ("Written",)
LONGEST_LIFE_S = 0.4

WRITER = f"""
import sys
from pathlib import Path
from pemr_desktop.library import queries
from pemr_desktop.library.database import open_library
library = open_library(Path(sys.argv[1]))
ids = library.read(queries.track_ids)
while True:
    plans = library.plan_edits({{track: {{"mood": {NEW_MOOD!r}, "genre": {NEW_GENRE!r}}} for track in ids}})
    print("writing", flush=True)
    library.apply_writes(plans.plans)
    for batch in library.read(queries.history, 1_000_000):
        if batch.operation == "write" and not batch.undone:
            library.undo(batch.id)
"""


def kill_again_and_again(paths: Sequence[Path], library_file: Path, kills: int, draw: random.Random) -> int:
    """How many kills hit a write. Raises AssertionError when a promise is broken."""
    original = {path: path.read_bytes() for path in paths}
    sound = {path: audio_digest(path) for path in paths}
    interrupted = 0
    for _ in range(kills):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(library_file)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "writing\n"
            deadline = time.monotonic() + draw.uniform(0, LONGEST_LIFE_S)
            while time.monotonic() < deadline:
                pass
            writer.kill()
        interrupted += settle(library_file)
        for path in paths:
            check(path, original[path], sound[path])
    with open_library(library_file) as library:
        for batch in library.read(queries.history, 1_000_000):
            if batch.operation == "write" and not batch.undone:
                assert library.undo(batch.id).refused == {}
    assert {path: path.read_bytes() for path in paths} == original
    return interrupted


def settle(library_file: Path) -> bool:
    """Open the library as the next start does; the journal must be consistent then. True: a write was hit."""
    with open_library(library_file) as library:
        newest = library.read(queries.history, 5)
        entries = [entry for batch in newest for entry in library.read(queries.batch_entries, batch.id)]
        assert {entry.state for entry in entries} <= {"done", "failed"}
        return bool(library.note)


def check(path: Path, original: bytes, sound: bytes) -> None:
    """The file is wholly old or wholly new, sounds the same, and has no stray copy beside it."""
    assert [other for other in path.parent.iterdir() if other.name.startswith(".")] == []
    assert audio_digest(path) == sound
    fields = read_tags(path).fields
    if fields.get("genre") == NEW_GENRE:
        assert fields.get("mood") == NEW_MOOD
    else:
        assert path.read_bytes() == original


def main() -> None:
    """Run and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        music = Path(place) / "music"
        shutil.copytree(asked.folder, music)
        library_file = Path(place) / "data" / "library.db"
        with open_library(library_file) as library:
            library.add_root(music)
            library.scan()
            paths = [
                path
                for row in library.read(queries.rows, library.read(queries.track_ids))
                if (path := Path(row.location)).suffix in SUFFIXES
            ]
        start = time.monotonic()
        hit = kill_again_and_again(paths, library_file, asked.kills, random.Random(asked.seed))
        for path in paths:
            with path.open("rb") as stream, (asked.folder / path.relative_to(music)).open("rb") as first:
                assert whole_digest(stream) == whole_digest(first)
    print(f"{asked.kills} kills in {time.monotonic() - start:.0f} s, {hit} of them while writing, {len(paths)} files:")
    print("every file old or new after each, sound unchanged, no stray file, all bytes back after undo")


if __name__ == "__main__":
    main()
