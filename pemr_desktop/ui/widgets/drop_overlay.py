"""What covers the window while files hang over it: where they would go."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from pemr_desktop.ui.file_urls import dropped_paths
from pemr_desktop.ui.widgets.theme import WIDE, Theme


class DropOverlay(QWidget):
    """Lies over its parent while files hang over `target`, and says what was dropped. Lets every event through.

    `takes_own_rows`: rows of this application's own tables may be dropped as well. Files are always copied, never
    moved: what accepts a move may make the file manager delete the original.
    """

    dropped = Signal(object)
    """Files and folders, list of pathlib.Path, never empty."""

    def __init__(
        self,
        theme: Theme,
        parent: QWidget,
        target: QWidget,
        sentence: str = "",
        icon: str = "import",
        *,
        takes_own_rows: bool,
    ) -> None:
        super().__init__(parent)
        self._takes_own_rows = takes_own_rows
        target.setAcceptDrops(True)
        target.installEventFilter(self)
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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Drags over the target end here."""
        if isinstance(event, QDropEvent):  # entering and moving are kinds of it
            self._take(event)
            return True
        if isinstance(event, QDragLeaveEvent):
            self.hide()
            return True
        return super().eventFilter(watched, event)

    def _take(self, event: QDropEvent) -> None:
        welcome = self._takes_own_rows or event.source() is None
        paths = dropped_paths(event.mimeData()) if welcome else []
        if event.type() == QEvent.Type.Drop:
            self.hide()
        elif paths:
            self.appear()
        if not paths:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if event.type() == QEvent.Type.Drop:
            self.dropped.emit(paths)

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
