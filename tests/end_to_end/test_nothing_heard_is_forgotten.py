"""Tags are written into more than a hundred Vorbis files of all layouts by the real command: nothing heard is lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from digests_of_0_1_0 import as_0_1_0_left_it
from pemr_desktop.library.embeddings.analyses import TrackAnalysis
from pemr_desktop.library.embeddings.models import ModelInfo
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.rows import TagRow
from pemr_desktop.paths import below
from sounds import melody

SOUNDS = 10
PAGES_MS = (20, 100, 300, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 9_000, 30_000)
"""Of sound on each page: each sound once with each."""
RATE = 22_050
MODEL = ModelInfo("0123456789abcdef", "a model", Path("/models/a.safetensors"), 8, (TagRow("jazz", "genre", 0.5),))
HEARD = ("embeddings", "predictions", "peaks", "cover_features")

Run = Callable[..., str]


def write_vorbis(path: Path, seed: int, page_ms: int) -> None:
    """A tune of 6 to 15 seconds on pages of that length."""
    samples = np.repeat(np.atleast_2d(melody(6.0 + seed, RATE, seed=seed)), 2, axis=0)
    with av.open(str(path), "w", options={"page_duration": str(page_ms * 1_000)}) as container:
        container.metadata.update({"title": f"Tune {seed}", "comment": "x" * page_ms})
        stream = container.add_stream("vorbis", rate=RATE, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.options = {"strict": "experimental"}
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        resampler = av.AudioResampler(stream.format, "stereo", RATE, frame_size=stream.frame_size or 1024)
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))


def hear(library: Library) -> None:
    """Have a model hear every track."""
    library.register_model(MODEL)
    library.activate_model(MODEL.id)
    library.store_analyses(
        [
            TrackAnalysis(
                track_id=track.track_id,
                model_id=MODEL.id,
                vector=np.full(8, track.track_id, np.float32),
                segments=np.full((3, 8), track.track_id, np.float32),
                starts_s=np.array([0, 3, 6], np.float32),
                importance=np.linspace(0, 1, 5, dtype=np.float32),
                importance_step_s=0.5,
                predictions=[("jazz", 0.9)],
                peaks=b"\x01\x02",
                cover_features=b"chroma",
                cover_version=1,
            )
            for track in library.tracks_to_analyse(MODEL.id)
        ]
    )


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose library has heard a folder of 110 files."""
    music = tmp_path / "music"
    music.mkdir()
    for seed in range(SOUNDS):
        for page_ms in PAGES_MS:
            write_vorbis(music / f"{seed} {page_ms}.ogg", seed, page_ms)
    home = tmp_path / "home"
    with open_library(below(home).library_file) as library:
        library.add_root(music)
        assert library.scan().added == SOUNDS * len(PAGES_MS)
        hear(library)
    yield home


@pytest.fixture
def run(home: Path) -> Run:
    def run_command(*arguments: str) -> str:
        command = [sys.executable, "-m", "pemr_desktop", "--home", str(home), *arguments]
        environ = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    return run_command


def heard(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that is stored of what was heard."""
    with closing(sqlite3.connect(below(home).library_file)) as library:
        return {table: sorted(library.execute(f"SELECT * FROM {table}")) for table in HEARD}


@pytest.mark.parametrize("made_by", ["this version", "0.1.0"])
def test_writing_and_taking_back_forgets_nothing(home: Path, run: Run, made_by: str) -> None:
    if made_by == "0.1.0":
        with open_library(below(home).library_file) as library:
            as_0_1_0_left_it(library)
    before = heard(home)
    assert {table: len(rows) for table, rows in before.items()} == dict.fromkeys(HEARD, SOUNDS * len(PAGES_MS))
    count = f"{SOUNDS * len(PAGES_MS)} files"
    assert count in run("edit", "title:tune", "--set", "genre=Jazz", "--add", f"mood={'calm ' * 900}", "--apply")
    assert heard(home) == before
    run("scan", "--again")
    assert heard(home) == before
    assert count in run("undo", "1")
    assert heard(home) == before
