"""The two buttons that say what plays after the track: shuffle and repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Slot
from PySide6.QtWidgets import QToolButton, QWidget

from pemr_desktop.ui.widgets.theme import ICON_SIZE, Theme

if TYPE_CHECKING:
    from pemr_desktop.playback.play_order import Repeat
    from pemr_desktop.ui.play_queue import PlayQueue

AFTER: dict[Repeat, Repeat] = {"off": "all", "all": "one", "one": "off"}
"""What a press on the repeat button turns it to."""


class _ModeButton(QToolButton):
    """Checked while the mode is on. Subclasses say how the queue stands."""

    def __init__(self, name: str, queue: PlayQueue, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAutoRaise(True)
        self.setCheckable(True)
        self._queue = queue
        self._theme = theme
        self.clicked.connect(self._pressed)
        queue.modesChanged.connect(self.show_mode)
        theme.changed.connect(self.show_mode)
        self.show_mode()

    @Slot()
    def _pressed(self) -> None:
        raise NotImplementedError

    @Slot()
    def show_mode(self) -> None:
        """Follow the queue."""
        raise NotImplementedError

    def _show(self, icon: str, words: str, *, on: bool) -> None:
        side = self._theme.px(ICON_SIZE)
        self.setIconSize(QSize(side, side))
        self.setIcon(self._theme.icon(icon, "accent" if on else "text_soft"))
        self.setChecked(on)
        self.setAccessibleName(words)
        self.setToolTip(words)


class ShuffleButton(_ModeButton):
    """On or off."""

    def __init__(self, queue: PlayQueue, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("shuffle", queue, theme, parent)

    @Slot()
    def _pressed(self) -> None:
        self._queue.set_shuffled(not self._queue.shuffled)

    @Slot()
    def show_mode(self) -> None:
        """Follow the queue."""
        words = self.tr("Shuffle is on") if self._queue.shuffled else self.tr("Shuffle is off")
        self._show("shuffle", words, on=self._queue.shuffled)


class RepeatButton(_ModeButton):
    """Off, all, one, off."""

    def __init__(self, queue: PlayQueue, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("repeat", queue, theme, parent)

    @Slot()
    def _pressed(self) -> None:
        self._queue.set_repeat(AFTER[self._queue.repeat])
        self.show_mode()

    @Slot()
    def show_mode(self) -> None:
        """Follow the queue."""
        repeat = self._queue.repeat
        words = {
            "off": self.tr("Repeat is off"),
            "all": self.tr("Repeats the whole queue"),
            "one": self.tr("Repeats this track"),
        }
        self._show("repeat-one" if repeat == "one" else "repeat", words[repeat], on=repeat != "off")
