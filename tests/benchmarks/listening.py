"""What listening costs in this checkout and in another one: start, first tag, tracks a minute, processor, memory.

    git worktree add /tmp/before COMMIT
    python tests/benchmarks/listening.py [MUSIC_FOLDER] --before /tmp/before [--rounds 3]

Both take turns, each time with a fresh library and a real worker, so that what else the machine does falls on both.
The worker is started, scans, and listens to the folder (default: the demo music); processor time is that of the worker
and its decoders, memory the most that the worker itself held.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIGURES = {
    "ready_s": "s until the worker is ready",
    "first_tag_s": "s from its start to the first tag",
    "tracks_per_minute": "tracks a minute",
    "processor_s": "s of processor a track",
    "worker_mb": "MB in the worker at most",
}


def main() -> None:
    """Measure in turn and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "resources" / "demo")
    parser.add_argument("--before", type=Path, help="another checkout of this repository")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure is not None:
        print(json.dumps(_measure(asked.folder.absolute(), asked.measure)))
        return
    checkouts = {"now": ROOT} if asked.before is None else {"before": asked.before.absolute(), "now": ROOT}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in checkouts}
    for _ in range(asked.rounds):
        for name, checkout in checkouts.items():
            found[name].append(_in_checkout(checkout, asked.folder))
    print(f"{'':34s}" + "".join(f"{name:>10s}" for name in checkouts))
    for key, words in FIGURES.items():
        values = (statistics.median(figures[key] for figures in found[name]) for name in checkouts)
        print(f"{words:34s}" + "".join(f"{value:10.2f}" for value in values))


def _in_checkout(checkout: Path, folder: Path) -> dict[str, float]:
    paths = os.pathsep.join([str(checkout), str(checkout / "training")])
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, __file__, str(folder), "--measure", home]
        environ = {**os.environ, "PYTHONPATH": paths, "PEMR_DESKTOP_HOME": home}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, cwd=checkout)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _measure(folder: Path, home: Path) -> dict[str, float]:
    """In a process of its own, whose children are the worker and what that starts."""
    from pemr_desktop.jobs.session import WorkerSession
    from pemr_desktop.protocol.messages import AddFolders, Analyse, Progress

    first: list[float] = []

    def listened(event: Progress) -> None:
        if event.done and not first:
            first.append(time.perf_counter())

    library = home / "library.sqlite"
    began = time.perf_counter()
    with WorkerSession(library) as jobs:
        ready_s = time.perf_counter() - began
        jobs.run(AddFolders((os.fsencode(folder),)), "Scanning")
    scanned_s = _children_s()
    started = time.perf_counter()
    with WorkerSession(library) as jobs:
        jobs.run(Analyse(), "Listening", listened)
        wall_s = time.perf_counter() - started
        worker_mb = max(_peak_mb(child) for child in _children())
    tracks = sum(path.is_file() and path.suffix in (".opus", ".ogg", ".mp3", ".flac") for path in folder.rglob("*"))
    return {
        "ready_s": ready_s,
        "first_tag_s": (first[0] if first else time.perf_counter()) - started,
        "tracks_per_minute": 60.0 * tracks / wall_s,
        "processor_s": (_children_s() - scanned_s) / tracks,
        "worker_mb": worker_mb,
    }


def _children() -> list[str]:
    return Path("/proc/self/task", str(os.getpid()), "children").read_text().split()


def _peak_mb(process: str) -> float:
    lines = Path("/proc", process, "status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
