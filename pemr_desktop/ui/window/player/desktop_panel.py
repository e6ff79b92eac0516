"""The window's side of media keys and the desktop's player panel (Linux: MPRIS2 on the session bus)."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Slot

from pemr_desktop.ui.artwork.artwork_file import ArtworkFile
from pemr_desktop.ui.file_urls import file_url, local_path

if TYPE_CHECKING:
    from pemr_desktop.library.rows import TrackRow
    from pemr_desktop.playback.media_controls import NowPlaying
    from pemr_desktop.ui.window.main_window import MainWindow

NOT_IN_LIBRARY = 0
"""Stands for the id of a track where a file from elsewhere plays."""


class DesktopPanel(QObject):
    """Tells the desktop what plays, and does what its keys and panels ask for."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        from pemr_desktop.playback.media_controls import MediaControls  # loads D-Bus: only once the window is there

        self._window = window
        self._queue = window.context.queue
        self._player = window.context.player
        self._covers = ArtworkFile(window.artwork, window.context.paths.cache / "now-playing")
        self.controls = MediaControls(self._player, self)
        self._do_what_is_asked()
        self._queue.currentChanged.connect(self._show)
        self._player.trackStarted.connect(self._show_again)
        window.artwork.arrived.connect(self._show_again)
        self._queue.currentChanged.connect(self._show_modes)
        self._queue.listChanged.connect(self._show_modes)
        self._queue.modesChanged.connect(self._show_modes)
        window.page.counted.connect(self._show_modes)
        self._show_again()
        self._show_modes()

    def _do_what_is_asked(self) -> None:
        controls, window = self.controls, self._window
        controls.playRequested.connect(window.track_commands.play_or_pause)
        controls.stopRequested.connect(self._queue.stop)
        controls.nextRequested.connect(self._queue.next)
        controls.previousRequested.connect(self._queue.previous)
        controls.shuffleRequested.connect(self._queue.set_shuffled)
        controls.repeatRequested.connect(self._queue.set_repeat)
        controls.openRequested.connect(self._open)
        controls.quitRequested.connect(window.close)
        controls.raiseRequested.connect(window.come_forward)

    @Slot(object)
    def _show(self, row: TrackRow | None) -> None:
        self.controls.show(self._outside_library() if row is None else self._of_library(row))

    @Slot()
    def _show_again(self) -> None:
        self._show(self._queue.current)

    def _of_library(self, row: TrackRow) -> NowPlaying:
        from pemr_desktop.playback.media_controls import NowPlaying

        return NowPlaying(
            row.id,
            row.title or row.location,
            row.artist,
            row.album,
            artwork=self._covers.of(row),
            album_artist=row.album_artist,
            genres=row.genres,
            track_number=row.track_number,
            disc_number=row.disc_number,
            url=_address(row.path),
        )

    def _outside_library(self) -> NowPlaying | None:
        from pemr_desktop.playback.media_controls import NowPlaying

        path = self._player.path
        return None if path is None else NowPlaying(NOT_IN_LIBRARY, path.name, url=_address(os.fsencode(path)))

    @Slot()
    def _show_modes(self) -> None:
        from pemr_desktop.playback.media_controls import PlayModes

        queue = self._queue
        self.controls.show_modes(
            PlayModes(
                shuffled=queue.shuffled,
                repeat=queue.repeat,
                can_go_next=queue.has_next(),
                can_go_previous=queue.current is not None,
                can_play=self._window.track_commands.can_play(),
            )
        )

    @Slot(QUrl)
    def _open(self, url: QUrl) -> None:
        if url.isLocalFile():
            self._window.track_commands.play_files([local_path(url)])


def _address(path: bytes) -> str:
    return bytes(file_url(path).toEncoded().data()).decode("ascii", "replace")


def join_desktop(window: MainWindow) -> DesktopPanel | None:
    """Takes the player's name on the session bus; None on other systems and where there is no bus."""
    if sys.platform != "linux":
        return None
    panel = DesktopPanel(window)
    if panel.controls.register():
        return panel
    panel.deleteLater()
    return None
