"""The raw Vorbis comment block of a file: what it says byte for byte."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.tagfiles.containers.flac_blocks import (
    COMMENTS,
    PADDING,
    FlacBlocks,
    flac_blocks,
    flac_splices,
    with_comments,
)
from pemr_desktop.tagfiles.containers.ogg_headers import HeaderPages, header_pages, header_splices
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.splices import Splice

MAGIC = {"ogg/vorbis": b"\x01vorbis", "ogg/opus": b"OpusHead", "ogg/speex": b"Speex   ", "ogg/flac": b"\x7fFLAC"}
START = {"ogg/vorbis": b"\x03vorbis", "ogg/opus": b"OpusTags", "ogg/speex": b"", "ogg/flac": b""}
PACKETS = {"ogg/vorbis": 2}
"""Headers behind the first that the pages of the comments may hold: the books of Vorbis follow the comments."""
OGG_FLAC_HEAD = 4
FRAMING = b"\x01"


class Other(NamedTuple):
    """A FLAC block, by the number of its kind, or an Ogg packet beside the comments."""

    kind: str
    content: bytes


@dataclass(frozen=True)
class Comments:
    """`comments`: each as "NAME=value", in order; `rest`: what follows them; `is_new`: not in the file yet."""

    container: str
    is_new: bool
    vendor: bytes = b""
    comments: tuple[bytes, ...] = ()
    rest: bytes = b""
    others: tuple[Other, ...] = ()
    damage: Refusal | None = None


def read_comments(stream: BinaryIO, container: str) -> Comments:
    """The comments of a FLAC or Ogg file."""
    if container == "flac":
        found = flac_blocks(stream)
        others = tuple(
            Other(str(block.kind), block.content)
            for number, block in enumerate(found.blocks)
            if number != _comment_number(found) and (block.kind != PADDING or block.content)
        )
        damage = refusal("FLAC blocks damaged") if found.is_damaged else None
        block = _flac_comments(found)
        if block is None:
            return Comments(container, True, others=others, damage=damage)
    else:
        pages = header_pages(stream, MAGIC[container], PACKETS.get(container, 1))
        if pages is None:
            return Comments(container, False, damage=refusal("Vorbis comments end early"))
        others = tuple(Other(f"packet {number}", packet) for number, packet in enumerate(pages.packets) if number)
        damage = pages.damage
        block = _ogg_comments(pages, container)
    parts = _parts(block)
    if not parts:
        return Comments(container, False, others=others, damage=damage or refusal("Vorbis comments end early"))
    vendor, *comments, rest = parts
    if not damage and not _is_complete(rest, container):
        damage = refusal("Vorbis comments end early")
    return Comments(container, False, vendor, tuple(comments), rest, others, damage)


def _comment_number(found: FlacBlocks) -> int | None:
    return next((number for number, block in enumerate(found.blocks) if block.kind == COMMENTS), None)


def _flac_comments(found: FlacBlocks) -> bytes | None:
    number = _comment_number(found)
    return None if number is None else found.blocks[number].content


def _ogg_comments(pages: HeaderPages, container: str) -> bytes:
    packet = pages.packets[0]
    if not packet.startswith(START[container]):
        return b""
    return packet[OGG_FLAC_HEAD if container == "ogg/flac" else len(START[container]) :]


def _is_complete(rest: bytes, container: str) -> bool:
    """Whether nothing but padding follows the last comment: else the count is damaged, and comments are hidden.

    The framing byte of Vorbis is also written where none belongs. What follows in Opus belongs there when its first
    bit is set (RFC 7845, 5.2).
    """
    if container == "ogg/opus" and rest[:1] and rest[0] & 1:
        return True
    return not (rest[1:] if container == "ogg/vorbis" or rest[:1] == FRAMING else rest).strip(b"\0")


def comment_splices(stream: BinaryIO, block: Comments) -> list[Splice]:
    """Put the comments into the file. Raises CannotHold."""
    data = block_bytes(block)
    if block.container == "flac":
        found = flac_blocks(stream)
        return flac_splices(found, with_comments(found.blocks, data))
    pages = header_pages(stream, MAGIC[block.container], PACKETS.get(block.container, 1))
    assert pages is not None
    start = START[block.container]
    if block.container == "ogg/flac":
        if len(data) >> 24:
            raise CannotHold("FLAC tags too large")
        start = pages.packets[0][:1] + len(data).to_bytes(3, "big")
    return header_splices(stream, pages, (start + data, *pages.packets[1:]))


def block_bytes(block: Comments) -> bytes:
    """The block as it is written. A FLAC file without comments gets a name of the encoder that says nothing."""
    parts = [struct.pack("<I", len(block.vendor)), block.vendor, struct.pack("<I", len(block.comments))]
    for comment in block.comments:
        parts += [struct.pack("<I", len(comment)), comment]
    return b"".join(parts) + block.rest


def read_block(stream: BinaryIO, container: str) -> tuple[bytes, list[bytes]]:
    """Vendor and comments as bytes; nothing when there is no block or it ends early."""
    parts = _parts(_block(stream, container))
    return (parts[0], parts[1:-1]) if parts else (b"", [])


def _block(stream: BinaryIO, container: str) -> bytes:
    if container == "flac":
        return _flac_comments(flac_blocks(stream)) or b""
    pages = header_pages(stream, MAGIC[container], PACKETS.get(container, 1))
    return b"" if pages is None else _ogg_comments(pages, container)


def _parts(block: bytes) -> list[bytes]:
    """The vendor, the comments, and what follows them; nothing when the block ends early."""
    try:
        (size,) = struct.unpack_from("<I", block)
        parts = [block[4 : 4 + size]]
        (count,) = struct.unpack_from("<I", block, 4 + size)
        position = 8 + size
        for _ in range(min(count, len(block))):
            (size,) = struct.unpack_from("<I", block, position)
            parts.append(block[position + 4 : position + 4 + size])
            position += 4 + size
    except struct.error:
        return []
    if position > len(block):  # the last comment says that it is longer than the block
        return []
    return [*parts, block[position:]]
