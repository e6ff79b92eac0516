"""What says what happened, over the foot of the page, without taking the focus and without moving anything."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from pemr_desktop.ui.notices import Notice, Notices
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, TIGHT, Role, Theme

GOOD_STAYS_MS = 12_000
MAX_NOTICES_SHOWN = 3

_ICONS: dict[str, tuple[str, Role]] = {
    "good": ("check", "good"),
    "info": ("info", "text_soft"),
    "warning": ("warning", "warning"),
    "bad": ("warning", "bad"),
}


class NoticeBar(QWidget):
    """Shows the newest notices, at most three; good news leaves by itself, problems stay until they are closed.

    It lies over its parent and grows upwards, so that neither the page nor a notice moves when another one comes. While
    the pointer is on it, no notice leaves by itself.
    """

    def __init__(self, notices: Notices, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("noticeBar")
        self.setAccessibleName(self.tr("Messages"))
        self._theme = theme
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.setDirection(QVBoxLayout.Direction.BottomToTop)
        if parent is not None:
            parent.installEventFilter(self)
        notices.posted.connect(self.show_notice)
        notices.withdrawn.connect(self.withdraw)
        self.hide()

    def shown(self) -> list[Notice]:
        """The notices on view, oldest first."""
        return [line.notice for line in self._lines()]

    @Slot(object)
    def show_notice(self, notice: Notice) -> None:
        """Add one; it replaces one with the same key, and the oldest leaves when there are too many."""
        if notice.key:
            self.withdraw(notice.key)
        line = _NoticeLine(notice, self._theme, self)
        line.closed.clicked.connect(lambda: self._remove(line))
        if line.acted is not None:
            line.acted.clicked.connect(lambda: self._remove(line))
        self._layout.addWidget(line)
        lines = self._lines()
        for oldest in lines[: max(0, len(lines) - MAX_NOTICES_SHOWN)]:
            self._remove(oldest)
        self.show()
        self._lie_over_the_foot()

    @Slot(str)
    def withdraw(self, key: str) -> None:
        """Remove the notices of a key."""
        for line in self._lines():
            if key and line.notice.key == key:
                self._remove(line)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the foot of the parent."""
        if event.type() == QEvent.Type.Resize:
            self._lie_over_the_foot()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Grow and shrink with the notices."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._lie_over_the_foot()
        return super().event(event)

    def _lie_over_the_foot(self) -> None:
        parent = self.parentWidget()
        if parent is None or self.isHidden():
            return
        width = parent.width()
        height = min(parent.height(), self._layout.totalHeightForWidth(width))
        self.setGeometry(0, parent.height() - height, width, height)
        self.raise_()

    def _lines(self) -> list[_NoticeLine]:
        items = (self._layout.itemAt(i) for i in range(self._layout.count()))
        widgets = [item.widget() for item in items if item is not None]
        return [widget for widget in widgets if isinstance(widget, _NoticeLine)]

    def _remove(self, line: _NoticeLine) -> None:
        if self._layout.indexOf(line) < 0:
            return
        self._layout.removeWidget(line)
        line.hide()
        line.deleteLater()
        if not self._lines():
            self.hide()


class _NoticeLine(QFrame):
    """One notice: icon, sentence, what to do, details to open, a cross."""

    def __init__(self, notice: Notice, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.notice = notice
        self.acted: QPushButton | None = None
        self._theme = theme
        self.setObjectName("notice")
        self.setProperty("kind", notice.kind)
        row = QHBoxLayout()
        row.setSpacing(SNUG)
        self._icon = Label(self)
        self._icon.setFixedWidth(18)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        text = Label(notice.text, self)
        text.setObjectName("noticeText")
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)  # or a long sentence is cut off behind its second line
        text.setSizePolicy(policy)
        text.setAccessibleName(notice.text)
        row.addWidget(text, 1)
        if notice.action is not None:
            self.acted = self._button(notice.action_text, "noticeAction")
            self.acted.clicked.connect(notice.action)
            row.addWidget(self.acted)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(ROOM, TIGHT, SNUG, TIGHT)
        outer.setSpacing(TIGHT)
        outer.addLayout(row)
        if notice.details:
            self._add_details(notice.details, row, outer)
        self.closed = QToolButton(self)
        self.closed.setObjectName("noticeClose")
        self.closed.setAccessibleName(self.tr("Close this message"))
        self.closed.setToolTip(self.tr("Close this message"))
        row.addWidget(self.closed)
        self._leaving = QTimer(self)
        self._leaving.setSingleShot(True)
        self._leaving.setInterval(GOOD_STAYS_MS)
        self._leaving.timeout.connect(self._leave)
        if notice.kind == "good":
            self._leaving.start()
        theme.changed.connect(self._recolour)
        self._recolour()

    @Slot()
    def _leave(self) -> None:
        """Go, unless somebody is about to press something here."""
        bar = self.parentWidget()
        if bar is not None and bar.underMouse():
            self._leaving.start()
        else:
            self.closed.click()

    def _button(self, text: str, name: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setProperty("look", "link")
        return button

    def _add_details(self, details: str, row: QHBoxLayout, outer: QVBoxLayout) -> None:
        label = Label(details, self)
        label.setObjectName("noticeDetails")
        label.setProperty("role", "small")
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.hide()
        toggle = self._button(self.tr("Details"), "noticeDetailsToggle")
        toggle.clicked.connect(lambda: label.setVisible(label.isHidden()))
        copy = self._button(self.tr("Copy"), "noticeCopy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(f"{self.notice.text}\n{details}"))
        row.addWidget(toggle)
        row.addWidget(copy)
        outer.addWidget(label)

    @Slot()
    def _recolour(self) -> None:
        name, role = _ICONS[self.notice.kind]
        self._icon.setPixmap(self._theme.pixmap(name, 18, role, self.devicePixelRatioF()))
        self.closed.setIcon(self._theme.icon("cross"))
