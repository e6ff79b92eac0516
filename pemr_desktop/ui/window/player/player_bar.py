"""The bar at the bottom: what plays, where in the track, and the few things one does while listening."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library import queries
from pemr_desktop.library.rows import TrackDetail, TrackRow
from pemr_desktop.refusals import Refusal, said
from pemr_desktop.ui import wording
from pemr_desktop.ui.artwork.artwork import Artwork
from pemr_desktop.ui.artwork.artwork_tile import CoverTile
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.widgets.elided_label import ElidedLabel
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ICON_SIZE, ROOM, SNUG, WIDE
from pemr_desktop.ui.widgets.waveform import Waveform
from pemr_desktop.ui.window.player.play_mode_buttons import RepeatButton, ShuffleButton

FULL_VOLUME = 100
TITLE_WIDTH_PX, LEAST_TITLE_PX = 220, 80
COVER_PX = 44
KEEP_VOLUME_AFTER_MS = 400


class PlayerBar(QFrame):
    """Shuffle, previous, play, next, repeat; title; waveform to seek in; volume.

    Without a sound device it says so in words.
    """

    playWanted = Signal()
    """The play button was pressed: pause, go on, or begin with something."""

    def __init__(self, context: WindowContext, parent: QWidget | None = None, artwork: Artwork | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("playerBar")
        self.setAccessibleName(self.tr("Player"))
        self._context = context
        self._theme = context.theme
        self._player = context.player
        self._queue = context.queue
        self._volume_before_mute = 0.8
        self._keep_soon = QTimer(self)
        self._keep_soon.setSingleShot(True)
        self._keep_soon.setInterval(KEEP_VOLUME_AFTER_MS)

        self.previous = self._button("previousTrack", self.tr("Previous track"))
        self.play = self._button("playPause", self.tr("Play"))
        self.next = self._button("nextTrack", self.tr("Next track"))
        self.shuffle = ShuffleButton(self._queue, self._theme, self)
        self.repeat = RepeatButton(self._queue, self._theme, self)
        self.cover = CoverTile(artwork, self._theme, COVER_PX, self)
        self.title = ElidedLabel(parent=self)
        self.title.setObjectName("playingTitle")
        self.artist = ElidedLabel(parent=self)
        self.artist.setObjectName("playingArtist")
        self.artist.setProperty("role", "small")
        self.position = self._time_label("playingPosition", self.tr("Time played"))
        self.length = self._time_label("playingLength", self.tr("Length of the track"))
        self.waveform = Waveform(self)
        self.waveform.setObjectName("playingWaveform")
        self.queue = self._button("showQueue", self.tr("Queue"))
        self.queue.setCheckable(True)
        self.mute = self._button("mute", self.tr("Mute"))
        self.volume = QSlider(Qt.Orientation.Horizontal, self)
        self.volume.setObjectName("volume")
        self.volume.setAccessibleName(self.tr("Volume"))
        self.volume.setRange(0, FULL_VOLUME)
        self.volume.setPageStep(10)
        self.device_sentence = Label(self)
        self.device_sentence.setObjectName("deviceSentence")
        self.device_sentence.setWordWrap(True)
        self.device_sentence.setProperty("role", "warning")
        self.choose_device = QPushButton(self.tr("Choose a device…"), self)
        self.choose_device.setObjectName("chooseDevice")
        self.choose_device.setAccessibleName(self.tr("Choose a sound device"))

        self._lay_out()
        self._connect()
        self._recolour()
        self._show_volume(self._player.volume)
        self._show_track(self._queue.current)
        self._show_state(self._player.state)

    def _button(self, name: str, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(text)
        button.setAutoRaise(True)
        return button

    def _time_label(self, name: str, text: str) -> QLabel:
        label = Label(wording.clock(None), self)
        label.setObjectName(name)
        label.setAccessibleName(text)
        label.setProperty("role", "small")
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance("0:00:00"))
        return label

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self.artist)
        words.addStretch(1)
        named = QWidget(self)
        named.setLayout(words)
        named.setMinimumWidth(LEAST_TITLE_PX)
        named.setMaximumWidth(TITLE_WIDTH_PX)
        words.setContentsMargins(0, 0, 0, 0)

        self.position.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        track = QWidget(self)
        along = QHBoxLayout(track)
        along.setContentsMargins(0, 0, 0, 0)
        along.setSpacing(SNUG)
        along.addWidget(self.position)
        along.addWidget(self.waveform, 1)
        along.addWidget(self.length)

        trouble = QWidget(self)
        across = QHBoxLayout(trouble)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(ROOM)
        across.addWidget(self.device_sentence, 1)
        across.addWidget(self.choose_device)

        middle = QWidget(self)
        middle.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._middle = QStackedLayout(middle)
        self._middle.addWidget(track)
        self._middle.addWidget(trouble)

        self.volume.setFixedWidth(96)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(ROOM, SNUG, WIDE, SNUG)
        layout.setSpacing(SNUG)
        for button in (self.shuffle, self.previous, self.play, self.next, self.repeat):
            layout.addWidget(button)
        layout.addSpacing(SNUG)
        layout.addWidget(self.cover)
        layout.addWidget(named, 1)
        layout.addSpacing(SNUG)
        layout.addWidget(middle, 3)
        layout.addSpacing(SNUG)
        layout.addWidget(self.queue)
        layout.addWidget(self.mute)
        layout.addWidget(self.volume)

    def _connect(self) -> None:
        self._theme.changed.connect(self._recolour)
        self.previous.clicked.connect(self._queue.previous)
        self.next.clicked.connect(self._queue.next)
        self.play.clicked.connect(self._play_pressed)
        self.mute.clicked.connect(self._toggle_mute)
        self.volume.valueChanged.connect(self._volume_moved)
        self._keep_soon.timeout.connect(self._keep_volume)
        self.waveform.seekRequested.connect(self._player.seek)
        self.choose_device.clicked.connect(self._open_device_settings)
        self._queue.currentChanged.connect(self._show_track)
        self._queue.listChanged.connect(self._show_neighbours)
        self._queue.modesChanged.connect(self._show_neighbours)
        self._player.stateChanged.connect(self._show_state)
        self._player.trackStarted.connect(self._show_file)
        self._player.positionChanged.connect(self._show_position)
        self._player.durationChanged.connect(self._show_duration)
        self._player.volumeChanged.connect(self._volume_changed)
        self._player.deviceMissing.connect(self.show_device_missing)

    @Slot(bool)
    def set_playable(self, playable: bool) -> None:
        """Whether there is anything that the play button could play."""
        self.play.setEnabled(playable)

    @Slot()
    def _play_pressed(self) -> None:
        self._middle.setCurrentIndex(0)
        self.playWanted.emit()

    @Slot(object)
    def _show_track(self, row: TrackRow | None) -> None:
        """What plays now: from the library, a file from elsewhere, or nothing."""
        path = self._player.path
        self.waveform.clear()
        self.cover.show_track(row)
        self.cover.setVisible(row is not None)
        if row is not None:
            self.title.setText(row.title or row.location)
            self.artist.setText(row.artist or self.tr("Unknown artist"))
            self.waveform.set_sound(b"", row.duration_s or 0.0)
            self.length.setText(wording.clock(row.duration_s))
            self._context.reader.ask(queries.detail, row.id, done=self._show_sound, topic=(id(self), "sound"))
        else:
            self._context.reader.forget((id(self), "sound"))
            self.title.setText(path.name if path is not None else self.tr("Nothing plays"))
            self.artist.setText(self.tr("Not in your library") if path is not None else "")
            self.length.setText(wording.clock(None))
        self.artist.setVisible(bool(self.artist.text()))
        something = row is not None or path is not None
        for part in (self.position, self.waveform, self.length):
            part.setVisible(something)
        self.position.setText(wording.clock(self._player.position_s if path is not None else None))
        self._show_neighbours()

    def _show_sound(self, detail: TrackDetail) -> None:
        duration_s = self._player.duration_s or detail.row.duration_s or 0.0
        self.waveform.set_sound(detail.peaks, duration_s, detail.importance, detail.importance_step_s)
        self.waveform.set_position(self._player.position_s)

    @Slot(object)
    def _show_file(self, _path: object) -> None:
        if self._queue.current is None:
            self._show_track(None)

    @Slot(str)
    def _show_state(self, state: str) -> None:
        playing = state == "playing"
        self.play.setIcon(self._theme.icon("pause" if playing else "play", "text"))
        words = self.tr("Pause") if playing else self.tr("Play")
        self.play.setAccessibleName(words)
        self.play.setToolTip(words)
        if playing:
            self._middle.setCurrentIndex(0)
        if state == "stopped":
            self.waveform.set_position(0.0)
        self._show_neighbours()

    @Slot()
    def _show_neighbours(self) -> None:
        self.next.setEnabled(self._queue.has_next())
        self.previous.setEnabled(self._player.path is not None)

    @Slot(float)
    def _show_position(self, position_s: float) -> None:
        self.waveform.set_position(position_s)
        words = wording.clock(position_s)
        if words != self.position.text():
            self.position.setText(words)

    @Slot(float)
    def _show_duration(self, duration_s: float) -> None:
        if duration_s > 0:
            self.waveform.set_duration(duration_s)
            self.length.setText(wording.clock(duration_s))

    @Slot(object)
    def show_device_missing(self, why: Refusal) -> None:
        """Say in place of the waveform that nothing can be heard, and offer the settings."""
        sentence = said(why, translate)
        self.device_sentence.setText(sentence)
        self.device_sentence.setAccessibleName(sentence)
        self._middle.setCurrentIndex(1)

    @Slot()
    def _open_device_settings(self) -> None:
        self._context.navigation.settingsWanted.emit("playback")

    @Slot(int)
    def _volume_moved(self, value: int) -> None:
        self._player.set_volume(value / FULL_VOLUME)

    @Slot()
    def _keep_volume(self) -> None:
        self._context.settings.set("playback.volume", round(self._player.volume, 2))

    @Slot()
    def _toggle_mute(self) -> None:
        if self.volume.value() > 0:
            self._volume_before_mute = self.volume.value() / FULL_VOLUME
            self.volume.setValue(0)
        else:
            self.volume.setValue(round(self._volume_before_mute * FULL_VOLUME))

    @Slot(float)
    def _volume_changed(self, volume: float) -> None:
        self._show_volume(volume)
        self._keep_soon.start()

    def _show_volume(self, volume: float) -> None:
        value = round(volume * FULL_VOLUME)
        if value != self.volume.value():
            self.volume.blockSignals(True)
            self.volume.setValue(value)
            self.volume.blockSignals(False)
        silent = value == 0
        self.mute.setIcon(self._theme.icon("volume-off" if silent else "volume", "text_soft"))
        words = self.tr("Unmute") if silent else self.tr("Mute")
        self.mute.setAccessibleName(words)
        self.mute.setToolTip(words)
        self.volume.setToolTip(self.tr("Volume {} %").format(value))

    @Slot()
    def _recolour(self) -> None:
        self.previous.setIcon(self._theme.icon("previous", "text"))
        self.next.setIcon(self._theme.icon("next", "text"))
        self.queue.setIcon(self._theme.icon("queue", "text_soft"))
        self._show_state(self._player.state)
        self._show_volume(self._player.volume)
        side = self._theme.px(ICON_SIZE)
        for button in (self.previous, self.play, self.next, self.queue, self.mute):
            button.setIconSize(QSize(side, side))
