"""The frames of an ID3v2 block as they lie in it, taken apart and put together again to the byte."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mutagen.id3 import Frames, Frames_2_2

FRAME_ID = re.compile(rb"[A-Z][A-Z0-9]{3}|[A-Z][A-Z0-9]{2}[\0 ]")
SHORT_ID = re.compile(rb"[A-Z][A-Z0-9]{2}")
MAX_FRAMES = 100_000
LARGEST_CONTENT = 1 << 26
"""Bytes that a compressed frame may unpack to."""
LARGEST_RATIO = 1032
"""By which DEFLATE makes anything smaller at most."""

NO_FRAME = "bytes that belong to no frame"
TOO_MANY = "more frames than any program writes"
TOO_LONG = "a frame that says it is longer than the block"
LONG_NAME = {short: kind.__base__.__name__ for short, kind in Frames_2_2.items() if kind.__base__.__name__ in Frames}
SHORT_NAME = {long: short for short, long in LONG_NAME.items()}

_HIDDEN = re.compile(rb"([A-Z][A-Z0-9]{3})\0([\0-\x0f].[\0-\xff])\0\0", re.DOTALL)
_MAY_HOLD_ANYTHING = ("APIC", "PIC", "GEOB", "GEO", "PRIV", "MCDI", "SYLT", "CHAP", "CTOC")


class Frame(NamedTuple):
    """One frame. `raw`: with its head; `body`: without it, as stored; `name`: its identifier in ID3v2.3 and later."""

    name: str
    flags: int
    body: bytes
    raw: bytes


class Parts(NamedTuple):
    """What `take_apart` found. `faults`: what cannot be told apart; `packed`: sizes have seven bits a byte.

    `tail`: what follows padding, where there should be nothing.
    """

    frames: tuple[Frame, ...]
    tail: bytes
    packed: bool
    faults: tuple[str, ...]


def packed_size(data: bytes) -> int:
    """A number of seven bits a byte."""
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
    return number


def pack_size(number: int, length: int = 4) -> bytes:
    """The same, written. Raises ValueError when it is too large."""
    if number >> 7 * length:
        raise ValueError("too large for an ID3 tag")
    return bytes(number >> 7 * position & 0x7F for position in reversed(range(length)))


def take_apart(version: int, data: bytes) -> Parts:
    """The frames of a block's body without its extended header; sizes as the version has them, or as they fit."""
    usual = _walk(version, data, packed=version == 4)
    if version == 2 or not usual.faults:
        return usual
    other = _walk(version, data, packed=version != 4)
    return usual if other.faults and len(other.frames) <= len(usual.frames) else other


def _walk(version: int, data: bytes, *, packed: bool) -> Parts:
    frames: list[Frame] = []
    faults: list[str] = []
    position = 0
    for frame in _frames(version, data, packed, faults):
        frames.append(frame)
        position += len(frame.raw)
        if _swallows(frame, version):
            faults.append(frame.name)
        faults += _faults_inside(frame, version, packed)
    tail = b"" if faults else data[position:].lstrip(b"\0")
    return Parts(tuple(frames), tail, packed, tuple(dict.fromkeys(faults)))


def _frames(version: int, data: bytes, packed: bool, faults: list[str]) -> Iterator[Frame]:
    """The frames, until something is none: that is noted in `faults`."""
    id_length, head = (3, 6) if version == 2 else (4, 10)
    known = SHORT_ID if version == 2 else FRAME_ID
    size_of: Callable[[bytes], int] = packed_size if packed else lambda field: int.from_bytes(field, "big")
    position = count = 0
    while position < len(data) and data[position]:
        count += 1
        if count > MAX_FRAMES:
            faults.append(TOO_MANY)
            return
        name = data[position : position + id_length]
        size_field = data[position + id_length : position + id_length * 2]
        if position + head > len(data) or not known.fullmatch(name):
            faults.append(NO_FRAME)
            return
        end = position + head + size_of(size_field)
        if end > len(data) or (packed and any(byte & 0x80 for byte in size_field)):
            faults.append(TOO_LONG)
            return
        flags = int.from_bytes(data[position + 8 : position + 10], "big") if version > 2 else 0
        text = name.decode("ascii").rstrip("\0 ")
        yield Frame(LONG_NAME.get(text, text), flags, data[position + head : end], data[position:end])
        position = end
    rest = data[position:]
    if rest.strip(b"\0") and not rest.startswith(bytes(head)):
        faults.append(NO_FRAME)


def _swallows(frame: Frame, version: int) -> bool:
    """Whether other frames lie in this one, which a size that is too large has made part of it."""
    if version == 2 or frame.name in _MAY_HOLD_ANYTHING or len(frame.body) < 11:
        return False
    return any(found.group(1).decode() in Frames for found in _HIDDEN.finditer(frame.body))


