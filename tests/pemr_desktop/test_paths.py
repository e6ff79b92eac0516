"""Where things are kept, and what happens to the folders of an earlier installation."""

from __future__ import annotations

import sys
from pathlib import Path

import appdirs
import pytest

from pemr_desktop.paths import adopt, below, earlier_paths, find_paths


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    monkeypatch.delenv("PEMR_DESKTOP_HOME", raising=False)
    return tmp_path


def test_one_variable_puts_everything_below_one_folder(tmp_path: Path) -> None:
    paths = find_paths({"PEMR_DESKTOP_HOME": str(tmp_path / "stick")})
    assert paths == below(tmp_path / "stick")
    for path in (
        paths.library_file,
        paths.settings_file,
        paths.runs_dir,
        paths.models_dir,
        paths.vectors_dir,
        paths.log,
    ):
        assert path.is_relative_to(tmp_path / "stick")


def test_asking_creates_nothing_and_create_does(tmp_path: Path) -> None:
    paths = below(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    paths.create()
    assert paths.data.is_dir() and paths.config.is_dir() and not paths.music.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_the_folders_of_the_system_are_used(home: Path) -> None:
    paths = find_paths({})
    assert paths.data == home / ".local/share/pemr-desktop"
    assert paths.config == home / ".config/pemr-desktop"


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_folders_of_an_appdirs_installation_are_adopted(home: Path) -> None:
    old_data = Path(appdirs.user_data_dir("PEMR Desktop", "PEMR"))
    old_log = Path(appdirs.user_log_dir("pemr-desktop", "PEMR"))
    for folder, name in ((old_data, "library.sqlite"), (old_log, "worker.log")):
        folder.mkdir(parents=True)
        (folder / name).write_text("mine")
    paths = find_paths({})
    assert paths.library_file.read_text() == "mine" and not old_data.exists()
    assert paths.worker_log_file.read_text() == "mine" and not old_log.exists()
    assert find_paths({}) == paths


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_on_other_systems_appdirs_means_other_folders(home: Path, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(appdirs, "system", system)
    if system == "win32":
        monkeypatch.setattr(appdirs, "_get_win_folder", lambda name: str(home / name), raising=False)
    config = next(earlier_paths(below(home))).config
    assert config.is_relative_to(home) and "pemr-desktop" in config.parts


def test_two_libraries_are_never_merged(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "library.sqlite").write_text(folder.name)
    assert not adopt(old, new)
    assert (old / "library.sqlite").read_text() == "old" and (new / "library.sqlite").read_text() == "new"


def test_a_folder_that_cannot_be_moved_stays(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (tmp_path / "blocked").write_text("")
    assert not adopt(old, tmp_path / "blocked" / "new")
    assert old.is_dir()
