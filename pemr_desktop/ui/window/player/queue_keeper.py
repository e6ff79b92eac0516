"""Keeps the queue, the track and the moment in it from one run to the next, beside the library they belong to."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QTimer, Slot

from pemr.durable_files import replace_whole
from pemr_desktop.settings import library_file
from pemr_desktop.ui.background import OffThread
from pemr_desktop.ui.play_queue import KeptQueue

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

log = logging.getLogger(__name__)

FILE_NAME = "play-queue.json"
KEEP_AFTER_MS = 2_000
KEEP_POSITION_MS = 30_000
"""While music plays its position is kept this often, in case nobody closes the window."""


class QueueKeeper(QObject):
    """Writes on a thread when something has changed, and once more when the window closes."""

    def __init__(self, context: WindowContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = context.queue
        self._player = context.player
        self.path = library_file(context.settings.current, context.paths).with_name(FILE_NAME)
        self._kept: KeptQueue | None = None
        self._writer = OffThread(self)
        self._soon = QTimer(self, singleShot=True, interval=KEEP_AFTER_MS)
        self._soon.timeout.connect(self._keep)
        self._often = QTimer(self, interval=KEEP_POSITION_MS)
        self._often.timeout.connect(self._keep)
        for signal in (self._queue.listChanged, self._queue.currentChanged, self._queue.modesChanged):
            signal.connect(self._soon.start)
        self._player.stateChanged.connect(self._state_changed)

    def restore(self) -> None:
        """The queue as it was, paused; as it is where nothing was kept, or nothing that can be read."""
        try:
            kept = msgspec.json.decode(self.path.read_bytes(), type=KeptQueue)
            self._queue.restore(kept)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:  # of msgspec, too
            log.warning("The queue of the last run cannot be read: %s", error)
            return
        self._kept = kept

    def close(self) -> None:
        """Keep how it stands now, at once."""
        self._soon.stop()
        self._often.stop()
        kept = self._queue.kept()
        if kept != (self._kept or KeptQueue()):
            _write(self.path, kept)
        self._kept = kept

    @Slot(str)
    def _state_changed(self, state: str) -> None:
        self._soon.start()
        if state == "playing":
            self._often.start()
        else:
            self._often.stop()

    @Slot()
    def _keep(self) -> None:
        kept = self._queue.kept()
        if kept != (self._kept or KeptQueue()):
            self._kept = kept
            self._writer.ask("queue", _write, self.path, kept, done=_done)


def _write(path: Path, kept: KeptQueue) -> None:
    """A disk that takes nothing more costs the queue, not the music."""
    try:
        replace_whole(path, msgspec.json.encode(kept))
    except OSError as error:
        log.warning("The queue is not kept: %s", error)


def _done(_nothing: object) -> None:
    """There is nothing to do then."""