def _faults_inside(frame: Frame, version: int, packed: bool) -> list[str]:
    """What cannot be told apart in a chapter or a table of contents."""
    start = _start_of_inner(frame)
    if start is None:
        return []
    faults: list[str] = []
    for inner in _frames(version, frame.body[start:], packed, faults):
        faults += [inner.name] if _swallows(inner, version) else []
    return [f"{fault} in {frame.name}" for fault in faults]


def _start_of_inner(frame: Frame) -> int | None:
    if frame.name not in ("CHAP", "CTOC") or frame.flags & 0xFF:
        return None
    end_of_id = frame.body.find(b"\0") + 1
    if frame.name == "CHAP":
        return end_of_id + 16
    if len(frame.body) < end_of_id + 2:
        return None
    position = end_of_id + 2
    for _ in range(frame.body[end_of_id + 1]):
        position = frame.body.find(b"\0", position) + 1
        if not position:
            return None
    return position


def content(frame: Frame, version: int, all_escaped: bool = False) -> bytes | None:
    """What a frame holds, unpacked; None when it is encrypted, damaged, or larger than is sane.

    `all_escaped`: the header of an ID3v2.4 block says that false sync signals are escaped in every frame.
    """
    stored = _as_stored(frame, version, all_escaped)
    if stored is None:
        return None
    return _unpacked(stored.data) if stored.compressed else stored.data


def swells(frame: Frame, version: int, all_escaped: bool = False) -> bool:
    """Whether a compressed frame would become larger than is sane, and is not read for it."""
    if len(frame.body) * LARGEST_RATIO < LARGEST_CONTENT:
        return False
    stored = _as_stored(frame, version, all_escaped)
    if stored is None or not stored.compressed:
        return False
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(stored.data, LARGEST_CONTENT)
    except zlib.error:
        return False
    return bool(unpacking.unconsumed_tail)


class _Stored(NamedTuple):
    """The data of a frame, and whether it is compressed."""

    data: bytes
    compressed: bool


def _as_stored(frame: Frame, version: int, all_escaped: bool) -> _Stored | None:
    """None when it is encrypted."""
    data, flags = frame.body, frame.flags
    if version == 4:
        grouped, compressed, encrypted, escaped, has_length = (flags & bit for bit in (0x40, 8, 4, 2, 1))
    else:
        grouped, compressed, encrypted = (flags & bit for bit in (0x20, 0x80, 0x40))
        escaped, has_length = 0, compressed
    if encrypted:
        return None
    if version == 4:
        data = data[(1 if grouped else 0) + (4 if has_length else 0) :]
        if escaped or all_escaped:
            data = unescape(data)
    else:
        data = data[(4 if has_length else 0) + (1 if grouped else 0) :]
    return _Stored(data, bool(compressed))


def _unpacked(data: bytes) -> bytes | None:
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(data, LARGEST_CONTENT)
    except zlib.error:
        return None
    return None if unpacking.unconsumed_tail else found


def unescape(data: bytes) -> bytes:
    """Take out the zero bytes that hide false sync signals ("unsynchronisation")."""
    return data.replace(b"\xff\0", b"\xff")


def escape(data: bytes) -> bytes:
    """Put a zero byte behind every FF that would look like a sync signal, or like an escaped one."""
    return re.sub(rb"\xff(?=[\xe0-\xff\0]|\Z)", b"\xff\0", data)


def make_frame(name: str, body: bytes, version: int, packed: bool) -> Frame:
    """A new frame. Raises ValueError when it is too large."""
    if version == 2:
        raw = SHORT_NAME[name].encode() + len(body).to_bytes(3, "big") + body
    else:
        size = pack_size(len(body)) if packed else len(body).to_bytes(4, "big")
        raw = name.encode() + size + b"\0\0" + body
    return Frame(name, 0, body, raw)


def with_content(frame: Frame, body: bytes, version: int, packed: bool) -> Frame:
    """The frame with another content, unpacked. What its flags say of keeping it stays. Raises ValueError."""
    if version == 2:
        raw = frame.raw[:3] + len(body).to_bytes(3, "big") + body
    else:
        size = pack_size(len(body)) if packed else len(body).to_bytes(4, "big")
        raw = frame.raw[:4] + size + frame.raw[8:9] + b"\0" + body
    return Frame(frame.name, frame.flags & 0xFF00, body, raw)


def is_grouped(frame: Frame, version: int) -> bool:
    """Whether it belongs to a group, which its content does not tell."""
    return version > 2 and bool(frame.flags & (0x40 if version == 4 else 0x20))
