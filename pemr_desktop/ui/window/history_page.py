"""The history: every batch of written tags, what it changed, and the way back."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelection, QLocale, Qt, Slot
from PySide6.QtWidgets import QPushButton, QScrollArea, QSplitter, QWidget

from pemr_desktop.library import queries
from pemr_desktop.library.rows import JournalBatch
from pemr_desktop.protocol.messages import Changed, Undo
from pemr_desktop.ui.widgets.label import HtmlLabel
from pemr_desktop.ui.widgets.table_page import TablePage
from pemr_desktop.ui.widgets.theme import WIDE
from pemr_desktop.ui.window.history_entries import entries_html, entry_of_link

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext


class HistoryPage(TablePage):
    """Batches above, the files of the chosen batch below; a file, a batch or a day is brought back, weeks later too."""

    def __init__(self, context: WindowContext, parent: QWidget | None = None) -> None:
        headings = (
            self.tr("When"),
            self.tr("What"),
            self.tr("Files"),
            self.tr("State"),
        )
        super().__init__(
            "historyPage", self.tr("History of written tags"), headings, (180, 420, 80, 120), context.theme, parent
        )
        self._context = context
        self._of_day: list[JournalBatch] = []
        self.undo = QPushButton(self.tr("Undo this batch"), self)
        self.undo.setObjectName("undoBatch")
        self.undo.setAccessibleName(self.tr("Undo the chosen batch"))
        self.undo.clicked.connect(self.undo_chosen)
        self.undo_day = QPushButton(self.tr("Undo this day"), self)
        self.undo_day.setObjectName("undoDay")
        self.undo_day.setAccessibleName(self.tr("Undo everything written on the day of the chosen batch"))
        self.undo_day.clicked.connect(self.undo_chosen_day)
        self.head.addWidget(self.undo_day)
        self.head.addWidget(self.undo)
        self.empty.say(
            "history",
            self.tr("Nothing has been written yet"),
            self.tr("Every change to your files is kept here, with what was there before, and can be undone."),
        )
        self.entries = HtmlLabel(self)
        self.entries.setObjectName("batchEntries")
        self.entries.setWordWrap(True)
        self.entries.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.entries.linkActivated.connect(self._undo_file)
        self.entries.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.entries.setMargin(WIDE)
        self._put_entries_below()
        self.table.selectionModel().selectionChanged.connect(self._batch_chosen)
        self.lines.modelReset.connect(self._choose_newest)
        context.client.changed.connect(self._library_changed)
        self.refresh()

    def _put_entries_below(self) -> None:
        scroll = QScrollArea(self)
        scroll.setObjectName("batchEntriesScroll")
        scroll.setAccessibleName(self.tr("Files of the chosen batch"))
        scroll.setWidgetResizable(True)
        scroll.setWidget(self.entries)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.setChildrenCollapsible(False)
        self.stack.removeWidget(self.table)  # which also hides it
        self.table.show()
        splitter.addWidget(self.table)
        splitter.addWidget(scroll)
        splitter.setSizes([320, 260])
        self.stack.insertWidget(0, splitter)
        self._filled = splitter

    def set_lines(self, lines: Any) -> None:
        """Batches, or the empty state."""
        self.lines.set_lines(lines)
        self.stack.setCurrentWidget(self._filled if lines else self.empty)
        self.undo.setVisible(bool(lines))
        self.undo_day.setVisible(bool(lines))

    @Slot()
    def refresh(self) -> None:
        """Read the journal again."""
        self._context.reader.ask(queries.history, done=self._take, failed=self._nothing, topic=(id(self), "history"))

    @Slot()
    def undo_chosen(self) -> None:
        """Bring back what the chosen batch changed."""
        batch = self._batch()
        if batch is not None and not batch.undone:
            self._context.client.submit(Undo(batch.id))

    @Slot()
    def undo_chosen_day(self) -> None:
        """Bring back everything that was written on the day of the chosen batch, the newest first."""
        for batch in self._of_day:
            self._context.client.submit(Undo(batch.id))

    def _batch(self) -> JournalBatch | None:
        chosen = self.chosen()
        return chosen[0] if chosen else None

    def _take(self, batches: list[JournalBatch]) -> None:
        self.set_lines([(batch, self._cells(batch)) for batch in batches])
        self._batch_chosen()

    def _cells(self, batch: JournalBatch) -> tuple[str, ...]:
        when = datetime.fromtimestamp(batch.started_at)
        files = str(batch.file_count)
        if batch.failed_count:
            files = self.tr("{} of {}").format(batch.done_count, batch.file_count)
        if batch.undone:
            state = self.tr("Undone")
        else:
            state = self.tr("Undo") if batch.operation == "undo" else self.tr("Written")
        return (QLocale().toString(when, QLocale.FormatType.ShortFormat), batch.summary, files, state)  # type: ignore[call-overload]

    def _nothing(self, _error: Exception) -> None:
        self.set_lines([])

    @Slot()
    def _choose_newest(self) -> None:
        if self.lines.rowCount():
            self.table.selectRow(0)

    @Slot(QItemSelection, QItemSelection)
    def _batch_chosen(self, _now: object = None, _before: object = None) -> None:
        batch = self._batch()
        self.undo.setEnabled(batch is not None and not batch.undone)
        self._take_day([])
        if batch is None:
            self.entries.clear()
            return
        self._context.reader.ask(queries.open_writes_of_day, _day(batch), done=self._take_day, topic=(id(self), "day"))
        self._context.reader.ask(_entries, batch.id, done=self._show_entries, topic=(id(self), "entries"))

    def _take_day(self, writes: list[JournalBatch]) -> None:
        """What can still be taken back of the day of the chosen batch, also of batches too old for the table."""
        self._of_day = writes
        self.undo_day.setEnabled(bool(writes))

    def _show_entries(self, entries: list[Any]) -> None:
        self.entries.setText(entries_html(self._batch(), entries, self.theme.colours))

    @Slot(str)
    def _undo_file(self, link: str) -> None:
        batch, entry = self._batch(), entry_of_link(link)
        if batch is not None and entry is not None:
            self._context.client.submit(Undo(batch.id, (entry,)))

    @Slot(object)
    def _library_changed(self, changed: Changed) -> None:
        if changed.journal or changed.everything:
            self.refresh()


def _entries(conn: sqlite3.Connection, batch_id: int) -> list[Any]:
    return list(queries.batch_entries(conn, batch_id))


def _day(batch: JournalBatch) -> date:
    return date.fromtimestamp(batch.started_at)
