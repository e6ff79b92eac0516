"""Has anybody touched this file since we looked?"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.errors import TagFileError, TagReadError, WriteRefused


class FileIdentity(msgspec.Struct, frozen=True):
    """The state of a file when something was learnt from it; a difference means that somebody touched it since."""

    size: int
    mtime_ns: int
    inode: int


def identity(path: Path) -> FileIdentity:
    """The state of a file now, links followed. Raises TagReadError when it is gone or no ordinary file."""
    try:
        return identity_of(path.stat())
    except OSError as error:
        raise TagReadError(path, system_reason(error)) from error


def identity_of(status: os.stat_result) -> FileIdentity:
    """The same, from a `stat` that was made already."""
    return FileIdentity(size=status.st_size, mtime_ns=status.st_mtime_ns, inode=status.st_ino)


@contextmanager
def told_when_changed(path: Path, expected: FileIdentity) -> Iterator[None]:
    """What goes wrong with a file that another program changes meanwhile is that program's doing, whatever is raised.

    Raises WriteRefused then. All else goes through as it is.
    """
    try:
        yield
    except (TagFileError, OSError, MemoryError):
        raise
    except Exception as error:
        try:
            touched = identity_of(path.stat()) != expected
        except OSError:
            touched = True
        if touched:
            raise WriteRefused(path, "changed meanwhile") from error
        raise


def changed_ns(status: os.stat_result) -> int | None:
    """When the system last saw a file change, which no program can set back. None on Windows, which does not say.

    Never part of an identity: permissions, links and our own writes change it too.
    """
    return None if os.name == "nt" else status.st_ctime_ns  # there it is when the file was made


def check_ordinary(path: Path, status: os.stat_result) -> None:
    """Raises TagReadError for folders, pipes, sockets and devices: opening some of them would wait for ever."""
    if stat.S_ISREG(status.st_mode):
        return
    raise TagReadError(path, "folder, not a file" if stat.S_ISDIR(status.st_mode) else "no ordinary file")


def is_protected(status: os.stat_result) -> bool:
    """Whether nobody may write the file: somebody wants it to stay, though its folder would let us replace it."""
    return status.st_mode & 0o222 == 0
