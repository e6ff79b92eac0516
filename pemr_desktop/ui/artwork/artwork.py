"""Covers for the window: asked of a process of their own, kept while they are likely to be looked at again."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import Protocol

import msgspec
from PySide6.QtCore import QObject, QProcess, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPixmap

from pemr_desktop.library.rows import TrackState
from pemr_desktop.processes import module_command
from pemr_desktop.ui.artwork.messages import ArtworkAnswer, ArtworkRequest

log = logging.getLogger(__name__)

MAX_KEPT_BYTES = 64 << 20
"""Some 16,000 small pictures of the table, or 700 of the grid of albums."""
PIXEL_BYTES = 4
MAX_WAITING = 64
"""Older requests than these are for rows that have been scrolled past; they are asked again when seen again."""
CLOCK_PATIENCE_MS = 20_000
"""By the clock for one picture: the process itself counts the processor, this is for a disk that does not answer."""
PAUSES_MS = (0, 0, 0, 1_000, 5_000, 30_000)
"""Before the process is started again after so many ends in a row; one picture that can be read begins anew."""
RADIUS_SHARE = 0.10

_Key = tuple[bytes, str, int]


class Pictured(Protocol):
    """A track or an album. `path`: the file that has the picture in it."""

    @property
    def path(self) -> bytes: ...
    @property
    def album(self) -> str: ...
    @property
    def album_artist(self) -> str: ...
    @property
    def artist(self) -> str: ...
    @property
    def has_artwork(self) -> bool: ...
    @property
    def state(self) -> TrackState: ...


class Artwork(QObject):
    """One cover an album and folder. `tile` answers at once with what is known; `arrived` says that there is more."""

    arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[_Key, QPixmap | None] = OrderedDict()
        self._kept_bytes = 0
        self._waiting: OrderedDict[_Key, ArtworkRequest] = OrderedDict()
        self._asked: tuple[_Key, ArtworkRequest] | None = None
        self._process: QProcess | None = None
        self._ends_in_a_row = 0
        self._serial = 0
        self._late = QTimer(self, singleShot=True, interval=CLOCK_PATIENCE_MS)
        self._late.timeout.connect(self._give_up)
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(self._send)
        self._unread = bytearray()
        self._decode = msgspec.json.Decoder(ArtworkAnswer).decode
        self._encode = msgspec.json.Encoder().encode

    def tile(self, row: Pictured, size: int, ratio: float) -> QPixmap | None:
        """The cover of a track or album, `size` device-independent pixels wide, or None when there is none (yet)."""
        if not row.has_artwork or row.state != "present":
            return None
        size_px = round(size * ratio)
        key = (row.path.rpartition(b"/")[0], row.album, size_px)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if self._asked is None or self._asked[0] != key:
            self._ask(key, row.path, size_px)
        return None

    def close(self) -> None:
        """End the process."""
        self._waiting.clear()
        self._late.stop()
        self._pause.stop()
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.closeWriteChannel()
            if not process.waitForFinished(1000):
                process.kill()
                process.waitForFinished(1000)
            process.deleteLater()

    def _ask(self, key: _Key, path: bytes, size_px: int) -> None:
        self._serial += 1
        self._waiting.pop(key, None)
        self._waiting[key] = ArtworkRequest(self._serial, path, size_px)
        while len(self._waiting) > MAX_WAITING:
            self._waiting.popitem(last=False)
        self._send()

    def _send(self) -> None:
        """One request at a time: the newest first, it is what the user looks at."""
        if self._asked is not None or not self._waiting or self._pause.isActive():
            return
        if self._process is None:
            self._process = self._started()
        key, request = self._waiting.popitem(last=True)
        self._asked = (key, request)
        self._process.write(self._encode(request) + b"\n")
        self._late.start()

    def _give_up(self) -> None:
        """A picture that takes for ever costs itself; `_ended` goes on with the next."""
        if self._process is not None:
            self._process.kill()

    def _started(self) -> QProcess:
        process = QProcess(self)
        program, *arguments = module_command("pemr_desktop.ui.artwork.process")
        process.setProgram(program)
        process.setArguments(arguments)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._failed_to_start)
        process.start()
        return process

    def _read(self) -> None:
        if self._process is None:
            return
        self._unread += self._process.readAllStandardOutput().data()
        *lines, rest = self._unread.split(b"\n")
        self._unread = bytearray(rest)
        for line in lines:
            answer = self._decode(line)
            if self._asked is not None and answer.key == self._asked[1].key:
                self._keep(self._asked[0], _pixmap(answer))
                self._asked = None
                self._ends_in_a_row = 0
                self._late.stop()
        self._send()

    def _keep(self, key: _Key, pixmap: QPixmap | None) -> None:
        self._kept_bytes += _bytes(key, pixmap) - _bytes(key, self._kept.get(key))
        self._kept[key] = pixmap
        while self._kept_bytes > MAX_KEPT_BYTES:
            self._kept_bytes -= _bytes(*self._kept.popitem(last=False))
        if pixmap is not None:
            self.arrived.emit()

    def _failed_to_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._ended()

    def _ended(self) -> None:
        """The picture that ended the process is not asked for again."""
        process, self._process = self._process, None
        if process is None:
            return
        process.deleteLater()
        self._unread.clear()
        self._late.stop()
        self._ends_in_a_row += 1
        if self._asked is not None:
            log.warning("The process that reads covers ended over %r", self._asked[1].path)
            key, self._asked = self._asked[0], None
            self._keep(key, None)
        if pause_ms := PAUSES_MS[min(self._ends_in_a_row, len(PAUSES_MS) - 1)]:
            self._pause.start(pause_ms)
        self._send()


def _bytes(key: _Key, pixmap: QPixmap | None) -> int:
    """What keeping a picture takes; that there is none takes a little, too."""
    return PIXEL_BYTES * (key[2] * key[2] if pixmap is not None else len(key[0]))


def _pixmap(answer: ArtworkAnswer) -> QPixmap | None:
    """Pixels with round corners."""
    side = answer.size_px
    if len(answer.pixels) != side * side * 4:
        return None
    image = QImage(answer.pixels, side, side, side * 4, QImage.Format.Format_ARGB32_Premultiplied)
    rounded = QPixmap(side, side)
    rounded.fill(Qt.GlobalColor.transparent)
    painter = QPainter(rounded)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRoundedRect(QRectF(0, 0, side, side), side * RADIUS_SHARE, side * RADIUS_SHARE)
    painter.setClipPath(path)
    painter.drawImage(0, 0, image)
    painter.end()
    return rounded
