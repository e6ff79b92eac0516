"""How fast the window is: start to usable window, filter keystroke to new rows, frame times while the worker analyses.

    python tests/benchmarks/window_frames.py [--tracks 100000] [--music DIR] [--seconds 20]
    python tests/benchmarks/window_frames.py --library FILE      (one that many_tracks.py made; nothing is listened to)

Makes a library of its own: real rows of real files, multiplied to the number of tracks asked for. The music (by
default the demo library) is copied and listened to while the table scrolls. `paint` is one repaint of the table by the
clock, `cpu` the same by the processor (what it would take on a machine that does nothing else), `stall` the time the
event loop did not come round. Run it with a display, or under xvfb-run, or offscreen.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

FRAME_MS, STEP_PX, HEARTBEAT_MS = 16.0, 30, 5
SIZE_PX = (1320, 820)
PATIENCE_S = 300.0
WORDS = ("amber", "blue", "cloud", "dawn", "ember", "field", "glass", "harbour", "iron", "june", "kite", "lake", "moon")

MULTIPLY = """
WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < :count)
INSERT INTO tracks (root_id, rel_path, folder, location, size, mtime_ns, inode, added_at, read_at, format,
    duration_s, sample_rate, channels, bit_rate, title, artist, album, genres, year, sort_title, sort_artist,
    sort_album, sort_genre)
SELECT t.root_id, CAST('copy/' || n AS BLOB), CAST('copy' AS BLOB), 'copy/' || n, t.size, t.mtime_ns, t.inode,
    t.added_at - 1e7, t.read_at, t.format, 100 + n % 300, t.sample_rate, t.channels, t.bit_rate,
    word(n) || ' ' || word(n / 13) || ' ' || n, word(n / 500) || ' band ' || n / 500, word(n / 12) || ' ' || n / 12,
    t.genres, 1950 + n % 70, word(n) || ' ' || word(n / 13) || ' ' || n, word(n / 500) || ' band ' || n / 500,
    word(n / 12) || ' ' || n / 12, t.sort_genre
