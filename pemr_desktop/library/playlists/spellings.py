"""The ways in which a playlist may mean a path: escaped or not, in a code page, with other separators, composed or not.

Everything here is text; no file is looked for, so that a network share is never asked.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from pemr_desktop.tagfiles.code_pages import PAGES, decoded, is_unicode

USUAL_PAGES = ("utf-8", "cp1252", "latin-1")
_SCHEME = re.compile(r"file:(//(?P<host>[^/]*))?", re.IGNORECASE)
_DRIVE = re.compile(r"/+(?=[A-Za-z]:[\\/])")


def spellings(written: bytes) -> Iterator[str]:
    """Paths that a line may mean, most literal first, each once."""
    seen: set[str] = set()
    for text in _as_written(written):
        for spelled in _with_other_separators(text):
            for form in (spelled, unicodedata.normalize("NFC", spelled), unicodedata.normalize("NFD", spelled)):
                if form not in seen:
                    seen.add(form)
                    yield form


def is_network_share(path: str) -> bool:
    """Whether looking at a path would ask another computer, on Windows with the user's name and password."""
    return path.startswith(("\\\\", "//"))


def tail(path: str) -> tuple[str, ...]:
    """The parts of a path from the last to the first, without regard to case and composition, and without a drive."""
    parts = re.split(r"[/\\]+", unicodedata.normalize("NFC", path).casefold())
    return tuple(part for part in reversed(parts) if part not in ("", ".", "..") and not part.endswith(":"))


def _as_written(written: bytes) -> Iterator[str]:
    line = written.strip().strip(b"\"'") if written.strip()[:1] in (b'"', b"'") else written.strip()
    if line[:5].lower() == b"file:":
        yield from map(_of_address, _decoded(unquote_to_bytes(line)))
        yield from map(_of_address, _decoded(line))
        return
    yield from _decoded(line)
    if b"%" in line:
        yield from _decoded(unquote_to_bytes(line))


def _decoded(line: bytes) -> Iterator[str]:
    yield os.fsdecode(line)
    for codec in USUAL_PAGES:
        try:
            yield line.decode(codec)
        except UnicodeDecodeError:
            continue
    if not is_unicode(line):  # which page it was is told by the track that has such a name
        yield from (text for page in PAGES if (text := decoded(line, page)) is not None)


def _of_address(address: str) -> str:
    """The path of a `file:` address; of one on another computer a path as Windows has it."""
    scheme = _SCHEME.match(address)
    assert scheme is not None
    rest = address[scheme.end() :]
    host = scheme["host"] or ""
    if host and host.lower() != "localhost":
        return f"//{host}{rest}"
    return _DRIVE.sub("", rest, count=1) if _DRIVE.match(rest) else rest


def _with_other_separators(text: str) -> Iterator[str]:
    yield text
    if os.name != "nt" and "\\" in text:
        yield text.replace("\\", "/")
