"""What one does to chosen tracks: play, find covers, review, listen again, show the file, put into playlists."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library import queries
from pemr_desktop.library.playlists.export import export_tracks
from pemr_desktop.library.rows import PlaylistRow
from pemr_desktop.protocol.messages import AcceptAbove, Analyse, FindAllVersions, Finished, MoreLikeThis, SavePlaylist
from pemr_desktop.protocol.results import SimilarResult
from pemr_desktop.reasons import reason_of
from pemr_desktop.refusals import said
from pemr_desktop.ui.file_manager import show_in_file_manager
from pemr_desktop.ui.tracks.library_commands import SOUND_SUFFIXES
from pemr_desktop.ui.tracks.track_columns import shown_title

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext
    from pemr_desktop.ui.tracks.inspector import Inspector
    from pemr_desktop.ui.tracks.library_page import LibraryPage
    from pemr_desktop.ui.tracks.track_table import TrackTable

MENU = (
    "track.play",
    "track.play-next",
    "track.append",
    "",
    "track.find-covers",
    "track.more-like-this",
    "",
    "tags.accept-above",
    "tags.review",
    "tags.edit",
    "tags.recode",
    "track.analyse-again",
    "",
    "track.export",
    "track.copy-paths",
    "track.show-file",
    "playlist.remove-tracks",
)


class TrackCommands(QObject):
    """Bound to one window's table and inspector."""

    def __init__(self, context: WindowContext, page: LibraryPage, inspector: Inspector, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._page = page
        self._inspector = inspector
        self._window = parent
        page.table.chosenChanged.connect(self._chosen_changed)
        page.table.playWanted.connect(self._play_line)
        page.table.menuWanted.connect(self.open_menu)
        self._alike: tuple[int, list[int]] = (-1, [])
        context.client.finished.connect(self._finished)
        inspector.showFileWanted.connect(self.show_path)

    @property
    def table(self) -> TrackTable:
        """The table whose rows are chosen."""
        return self._page.table

    # what is possible

    def chosen(self) -> list[int]:
        """The chosen tracks."""
        return self._page.table.chosen_ids()

    def any_chosen(self) -> bool:
        """At least one track is chosen and the table is on view."""
        return self._page.isVisible() and self._page.table.selectionModel().hasSelection()

    def on_library(self) -> bool:
        """The table is on view and has rows."""
        return self._page.isVisible() and bool(self._page.model.ids)

    def can_decide(self) -> bool:
        """There are suggestions in the inspector."""
        return self.any_chosen() and self._inspector.has_suggestions()

    def in_playlist(self) -> bool:
        """Tracks of a playlist are chosen."""
        return self.any_chosen() and self._page.model.view.kind == "playlist"

    # playing

    def play(self) -> None:
        """Play the list from the first chosen track on; several chosen tracks play alone."""
        ids = self.chosen()
        if len(ids) > 1:
            self._context.queue.play(ids)
        elif ids:
            self._play_line(self._page.model.line_of(ids[0]))

    def play_next(self) -> None:
        """Play the chosen tracks directly after the current one."""
        self._context.queue.play_next(self.chosen())

    def append(self) -> None:
        """Play the chosen tracks after everything else."""
        self._context.queue.append(self.chosen())

    def can_play(self) -> bool:
        """Something plays, waits in the queue, or is in the table."""
        context = self._context
        return context.player.state != "stopped" or bool(context.queue.ids) or bool(self._page.model.ids)

    @Slot()
    def play_or_pause(self) -> None:
        """Pause or go on; with nothing loaded begin with what is chosen, or with the first row of the page."""
        queue = self._context.queue
        if self._context.player.state != "stopped":
            self._context.player.toggle()
        elif queue.position >= 0:
            queue.play_at(queue.position)
        elif self.any_chosen():
            self.play()
        elif self._page.model.ids:
            self._play_line(0)
        else:
            queue.play_at(0)

    def play_files(self, paths: Sequence[Path]) -> None:
        """Play files, as tracks where the library has all of them."""
        play = self._context.queue.play_files
        self._context.reader.ask(
            _tracks_of,
            tuple(paths),
            done=self._play_found,
            failed=lambda _error: play(paths),
            topic=(id(self), "files"),
        )

    def _play_found(self, found: tuple[tuple[Path, ...], list[int | None]]) -> None:
        paths, ids = found
        known = [track_id for track_id in ids if track_id is not None]
        if len(known) == len(paths):
            self._context.queue.play(known)
        else:
            self._context.queue.play_files(paths)

    @Slot(int)
    def _play_line(self, line: int) -> None:
        ids = self._page.model.ids
        if 0 <= line < len(ids):
            self._context.queue.play(ids, line)

    # tags

    def accept_suggestion(self) -> None:
        """Accept the suggestion with the cursor."""
        self._inspector.accept()

    def reject_suggestion(self) -> None:
        """Reject the suggestion with the cursor."""
        self._inspector.reject()

    def next_suggestion(self) -> None:
        """Move the cursor down."""
        self._inspector.step(1)

    def previous_suggestion(self) -> None:
        """Move the cursor up."""
        self._inspector.step(-1)

    def accept_above(self) -> None:
        """Accept the sure suggestions of the chosen tracks."""
        probability = self._context.settings.current.tags.accept_probability
        self._context.client.submit(AcceptAbove(probability, tuple(self.chosen())))

    def accept_above_everywhere(self) -> None:
        """Accept the sure suggestions of all tracks."""
        probability = self._context.settings.current.tags.accept_probability
        self._context.client.submit(AcceptAbove(probability))

    def review(self) -> None:
        """Review what the chosen tracks' accepted tags would change."""
        self._context.navigation.reviewWanted.emit(self.chosen())

    def review_everything(self) -> None:
        """Review everything that waits to be written."""
        self._context.navigation.reviewWanted.emit([])

    # the ear

    def find_covers(self) -> None:
        """Look for versions of the chosen tracks."""
        self._context.navigation.coversWanted.emit(self.chosen())

    def find_covers_of_file(self) -> None:
        """Ask for a file, in the library or not, and look for versions of it."""
        kinds = self.tr("Music") + f" ({SOUND_SUFFIXES});;" + self.tr("All files") + " (*)"
        start = self._context.paths.music if self._context.paths.music.is_dir() else Path.home()
        file, _kind = QFileDialog.getOpenFileName(self._window, self.tr("Find versions of a file"), str(start), kinds)
        if file:
            self._context.navigation.coversWanted.emit(Path(file))

    def more_like_this(self) -> None:
        """Show the tracks that sound most like the chosen ones."""
        ids = self.chosen()
        self._alike = (self._context.client.submit(MoreLikeThis(tuple(ids))), ids)

    @Slot(object)
    def _finished(self, event: Finished) -> None:
        if event.job_id != self._alike[0]:
            return
        result = self._context.client.result(event)
        if isinstance(result, SimilarResult):
            sources = self._alike[1]
            found = [track.track_id for track in result.tracks if track.track_id not in set(sources)]
            row = self._page.model.known(sources[0])
            name = f"“{shown_title(row)}”" if row is not None and len(sources) == 1 else self.tr("these tracks")
            title = self.tr("Sounds like {}").format(name)
            self._context.navigation.tracksWanted.emit([*sources, *found], title)

    def find_all_versions(self) -> None:
        """Compare the whole library with itself."""
        self._context.client.submit(FindAllVersions())

    def analyse_again(self) -> None:
        """Listen to the chosen tracks again."""
        self._context.client.submit(Analyse(tuple(self.chosen()), again=True))

    # files

    def show_file(self) -> None:
        """Show the first chosen file in the file manager."""
        ids = self.chosen()
        if ids:
            self._context.reader.ask(queries.track_path, ids[0], done=self._show)

    def show_path(self, path: bytes) -> None:
        """Show a file in the file manager."""
        self._show(Path(os.fsdecode(path)))

    def _show(self, path: Path) -> None:
        if not show_in_file_manager(path):
            location = str(path).encode("utf-8", "replace").decode()
            self._context.notices.problem(
                self.tr("“{}” cannot be shown: it is not there now. Is its disk plugged in?").format(location)
            )

    def copy_paths(self) -> None:
        """Put the places of the chosen files on the clipboard, one a line."""
        self._context.reader.ask(queries.rows, self.chosen()[:1000], done=self._copy)

    def _copy(self, rows: list[object]) -> None:
        QGuiApplication.clipboard().setText("\n".join(getattr(row, "location", "") for row in rows))

    def export(self) -> None:
        """Write the chosen tracks, or all on view, to a playlist or a table."""
        ids = self.chosen() or list(self._page.model.ids)
        kinds = ";;".join((self.tr("Playlist (*.m3u8)"), self.tr("Table (*.csv)"), self.tr("JSON (*.json)")))
        name, kind = QFileDialog.getSaveFileName(
            self._window, self.tr("Export {} tracks").format(len(ids)), str(self._context.paths.music), kinds
        )
        if name:
            ids = self.chosen() or list(self._page.model.ids)  # more of them may have come meanwhile
            path = Path(name)
            if not path.suffix:
                path = path.with_suffix(kind.rpartition("*")[2].rstrip(")"))
            self.export_to(ids, path)

    def export_to(self, ids: list[int], path: Path) -> None:
        """Write tracks to a file; its suffix says how."""
        self._context.reader.ask(_exported, ids, path, done=self._tell_exported, failed=self._not_exported)

    def _tell_exported(self, path: Path) -> None:
        self._context.notices.good(self.tr("Exported to {}.").format(path), self.tr("Show"), partial(self._show, path))

    def _not_exported(self, error: Exception) -> None:
        self._context.notices.problem(said(reason_of(error), translate), key="export")

    # playlists

    def new_playlist(self) -> None:
        """Make a playlist of the chosen tracks."""
        name, agreed = QInputDialog.getText(self._window, self.tr("New playlist"), self.tr("Name of the playlist:"))
        if agreed and name.strip():
            self._context.client.submit(SavePlaylist(name.strip(), tuple(self.chosen())))

    def add_to_playlist(self, playlist_id: int, ids: list[int]) -> None:
        """Put tracks at the end of a playlist; those in it already stay where they are."""
        self._context.reader.ask(_playlist, playlist_id, tuple(ids), done=self._save_longer)

    def remove_from_playlist(self) -> None:
        """Take the chosen tracks out of the playlist on view."""
        playlist_id = self._page.model.view.value
        self._context.reader.ask(_playlist, playlist_id, tuple(self.chosen()), done=self._save_shorter)

    def _save_longer(self, answer: tuple[int, str, list[int], tuple[int, ...]]) -> None:
        playlist_id, name, present, ids = answer
        fresh = [track_id for track_id in ids if track_id not in set(present)]
        self._context.client.submit(SavePlaylist(name, (*present, *fresh), playlist_id))

    def _save_shorter(self, answer: tuple[int, str, list[int], tuple[int, ...]]) -> None:
        playlist_id, name, present, ids = answer
        gone = set(ids)
        kept = tuple(track_id for track_id in present if track_id not in gone)
        self._context.client.submit(SavePlaylist(name, kept, playlist_id))

    # the menu

    @Slot()
    def _chosen_changed(self) -> None:
        self._inspector.show_tracks(self._page.table.chosen())
        self._context.actions.refresh()

    @Slot(QPoint)
    def open_menu(self, where: QPoint) -> QMenu:
        """The menu of the chosen tracks, at a place of the screen."""
        menu = QMenu(self._window)
        menu.setObjectName("trackMenu")
        menu.aboutToHide.connect(menu.deleteLater)
        self._context.actions.refresh()
        ids = [name for name in MENU if name != "playlist.remove-tracks" or self.in_playlist()]
        self._context.actions.fill(menu, ids)
        playlists = menu.addMenu(self.tr("Add to playlist"))
        playlists.setObjectName("playlistMenu")
        self._context.actions.fill(playlists, ("playlist.new",))
        self._context.reader.ask(
            queries.playlists, done=_FillPlaylists(playlists, self), topic=(id(self), "playlist-menu")
        )
        menu.popup(where)
        return menu


class _FillPlaylists:
    """Adds the playlists to a menu that may be closed by the time they are known."""

    def __init__(self, menu: QMenu, commands: TrackCommands) -> None:
        self._menu: QMenu | None = menu
        self._commands = commands
        menu.destroyed.connect(self._gone)

    def _gone(self) -> None:
        self._menu = None

    def __call__(self, playlists: list[PlaylistRow]) -> None:
        if self._menu is None or not playlists:
            return
        self._menu.addSeparator()
        for playlist in playlists:
            self._menu.addAction(playlist.name, partial(self._add, playlist.id))

    def _add(self, playlist_id: int) -> None:
        self._commands.add_to_playlist(playlist_id, self._commands.chosen())


def _tracks_of(conn: sqlite3.Connection, paths: tuple[Path, ...]) -> tuple[tuple[Path, ...], list[int | None]]:
    return paths, [queries.find_track(conn, path) for path in paths]


def _playlist(
    conn: sqlite3.Connection, playlist_id: int, ids: tuple[int, ...]
) -> tuple[int, str, list[int], tuple[int, ...]]:
    name = next(playlist.name for playlist in queries.playlists(conn) if playlist.id == playlist_id)
    return playlist_id, name, queries.playlist_tracks(conn, playlist_id), ids


def _exported(conn: sqlite3.Connection, ids: list[int], path: Path) -> Path:
    export_tracks(conn, ids, path)
    return path
