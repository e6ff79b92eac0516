"""Labels that show text as it is, and the one for text that we marked up ourselves.

A QLabel guesses: what looks like markup is drawn as such, and a picture that it names is opened, in the window. Titles,
file names and models come from untrusted files. So every label is made here; tooltips are made plain by `window.qss`.
"""

from __future__ import annotations

import textwrap

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QLayout, QWidget

TIP_COLUMNS = 90
LONGEST_TIP = 1_500


class Label(QLabel):
    """Plain text, whatever it looks like. `Label(parent)` or `Label(text, parent)`."""

    def __init__(self, text: str | QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent if isinstance(text, str) or text is None else text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        if isinstance(text, str):
            self.setText(text)


class HtmlLabel(QLabel):
    """HTML that this program made: whoever sets it has passed every piece that is not its own through `escape`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.RichText)


def add_named(form: QFormLayout, name: str, field: QWidget | QLayout) -> None:
    """A row of a form. The form would make a label of its own, which guesses."""
    label = Label(name)
    if isinstance(field, QWidget):
        label.setBuddy(field)
        form.addRow(label, field)
    else:
        form.addRow(label, field)


def tip(text: str) -> str:
    """A text of any length as a tooltip that fits the screen: cut, and broken into lines."""
    shown = text if len(text) <= LONGEST_TIP else text[: LONGEST_TIP - 1] + "…"
    return "\n".join(textwrap.fill(line, TIP_COLUMNS, replace_whitespace=False) for line in shown.splitlines())
