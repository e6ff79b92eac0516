"""Review tags: every file that would change with its difference, then writing with progress, then the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.jobs.translation import translate
from pemr_desktop.protocol.messages import (
    ApplyWrites,
    Cancelled,
    Failed,
    Finished,
    PlanEdits,
    PlanRecoding,
    PlanWrites,
    Progress,
    Undo,
)
from pemr_desktop.protocol.results import PlanResult, WriteResult
from pemr_desktop.protocol.sentences import doing
from pemr_desktop.refusals import said
from pemr_desktop.ui.tags.review_delegate import ReviewDelegate, toggle
from pemr_desktop.ui.tags.review_model import ReviewModel
from pemr_desktop.ui.widgets.elided_label import ElidedLabel
from pemr_desktop.ui.widgets.empty_state import EmptyState
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, VAST, WIDE

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

SIZE_PX = (880, 620)
Stage = Literal["planning", "reviewing", "writing", "ended"]


class ReviewDialog(QDialog):
    """Plans, shows, writes. Nothing is written before the button is pressed."""

    def __init__(
        self,
        context: WindowContext,
        request: PlanWrites | PlanEdits | PlanRecoding,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("reviewDialog")
        self.setWindowTitle(self.tr("Review tags"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE_PX)
        self._context = context
        self._stage: Stage = "planning"
        self._batch_id: int | None = None
        self._is_of_accepted = isinstance(request, PlanWrites)
        self._build()
        client = context.client
        client.progress.connect(self._progress)
        client.finished.connect(self._finished)
        client.failed.connect(self._failed)
        client.cancelled.connect(self._cancelled)
        self._job = client.submit(request)
        self._enter("planning")

    @property
    def stage(self) -> Stage:
        """Where the dialog is."""
        return self._stage

    # building

    def _build(self) -> None:
        self.heading = Label(self)
        self.heading.setObjectName("reviewHeading")
        self.heading.setProperty("role", "title")
        self.sentence = Label(self)
        self.sentence.setObjectName("reviewSentence")
        self.sentence.setProperty("role", "soft")
        self.sentence.setWordWrap(True)
        self.model = ReviewModel(self)
        self.model.tickedChanged.connect(self._ticked)
        self.tree = _ReviewTree(self)
        self.tree.setModel(self.model)
        self.tree.setItemDelegate(ReviewDelegate(self._context.theme, self.tree))
        self.outcome = EmptyState(self._context.theme, self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.tree)
        self.stack.addWidget(self.outcome)
        self.left_out = Label(self)
        self.left_out.setObjectName("reviewLeftOut")
        self.left_out.setProperty("role", "small")
        self.left_out.hide()
        self.bar = QProgressBar(self)
        self.bar.setObjectName("reviewProgress")
        self.bar.setTextVisible(False)
        self.doing = ElidedLabel(parent=self)
        self.doing.setObjectName("reviewDoing")
        self.doing.setProperty("role", "small")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, WIDE, 0, WIDE)
        layout.setSpacing(ROOM)
        layout.addLayout(_indented(self.heading))
        layout.addLayout(_indented(self.sentence))
        layout.addLayout(_indented(self.stack), 1)
        layout.addLayout(_indented(self.left_out))
        layout.addLayout(_indented(self.bar))
        layout.addLayout(_indented(self.doing))
        layout.addLayout(self._buttons())

    def _buttons(self) -> QHBoxLayout:
        self.notes = QCheckBox(self.tr("Show the note of every file"), self)
        self.notes.setObjectName("reviewNotes")
        self.notes.setAccessibleName(self.notes.text())
        self.notes.toggled.connect(self._show_notes)
        self.undo = QPushButton(self.tr("Undo"), self)
        self.undo.setObjectName("reviewUndo")
        self.undo.setAccessibleName(self.tr("Undo what was just written"))
        self.undo.clicked.connect(self._undo)
        self.close_button = QPushButton(self)
        self.close_button.setObjectName("reviewClose")
        self.close_button.clicked.connect(self.reject)
        self.apply = QPushButton(self)
        self.apply.setObjectName("reviewApply")
        self.apply.setDefault(True)
        self.apply.setProperty("look", "primary")
        self.apply.clicked.connect(self._write)
        row = QHBoxLayout()
        row.setContentsMargins(VAST, 0, VAST, 0)
        row.setSpacing(SNUG)
        row.addWidget(self.notes)
        row.addStretch(1)
        for button in (self.undo, self.close_button, self.apply):
            row.addWidget(button)
        return row

    # stages

    def _enter(self, stage: Stage) -> None:
        self._stage = stage
        reviewing, writing = stage == "reviewing", stage in ("planning", "writing")
        self.notes.setVisible(reviewing and self.model.has_hidden_notes())
        self.left_out.setVisible(reviewing and not self.model.ticks.changes.is_all)
        self.apply.setVisible(reviewing)
        self.bar.setVisible(writing)
        self.doing.setVisible(writing)
        self.undo.setVisible(stage == "ended" and self._batch_id is not None)
        word = self.tr("Close") if stage == "ended" else self.tr("Cancel")
        self.close_button.setText(word)
        self.close_button.setAccessibleName(word)
        if stage == "planning":
            self._say(self.tr("Comparing tags with files…"), self.tr("Nothing is written yet."))
            self.bar.setRange(0, 0)
        elif stage == "writing":
            self._say(
                self.tr("Writing tags…"),
                self.tr("Each file is copied, changed, checked and only then replaced. Cancelling is safe."),
            )
            self.tree.setEnabled(False)

    def _say(self, heading: str, sentence: str) -> None:
        self.heading.setText(heading)
        self.heading.setAccessibleName(heading)
        self.sentence.setText(sentence)
        self.sentence.setAccessibleName(sentence)

    def _review(self, result: PlanResult) -> None:
        refused = {path: said(why, translate) for path, why in result.refused.items()}
        self.model.set_plans(result.plans, refused, result.without_field)
        self.tree.expandAll()
        if not result.plans and not result.refused and not result.without_field:
            self._end(
                "check",
                self.tr("Nothing to write"),
                self.tr("The files already say everything you accepted.")
                if self._is_of_accepted
                else self.tr("The files already say all of it."),
            )
            return
        self._enter("reviewing")
        count = len(result.plans)
        heading = (
            self.tr("1 file would change") if count == 1 else self.tr("{} files would change").format(f"{count:,}")
        )
        sentence = self.tr("Added words are marked. No sound is touched, and every write can be undone.")
        if result.refused:
            left = len(result.refused)
            sentence += " " + (
                self.tr("1 file is left alone, see the end of the list.")
                if left == 1
                else self.tr("{} files are left alone, see the end of the list.").format(left)
            )
        self._say(heading, sentence)

    @Slot(bool)
    def _show_notes(self, shown: bool) -> None:
        self.model.show_notes(shown)
        self.tree.expandAll()

    @Slot()
    def _ticked(self) -> None:
        self.tree.viewport().update()
        files, changes = self.model.ticks.files, self.model.ticks.changes
        count = files.ticked
        text = self.tr("Write tags to 1 file") if count == 1 else self.tr("Write tags to {} files").format(f"{count:,}")
        self.apply.setText(text)
        self.apply.setAccessibleName(text)
        self.apply.setEnabled(count > 0)
        left = changes.total - changes.ticked
        self.left_out.setVisible(left > 0)
        if self._is_of_accepted:
            one = self.tr("1 change is left out. It stays accepted, and is offered again.")
            many = self.tr("{} changes are left out. They stay accepted, and are offered again.")
        else:
            one, many = self.tr("1 change is left out."), self.tr("{} changes are left out.")
        self.left_out.setText(one if left == 1 else many.format(f"{left:,}"))

    @Slot()
    def _write(self) -> None:
        plans = self.model.ticked_plans()
        if self._stage == "reviewing" and plans:
            self._enter("writing")
            self.bar.setRange(0, len(plans))
            self._job = self._context.client.submit(ApplyWrites(plans))

    @Slot()
    def _undo(self) -> None:
        if self._batch_id is not None:
            batch, self._batch_id = self._batch_id, None
            self._enter("writing")
            self._say(self.tr("Undoing…"), self.tr("Bringing back what was in the files before."))
            self.bar.setRange(0, 0)
            self._job = self._context.client.submit(Undo(batch))

    def _end(self, icon: str, heading: str, sentence: str) -> None:
        self._enter("ended")
        self._say("", "")
        self.outcome.say(icon, heading, sentence)
        self.stack.setCurrentWidget(self.outcome)
        self.close_button.setFocus()

    # events of the worker

    @Slot(object)
    def _progress(self, event: Progress) -> None:
        if event.job_id == self._job and self._stage in ("planning", "writing"):
            self.bar.setRange(0, event.total)
            self.bar.setValue(event.done)
            self.doing.setText(doing(event.step, translate))

    @Slot(object)
    def _finished(self, event: Finished) -> None:
        if event.job_id != self._job:
            return
        result = self._context.client.result(event)
        if isinstance(result, PlanResult):
            self._review(result)
        elif isinstance(result, WriteResult):
            self._written(self._context.client.said(event), result)

    def _written(self, summary: str, result: WriteResult) -> None:
        undone = self.heading.text() == self.tr("Undoing…")
        self._batch_id = None if undone else result.batch_id
        sentence = summary
        if result.refused:
            shown = list(result.refused.items())[:6]
            sentence += "\n\n" + "\n".join(f"{location}: {said(why, translate)}" for location, why in shown)
            if len(result.refused) > len(shown):
                sentence += "\n" + self.tr("… and {} more").format(len(result.refused) - len(shown))
        heading = self.tr("Undone") if undone else self.tr("Written")
        self._end("undo" if undone else "check", heading, sentence)

    @Slot(object)
    def _failed(self, event: Failed) -> None:
        if event.job_id == self._job:
            self._end("warning", self.tr("That did not work"), self._context.client.said(event))

    @Slot(object)
    def _cancelled(self, event: Cancelled) -> None:
        if event.job_id == self._job:
            self._end("info", self.tr("Cancelled"), self._context.client.said(event))

    def reject(self) -> None:
        """Cancel while writing stops between two files and says what was written; otherwise the dialog closes."""
        if self._stage == "writing":
            self._context.client.cancel(self._job)
            return
        if self._stage == "planning":
            self._context.client.cancel(self._job)
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """While files are written the window stays until the present one is finished."""
        if self._stage == "writing":
            self._context.client.cancel(self._job)
            event.ignore()
            return
        super().closeEvent(event)


class _ReviewTree(QTreeView):
    """Space ticks the line with the cursor: a change, a file, a field in all files, or everything."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("reviewTree")
        self.setAccessibleName(self.tr("Files that would change, and what in them"))
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(0)
        self.setUniformRowHeights(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space toggles."""
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            toggle(self.model(), self.currentIndex())
            return
        super().keyPressEvent(event)


def _indented(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(VAST, 0, VAST, 0)
    row.addWidget(widget)
    return row
