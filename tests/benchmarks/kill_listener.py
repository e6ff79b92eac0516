"""Kill a process that stores what it has heard; after each kill the library is sound and holds no half analysis.

    python tests/benchmarks/kill_listener.py [--kills 100] [--seed 0] [--folder FOLDER]

A process stores analyses of tracks, in batches, without end, until it gets SIGKILL. Each analysis carries one number
in all of its parts: vector, segments, importance, predictions, levels of the waveform. Then the library is opened as
the next start does: the database must be sound, and every track have all parts with the same number, or none.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np

import many_tracks
from pemr_desktop.library.embeddings.analyses import TrackAnalysis
from pemr_desktop.library.embeddings.models import ModelInfo
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.rows import TagRow

TRACKS, DIMENSION, LONGEST_LIFE_S = 400, 64, 0.5
MODEL = ModelInfo("0123456789abcdef", "kill", Path("/no/model"), DIMENSION, (TagRow("jazz", "genre", 0.5),))
PARTS = """
SELECT e.track_id, e.vector, s.segments, s.importance, p.probability, k.levels FROM embeddings e
LEFT JOIN segments s ON s.embedding_id = e.id
LEFT JOIN predictions p ON p.track_id = e.track_id AND p.model_id = e.model_id
LEFT JOIN peaks k ON k.track_id = e.track_id
WHERE e.model_id = ?
"""


def analysis(track_id: int, number: int) -> TrackAnalysis:
    """With one number, of 1 to 200, in all its parts."""
    return TrackAnalysis(
        track_id,
        MODEL.id,
        vector=np.full(DIMENSION, number, np.float32),
        segments=np.full((20, DIMENSION), number, np.float32),
        starts_s=np.arange(20, dtype=np.float32),
        importance=np.full(400, number / 255, np.float32),
        importance_step_s=0.1,
        predictions=[("jazz", 0.55 + number / 1000)],
        peaks=bytes([number]) * 1_000,
        duration_s=60.0,
    )


def store_without_end(library_file: Path, ready: int, seed: int) -> None:
    """Until the kill."""
    draw = random.Random(seed)
    library = open_library(library_file)
    os.write(ready, b"s")
    while True:
        tracks = draw.sample(range(1, TRACKS + 1), draw.choice((1, 4, 16)))
        library.store_analyses([analysis(track, draw.randint(1, 200)) for track in tracks])


def kill_one(library_file: Path, life_s: float, seed: int) -> None:
    """Start a process that stores, and end it by SIGKILL."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            store_without_end(library_file, writing, seed)
        finally:
            os._exit(70)  # it is never to come here
    os.close(writing)
    assert os.read(reading, 1) == b"s", "the process did not start"
    os.close(reading)
    time.sleep(life_s)
    os.kill(process, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL


def check(library_file: Path) -> int:
    """How many analyses the library holds. Raises AssertionError when it is not sound, or one of them is half."""
    with open_library(library_file):
        pass
    with closing(sqlite3.connect(library_file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        rows = connection.execute(PARTS, (MODEL.id,)).fetchall()
    for track, vector, segments, importance, probability, levels in rows:
        numbers = {
            round(float(np.frombuffer(vector, np.float16)[0])),
            *np.unique(np.frombuffer(segments, np.float16)).astype(int).tolist(),
            *np.frombuffer(importance, np.uint8).tolist(),
            round((probability - 0.55) * 1000),
            *levels,
        }
        assert len(numbers) == 1, f"track {track} has parts of several analyses: {numbers}"
    return len(rows)


def main() -> None:
    """Run and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where to work; its disk is the one that is synced")
    asked = parser.parse_args()
    draw, told = random.Random(asked.seed), Counter[str]()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        library_file = Path(folder) / "library.db"
        with open_library(library_file) as library:
            many_tracks.fill(library, TRACKS)
            library.register_model(MODEL)
        start = time.monotonic()
        for number in range(asked.kills):
            kill_one(library_file, draw.uniform(0, LONGEST_LIFE_S), number)
            told["with a log to take in"] += Path(f"{library_file}-wal").stat().st_size > 0
            held = check(library_file)
        left = sorted(path.name for path in Path(folder).iterdir() if path.name.endswith((".part", ".new")))
    print(f"{asked.kills} kills in {time.monotonic() - start:.0f} s, {dict(told)}, {held} analyses held in the end:")
    print(f"the library sound after each, no half analysis, {len(left)} strays")
    assert not left


if __name__ == "__main__":
    main()
