"""What a playlist file names, line by line: M3U, PLS and XSPF. Nothing that is named is opened but playlists in it."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import msgspec

from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.playlists.spellings import is_network_share, spellings
from pemr_desktop.tagfiles.errors import TagReadError, readable
from pemr_desktop.tagfiles.read import open_ordinary

MAX_FILE_BYTES = 64 << 20
MAX_ENTRIES = 500_000
MAX_DEPTH = 5
SUFFIXES = (".m3u", ".m3u8", ".pls", ".xspf")
_PLS_LINE = re.compile(rb"\s*(file|title)(\d{1,9})\s*=(.*)", re.IGNORECASE)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_ADDRESS = re.compile(rb"\s*[a-z][a-z0-9+.-]+://", re.IGNORECASE)


class Entry(msgspec.Struct, frozen=True):
    """One thing that a playlist names, as it is written there, and the folder that it is told from."""

    written: bytes
    folder: Path


class PlaylistFile(msgspec.Struct, frozen=True):
    """A playlist file: what it calls itself (or is called), and what it names, addresses on the network left out."""

    name: str
    lines: tuple[bytes, ...]


def read_playlist(path: Path) -> PlaylistFile:
    """One file, playlists inside it not followed. Raises LibraryError."""
    content = _content(path)
    start = content[:200].lstrip().lower()
    kind = path.suffix.lower()
    try:
        if start.startswith(b"[playlist]") or kind == ".pls":
            name, lines = _of_pls(content)
        elif kind == ".xspf" or (start.startswith(b"<") and b"xspf" in content[:2_000]):
            name, lines = _of_xspf(content)
        elif kind in SUFFIXES and not start.startswith((b"<", b"%pdf")) and not _BINARY.search(content[:16]):
            name, lines = _of_m3u(content)
        else:
            raise LibraryError("playlist kind not known", path=readable(path))
    except ET.ParseError as error:
        raise LibraryError("playlist damaged", path=readable(path)) from error
    named = tuple(line for line in lines if line and not _is_address(line))
    return PlaylistFile(name.strip() or path.stem, named)


def entries(path: Path) -> Iterator[Entry]:
    """All that a playlist names, playlists inside it followed: each once, a few levels deep. Raises LibraryError.

    A playlist inside that cannot be read is passed over; the number of entries has a limit.
    """
    first = read_playlist(path)
    for count, entry in enumerate(_followed(first, path.parent, {_real(path)}, 0)):
        if count == MAX_ENTRIES:
            raise LibraryError("playlist too long", path=readable(path), count=f"{MAX_ENTRIES:,}")
        yield entry


def _followed(playlist: PlaylistFile, folder: Path, seen: set[Path], depth: int) -> Iterator[Entry]:
    for line in playlist.lines:
        if not line.lower().rstrip(b" \t\"'").endswith(tuple(suffix.encode() for suffix in SUFFIXES)):
            yield Entry(line, folder)
            continue
        inner = _inner_playlist(line, folder)
        if inner is None or depth == MAX_DEPTH or _real(inner) in seen:
            continue
        seen.add(_real(inner))
        try:
            found = read_playlist(inner)
        except LibraryError:
            continue
        yield from _followed(found, inner.parent, seen, depth + 1)


def _inner_playlist(line: bytes, folder: Path) -> Path | None:
    for text in spellings(line):
        if is_network_share(text) or "\0" in text:
            continue
        try:
            if (path := folder / text).is_file():
                return path
        except OSError:  # a name that no file can have
            continue
    return None


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _content(path: Path) -> bytes:
    try:
        with open_ordinary(path) as (stream, _):
            content = stream.read(MAX_FILE_BYTES + 1)
    except TagReadError as error:
        raise LibraryError("playlist not read", path=readable(path), reason=error.why) from error
    except ValueError as error:  # a NUL in the name
        raise LibraryError("playlist name impossible", path=readable(path)) from error
    if len(content) > MAX_FILE_BYTES:
        raise LibraryError("playlist too large", path=readable(path))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content.removeprefix(b"\xef\xbb\xbf")


def _of_m3u(content: bytes) -> tuple[str, list[bytes]]:
    lines = [line.strip() for line in content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")]
    names = [line.removeprefix(b"#PLAYLIST:") for line in lines if line.startswith(b"#PLAYLIST:")]
    return names[-1].decode("utf-8", "replace") if names else "", [line for line in lines if not line.startswith(b"#")]


def _of_pls(content: bytes) -> tuple[str, list[bytes]]:
    """Numbered lines, which need not stand in order."""
    numbered = [found for line in content.splitlines() if (found := _PLS_LINE.fullmatch(line))]
    files = [(int(found[2]), found[3].strip()) for found in numbered if found[1].lower() == b"file"]
    return "", [line for _, line in sorted(files, key=lambda numbered: numbered[0])]


def _of_xspf(content: bytes) -> tuple[str, list[bytes]]:
    """The first location of each track. Raises ParseError; a document that declares entities is none of XSPF."""
    if b"<!ENTITY" in content or b"<!DOCTYPE" in content:
        raise ET.ParseError("entities")
    try:
        root = ET.fromstring(content)
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        raise ET.ParseError(str(error)) from error
    title = root.findtext("{*}title") or ""
    locations = (track.findtext("{*}location") for track in root.iterfind(".//{*}track"))
    return title, [_of_location(text.strip()) for text in locations if text]


def _of_location(address: str) -> bytes:
    """A location is an address, absolute or from the playlist on; what may not stand in one is escaped."""
    is_absolute = re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", address) is not None
    return (address if is_absolute else f"file:{address}").encode("utf-8", "surrogateescape")


def _is_address(line: bytes) -> bool:
    """A stream, or anything else that is not on this computer."""
    found = _ADDRESS.match(line)
    return found is not None and not line.strip().lower().startswith(b"file:")
