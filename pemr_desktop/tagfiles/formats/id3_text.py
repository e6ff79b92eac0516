"""The texts in ID3 frames, in the encodings that ID3 has."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pemr_desktop.tagfiles.code_pages import is_plain, is_unicode

LATIN_1, UTF_16, UTF_16_BE, UTF_8 = range(4)
CODECS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
WIDE = (UTF_16, UTF_16_BE)
BYTE_ORDER = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class Described(NamedTuple):
    """A frame of a description and texts, such as TXXX and COMM."""

    description: str
    texts: tuple[str, ...]


def texts(content: bytes) -> tuple[str, ...] | None:
    """The values of a text frame; None when they are not in the encoding that it names."""
    if not content:
        return ()
    return _values(content[0], content[1:])


def described(content: bytes, skipped: int = 0) -> Described | None:
    """The description and the values of a frame. `skipped`: bytes between the encoding and the description."""
    if len(content) < 1 + skipped:
        return None
    parts = split_once(content[0], content[1 + skipped :])
    if parts is None:
        return None
    description = _values(content[0], parts[0])
    values = _values(content[0], parts[1])
    if description is None or values is None:
        return None
    return Described(description[0] if description else "", values)


def split_once(encoding: int, data: bytes) -> tuple[bytes, bytes] | None:
    """What lies before and behind the first end of a text; None when there is none."""
    if encoding not in WIDE:
        before, end, behind = data.partition(b"\0")
        return (before, behind) if end else None
    position = data.find(b"\0\0")
    while position >= 0 and position % 2:
        position = data.find(b"\0\0", position + 1)
    return (data[:position], data[position + 2 :]) if position >= 0 else None


def _values(encoding: int, data: bytes) -> tuple[str, ...] | None:
    if encoding > UTF_8:
        return None
    parts = _parts(encoding, data)
    found = []
    order = "utf-16-le"
    for part in parts:
        codec = CODECS[encoding]
        if encoding == UTF_16:
            order = BYTE_ORDER.get(part[:2], order)
            codec, part = order, part[2:] if part[:2] in BYTE_ORDER else part
        try:
            found.append(part.decode(codec).removeprefix("\ufeff"))
        except UnicodeDecodeError:
            return None
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _parts(encoding: int, data: bytes) -> list[bytes]:
    if encoding not in WIDE:
        return data.split(b"\0")
    parts = []
    rest: bytes = data[: len(data) // 2 * 2]
    while (split := split_once(encoding, rest)) is not None:
        parts.append(split[0])
        rest = split[1]
    return [*parts, rest]


def write_texts(
    values: tuple[str, ...],
    version: int,
    description: str | None = None,
    between: bytes = b"",
    narrow: str = "latin-1",
) -> bytes:
    """The body of a text frame: UTF-8 in ID3v2.4; before it Latin-1 where that does, else UTF-16.

    `narrow`: ASCII keeps readers from taking Latin-1 for another code page again.
    """
    every = values if description is None else (description, *values)
    if version == 4:
        return bytes([UTF_8]) + between + b"\0".join(text.encode() for text in every)
    try:
        return bytes([LATIN_1]) + between + b"\0".join(text.encode(narrow) for text in every)
    except UnicodeEncodeError:
        wide = [b"\xff\xfe" + text.encode("utf-16-le") for text in every]
        return bytes([UTF_16]) + between + b"\0\0".join(wide)


class Layout(NamedTuple):
    """How a frame of texts is laid out: bytes of language behind the encoding, and whether bytes follow one text."""

    language: int = 0
    only_first: bool = False


def recoded_texts(content: bytes, layout: Layout, decode: Callable[[bytes], str | None], version: int) -> bytes | None:
    """The content of a frame in Unicode; None where it is that already, says the same, or cannot be decoded."""
    if len(content) < 1 + layout.language or content[0] not in (LATIN_1, UTF_8):
        return None
    between, body = content[1 : 1 + layout.language], content[1 + layout.language :]
    raws, rest = body.rstrip(b"\0").split(b"\0"), b""
    if layout.only_first:
        first, _, rest = body.partition(b"\0")
        raws = [first]
    found = [_read_or_decoded(content[0], raw, decode) for raw in raws]
    if None in found or all(text == _as_stored(content[0], raw) for text, raw in zip(found, raws, strict=True)):
        return None
    values = tuple(text for text in found if text is not None)
    made = write_texts(values, version, between=between, narrow="ascii")
    end = b"\0\0" if made[0] in WIDE else b"\0"
    return made + end + rest if layout.only_first else made


def _as_stored(encoding: int, raw: bytes) -> str | None:
    try:
        return raw.decode(CODECS[encoding])
    except UnicodeDecodeError:
        return None


def _read_or_decoded(encoding: int, raw: bytes, decode: Callable[[bytes], str | None]) -> str | None:
    is_sure = is_plain(raw) or (encoding == UTF_8 and is_unicode(raw))
    return raw.decode() if is_sure else decode(raw)