FROM copies, (SELECT * FROM tracks ORDER BY id LIMIT 1) t
"""


def make_library(home: Path, music: Path, tracks: int) -> None:
    """Scan the music, then multiply its first row."""
    from pemr_desktop.library.opening import open_library
    from pemr_desktop.paths import below
    from pemr_desktop.settings_file import SettingsStore

    paths = below(home).create()
    settings = SettingsStore(paths.settings_file)
    settings.set("scan.watch", False)
    settings.set("analyse.automatic", False)
    with open_library(paths.library_file) as library:
        library.add_root(music)
        library.scan()
    connection = sqlite3.connect(paths.library_file)
    connection.create_function("word", 1, lambda number: WORDS[int(number) % len(WORDS)], deterministic=True)
    with connection:
        connection.execute(MULTIPLY, {"count": tracks})
    connection.execute("ANALYZE")
    connection.close()
    started = time.perf_counter()
    open_library(paths.library_file).close()  # the copies get their albums, as those of an old library do
    print(f"albums of {tracks} tracks: {time.perf_counter() - started:.1f} s")


def take_library(home: Path, library: Path) -> None:
    """Use a copy of a library that is there already."""
    from pemr_desktop.paths import below
    from pemr_desktop.settings_file import SettingsStore

    paths = below(home).create()
    SettingsStore(paths.settings_file).set("scan.watch", False)
    shutil.copyfile(library, paths.library_file)


def wait_for(condition: Callable[[], bool]) -> None:
    """Let Qt work until a state is reached."""
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + PATIENCE_S
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)
        if time.monotonic() > end:
            raise TimeoutError


def open_app(home: Path) -> object:
    """The application with its window on view, its worker not started."""
    from PySide6.QtWidgets import QApplication

    from pemr_desktop.app import SWITCH_INTERVAL_S, App, quiet_collector
    from pemr_desktop.paths import below

    sys.setswitchinterval(SWITCH_INTERVAL_S)
    app = App(QApplication(sys.argv[:1]), below(home).create())
    app.window.resize(*SIZE_PX)
    app.window.show()
    quiet_collector()
    return app


def first_rows_are_painted(app: object) -> bool:
    """The table is on view and knows the rows in it."""
    page = app.window.page  # type: ignore[attr-defined]
    return bool(page.model.ids) and page.table.isVisible() and page.model.track(0) is not None


def probe_start(home: Path, started_at: float) -> None:
    """In a fresh process: seconds from its start to a window with rows in it."""
    app = open_app(home)
    shown = time.time() - started_at
    wait_for(lambda: first_rows_are_painted(app))
    app.window.page.table.viewport().repaint()  # type: ignore[attr-defined]
    print(f"{shown:.3f} {time.time() - started_at:.3f}")
    app.stop()  # type: ignore[attr-defined]


def measure_start(home: Path) -> None:
    """Three fresh processes; the first one may find cold caches."""
    for number in range(3):
        command = [sys.executable, __file__, "--probe-start", str(home), str(time.time())]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        print(f"start {number + 1}: window on view after {answer[0]} s, rows in it after {answer[1]} s")


class Frames:
    """Scrolls the table and times every repaint; a heartbeat tells how long the event loop was away."""

    def __init__(self, table: object) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.table = table
        self.paints_ms: list[float] = []
        self.cpu_ms: list[float] = []
        self.stalls_ms: list[float] = []
        self._beat = time.perf_counter()
        self.scroll, self.heart = QTimer(), QTimer()
        for timer, interval, slot in (
            (self.scroll, int(FRAME_MS), self._paint),
            (self.heart, HEARTBEAT_MS, self._tick),
        ):
            timer.setTimerType(Qt.TimerType.PreciseTimer)
            timer.setInterval(interval)
            timer.timeout.connect(slot)
            timer.start()

    def _paint(self) -> None:
        bar = self.table.verticalScrollBar()  # type: ignore[attr-defined]
        bar.setValue((bar.value() + STEP_PX) % max(1, bar.maximum()))
        start, start_cpu = time.perf_counter(), time.thread_time()
        self.table.viewport().repaint()  # type: ignore[attr-defined]
        self.cpu_ms.append(1000 * (time.thread_time() - start_cpu))
        self.paints_ms.append(1000 * (time.perf_counter() - start))

    def _tick(self) -> None:
        now = time.perf_counter()
        self.stalls_ms.append(max(0.0, 1000 * (now - self._beat) - HEARTBEAT_MS))
        self._beat = now

    def report(self, name: str) -> None:
        """Print and begin anew."""
        for what, values in (("paint", self.paints_ms), ("cpu", self.cpu_ms), ("stall", self.stalls_ms)):
            print(f"{name:>10} {what:>5}: {described(values)}")
        self.begin()

    def begin(self) -> None:
        """Forget what was measured so far."""
        self.paints_ms, self.cpu_ms, self.stalls_ms = [], [], []


def described(values: Sequence[float]) -> str:
    """Median, 95th and 99th percentile, the longest, and how many were over one frame and over 50 ms."""
    ordered = sorted(values)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return (
        f"n {len(ordered)}, median {at(0.5):.1f} ms, 95 % {at(0.95):.1f} ms, 99 % {at(0.99):.1f} ms, "
        f"longest {ordered[-1]:.1f} ms, over 16 ms {sum(v > FRAME_MS for v in ordered)}, "
        f"over 50 ms {sum(v > 50 for v in ordered)}"
    )


def measure_filter(app: object) -> None:
    """From a query line that is sent to the first rows of the answer."""
    page, line = app.window.page, app.window.top_bar.query  # type: ignore[attr-defined]
    times: list[float] = []
    for text in ("t", "a", "am", "amb", "amber", "amber moon", "year:1960..1969", "artist:dawn -title:lake", ""):
        loaded: list[int] = []
        connection = page.model.loaded.connect(loaded.append)
        start = time.perf_counter()
        line.set_text(text)
        wait_for(lambda seen=loaded: bool(seen) and (not page.model.ids or page.model.track(0) is not None))  # type: ignore[misc]
        times.append(1000 * (time.perf_counter() - start))
        page.model.loaded.disconnect(connection)
        print(f"    filter {text!r}: {times[-1]:.0f} ms, {len(page.model.ids)} rows")


def run_for(seconds: float, also: Callable[[], bool] = lambda: False) -> None:
    """Let everything happen for a while, or until `also` holds."""
    end = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() > end or also())


def measure_window(home: Path, seconds: float, listen: bool) -> None:
    """Frames idle, then while the worker listens."""
    from gesture_frames import measure_gestures

    app = open_app(home)
    wait_for(lambda: first_rows_are_painted(app))
    measure_filter(app)
    measure_gestures(app, SIZE_PX)
    measure_albums(app, seconds / 2)
    frames = Frames(app.window.page.table)  # type: ignore[attr-defined]
    run_for(3.0)
    frames.begin()
    run_for(seconds / 2)
    frames.report("idle")
    if listen:
        measure_listening(app, frames, seconds)
    frames.scroll.stop()
    frames.heart.stop()
    app.stop()  # type: ignore[attr-defined]


def measure_albums(app: object, seconds: float) -> None:
    """The grid of albums scrolls; then it, an album and the table take turns."""
    view = app.window.view  # type: ignore[attr-defined]
    view.go("albums")
    page = app.window.pages.page("albums")  # type: ignore[attr-defined]
    wait_for(lambda: bool(page.model.ids) and page.model.album(0) is not None)
    frames = Frames(page.grid)
    run_for(1.0)
    frames.begin()
    run_for(seconds)
    frames.report("albums")
    for number in range(6):
        view.show_album(page.model.ids[number])
        run_for(0.3)
        view.go("albums")
        run_for(0.3)
        view.go("all")
        run_for(0.3)
    print(f"    {len(page.model.ids)} albums, {6 * 3} switches of pages")
    frames.report("switches")
    frames.scroll.stop()
    frames.heart.stop()


def measure_listening(app: object, frames: Frames, seconds: float) -> None:
    """Frames while the worker listens to the tracks that have a file."""
    app.client.start()  # type: ignore[attr-defined]
    wait_for(lambda: app.client.last_ready is not None)  # type: ignore[attr-defined]
    from pemr_desktop.library import queries
    from pemr_desktop.protocol.messages import Analyse

    real: list[list[int]] = []
    app.reader.ask(lambda conn: list(queries.track_ids(conn, "-path:copy")), done=real.append)  # type: ignore[attr-defined]
    wait_for(lambda: bool(real))
    job = app.client.submit(Analyse(tuple(real[0]), again=True))  # type: ignore[attr-defined]
    wait_for(lambda: app.client.job(job).done > 0 or app.client.job(job).ended)  # type: ignore[attr-defined]
    frames.begin()
    run_for(seconds, lambda: app.client.job(job).ended)  # type: ignore[attr-defined]
    view = app.client.job(job)  # type: ignore[attr-defined]
    frames.report("analysing")
    print(f"    {view.done} of {view.total} tracks listened to meanwhile; {view.message}")


def main(arguments: list[str]) -> int:
    """Everything, on a home that is thrown away."""
    if arguments[:1] == ["--probe-start"]:
        probe_start(Path(arguments[1]), float(arguments[2]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--music", type=Path)
    parser.add_argument("--library", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args(arguments)
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from pemr_desktop.resources import resource

    home = Path(tempfile.mkdtemp(prefix="pemr-frames-"))
    os.environ["PEMR_DESKTOP_HOME"] = str(home)
    if options.library:
        take_library(home, options.library)
    else:
        music = home / "Music"
        shutil.copytree(options.music or resource("demo"), music)
        make_library(home, music, options.tracks)
    print(f"{options.library or options.tracks} tracks, platform {os.environ.get('QT_QPA_PLATFORM', 'of the display')}")
    measure_start(home)
    measure_window(home, options.seconds, listen=options.library is None)
    shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
