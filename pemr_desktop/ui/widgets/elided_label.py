"""A label of one line that never pushes the layout: long text is elided and shown whole in its tooltip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QStyleOption, QWidget

from pemr_desktop.ui.widgets.label import Label, tip


class ElidedLabel(Label):
    """Plain text, elided where it does not fit."""

    def __init__(
        self,
        text: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._mode = mode
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Line breaks become spaces: a label of one line stays one."""
        super().setText(" ".join(text.split()))
        self.setAccessibleName(text)
        self._explain()

    def minimumSizeHint(self) -> QSize:
        """A few letters are enough."""
        return QSize(self.fontMetrics().averageCharWidth() * 4, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A tooltip only where something is hidden."""
        super().resizeEvent(event)
        self._explain()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text, elided."""
        painter = QPainter(self)
        option = QStyleOption()
        option.initFrom(self)
        rect = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), self._mode, rect.width())
        self.style().drawItemText(
            painter, rect, int(self.alignment().value), option.palette, self.isEnabled(), shown, self.foregroundRole()
        )

    def _explain(self) -> None:
        hidden = self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()
        self.setToolTip(tip(self.text()) if hidden else "")
