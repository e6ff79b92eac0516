"""What killed processes left lying around: only what is certainly ours, and never what anybody still needs."""

from __future__ import annotations

import logging
from pathlib import Path

from pemr.pending_writes import strays as pending
from pemr_desktop.library.database.backups import half_backups

log = logging.getLogger(__name__)

KEPT_ASIDE = ".before-restore-"


def find_strays(library: Path) -> list[Path]:
    """Temporary files that were noted and whose process is dead, half backups, and second names of the library.

    The journal's working copies are none: the journal settles them.
    """
    return sorted({*pending.strays(), *half_backups(library), *_second_names(library)})


def remove_strays(library: Path) -> list[Path]:
    """Remove what `find_strays` finds -> the files removed. For whoever holds the library's lock."""
    removed = pending.remove_strays()
    for path in (*half_backups(library), *_second_names(library)):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s, which a killed process left, could not be removed: %s", path, error)
        else:
            log.info("Removed %s, which a killed process had left", path)
            removed.append(path)
    return removed


def _second_names(library: Path) -> list[Path]:
    """A restore that was killed before the backup came: the very same file under two names, nothing is kept by it."""
    found = []
    for path in library.parent.glob(f"{_literally(library.stem)}{KEPT_ASIDE}*{_literally(library.suffix)}"):
        try:
            is_same = path.samefile(library) and not path.is_symlink() and not _has_log(path)
        except OSError:
            continue
        if is_same:
            found.append(path)
    return found


def _has_log(path: Path) -> bool:
    return any(path.with_name(path.name + ending).exists() for ending in ("-wal", "-journal"))


def _literally(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)
