"""What plays now and what comes next: the tracks a person started from, in their order, without gaps."""

from __future__ import annotations

import logging
import os
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from pemr_desktop.library import queries
from pemr_desktop.library.rows import TrackRow

if TYPE_CHECKING:
    from pemr_desktop.playback.player import Player
    from pemr_desktop.ui.library_reader import Reader

log = logging.getLogger(__name__)

MAX_MISSES = 5
"""So many files in a row that cannot be played end the music."""
RESTART_INSTEAD_OF_PREVIOUS_S = 3.0


class PlayQueue(QObject):
    """Feeds the player from a list of track ids; a file outside the library can be played too."""

    currentChanged = Signal(object)
    """The TrackRow that plays now, or None for a file outside the library or silence."""
    listChanged = Signal()

    def __init__(self, player: Player, reader: Reader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._reader = reader
        self._ids: array[int] = array("q")
        self._at = -1
        self._start_s = 0.0
        self._current: TrackRow | None = None
        self._follower: TrackRow | None = None
        self._going_on = False
        self._misses = 0
        player.trackStarted.connect(self._started)
        player.stateChanged.connect(self._state_changed)

    @property
    def current(self) -> TrackRow | None:
        """The track that plays or is paused."""
        return self._current

    @property
    def ids(self) -> Sequence[int]:
        """The whole list, played and unplayed."""
        return self._ids

    @property
    def position(self) -> int:
        """Index of the current track in `ids`, -1 when nothing from the library plays."""
        return self._at

    def has_next(self) -> bool:
        """True when a track follows."""
        return 0 <= self._at < len(self._ids) - 1

    def has_previous(self) -> bool:
        """True when a track came before."""
        return self._at > 0

    def play(self, ids: Sequence[int], at: int = 0, start_s: float = 0.0) -> None:
        """Take these tracks as the list and start with the one at index `at`."""
        if not ids:
            return
        self._ids = array("q", ids)
        self.listChanged.emit()
        self._go(at, start_s)

    def play_file(self, path: Path, start_s: float = 0.0) -> None:
        """Play a file that need not be in the library."""
        self._ids, self._at, self._follower, self._going_on = array("q"), -1, None, False
        self.listChanged.emit()
        self._set_current(None)
        self._player.play(path, start_s)

    def append(self, ids: Sequence[int]) -> None:
        """Play these after everything else."""
        if self._current is None:
            self.play(ids)
            return
        self._ids.extend(ids)
        self.listChanged.emit()
        if self._follower is None:
            self._ask_follower()

    @Slot()
    def next(self) -> None:
        """The next track; after the last one the music stops."""
        if self.has_next():
            self._go(self._at + 1)
        else:
            self.stop()

    @Slot()
    def previous(self) -> None:
        """The track before, or the start of this one when it has played for a while."""
        if self._player.position_s > RESTART_INSTEAD_OF_PREVIOUS_S or not self.has_previous():
            self._player.seek(0.0)
        else:
            self._go(self._at - 1)

    @Slot()
    def stop(self) -> None:
        """Silence; the list stays."""
        self._going_on = False
        self._player.stop()
        self._set_current(None)

    def _go(self, at: int, start_s: float = 0.0) -> None:
        self._at, self._start_s, self._follower, self._going_on = at, start_s, None, True
        self._reader.ask(queries.rows, [self._ids[at]], done=self._play_row, topic=(id(self), "row"))

    def _play_row(self, rows: list[TrackRow]) -> None:
        if not rows:
            self.next()
            return
        self._set_current(rows[0])
        self._player.play(_path(rows[0]), self._start_s)
        self._ask_follower()

    def _ask_follower(self) -> None:
        """Fetch the next row, so that its file is with the player before this one ends."""
        if self.has_next():
            following = [self._ids[self._at + 1]]
            self._reader.ask(queries.rows, following, done=self._enqueue, topic=(id(self), "follower"))

    def _enqueue(self, rows: list[TrackRow]) -> None:
        if rows and self._going_on and self.has_next() and rows[0].id == self._ids[self._at + 1]:
            self._follower = rows[0]
            self._player.enqueue(_path(rows[0]))

    @Slot(object)
    def _started(self, path: Path) -> None:
        """The player went on to the file it was given in advance."""
        self._misses = 0
        follower = self._follower
        if follower is None or path != _path(follower) or self._current is follower:
            return
        self._at += 1
        self._follower = None
        self._set_current(follower)
        self._ask_follower()

    @Slot(str)
    def _state_changed(self, state: str) -> None:
        if state != "stopped":
            return
        skipped = 1 if self._follower is None else 2  # a follower that never started could not be played
        self._misses += skipped - 1
        if self._going_on and self._at + skipped < len(self._ids) and self._misses <= MAX_MISSES:
            self._go(self._at + skipped)
        else:
            self._going_on = False
            self._set_current(None)

    def _set_current(self, row: TrackRow | None) -> None:
        if row is not self._current:
            self._current = row
            self.currentChanged.emit(row)


def _path(row: TrackRow) -> Path:
    return Path(os.fsdecode(row.path))
