"""What a page says when it has nothing to show: one sentence, one explanation, what to do next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, VAST, WIDE, Theme

ICON_PX = 56
TEXT_WIDTH_PX = 460


class EmptyState(QWidget):
    """An icon, a headline, a sentence and buttons, in the middle of the page."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self._theme = theme
        self._icon_name = "music"
        self._icon = Label(self)
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.headline = Label(self)
        self.headline.setObjectName("emptyHeadline")
        self.headline.setProperty("role", "display")
        self.headline.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.headline.setWordWrap(True)
        self.sentence = Label(self)
        self.sentence.setObjectName("emptySentence")
        self.sentence.setProperty("role", "soft")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence.setWordWrap(True)
        self.sentence.setMaximumWidth(TEXT_WIDTH_PX)
        self.sentence.setMinimumWidth(TEXT_WIDTH_PX // 2)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(SNUG)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(VAST, VAST, VAST, VAST)
        layout.setSpacing(ROOM)
        layout.addStretch(2)
        layout.addWidget(self._icon)
        layout.addWidget(self.headline)
        centred = QHBoxLayout()
        centred.addStretch(1)
        centred.addWidget(self.sentence, 4)
        centred.addStretch(1)
        layout.addLayout(centred)
        layout.addSpacing(WIDE)
        layout.addLayout(self._buttons)
        layout.addStretch(3)
        theme.changed.connect(self._recolour)

    def say(
        self,
        icon: str,
        headline: str,
        sentence: str,
        buttons: tuple[tuple[str, Callable[[], object]], ...] = (),
    ) -> None:
        """Replace all of it; the first button is the one to press."""
        self._icon_name = icon
        self.headline.setText(headline)
        self.sentence.setText(sentence)
        self.setAccessibleName(headline)
        self.setAccessibleDescription(sentence)
        while (item := self._buttons.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._buttons.addStretch(1)
        for number, (text, handler) in enumerate(buttons):
            button = QPushButton(text, self)
            button.setObjectName(f"emptyButton{number}")
            button.setAccessibleName(text)
            if number == 0:
                button.setProperty("look", "primary")
            button.clicked.connect(handler)
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
        self._recolour()

    def focus_first(self) -> None:
        """The first button has the keyboard, if the page is on view."""
        item = self._buttons.itemAt(1)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _recolour(self) -> None:
        self._icon.setPixmap(self._theme.pixmap(self._icon_name, ICON_PX, "accent", self.devicePixelRatioF()))
