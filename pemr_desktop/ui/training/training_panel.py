"""Teaching: start a training, watch it, pause it, go on with it, and put what it learned to use."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressDialog,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pemr import events
from pemr.training_extra import missing_library
from pemr_desktop.jobs.translation import translate
from pemr_desktop.library import queries
from pemr_desktop.library.rows import LibraryCounts, ModelRow
from pemr_desktop.protocol.messages import ActivateModel
from pemr_desktop.refusals import said
from pemr_desktop.settings import runs_dir
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.ui.background import OffThread
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.training.model_card import ModelCard, read_model_card
from pemr_desktop.ui.training.model_making import ModelMaking, TagHeadFit, teacher_folder
from pemr_desktop.ui.training.models_view import ModelsView
from pemr_desktop.ui.training.tag_tuning_view import TagTuningView
from pemr_desktop.ui.training.training_form import TrainingForm
from pemr_desktop.ui.training.training_list import TrainingList
from pemr_desktop.ui.training.training_process import TrainingProcess
from pemr_desktop.ui.training.training_questions import may_pause_and_close, may_use_model
from pemr_desktop.ui.training.training_record import (
    CheckpointRow,
    TrainingRecord,
    TrainingRequest,
    bytes_used,
    read_records,
)
from pemr_desktop.ui.training.training_run_view import TrainingRunView
from pemr_desktop.ui.widgets.theme import ROOM, SNUG

log = logging.getLogger(__name__)

FORM, RUN, MODELS, TAG_TUNING = range(4)
LIST_WIDTH_PX = 250
DISK_EVERY_MS = 15_000
STOPPING_TAKES_S = 120.0


def models_and_cards(connection: sqlite3.Connection) -> tuple[list[tuple[ModelRow, ModelCard]], LibraryCounts]:
    """The models of the library with what their files say of themselves."""
    models = queries.models(connection)
    return [(model, read_model_card(Path(os.fsdecode(model.path)))) for model in models], queries.counts(connection)


class TrainingPanel(QWidget):
    """Runs on the left, one of them, the form for a new one, or the models on the right."""

    def __init__(self, context: WindowContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainingPanel")
        self.setAccessibleName(self.tr("Training"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._context = context
        self._theme = context.theme
        self._records: dict[Path, TrainingRecord] = {}
        self._live: TrainingRecord | None = None
        self._shown: Path | None = None
        self._off_thread = OffThread(self)
        self.process = TrainingProcess(self)
        self.process.happened.connect(self._happened)
        self.process.ended.connect(self._ended)
        self.making = ModelMaking(self)
        self._disk_timer = QTimer(self)
        self._disk_timer.setInterval(DISK_EVERY_MS)
        self._disk_timer.timeout.connect(self._measure_disk)
        self._build()
        context.client.changed.connect(self._library_changed)
        context.client.jobsChanged.connect(self._show_switching)
        self._theme.changed.connect(self._recolour)
        self.refresh()

    def _build(self) -> None:
        self.new = QPushButton(self.tr("New training"), self)
        self.new.setObjectName("newTraining")
        self.new.setAccessibleName(self.new.text())
        self.new.clicked.connect(self.show_form)
        self.tune = QPushButton(self.tr("Tune tags"), self)
        self.tune.setObjectName("tuneTags")
        self.tune.setAccessibleName(self.tune.text())
        self.tune.clicked.connect(self.show_tag_tuning)
        self.runs = TrainingList(self._theme, self)
        self.runs.chosen.connect(self._show_run)
        left = QWidget(self)
        left.setObjectName("trainingSide")
        left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(left)
        column.setContentsMargins(ROOM, ROOM, ROOM, ROOM)
        column.setSpacing(SNUG)
        column.addWidget(self.tune)
        column.addWidget(self.new)
        column.addWidget(self.runs, 1)
        self.form = TrainingForm(self._context, self)
        self.form.startWanted.connect(self.start)
        self.run_view = TrainingRunView(self._theme, self)
        self.run_view.pauseWanted.connect(self.pause)
        self.run_view.resumeWanted.connect(self.resume)
        self.run_view.useWanted.connect(self.use_checkpoint)
        self.run_view.cancelMakingWanted.connect(self.making.cancel)
        self.making.doing.connect(self.run_view.show_making)
        self.making.made.connect(self._model_made)
        self.making.failed.connect(self._model_failed)
        self.making.cancelled.connect(self._model_cancelled)
        self.models = ModelsView(self._theme, self)
        self.models.activateWanted.connect(self._activate_model)
        self.tag_tuning = TagTuningView(self._context, self)
        self.pages = QStackedWidget(self)
        for page in (self.form, self.run_view, self.models, self.tag_tuning):
            self.pages.addWidget(page)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.addWidget(left)
        splitter.addWidget(self.pages)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([LIST_WIDTH_PX, 4 * LIST_WIDTH_PX])
        splitter.setChildrenCollapsible(False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        self._recolour()

    # which trainings there are

    def refresh(self) -> None:
        """Read the trainings and models anew."""
        self._off_thread.ask("runs", read_records, self._runs_dir(), done=self._records_read)
        self._context.reader.ask(
            models_and_cards, done=self._models_read, failed=self._no_models, topic=(id(self), "models")
        )

    def _runs_dir(self) -> Path:
        return runs_dir(self._context.settings.current, self._context.paths)

    def _records_read(self, records: list[TrainingRecord]) -> None:
        live = self._live
        self._records = {record.folder: record for record in records}
        if live is not None:
            self._records = {live.folder: live, **{k: v for k, v in self._records.items() if k != live.folder}}
        self._list_runs()
        if self._shown is None and records:
            self._show_run(records[0].folder)
        elif self._shown in self._records and self.pages.currentIndex() == RUN:
            self._show_run(self._shown)

    def _list_runs(self) -> None:
        marked = self._shown if self.pages.currentIndex() == RUN else None
        self.runs.show_records(self._records.values(), marked)

    @Slot(object)
    def _show_run(self, folder: Path) -> None:
        record = self._records[folder]
        self._shown = folder
        words = self.process.last_words if record is self._live else ""
        self.run_view.show_record(record, words, can_start=not self.is_training())
        self.pages.setCurrentIndex(RUN)
        self.runs.mark(folder)
        self._measure_disk()

    @Slot()
    def show_form(self) -> None:
        """The form for a new training."""
        self.form.refresh()
        self.pages.setCurrentIndex(FORM)
        self.runs.mark(None)

    @Slot()
    def show_trainings(self) -> None:
        """The training last looked at, or the form while there is none."""
        if self.pages.currentIndex() not in (MODELS, TAG_TUNING):
            return
        if self._shown in self._records and self._shown is not None:
            self._show_run(self._shown)
        else:
            self.show_form()

    @Slot()
    def show_models(self) -> None:
        """The table of models."""
        self.pages.setCurrentIndex(MODELS)
        self.runs.mark(None)

    @Slot()
    def show_tag_tuning(self) -> None:
        """Tags tuned to the library."""
        self.tag_tuning.refresh()
        self.pages.setCurrentIndex(TAG_TUNING)
        self.runs.mark(None)

    # training

    @property
    def live(self) -> TrainingRecord | None:
        """The training that runs."""
        return self._live

    def is_training(self) -> bool:
        """True while a training runs."""
        return self.process.is_running()

    @Slot(object, object)
    def start(self, request: TrainingRequest, folder: Path) -> None:
        """Begin a training in this folder, or go on with the one that is there."""
        if self.is_training():
            self.form.say(self.tr("Another training runs. Pause it first."))
            return
        if missing_library() is not None:
            self.show_form()
            return
        record = self._records.get(folder) or TrainingRecord(folder)
        record.request, record.state, record.failure, record.warnings = request, "new", "", []
        try:
            self.process.start(request, folder)
        except OSError as error:
            sentence = self.tr("The folder {} could not be made. {} Nothing was started.")
            self.form.say(sentence.format(folder, said(system_reason(error), translate)))
            return
        self._live = record
        self._records = {folder: record, **{k: v for k, v in self._records.items() if k != folder}}
        self._shown = folder
        self.pages.setCurrentIndex(RUN)
        self._list_runs()
        self._show_run(folder)
        self._disk_timer.start()

    @Slot()
    def pause(self) -> None:
        """Finish the step, save, stop."""
        if self._live is not None and self.is_training():
            self._live.state = "stopping"
            self.process.stop()
            self._update_live()

    @Slot()
    def resume(self) -> None:
        """Go on with the training on view."""
        record = self.run_view.record
        if record is not None and record.request is not None:
            self.start(record.request, record.folder)

    @Slot(object)
    def _happened(self, event: events.AnyEvent) -> None:
        if self._live is None:
            return
        self._live.take(event)
        if isinstance(event, events.Started):
            self._live.session_began = time.monotonic()
        if self.run_view.record is not self._live:
            return
        if isinstance(event, events.Step | events.Preparing):
            self.run_view.show_step(self._live)
        else:
            self._update_live()

    @Slot(int)
    def _ended(self, exit_code: int) -> None:
        live, self._live = self._live, None
        self._disk_timer.stop()
        if live is None:
            return
        live.ended()
        if exit_code and live.state not in ("failed", "interrupted"):
            live.state = "failed"
        if live.state == "failed" and not live.failure:
            live.failure = self.tr("The training ended unexpectedly (code {}).").format(exit_code)
        self._list_runs()
        if self._shown is not None and self.pages.currentIndex() == RUN:
            words = self.process.last_words if self._shown == live.folder else ""
            self.run_view.show_record(self._records[self._shown], words, can_start=True)
        if live.state == "failed":
            self._context.notices.problem(self.tr("The training “{}” failed.").format(live.name), live.failure)
        self._measure_disk()

    def _update_live(self) -> None:
        if self._live is not None and self.run_view.record is self._live:
            self.run_view.show_record(self._live, self.process.last_words, can_start=False)
            self.runs.update_record(self._live)

    @Slot()
    def _measure_disk(self) -> None:
        if self._shown is not None:
            self._off_thread.ask("disk", bytes_used, self._shown, done=self.run_view.show_disk)

    # leaving

    def may_close(self) -> bool:
        """True when the window can close: nothing is trained, or the user agreed and it has been paused and saved."""
        return not self.is_training() or (may_pause_and_close(self) and self.stop_training())

    def stop_training(self, timeout_s: float = STOPPING_TAKES_S) -> bool:
        """Pause what runs and wait for it to be saved; True when that was in time."""
        if not self.is_training():
            return True
        waiting = QProgressDialog(self.tr("Finishing the step and saving the training…"), "", 0, 0, self)
        waiting.setObjectName("savingTraining")
        waiting.setCancelButton(None)
        waiting.setWindowModality(Qt.WindowModality.WindowModal)
        waiting.show()
        loop = QEventLoop(self)
        self.process.ended.connect(loop.quit)
        QTimer.singleShot(int(timeout_s * 1000), loop, loop.quit)
        self.pause()
        loop.exec()
        waiting.close()
        return not self.is_training()

    # putting it to use

    @Slot(object)
    def use_checkpoint(self, row: CheckpointRow) -> None:
        """Make a model file of a saved state, teach it its tags if wanted, and listen with it from now on."""
        record = self.run_view.record
        if self.making.is_busy() or record is None:
            return
        tag_fit = self._tag_fit(record)
        answer = may_use_model(self, offer_tags=tag_fit is not None)
        if not answer.use:
            return
        out = self._context.paths.models_dir / f"{record.name} step {row.step}.safetensors"
        try:
            self.making.make(row.path, out, tag_fit if answer.learn_tags else None)
        except OSError as error:
            sentence = self.tr("The folder {} could not be made, so the model was not saved.").format(out.parent)
            self._context.notices.problem(sentence, said(system_reason(error), translate))

    def _tag_fit(self, record: TrainingRecord) -> TagHeadFit | None:
        """The first folder the run heard, with the teacher that came with the application; None without either."""
        teacher = teacher_folder()
        if teacher is None or record.request is None or not record.request.folders:
            return None
        music = Path(os.fsdecode(record.request.folders[0]))
        threads = self._context.settings.current.training.threads
        return TagHeadFit(music, record.folder / "audio-cache", teacher, threads) if music.is_dir() else None

    @Slot(object)
    def _model_made(self, out: Path) -> None:
        self._context.client.submit(ActivateModel(os.fsencode(out)))

    @Slot()
    def _show_switching(self) -> None:
        """From the press of the button until the other model listens."""
        jobs = self._context.client.jobs()
        switching = any(isinstance(job.request, ActivateModel) and not job.ended for job in jobs)
        self.models.show_switching(switching)
        if not self.making.is_busy():
            self.run_view.show_making(self.tr("Loading the model…") if switching else "", can_cancel=False)

    @Slot(str, str)
    def _model_failed(self, sentence: str, last_words: str) -> None:
        self.run_view.show_making("")
        self._context.notices.problem(sentence, last_words)

    @Slot()
    def _model_cancelled(self) -> None:
        self.run_view.show_making("")

    @Slot(object)
    def _activate_model(self, model: ModelRow) -> None:
        if may_use_model(self, offer_tags=False).use:
            self._context.client.submit(ActivateModel(model.path))

    def _models_read(self, known: tuple[list[tuple[ModelRow, ModelCard]], LibraryCounts]) -> None:
        self.models.show_models(*known)

    def _no_models(self, error: Exception) -> None:
        log.info("No models to show: %s", error)

    @Slot(object)
    def _library_changed(self, changed: object) -> None:
        if getattr(changed, "models", False) or getattr(changed, "everything", False):
            self._context.reader.ask(
                models_and_cards, done=self._models_read, failed=self._no_models, topic=(id(self), "models")
            )

    @Slot()
    def _recolour(self) -> None:
        self.new.setIcon(self._theme.icon("add", "text"))
        self.tune.setIcon(self._theme.icon("suggestion", "text"))
        self._list_runs()
