"""Putting a backup in the place of the library."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from pemr_desktop.library.database.backups import newest_backup
from pemr_desktop.library.database.lock import LibraryLock
from pemr_desktop.library.database.reader import check_file
from pemr_desktop.library.errors import LibraryError, LibraryMissing
from pemr_desktop.tagfiles.errors import readable
from pemr_desktop.tagfiles.identity import system_reason

LOGS = ("-wal", "-shm")


def restore(library: Path, backup: Path | None = None) -> tuple[Path, Path | None]:
    """Put a backup, or else the newest one, in the library's place -> the backup, and where the old library is now.

    The old one is kept beside it under another name, damaged or not. Raises LibraryInUse, LibraryMissing when there is
    no backup, LibraryDamaged or LibraryTooNew when it is not good, LibraryError; then nothing was changed.
    """
    source = backup or newest_backup(library)
    if source is None or not source.is_file():
        what = (
            f"There is no backup of the library {readable(library)}."
            if source is None
            else (f"There is no file {readable(source)}.")
        )
        raise LibraryMissing(f"{what} Nothing was changed.")
    check_file(source)
    try:
        lock = LibraryLock(library)
    except OSError as error:
        raise LibraryError(f"The library {readable(library)} cannot be replaced. {system_reason(error)}") from error
    try:
        return source, _put_in_place(library, source)
    except OSError as error:
        raise LibraryError(
            f"The backup {readable(source)} could not be put in place. {system_reason(error)} "
            "The library is as it was, or beside its place under a name with “before-restore”."
        ) from error
    finally:
        lock.release()


def _put_in_place(library: Path, source: Path) -> Path | None:
    part = library.with_name(library.name + ".restore.part")
    shutil.copyfile(source, part)
    with part.open("rb+") as stream:
        os.fsync(stream.fileno())
    kept = None
    if library.exists():
        kept = library.with_name(f"{library.stem}.before-restore-{int(time.time())}{library.suffix}")
        for ending in ("", *LOGS):
            old = library.with_name(library.name + ending)
            if old.exists():
                old.rename(kept.with_name(kept.name + ending))
    part.replace(library)
    return kept
