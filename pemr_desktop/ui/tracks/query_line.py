"""The line that filters the library: debounced, completed by field names, its errors said with their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QVBoxLayout, QWidget

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library import queries
from pemr_desktop.library.errors import QueryError
from pemr_desktop.library.search.completion import word_at
from pemr_desktop.reasons import reason_of
from pemr_desktop.refusals import said
from pemr_desktop.ui.widgets.label import HtmlLabel
from pemr_desktop.ui.widgets.theme import Theme

if TYPE_CHECKING:
    from pemr_desktop.ui.library_reader import Reader

DEBOUNCE_MS = 120


class QueryLine(QWidget):
    """Emits `queryChanged` once typing pauses; Enter emits at once, Escape clears."""

    queryChanged = Signal(str)
    left = Signal()
    """Down or Enter: the person wants to go on to the rows."""

    def __init__(self, reader: Reader, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queryLine")
        self._reader = reader
        self._theme = theme
        self._sent = ""
        self.line = _Line(self)
        self.line.setObjectName("query")
        self.line.setAccessibleName(self.tr("Filter"))
        self.line.setAccessibleDescription(self.tr("Words, or field:value such as genre:jazz year:1960..1969"))
        self.line.setPlaceholderText(self.tr("Filter: words, genre:jazz, mood:calm, year:1960..1969, -tag:live"))
        self.line.setClearButtonEnabled(True)
        self.line.setMinimumWidth(220)
        self._icon = self.line.addAction(theme.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._words = QStringListModel(self)
        self._popup = QListView(self)
        self._popup.setObjectName("queryCompletions")
        self._popup.setAccessibleName(self.tr("Completions"))
        self._completer = QCompleter(self._words, self)
        self._completer.setPopup(self._popup)
        self._completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self._completer.setFilterMode(Qt.MatchFlag.MatchStartsWith)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setWidget(self.line)
        self._completer.activated.connect(self._complete)
        self.error = HtmlLabel(self)
        self.error.setObjectName("queryError")
        self.error.setProperty("role", "bad")
        self.error.setWordWrap(True)
        self.error.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.line)
        layout.addWidget(self.error)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(DEBOUNCE_MS)
        self._pause.timeout.connect(self._send)
        self.line.textEdited.connect(self._edited)
        self.line.textChanged.connect(self._changed)
        self.line.returnPressed.connect(self._entered)
        self.line.left.connect(self.left)
        theme.changed.connect(self._recolour)

    @property
    def text(self) -> str:
        """The line as it stands."""
        return self.line.text()

    def set_text(self, text: str) -> None:
        """Put a query in and use it at once."""
        self.line.setText(text)
        self._send()

    def focus(self) -> None:
        """Ready to type, the old text chosen."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def show_error(self, error: Exception) -> None:
        """Say what cannot be understood, and underline where."""
        self.line.setProperty("wrong", True)
        self._repolish()
        self.error.setText(self._explained(error))
        self.error.setAccessibleName(said(reason_of(error), translate))
        self.error.show()

    @Slot()
    def clear_error(self) -> None:
        """The line is understood again."""
        if self.error.isHidden():
            return
        self.line.setProperty("wrong", False)
        self._repolish()
        self.error.hide()

    def _explained(self, error: Exception) -> str:
        sentence = _escaped(said(reason_of(error), translate))
        if not isinstance(error, QueryError):
            return sentence
        text, start = self.line.text(), error.position
        end = max(start + 1, start + error.length)
        before, marked, after = text[:start], text[start:end], text[end:]
        if not marked.strip():
            return sentence
        line = f"{_escaped(before)}<u><b>{_escaped(marked)}</b></u>{_escaped(after)}"
        return f"{sentence}&nbsp;&nbsp;<span style='color:{self._theme.colours.text_soft}'>{line}</span>"

    def _repolish(self) -> None:
        self.line.style().unpolish(self.line)
        self.line.style().polish(self.line)

    @Slot(str)
    def _changed(self, _text: str) -> None:
        self._pause.start()

    @Slot(str)
    def _edited(self, text: str) -> None:
        position = self.line.cursorPosition()
        self._reader.ask(
            queries.completions, text, position, done=self._offer, failed=self._no_offer, topic=(id(self), "words")
        )

    def _offer(self, words: list[str]) -> None:
        start, end = self._word()
        typed = self.line.text()[start:end]
        if not typed or not words or words == [typed] or not self.line.hasFocus():
            self._popup.hide()
            return
        self._words.setStringList(words)
        self._completer.setCompletionPrefix("")
        rect = self.line.cursorRect()
        rect.setWidth(self._popup.sizeHintForColumn(0) + 40)
        self._completer.complete(rect)

    def _no_offer(self, _error: Exception) -> None:
        self._popup.hide()

    @Slot(str)
    def _complete(self, word: str) -> None:
        start, end = self._word()
        text = self.line.text()
        gap = "" if word.endswith((":", "=")) or text[end:].startswith((" ", ")")) else " "
        self.line.setText(text[:start] + word + gap + text[end:])
        self.line.setCursorPosition(start + len(word) + len(gap))

    def _word(self) -> tuple[int, int]:
        """Start and end of the word under the cursor."""
        return word_at(self.line.text(), self.line.cursorPosition())

    @Slot()
    def _entered(self) -> None:
        self._popup.hide()
        self._send()
        self.left.emit()

    @Slot()
    def _send(self) -> None:
        self._pause.stop()
        text = self.line.text().strip()
        if text != self._sent:
            self._sent = text
            self.queryChanged.emit(text)

    @Slot()
    def _recolour(self) -> None:
        self._icon.setIcon(self._theme.icon("search"))


class _Line(QLineEdit):
    """Escape clears, Down leaves for the rows."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """As a person expects of a filter."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() == Qt.Key.Key_Down:
            self.left.emit()
        else:
            super().keyPressEvent(event)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
