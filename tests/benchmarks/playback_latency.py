"""How long one waits for sound: first play, next play, seek; and what the engine costs while it plays.

    python tests/benchmarks/playback_latency.py MUSIC_FOLDER [--tracks 40]

Plays into a sound server of its own (PulseAudio) whose sink leads nowhere. Linux.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from pemr.audio import probe
from pemr.datasets.folder import audio_files
from pemr_desktop.playback.player import Player
from sound_server import start_sound_server

PATIENCE_S = 10.0
LISTEN_S = 10.0


def wait_until(done: Callable[[], bool]) -> float:
    """Runs the event loop until `done`; how long that took, in seconds."""
    start_s = time.perf_counter()
    while not done():
        if time.perf_counter() - start_s > PATIENCE_S:
            raise TimeoutError("nothing was heard within ten seconds")
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)
    return time.perf_counter() - start_s


def started(player: Player, path: Path) -> float:
    """Seconds from asking for a file to hearing it."""
    heard: list[Path] = []
    connection = player.trackStarted.connect(heard.append)
    player.play(path)
    took_s = wait_until(lambda: path in heard)
    player.trackStarted.disconnect(connection)
    return took_s


def sought(player: Player, position_s: float) -> float:
    """Seconds from asking for a position to hearing on from there."""
    player.seek(position_s)
    return wait_until(lambda: player.position_s > position_s)


def processor_s(process_id: int) -> float:
    """Processor time a process has used."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def show(name: str, times_s: list[float]) -> None:
    print(f"{name:<28} median {1000 * statistics.median(times_s):6.0f} ms   slowest {1000 * max(times_s):6.0f} ms")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--tracks", type=int, default=40)
    options = arguments.parse_args()
    files = list(audio_files([options.folder]))
    random.Random(0).shuffle(files)
    with tempfile.TemporaryDirectory() as folder:
        server = start_sound_server(Path(folder))
        os.environ["PULSE_SERVER"] = server.environment["PULSE_SERVER"]
        application = QCoreApplication([])
        player = Player()
        show("first play (engine starts)", [started(player, files[0])])
        show("next play", [started(player, path) for path in files[1 : options.tracks]])
        longest = max(files[: options.tracks], key=lambda path: probe(path).duration_s)
        started(player, longest)
        span_s = probe(longest).duration_s - LISTEN_S - 5
        show("seek", [sought(player, span_s * step / 20) for step in range(1, 20)])
        assert player._process is not None
        before_s = processor_s(player._process.processId())
        QTimer.singleShot(round(1000 * LISTEN_S), application.quit)
        application.exec()
        used_s = processor_s(player._process.processId()) - before_s
        print(f"{'engine while playing':<28} {100 * used_s / LISTEN_S:.1f} % of one processor")
        player.close()
        server.end()


if __name__ == "__main__":
    main()
