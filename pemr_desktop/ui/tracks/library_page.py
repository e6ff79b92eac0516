"""The library page: the table, and what stands in its place when there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from pemr_desktop.library.views import View
from pemr_desktop.ui.albums.album_head import AlbumHead
from pemr_desktop.ui.albums.artist_head import ArtistHead
from pemr_desktop.ui.tracks.query_line import QueryLine
from pemr_desktop.ui.tracks.track_model import TrackModel
from pemr_desktop.ui.tracks.track_table import TrackTable
from pemr_desktop.ui.widgets.empty_state import EmptyState
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, WIDE

if TYPE_CHECKING:
    from pemr_desktop.ui.artwork.artwork import Artwork
    from pemr_desktop.ui.context import WindowContext


class LibraryPage(QWidget):
    """Tracks of a view, filtered by the query line that the window owns."""

    counted = Signal()
    """Another number of tracks is shown."""

    def __init__(
        self,
        context: WindowContext,
        query_line: QueryLine,
        artwork: Artwork,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("libraryPage")
        self._context = context
        self._query_line = query_line
        self._artwork = artwork
        self.album_head: AlbumHead | None = None
        self.artist_head: ArtistHead | None = None
        self._first_steps: tuple[tuple[str, Callable[[], object]], ...] = ()
        self._library_is_empty = True
        self._fault = ""
        self.model = TrackModel(context.reader, self)
        self.table = TrackTable(self.model, context.theme, artwork, self)
        self.empty = EmptyState(context.theme, self)
        self.heading = Label(self)
        self.heading.setObjectName("listTitle")
        self.heading.setProperty("role", "title")
        self.heading.setContentsMargins(WIDE, ROOM, WIDE, ROOM)
        self.heading.hide()
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.heading)
        self._column.addWidget(self._stack, 1)
        self.model.loaded.connect(self._loaded)
        self.model.queryFailed.connect(self._query_failed)
        query_line.queryChanged.connect(self._filter)
        query_line.left.connect(self._enter_rows)
        context.client.changed.connect(self.model.take_change)
        context.queue.currentChanged.connect(self._playing)

    def show_view(self, view: View, title: str = "") -> None:
        """Show another part of the library, named above the rows; the query line goes on filtering."""
        self.heading.setText(title)
        self.heading.setVisible(bool(title))
        self.table.scrollToTop()
        self._show_head(view)
        self.table.dress_for_album(view.kind == "album")
        self.model.show(view=view)
        order = self.table.horizontalHeader()
        blocked = order.blockSignals(True)
        order.setSortIndicator(*self.model.sorted_by())
        order.blockSignals(blocked)

    def _show_head(self, view: View) -> None:
        """Above the tracks of an album or of an artist stands what they belong to."""
        of_album = view.kind == "album" and isinstance(view.value, int)
        of_artist = view.kind == "facet" and view.field == "artist"
        if of_album and self.album_head is None:
            self.album_head = AlbumHead(self._context, self._artwork, self)
            self._column.insertWidget(0, self.album_head)
        if of_artist and self.artist_head is None:
            self.artist_head = ArtistHead(self._context, self._artwork, self)
            self._column.insertWidget(0, self.artist_head)
        if self.album_head is not None:
            self.album_head.setVisible(of_album)
            if isinstance(view.value, int) and of_album:
                self.album_head.show_album(view.value)
        if self.artist_head is not None:
            self.artist_head.setVisible(of_artist)
            if of_artist:
                self.artist_head.show_artist(str(view.value))

    def set_first_steps(self, steps: tuple[tuple[str, Callable[[], object]], ...]) -> None:
        """The buttons of the very first start."""
        self._first_steps = steps
        self._choose_face()

    def set_library_empty(self, empty: bool) -> None:
        """Whether the library holds nothing at all: then the page says how to begin."""
        if empty != self._library_is_empty or self._fault:
            self._library_is_empty, self._fault = empty, ""
            self._choose_face()

    def show_fault(self, sentence: str) -> None:
        """The library cannot be read; say so instead of inviting to begin anew."""
        self._fault = sentence
        self._choose_face()

    def take_focus(self) -> None:
        """Give the keyboard to the rows, or to the first button when there are none."""
        if self._stack.currentWidget() is self.table:
            self.table.setFocus()
        else:
            self.empty.focus_first()

    def focus_query(self) -> None:
        """Give the keyboard to the filter."""
        self._query_line.focus()

    @Slot()
    def _enter_rows(self) -> None:
        """From the filter to the rows: the first is chosen if none is, so that the next key says what to do with it."""
        self.take_focus()
        if self.model.ids and not self.table.selectionModel().hasSelection():
            self.table.choose_ids([self.model.ids[0]])

    def count(self) -> int:
        """How many tracks are shown."""
        return len(self.model.ids)

    @Slot(str)
    def _filter(self, text: str) -> None:
        self.table.scrollToTop()
        self.model.show(query=text)

    @Slot(int)
    def _loaded(self, _count: int) -> None:
        self._query_line.clear_error()
        self._choose_face()
        self.counted.emit()

    @Slot(object)
    def _query_failed(self, error: Exception) -> None:
        if self.model.query:
            self._query_line.show_error(error)

    @Slot(object)
    def _playing(self, row: object) -> None:
        self.model.set_playing(getattr(row, "id", None))

    def _choose_face(self) -> None:
        """Table or empty state, and which one."""
        if self.model.ids:
            if self._stack.currentWidget() is not self.table:
                self._stack.setCurrentWidget(self.table)
                if not self._query_line.line.hasFocus() or not self._query_line.text:
                    self.table.setFocus()
            return
        if self._fault:
            self.empty.say("warning", self.tr("The library cannot be opened"), self._fault)
        elif self._library_is_empty:
            self.empty.say(
                "music",
                self.tr("Drop your music here"),
                self.tr(
                    "PEMR listens to it on this computer, suggests tags and finds cover versions. "
                    "Nothing is uploaded, and no file is changed until you say so."
                ),
                self._first_steps,
            )
            if not self._query_line.text:
                self.empty.focus_first()
        elif self.model.query:
            self.empty.say(
                "search",
                self.tr("No track fits this filter"),
                self.tr("“{}” was not found in {}.").format(self.model.query, self._where()),
                ((self.tr("Clear the filter"), lambda: self._query_line.set_text("")),),
            )
        else:
            self.empty.say(*self._nothing_here())
        self._stack.setCurrentWidget(self.empty)

    def _where(self) -> str:
        everything = self.model.view.kind == "all"
        return self.tr("your library") if everything else self.tr("this part of your library")

    def _nothing_here(self) -> tuple[str, str, str]:
        says = {
            "suggested": (
                "suggestion",
                self.tr("No open suggestions"),
                self.tr("Every suggestion has been decided, or no track has been listened to yet."),
            ),
            "pending": (
                "review",
                self.tr("Nothing waits to be written"),
                self.tr("Tags you accept appear here until they are written to the files."),
            ),
            "recent": ("recent", self.tr("Nothing new"), self.tr("No track was added in the last 30 days.")),
            "offline": (
                "offline",
                self.tr("Everything is here"),
                self.tr("No folder is unplugged and no file is missing."),
            ),
            "duplicates": (
                "duplicates",
                self.tr("No duplicates"),
                self.tr("No two files hold the same recording, as far as is known."),
            ),
            "playlist": (
                "playlist",
                self.tr("This playlist is empty"),
                self.tr("Drag tracks onto its name in the sidebar."),
            ),
        }
        nothing = ("music", self.tr("No tracks here"), self.tr("This part of your library is empty."))
        return says.get(self.model.view.kind, nothing)
