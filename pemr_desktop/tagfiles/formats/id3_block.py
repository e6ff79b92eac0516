"""An ID3v2 block of a file: its header, its extended header and its frames, written back as they were."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

from pemr_desktop.refusal_texts.tag_formats import TagFormatCode
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.tagfiles.containers.sniffing import ID3_HEADER
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.formats.id3_frames import Frame, escape, pack_size, packed_size, take_apart, unescape

UNSYNCHRONISED, EXTENDED, FOOTER = 0x80, 0x40, 0x10
KNOWN_FLAGS = {2: 0x80, 3: 0xE0, 4: 0xF0}
NEW_PADDING = 1024


class UnreadableBlock(ValueError):
    """What stands where the ID3 tag should be is none, or of a version that is not known; `why` says it."""

    def __init__(self, code: TagFormatCode, /, **values: str) -> None:
        self.why = refusal(code, **values)
        super().__init__(self.why.message)


@dataclass(frozen=True)
class Id3Block:
    """`version` 2, 3 or 4; `is_new`: not in the file yet. `room`: bytes that the block may take without growing.

    `damage`: why it cannot be taken apart. `tail`: what lies behind the padding.
    `escaped`: the whole body hides false sync signals (before ID3v2.4).
    """

    version: int
    is_new: bool
    flags: int = 0
    revision: int = 0
    extended: bytes = b""
    frames: tuple[Frame, ...] = ()
    packed: bool = False
    tail: bytes = b""
    escaped: bool = False
    room: int = 0
    damage: Refusal | None = None
    location: object = None

    @property
    def all_escaped(self) -> bool:
        """Whether the header of an ID3v2.4 block says that every frame hides false sync signals."""
        return self.version == 4 and bool(self.flags & UNSYNCHRONISED)


def new_block(version: int, location: object) -> Id3Block:
    """A block without frames, for a file that has none."""
    return Id3Block(version, True, packed=version == 4, location=location)


def read_block(content: bytes, location: object) -> Id3Block:
    """The block at the start of what the container has in the place for it. Raises UnreadableBlock."""
    if len(content) < ID3_HEADER or content[:3] != b"ID3" or any(byte & 0x80 for byte in content[6:10]):
        raise UnreadableBlock("ID3 not begun")
    version, revision, flags = content[3:6]
    if version not in KNOWN_FLAGS:
        raise UnreadableBlock("ID3 version not known", version=str(version))
    if version == 2 and flags & 0x40:
        raise UnreadableBlock("ID3 compressed")
    end = ID3_HEADER + packed_size(content[6:10])
    behind = end + (ID3_HEADER if version == 4 and flags & FOOTER else 0)
    block = Id3Block(version, False, flags, revision, room=len(content), location=location)
    if end > len(content):
        block = replace(block, damage=refusal("ID3 cut off"))
    elif content[behind:].strip(b"\0"):
        block = replace(block, damage=refusal("ID3 other size"))
    elif flags & ~KNOWN_FLAGS[version]:
        block = replace(block, damage=refusal("ID3 flags not known"))
    return _with_frames(block, content[ID3_HEADER:end])


def _with_frames(block: Id3Block, body: bytes) -> Id3Block:
    if block.version < 4 and block.flags & UNSYNCHRONISED:
        made = _parsed(replace(block, escaped=True), unescape(body))
        if made.damage and not (other := _parsed(block, body)).damage:
            return other  # the header says so, and it is not true
        return made
    return _parsed(block, body)


def _parsed(block: Id3Block, body: bytes) -> Id3Block:
    extended = _extended_length(block, body)
    if extended is None:
        return replace(block, damage=block.damage or refusal("ID3 extended header damaged"))
    parts = take_apart(block.version, body[extended:])
    damage = block.damage
    if parts.faults and not damage:
        names = ", ".join(sorted(parts.faults))
        damage = refusal("ID3 parts not carried over", parts=names)
    if parts.tail and block.version == 4 and block.flags & FOOTER:
        damage = damage or refusal("ID3 other size")
    return replace(
        block,
        extended=body[:extended],
        frames=parts.frames,
        tail=parts.tail,
        packed=parts.packed,
        damage=damage,
    )


def _extended_length(block: Id3Block, body: bytes) -> int | None:
    """How long the extended header is; 0 when there is none, even if the header says so; None when it is damaged."""
    if block.version == 2 or not block.flags & EXTENDED or (body[:4].isalnum() and body[:1].isalpha()):
        return 0
    if len(body) < 6:
        return None
    size = packed_size(body[:4]) if block.version == 4 else 4 + int.from_bytes(body[:4], "big")
    return size if 6 <= size <= len(body) else None


def block_bytes(block: Id3Block) -> bytes:
    """The block as it is written: as long as the old one where it fits. Raises CannotHold when it is too large."""
    frames = b"".join(frame.raw for frame in block.frames)
    has_footer = block.version == 4 and bool(block.flags & FOOTER)
    fixed = ID3_HEADER * (2 if has_footer else 1)
    body = _body(block, frames, 0)
    if not has_footer:
        left = block.room - fixed - len(body)
        if left < (ID3_HEADER if block.tail else 0):
            body = _body(block, frames, NEW_PADDING)
        elif left:
            body = _body(block, frames, left)
    try:
        size = pack_size(len(body))
    except ValueError as error:
        raise CannotHold("ID3 too large") from error
    head = bytes([block.version, block.revision, block.flags]) + size
    return b"ID3" + head + body + (b"3DI" + head if has_footer else b"")


def _body(block: Id3Block, frames: bytes, padding: int) -> bytes:
    body = _extended_header(block, frames, padding) + frames
    if not block.escaped:
        return body + bytes(padding) + block.tail
    return escape(body) + bytes(padding) + escape(block.tail)


def _extended_header(block: Id3Block, frames: bytes, padding: int) -> bytes:
    """As it was, with the size of the padding and the checksum that are true now."""
    made = bytearray(block.extended)
    if block.version == 3 and len(made) >= 10:
        made[6:10] = padding.to_bytes(4, "big")
        if made[4] & 0x80 and len(made) >= 14:
            made[10:14] = zlib.crc32(frames).to_bytes(4, "big")
    if block.version == 4 and len(made) > 6 and made[5] & 0x20:
        position = 6 + (1 if made[5] & 0x40 else 0)
        if made[position : position + 1] == b"\5" and len(made) >= position + 6:
            made[position + 1 : position + 6] = pack_size(zlib.crc32(frames + bytes(padding)), 5)
    return bytes(made)
