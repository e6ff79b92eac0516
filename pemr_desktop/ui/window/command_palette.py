"""Everything the window can do, found by typing a few letters of it (Ctrl+K)."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Slot
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPixmap, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.ui.actions import ActionRegistry, plain_text, shown_shortcut
from pemr_desktop.ui.widgets.theme import ICON_SIZE, ROOM, SNUG, Theme

WIDTH_PX, HEIGHT_PX = 560, 420
_ID, _SHORTCUT = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


def fuzzy_score(wanted: str, text: str) -> int | None:
    """How well the letters of `wanted` are found in order in `text`; higher is better, None: not at all.

    Letters at the start of words and letters that follow one another count most.
    """
    score, at, previous = 0, 0, -2
    lowered = text.lower()
    for letter in wanted.lower().replace(" ", ""):
        hits = [i for i in range(at, len(lowered)) if lowered[i] == letter]
        starts = [i for i in hits if i == 0 or not lowered[i - 1].isalnum()]
        found = lowered.find(letter, at)
        if found < 0:
            return None
        if found != previous + 1 and starts:
            found = starts[0]
        score += 8 if found == previous + 1 else 6 if found in starts else 1
        previous, at = found, found + 1
    return score * 100 - len(text)


class CommandPalette(QDialog):
    """A line and a list; Enter runs the chosen action."""

    def __init__(self, registry: ActionRegistry, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("commandPalette")
        self.setWindowTitle(self.tr("Commands"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(WIDTH_PX, HEIGHT_PX)
        self._registry = registry
        blank = QPixmap(ICON_SIZE, ICON_SIZE)
        blank.fill(Qt.GlobalColor.transparent)
        self._blank = QIcon(blank)
        self._line = QLineEdit(self)
        self._line.setObjectName("paletteLine")
        self._line.setAccessibleName(self.tr("Command"))
        self._line.setPlaceholderText(self.tr("What do you want to do?"))
        self._line.addAction(theme.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._line.textChanged.connect(self._search)
        self._line.installEventFilter(self)
        self._model = QStandardItemModel(self)
        self._list = QListView(self)
        self._list.setObjectName("paletteList")
        self._list.setAccessibleName(self.tr("Commands found"))
        self._list.setModel(self._model)
        self._list.setItemDelegate(_CommandDelegate(theme, self._list))
        self._list.setUniformItemSizes(True)
        self._list.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.clicked.connect(self._run)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(ROOM, ROOM, ROOM, ROOM)
        layout.setSpacing(SNUG)
        layout.addWidget(self._line)
        layout.addWidget(self._list)
        registry.refresh()
        self._search("")

    def found(self) -> list[str]:
        """The ids on view, best first."""
        return [str(self._model.item(row).data(_ID)) for row in range(self._model.rowCount())]

    @Slot(str)
    def _search(self, wanted: str) -> None:
        hits: list[tuple[int, int, str]] = []
        for order, spec in enumerate(self._registry.specs()):
            text = self._sentence(spec.section, spec.text)
            score = fuzzy_score(wanted, text) if spec.in_palette and self._registry.possible(spec.id) else None
            if score is not None:
                hits.append((score if wanted else 0, -order, spec.id))
        self._model.clear()
        for _score, _order, name in sorted(hits, reverse=True):
            self._model.appendRow(self._item(name))
        if self._model.rowCount():
            self._list.setCurrentIndex(self._model.index(0, 0))

    def _item(self, name: str) -> QStandardItem:
        spec = next(spec for spec in self._registry.specs() if spec.id == name)
        action = self._registry.action(name)
        icon = action.icon() if spec.icon else self._blank
        item = QStandardItem(icon, self._sentence(spec.section, spec.text))
        item.setData(name, _ID)
        item.setData(shown_shortcut(action), _SHORTCUT)
        item.setEditable(False)
        return item

    def _sentence(self, section: str, text: str) -> str:
        return f"{section}: {plain_text(text)}" if section else plain_text(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up, down and Enter in the line act on the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}.get(
                Qt.Key(event.key())
            )
            if step is not None:
                last = self._model.rowCount() - 1
                row = min(last, max(0, self._list.currentIndex().row() + step))
                self._list.setCurrentIndex(self._model.index(row, 0))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self._list.currentIndex())
                return True
        return super().eventFilter(watched, event)

    @Slot(QModelIndex)
    def _run(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        name = str(index.data(_ID))
        self.accept()
        self._registry.run(name)


class _CommandDelegate(QStyledItemDelegate):
    """The action on the left, its shortcut on the right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(super().sizeHint(option, index).width(), self._theme.px(32))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setFont(self._theme.font("small"))
        painter.setPen(self._theme.color("on_selection" if chosen else "text_soft"))
        painter.drawText(
            option.rect.adjusted(0, 0, -ROOM, 0),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            str(index.data(_SHORTCUT) or ""),
        )
        painter.restore()
