"""What a long day leaves behind: memory, descriptors and threads of window, worker and player, tenth by tenth.

    python tests/benchmarks/soak.py [--library FILE] [--only questions plays] [--share 0.1]

In one window over a large library (one that many_tracks.py made) with the demo music beside it: 5,000 filter
questions, each asked before the one before may have been answered; 20,000 selections; 500 tracks played into a sound
server of its own whose sink leads nowhere; 500 searches for what sounds alike; 50 scans. After each tenth of each the
processes are looked at. "Own" are the pages that belong to no file, which is where a leak shows; PSS is what a process
has alone and its part of what it shares, and becomes more or less with what other processes do. Linux.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import many_tracks
import window_frames
from sound_server import start_sound_server
from window_frames import wait_for

COUNTS = {"questions": 5_000, "selections": 20_000, "plays": 500, "searches": 500, "scans": 50}
LONGEST_PAUSE_S = 0.04
LISTENED_TO = 6
MAX_GROWTH = 0.03
"""Of what a process had after the first tenth: so much more at the end is still called flat."""
KEYS = ("", "s", "si", "silver", "silver t", "silver train", "genre:jazz", "year:1960..1969", "-blue", "artist:the b")


class Seen(NamedTuple):
    """One look at a process: MB, and numbers of open descriptors and threads."""

    own_mb: float
    pss_mb: float
    rss_mb: float
    descriptors: int
    threads: int


def look_at(process_id: int | None) -> Seen | None:
    """None where there is no such process."""
    if not process_id:
        return None
    process = Path(f"/proc/{process_id}")
    sizes = dict(line.split(":", 1) for line in (process / "smaps_rollup").read_text().splitlines()[1:])
    own_mb, pss_mb, rss_mb = (int(sizes[name].split()[0]) / 1024 for name in ("Anonymous", "Pss", "Rss"))
    return Seen(own_mb, pss_mb, rss_mb, *(len(list((process / name).iterdir())) for name in ("fd", "task")))


class Soak:
    """One window, and what is done in it."""

    def __init__(self, app: Any, draw: random.Random) -> None:
        self.app, self.draw = app, draw
        self.page = app.window.page
        self.errors: list[object] = []
        self.page.model.queryFailed.connect(self.errors.append)
        self.asked = 0
        self.real: list[int] = []

    def processes(self) -> dict[str, int | None]:
        """Process numbers by name."""
        player = self.app.player._process
        return {
            "window": os.getpid(),
            "worker": self.app.client.process_id(),
            "player": player.processId() if player is not None else None,
        }

    def questions(self) -> None:
        """One key, and no wait for the answer."""
        self.asked += 1
        self.app.window.top_bar.query.set_text(KEYS[self.asked % len(KEYS)])
        self._let_happen(self.draw.uniform(0, LONGEST_PAUSE_S))

    def selections(self) -> None:
        """A row, a span, or now and then everything."""
        table, count = self.page.table, len(self.page.model.ids)
        kind = self.draw.random()
        if kind < 0.001:
            table.selectAll()
        elif kind < 0.1:
            table.choose_ids(list(self.page.model.ids[:: max(1, count // 50)]))
        else:
            table.selectRow(self.draw.randrange(count))
        self._let_happen(0.0)

    def plays(self) -> None:
        """From the double click to sound."""
        heard: list[object] = []
        connection = self.app.player.trackStarted.connect(heard.append)
        self.app.window.context.queue.play([self.draw.choice(self.real)])
        wait_for(lambda: bool(heard))
        self.app.player.trackStarted.disconnect(connection)

    def searches(self) -> None:
        """What sounds like one of the tracks that were listened to."""
        from pemr_desktop.protocol.messages import MoreLikeThis

        self._job(MoreLikeThis((self.draw.choice(self.real[:LISTENED_TO]),)))

    def scans(self) -> None:
        """All folders."""
        from pemr_desktop.protocol.messages import Scan

        self._job(Scan())

    def prepare(self, music: Path) -> None:
        """Start the worker, add the music, listen to a little of it."""
        from pemr_desktop.library import queries
        from pemr_desktop.protocol.messages import AddFolders, Analyse

        self.app.client.start()
        wait_for(lambda: self.app.client.last_ready is not None)
        self._job(AddFolders((os.fsencode(music),)))
        found: list[list[int]] = []
        self.app.reader.ask(lambda conn: list(queries.track_ids(conn, "-path:.x", sort="path")), done=found.append)
        wait_for(lambda: bool(found))
        self.real = found[0]
        self._job(Analyse(tuple(self.real[:LISTENED_TO])))

    def settle(self) -> None:
        """Wait until nothing is under way."""
        wait_for(self.app.reader.idle)
        self._let_happen(0.2)

    def _job(self, request: Any) -> None:
        client = self.app.client
        job = client.submit(request)
        wait_for(lambda: client.job(job) is None or client.job(job).ended)
        view = client.job(job)
        if view is not None and view.state != "finished":
            self.errors.append(f"{type(request).__name__}: {view.message}")

    def _let_happen(self, seconds: float) -> None:
        from PySide6.QtWidgets import QApplication

        end = time.perf_counter() + seconds
        QApplication.processEvents()
        while time.perf_counter() < end:
            QApplication.processEvents()
            time.sleep(0.001)


def tenths(count: int) -> Iterator[int]:
    """How many to do in each tenth."""
    for part in range(1, 11):
        yield count * part // 10 - count * (part - 1) // 10


def series(soak: Soak, name: str, do: Callable[[], None], count: int) -> dict[str, list[Seen]]:
    """Do it `count` times -> what was seen of each process after each tenth."""
    seen: dict[str, list[Seen]] = {}
    start = time.monotonic()
    for part in tenths(count):
        for _ in range(part):
            do()
        soak.settle()
        for process, process_id in soak.processes().items():
            look = look_at(process_id)
            if look is not None:
                seen.setdefault(process, []).append(look)
        own = ", ".join(f"{process} {looks[-1].own_mb:.1f} MB" for process, looks in seen.items())
        print(f"    after {part} more {name}: {own}", flush=True)
    print(f"{count:,} {name} in {time.monotonic() - start:.0f} s, {len(soak.errors)} errors")
    for process, looks in seen.items():
        first, last = looks[0], looks[-1]
        grown_mb = last.own_mb - first.own_mb
        verdict = "flat" if grown_mb <= MAX_GROWTH * first.own_mb and last.threads <= first.threads else "GROWS"
        print(f"  {process}: {verdict}, {grown_mb:+.1f} MB from the first tenth on")
        print("    own MB      " + " ".join(f"{look.own_mb:6.1f}" for look in looks))
        print("    PSS MB      " + " ".join(f"{look.pss_mb:6.1f}" for look in looks))
        print("    RSS MB      " + " ".join(f"{look.rss_mb:6.1f}" for look in looks))
        print("    descriptors " + " ".join(f"{look.descriptors:6}" for look in looks))
        print("    threads     " + " ".join(f"{look.threads:6}" for look in looks), flush=True)
    return seen


def objects_by_type() -> Counter[str]:
    """How many Python objects there are of each type that the collector knows."""
    gc.collect()
    gc.unfreeze()
    return Counter(type(thing).__name__ for thing in gc.get_objects())


def main() -> None:
    """Run, and print the series."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path)
    parser.add_argument("--tracks", type=int, default=100_000, help="where no library is given")
    parser.add_argument("--only", nargs="*", choices=list(COUNTS), default=list(COUNTS))
    parser.add_argument("--share", type=float, default=1.0, help="of the numbers above")
    parser.add_argument("--objects", action="store_true", help="say which Python objects became more")
    asked = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory(prefix="pemr-soak-") as folder:
        home = Path(folder)
        os.environ["PEMR_DESKTOP_HOME"] = str(home)
        server = start_sound_server(home / "sound")
        os.environ["PULSE_SERVER"] = server.environment["PULSE_SERVER"]
        try:
            soak_all(home, asked)
        finally:
            server.end()


