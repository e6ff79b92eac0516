"""The queue beside the pages: what plays, what comes next, and the hands to change it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QMenu,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.protocol.messages import SavePlaylist
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.row_menu import choose_for_menu
from pemr_desktop.ui.widgets.theme import ICON_SIZE, ROOM, SNUG, TIGHT
from pemr_desktop.ui.window.player.queue_model import ARTIST, LENGTH, TITLE, QueueModel

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

ROW_PX = 30
LENGTH_PX = 56
MENU = (
    "queue.play",
    "queue.play-next",
    "queue.play-later",
    "",
    "queue.up",
    "queue.down",
    "",
    "queue.remove",
    "queue.save",
    "queue.clear",
)


class QueuePanel(QWidget):
    """A heading, two buttons and the entries. Double click or Return plays, Delete removes, dragging moves."""

    shownOrHidden = Signal()

    def __init__(self, context: WindowContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queuePanel")
        self.setAccessibleName(self.tr("Queue"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._context = context
        self._queue = context.queue
        self._theme = context.theme
        self.model = QueueModel(context, self)
        self.table = _QueueTable(self.model, self)
        self.heading = Label(self.tr("Queue"), self)
        self.heading.setProperty("role", "title")
        self.count = Label(self)
        self.count.setObjectName("queueCount")
        self.count.setProperty("role", "small")
        self.nothing = Label(self.tr("Nothing waits. Play something, or drag tracks here."), self)
        self.nothing.setObjectName("queueEmpty")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.save_button = self._button("saveQueue", self.tr("Save as playlist…"))
        self.clear_button = self._button("clearQueue", self.tr("Empty the queue"))
        self._lay_out()
        self.save_button.clicked.connect(self.save)
        self.clear_button.clicked.connect(self.clear)
        self.table.activated.connect(lambda index: self._queue.play_at(index.row()))
        self.table.menuWanted.connect(self.open_menu)
        self.table.selectionModel().selectionChanged.connect(context.actions.refresh)
        self.model.moveWanted.connect(self._move, Qt.ConnectionType.QueuedConnection)
        self.model.insertWanted.connect(self._insert, Qt.ConnectionType.QueuedConnection)
        self._queue.listChanged.connect(self._count)
        self._queue.currentChanged.connect(self._follow)
        self._theme.changed.connect(self._restyle)
        self._restyle()
        self._count()

    def sizeHint(self) -> QSize:
        """A column beside the page."""
        return QSize(self._theme.px(300), 400)

    # what its actions do

    def chosen(self) -> list[int]:
        """The chosen lines."""
        return sorted(index.row() for index in self.table.selectionModel().selectedRows())

    def any_chosen(self) -> bool:
        """An entry is chosen and on view."""
        return self.isVisible() and self.table.selectionModel().hasSelection()

    def play(self) -> None:
        """Go to the first chosen entry."""
        if chosen := self.chosen():
            self._queue.play_at(chosen[0])

    def play_next(self) -> None:
        """Put the chosen entries behind the current one."""
        lines = [line for line in self.chosen() if line != self._queue.position]
        self._move(lines, self._queue.position + 1)

    def play_later(self) -> None:
        """Put the chosen entries at the end."""
        self._move(self.chosen(), len(self._queue.ids))

    def move_up(self) -> None:
        """Put the chosen entries before the one that stands before them."""
        if (chosen := self.chosen()) and chosen[0] > 0:
            self._move(chosen, chosen[0] - 1)

    def move_down(self) -> None:
        """Put the chosen entries behind the one that follows them."""
        if (chosen := self.chosen()) and chosen[-1] < len(self._queue.ids) - 1:
            self._move(chosen, chosen[-1] + 2)

    def remove(self) -> None:
        """Take the chosen entries out; the one that follows is chosen then."""
        if chosen := self.chosen():
            self._queue.remove(chosen)
            last = len(self._queue.ids) - 1
            self._choose([min(chosen[0], last)] if last >= 0 else [])

    @Slot()
    def clear(self) -> None:
        """Take everything out but what plays."""
        self._queue.remove([line for line in range(len(self._queue.ids)) if line != self._queue.position])

    @Slot()
    def save(self) -> None:
        """Ask for a name and keep the queue as a playlist, in this order."""
        name, agreed = QInputDialog.getText(self, self.tr("Save the queue"), self.tr("Name of the playlist:"))
        if agreed and name.strip() and self._queue.ids:
            self._context.client.submit(SavePlaylist(name.strip(), tuple(self._queue.ids)))

    @Slot()
    def toggle(self) -> None:
        """Show or hide it; shown, the current entry is on view."""
        self.setVisible(self.isHidden())
        self.shownOrHidden.emit()
        if not self.isHidden():
            self._follow()

    @Slot(QPoint)
    def open_menu(self, where: QPoint) -> QMenu:
        """The menu of the chosen entries, at a place of the screen."""
        menu = QMenu(self)
        menu.setObjectName("queueMenu")
        menu.aboutToHide.connect(menu.deleteLater)
        self._context.actions.refresh()
        self._context.actions.fill(menu, MENU)
        menu.popup(where)
        return menu

    # inside

    def _button(self, name: str, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(text)
        button.setAutoRaise(True)
        return button

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(ROOM, SNUG, SNUG, SNUG)
        top.setSpacing(SNUG)
        top.addWidget(self.heading)
        top.addWidget(self.count, 1)
        top.addWidget(self.save_button)
        top.addWidget(self.clear_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, TIGHT, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.nothing)
        column.addWidget(self.table, 1)

    @Slot(object, int)
    def _move(self, lines: Sequence[int], before: int) -> None:
        if lines:
            first = self._queue.move(lines, before)
            self._choose(range(first, first + len(lines)))

    @Slot(object, int)
    def _insert(self, ids: Sequence[int], before: int) -> None:
        self._queue.insert(before, ids)

    def _choose(self, lines: Sequence[int]) -> None:
        """Choose neighbouring lines; the first has the cursor."""
        if not lines:
            return
        rows = QItemSelection(self.model.index(lines[0], TITLE), self.model.index(lines[-1], LENGTH))
        selection = self.table.selectionModel()
        selection.setCurrentIndex(self.model.index(lines[0], TITLE), QItemSelectionModel.SelectionFlag.NoUpdate)
        selection.select(rows, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    @Slot()
    def _count(self) -> None:
        count = len(self._queue.ids)
        self.count.setText(self.tr("1 track") if count == 1 else self.tr("{} tracks").format(count) if count else "")
        self.nothing.setVisible(count == 0)
        self.save_button.setEnabled(count > 0)
        self.clear_button.setEnabled(count > 0)

    @Slot()
    def _follow(self) -> None:
        """Keep the current entry on view, unless somebody works on the list."""
        if self.isVisible() and self._queue.position >= 0 and not self.table.hasFocus():
            self.table.scrollTo(self.model.index(self._queue.position, TITLE))

    @Slot()
    def _restyle(self) -> None:
        side = self._theme.px(ICON_SIZE)
        for button, icon in ((self.save_button, "playlist"), (self.clear_button, "delete")):
            button.setIcon(self._theme.icon(icon, "text_soft"))
            button.setIconSize(QSize(side, side))
        self.table.verticalHeader().setDefaultSectionSize(self._theme.px(ROW_PX))
        self.table.horizontalHeader().resizeSection(LENGTH, self._theme.px(LENGTH_PX))


class _QueueTable(QTableView):
    """Whole lines are chosen, dragged and dropped between one another."""

    menuWanted = Signal(QPoint)

    def __init__(self, model: QueueModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("queueTable")
        self.setAccessibleName(self.tr("Queue"))
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(False)
        self.setDropIndicatorShown(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.hide()
        header.setSectionResizeMode(TITLE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(ARTIST, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(LENGTH, QHeaderView.ResizeMode.Fixed)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the chosen entries; the one under the pointer is chosen first."""
        if choose_for_menu(self, event):
            self.menuWanted.emit(event.globalPos())

    def keyboardSearch(self, search: str) -> None:
        """Letters are shortcuts of the window."""
