"""From a keystroke in the query line to rows: every kind of query, letter by letter, in several orders.

    python tests/benchmarks/filter_latency.py [--tracks 100000] [--library FILE]

Without --library, one is made by many_tracks.py: rows of made-up tracks, put in by the library's own functions.
`rows`: until the first screenful of rows is there. `all`: until the id of every row is. Both by the clock and by the
processor of this thread, which is what it takes on a machine that does nothing else. Beside them, in the same run, the
plain way: a table scan with LIKE over the same columns.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from many_tracks import fill
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.errors import QueryError
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.search.track_ids import id_chunks
from pemr_desktop.library.views import ALL, View

TYPED = ("blue river", "the silver train", "genre:jazz year:1960..1969", "format:flac", "-genre:rock", "mood:calm")
WHOLE = (
    "",
    "-blue",
    "-zzzz",
    "t -b",
    "artist:the",
    'artist:="the blue train 1"',
    'title:"silver gold"',
    "path:x",
    "format:flac genre:jazz",
    "format:flac -format:mp3",
    "format:flac format:mp3",
    "-format:flac",
    "genre:rock,jazz,pop",
    "tag:jazz",
    "tag:jazz -tag:calm",
    "-tag:calm",
    "suggested:calm",
    "instrument:guitar",
    "year:1960",
    "-year:1960",
    "year:1900..2100",
    "duration:>1:00",
    "bpm:100..120",
    "track:1",
    "-disc:1",
    "added:7d",
    "-added:7d",
    "has:artwork",
    "-has:mood",
    "has:genre",
    "has:title",
    "-has:title",
    "has:suggestions",
    "-has:suggestions",
    "has:cover",
    "is:analysed",
    "-is:analysed",
    "is:new",
    "is:missing",
    "-is:missing",
    "is:offline",
    "is:duplicate",
    "is:problem",
    "is:pending",
)
VIEWS = (
    View("facet", "Jazz", field="genre"),
    View("facet", "1960s", field="decade"),
    View("facet", "calm", field="suggestion"),
    View("folder", b"/music"),
    View("suggested"),
    View("unanalysed"),
    View("recent"),
)
SORTS = ("artist", "title", "added")
SCREENFUL = 96
LIKE = (
    "SELECT id FROM tracks WHERE missing = 0 AND (title LIKE ?1 OR artist LIKE ?1 OR album LIKE ?1 OR genres LIKE ?1) "
    "ORDER BY sort_artist, year, sort_album, disc_number, track_number"
)


def like(reader: sqlite3.Connection, line: str) -> list[tuple[int]]:
    """The ids that the plain way finds."""
    return reader.execute(LIKE, (f"%{line}%",)).fetchall()


class Times:
    """Milliseconds of one sort of waiting."""

    def __init__(self) -> None:
        self.clock_ms: list[float] = []
        self.cpu_ms: list[float] = []

    def add(self, started: float, busy: float) -> None:
        """Since these two moments."""
        self.clock_ms.append(1000 * (time.perf_counter() - started))
        self.cpu_ms.append(1000 * (time.thread_time() - busy))

    def say(self, name: str) -> None:
        """Median, 99th percentile and longest."""
        for what, values in (("clock", self.clock_ms), ("processor", self.cpu_ms)):
            ordered = sorted(values)
            print(
                f"{name:<22}{what:>10}: n {len(ordered)}, median {statistics.median(ordered):7.1f} ms, "
                f"99 % {ordered[int(0.99 * (len(ordered) - 1))]:7.1f} ms, longest {ordered[-1]:7.1f} ms"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--library", type=Path)
    parser.add_argument("--sorts", nargs="+", default=SORTS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--each", action="store_true", help="print every query")
    asked = parser.parse_args()
    if asked.library:
        measure(asked.library, asked.sorts, asked.repeats, each=asked.each)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "library.db"
        with open_library(file) as library:
            fill(library, asked.tracks)
        measure(file, asked.sorts, asked.repeats, each=asked.each)


def measure(file: Path, sorts: Sequence[str] = SORTS, repeats: int = 3, *, each: bool = False) -> None:
    """All queries and views, in all orders."""
    to_rows, to_all, plain = Times(), Times(), Times()
    lines = [line[:end] for line in TYPED for end in range(1, len(line) + 1)] + list(WHOLE)
    asked = [(line, ALL, sort) for line in lines for sort in sorts] + [
        ("", view, sort) for view in VIEWS for sort in sorts
    ]
    with closing(open_reader(file)) as reader:
        print(f"{queries.counts(reader).tracks} tracks, {len(asked)} questions")
        for line, view, sort in asked:
            first, whole = Times(), Times()
            count = ask(reader, line, view, sort, repeats, first, whole)
            if each and count >= 0:
                name = f"{line!r} {view.kind} by {sort}"
                print(
                    f"{name:<50} {count:>8} rows {min(first.cpu_ms):8.1f} ms to rows {min(whole.cpu_ms):8.1f} ms to all"
                )
            for times, some in ((to_rows, first), (to_all, whole)):
                times.clock_ms += some.clock_ms
                times.cpu_ms += some.cpu_ms
        for line in lines[:12]:
            timed(plain, partial(like, reader, line))
    to_rows.say("keystroke to rows")
    to_all.say("keystroke to all ids")
    plain.say("plain LIKE, all ids")


def ask(reader: sqlite3.Connection, line: str, view: View, sort: str, repeats: int, first: Times, whole: Times) -> int:
    """One question a few times -> how many rows; -1 when the line is not finished yet."""
    count = 0
    for _ in range(repeats):
        started, busy = time.perf_counter(), time.thread_time()
        try:
            chunks = id_chunks(reader, line, view=view, sort=sort, descending=False)
            ids = next(chunks)
            queries.rows(reader, ids[:SCREENFUL])
            first.add(started, busy)
            count = len(ids) + sum(len(chunk) for chunk in chunks)
            whole.add(started, busy)
        except QueryError:
            return -1
    return count


def timed(times: Times, function: Callable[[], object]) -> None:
    """Add how long a function takes."""
    started, busy = time.perf_counter(), time.thread_time()
    function()
    times.add(started, busy)


if __name__ == "__main__":
    main()