def soak_all(home: Path, asked: argparse.Namespace) -> None:
    """Everything, in one window."""
    from pemr_desktop.paths import below
    from pemr_desktop.resources import resource

    music = Path(shutil.copytree(resource("demo"), home / "Music"))
    library = asked.library
    if library is None:
        from pemr_desktop.library.opening import open_library

        library = home / "made.sqlite"
        with open_library(library) as made:
            many_tracks.fill(made, asked.tracks)
    window_frames.take_library(home, library)
    with closing(sqlite3.connect(below(home).library_file)) as connection, connection:
        bundled = os.fsencode(resource("models", "bundled.safetensors"))
        connection.execute("UPDATE models SET path = ?", (bundled,))  # the made rows name one that is not there
    app: Any = window_frames.open_app(home)
    wait_for(lambda: window_frames.first_rows_are_painted(app))
    soak = Soak(app, random.Random(0))
    soak.prepare(music)
    for name in asked.only:
        app.window.top_bar.query.set_text("")
        soak.settle()
        before = objects_by_type() if asked.objects else Counter[str]()
        series(soak, name, getattr(soak, name), max(10, round(asked.share * COUNTS[name])))
        if asked.objects:
            more = objects_by_type() - before
            print("    more objects: " + ", ".join(f"{count} {kind}" for kind, count in more.most_common(12)))
    for error in soak.errors[:5]:
        print(f"error: {error}")
    app.stop()
    sys.exit(1 if soak.errors else 0)


if __name__ == "__main__":
    main()
