"""What leaves the library as a file, and the check of the library."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_tracks_are_chosen_by_number_file_folder_and_query(run: Run, music: Path, tmp_path: Path) -> None:
    run("scan", music)

    def titles(*chosen: str | Path) -> list[str]:
        run("export", tmp_path / "out.csv", *chosen)
        with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
            return sorted(row["title"] for row in csv.DictReader(file))

    assert titles() == ["Tune 0", "Tune 1", "Tune 2"]
    assert titles("genre:folk") == ["Tune 0", "Tune 1"]
    assert titles("--", "tune", "-genre:folk") == ["Tune 2"]
    assert titles(music) == ["Tune 0", "Tune 1", "Tune 2"]
    assert titles(music / "tune 1.flac") == ["Tune 1"]
    assert len(titles("1")) == 1
    assert "No track fits" in run("export", tmp_path / "out.csv", "genre:polka", code=1).stderr
    assert "genr" in run("export", tmp_path / "out.csv", "genr:folk", code=1).stderr


def test_export_writes_json_and_m3u8(run: Run, music: Path, tmp_path: Path) -> None:
    run("scan", music)
    run("export", tmp_path / "out.json", "genre:rock")
    assert [row["title"] for row in json.loads((tmp_path / "out.json").read_text("utf-8"))] == ["Tune 2"]
    run("export", tmp_path / "out.m3u8")
    assert (tmp_path / "out.m3u8").read_text("utf-8").startswith("#EXTM3U")
    run("import", tmp_path / "out.m3u8")


def test_doctor_checks_the_library(run: Run, music: Path, home: Path) -> None:
    run("scan", music)
    assert "PEMR Desktop" in run("doctor").stdout
    (home / "data" / "library.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 9000)
    assert "fault" in run("doctor", code=1).stdout
