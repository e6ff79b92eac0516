"""One training: how far it is, how it goes, what it has saved, and what went wrong if it did."""

from __future__ import annotations

import time

from PySide6.QtCore import QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from pemr import events
from pemr_desktop.jobs.translation import translate
from pemr_desktop.ui import wording
from pemr_desktop.ui.training.checkpoint_table import CheckpointTable
from pemr_desktop.ui.training.curve import Curve
from pemr_desktop.ui.training.curve_plot import CurvePlot
from pemr_desktop.ui.training.training_record import RunState, TrainingRecord
from pemr_desktop.ui.training.training_trouble import TrainingTrouble
from pemr_desktop.ui.widgets.elided_label import ElidedLabel
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, VAST, WIDE, Role, Theme

TOTAL = "total"
FULL_BAR = 1000
UNDER_WAY = ("new", "preparing", "training", "stopping")


class Figure(QWidget):
    """A number with its name above it."""

    def __init__(self, name: str, label: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._label = Label(label, self)
        self._label.setProperty("role", "small")
        self.value = Label("–", self)
        self.value.setObjectName(f"{name}Value")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._label)
        column.addWidget(self.value)

    def say(self, text: str) -> None:
        """Show a value."""
        if text != self.value.text():
            self.value.setText(text)
            self.setAccessibleName(f"{self._label.text()}: {text}")


