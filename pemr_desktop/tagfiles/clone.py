"""The copy that is edited instead of the file, and the moment it takes the file's place."""

from __future__ import annotations

import errno
import logging
import os
import re
import secrets
import shutil
import stat
import sys
from pathlib import Path

from pemr.durable_files import sync, sync_folder, sync_folder_if_possible
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.errors import WriteRefused

log = logging.getLogger(__name__)

CLONE_NAME = re.compile(rb"^\.pemr-[0-9a-f]{16}\.part$")


def clone_path(path: Path) -> Path:
    """A hidden name beside the file, never longer than the file system allows."""
    return path.parent / f".pemr-{secrets.token_hex(8)}.part"


def is_clone(path: Path) -> bool:
    """Whether a file name is one that `clone_path` gives."""
    return CLONE_NAME.match(os.fsencode(path.name)) is not None


def make_clone(path: Path, clone: Path) -> None:
    """Copy the content only; nobody but the user may read the copy until it has the original's permissions."""
    descriptor = os.open(clone, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as target, path.open("rb") as source:
        if not _reflink(source.fileno(), target.fileno()):
            shutil.copyfileobj(source, target, 1 << 20)


def _reflink(source: int, target: int) -> bool:
    """Share the blocks where the file system can (Btrfs, XFS): no bytes are copied."""
    if sys.platform != "linux":
        return False
    import fcntl

    ficlone = 0x40049409
    try:
        fcntl.ioctl(target, ficlone, source)
    except OSError:
        return False
    return True


def copy_ownership(path: Path, clone: Path, *, keep_times: bool) -> None:
    """Give the clone the file's owner, permissions, extended attributes and, if asked, times. Raises WriteRefused."""
    status = path.stat()
    if hasattr(os, "chown"):
        mine = clone.stat()
        if (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
            try:
                os.chown(clone, status.st_uid, status.st_gid)
            except PermissionError as error:
                raise WriteRefused(path, "owner would change") from error
    _copy_extended_attributes(path, clone)
    if stat.S_IMODE(clone.stat().st_mode) != stat.S_IMODE(status.st_mode):  # FAT refuses, and has one for all
        clone.chmod(stat.S_IMODE(status.st_mode))
    if keep_times:
        os.utime(clone, ns=(status.st_atime_ns, status.st_mtime_ns))


def _copy_extended_attributes(path: Path, clone: Path) -> None:
    if sys.platform != "linux":
        return
    try:
        names = os.listxattr(path)
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.EOPNOTSUPP):
            return
        raise
    for name in names:
        try:
            os.setxattr(clone, name, os.getxattr(path, name))
        except OSError as error:
            if name.startswith("security."):  # set by the system itself, and not ours to set
                continue
            raise WriteRefused(path, "attribute lost", name=name, reason=system_reason(error)) from error


def pour_into(clone: Path, path: Path, *, keep_times: bool) -> None:
    """Write the clone's content into the file itself, so that its hard links stay.

    Not atomic: the clone and its name are on disk before the first byte is written, and stay until the last one is,
    so that an interrupted pour can be finished from it.
    """
    status = path.stat()
    sync_folder(clone.parent)
    with clone.open("rb") as source, path.open("rb+") as target:
        shutil.copyfileobj(source, target, 1 << 20)
        target.truncate()
        target.flush()
        sync(target.fileno())
    if keep_times:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    clone.unlink()
    sync_folder_if_possible(path.parent)
