"""Damaged files through the real worker: scan, plan, write, undo. The worker must live, and no damaged file may change.

    python tests/benchmarks/fuzz_worker.py [--count 100] [--seed 0] [--folder FOLDER]

`count` files of every format are damaged (see damage.py) and put into one library. Whatever happens, each file is the
same to the byte after undo, and one that cannot be read or was refused was never touched.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.damage import damaged
from benchmarks.full_files import make_full_files
from pemr_desktop.jobs.messages import (
    AddFolders,
    ApplyWrites,
    PlanEdits,
    PlanResult,
    Progress,
    Request,
    ScanResult,
    Undo,
    WriteResult,
)
from pemr_desktop.jobs.session import WorkerSession
from pemr_desktop.library import queries
from pemr_desktop.library.reader import open_reader

WANTED = {"mood": ("calm", "blue"), "genre": ("Fuzz",)}


class Watched:
    """A worker, and the longest time it said nothing."""

    def __init__(self, session: WorkerSession) -> None:
        self.session = session
        self.longest_silence_s = 0.0

    def run(self, request: Request) -> object:
        """Do a job and say how it ended."""
        last = start = time.monotonic()

        def heard(event: Progress) -> None:
            nonlocal last
            now = time.monotonic()
            self.longest_silence_s = max(self.longest_silence_s, now - last)
            last = now

        ended, result = self.session.run(request, type(request).__name__, heard)
        print(f"{type(request).__name__}: {ended.summary} {time.monotonic() - start:.1f} s", flush=True)
        return result


def main() -> None:
    """Run and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        music, library_file = Path(place) / "music", Path(place) / "library.sqlite"
        originals = make_damaged(Path(place) / "good", music, asked.count, random.Random(asked.seed))
        with WorkerSession(library_file, None) as session:
            assert session.ready is not None
            watched = Watched(session)
            scanned = cast("ScanResult", watched.run(AddFolders((os.fsencode(music),))))
            assert_same(originals)
            with closing(open_reader(library_file)) as conn:
                ids = queries.track_ids(conn)
            planned = cast("PlanResult", watched.run(PlanEdits(dict.fromkeys(ids, WANTED))))
            assert_same(originals)
            written = cast("WriteResult", watched.run(ApplyWrites(planned.plans)))
            changed = {path for path, content in originals.items() if path.read_bytes() != content}
            assert len(changed) == written.written
            assert changed <= {Path(os.fsdecode(plan.path)) for plan in planned.plans}
            assert not {str(path) for path in changed} & (planned.refused.keys() | written.refused.keys())
            if written.batch_id is not None:
                undone = cast("WriteResult", watched.run(Undo(written.batch_id)))
                assert undone.refused == {}
            assert_same(originals)
            alive = session.ready.process_id
            os.kill(alive, 0)
    print(f"{len(originals)} damaged files: {scanned.added} tracks, {scanned.problems} problems, ", end="")
    print(f"{len(planned.refused) + len(written.refused)} refused, {written.written} written and restored to the byte")
    print(f"the worker lived; it was silent for {watched.longest_silence_s:.1f} s at the longest")


def make_damaged(good: Path, music: Path, count: int, draw: random.Random) -> dict[Path, bytes]:
    """Damaged copies of good files, in folders by format -> path and content."""
    samples = make_full_files(good)
    whole = [path.read_bytes() for path in samples]
    made = {}
    for path, content in zip(samples, whole, strict=True):
        folder = music / path.stem / path.suffix.removeprefix(".")
        folder.mkdir(parents=True)
        for number in range(count):
            bad = folder / f"{number:05}{path.suffix}"
            made[bad] = damaged(content, whole, draw)
            bad.write_bytes(made[bad])
    return made


def assert_same(originals: dict[Path, bytes]) -> None:
    """No file differs, and none was added."""
    assert all(path.read_bytes() == content for path, content in originals.items())
    assert len({path.parent for path in originals}) > 1
    for folder in {path.parent for path in originals}:
        assert set(folder.iterdir()) == {path for path in originals if path.parent == folder}


if __name__ == "__main__":
    main()
