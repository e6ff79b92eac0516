"""How fast a library is scanned, rescanned and asked, beside bare mutagen and a bare walk on the same files.

    python tests/benchmarks/scan_speed.py FOLDER      (large_library.py makes one)

Every figure comes from the same run, and the files are read once before, so that all find them in memory.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import mutagen

from pemr_desktop.library import queries
from pemr_desktop.library.database import open_library
from pemr_desktop.library.reader import open_reader
from pemr_desktop.library.views import View
from pemr_desktop.tagfiles.opening import SUFFIXES

KEYSTROKES = ("b", "bl", "blu", "blue", "blue r", "blue ri", "genre:j", "genre:jazz", "genre:jazz year:1960..1969", "t")
REPEATS = 5
T = TypeVar("T")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.absolute()
    count, warm_s, _ = timed(lambda: sum(len(path.read_bytes()) > 0 for path in music_in(folder)))
    print(f"{count} files; read once in {warm_s:.1f} s")
    walked, wall_s, walk_s = timed(lambda: bare_walk(folder))
    say("bare os.scandir and stat", walked, wall_s, walk_s)
    say("bare mutagen, one thread", *timed(lambda: sum(mutagen.File(path) is not None for path in music_in(folder))))
    with tempfile.TemporaryDirectory() as place:
        measure_library(Path(place) / "library.db", folder, walk_s)


def measure_library(file: Path, folder: Path, walk_s: float) -> None:
    """First scan, rescan, and what the window asks."""
    with open_library(file) as library:
        library.add_root(folder)
        first: list[float] = []
        start = time.perf_counter()
        outcome, wall_s, cpu_s = timed(
            lambda: library.scan(changed=lambda ids: first.append(time.perf_counter() - start))
        )
        say("first scan", outcome.found, wall_s, cpu_s)
        print(f"{outcome}\nfirst rows after                {first[0]:8.2f} s")
        outcome, wall_s, cpu_s = timed(library.scan)
        say("rescan, nothing changed", outcome.found, wall_s, cpu_s)
        print(f"                                {cpu_s / walk_s:8.2f} times the processor time of the bare walk")
        print(f"database                        {file.stat().st_size / 2**20:8.1f} MiB")
        print(f"largest memory of this process  {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MiB")
        with closing(open_reader(file)) as reader:
            measure_queries(lambda query, sort: queries.track_ids(reader, query, sort=sort))
            ids = queries.track_ids(reader)
            rows = [timed(lambda at=at: queries.rows(reader, ids[at : at + 50]))[1] for at in range(0, len(ids), 997)]
            report("50 rows of the table", rows)
            for name in ("genre", "artist", "album", "year"):
                report(f"facets by {name}", [timed(lambda: queries.facets(reader, name))[1] for _ in range(REPEATS)])  # noqa: B023
            report("counts", [timed(lambda: queries.counts(reader))[1] for _ in range(REPEATS)])
            report("folders", [timed(lambda: queries.folders(reader))[1] for _ in range(REPEATS)])
            view = View("facet", "Jazz", field="genre")
            report("one genre", [timed(lambda: queries.track_ids(reader, view=view))[1] for _ in range(REPEATS)])


def measure_queries(ask: Callable[[str, str], object]) -> None:
    """Every keystroke of some queries, in the two usual orders."""
    everything: list[float] = []
    for query in ("", *KEYSTROKES):
        for sort in ("artist", "title"):
            times = [timed(lambda: ask(query, sort))[1] for _ in range(REPEATS)]  # noqa: B023
            report(f"“{query}” by {sort}", times)
            everything += times
    everything.sort()
    print(f"keystroke to ids, p99           {everything[int(0.99 * len(everything)) - 1] * 1000:8.1f} ms")


def report(what: str, times_s: list[float]) -> None:
    """Median and worst of some times."""
    print(f"{what:<32}{statistics.median(times_s) * 1000:8.1f} ms  worst {max(times_s) * 1000:8.1f} ms")


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


def say(what: str, files: int, wall_s: float, cpu_s: float) -> None:
    """Seconds on the clock and of the processor: on a busy machine only the second means something."""
    print(f"{what:<32}{wall_s:8.2f} s {cpu_s:8.2f} s of processor  {files / cpu_s:10.0f} files/s of processor")


def timed(function: Callable[[], T]) -> tuple[T, float, float]:
    """What a function returns, and how many seconds it took: on the clock, and of the processor."""
    start, busy = time.perf_counter(), time.process_time()
    result = function()
    return result, time.perf_counter() - start, time.process_time() - busy


if __name__ == "__main__":
    main()
