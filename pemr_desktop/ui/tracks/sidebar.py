"""The sidebar: where in the library one is, and where one can go."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.ui import wording
from pemr_desktop.ui.file_urls import dropped_paths
from pemr_desktop.ui.tracks.sidebar_model import SidebarItem, SidebarModel
from pemr_desktop.ui.tracks.track_model import IDS_MIME_TYPE
from pemr_desktop.ui.widgets.theme import RADIUS, SNUG, TIGHT, Theme

if TYPE_CHECKING:
    from pemr_desktop.ui.library_reader import Reader

ROW_PX, HEADING_PX, INDENT_PX, ICON_PX = 26, 28, 14, 16

_Index = QModelIndex | QPersistentModelIndex


class Sidebar(QWidget):
    """A tree of items. One click goes there."""

    itemChosen = Signal(object)
    menuWanted = Signal(object, QPoint)
    droppedOnPlaylist = Signal(int, object, object)
    """Playlist id, track ids of this window, paths from elsewhere."""
    droppedFiles = Signal(object)
    """Paths dropped beside the playlists."""

    def __init__(self, reader: Reader, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.model = SidebarModel(reader, self)
        self.tree = _Tree(self)
        self.tree.setModel(self.model)
        self.tree.setItemDelegate(_SidebarDelegate(self.model, theme, self.tree))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, TIGHT, 0, 0)
        layout.addWidget(self.tree)
        self._theme = theme
        self._is_below = False
        theme.changed.connect(self.tree.doItemsLayout)
        self.model.rowsInserted.connect(self._open_headings)
        self.tree.expanded.connect(self._expanded)
        self.tree.collapsed.connect(self._collapsed)
        self.tree.selectionModel().currentChanged.connect(self._current_changed)
        self.tree.selectionModel().currentChanged.connect(self._show_more, Qt.ConnectionType.QueuedConnection)
        self.tree.clicked.connect(self._clicked)
        self.tree.customContextMenuRequested.connect(self._menu)
        self.tree.dropped.connect(self._dropped)
        self.tree.droppedFiles.connect(self.droppedFiles)
        self._open_headings()
        self.go("all", quietly=True)

    def go(self, key: str, quietly: bool = False) -> bool:
        """Choose an item by its key; `quietly` only marks it."""
        index = self.model.find(key)
        if not index.isValid():
            return False
        blocked = self.tree.selectionModel().blockSignals(quietly)
        self.tree.setCurrentIndex(index)
        self.tree.selectionModel().blockSignals(blocked)
        self.mark(key)
        return True

    def leave(self) -> None:
        """None of the items is on view; each can be chosen again."""
        blocked = self.tree.selectionModel().blockSignals(True)
        self.tree.setCurrentIndex(QModelIndex())
        self.tree.selectionModel().blockSignals(blocked)
        self.mark("")

    def mark(self, key: str, *, is_below: bool = False) -> None:
        """Light up the item that what is on view belongs to, wherever the cursor is; "" for none.

        `is_below`: it is not the item itself that is on view, but one thing of it, as an album of all albums.
        """
        self.model.shown_key, self._is_below = key, is_below
        self.tree.viewport().update()

    def has(self, key: str) -> bool:
        """Whether there is an item of this key, as far as items have been opened."""
        return self.model.find(key).isValid()

    def current_item(self) -> SidebarItem | None:
        """Where one is."""
        return self.model.item_at(self.tree.currentIndex())

    @Slot()
    def _open_headings(self) -> None:
        for row in range(self.model.rowCount()):
            index = self.model.index(row, 0)
            if not self.tree.isExpanded(index):
                self.tree.expand(index)

    @Slot(QModelIndex)
    def _expanded(self, index: QModelIndex) -> None:
        item = self.model.item_at(index)
        if item is not None:
            self.model.open(item)

    @Slot(QModelIndex)
    def _collapsed(self, index: QModelIndex) -> None:
        item = self.model.item_at(index)
        if item is not None:
            self.model.close(item)

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, index: QModelIndex, _before: QModelIndex) -> None:
        item = self.model.item_at(index)
        if item is not None and (item.view is not None or item.page):
            self.mark(item.key)
            self.itemChosen.emit(item)

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        """A click on the item with the cursor goes there, too, if something else is on view."""
        item = self.model.item_at(index)
        is_shown = item is not None and item.key == self.model.shown_key and not self._is_below
        if item is not None and not is_shown and (item.view is not None or item.page):
            self.itemChosen.emit(item)

    @Slot(QModelIndex, QModelIndex)
    def _show_more(self, index: QModelIndex, before: QModelIndex) -> None:
        """The line under many others: show more of them, and go back to where the cursor was."""
        item = self.model.item_at(index)
        if item is not None and item.more_of:
            self.model.more(item.more_of)
            blocked = self.tree.selectionModel().blockSignals(True)
            self.tree.setCurrentIndex(before)
            self.tree.selectionModel().blockSignals(blocked)
            self.tree.viewport().update()

    @Slot(QPoint)
    def _menu(self, where: QPoint) -> None:
        item = self.model.item_at(self.tree.indexAt(where))
        if item is not None and not item.is_heading:
            self.menuWanted.emit(item, self.tree.viewport().mapToGlobal(where))

    @Slot(object, object, object)
    def _dropped(self, index: QModelIndex, ids: list[int], paths: list[Path]) -> None:
        item = self.model.item_at(index)
        if item is not None and item.playlist_id is not None:
            self.droppedOnPlaylist.emit(item.playlist_id, ids, paths)


class _Tree(QTreeView):
    """Opens a facet at a click on its name, takes drops on playlists only and lets the window have the others."""

    dropped = Signal(object, object, object)
    droppedFiles = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("sidebarTree")
        self.setAccessibleName(self.tr("Library places"))
        self.setHeaderHidden(True)
        self.setIndentation(INDENT_PX)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(False)
        self.setExpandsOnDoubleClick(False)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DropOnly)
        self.clicked.connect(self._toggle)

    def drawBranches(self, painter: QPainter, rect: QRect, index: _Index) -> None:
        """The delegate draws the arrow beside the text."""

    @Slot(QModelIndex)
    def _toggle(self, index: QModelIndex) -> None:
        item = self.model().item_at(index)  # type: ignore[attr-defined]
        if item is not None and not item.is_heading and self.model().hasChildren(index):
            self.setExpanded(index, not self.isExpanded(index))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Watch where it goes."""
        if event.mimeData().hasUrls() or event.mimeData().hasFormat(IDS_MIME_TYPE):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Playlists take tracks and files; elsewhere files from outside go into the library."""
        item = self.model().item_at(self.indexAt(event.position().toPoint()))  # type: ignore[attr-defined]
        from_outside = event.mimeData().hasUrls() and event.source() is None
        if (item is not None and item.playlist_id is not None) or from_outside:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """On a playlist: add to it. Beside them: into the library."""
        index = self.indexAt(event.position().toPoint())
        item = self.model().item_at(index)  # type: ignore[attr-defined]
        if item is None or item.playlist_id is None:
            if event.source() is None and (paths := dropped_paths(event.mimeData())):
                event.acceptProposedAction()
                self.droppedFiles.emit(paths)
            else:
                event.ignore()
            return
        ids = dragged_ids(bytes(event.mimeData().data(IDS_MIME_TYPE).data()))
        self.dropped.emit(index, ids, [] if ids else dropped_paths(event.mimeData()))
        event.acceptProposedAction()


def dragged_ids(data: bytes) -> list[int]:
    """The track ids a drag of this application carries."""
    return [int(number) for number in re.findall(rb"\d+", data)]


class _SidebarDelegate(QStyledItemDelegate):
    """Headings small and quiet; items with icon, name and count."""

    def __init__(self, model: SidebarModel, theme: Theme, parent: QTreeView) -> None:
        super().__init__(parent)
        self._model = model
        self._theme = theme
        self._tree = parent

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Headings are a little taller, for air above them."""
        item = self._model.item_at(index)
        return QSize(80, self._theme.px(HEADING_PX if item is not None and item.is_heading else ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """One line."""
        item = self._model.item_at(index)
        if item is None:
            return
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if item.is_heading:
            self._paint_heading(painter, rect, item)
        else:
            full = QRect(SNUG, rect.top() + 1, self._tree.viewport().width() - 2 * SNUG, rect.height() - 2)
            self._paint_item(painter, full, rect.left(), option, index, item)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, item: SidebarItem) -> None:
        font = self._theme.font("small")
        font.setWeight(font.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(self._theme.color("text_faint"))
        box = QRect(2 * SNUG, rect.top(), self._tree.viewport().width() - 3 * SNUG, rect.height() - TIGHT)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), item.text)

    def _paint_item(
        self,
        painter: QPainter,
        box: QRect,
        left: int,
        option: QStyleOptionViewItem,
        index: _Index,
        item: SidebarItem,
    ) -> None:
        theme = self._theme
        selected = item.key == self._model.shown_key
        has_cursor = self._tree.hasFocus() and index == self._tree.currentIndex()
        painter.setPen(Qt.PenStyle.NoPen)
        if selected or has_cursor or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(theme.color("selection" if selected else "hover"))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        ratio = self._tree.devicePixelRatioF()
        icon = theme.px(ICON_PX)
        x = box.left() + SNUG + max(0, left - INDENT_PX)
        if item.icon:
            pixmap = theme.pixmap(item.icon, icon, "accent" if selected else "text_soft", ratio)
            painter.drawPixmap(x, box.center().y() - icon // 2 + 1, pixmap)
        x += icon + SNUG
        right = box.right() - SNUG
        right = self._paint_arrow(painter, box, right, index, ratio)
        right = self._paint_count(painter, box, right, item, selected)
        font = theme.font("body")
        painter.setFont(font)
        painter.setPen(theme.color("on_selection" if selected else "text"))
        room = right - x
        text = QFontMetrics(font).elidedText(item.text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(x, box.top(), room, box.height()), int(Qt.AlignmentFlag.AlignVCenter), text)

    def _paint_arrow(self, painter: QPainter, box: QRect, right: int, index: _Index, ratio: float) -> int:
        if not self._model.hasChildren(index):
            return right
        size = self._theme.px(12)
        name = "chevron-down" if self._tree.isExpanded(index) else "chevron-right"
        pixmap = self._theme.pixmap(name, size, "text_faint", ratio)
        painter.drawPixmap(right - size, box.center().y() - size // 2 + 1, pixmap)
        return right - size - TIGHT

    def _paint_count(self, painter: QPainter, box: QRect, right: int, item: SidebarItem, selected: bool) -> int:
        if not item.count:
            return right
        text = wording.number(item.count)
        font = self._theme.font("small")
        width = QFontMetrics(font).horizontalAdvance(text)
        painter.setFont(font)
        warns = item.key == "problems" and not selected
        painter.setPen(self._theme.color("on_selection" if selected else "warning" if warns else "text_soft"))
        painter.drawText(QRect(right - width, box.top(), width, box.height()), int(Qt.AlignmentFlag.AlignVCenter), text)
        return right - width - SNUG
