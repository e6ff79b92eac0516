"""The raw ID3v2 block of a file, to find out what a parser that never complains left behind."""

from __future__ import annotations

import struct
from collections import Counter
from typing import Any, BinaryIO

from mutagen.id3 import BitPaddedInt, Frames, Frames_2_2, TextFrame
from mutagen.id3._tags import determine_bpi
from mutagen.id3._util import unsynch

from pemr_desktop.tagfiles.chunks import dsdiff_chunks, dsf_chunks, iff_chunks
from pemr_desktop.tagfiles.sniffing import ID3_HEADER, id3_length, sniff

UNSYNCHRONISED = 0x80
EXTENDED = 0x40


def find_block(file: BinaryIO) -> bytes:
    """The ID3v2 block, header included; empty when the file has none."""
    container = sniff(file)
    start: int | None = 0
    if container in ("riff", "aiff", "dsf", "dsdiff"):
        chunks = {
            "riff": lambda: iff_chunks(file, big_endian=False),
            "aiff": lambda: iff_chunks(file, big_endian=True),
            "dsf": lambda: dsf_chunks(file),
            "dsdiff": lambda: dsdiff_chunks(file),
        }[container]()
        start = next((chunk.start for chunk in chunks if chunk.name.upper() == b"ID3 "), None)
    if start is None:
        return b""
    file.seek(start)
    length = id3_length(file.read(ID3_HEADER))
    file.seek(start)
    return file.read(length)


def frame_names(block: bytes) -> Counter[str]:
    """Names of the frames that hold anything, those of ID3v2.2 as their later names."""
    if not block:
        return Counter()
    version, flags = block[3], block[5]
    data = block[ID3_HEADER:]
    if version < 4 and flags & UNSYNCHRONISED:
        try:
            data = unsynch.decode(data)
        except ValueError:
            return Counter({"a damaged block": 1})
    if version == 2:
        return _short_frames(data)
    if flags & EXTENDED and data[:4].decode("ascii", "replace") not in Frames:
        size = int(BitPaddedInt(data[:4])) if version == 4 else struct.unpack(">L", data[:4])[0] + 4
        data = data[size:]
    size_of = determine_bpi(data, Frames) if version == 4 else int
    names: Counter[str] = Counter()
    while len(data) >= 10 and data[:4].strip(b"\0"):
        size = int(size_of(struct.unpack(">L", data[4:8])[0]))
        if not _is_empty(data[:4], data[10 : 10 + size]):
            names[data[:4].rstrip(b"\0").decode("latin-1")] += 1
        data = data[10 + size :]
    return names


def _is_empty(name: bytes, content: bytes) -> bool:
    """Whether a frame says nothing: old taggers wrote text and link frames that hold an encoding and no text."""
    return not content or (name[:1] in (b"T", b"W") and not content[1:].strip(b"\0\xff\xfe"))


def _short_frames(data: bytes) -> Counter[str]:
    names: Counter[str] = Counter()
    while len(data) >= 6 and data[:3].strip(b"\0"):
        size = int.from_bytes(data[3:6], "big")
        name = data[:3].decode("latin-1")
        if not _is_empty(data[:3], data[6 : 6 + size]):
            known = Frames_2_2.get(name)
            names[known.__base__.__name__ if known and known.__base__.__name__ in Frames else name] += 1
        data = data[6 + size :]
    return names


def lost_frames(block: bytes, tags: Any) -> list[str]:
    """Names of frames that are in the block and not in what mutagen read from it. Text frames may have been merged."""
    known: Counter[str] = Counter(type(frame).__name__ for frame in tags.values())
    if block[3:4] != b"\x02":  # what is unknown in ID3v2.2 is not carried over to 2.3
        known.update(data[:4].decode("latin-1") for data in tags.unknown_frames)
    lost = []
    for name, count in frame_names(block).items():
        merged = name in Frames and issubclass(Frames[name], TextFrame)
        if known[name] < (1 if merged else count):
            lost.append(name)
    return sorted(lost)