class TrainingRunView(QWidget):
    """Shows a `TrainingRecord`; its buttons ask, the panel acts."""

    pauseWanted = Signal()
    resumeWanted = Signal()
    cancelMakingWanted = Signal()
    useWanted = Signal(object)
    """The CheckpointRow to make the model in use."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainingRun")
        self._theme = theme
        self._record: TrainingRecord | None = None
        self._curve_wanted: tuple[str, str] | None = None
        self._disk: int | None = None
        self._can_start = True
        self._build()
        theme.changed.connect(self._recolour)
        self._recolour()

    # what it is made of

    def _build(self) -> None:
        self.title = ElidedLabel(parent=self)
        self.title.setObjectName("runTitle")
        self.title.setProperty("role", "title")
        self.state = Label(self)
        self.state.setObjectName("runState")
        self.pause = self._button("pauseTraining", self.tr("Pause"))
        self.pause.setToolTip(self.tr("Finish the step, save, and stop; nothing is lost"))
        self.pause.clicked.connect(self.pauseWanted)
        self.resume = self._button("resumeTraining", self.tr("Go on"))
        self.resume.setProperty("look", "primary")
        self.resume.clicked.connect(self.resumeWanted)
        self.open_folder = self._button("openRunFolder", self.tr("Open folder"))
        self.open_folder.clicked.connect(self._open_folder)
        top = QHBoxLayout()
        top.setSpacing(SNUG)
        top.addWidget(self.title, 1)
        for button in (self.open_folder, self.pause, self.resume):
            top.addWidget(button)
        self.progress = QProgressBar(self)
        self.progress.setObjectName("trainingProgress")
        self.progress.setAccessibleName(self.tr("Progress of the training"))
        self.progress.setTextVisible(False)
        self.how_far = Label(self)
        self.how_far.setObjectName("trainingHowFar")
        self.how_far.setProperty("role", "soft")
        self.how_far.setWordWrap(True)
        self._build_figures()
        self._build_plot()
        self.trouble = TrainingTrouble(self._theme, self)
        self._build_checkpoints()
        column = QVBoxLayout(self)
        column.setContentsMargins(VAST, ROOM, VAST, ROOM)
        column.setSpacing(SNUG)
        column.addLayout(top)
        column.addWidget(self.state)
        column.addWidget(self.progress)
        column.addWidget(self.how_far)
        column.addWidget(self.trouble)
        column.addLayout(self._figures)
        column.addLayout(self._plot_row)
        column.addWidget(self.plot, 1)
        column.addWidget(self._checkpoints_title)
        column.addWidget(self.checkpoints)
        column.addWidget(self._making)

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAccessibleName(text)
        return button

    def _build_figures(self) -> None:
        self.speed = Figure("trainingSpeed", self.tr("Speed"), self)
        self.left = Figure("trainingTimeLeft", self.tr("Time"), self)
        self.spent = Figure("trainingTimeSpent", self.tr("Music"), self)
        self.waiting = Figure("trainingWaiting", self.tr("Waiting for sound"), self)
        self.memory = Figure("trainingMemory", self.tr("Memory"), self)
        self.disk = Figure("trainingDisk", self.tr("Disk"), self)
        self._figures = QGridLayout()
        self._figures.setHorizontalSpacing(WIDE)
        self._figures.setVerticalSpacing(SNUG)
        self._figures.setContentsMargins(0, SNUG, 0, SNUG)
        for number, figure in enumerate((self.left, self.speed, self.waiting, self.memory, self.disk, self.spent)):
            self._figures.addWidget(figure, number // 3, number % 3)
            self._figures.setColumnStretch(number % 3, 1)

    def _build_plot(self) -> None:
        self.which = QComboBox(self)
        self.which.setObjectName("trainingCurve")
        self.which.setAccessibleName(self.tr("Curve to show"))
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.which.currentIndexChanged.connect(self._show_curve)
        self.which.activated.connect(self._curve_chosen)
        self.meaning = ElidedLabel(parent=self)
        self.meaning.setObjectName("trainingCurveMeaning")
        self.meaning.setProperty("role", "small")
        self._plot_row = QHBoxLayout()
        self._plot_row.setSpacing(ROOM)
        self._plot_row.addWidget(self.which)
        self._plot_row.addWidget(self.meaning, 1)
        self.plot = CurvePlot(self.tr("step"), self.tr("value"), self)
        self.plot.set_empty_text(self.tr("The curve appears after the first steps."))

    def _build_checkpoints(self) -> None:
        self._checkpoints_title = Label(self.tr("Saved"), self)
        self._checkpoints_title.setProperty("role", "section")
        self.checkpoints = CheckpointTable(self._theme, self)
        self.checkpoints.useWanted.connect(self.useWanted)
        self._making = QWidget(self)
        self._making.setObjectName("makingModel")
        self.making_words = Label(self._making)
        self.making_words.setObjectName("makingModelWords")
        self.making_words.setProperty("role", "soft")
        bar = QProgressBar(self._making)
        bar.setObjectName("makingModelProgress")
        bar.setAccessibleName(self.tr("Making a model"))
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedWidth(self._theme.px(180))
        self.cancel_making = self._button("cancelMakingModel", self.tr("Cancel"))
        self.cancel_making.clicked.connect(self.cancelMakingWanted)
        row = QHBoxLayout(self._making)
        row.setContentsMargins(0, SNUG, 0, 0)
        row.setSpacing(ROOM)
        row.addWidget(self.making_words, 1)
        row.addWidget(bar)
        row.addWidget(self.cancel_making)
        self._making.hide()

    # what it shows

    @property
    def record(self) -> TrainingRecord | None:
        """The run on view."""
        return self._record

    def show_record(self, record: TrainingRecord, last_words: str = "", *, can_start: bool = True) -> None:
        """Show a run as it is now. `can_start` False: another one runs, so this one cannot go on."""
        other = self._record is None or self._record.folder != record.folder
        self._record = record
        self._can_start = can_start
        if other:
            self._disk = None
        self.title.setText(record.name)
        self._show_state(record)
        self._show_figures(record)
        self.trouble.show_record(record, last_words)
        self._offer_curves(record)
        self._show_curve()
        self._show_checkpoints(record)

    def show_step(self, record: TrainingRecord) -> None:
        """A step was done: only what changes with it."""
        self._record = record
        self._show_state(record)
        self._show_figures(record)
        self._offer_curves(record)
        self._show_curve()

    def show_disk(self, used: int) -> None:
        """Bytes that the run takes on the disk."""
        self._disk = used
        self.disk.say(wording.size(used))

    def show_making(self, words: str, *, can_cancel: bool = True) -> None:
        """What is being done to put a saved state to use; nothing when it is over."""
        self.cancel_making.setVisible(can_cancel)
        self.making_words.setText(words)
        self._making.setVisible(bool(words))
        self.checkpoints.setEnabled(not words)

    def _show_state(self, record: TrainingRecord) -> None:
        words, role = self._state_words(record.state)
        self.state.setText(words)
        self.state.setAccessibleName(words)
        if self.state.property("role") != role:
            self.state.setProperty("role", role)
            self.state.style().unpolish(self.state)
            self.state.style().polish(self.state)
        running = record.state in ("preparing", "training")
        self.pause.setVisible(running or record.state == "stopping")
        self.pause.setEnabled(running)
        self.resume.setVisible(record.can_resume)
        self.resume.setEnabled(self._can_start)
        self.resume.setToolTip("" if self._can_start else self.tr("Another training runs; pause it first"))
        self._show_progress(record)

    def _state_words(self, state: RunState) -> tuple[str, str]:
        return {
            "new": (self.tr("Starting…"), "soft"),
            "preparing": (self.tr("Decoding music"), "soft"),
            "training": (self.tr("Training"), "good"),
            "stopping": (self.tr("Finishing the step and saving…"), "soft"),
            "paused": (self.tr("Paused"), "soft"),
            "finished": (self.tr("Finished"), "good"),
            "failed": (self.tr("Failed"), "bad"),
            "interrupted": (self.tr("Interrupted"), "warning"),
        }[state]

    def _show_progress(self, record: TrainingRecord) -> None:
        if record.state == "preparing" and record.preparing is not None:
            done, total = record.preparing.done, record.preparing.total
        elif record.step is not None:
            done, total = record.step.step, record.step.steps
        else:
            done, total = 0, 0 if record.state in UNDER_WAY else 1
        left_s = record.step.seconds_left if record.step is not None and record.state == "training" else 0.0
        if record.session_began is not None and left_s > 0:
            gone_s = time.monotonic() - record.session_began
            done, total = round(FULL_BAR * gone_s / (gone_s + left_s)), FULL_BAR
        self.progress.setMaximum(total)
        self.progress.setValue(done)
        self.how_far.setText(progress_words(record))

    def _show_figures(self, record: TrainingRecord) -> None:
        step = record.step
        live = record.state == "training"
        self.speed.say(self.tr("{} clips/s").format(wording.figure(step.samples_per_second)) if step else "–")
        self.left.say(wording.time_left(step.seconds_left) if step and live else "–")
        self.waiting.say(f"{round(step.data_wait * 100)} %" if step else "–")
        self.memory.say(wording.size(step.memory_bytes) if step and step.memory_bytes and live else "–")
        self.disk.say(wording.size(self._disk) if self._disk else "–")
        self.spent.say(_music_words(self, record.started) if record.started else "–")

    def _offer_curves(self, record: TrainingRecord) -> None:
        wanted = [("loss", name) for name in sorted(record.losses, key=lambda name: (name != TOTAL, name))]
        wanted += [("probe", name) for name in record.probes]
        if [self.which.itemData(number) for number in range(self.which.count())] == wanted:
            return
        self.which.blockSignals(True)
        self.which.clear()
        for kind, name in wanted:
            self.which.addItem(self._curve_words(name)[0], (kind, name))
        if self._curve_wanted in wanted:
            self.which.setCurrentIndex(wanted.index(self._curve_wanted))
        self.which.blockSignals(False)
        self.which.setVisible(bool(wanted))

    def _curve_words(self, name: str) -> tuple[str, str]:
        """What a curve is called, and what it means."""
        return {
            TOTAL: (self.tr("Loss"), self.tr("Lower is better: all that the training makes small, together")),
            "positive": (self.tr("Loss: same track"), self.tr("Lower: two parts of one track are heard as alike")),
            "negative": (self.tr("Loss: idle moments"), self.tr("Lower: moments that say little are told apart")),
            "prediction": (
                self.tr("Loss: gaps"),
                self.tr("Lower: hidden moments are guessed better"),
            ),
            "other_half_mrr": (
                self.tr("Recognition"),
                self.tr("Higher is better: held-out tracks found again from their other half"),
            ),
            "folder_knn": (
                self.tr("Folders found"),
                self.tr("Higher is better: the nearest tracks of a held-out track lie in its folder"),
            ),
            "tag_roc_auc": (
                self.tr("Tags"),
                self.tr("Higher is better: tags can be read off what was learned; 0.5 is chance"),
            ),
        }.get(name, (name, ""))

    @Slot()
    def _curve_chosen(self) -> None:
        self._curve_wanted = self.which.currentData()

    @Slot()
    def _show_curve(self) -> None:
        record, chosen = self._record, self.which.currentData()
        if record is None or chosen is None:
            self.plot.set_curves([])
            self.meaning.clear()
            return
        kind, name = chosen
        self.meaning.setText(self._curve_words(name)[1])
        if kind == "loss":
            curves = [_named(record.losses[name], self.tr("loss"))] if name in record.losses else []
        else:
            curves = [
                _named(record.probes[name], self._curve_words(name)[0].lower()),
                _named(record.chances[name], self.tr("chance")),
            ]
        self.plot.set_curves(curves, [row.step for row in record.checkpoints.values()])

    def _show_checkpoints(self, record: TrainingRecord) -> None:
        rows = record.sorted_checkpoints()
        self._checkpoints_title.setVisible(bool(rows))
        self.checkpoints.show_rows(rows)

    @Slot()
    def _open_folder(self) -> None:
        if self._record is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._record.folder)))

    @Slot()
    def _recolour(self) -> None:
        icons: tuple[tuple[QPushButton, str, Role], ...] = (
            (self.pause, "pause", "text"),
            (self.resume, "play", "on_accent"),
            (self.open_folder, "folder-open", "text_soft"),
        )
        for button, icon, role in icons:
            button.setIcon(self._theme.icon(icon, role))
        self.plot.set_colour(self.tr("chance"), self._theme.color("text_faint"))


def progress_words(record: TrainingRecord) -> str:
    """How far a training is: files decoded, or rounds and steps."""
    if record.state == "preparing" and record.preparing is not None:
        decoded = translate("TrainingRunView", "{} of {} files decoded")
        words = decoded.format(wording.number(record.preparing.done), wording.number(record.preparing.total))
        if record.preparing.skipped:
            unread = translate("TrainingRunView", "{} cannot be read")
            words += " · " + unread.format(wording.number(record.preparing.skipped))
        return words
    if record.step is not None:
        return translate("TrainingRunView", "Round {} · step {} of {}").format(
            wording.number(record.step.epoch + 1), wording.number(record.step.step), wording.number(record.step.steps)
        )
    if record.state in UNDER_WAY:
        return translate("TrainingRunView", "Loading…")
    return translate("TrainingRunView", "Nothing was trained yet")


def _named(curve: Curve, name: str) -> Curve:
    """The same points under a name for people."""
    return Curve(name, curve.smooth, curve.points, curve.stride, curve.joined)


def _music_words(view: QWidget, started: events.Started) -> str:
    return view.tr("{} tracks, {} held out").format(
        wording.number(started.tracks), wording.number(started.held_out_tracks)
    )
