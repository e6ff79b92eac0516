"""Qt's translator for sentences that know no Qt."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from pemr_desktop.sentences import english


def translate(context: str, text: str, comment: str = "", n: int = -1) -> str:
    """The text in the language of the window; in English where no translation of it is installed."""
    if QCoreApplication.translate(context, text, comment) == text:
        return english(context, text, comment, n)
    return QCoreApplication.translate(context, text, comment, n)
