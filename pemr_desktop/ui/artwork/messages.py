"""What the window asks the process that reads covers, and what it answers: JSON Lines."""

from __future__ import annotations

import msgspec


class ArtworkRequest(msgspec.Struct, frozen=True):
    """The cover of a file as a square of `size_px`. `key` comes back with the answer."""

    key: int
    path: bytes
    size_px: int


class ArtworkAnswer(msgspec.Struct, frozen=True):
    """`pixels`: size_px * size_px * 4 bytes, or none when there is no usable cover."""

    key: int
    size_px: int
    pixels: bytes = b""
