"""Keys that a focused control needs for itself win over shortcuts: Space presses a focused button."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QRadioButton,
    QScrollBar,
    QSlider,
    QTabBar,
    QTreeView,
)

_SIDEWAYS = (Qt.Key.Key_Left, Qt.Key.Key_Right)
_CLAIMS: tuple[tuple[type, tuple[Qt.Key, ...]], ...] = (
    (QAbstractButton, (Qt.Key.Key_Space,)),
    (QComboBox, (Qt.Key.Key_Space,)),
    (QRadioButton, _SIDEWAYS),
    (QSlider, _SIDEWAYS),
    (QScrollBar, _SIDEWAYS),
    (QTabBar, _SIDEWAYS),
    (QTreeView, _SIDEWAYS),
)


class KeyClaims(QObject):
    """An event filter of the application."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        application.installEventFilter(self)

    def release(self) -> None:
        """Stop."""
        self._application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accepting a ShortcutOverride gives the key to the control instead of the shortcut."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            for kind, keys in _CLAIMS:
                if plain and isinstance(watched, kind) and event.key() in keys:
                    event.accept()
                    return True
        return False
