"""The raw ID3v2 block of a file, to find out what a parser that never complains left behind."""

from __future__ import annotations

import functools
import io
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

from mutagen.id3 import BitPaddedInt, Frame, Frames, Frames_2_2, TextFrame
from mutagen.id3._specs import ID3FramesSpec
from mutagen.id3._tags import ID3Header, determine_bpi
from mutagen.id3._util import ID3JunkFrameError, unsynch

from pemr_desktop.tagfiles.containers.chunks import Chunk, dsdiff_chunks, dsf_chunks, file_length, iff_chunks
from pemr_desktop.tagfiles.containers.sniffing import ID3_HEADER, id3_length, sniff

FOOTER = 0x10
NO_FRAME = "bytes that belong to no frame"
TOO_LONG = "a frame that says it is longer than the block"


CHUNKS: dict[str, Callable[[BinaryIO], Iterator[Chunk]]] = {
    "riff": lambda file: iff_chunks(file, big_endian=False),
    "aiff": lambda file: iff_chunks(file, big_endian=True),
    "dsf": dsf_chunks,
    "dsdiff": dsdiff_chunks,
}


def find_block(file: BinaryIO) -> tuple[bytes, bytes]:
    """The ID3v2 block with its header, and what follows it in the place that the container has for it.

    Both are empty when the file has no such place. Only padding should follow.
    """
    container = sniff(file)
    if container not in CHUNKS:
        file.seek(0)
        length = id3_length(file.read(ID3_HEADER))
        file.seek(0)
        return file.read(length), b""
    chunk = next((chunk for chunk in CHUNKS[container](file) if chunk.name.upper() == b"ID3 "), None)
    if chunk is None:
        return b"", b""
    length = file_length(file)
    file.seek(chunk.start)
    content = file.read(max(0, min(chunk.end, length) - chunk.start))
    length = id3_length(content)
    return content[:length], content[length:]


def lost_frames(block: bytes, tags: Any) -> list[str]:
    """Names of what is in the block and not in what mutagen made of it. Text frames of one name may have been merged.

    mutagen passes in silence over frames that it cannot parse, over bytes that are left when a frame is parsed, and
    over all that follows a frame with a wrong size.
    """
    if not block:
        return []
    header = ID3Header(io.BytesIO(block))
    data = block[ID3_HEADER : -ID3_HEADER if block[5] & FOOTER else None]
    if header.version < header._V24 and header.f_unsynch:
        try:
            data = unsynch.decode(data)
        except ValueError:
            return ["a damaged block"]
    if header.f_extended and data[:4].decode("ascii", "replace") not in Frames:
        size = int(BitPaddedInt(data[:4])) if block[3] == 4 else struct.unpack(">L", data[:4])[0] + 4
        data = data[size:]
    return sorted(set(_lost(header, data, tags)))


def _lost(header: Any, data: bytes, tags: Any) -> Iterator[str]:
    found: Counter[str] = Counter()
    known: Counter[str] = Counter(type(frame).__name__ for frame in tags.values())
    if header.version >= header._V23:  # what is unknown in ID3v2.2 is not carried over to 2.3
        known.update(unknown[:4].decode("latin-1") for unknown in tags.unknown_frames)
    for raw in _raw_frames(header, data):
        if raw.name in (NO_FRAME, TOO_LONG):
            yield raw.name
        elif _says_nothing(raw):
            continue
        elif raw.kind is None:
            found[raw.name] += 1
        else:
            name, faults = _parse(header, raw)
            yield from faults
            found[name] += 1
    for name, count in found.items():
        merged = name in Frames and issubclass(Frames[name], TextFrame)
        if known[name] < (1 if merged else count):
            yield name


class _Raw(NamedTuple):
    """A frame as it lies in the block. `kind`: mutagen's class for it, None when it knows none."""

    name: str
    kind: Any
    flags: int
    content: bytes


def _raw_frames(header: Any, data: bytes) -> Iterator[_Raw]:
    """The frames; the last one is `NO_FRAME` if more than padding is left, `TOO_LONG` if it swallows the rest."""
    short = header.version < header._V23
    id_length, head_length = (3, 6) if short else (4, 10)
    size_of = determine_bpi(data, Frames) if header.version >= header._V24 else int
    while len(data) >= head_length and data[:id_length].strip(b"\0"):
        if short:
            size, flags = int.from_bytes(data[3:6], "big"), 0
        else:
            packed, flags = struct.unpack(">LH", data[4:10])
            size = int(size_of(packed))
        if head_length + size > len(data):
            yield _Raw(TOO_LONG, None, 0, data)
            return
        yield _raw(data[:id_length], flags, data[head_length : head_length + size])
        data = data[head_length + size :]
    if data.strip(b"\0"):
        yield _Raw(NO_FRAME, None, 0, data)


def _raw(name: bytes, flags: int, content: bytes) -> _Raw:
    """With the class that mutagen takes; some programs write names of ID3v2.2 into later versions."""
    text = name.decode("latin-1").rstrip("\0")
    kind = (Frames if len(text) == 4 else Frames_2_2).get(text)
    return _Raw(text, kind, flags, content)


def _says_nothing(raw: _Raw) -> bool:
    """Whether a frame is empty: old taggers wrote text and link frames that hold an encoding and no text."""
    return not raw.content or (raw.name[:1] in ("T", "W") and not raw.content[1:].strip(b"\0\xff\xfe"))


def _parse(header: Any, raw: _Raw) -> tuple[str, list[str]]:
    """The name under which mutagen keeps the frame, and what of it would be lost."""
    try:
        frame = _probe(raw.kind)._fromData(header, raw.flags, raw.content)
    except NotImplementedError:  # encrypted: kept as it is
        return raw.name, []
    except ID3JunkFrameError:
        return raw.name, [raw.name]
    faults = [raw.name] if frame.left_over.strip(b"\0 ") else []
    faults += [f"{name} in {raw.name}" for name in _lost_inside(frame, header, frame.content)]
    if len(raw.name) == 4:
        return raw.name, faults
    later = raw.kind.__base__  # the frame of ID3v2.3 that one of ID3v2.2 becomes
    return (raw.name, [raw.name]) if later is Frame else (later.__name__, faults)


@functools.cache
def _probe(kind: Any) -> Any:
    """The same frame, telling what its parser was given and what it left over."""

    def read_data(self: Any, header: Any, data: bytes) -> bytes:
        self.content = data
        self.left_over = kind._readData(self, header, data)
        return bytes(self.left_over)

    return type("Probe", (kind,), {"_readData": read_data})


def _lost_inside(frame: Any, header: Any, data: bytes) -> Iterator[str]:
    """Frames within a chapter or a table of contents that would be lost."""
    for spec in frame._framespec:
        if isinstance(spec, ID3FramesSpec):
            yield from _lost(header, data, getattr(frame, spec.name))
            return
        data = spec.read(header, frame, data)[1]
