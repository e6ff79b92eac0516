"""Folders to Parquet: the same rows from processes and from Ray, resumable, unreadable files named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from patience import PATIENCE_S
from pemr.archive.embedding import embed_folders, parts_folder
from pemr.archive.parts import plan_parts
from pemr.archive.rows import METADATA_KEY
from pemr.command import build
from pemr.datasets.folder import audio_files
from pemr.embed import DEFAULT_SEGMENTS, Encoder
from pemr.errors import ArchiveError, CorpusError
from pemr.modelfile import load_model

UNREADABLE = {"empty.mp3", "letter.ogg"}
CRASHING_DECODER = """
import importlib.machinery, os, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name != "pemr.archive.rows":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            row = module.RowMaker._row
            crash = lambda: os.kill(os.getpid(), 9)
            module.RowMaker._row = lambda self, path: crash() if path.endswith("track 0.wav") else row(self, path)

        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Finder())
"""


@pytest.fixture(scope="module")
def archive(music: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("archive") / "music.parquet"
    report = embed_folders([music], tiny_model, out, jobs=2)
    assert (report.tracks, report.made) == (6, 8)
    assert {Path(path).name for path, _ in report.errors} == UNREADABLE
    return out


def test_a_row_holds_what_the_encoder_hears(archive: Path, music: Path, tiny_model: Path) -> None:
    rows = {row["path"]: row for row in pq.read_table(archive).to_pylist()}
    encoder = Encoder.load(tiny_model)
    path = music / "album 1" / "track 3.flac"
    track, row = encoder.embed_file(path), rows[str(path)]
    np.testing.assert_allclose(row["track"], track.track, atol=1e-5)
    np.testing.assert_allclose(row["segments"], track.segments, atol=1e-5)
    np.testing.assert_allclose(row["segment_starts_s"], track.segment_starts_s)
    np.testing.assert_allclose(row["tag_probabilities"], track.tag_probabilities, atol=1e-5)
    assert row["seconds"] == track.duration_s
    assert row["model_id"] == encoder.model_id
    assert row["error"] is None


def test_rows_stand_in_the_order_of_their_paths_and_unreadable_files_are_named(archive: Path) -> None:
    table = pq.read_table(archive)
    paths = table["path"].to_pylist()
    assert paths == sorted(paths)
    failed = {Path(row["path"]).name: row for row in table.to_pylist() if row["error"] is not None}
    assert set(failed) == UNREADABLE
    assert all(row["track"] is None and row["segments"] is None and row["error"] for row in failed.values())


def test_the_file_says_what_its_tags_are_called_and_who_made_it(archive: Path, tiny_model: Path) -> None:
    described = json.loads(pq.read_schema(archive).metadata[METADATA_KEY])
    assert described["tags"] == ["piano", "calm", "opera"]
    assert described["model_id"] == Encoder.load(tiny_model).model_id


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ray_and_processes_give_the_same_file(archive: Path, music: Path, tiny_model: Path, tmp_path: Path) -> None:
    """Slow: Ray starts a cluster of its own, half a minute on two idle cores and minutes on busy ones."""
    on_ray = tmp_path / "ray.parquet"
    done = subprocess.run(
        [sys.executable, "-m", "pemr.command", "embed", "--model", str(tiny_model), "--out", str(on_ray), "--jobs", "2",
         "--ray", str(music)],
        capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=550, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "6 tracks (8 new), 2 unreadable" in done.stdout
    assert pq.read_table(on_ray).equals(pq.read_table(archive))
    assert pq.read_schema(on_ray).metadata == pq.read_schema(archive).metadata


def test_a_run_goes_on_with_the_parts_that_are_missing_or_damaged(
    archive: Path, music: Path, tiny_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "music.parquet"

    class Stopped(Exception):
        pass

    def stop(done: int, total: int, failed: int) -> None:
        if done >= 3:
            raise Stopped

    with pytest.raises(Stopped):
        embed_folders([music], tiny_model, out, jobs=1, progress=stop)
    assert not out.exists()
    first = plan_parts(audio_files([music]), load_model(tiny_model).digest, DEFAULT_SEGMENTS)[0].file(parts_folder(out))
    first.write_bytes(first.read_bytes()[:100])
    report = embed_folders([music], tiny_model, out, jobs=1)
    assert (report.tracks, report.made, len(report.errors)) == (6, 6, 2)
    assert pq.read_table(out).equals(pq.read_table(archive))
    assert not parts_folder(out).exists()


def test_nothing_is_done_twice_and_a_new_file_is_noticed(
    tiny_model: Path, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    make_audio(tmp_path / "music" / "a.wav")
    out = tmp_path / "a.parquet"
    embed_folders([tmp_path / "music"], tiny_model, out, jobs=1)
    before = out.stat().st_mtime_ns
    again = embed_folders([tmp_path / "music"], tiny_model, out, jobs=1)
    assert again.up_to_date
    assert again.tracks == 1
    assert out.stat().st_mtime_ns == before
    make_audio(tmp_path / "music" / "b.wav", seed=2)
    assert embed_folders([tmp_path / "music"], tiny_model, out, jobs=1).tracks == 2


def test_a_decoder_that_crashes_costs_one_file(
    music: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The children import a `sitecustomize` that kills the process at one file, as a broken native decoder would."""
    (tmp_path / "sitecustomize.py").write_text(CRASHING_DECODER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    out = tmp_path / "music.parquet"
    report = embed_folders([music / "album 0"], tiny_model, out, jobs=2)
    assert report.tracks == 2
    assert [(Path(path).name, reason) for path, reason in report.errors] == [
        ("track 0.wav", "the decoder crashed on this file")
    ]


def test_a_file_of_someone_else_is_never_replaced(music: Path, tiny_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.parquet"
    pq.write_table(pa.table({"mine": [1, 2]}), out)
    before = out.read_bytes()
    with pytest.raises(ArchiveError, match="no archive of embeddings"):
        embed_folders([music], tiny_model, out, jobs=1)
    assert out.read_bytes() == before


def test_no_music_is_said_plainly(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="No audio files"):
        embed_folders([tmp_path], tiny_model, tmp_path / "out.parquet", jobs=1)


def test_without_ray_the_message_says_what_to_install(
    music: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    done = CliRunner().invoke(
        build(), ["embed", str(music), "--model", str(tiny_model), "--out", str(tmp_path / "o.parquet"), "--ray"]
    )
    assert isinstance(done.exception, ArchiveError)
    assert "pip install 'pemr-desktop[ray]'" in str(done.exception)


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is a request only on POSIX")
def test_stopped_by_a_signal_the_command_says_that_it_can_go_on(music: Path, tiny_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    process = subprocess.Popen(
        [sys.executable, "-m", "pemr.command", "embed", str(music), "--model", str(tiny_model), "--out", str(out),
         "--jobs", "1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    while not parts_folder(out).exists() and process.poll() is None:
        os.sched_yield()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "goes on from here" in said
    assert not out.exists()
