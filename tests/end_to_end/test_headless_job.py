"""The main job from one end to the other, in the terminal, with real processes and real files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pemr_desktop.tagfiles.digest import audio_digest
from pemr_desktop.tagfiles.read import read_tags
from random_model import write_random_model

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def music(tmp_path: Path, make_audio: Callable[..., Path]) -> Path:
    """Four tunes of 40 seconds, and a fifth file that is the first tune in another key and tempo."""
    folder = tmp_path / "music"
    for number in range(4):
        tags = {"title": f"Tune {number}", "artist": "The Testers", "genre": "Folk"}
        make_audio(folder / f"tune {number}.flac", seconds=40.0, seed=number, tags=tags)
    make_audio(folder / "again.mp3", seconds=36.0, seed=0, transpose=3, tempo=1.1, tags={"title": "Tune 0 (live)"})
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    model = tmp_path / "model.safetensors"
    write_random_model(model)
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}

    def run_command(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pemr_desktop", "--home", tmp_path / "home", "--model", model, *arguments]
        done = subprocess.run(
            list(map(str, command)), env=environ, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done

    return run_command


def test_from_a_folder_of_music_to_written_tags_and_back(run: Run, music: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in music.iterdir()}
    digests = {path: audio_digest(path) for path in before}
    scanned = run("scan", music).stderr
    assert "5 tracks added" in scanned and scanned.count("Listened to 5 tracks") == 1
    assert "Every track has been listened to" in run("analyse", "--timings").stderr
    suggested = run("tags").stdout
    assert "jazz" in suggested and "Tune 3" in suggested

    run("accept", "title:tune", "--tag", "jazz")
    run("reject", music / "tune 3.flac", "--tag", "jazz")
    shown = run("write")
    assert "+jazz" in shown.stdout and "Nothing was written" in shown.stderr
    assert {path: path.read_bytes() for path in music.iterdir()} == before

    written = run("write", "--apply")
    assert "Wrote tags to 4 files" in written.stderr
    assert set(music.iterdir()) == set(before)
    assert {path: audio_digest(path) for path in before} == digests
    assert read_tags(music / "tune 0.flac").fields["genre"] == ("Folk", "jazz")
    assert read_tags(music / "again.mp3").fields["title"] == ("Tune 0 (live)",)
    assert (music / "tune 3.flac").read_bytes() == before[music / "tune 3.flac"]

    assert "4 files" in run("history").stdout
    assert "+jazz" in run("history", "1").stdout
    run("undo")
    for path in before:
        assert read_tags(path).fields.get("genre", ()) == (() if path.suffix == ".mp3" else ("Folk",))
        assert "pemr_tags" not in read_tags(path).fields
    assert {path: audio_digest(path) for path in before} == digests


def test_versions_are_found_in_the_library_and_for_a_file_outside(run: Run, music: Path, tmp_path: Path) -> None:
    outside = tmp_path / "from the web.mp3"
    shutil.move(music / "again.mp3", outside)
    run("scan", music)
    found = run("covers", outside).stdout
    assert "Tune 0" in found and "semitone" in found and "Tune 3" not in found
    run("scan", outside)
    groups = run("versions").stdout
    assert "Tune 0" in groups and "Tune 0 (live)" in groups and "Tune 2" not in groups
    first, second = re.findall(r"^ +(\d+)  .*Tune 0", groups, re.MULTILINE)
    run("judge", first, second, "not")
    assert "No two tracks" in run("versions").stdout
    similar = run("similar", first, "--limit", "2").stdout
    assert len(re.findall(r"^\d+ ", similar, re.MULTILINE)) == 2
    assert "(active)" in run("models").stdout


def test_demo_does_it_all_on_a_folder_and_keeps_nothing(run: Run, music: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in music.iterdir()}
    done = run("demo", music)
    assert "jazz" in done.stdout and "Tune 0 (live)" in done.stdout and "tracks per minute" in done.stdout
    assert {path: path.read_bytes() for path in music.iterdir()} == before
    assert not (tmp_path / "home" / "data" / "library.sqlite").exists()


def test_a_folder_that_may_only_be_read_is_analysed_and_refuses_tags(run: Run, music: Path) -> None:
    run("scan", music)
    run("accept", "title:tune", "--tag", "calm")
    before = {path: path.read_bytes() for path in music.iterdir()}
    for path in (*before, music):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        assert "Left untouched" in run("write", "--apply", code=1).stderr
        assert {path: path.read_bytes() for path in music.iterdir()} == before
    finally:
        for path in (music, *before):
            path.chmod(path.stat().st_mode | 0o200)
