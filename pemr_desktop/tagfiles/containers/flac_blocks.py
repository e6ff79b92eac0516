"""The metadata blocks of a FLAC file, and how they are written when one of them changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Literal, NamedTuple

from pemr_desktop.tagfiles.containers.sniffing import id3_end
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.splices import Splice

STREAM_INFO, PADDING, COMMENTS, PICTURE, INVALID = 0, 1, 4, 6, 127
MAX_COMMENTS = 100_000
BLOCK_HEAD = 4
LARGEST_BLOCK = (1 << 24) - 1
NEW_PADDING = 1024


class FlacBlock(NamedTuple):
    """One block, and where its content begins in the file; padding with nothing in it is empty here."""

    kind: int
    content: bytes
    start: int = 0


class FlacBlocks(NamedTuple):
    """All blocks, and the bytes [start, end) of the file that they take. `is_damaged`: they do not lead to sound."""

    blocks: tuple[FlacBlock, ...]
    start: int
    end: int
    is_damaged: bool


def flac_blocks(file: BinaryIO) -> FlacBlocks:
    """The blocks behind the file's first letters; an ID3 block before them is stepped over."""
    start = id3_end(file) + 4
    found = _walk(file, start, by_content=False)
    if found.is_damaged and not (other := _walk(file, start, by_content=True)).is_damaged:
        return other
    return found


def _walk(file: BinaryIO, start: int, *, by_content: bool) -> FlacBlocks:
    """`by_content`: go by what is in comments and pictures, where programs have written other lengths of the block."""
    position = start
    blocks: list[FlacBlock] = []
    while True:
        file.seek(position)
        head = file.read(BLOCK_HEAD)
        size = int.from_bytes(head[1:], "big")
        kind = head[0] & 0x7F if head else INVALID
        if by_content and kind in CONTENT_LENGTH:
            size = CONTENT_LENGTH[kind](file)
            file.seek(position + BLOCK_HEAD)
        content = file.read(size) if len(head) == BLOCK_HEAD and kind != INVALID else b""
        if len(head) < BLOCK_HEAD or kind == INVALID or len(content) < size:
            return FlacBlocks(tuple(blocks), start, position, True)
        is_empty = kind == PADDING and not content.strip(b"\0")
        blocks.append(FlacBlock(kind, b"" if is_empty else content, position + BLOCK_HEAD))
        position += BLOCK_HEAD + size
        if head[0] & 0x80:
            break
    sync = file.read(2)
    is_sound = len(sync) < 2 or (sync[0] == 0xFF and sync[1] & 0xFC == 0xF8)
    return FlacBlocks(tuple(blocks), start, position, not is_sound)


def _length_of_comments(file: BinaryIO) -> int:
    start = file.tell()
    _skip(file, "little")
    for _ in range(min(int.from_bytes(file.read(4), "little"), MAX_COMMENTS)):
        _skip(file, "little")
    return file.tell() - start


def _length_of_picture(file: BinaryIO) -> int:
    start = file.tell()
    file.read(4)
    _skip(file, "big")
    _skip(file, "big")
    file.read(16)
    _skip(file, "big")
    return file.tell() - start


def _skip(file: BinaryIO, order: Literal["little", "big"]) -> None:
    file.seek(int.from_bytes(file.read(4), order), 1)


CONTENT_LENGTH: dict[int, Callable[[BinaryIO], int]] = {COMMENTS: _length_of_comments, PICTURE: _length_of_picture}


def with_comments(blocks: tuple[FlacBlock, ...], comments: bytes) -> list[FlacBlock]:
    """The blocks with other comments: in the place of the first that there are, or behind the stream's properties."""
    made = list(blocks)
    for number, block in enumerate(made):
        if block.kind == COMMENTS:
            made[number] = FlacBlock(COMMENTS, comments)
            return made
    made.insert(1, FlacBlock(COMMENTS, comments))
    return made


def flac_splices(found: FlacBlocks, blocks: list[FlacBlock]) -> list[Splice]:
    """Write the blocks, with as much padding behind them as leaves the sound where it is, if that is possible."""
    kept = [block for block in blocks if block.kind != PADDING or block.content]
    if any(len(block.content) > LARGEST_BLOCK for block in kept):
        raise CannotHold("FLAC tags too large")
    used = sum(BLOCK_HEAD + len(block.content) for block in kept)
    room = found.end - found.start - used
    if room < 0 or 0 < room < BLOCK_HEAD:
        room = BLOCK_HEAD + NEW_PADDING
    while room > 0:
        size = min(room - BLOCK_HEAD, LARGEST_BLOCK)
        if 0 < room - BLOCK_HEAD - size < BLOCK_HEAD:
            size -= BLOCK_HEAD
        kept.append(FlacBlock(PADDING, bytes(size)))
        room -= BLOCK_HEAD + size
    heads = [block.kind for block in kept]
    heads[-1] |= 0x80
    written = b"".join(
        bytes([head]) + len(block.content).to_bytes(3, "big") + block.content
        for head, block in zip(heads, kept, strict=True)
    )
    return [Splice(found.start, found.end, written)]
