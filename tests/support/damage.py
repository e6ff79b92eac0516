"""Ways in which a file comes to harm: bits, lengths, cuts, pieces of other files."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Literal

CHUNK_NAME = re.compile(rb"[A-Za-z\xa9][A-Za-z0-9_ \xa9]{2}[A-Za-z0-9_ ]")
LARGEST_PIECE = 4096

Mutator = Callable[[bytearray, Sequence[bytes], random.Random], None]


def damaged(whole: bytes, others: Sequence[bytes], draw: random.Random) -> bytes:
    """A copy that one to twelve things happened to."""
    content = bytearray(whole)
    for _ in range(draw.choice((1, 1, 1, 2, 2, 4, 12))):
        draw.choices(MUTATORS, WEIGHTS)[0](content, others, draw)
    return bytes(content)


def _offset(content: bytearray, draw: random.Random) -> int:
    """Mostly near the start or the end, where tags are."""
    size = len(content) or 1
    near = min(size, 3000)
    return draw.choice((draw.randrange(near), size - 1 - draw.randrange(near), draw.randrange(size)))


def flip_bits(content: bytearray, others: Sequence[bytes], draw: random.Random) -> None:
    """One to twenty bits, as a worn disk does."""
    for _ in range(draw.choice((1, 2, 20)) if content else 0):
        content[_offset(content, draw)] ^= 1 << draw.randrange(8)


def overwrite(content: bytearray, others: Sequence[bytes], draw: random.Random) -> None:
    """A run of other bytes, of the same length."""
    offset = _offset(content, draw)
    run = draw.choice((b"\xff" * 4, bytes(4), bytes(300), b"\x7f\xff\xff\xff", draw.randbytes(1), draw.randbytes(16)))
    content[offset : offset + len(run)] = run[: max(0, len(content) - offset)]


def change_length(content: bytearray, others: Sequence[bytes], draw: random.Random) -> None:
    """The number after (or in MP4 before) a name of four letters: one off, nothing, or far too large."""
    names = [found.start() for found in CHUNK_NAME.finditer(bytes(content))]
    offset = draw.choice(names or [0]) + draw.choice((4, 4, 4, -4, 6, 8))
    if not 0 <= offset <= len(content) - 4:
        return
    order: Literal["big", "little"] = draw.choice(("big", "little"))
    old = int.from_bytes(content[offset : offset + 4], order)
    new = draw.choice((0, 1, 7, old + 1, old - 1, old * 2, old // 2, len(content), 0x7FFFFFFF, 0xFFFFFFFF, 0x10000))
    content[offset : offset + 4] = (new & 0xFFFFFFFF).to_bytes(4, order)


def cut_off(content: bytearray, others: Sequence[bytes], draw: random.Random) -> None:
    """The end is lacking, or the start."""
    offset = _offset(content, draw)
    if draw.random() < 0.8:
        del content[offset:]
    else:
        del content[: min(offset, LARGEST_PIECE)]


def take_out(content: bytearray, others: Sequence[bytes], draw: random.Random) -> None:
    """A piece in the middle is lacking."""
    offset = _offset(content, draw)
    del content[offset : offset + draw.choice((1, 2, draw.randrange(1, 400)))]


def put_in(content: bytearray, others: Sequence[bytes], draw: random.Random) -> None:
    """Bytes too many, or a piece twice."""
    offset = _offset(content, draw)
    piece = draw.randbytes(draw.randrange(1, 40)) if draw.random() < 0.5 else content[offset : offset + 400]
    content[offset:offset] = piece


def splice(content: bytearray, others: Sequence[bytes], draw: random.Random) -> None:
    """The start, the end or a piece of another file, put before, behind, into or over this one."""
    other = draw.choice(others)
    size = draw.randrange(1, LARGEST_PIECE)
    start = draw.choice((0, max(0, len(other) - size), draw.randrange(len(other))))
    piece = other[start : start + size]
    offset = _offset(content, draw)
    match draw.randrange(4):
        case 0:
            content[:0] = piece
        case 1:
            content += piece
        case 2:
            content[offset:offset] = piece
        case 3:
            content[offset : offset + len(piece)] = piece


MUTATORS: tuple[Mutator, ...] = (flip_bits, overwrite, change_length, cut_off, take_out, put_in, splice)
WEIGHTS = (4, 3, 5, 1, 2, 2, 2)
