"""How fast a library is scanned, rescanned and asked, beside beets, bare mutagen and a bare walk on the same files.

    python tests/benchmarks/large_library.py FOLDER 100000
    python tests/benchmarks/scan_speed.py FOLDER [--beet PATH-OF-THE-BEET-COMMAND [--beet-files 10000]]

Every figure comes from the same run, and the files are read once before, so that all find them in memory. Seconds of
the processor count child processes in: on a busy machine only they mean something. beets imports in place, without
looking anything up and without writing (`beet import -q -A -C -W`), into a library of its own that is thrown away; it
keeps every album, also one that it has already by name. With --beet-files it gets whole folders up to so many files,
and its files per second stand for the rest.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import mutagen

import filter_latency
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.opening import open_library
from pemr_desktop.tagfiles.opening import SUFFIXES

REPEATS = 5
EVERY = 100
"""Of one in so many files only the ctime changes, as by a program that sets the modification time back."""
T = TypeVar("T")


class Spent(NamedTuple):
    """Seconds on the clock, and of the processor in this process and its children."""

    wall_s: float
    cpu_s: float

    def per(self, files: int, others: int) -> Spent:
        """What `others` files would take at the pace of `files`."""
        return Spent(self.wall_s * others / files, self.cpu_s * others / files)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--beet", type=Path, help="the beet command to compare with")
    parser.add_argument("--beet-files", type=int, help="beets imports only about this many files")
    asked = parser.parse_args()
    folder = asked.folder.absolute()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    count, warm = timed(lambda: sum(len(path.read_bytes()) > 0 for path in music_in(folder)))
    print(f"{count} files; read once in {warm.wall_s:.1f} s")
    walked, walk = timed(lambda: bare_walk(folder))
    say("bare os.scandir and stat", walked, walk)
    _, bare = timed(lambda: sum(mutagen.File(path) is not None for path in music_in(folder)))
    say("bare mutagen, one process", count, bare)
    with tempfile.TemporaryDirectory() as temporary:
        if asked.beet:
            some = [folder] if asked.beet_files is None else folders_of(folder, asked.beet_files)
            imported, beets = timed(lambda: import_into_beets(asked.beet, folder, some, Path(temporary) / "beets"))
            say("beet import -A -C", imported, beets)
            beets = beets.per(imported, count)
            compare("beet import -A -C", beets, "bare mutagen", bare)
        first = measure_scan(Path(temporary) / "library.db", folder, walk)
        compare("first scan", first, "bare mutagen", bare)
        if asked.beet:
            compare("first scan", first, "beet import -A -C", beets)
        measure_pages(Path(temporary) / "library.db")
        filter_latency.measure(Path(temporary) / "library.db")


def measure_scan(file: Path, folder: Path, walk: Spent) -> Spent:
    """First scan and rescans -> what the first one took."""
    with open_library(file) as library:
        library.add_root(folder)
        rows_after_s: list[float] = []
        start = time.perf_counter()
        outcome, first = timed(
            lambda: library.scan(changed=lambda ids: rows_after_s.append(time.perf_counter() - start))
        )
        say("first scan", outcome.found, first)
        print(f"{outcome}\nfirst rows after                {rows_after_s[0]:8.2f} s")
        for name in ("rescan, nothing changed", "again"):
            outcome, again = timed(library.scan)
            assert outcome.found and not outcome.added and not outcome.changed
            say(name, outcome.found, again)
            compare(name, again, "bare walk", walk)
        some = music_in(folder)[::EVERY]
        for path in some:
            path.chmod(path.stat().st_mode)
        outcome, again = timed(library.scan)
        assert outcome.found and not outcome.changed
        say(f"rescan, ctime of one in {EVERY} changed", outcome.found, again)
        outcome, again = timed(lambda: library.scan(again=True))
        assert outcome.found and not outcome.added and not outcome.problems
        say("scan --again, all read", outcome.found, again)
        compare("scan --again", again, "the first scan", first)
    print(f"database                        {file.stat().st_size / 2**20:8.1f} MiB")
    for name, who in (("this process", resource.RUSAGE_SELF), ("a reading child", resource.RUSAGE_CHILDREN)):
        print(f"largest memory, {name:<16}{resource.getrusage(who).ru_maxrss / 1024:8.0f} MiB")
    return first


def import_into_beets(beet: Path, folder: Path, some: list[Path], home: Path) -> int:
    """Import the files of some folders into a new library of beets -> how many it holds then."""
    home.mkdir()
    (home / "config.yaml").write_text(
        f"directory: {folder}\nlibrary: {home / 'library.db'}\nplugins: []\nimport:\n  duplicate_action: keep\n"
    )
    command = [str(beet), "import", "-q", "-A", "-C", "-W", *map(str, some)]
    subprocess.run(command, check=True, env={**os.environ, "BEETSDIR": str(home)}, capture_output=True)
    with closing(sqlite3.connect(home / "library.db")) as made:
        return int(made.execute("SELECT count(*) FROM items").fetchone()[0])


def folders_of(folder: Path, files: int) -> list[Path]:
    """Whole folders of music, as many as hold about so many files."""
    some: dict[Path, int] = {}
    for path in music_in(folder):
        some[path.parent] = some.get(path.parent, 0) + 1
    kept, count = [], 0
    for album in sorted(some):
        if count >= files:
            break
        kept.append(album)
        count += some[album]
    return kept


def measure_pages(file: Path) -> None:
    """What the window asks beside the filter."""
    with closing(open_reader(file)) as reader:
        ids = queries.track_ids(reader)
        rows = [timed(partial(queries.rows, reader, ids[at : at + 50]))[1] for at in range(0, len(ids), 997)]
        report("50 rows of the table", rows)
        for name in ("genre", "artist", "album", "year"):
            report(f"facets by {name}", [timed(partial(queries.facets, reader, name))[1] for _ in range(REPEATS)])
        report("counts", [timed(lambda: queries.counts(reader))[1] for _ in range(REPEATS)])
        (root,) = queries.roots(reader)
        report("folders", [timed(lambda: queries.folders_in(reader, root.path, 500))[1] for _ in range(REPEATS)])


def report(what: str, times: list[Spent]) -> None:
    """Median and worst of some times, of the processor."""
    cpu_ms = [1000 * spent.cpu_s for spent in times]
    print(f"{what:<32}{statistics.median(cpu_ms):8.1f} ms  worst {max(cpu_ms):8.1f} ms of processor")


def compare(what: str, spent: Spent, other_name: str, other: Spent) -> None:
    """The ratio of two times."""
    print(
        f"    {what} takes {spent.cpu_s / other.cpu_s:.2f} times the processor "
        f"and {spent.wall_s / other.wall_s:.2f} times "
        f"the clock of {other_name}"
    )


def music_in(folder: Path) -> list[Path]:
    """All music files below a folder."""
    return [path for path in folder.rglob("*") if path.suffix in SUFFIXES]


def bare_walk(folder: Path) -> int:
    """List every folder and stat every file: nobody can be faster."""
    count = 0
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
                    count += 1
    return count


def say(what: str, files: int, spent: Spent) -> None:
    """Seconds on the clock and of the processor."""
    print(
        f"{what:<36}{spent.wall_s:8.2f} s {files / spent.wall_s:8.0f} files/s"
        f"{spent.cpu_s:10.2f} s of processor {files / spent.cpu_s:8.0f} files/s"
        f"{1e6 * spent.cpu_s / files:10.1f} µs a file"
    )


def timed(function: Callable[[], T]) -> tuple[T, Spent]:
    """What a function returns, and how long it took."""
    start, busy = time.perf_counter(), _processor_s()
    result = function()
    return result, Spent(time.perf_counter() - start, _processor_s() - busy)


def _processor_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main()
