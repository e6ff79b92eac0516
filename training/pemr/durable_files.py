"""Replacing a file as a whole: at every moment it holds the old content or the new, also after a power cut."""

from __future__ import annotations

import errno
import logging
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pemr.errors import OutputError, PemrError
from pemr.pending_writes.notes import noted, temporary_beside

log = logging.getLogger(__name__)

CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
"""What some network file systems answer when they are asked to sync."""
REPLACE_ATTEMPTS = 5
REPLACE_PAUSE_S = 0.2


@contextmanager
def replaced(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A stream whose content becomes the file when the block ends; after an error in it the file is as it was.

    The stream writes to a hidden file with a random name in the same folder, its `name`; then follow fsync, rename and
    fsync of the folder. The permissions of a file that is replaced stay; a new one has the usual ones, or with
    `private` is its owner's alone. A symbolic link stays one: the file it names is replaced. A device or a pipe, which
    holds nothing to lose, is written straight to. Raises OSError.
    """
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    mode = _mode_of(target)
    if (mode is not None and not stat.S_ISREG(mode)) or _is_standard_output(path):
        with path.open("wb") as stream:
            yield stream
        return
    temporary = temporary_beside(target)
    with noted(temporary):
        try:
            with _made(temporary, private=private or mode is not None) as stream:
                yield stream
                stream.flush()
                if mode is not None and os.name != "nt":
                    _keep_mode(temporary, mode)
                sync(stream.fileno())
            put_in_place(temporary, target)
        except BaseException:
            _remove(temporary)
            raise


def replace_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Replace a file by this content (see `replaced`); its folder is made if need be. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path, private=private) as stream:
        stream.write(content)


def write_output(path: Path, content: bytes, error: type[PemrError] = OutputError) -> None:
    """Replace a file as a whole; its folder is made if need be. Raises `error`, a sentence that names the file."""
    with output(path, error) as stream:
        stream.write(content)


@contextmanager
def output(path: Path, error: type[PemrError] = OutputError) -> Iterator[BinaryIO]:
    """A stream whose content becomes the file when the block ends (see `replaced`). Raises `error`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path) as stream:
            yield stream
    except OSError as refused:
        kept = "The file from before is unchanged." if path.exists() else "No file was written."
        raise error(f"{path} could not be written: {refused.strerror or refused}. {kept}") from refused


def sync(descriptor: int) -> None:
    """Have the content of an open file on disk before going on, where the file system can tell."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in CANNOT_SYNC:
            raise


def sync_folder(folder: Path) -> None:
    """Have changes of names on disk. Windows has no such call."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Have the content of a file on disk before going on, where the file system can tell."""
    with path.open("rb+") as stream:
        sync(stream.fileno())


def put_in_place(temporary: Path, target: Path) -> None:
    """Atomically let the temporary file be the file. On Windows another program may hold it for a moment."""
    for attempt in range(REPLACE_ATTEMPTS):
        try:
            temporary.replace(target)
            break
        except PermissionError:
            if os.name != "nt" or attempt == REPLACE_ATTEMPTS - 1:
                raise
            time.sleep(REPLACE_PAUSE_S)
    sync_folder_if_possible(target.parent)


def sync_folder_if_possible(folder: Path) -> None:
    """The last step, behind which the file is the new one whether or not the folder can be synced."""
    try:
        sync_folder(folder)
    except OSError as error:
        log.warning("The folder %s could not be brought to disk: %s", folder, error)


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _is_standard_output(path: Path) -> bool:
    """Whether this is /dev/stdout or the like, which another file may stand behind that is written to at the time."""
    return path.is_symlink() and str(path.readlink()).startswith("/proc/")


def _made(temporary: Path, *, private: bool) -> BinaryIO:
    mode = 0o600 if private else 0o666
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return open(temporary, "wb", opener=lambda name, _: os.open(name, flags, mode))


def _keep_mode(temporary: Path, mode: int) -> None:
    """Give the new file the permissions of the old one, where the file system knows any (FAT does not)."""
    wanted = stat.S_IMODE(mode) & 0o777
    if stat.S_IMODE(temporary.stat().st_mode) != wanted:
        try:
            temporary.chmod(wanted)
        except PermissionError as error:
            log.debug("The permissions of %s cannot be set: %s", temporary, error)


def _remove(temporary: Path) -> None:
    try:
        temporary.unlink(missing_ok=True)
    except OSError as error:
        log.warning("The temporary file %s could not be removed: %s", temporary, error)
