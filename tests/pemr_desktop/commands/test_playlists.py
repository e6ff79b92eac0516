"""Playlists in the terminal: made, filled, listed, carried to other players and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_a_playlist_is_made_filled_shown_and_deleted(run: Run, music: Path) -> None:
    run("scan", music)
    assert "no playlist yet" in run("playlist", "list").stderr
    run("playlist", "make", "Evening", music / "tune 1.flac")
    run("playlist", "add", "Evening", "genre:folk")
    shown = run("playlist", "show", "Evening").stdout
    assert shown.index("Tune 1") < shown.index("Tune 0") and "Tune 2" not in shown
    assert "Evening" in run("playlist", "list").stdout
    run("playlist", "take-out", "Evening", music / "tune 1.flac")
    assert "Tune 1" not in run("playlist", "show", "Evening").stdout
    assert "already" in run("playlist", "make", "Evening", "genre:folk", code=1).stderr
    run("playlist", "delete", "Evening")
    assert "no playlist “Evening”" in run("playlist", "show", "Evening", code=1).stderr
    assert len(list(music.iterdir())) == 3


def test_a_playlist_goes_out_as_m3u8_and_comes_back(run: Run, music: Path, tmp_path: Path) -> None:
    run("scan", music)
    run("playlist", "make", "Für dich", music / "tune 2.flac", music / "tune 0.flac")
    file = tmp_path / "out.m3u8"
    assert "2 tracks" in run("playlist", "export", "Für dich", file).stderr
    assert [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")] == [
        "music/tune 2.flac",
        "music/tune 0.flac",
    ]
    run("playlist", "delete", "Für dich")
    run("playlist", "import", file)
    shown = run("playlist", "show", "Für dich").stdout
    assert shown.index("Tune 2") < shown.index("Tune 0")
    assert ".m3u8" in run("playlist", "export", "Für dich", tmp_path / "out.txt", code=1).stderr
