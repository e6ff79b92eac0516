"""Where the application keeps its own things, on every system.

The environment variable `PEMR_DESKTOP_HOME` puts everything below one folder: portable use, and tests.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import appdirs
import platformdirs

from pemr_desktop.private_files import make_private_folder

log = logging.getLogger(__name__)

APP_NAME = "pemr-desktop"
HOME_VARIABLE = "PEMR_DESKTOP_HOME"
EARLIER_NAMES = ((APP_NAME, "PEMR"), ("PEMR Desktop", "PEMR"))
"""(name, author) under which installations that used appdirs may have made their folders."""


@dataclass(frozen=True)
class Paths:
    """The folders of one user. Nothing is created by asking for them; `create` does."""

    config: Path
    data: Path
    cache: Path
    log: Path
    music: Path

    @property
    def library_file(self) -> Path:
        """The SQLite library."""
        return self.data / "library.sqlite"

    @property
    def settings_file(self) -> Path:
        """The settings, TOML."""
        return self.config / "settings.toml"

    @property
    def runs_dir(self) -> Path:
        """Training runs with their checkpoints."""
        return self.data / "runs"

    @property
    def models_dir(self) -> Path:
        """Models the user has trained or brought."""
        return self.data / "models"

    @property
    def vectors_dir(self) -> Path:
        """The vector index, a cache that may be deleted at any time."""
        return self.cache / "vectors"

    @property
    def pending_writes_dir(self) -> Path:
        """Notes of files that are being written, so that what a kill leaves of them can be removed."""
        return self.data / "pending-writes"

    @property
    def worker_log_file(self) -> Path:
        """What the worker process logs, rotated."""
        return self.log / "worker.log"

    def create(self) -> Paths:
        """Make the application's own folders (not the music folder), for their owner alone. Raises `OSError`."""
        for folder in (self.config, self.data, self.cache, self.log):
            make_private_folder(folder)
        return self


def find_paths(environ: Mapping[str, str] = os.environ) -> Paths:
    """The folders of this user; folders an earlier, appdirs-style installation left are adopted on the way."""
    home = environ.get(HOME_VARIABLE)
    if home:
        return below(Path(home).expanduser().absolute())
    paths = Paths(
        config=platformdirs.user_config_path(APP_NAME, appauthor=False),
        data=platformdirs.user_data_path(APP_NAME, appauthor=False),
        cache=platformdirs.user_cache_path(APP_NAME, appauthor=False),
        log=platformdirs.user_log_path(APP_NAME, appauthor=False),
        music=platformdirs.user_music_path(),
    )
    for earlier in earlier_paths(paths):
        adopt_all(earlier, paths)
    return paths


def below(home: Path) -> Paths:
    """All folders below one."""
    return Paths(home / "config", home / "data", home / "cache", home / "log", home / "Music")


def earlier_paths(paths: Paths) -> Iterator[Paths]:
    """The folders that appdirs gives for the names the application has had."""
    for name, author in EARLIER_NAMES:
        folders = appdirs.AppDirs(name, author)
        yield Paths(
            config=Path(folders.user_config_dir),
            data=Path(folders.user_data_dir),
            cache=Path(folders.user_cache_dir),
            log=Path(folders.user_log_dir),
            music=paths.music,
        )


def adopt_all(earlier: Paths, paths: Paths) -> None:
    """Adopt settings, library and logs. The cache is not worth moving: it is rebuilt."""
    adopt(earlier.config, paths.config)
    adopt(earlier.data, paths.data)
    adopt(earlier.log, paths.log)


def adopt(earlier: Path, now: Path) -> bool:
    """Move a folder of an earlier installation to where it belongs now; True if that was done.

    Only a folder that exists is moved, and only to a place where nothing is yet: two libraries are never
    merged. If it cannot be moved it stays as it is, which is logged.
    """
    if earlier == now or not earlier.is_dir() or now.exists() or now.is_relative_to(earlier):
        return False
    try:
        now.parent.mkdir(parents=True, exist_ok=True)
        earlier.rename(now)
    except OSError as error:
        log.warning("The folder %s of an earlier installation could not be moved to %s: %s", earlier, now, error)
        return False
    log.info("Adopted %s of an earlier installation as %s", earlier, now)
    return True
