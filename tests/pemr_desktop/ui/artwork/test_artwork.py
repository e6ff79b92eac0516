"""Covers come out of files through a process of their own; a broken picture hurts nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mutagen.flac import FLAC, Picture
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage, QImageWriter
from pytestqt.qtbot import QtBot

from pemr_desktop.library import queries
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.rows import TrackRow
from pemr_desktop.paths import Paths
from pemr_desktop.ui.artwork.artwork import Artwork
from pemr_desktop.ui.artwork.process import square_pixels


@pytest.fixture
def artwork(qtbot: QtBot) -> Iterator[Artwork]:
    made = Artwork()
    yield made
    made.close()


def png(width: int, height: int, colour: str) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert QImageWriter(buffer, b"png").write(image)
    return bytes(buffer.data().data())


def row_with_cover(paths: Paths, track: Path, encoded: bytes) -> TrackRow:
    file = FLAC(track)
    picture = Picture()
    picture.type, picture.mime, picture.data = 3, "image/png", encoded
    file.add_picture(picture)
    file.save()
    with open_library(paths.library_file) as library:
        library.add_root(track.parent)
        library.scan()
        return library.read(queries.rows, list(library.read(queries.track_ids)))[0]


def test_a_wide_picture_becomes_the_square_in_its_middle() -> None:
    pixels = square_pixels(png(90, 30, "#ff0000"), 16)
    assert len(pixels) == 16 * 16 * 4
    assert QImage(pixels, 16, 16, QImage.Format.Format_ARGB32_Premultiplied).pixelColor(8, 8) == QColor("#ff0000")


def test_what_is_no_picture_gives_nothing() -> None:
    assert square_pixels(b"not a picture", 16) == b""


def test_a_cover_arrives_from_the_process(
    qtbot: QtBot, artwork: Artwork, paths: Paths, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    row = row_with_cover(paths, make_audio(tmp_path / "music" / "a.flac", seconds=1), png(64, 64, "#00ff00"))
    assert row.has_artwork
    with qtbot.waitSignal(artwork.arrived):
        assert artwork.tile(row, 32, 1.0) is None
    cover = artwork.tile(row, 32, 1.0)
    assert cover is not None and cover.toImage().pixelColor(16, 16) == QColor("#00ff00")


def test_a_broken_cover_is_asked_for_once(
    qtbot: QtBot, artwork: Artwork, paths: Paths, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    row = row_with_cover(paths, make_audio(tmp_path / "music" / "a.flac", seconds=1), png(64, 64, "#00ff00")[:60])
    artwork.tile(row, 32, 1.0)
    qtbot.waitUntil(lambda: bool(artwork._kept))
    assert artwork.tile(row, 32, 1.0) is None
    assert artwork._asked is None
