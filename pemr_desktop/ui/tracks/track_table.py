"""The library table: a view on `TrackModel` that keeps selection and place while rows come and go."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QItemSelection, QItemSelectionModel, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QColor, QContextMenuEvent, QDrag, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from pemr_desktop.ui.tracks.track_delegate import ROW_HEIGHT_PX, TrackDelegate
from pemr_desktop.ui.tracks.track_model import TrackModel
from pemr_desktop.ui.widgets.row_menu import choose_for_menu
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, Theme

if TYPE_CHECKING:
    from pemr_desktop.ui.artwork.artwork import Artwork

LEAST_SHARE = 0.5
"""Columns of text are never narrower than this share of their usual width."""
MAX_RESTORED_ROWS = 2_000
"""A selection larger than this is not carried over when the list changes."""


class TrackTable(QTableView):
    """Rows of tracks. Emits what is chosen; the window decides what happens with it."""

    chosenChanged = Signal()
    playWanted = Signal(int)
    """A line was activated."""
    menuWanted = Signal(QPoint)
    """Where on the screen a context menu was asked for, with at least one row chosen."""

    def __init__(
        self, model: TrackModel, theme: Theme, artwork: Artwork | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("trackTable")
        self.setAccessibleName(self.tr("Tracks"))
        self._tracks = model
        self._theme = theme
        self._columns_fit = True
        self._columns_usual = True
        self._fitting = False
        self._for_album = False
        self._kept: tuple[list[int], int | None, int | None, int] = ([], None, None, 0)
        self.setModel(model)
        self._delegate = TrackDelegate(model, theme, artwork, self)
        self.setItemDelegate(self._delegate)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._prepare_headers()
        self._announce = QTimer(self)
        self._announce.setSingleShot(True)
        self._announce.setInterval(0)
        self._announce.timeout.connect(self.chosenChanged)
        self.selectionModel().selectionChanged.connect(self._announce.start)
        self.entered.connect(lambda index: self._hover(index.row()))
        self.viewportEntered.connect(lambda: self._hover(-1))
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._hover(-1))
        self.activated.connect(lambda index: self.playWanted.emit(index.row()))
        model.idsAboutToChange.connect(self._keep_scrolling)
        model.idsChanged.connect(self._restore_scrolling)
        model.idsCompleted.connect(self._restore_rest)
        if artwork is not None:
            artwork.arrived.connect(self.viewport().update)
        theme.changed.connect(self._restyle)
        self._restyle()

    # what is chosen

    def chosen_ids(self) -> list[int]:
        """Ids of the chosen rows, in the order of the table."""
        return self.chosen().tolist()

    def chosen(self) -> array[int]:
        """`chosen_ids` in eight bytes each: all of 100,000 rows are copied in no time."""
        chosen: array[int] = array("q")
        for first, end in self._chosen_spans():
            chosen.extend(self._tracks.ids[first:end])
        return chosen

    def _chosen_spans(self) -> Iterator[tuple[int, int]]:
        """Lines [first, end) that are chosen, in order, none twice."""
        spans = self.selectionModel().selection()
        seen = 0
        for first, end in sorted((span.top(), span.bottom() + 1) for span in map(spans.at, range(spans.count()))):
            if end > seen:
                yield max(first, seen), end
                seen = end

    def choose_ids(self, ids: list[int], current: int | None = None) -> None:
        """Choose these rows where they are shown; nothing else stays chosen."""
        if len(ids) > 40:
            wanted = set(ids)
            lines = [line for line, track_id in enumerate(self._tracks.ids) if track_id in wanted]
        else:
            lines = sorted(line for line in (self._tracks.line_of(track_id) for track_id in ids) if line >= 0)
        chosen = QItemSelection()
        last = self._tracks.columnCount() - 1
        for first, end in _runs(lines):
            chosen.select(self._tracks.index(first, 0), self._tracks.index(end - 1, last))
        current_line = self._tracks.line_of(current) if current is not None else (lines[0] if lines else -1)
        selection = self.selectionModel()
        if current_line >= 0:
            selection.setCurrentIndex(
                self._tracks.index(current_line, self._first_column()), QItemSelectionModel.SelectionFlag.NoUpdate
            )
        selection.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def current_line(self) -> int:
        """The line with the cursor, -1 without one."""
        return self.currentIndex().row()

    # columns

    def column_actions(self, menu: QMenu) -> None:
        """Fill a menu with a switch per column."""
        for number, column in enumerate(self._tracks.columns):
            if not column.title:
                continue
            action = QAction(column.title, menu)
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(number))
            action.toggled.connect(lambda shown, n=number: self._show_column(n, shown))
            menu.addAction(action)
        menu.addSeparator()
        menu.addAction(self.tr("Usual columns"), self.usual_columns)

    def _show_column(self, number: int, shown: bool) -> None:
        self._columns_usual = False
        self.setColumnHidden(number, not shown)
        if shown and not self.columnWidth(number):
            self.setColumnWidth(number, self._theme.px(self._tracks.columns[number].width))
        self._fit_columns()

    @Slot()
    def usual_columns(self) -> None:
        """Columns as they are at the first start, sharing the width of the window."""
        header = self.horizontalHeader()
        for number, column in enumerate(self._tracks.columns):
            header.moveSection(header.visualIndex(number), number)
            self.setColumnHidden(number, not column.shown)
        self._columns_fit = self._columns_usual = True
        self._fit_columns()

    def dress_for_album(self, wanted: bool) -> None:
        """In an album the numbers are worth a column, album and picture are not; columns that were chosen stay.

        What is chosen in an album lasts until it is left.
        """
        if wanted == self._for_album or (wanted and not (self._columns_fit and self._columns_usual)):
            return
        self._for_album = wanted
        self.usual_columns()
        if not wanted:
            return
        numbers = {column.id: number for number, column in enumerate(self._tracks.columns)}
        for name in ("tile", "album"):
            self.setColumnHidden(numbers[name], True)
        self.setColumnHidden(numbers["track"], False)
        header = self.horizontalHeader()
        header.moveSection(header.visualIndex(numbers["track"]), 0)
        self._columns_usual = True
        self._fit_columns()

    def columns_state(self) -> QByteArray:
        """Order, widths and choice of the columns; empty while they are the usual ones."""
        is_usual = self._for_album or (self._columns_fit and self._columns_usual)
        return QByteArray() if is_usual else self.horizontalHeader().saveState()

    @property
    def columns_fit(self) -> bool:
        """Whether columns share the width of the window: nobody has chosen a width."""
        return self._columns_fit

    def restore_columns(self, state: QByteArray, fit: bool = False) -> None:
        """Bring back what `columns_state` and `columns_fit` gave."""
        header = self.horizontalHeader()
        header.sortIndicatorChanged.disconnect(self._tracks.sort)
        if not state.isEmpty() and header.restoreState(state):
            self._columns_fit, self._columns_usual = fit, False
        header.setSortIndicator(*self._tracks.sorted_by())
        header.sortIndicatorChanged.connect(self._tracks.sort)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Columns of text share what numbers and tiles leave; below a readable width the table scrolls sideways."""
        if not self._columns_fit:
            return
        shown = [(n, column) for n, column in enumerate(self._tracks.columns) if not self.isColumnHidden(n)]
        firm = sum(self._theme.px(column.width) for _, column in shown if not column.stretches)
        wanted = sum(self._theme.px(column.width) for _, column in shown if column.stretches)
        share = max(LEAST_SHARE, (self.viewport().width() - firm) / wanted) if wanted else 1.0
        self._fitting = True
        for number, column in shown:
            width = self._theme.px(column.width)
            self.setColumnWidth(number, int(width * share) if column.stretches else width)
        self._fitting = False

    @Slot(int, int, int)
    def _section_resized(self, _section: int, before: int, after: int) -> None:
        """From the moment the user chooses a width, all widths are the user's."""
        if not self._fitting and before and after and self.isVisible():
            self._columns_fit = False

    @Slot(int, int, int)
    def _section_moved(self, _section: int, _before: int, _after: int) -> None:
        self._columns_usual = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Columns follow the window."""
        super().resizeEvent(event)
        self._fit_columns()

    # Qt

    def _hover(self, row: int) -> None:
        """Light the whole row under the pointer."""
        before, self._delegate.hovered_row = self._delegate.hovered_row, row
        for changed in {before, row} - {-1}:
            top, height = self.rowViewportPosition(changed), self.rowHeight(changed)
            self.viewport().update(0, top, self.viewport().width(), height)

    def leaveEvent(self, event: QEvent) -> None:
        """No row is under the pointer."""
        self._hover(-1)
        super().leaveEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the chosen rows; the row under the pointer is chosen first."""
        if choose_for_menu(self, event):
            self.menuWanted.emit(event.globalPos())

    def keyboardSearch(self, search: str) -> None:
        """Letters are shortcuts here; looking for a row is what the query line is for."""

    def startDrag(self, supported_actions: Qt.DropAction) -> None:
        """Drag files out; a small plate says how many."""
        ids = self.chosen_ids()
        if not ids:
            return
        drag = QDrag(self)
        drag.setMimeData(self._tracks.mime_of(ids))
        drag.setPixmap(self._drag_plate(len(ids)))
        drag.setHotSpot(QPoint(-ROOM, -ROOM))
        drag.exec(Qt.DropAction.CopyAction)

    def _drag_plate(self, count: int) -> QPixmap:
        text = self.tr("1 track") if count == 1 else self.tr("{} tracks").format(count)
        metrics = self.fontMetrics()
        ratio = self.devicePixelRatioF()
        width, height = metrics.horizontalAdvance(text) + 2 * ROOM, metrics.height() + SNUG
        plate = QPixmap(round(width * ratio), round(height * ratio))
        plate.setDevicePixelRatio(ratio)
        plate.fill(QColor(0, 0, 0, 0))
        painter = QPainter(plate)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("accent"))
        painter.drawRoundedRect(0, 0, width, height, height / 2, height / 2)
        painter.setPen(self._theme.color("on_accent"))
        painter.drawText(0, 0, width, height, int(Qt.AlignmentFlag.AlignCenter), text)
        painter.end()
        return plate

    def _prepare_headers(self) -> None:
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setObjectName("trackHeader")
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setStretchLastSection(False)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(False)
        header.setSortIndicator(2, Qt.SortOrder.AscendingOrder)
        header.setSectionsClickable(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._header_menu)
        header.sortIndicatorChanged.connect(self._tracks.sort)
        header.sectionResized.connect(self._section_resized)
        header.sectionMoved.connect(self._section_moved)
        header.setMinimumSectionSize(self._theme.px(40))
        # A header looks at each row of each column to know whether that column is chosen, whenever it is drawn.
        header.setSelectionModel(QItemSelectionModel(self._tracks, header))

    @Slot(QPoint)
    def _header_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.column_actions(menu)
        menu.popup(self.horizontalHeader().mapToGlobal(where))

    @Slot()
    def _restyle(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self._theme.px(ROW_HEIGHT_PX))
        self._fit_columns()
        self.viewport().update()

    def _first_column(self) -> int:
        return next((n for n in range(self._tracks.columnCount()) if not self.isColumnHidden(n)), 0)

    @Slot()
    def _keep_scrolling(self) -> None:
        """Remember what is chosen, the cursor, and which row is on top with its offset."""
        count = sum(end - first for first, end in self._chosen_spans())
        chosen = self.chosen_ids() if count <= MAX_RESTORED_ROWS else []
        top = self.rowAt(0)
        top_id = self._tracks.id_at(top) if top >= 0 else None
        offset = self.rowViewportPosition(top) if top >= 0 else 0
        current = self._tracks.id_at(self.current_line())
        self._kept = (chosen, current, top_id, offset)

    @Slot()
    def _restore_scrolling(self) -> None:
        chosen, current, top_id, offset = self._kept
        if chosen or current is not None:
            self.choose_ids(chosen, current)
        line = self._tracks.line_of(top_id) if top_id is not None else -1
        if line > 0:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self.rowViewportPosition(line) - offset)
        self._announce.start()

    @Slot()
    def _restore_rest(self) -> None:
        """The list came in parts: choose what was chosen before, unless something else has been chosen meanwhile."""
        chosen, current, _, _ = self._kept
        self._kept = ([], None, None, 0)
        if chosen and set(self.chosen_ids()) < set(chosen):
            scrolled = self.verticalScrollBar().value()
            self.choose_ids(chosen, current)
            self.verticalScrollBar().setValue(scrolled)


def _runs(lines: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Lines in ascending order as runs [first, end) of neighbours: each is one piece of a selection."""
    first = end = -1
    for line in lines:
        if line != end:
            if end > first:
                yield first, end
            first = line
        end = line + 1
    if end > first:
        yield first, end
