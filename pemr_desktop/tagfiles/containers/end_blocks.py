"""The blocks that programs put behind the sound: ID3v1, APEv2, Lyrics3 and ID3v2 with a footer."""

from __future__ import annotations

import struct
from typing import BinaryIO, Literal, NamedTuple

from pemr_desktop.tagfiles.containers.chunks import file_length
from pemr_desktop.tagfiles.containers.sniffing import ID3_HEADER, id3_length

ID3V1_LENGTH = 128
APE_HEAD = 32
HAS_HEADER = 0x8000_0000
LYRICS_END = 15


class EndBlock(NamedTuple):
    """Bytes [start, end) of the file."""

    kind: Literal["id3v1", "ape", "lyrics3", "id3v2"]
    start: int
    end: int


def end_blocks(file: BinaryIO) -> list[EndBlock]:
    """The blocks at the end of the file, the last one first."""
    found: list[EndBlock] = []
    end = file_length(file)
    while (block := _block_before(file, end)) is not None and block.start >= 0:
        found.append(block)
        end = block.start
    return found


def _block_before(file: BinaryIO, end: int) -> EndBlock | None:
    start = max(0, end - ID3V1_LENGTH)
    file.seek(start)
    tail = file.read(end - start)
    if len(tail) == ID3V1_LENGTH and tail.startswith(b"TAG") and not _is_in_ape_header(file, start, tail):
        return EndBlock("id3v1", end - ID3V1_LENGTH, end)
    if len(tail) < APE_HEAD:
        return None
    footer = tail[-APE_HEAD:]
    if footer[:8] == b"APETAGEX":
        size, _, flags = struct.unpack_from("<III", footer, 12)
        start = end - size - (APE_HEAD if flags & HAS_HEADER else 0)
        return EndBlock("ape", start, end) if size >= APE_HEAD else None
    if footer.endswith(b"LYRICS200") and footer[-15:-9].isdigit():
        return EndBlock("lyrics3", end - int(footer[-15:-9]) - LYRICS_END, end)
    if footer[-ID3_HEADER:-7] == b"3DI":
        return _id3v2_before(file, footer[-ID3_HEADER:], end)
    return None


def _is_in_ape_header(file: BinaryIO, start: int, tail: bytes) -> bool:
    """Whether these letters are the middle of “APETAGEX”, in an APEv2 block of just that length."""
    if not tail.startswith(b"TAGEX") or start < 3:
        return False
    file.seek(start - 3)
    return file.read(3) == b"APE" and tail[-APE_HEAD : -APE_HEAD + 8] == b"APETAGEX"


def _id3v2_before(file: BinaryIO, footer: bytes, end: int) -> EndBlock | None:
    length = id3_length(b"ID3" + footer[3:])
    start = end - length
    if not length or start < 0:
        return None
    file.seek(start)
    return EndBlock("id3v2", start, end) if file.read(3) == b"ID3" else None
