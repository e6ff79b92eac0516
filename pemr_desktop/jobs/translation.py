"""Qt's translator for sentences that know no Qt."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from pemr_desktop.sentences import english


class QtTranslate:
    """Texts in the language of the window; in English where no translation of them is installed."""

    def __call__(self, context: str, text: str) -> str:
        """A text that counts nothing."""
        return QCoreApplication.translate(context, text)

    def tr(self, text: str, comment: str, n: int) -> str:
        """A text that counts things."""
        if QCoreApplication.translate("", text, comment) == text:
            return english.tr(text, comment, n)
        return QCoreApplication.translate("", text, comment, n)


translate = QtTranslate()
