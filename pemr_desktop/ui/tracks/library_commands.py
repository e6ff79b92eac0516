"""What one does to the library as a whole: add and remove folders, scan, listen to what is new, the demo library."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Slot
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu, QMessageBox, QWidget

from pemr_desktop.demo_music import demo_folder
from pemr_desktop.errors import ResourceMissing
from pemr_desktop.jobs.translation import translate
from pemr_desktop.library import queries
from pemr_desktop.library.paths import show
from pemr_desktop.library.playlists.m3u8 import export_m3u8, export_playlist
from pemr_desktop.library.views import View
from pemr_desktop.protocol.messages import (
    AddFolders,
    Analyse,
    DeletePlaylist,
    Finished,
    ImportPlaylist,
    RemoveRoot,
    SavePlaylist,
    Scan,
)
from pemr_desktop.protocol.results import PlaylistResult
from pemr_desktop.reasons import reason_of
from pemr_desktop.refusals import said
from pemr_desktop.resources import resource
from pemr_desktop.ui.background import OffThread
from pemr_desktop.ui.file_manager import show_in_file_manager
from pemr_desktop.ui.notices import Notice
from pemr_desktop.ui.tracks.sidebar_model import SidebarItem
from pemr_desktop.ui.widgets.message_box import MessageBox

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

SOUND_SUFFIXES = "*.mp3 *.flac *.ogg *.oga *.opus *.m4a *.mp4 *.aac *.wav *.aif *.aiff *.wma *.wv *.ape *.mpc *.dsf"


class LibraryCommands(QObject):
    """Bound to one window."""

    def __init__(self, context: WindowContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._window = parent
        self._copies = OffThread(self)
        context.client.finished.connect(self._say_what_was_not_found)

    # adding

    def add(self, paths: Sequence[Path]) -> None:
        """Take folders and files into the library."""
        if paths:
            self._context.client.submit(AddFolders(tuple(os.fsencode(path) for path in paths)))

    def add_folder(self) -> None:
        """Ask for a folder."""
        start = str(self._context.paths.music if self._context.paths.music.is_dir() else Path.home())
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Add a folder of music"), start)
        if folder:
            self.add([Path(folder)])

    def add_files(self) -> None:
        """Ask for single files."""
        start = str(self._context.paths.music if self._context.paths.music.is_dir() else Path.home())
        kinds = self.tr("Music") + f" ({SOUND_SUFFIXES});;" + self.tr("All files") + " (*)"
        files, _kind = QFileDialog.getOpenFileNames(self._window, self.tr("Add files"), start, kinds)
        self.add([Path(file) for file in files])

    def music_folder(self) -> Path | None:
        """The system's music folder, if there is one."""
        folder = self._context.paths.music
        return folder if folder.is_dir() else None

    def add_music_folder(self) -> None:
        """Take the system's music folder."""
        folder = self.music_folder()
        if folder is not None:
            self.add([folder])

    def has_demo(self) -> bool:
        """True when demo music came with the installation."""
        try:
            return any(resource("demo").iterdir())
        except (ResourceMissing, OSError):
            return False

    def open_demo(self) -> None:
        """Copy the demo music to the user's own folder, so that its tags can be written, and add it."""
        self._copies.ask("demo", demo_folder, self._context.paths, done=self._demo_copied)

    def _demo_copied(self, target: Path) -> None:
        self.add([target])

    def import_playlist(self) -> None:
        """Ask for a playlist file and take it into the library."""
        start = str(self._context.paths.music if self._context.paths.music.is_dir() else Path.home())
        kinds = self.tr("Playlists") + " (*.m3u8 *.m3u *.pls *.xspf)"
        name, _kind = QFileDialog.getOpenFileName(self._window, self.tr("Import a playlist"), start, kinds)
        if name:
            self._context.client.submit(ImportPlaylist(os.fsencode(name)))

    @Slot(object)
    def _say_what_was_not_found(self, event: Finished) -> None:
        result = self._context.client.result(event)
        if isinstance(result, PlaylistResult) and result.not_found:
            self._context.notices.post(
                Notice(self._context.client.said(event), "warning", details="\n".join(result.not_found))
            )

    # scanning and listening

    def scan(self) -> None:
        """Look for new, changed and vanished files."""
        self._context.client.submit(Scan())

    def analyse_all(self) -> None:
        """Listen to everything that has not been listened to."""
        self._context.client.submit(Analyse())

    # items of the sidebar

    @Slot(object, QPoint)
    def item_menu(self, item: SidebarItem, where: QPoint) -> None:
        """The menu of a folder or a playlist."""
        menu = QMenu(self._window)
        menu.setObjectName("placeMenu")
        menu.aboutToHide.connect(menu.deleteLater)
        if item.key.startswith("folder."):
            self._fill_folder_menu(menu, item)
        elif item.playlist_id is not None:
            self._fill_playlist_menu(menu, item)
        elif item.view is not None and item.view.kind == "cover-group":
            self._fill_group_menu(menu, item)
        else:
            menu.deleteLater()
            return
        menu.popup(where)

    def _fill_folder_menu(self, menu: QMenu, item: SidebarItem) -> None:
        if item.view is None or not isinstance(item.view.value, bytes):
            return
        path = Path(os.fsdecode(item.view.value))
        menu.addAction(self.tr("Look for new files"), lambda: self.add([path]))
        menu.addAction(self.tr("Show in file manager"), lambda: show_in_file_manager(path))
        if item.root_id is not None:
            self._add_watch_switch(menu, show(item.view.value))
            menu.addSeparator()
            menu.addAction(self.tr("Remove from library…"), lambda: self.remove_root(item))

    def _add_watch_switch(self, menu: QMenu, location: str) -> None:
        """Whether the files of this folder of the library are followed while the window is open."""
        scan = self._context.settings.current.scan
        switch = menu.addAction(self.tr("Watch this folder"))
        switch.setCheckable(True)
        switch.setChecked(scan.watch and location not in scan.unwatched)
        switch.setEnabled(scan.watch)
        switch.toggled.connect(lambda wanted: self.watch_root(location, wanted))

    def watch_root(self, location: str, wanted: bool) -> None:
        """Follow the files of a folder of the library from now on, or no more."""
        others = tuple(root for root in self._context.settings.current.scan.unwatched if root != location)
        self._context.settings.set("scan.unwatched", others if wanted else (*others, location))

    def _fill_playlist_menu(self, menu: QMenu, item: SidebarItem) -> None:
        menu.addAction(self.tr("Rename…"), lambda: self.rename_playlist(item))
        menu.addAction(self.tr("Export…"), lambda: self.export_playlist(item))
        menu.addSeparator()
        menu.addAction(self.tr("Delete playlist…"), lambda: self.delete_playlist(item))

    def _fill_group_menu(self, menu: QMenu, item: SidebarItem) -> None:
        menu.addAction(self.tr("Compare them"), lambda: self._with_group(item, self._compare_group))
        menu.addAction(self.tr("Export…"), lambda: self.export_group(item))

    def _with_group(self, item: SidebarItem, do: Callable[[list[int]], object]) -> None:
        self._context.reader.ask(_members, item.view, done=do)

    def _compare_group(self, ids: list[int]) -> None:
        self._context.navigation.coversWanted.emit(ids)

    def export_group(self, item: SidebarItem) -> None:
        """Ask where to and write a group of versions as M3U8."""
        start = str(self._context.paths.music / f"{item.text}.m3u8")
        name, _kind = QFileDialog.getSaveFileName(
            self._window, self.tr("Export versions"), start, self.tr("Playlist (*.m3u8)")
        )
        if name and item.view is not None:
            path = Path(name) if Path(name).suffix else Path(name).with_suffix(".m3u8")
            self._context.reader.ask(
                _group_exported, item.view, item.text, path, done=self._tell_exported, failed=self._not_exported
            )

    def remove(self, item: SidebarItem | None) -> None:
        """What the Delete key does on an item: a folder of the library or a playlist, after a question."""
        if item is None:
            return
        if item.root_id is not None:
            self.remove_root(item)
        elif item.playlist_id is not None:
            self.delete_playlist(item)

    def can_remove(self, item: SidebarItem | None) -> bool:
        """True when Delete means something here."""
        return item is not None and (item.root_id is not None or item.playlist_id is not None)

    def remove_root(self, item: SidebarItem) -> None:
        """Take a folder out of the library, if the user agrees."""
        if item.root_id is None:
            return
        agreed = self._agreed(
            self.tr("Remove “{}” from the library?").format(item.text),
            self.tr("No file is touched. Decisions not written yet are forgotten; written tags stay in the files."),
            self.tr("Remove"),
        )
        if agreed:
            self._context.client.submit(RemoveRoot(item.root_id))

    def delete_playlist(self, item: SidebarItem) -> None:
        """Delete a playlist, if the user agrees."""
        if item.playlist_id is None:
            return
        agreed = self._agreed(
            self.tr("Delete the playlist “{}”?").format(item.text),
            self.tr("Its tracks stay in the library."),
            self.tr("Delete"),
        )
        if agreed:
            self._context.client.submit(DeletePlaylist(item.playlist_id))

    def rename_playlist(self, item: SidebarItem) -> None:
        """Ask for another name."""
        name, agreed = QInputDialog.getText(
            self._window, self.tr("Rename playlist"), self.tr("Name of the playlist:"), text=item.text
        )
        if agreed and name.strip() and item.playlist_id is not None:
            self._context.reader.ask(_renamed, item.playlist_id, name.strip(), done=self._context.client.submit)

    def export_playlist(self, item: SidebarItem) -> None:
        """Ask where to and write a playlist as M3U8."""
        start = str(self._context.paths.music / f"{item.text}.m3u8")
        name, _kind = QFileDialog.getSaveFileName(
            self._window, self.tr("Export playlist"), start, self.tr("Playlist (*.m3u8)")
        )
        if name and item.playlist_id is not None:
            path = Path(name) if Path(name).suffix else Path(name).with_suffix(".m3u8")
            self._context.reader.ask(
                _exported, item.playlist_id, path, done=self._tell_exported, failed=self._not_exported
            )

    def _tell_exported(self, exported: tuple[Path, tuple[str, ...]]) -> None:
        path, left_out = exported
        said = self.tr("Exported to {}.").format(path)
        if not left_out:
            self._context.notices.good(said)
            return
        why = self.tr("Left out, since a playlist file cannot hold a line break in a name:")
        self._context.notices.post(Notice(f"{said} {why} {left_out[0]}", "warning", details="\n".join(left_out)))

    def _not_exported(self, error: Exception) -> None:
        self._context.notices.problem(said(reason_of(error), translate), key="export")

    def _agreed(self, question: str, explanation: str, yes: str) -> bool:
        box = MessageBox(question, explanation, self._window)
        box.setObjectName("question")
        button = box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole)
        button.setObjectName("agree")
        box.setDefaultButton(box.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole))
        box.exec()
        agreed = box.clickedButton() is button
        box.deleteLater()
        return agreed


def _renamed(conn: sqlite3.Connection, playlist_id: int, name: str) -> SavePlaylist:
    ids = queries.playlist_tracks(conn, playlist_id)
    return SavePlaylist(name, tuple(ids), playlist_id)


def _members(conn: sqlite3.Connection, view: View) -> list[int]:
    return list(queries.track_ids(conn, view=view))


def _group_exported(conn: sqlite3.Connection, view: View, name: str, path: Path) -> tuple[Path, tuple[str, ...]]:
    return path, export_m3u8(conn, _members(conn, view), path, name=name)


def _exported(conn: sqlite3.Connection, playlist_id: int, path: Path) -> tuple[Path, tuple[str, ...]]:
    return path, export_playlist(conn, playlist_id, path)
