"""Commands that need no ear: what they print, what they refuse, and how they exit."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import mutagen
import pytest

from pemr_desktop import __version__
from pemr_desktop.commands.window import has_display
from pemr_desktop.paths import below

Run = Callable[..., Any]


def test_the_version_is_said(run: Run) -> None:
    assert run("--version").stdout.strip() == f"pemr-desktop {__version__}"


def test_help_names_every_command_the_product_promises(run: Run) -> None:
    text = run("--help").stdout
    for command in ("scan", "analyse", "tags", "covers", "write", "undo", "export", "doctor", "history", "demo"):
        assert f" {command} " in text


@pytest.mark.parametrize("arguments", [[], ["window"], ["open", "/music"]])
def test_without_a_display_the_window_says_how_to_go_on(run: Run, arguments: list[str]) -> None:
    said = run(*arguments, code=1).stderr
    assert "no display" in said and "pemr-desktop scan" in said


def test_a_display_is_known_by_its_signs() -> None:
    assert has_display({}, "darwin") and has_display({}, "win32")
    assert has_display({"DISPLAY": ":0"}, "linux") and has_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert not has_display({"DISPLAY": ""}, "linux")


def test_an_unknown_command_exits_with_two(run: Run) -> None:
    assert "dance" in run("dance", code=2).stderr


def test_commands_on_no_library_say_that_there_is_none(run: Run) -> None:
    for command in ("status", "tags", "history", "problems", "models"):
        said = run(command, code=1).stderr
        assert "library" in said.lower() and "Traceback" not in said


def test_scan_status_and_a_second_scan(run: Run, music: Path) -> None:
    assert "3 tracks added" in run("scan", music).stderr
    status = run("status").stdout
    assert str(music) in status and "3" in status
    assert "nothing new" in run("scan").stderr


def test_scanning_again_sees_what_nothing_else_shows(run: Run, music: Path, home: Path) -> None:
    """An edit that kept its time, before the library knew when files were changed."""
    run("scan", music)
    path = music / "tune 0.flac"
    for number, folders in enumerate(([], [music])):
        before = path.stat()
        file = mutagen.File(path)
        file["title"] = f"Note {number}"
        file.save()
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        with closing(sqlite3.connect(below(home).library_file)) as library:
            library.execute("UPDATE tracks SET ctime_ns = NULL")
            library.commit()
        assert "nothing new" in run("scan").stderr
        assert "1 track changed" in run("scan", "--again", *folders).stderr


def test_a_folder_that_is_not_there_is_refused(run: Run, music: Path) -> None:
    said = run("scan", music / "gone", code=1).stderr
    assert "gone" in said and "Traceback" not in said


def test_problems_are_listed_with_a_reason(run: Run, music: Path) -> None:
    (music / "empty.mp3").touch()
    run("scan", music)
    said = run("problems").stdout
    assert "empty.mp3" in said and "scan:" in said


def test_removing_a_folder_leaves_its_files(run: Run, music: Path) -> None:
    run("scan", music)
    run("remove", music)
    assert len(list(music.iterdir())) == 3
    assert "not a folder of the library" in run("remove", music, code=1).stderr


def test_a_setting_is_changed_and_shown(run: Run, home: Path) -> None:
    run("settings", "tags.write_mode", "replace")
    run("settings", "tags.accept_probability", "0.9")
    shown = run("settings", "tags.write_mode").stdout
    assert "'replace'" in shown
    assert 'write_mode = "replace"' in (home / "config" / "settings.toml").read_text()
    assert "cannot be" in run("settings", "tags.write_mode", "maybe", code=1).stderr
    assert "no setting" in run("settings", "tags.colour", code=1).stderr


def test_undo_of_nothing_is_refused(run: Run, music: Path) -> None:
    run("scan", music)
    assert "nothing to undo" in run("undo", code=1).stderr


def test_a_damaged_library_is_refused_in_one_sentence(run: Run, music: Path, home: Path) -> None:
    run("scan", music)
    (home / "data" / "library.sqlite").write_bytes(b"no database " * 1000)
    for command in (["scan"], ["tags"], ["status"]):
        said = run(*command, code=1).stderr
        assert "library.sqlite" in said and "Traceback" not in said


def test_a_model_file_that_is_none_is_refused(run: Run, music: Path, tmp_path: Path) -> None:
    run("scan", music)
    (tmp_path / "model").write_text("no model")
    said = run("--model", tmp_path / "model", "analyse", code=1).stderr
    assert "library was left untouched" in said
    assert "library was left untouched" in run("activate", tmp_path / "model", code=1).stderr


def test_a_reader_that_has_seen_enough_is_no_error(run: Run, music: Path, home: Path) -> None:
    run("scan", music)
    command = f"{sys.executable} -m pemr_desktop --home '{home}' settings | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


def test_commands_that_need_no_model_load_no_torch() -> None:
    code = (
        "import sys, pemr_desktop.commands.application as all_; all_.application();"
        "print([name for name in ('torch', 'faiss', 'PySide6') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
