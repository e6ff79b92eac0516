"""What plays now and what comes next: the tracks a person started from, in their order, without gaps."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal, Slot

from pemr_desktop.library import queries
from pemr_desktop.library.rows import TrackRow
from pemr_desktop.playback.play_order import PlayOrder, Repeat

if TYPE_CHECKING:
    from pemr_desktop.playback.player import Player
    from pemr_desktop.ui.library_reader import Reader

log = logging.getLogger(__name__)

MAX_MISSES = 5
"""So many files in a row that cannot be played end the music."""
RESTART_INSTEAD_OF_PREVIOUS_S = 3.0


class KeptQueue(msgspec.Struct, frozen=True):
    """The queue from one run to the next: the list, how it plays, and the moment in what played.

    `path`: `os.fsencode` of a file that is not in the library, where one played.
    """

    ids: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    at: int = -1
    shuffled: bool = False
    repeat: Repeat = "off"
    position_s: float = 0.0
    path: bytes = b""


class PlayQueue(QObject):
    """Feeds the player from a list of track ids; files outside the library can be played too."""

    currentChanged = Signal(object)
    """The TrackRow that plays now, or None for a file outside the library or silence."""
    listChanged = Signal()
    modesChanged = Signal()
    """Shuffle or repeat was turned."""

    def __init__(self, player: Player, reader: Reader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._reader = reader
        self._order = PlayOrder()
        self._start_s = 0.0
        self._current: TrackRow | None = None
        self._follower: TrackRow | None = None
        self._going_on = False
        self._misses = 0
        player.trackStarted.connect(self._started)
        player.followerStarted.connect(self._follower_started)
        player.failed.connect(self._failed)
        player.stateChanged.connect(self._state_changed)

    @property
    def current(self) -> TrackRow | None:
        """The track that plays or is paused."""
        return self._current

    @property
    def ids(self) -> Sequence[int]:
        """The whole list, played and unplayed."""
        return self._order.ids

    @property
    def position(self) -> int:
        """Index of the current track in `ids`, -1 when nothing from the library plays or the list is over."""
        return self._order.at

    @property
    def shuffled(self) -> bool:
        """Whether the list plays in an order drawn by chance."""
        return self._order.shuffled

    @property
    def repeat(self) -> Repeat:
        """Whether the list, or the track, begins again at its end."""
        return self._order.repeat

    def has_next(self) -> bool:
        """True when a track follows."""
        return self._order.following() is not None

    def has_previous(self) -> bool:
        """True when a track came before."""
        return self._order.preceding() is not None

    # playing

    def play(self, ids: Sequence[int], at: int = 0, start_s: float = 0.0) -> None:
        """Take these tracks as the list and start with the one at index `at`."""
        if not ids:
            return
        self._order.replace(ids, at)
        self.listChanged.emit()
        self._go(self._order.at, start_s)

    def play_at(self, line: int) -> None:
        """Go to an entry of the list."""
        if 0 <= line < len(self.ids):
            self._go(line)

    def play_files(self, paths: Sequence[Path], start_s: float = 0.0) -> None:
        """Play files that need not be in the library, one after another."""
        self._reader.forget((id(self), "row"))
        self._order.replace((), -1)
        self._follower, self._going_on = None, False
        self.listChanged.emit()
        self._set_current(None)
        for number, path in enumerate(paths):
            if number == 0:
                self._player.play(path, start_s)
            else:
                self._player.enqueue(path)

    def restore(self, kept: KeptQueue) -> None:
        """Have a list as it once was, its track held where it was. Raises ValueError when its parts do not fit."""
        self._order.restore(kept.ids, kept.places, kept.at, shuffled=kept.shuffled, repeat=kept.repeat)
        self.listChanged.emit()
        self.modesChanged.emit()
        if self.position >= 0:
            self._start_s = kept.position_s
            current = [self.ids[self.position]]
            self._reader.ask(queries.rows, current, done=self._hold_row, failed=self._no_row, topic=(id(self), "row"))
        elif kept.path:
            self._player.hold(Path(os.fsdecode(kept.path)), kept.position_s)
            self.currentChanged.emit(None)

    def kept(self) -> KeptQueue:
        """What `restore` needs."""
        order, player = self._order, self._player
        outside = os.fsencode(player.path) if player.path is not None and self._current is None else b""
        return KeptQueue(
            ids=tuple(order.ids),
            places=tuple(order.places),
            at=order.at,
            shuffled=order.shuffled,
            repeat=order.repeat,
            position_s=player.position_s if player.path is not None else 0.0,
            path=outside if order.at < 0 else b"",
        )

    def _hold_row(self, rows: list[TrackRow]) -> None:
        if not rows:
            self._no_row()
            return
        self._going_on = True
        self._set_current(rows[0])
        self._player.hold(_path(rows[0]), self._start_s, rows[0].duration_s or 0.0)
        self._ask_follower()

    def _no_row(self, _error: Exception | None = None) -> None:
        """The library does not have that track any more."""
        self._order.at = -1
        self.listChanged.emit()

    def play_file(self, path: Path, start_s: float = 0.0) -> None:
        """Play a file that need not be in the library."""
        self.play_files([path], start_s)

    @Slot()
    def next(self) -> None:
        """The next track; after the last one the music stops."""
        line = self._order.following()
        if line is not None:
            self._go(line)
        else:
            self.stop()
            self._order.at = -1
            self.listChanged.emit()

    @Slot()
    def previous(self) -> None:
        """The track before, or the start of this one when it has played for a while."""
        line = self._order.preceding()
        if self._player.position_s > RESTART_INSTEAD_OF_PREVIOUS_S or line is None:
            self._player.seek(0.0)
        else:
            self._go(line)

    @Slot()
    def stop(self) -> None:
        """Silence; the list stays, and the place in it."""
        self._going_on = False
        self._player.stop()
        self._set_current(None)

    # changing the list

    def append(self, ids: Sequence[int]) -> None:
        """Play these after everything else."""
        self.insert(len(self.ids), ids)

    def play_next(self, ids: Sequence[int]) -> None:
        """Play these directly after the current track."""
        self.insert(self.position + 1, ids)

    def insert(self, line: int, ids: Sequence[int]) -> None:
        """Put tracks before index `line` of the list; they start when nothing plays."""
        if not ids:
            return
        if self._current is None and not self._going_on:
            self.play(ids)
            return
        self._order.insert(line, ids)
        self._list_changed()

    def remove(self, lines: Sequence[int]) -> None:
        """Take entries out of the list; if the current one is among them, the one that follows it plays."""
        lost = self._order.remove(lines)
        going_on = self._going_on and self._player.state == "playing"
        if lost and going_on and self.position >= 0:
            self.listChanged.emit()
            self._go(self.position)
        elif lost and self._current is not None:
            self.stop()
            self.listChanged.emit()
        else:
            self._list_changed()

    def move(self, lines: Sequence[int], before: int) -> int:
        """Put entries before the one at index `before` -> the index of the first of them."""
        first = self._order.move(lines, before)
        self._list_changed()
        return first

    @Slot(bool)
    def set_shuffled(self, shuffled: bool) -> None:
        """Play in an order drawn by chance, the current track first, or again in the order that was given."""
        if shuffled != self.shuffled:
            self._order.set_shuffled(shuffled)
            self._list_changed()
            self.modesChanged.emit()

    @Slot(str)
    def set_repeat(self, repeat: Repeat) -> None:
        """Begin again at the end of the list (`all`), of the track (`one`), or not (`off`)."""
        if repeat != self.repeat:
            self._order.repeat = repeat
            self._list_changed()
            self.modesChanged.emit()

    def _list_changed(self) -> None:
        self._renew_follower()
        self.listChanged.emit()

    # one after another

    def _go(self, at: int, start_s: float = 0.0) -> None:
        self._order.at, self._start_s, self._follower, self._going_on = at, start_s, None, True
        self._reader.ask(queries.rows, [self.ids[at]], done=self._play_row, topic=(id(self), "row"))

    def _play_row(self, rows: list[TrackRow]) -> None:
        if not rows:
            self._misses += 1
            self._go_on(self._order.following())
            return
        self._set_current(rows[0])
        self._player.play(_path(rows[0]), self._start_s)
        self._ask_follower()

    def _go_on(self, line: int | None) -> None:
        """Go to an entry after one that ended or cannot be played, unless too many could not be."""
        if line is not None and self._misses <= MAX_MISSES:
            self._go(line)
            return
        self._going_on = False
        self._order.at = -1
        self._set_current(None)
        self.listChanged.emit()

    def _following_id(self) -> int | None:
        line = self._order.after_end()
        return None if line is None else self.ids[line]

    def _ask_follower(self) -> None:
        """Fetch the next row, so that its file is with the player before this one ends."""
        following = self._following_id()
        if following is not None:
            self._reader.ask(queries.rows, [following], done=self._enqueue, topic=(id(self), "follower"))

    def _renew_follower(self) -> None:
        """After a change of the list: take back the file the player was given in advance if it is another one now."""
        if self._current is None:
            return
        if self._follower is not None:
            if self._follower.id == self._following_id():
                return
            self._follower = None
            self._player.clear_next()
        self._ask_follower()

    def _enqueue(self, rows: list[TrackRow]) -> None:
        is_wanted = self._going_on and self._follower is None and self._current is not None
        if rows and is_wanted and rows[0].id == self._following_id():
            self._follower = rows[0]
            self._player.enqueue(_path(rows[0]))

    @Slot(object)
    def _started(self, _path: Path) -> None:
        self._misses = 0

    @Slot(object)
    def _follower_started(self, path: Path) -> None:
        """The player went on to the file it was given in advance."""
        line = self._order.after_end()
        follower, self._follower = self._follower, None
        if line is None or not self._going_on:
            return
        if follower is None or path != _path(follower):  # taken back while it began
            self._go(line)
            return
        self._order.at = line
        self._set_current(follower)
        self._ask_follower()

    @Slot(object)
    def _failed(self, _why: object) -> None:
        self._misses += 1

    @Slot(str)
    def _state_changed(self, state: str) -> None:
        if state != "stopped":
            return
        if self._going_on:
            skipped = 1 if self._follower is None else 2  # a follower that never started could not be played
            self._go_on(self._order.after_end(skipped))
        else:
            self._set_current(None)

    def _set_current(self, row: TrackRow | None) -> None:
        if row is not self._current:
            self._current = row
            self.currentChanged.emit(row)


def _path(row: TrackRow) -> Path:
    return Path(os.fsdecode(row.path))
