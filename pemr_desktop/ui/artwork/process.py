"""The process that reads covers out of files and scales them, so that a broken picture cannot hurt the window.

One request a line on standard input, one answer a line on standard output: JSON, pictures as premultiplied ARGB32.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from pemr_desktop.child_limits import Patience, limit_memory, run_child
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.read import read_artwork
from pemr_desktop.ui.artwork.messages import ArtworkAnswer, ArtworkRequest

log = logging.getLogger(__name__)

MAX_DECODED_MB = 192
HEADROOM_MB = 384
PATIENCE_S = 5.0
"""Of the processor for one picture."""
LONGEST_SHAPE = 20
"""A picture longer than this many times its other side is no cover; cut to a square nothing of it would be seen."""


def square_cover(path: Path, size_px: int) -> bytes:
    """The cover of a file, cut to a square and scaled; empty when there is none that can be read."""
    try:
        encoded = read_artwork(path)
    except (TagFileError, OSError) as error:
        log.info("No cover from %s: %s", path, error)
        return b""
    return square_pixels(encoded, size_px) if encoded else b""


def cover_or_nothing(path: Path, size_px: int) -> bytes:
    """`square_cover`; whatever a damaged file makes a parser raise belongs to that file alone."""
    try:
        return square_cover(path, size_px)
    except Exception as error:  # noqa: BLE001
        log.info("No cover from %s: %r", path, error)
        return b""


def square_pixels(encoded: bytes, size_px: int) -> bytes:
    """An encoded picture -> the middle square of it as premultiplied ARGB32, size_px * size_px * 4 bytes."""
    data = QByteArray(encoded)
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    QImageReader.setAllocationLimit(MAX_DECODED_MB)
    reader = QImageReader(buffer)
    reader.setDecideFormatFromContent(True)
    full = reader.size()
    if full.isValid() and max(full.width(), full.height()) > LONGEST_SHAPE * min(full.width(), full.height()):
        return b""
    if full.isValid() and min(full.width(), full.height()) > size_px:
        scaled = full.scaled(QSize(size_px, size_px), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        reader.setScaledSize(scaled)
    image = reader.read()
    if image.isNull():
        return b""
    side = min(image.width(), image.height())
    middle = image.copy((image.width() - side) // 2, (image.height() - side) // 2, side, side)
    square = middle.scaled(
        size_px, size_px, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    ).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    return bytes(square.constBits())


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the input ends."""
    decode, encode = msgspec.json.Decoder(ArtworkRequest).decode, msgspec.json.Encoder().encode
    patience = Patience()
    patience.start()
    limit_memory(HEADROOM_MB)
    for line in requests:
        request = decode(line)
        patience.allow(PATIENCE_S)
        pixels = cover_or_nothing(Path(os.fsdecode(request.path)), request.size_px)
        patience.rest()
        answers.write(encode(ArtworkAnswer(request.key, request.size_px, pixels)) + b"\n")
        answers.flush()


def main() -> int:
    """Serve standard input and output."""
    serve(sys.stdin.buffer, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    run_child(main)
