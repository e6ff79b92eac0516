"""The window's side of media keys and the desktop's player panel (Linux: MPRIS2 on the session bus)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

if TYPE_CHECKING:
    from pemr_desktop.library.rows import TrackRow
    from pemr_desktop.ui.window.main_window import MainWindow


class DesktopPanel(QObject):
    """Tells the desktop what plays, and does what its keys and panels ask for."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        from pemr_desktop.playback.media_controls import MediaControls  # loads D-Bus: only once the window is there

        self._window = window
        self._queue = window.context.queue
        self.controls = MediaControls(window.context.player, self)
        self.controls.playRequested.connect(window.track_commands.play_or_pause)
        self.controls.nextRequested.connect(self._queue.next)
        self.controls.previousRequested.connect(self._queue.previous)
        self.controls.quitRequested.connect(window.close)
        self.controls.raiseRequested.connect(self._raise)
        self._queue.currentChanged.connect(self._show)
        self._queue.listChanged.connect(self._show_again)

    @Slot(object)
    def _show(self, row: TrackRow | None) -> None:
        from pemr_desktop.playback.media_controls import NowPlaying

        now = None if row is None else NowPlaying(row.id, row.title or row.location, row.artist, row.album)
        self.controls.show(now, can_go_next=self._queue.has_next(), can_go_previous=row is not None)

    @Slot()
    def _show_again(self) -> None:
        self._show(self._queue.current)

    @Slot()
    def _raise(self) -> None:
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()


def join_desktop(window: MainWindow) -> DesktopPanel | None:
    """Takes the player's name on the session bus; None on other systems and where there is no bus."""
    if sys.platform != "linux":
        return None
    panel = DesktopPanel(window)
    if panel.controls.register():
        return panel
    panel.deleteLater()
    return None
