"""What covers the window while files hang over it: where they would go."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from pemr_desktop.ui.widgets.theme import WIDE, Theme


class DropOverlay(QWidget):
    """Lies over its parent, lets every event through."""

    def __init__(self, theme: Theme, parent: QWidget, sentence: str = "", icon: str = "import") -> None:
        super().__init__(parent)
        self.setObjectName("dropOverlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._theme = theme
        self._sentence = sentence or self.tr("Drop to add to your library")
        self._icon = icon
        self.hide()

    def appear(self) -> None:
        """Cover the parent."""
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
            self.raise_()
            self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A veil, a frame and a sentence."""
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(theme.color("surface"))
        veil.setAlphaF(0.86)
        painter.fillRect(self.rect(), veil)
        frame = QRectF(self.rect()).adjusted(WIDE, WIDE, -WIDE, -WIDE)
        painter.setPen(QPen(theme.color("accent"), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(frame, 12, 12)
        icon = theme.px(48)
        pixmap = theme.pixmap(self._icon, icon, "accent", self.devicePixelRatioF())
        middle = frame.center()
        painter.drawPixmap(int(middle.x() - icon / 2), int(middle.y() - icon), pixmap)
        painter.setFont(theme.font("title"))
        painter.setPen(theme.color("text"))
        below = frame.adjusted(0, frame.height() / 2 + WIDE, 0, 0)
        painter.drawText(
            below,
            int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop),
            self._sentence,
        )
