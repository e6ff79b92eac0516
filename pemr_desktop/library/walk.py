"""Walking the folders of a root: no file is opened, no link loops, nothing stops for one bad folder."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pemr_desktop.tagfiles.identity import system_reason
from pemr_desktop.tagfiles.opening import SUFFIXES

DEFAULT_IGNORE = (".*", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "*.part", "*.crdownload")
ALWAYS_IGNORED = ("._*", ".pemr-*.part", "Thumbs.db", "lost+found")


@dataclass
class Listing:
    """The music in one folder: names with their `stat`. `names`: all. `unreadable`: why it could not be listed."""

    folder: Path
    files: list[tuple[str, os.stat_result]] = field(default_factory=list)
    faults: list[tuple[Path, str]] = field(default_factory=list)
    names: frozenset[str] = frozenset()
    unreadable: str = ""


@dataclass(frozen=True)
class Pruning:
    """Which names are passed over."""

    pattern: re.Pattern[str]

    @classmethod
    def of(cls, ignore: Sequence[str]) -> Pruning:
        """The user's patterns and those that always hold, compared without case."""
        patterns = (fnmatch.translate(pattern.casefold()) for pattern in (*ignore, *ALWAYS_IGNORED))
        return cls(re.compile("|".join(patterns)))

    def hides(self, name: str) -> bool:
        """Whether a file or folder of this name is ignored."""
        return self.pattern.match(name.casefold()) is not None


def walk(root: Path, below: Path, pruning: Pruning) -> Iterator[Listing]:
    """Every folder at or under `below`, itself inside `root`. Linked folders come last and each folder comes once."""
    ordinary: deque[Path] = deque([below])
    linked: deque[Path] = deque()
    visited: set[tuple[int, int]] = set()
    while ordinary or linked:
        folder = ordinary.popleft() if ordinary else linked.popleft()
        try:
            status = folder.stat()
            key = (status.st_dev, status.st_ino)
            if key in visited:
                continue
            visited.add(key)
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            yield Listing(folder, unreadable=system_reason(error))
            continue
        listing = Listing(folder, names=frozenset(entry.name for entry in entries))
        subfolders = []
        for entry in entries:
            if pruning.hides(entry.name):
                continue
            kind = _sort_in(entry, root, listing)
            if kind == "folder":
                subfolders.append(folder / entry.name)
            elif kind == "link":
                linked.append(folder / entry.name)
        ordinary.extendleft(reversed(subfolders))
        yield listing


def _sort_in(entry: os.DirEntry[str], root: Path, listing: Listing) -> str:
    """Put a file into the listing; say "folder" or "link" for what is to be walked too."""
    is_music = os.path.splitext(entry.name)[1].lower() in SUFFIXES  # noqa: PTH122 - a million times
    try:
        if entry.is_symlink():
            return _sort_in_link(listing.folder / entry.name, is_music, root, listing)
        if entry.is_dir(follow_symlinks=False):
            return "folder"
        if is_music:
            # Windows lists files without their inode
            status = os.stat(entry.path) if os.name == "nt" else entry.stat(follow_symlinks=False)  # noqa: PTH116
            _add_file(entry.name, status, listing)
    except OSError as error:
        if is_music:
            listing.faults.append((listing.folder / entry.name, system_reason(error)))
    return ""


def _sort_in_link(path: Path, is_music: bool, root: Path, listing: Listing) -> str:
    try:
        target = path.resolve(strict=True)
        status = path.stat()
    except RuntimeError:
        if is_music:
            listing.faults.append((path, "This is a link that leads back to itself."))
        return ""
    except FileNotFoundError:
        if is_music:
            listing.faults.append((path, "This is a link to a file that is not there."))
        return ""
    if target.is_relative_to(root.resolve()):
        return ""  # found at its own place
    if stat.S_ISDIR(status.st_mode):
        return "link"
    if is_music:
        _add_file(path.name, status, listing)
    return ""


def _add_file(name: str, status: os.stat_result, listing: Listing) -> None:
    if stat.S_ISREG(status.st_mode):
        listing.files.append((name, status))
    else:
        listing.faults.append((listing.folder / name, "This is a pipe, socket or device, not a file."))
