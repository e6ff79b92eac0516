"""Walking the folders of a root: no file is opened, no link loops, nothing stops for one bad folder."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.opening import SUFFIXES

DEFAULT_IGNORE = (".*", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "*.part", "*.crdownload")
ALWAYS_IGNORED = ("._*", ".pemr-*.part", "Thumbs.db", "lost+found")

_ENDINGS = frozenset(suffix[1:] for suffix in SUFFIXES)
_by_name = attrgetter("name")


@dataclass(slots=True)
class Listing:
    """The music in one folder: names with their `stat`, by name. `rel`: the folder below the root, with '/'.

    `entries`: everything in it. `linked`: reached through a link. `unreadable`: why it could not be listed.
    `only`: when the listing is cut down to these relative paths.
    """

    folder: str
    rel: bytes
    files: list[tuple[str, os.stat_result]] = field(default_factory=list)
    faults: list[tuple[Path, Refusal]] = field(default_factory=list)
    entries: list[os.DirEntry[str]] = field(default_factory=list)
    linked: bool = False
    unreadable: Refusal | None = None
    only: frozenset[bytes] | None = None

    @property
    def is_plain(self) -> bool:
        """A whole folder at its own place, with nothing odd in it."""
        return not self.linked and not self.faults and self.only is None

    def names(self) -> frozenset[str]:
        """The names of everything in the folder."""
        return frozenset(map(_by_name, self.entries))


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


@dataclass(frozen=True, slots=True)
class _QueuedFolder:
    folder: str
    rel: bytes
    linked: bool = False

    def below(self, name: str, *, linked: bool = False) -> _QueuedFolder:
        encoded = os.fsencode(name)
        return _QueuedFolder(
            os.path.join(self.folder, name),  # noqa: PTH118 - a hundred thousand times
            self.rel + b"/" + encoded if self.rel else encoded,
            self.linked or linked,
        )


def is_music_name(name: str) -> bool:
    """Whether a file of this name is opened at all."""
    return name.rpartition(".")[2].lower() in _ENDINGS


def walk(root: Path, rel: bytes, pruning: Pruning) -> Iterator[Listing]:
    """Every folder at or under `rel` in `root`. Linked folders come last and each folder comes once."""
    ordinary = deque([_QueuedFolder(os.fspath(root / os.fsdecode(rel)), rel)])
    linked: deque[_QueuedFolder] = deque()
    visited: set[tuple[int, int]] = set()
    true_root = root.resolve()
    while ordinary or linked:
        queued = ordinary.popleft() if ordinary else linked.popleft()
        listing = Listing(queued.folder, queued.rel, linked=queued.linked)
        try:
            status = os.stat(queued.folder)  # noqa: PTH116
            key = (status.st_dev, status.st_ino)
            if key in visited:
                continue
            visited.add(key)
            with os.scandir(queued.folder) as entries:
                listing.entries = sorted(entries, key=_by_name)
        except OSError as error:
            listing.unreadable = system_reason(error)
            yield listing
            continue
        folders, links = _sort_in(listing, pruning, true_root)
        ordinary.extendleft(queued.below(name) for name in reversed(folders))
        linked.extend(queued.below(name, linked=True) for name in links)
        yield listing


def _sort_in(listing: Listing, pruning: Pruning, true_root: Path) -> tuple[list[str], list[str]]:
    """Put the music of a folder into its listing -> names of folders, and of links to folders."""
    folders: list[str] = []
    links: list[str] = []
    hidden = pruning.pattern.match
    for entry in listing.entries:
        name = entry.name
        is_music = is_music_name(name)
        try:
            if entry.is_symlink():
                if not hidden(name.casefold()) and _sort_in_link(name, is_music, true_root, listing):
                    links.append(name)
            elif entry.is_dir(follow_symlinks=False):
                if not hidden(name.casefold()):
                    folders.append(name)
            elif is_music and not hidden(name.casefold()):
                # Windows lists files without their inode
                status = os.stat(entry.path) if os.name == "nt" else entry.stat(follow_symlinks=False)  # noqa: PTH116
                if stat.S_ISREG(status.st_mode):
                    listing.files.append((name, status))
                else:
                    listing.faults.append((Path(entry.path), refusal("no ordinary file")))
        except OSError as error:
            if is_music:
                listing.faults.append((Path(entry.path), system_reason(error)))
    return folders, links


def _sort_in_link(name: str, is_music: bool, true_root: Path, listing: Listing) -> bool:
    """Put a linked file in; True for a link to a folder outside, which is to be walked too."""
    path = Path(listing.folder, name)
    try:
        target = path.resolve(strict=True)
        status = path.stat()
    except RuntimeError:
        if is_music:
            listing.faults.append((path, refusal("link in a circle")))
        return False
    except FileNotFoundError:
        if is_music:
            listing.faults.append((path, refusal("link to nothing")))
        return False
    if target.is_relative_to(true_root):
        return False  # found at its own place
    if stat.S_ISDIR(status.st_mode):
        return True
    if is_music and stat.S_ISREG(status.st_mode):
        listing.files.append((name, status))
    elif is_music:
        listing.faults.append((path, refusal("no ordinary file")))
    return False
