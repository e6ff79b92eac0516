"""Reading one file for the library: its tags, a digest of its sound, or the reason why not."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from pemr_desktop.library.scanning.folder_states import FolderVisit
from pemr_desktop.library.tracks.storing import ReadTrack
from pemr_desktop.refusals import Refusal, joined, refusal
from pemr_desktop.tagfiles.containers.read_only import READ_ONLY
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.digest import cut_off_warning
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.first_quick_digest import first_quick_digests
from pemr_desktop.tagfiles.foreign import is_film, may_be_film, read_foreign
from pemr_desktop.tagfiles.identity import FileIdentity, changed_ns, identity, identity_of
from pemr_desktop.tagfiles.opening import open_tags
from pemr_desktop.tagfiles.quick_digest import quick_digest_of
from pemr_desktop.tagfiles.read import FileTags, open_ordinary, tags_of

FILM = refusal("film left out")
"""The reason of a film that was left out; its sentence is stored with it, and known again by it."""


class ToRead(NamedTuple):
    """A file that is new or changed. `known_id`: its track, when there is one. `names_beside`: of its folder.

    `unchanged`: size, modification time and inode are as its track says; the tags are read all the same.
    `first_digest`: of the sound as its track has it, where 0.1.0 made it.
    """

    root_id: int
    rel_path: bytes
    path: Path
    known_id: int | None = None
    names_beside: frozenset[str] = frozenset()
    visit: FolderVisit | None = None
    unchanged: bool = False
    first_digest: bytes | None = None


class FileContent(msgspec.Struct, frozen=True, array_like=True):
    """What a file holds. `tags` None: it cannot be read, for the reason (`why`); one beside tags: something is odd.

    `identity`: the file then; None when it was still changing, or is not known. `ctime_ns`: when it had last changed.
    `keeps_first_digest`: its sound is the one of which 0.1.0 made a digest, as far as one was asked for.
    """

    tags: FileTags | None
    identity: FileIdentity | None
    why: Refusal | None
    quick_digest: bytes
    ctime_ns: int | None = None
    keeps_first_digest: bool = False


class Reading(NamedTuple):
    """What came of it: a track, a reason, or both (music, but something is odd).

    `sure` False: the reading process ended or was given up, which may not have been the file's fault.
    """

    asked: ToRead
    track: ReadTrack | None
    why: Refusal | None
    identity: FileIdentity | None
    sure: bool = True
    ctime_ns: int | None = None


def read_file(asked: ToRead) -> Reading:
    """One file, here and now. Never raises for what is wrong with the file."""
    return reading_of(asked, read_content(asked.path, first_digest=asked.first_digest))


def reading_of(asked: ToRead, content: FileContent) -> Reading:
    """The answer to what was asked."""
    track = None
    if content.tags is not None and content.identity is not None:
        track = ReadTrack(
            asked.root_id,
            asked.rel_path,
            asked.path,
            content.identity,
            content.tags,
            content.quick_digest,
            content.ctime_ns,
            content.keeps_first_digest,
        )
    return Reading(asked, track, content.why, content.identity, ctime_ns=content.ctime_ns)


def read_content(path: Path, films: bool = True, first_digest: bytes | None = None) -> FileContent:
    """One file; without `films` they are left out. `first_digest`: see ToRead.

    Never raises for what is wrong with it, as far as Python can tell.
    """
    try:
        with open_ordinary(path) as (stream, status):
            state, ctime_ns = identity_of(status), changed_ns(status)
            try:
                tags, container, film = _tags(stream, path, films)
            except TagReadError as error:
                return FileContent(None, _settled(state, path), error.why, b"", ctime_ns)
            if film and not films:
                return FileContent(None, _settled(state, path), FILM, b"", ctime_ns)
            quick = quick_digest_of(stream, container, path)
            keeps_first = first_digest is not None and first_digest in first_quick_digests(stream, container)
            cut_off = None if container in READ_ONLY else cut_off_warning(stream, container)
            if identity(path) != state:
                return FileContent(None, None, refusal("changed while read"), b"")
    except TagReadError as error:
        return FileContent(None, None, error.why, b"")
    odd = (*tags.warnings, cut_off) if cut_off else tags.warnings
    return FileContent(tags, state, joined(*odd) if odd else None, quick, ctime_ns, keeps_first)


def _tags(stream: BinaryIO, path: Path, films: bool) -> tuple[FileTags, str, bool]:
    """What the file says of itself, its container, and whether it is a film, unless that does not matter."""
    container = sniff(stream)
    if container in READ_ONLY:
        tags, film = read_foreign(stream, path, container)
        return tags, container, film
    opened = open_tags(stream, path)
    film = not films and may_be_film(stream, container) and is_film(stream, path, container)
    return tags_of(opened), container, film


def _settled(state: FileIdentity, path: Path) -> FileIdentity | None:
    """The state that is known to be hopeless; None when the file is still changing."""
    return state if identity(path) == state else None
