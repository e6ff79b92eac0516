"""What one looks at: pages and sidebar items, sidebar and inspector, colours, size, loudness."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from pemr_desktop.library.views import View
from pemr_desktop.ui.window.pages import NAMES

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext
    from pemr_desktop.ui.tracks.library_page import LibraryPage
    from pemr_desktop.ui.tracks.sidebar import Sidebar
    from pemr_desktop.ui.tracks.sidebar_model import SidebarItem
    from pemr_desktop.ui.window.pages import Pages

LEAST_ZOOM, MOST_ZOOM = 0.5, 3.0


class ViewCommands(QObject):
    """Bound to one window's sidebar and pages."""

    changed = Signal()
    """Another item or page is on view, or the inspector was asked for or sent away."""

    def __init__(
        self,
        context: WindowContext,
        sidebar: Sidebar,
        page: LibraryPage,
        pages: Pages,
        stack: QStackedWidget,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.inspector_wanted = True
        self.place = "all"
        """The key of what is on view, for `go`; lists of tracks that were put together on the way have none."""
        self.sidebar = sidebar
        self._context = context
        self._page = page
        self._pages = pages
        self._stack = stack
        self._window = parent
        sidebar.itemChosen.connect(self.go_to_item)
        navigation = context.navigation
        navigation.pageWanted.connect(self.go)
        navigation.tracksWanted.connect(self.show_tracks)
        navigation.coversWanted.connect(self.find_covers)
        navigation.pairWanted.connect(self.show_pair)
        navigation.albumWanted.connect(self.show_album)
        navigation.artistWanted.connect(self.show_artist)
        navigation.settingsWanted.connect(self.open_settings)

    # going

    def on_library(self) -> bool:
        """The table of tracks is on view."""
        return self._stack.currentWidget() is self._page

    @Slot(str)
    def go(self, key: str) -> None:
        """Go to an item of the sidebar by its key, such as `all`, `covers`, `playlist.3`, or to a page by its name."""
        key = "all" if key == "library" else key
        item = self.sidebar.current_item()
        if item is not None and item.key == key:
            self.go_to_item(item)
        elif not self.sidebar.go(key):
            self._pages.show(key)
            self.place = key
            self.changed.emit()

    @Slot(object)
    def go_to_item(self, item: SidebarItem) -> None:
        """Show what an item of the sidebar stands for."""
        self.place = item.key
        self.sidebar.mark(item.key)
        if item.page:
            self._pages.show(item.page)
        elif item.view is not None:
            self._stack.setCurrentWidget(self._page)
            self._page.show_view(item.view)
        self.changed.emit()

    @Slot(object, object)
    def show_tracks(self, ids: Sequence[int], title: str) -> None:
        """Show these tracks in the table, under a title of their own."""
        self.place = "all"
        self._stack.setCurrentWidget(self._page)
        self._page.show_view(View("ids", tuple(ids)), title)
        self.sidebar.leave()
        self.changed.emit()

    @Slot(int)
    def show_album(self, album_id: int) -> None:
        """Show an album, its tracks in order."""
        self._show_below(View("album", album_id), "albums")

    @Slot(str)
    def show_artist(self, name: str) -> None:
        """Show the albums and the tracks of an artist."""
        view = View("facet", name, field="artist")
        key = f"facet.artist.{name}"
        has_item = self.sidebar.has(key)
        self._show_below(view, key if has_item else "facet.artist", is_below=not has_item)

    def _show_below(self, view: View, key: str, *, is_below: bool = True) -> None:
        """Show a part of the library that belongs to an item of the sidebar."""
        self._stack.setCurrentWidget(self._page)
        self._page.show_view(view)
        self.sidebar.mark(key, is_below=is_below)
        if not key.startswith("facet."):
            self.place = key
        self.changed.emit()

    @Slot(object)
    def find_covers(self, wanted: int | Path | Sequence[int]) -> None:
        """Look for versions of a track, of several tracks, or of a file."""
        self.sidebar.go("covers")
        page = self._pages.show("covers")
        if isinstance(wanted, Path):
            page.show_file(wanted)
        else:
            page.show_covers([wanted] if isinstance(wanted, int) else list(wanted))

    @Slot(int, int)
    def show_pair(self, track_a: int, track_b: int) -> None:
        """Show two tracks side by side on the covers page."""
        self.sidebar.go("covers")
        self._pages.show("covers").show_pair(track_a, track_b)

    @Slot(str)
    def open_settings(self, section: str = "") -> None:
        """Open the settings at a section, or at the first."""
        self._pages.open_settings(section, self._window)

    def go_back_to(self, key: str) -> None:
        """Go where one was when the window was closed; playlists and their like once the sidebar knows them."""
        began_at = self.place
        model = self.sidebar.model

        def try_it() -> None:
            if self.place != began_at or not self._can_go(key):
                return
            model.rowsInserted.disconnect(try_it)
            self.go(key)

        if key == began_at:
            return
        model.rowsInserted.connect(try_it)
        try_it()

    def _can_go(self, key: str) -> bool:
        return self.sidebar.model.find(key).isValid() or key in NAMES

    def close_window(self) -> None:
        """Close the window, if its pages let it."""
        self._window.close()

    # looking

    def focus_query(self) -> None:
        """Ready to type a filter."""
        if not self.is_filtered():
            self.go("all")
        self._page.focus_query()

    def is_filtered(self) -> bool:
        """The page on view follows the query line."""
        return self.on_library() or self._pages.is_filtered(self._stack.currentWidget())

    @Slot(str)
    def show_filtered(self, query: str) -> None:
        """A filter that was typed is for a page that follows it; on another page it is for all music."""
        if query and not self.is_filtered():
            self.go("all")

    def toggle_sidebar(self) -> None:
        """Show or hide the sidebar."""
        self.sidebar.setVisible(self.sidebar.isHidden())

    def toggle_inspector(self) -> None:
        """Show or hide the inspector, where there is something to inspect."""
        self.inspector_wanted = not self.inspector_wanted
        self.changed.emit()

    def set_scheme(self, scheme: str) -> None:
        """Light, dark, or like the system; kept in the settings."""
        self._context.settings.set("appearance.scheme", scheme)

    def set_zoom(self, zoom: float) -> None:
        """Larger or smaller text and rows; kept in the settings."""
        self._context.settings.set("appearance.zoom", round(min(MOST_ZOOM, max(LEAST_ZOOM, zoom)), 2))

    def change_volume(self, by: float) -> None:
        """Louder or softer."""
        self._context.player.set_volume(min(1.0, max(0.0, self._context.player.volume + by)))
