"""All keys on one page (F1)."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QKeySequence, QPalette
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from pemr_desktop.ui.actions import ActionRegistry, plain_text
from pemr_desktop.ui.widgets.label import HtmlLabel
from pemr_desktop.ui.widgets.theme import ROOM, VAST, Theme

SIZE_PX = (620, 640)


class ShortcutsOverview(QDialog):
    """Reads the action registry, so that it is never out of date."""

    def __init__(self, registry: ActionRegistry, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("shortcutsOverview")
        self.setWindowTitle(self.tr("Shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE_PX)
        self.text = HtmlLabel(self)
        self.text.setObjectName("shortcutsText")
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.text.setMargin(VAST)
        self.text.setBackgroundRole(QPalette.ColorRole.Base)
        self.text.setText(_table(registry, theme))
        self.text.setAccessibleName(self.tr("All shortcuts"))
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setObjectName("shortcutsScroll")
        scroll.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        scroll.setWidget(self.text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, ROOM, ROOM)
        layout.addWidget(scroll)
        layout.addWidget(buttons)


def _table(registry: ActionRegistry, theme: Theme) -> str:
    colours = theme.colours
    sections: dict[str, list[str]] = {}
    for spec in registry.specs():
        shortcuts = registry.action(spec.id).shortcuts()
        keys = [shortcut.toString(QKeySequence.SequenceFormat.NativeText) for shortcut in shortcuts]
        if not keys:
            continue
        key_cell = "&nbsp;&nbsp;".join(
            f'<span style="background-color:{colours.sunken}">&nbsp;{escape(key)}&nbsp;</span>' for key in keys
        )
        line = f'<tr><td width="300" style="padding:3px 0">{escape(plain_text(spec.text))}</td><td>{key_cell}</td></tr>'
        sections.setdefault(spec.section, []).append(line)
    parts = [
        f'<h3 style="color:{colours.text_soft}">{escape(title)}</h3><table>{"".join(lines)}</table>'
        for title, lines in sections.items()
    ]
    return "".join(parts)
