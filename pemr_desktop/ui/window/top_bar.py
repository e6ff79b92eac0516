"""The line on top: sidebar switch, filter, what waits to be written, inspector switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QWidget

from pemr_desktop.ui import wording
from pemr_desktop.ui.tracks.query_line import QueryLine
from pemr_desktop.ui.widgets.theme import ICON_SIZE, ROOM, SNUG, TIGHT

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

QUERY_WIDTH_PX = 720


class TopBar(QFrame):
    """Holds the query line; buttons appear once their actions are registered."""

    def __init__(self, context: WindowContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topBar")
        self._context = context
        self.query = QueryLine(context.reader, context.theme, self)
        self.query.setMaximumWidth(context.theme.px(QUERY_WIDTH_PX))
        self.pending = QPushButton(self)
        self.pending.setObjectName("pendingWrites")
        self.pending.setProperty("look", "primary")
        self.pending.hide()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(SNUG, TIGHT + 2, SNUG, TIGHT + 2)
        self._row.setSpacing(TIGHT)
        self._row.addWidget(self.query, 10)
        self._row.addStretch(1)
        self._row.addSpacing(ROOM)
        self._row.addWidget(self.pending)

    def add_buttons(self) -> None:
        """Switches left and right of the query line."""
        sidebar, add_folder = self._button("view.sidebar"), self._button("library.add-folder")
        self._row.insertWidget(0, sidebar)
        self._row.insertWidget(1, add_folder)
        self.setTabOrder(sidebar, add_folder)
        self.setTabOrder(add_folder, self.query.line)
        self._row.insertSpacing(2, SNUG)
        inspector = self._button("view.inspector")
        self._row.addWidget(inspector)
        for earlier, later in ((self.query.line, self.pending), (self.pending, inspector)):
            self.setTabOrder(earlier, later)
        review = self._context.actions.action("tags.review-all")
        self.pending.clicked.connect(review.trigger)

    def show_pending(self, count: int) -> None:
        """How many files wait to be written; none: no button."""
        self.pending.setVisible(count > 0)
        text = self.tr("Review 1 file…") if count == 1 else self.tr("Review {} files…").format(wording.number(count))
        self.pending.setText(text)
        self.pending.setAccessibleName(text)
        self.pending.setToolTip(self.tr("See what accepted tags would change, and write them"))

    def _button(self, action_id: str) -> QToolButton:
        action = self._context.actions.action(action_id)
        button = QToolButton(self)
        button.setObjectName(f"button.{action_id}")
        button.setDefaultAction(action)
        button.setAccessibleName(action.toolTip())
        button.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setAutoRaise(True)
        return button
