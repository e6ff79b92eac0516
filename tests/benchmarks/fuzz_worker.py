"""Damaged files through the real worker: scan, plan, write, undo. The worker must live, and no damaged file may change.

    python tests/benchmarks/fuzz_worker.py [--count 100] [--seed 0] [--folder FOLDER]

`count` files of every format are damaged (see damage.py) and put into one library. Whatever happens, each file is the
same to the byte after undo, and one that cannot be read or was refused was never touched. No file may need more
processor than the time after which a reading process is given up.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from damage import damaged
from full_files import make_full_files
from pemr_desktop.jobs.session import WorkerSession
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.scanning.read_pool import PATIENCE_S
from pemr_desktop.protocol.messages import AddFolders, ApplyWrites, PlanEdits, Progress, Request, Undo
from pemr_desktop.protocol.results import PlanResult, ScanResult, WriteResult
from pemr_desktop.protocol.sentences import ending
from raw_words import raw_words

WANTED = {"mood": ("calm", "blue"), "genre": ("Fuzz",)}


class Watched:
    """A worker, and the most that it and its children computed for one file: a busy machine does not change that.

    It is measured between one sign of progress and the next, so that it is at least what the slowest file took.
    """

    def __init__(self, session: WorkerSession) -> None:
        assert session.ready is not None
        self.session = session
        self.process_id = session.ready.process_id
        self.longest_s = 0.0

    def run(self, request: Request) -> object:
        """Do a job and say how it ended."""
        start = time.monotonic()
        events, before, longest_s = 0, processor_s(self.process_id), 0.0

        def heard(event: Progress | None) -> None:
            nonlocal events, before, longest_s
            now = processor_s(self.process_id)
            events, before, longest_s = events + 1, now, max(longest_s, now - before)

        ended, result = self.session.run(request, type(request).__name__, heard)
        heard(None)
        self.longest_s = max(self.longest_s, longest_s)
        took = f"{time.monotonic() - start:.1f} s, {events} signs of progress, at most {longest_s:.2f} s of processor"
        print(f"{type(request).__name__}: {ending(request, ended, result)} {took} between two", flush=True)
        return result


def processor_s(process_id: int) -> float:
    """Seconds of processor that a process and its children have had, those that ended too. Needs Linux."""
    ticks = sum(_times(process_id)[:4])
    children = Path(f"/proc/{process_id}/task")
    for task in children.iterdir():
        try:
            ticks += sum(sum(_times(int(child))[:2]) for child in (task / "children").read_text().split())
        except FileNotFoundError:  # it has just ended, and is counted with those that did
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def _times(process_id: int) -> list[int]:
    """In user code and in the system, of the process, then of its ended children."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return [int(field) for field in fields[11:15]]


def main() -> None:
    """Run and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        music, library_file = Path(folder) / "music", Path(folder) / "library.sqlite"
        originals = make_damaged(Path(folder) / "good", music, asked.count, random.Random(asked.seed))
        with WorkerSession(library_file, None) as session:
            assert session.ready is not None
            watched = Watched(session)
            scanned = cast("ScanResult", watched.run(AddFolders((os.fsencode(music),))))
            assert_same(originals)
            with closing(open_reader(library_file)) as conn:
                ids = queries.track_ids(conn)
                problems = queries.problems(conn)
                given_up = sum("took too long" in problem.reason for problem in problems)
                assert_in_words(problem.reason for problem in problems)
            planned = cast("PlanResult", watched.run(PlanEdits(dict.fromkeys(ids, WANTED))))
            assert_same(originals)
            written = cast("WriteResult", watched.run(ApplyWrites(planned.plans)))
            changed = {path for path, content in originals.items() if path.read_bytes() != content}
            assert len(changed) == written.written
            assert changed <= {Path(os.fsdecode(plan.path)) for plan in planned.plans}
            assert not {str(path) for path in changed} & (planned.refused.keys() | written.refused.keys())
            refused = [*planned.refused.values(), *written.refused.values()]
            assert_in_words(why.message for why in refused)
            if written.batch_id is not None:
                undone = cast("WriteResult", watched.run(Undo(written.batch_id)))
                assert undone.refused == {}
            assert_same(originals)
            alive = session.ready.process_id
            os.kill(alive, 0)
    print(f"{len(originals)} damaged files: {scanned.added} tracks, {scanned.problems} problems, ", end="")
    print(f"{len(planned.refused) + len(written.refused)} refused, {written.written} written and restored to the byte")
    print(f"the worker lived, given up as too slow: {given_up} files; the slowest file took", end=" ")
    print(f"at most {watched.longest_s:.2f} s of processor (the limit is {PATIENCE_S:.0f} s)")
    assert watched.longest_s < PATIENCE_S


def assert_in_words(sentences: Iterable[str]) -> None:
    """Nothing that only programs say reaches a person."""
    raw = {sentence: words for sentence in sentences if (words := raw_words(sentence))}
    assert not raw, raw


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
