"""Media keys, and the player in the desktop's own panel: MPRIS2 over the session bus.

Media Player Remote Interfacing Specification 2.2. Where there is no session bus nothing is registered, and nothing
fails.
"""

from __future__ import annotations

import ctypes
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import ClassInfo, Property, QObject, QUrl, Signal, Slot
from PySide6.QtDBus import QDBusAbstractAdaptor, QDBusArgument, QDBusConnection, QDBusMessage, QDBusObjectPath
from shiboken6 import Shiboken

from .play_order import Repeat
from .player import Player

log = logging.getLogger(__name__)

SERVICE = "org.mpris.MediaPlayer2.pemr_desktop"
OBJECT = "/org/mpris/MediaPlayer2"
PLAYER_INTERFACE = "org.mpris.MediaPlayer2.Player"
MICROSECONDS = 1_000_000
# PySide6's stubs know neither ClassInfo as a decorator nor C++ types by their names
CLASS_INFO: Any = ClassInfo
PROPERTY: Any = Property
SIGNAL: Any = Signal
STATUS = {"playing": "Playing", "paused": "Paused", "stopped": "Stopped"}
LOOP_STATUS: dict[Repeat, str] = {"off": "None", "one": "Track", "all": "Playlist"}
MIME_TYPES = (
    "audio/mpeg", "audio/mp4", "audio/flac", "audio/ogg", "audio/x-vorbis+ogg", "audio/x-opus+ogg", "audio/x-wav",
    "audio/x-aiff", "audio/x-ms-wma", "audio/x-wavpack", "audio/x-ape",
)  # fmt: skip
"""What `OpenUri` plays; the same as in the menu entry."""
JUMP_S = 1.0
"""The position that moves further than this from one report to the next has jumped."""


@dataclass(frozen=True)
class NowPlaying:
    """What the desktop's panel says about the track; `artwork` is an image file, `url` that of the file that plays."""

    track_id: int
    title: str
    artist: str = ""
    album: str = ""
    artwork: Path | None = None
    album_artist: str = ""
    genres: tuple[str, ...] = ()
    track_number: int | None = None
    disc_number: int | None = None
    url: str = ""


@dataclass(frozen=True)
class PlayModes:
    """How the list plays, and whether something lies before and behind the track."""

    shuffled: bool = False
    repeat: Repeat = "off"
    can_go_next: bool = False
    can_go_previous: bool = False
    can_play: bool = True


class MediaControls(QObject):
    """Puts the player on the session bus. What the player cannot do by itself is asked for through the signals."""

    playRequested = Signal()  # while nothing plays
    stopRequested = Signal()
    openRequested = Signal(QUrl)
    shuffleRequested = Signal(bool)
    repeatRequested = Signal(str)
    nextRequested = Signal()
    previousRequested = Signal()
    raiseRequested = Signal()
    quitRequested = Signal()

    def __init__(self, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.player = player
        self.now: NowPlaying | None = None
        self.modes = PlayModes()
        self._application = _ApplicationInterface(self)
        self._remote = _PlayerInterface(self)
        self._service = ""
        self._position_s = 0.0

    def register(self) -> bool:
        """Takes a name on the session bus; False where there is no bus.

        A second player of ours, on another library, gets a name that ends with its process, as the standard says.
        """
        bus = QDBusConnection.sessionBus()
        if not bus.isConnected():
            log.info("no session bus, so no media keys")
            return False
        if not bus.registerObject(OBJECT, self, QDBusConnection.RegisterOption.ExportAdaptors):
            return False
        names = (SERVICE, f"{SERVICE}.instance{os.getpid()}")
        self._service = next((name for name in names if bus.registerService(name)), "")
        if not self._service:
            bus.unregisterObject(OBJECT)
            return False
        self.player.stateChanged.connect(self._state_changed)
        self.player.durationChanged.connect(self._duration_changed)
        self.player.volumeChanged.connect(self._volume_changed)
        self.player.positionChanged.connect(self._position_changed)
        return True

    def unregister(self) -> None:
        """Gives the name back."""
        if self._service:
            bus = QDBusConnection.sessionBus()
            bus.unregisterService(self._service)
            bus.unregisterObject(OBJECT)
            self._service = ""

    def show(self, now: NowPlaying | None) -> None:
        """Tells the desktop what plays."""
        if now != self.now:
            self.now = now
            self._tell("Metadata", "CanPause", "CanSeek")

    def show_modes(self, modes: PlayModes) -> None:
        """Tells the desktop how the list plays."""
        if modes != self.modes:
            self.modes = modes
            self._tell("Shuffle", "LoopStatus", "CanGoNext", "CanGoPrevious", "CanPlay")

    @Slot(str)
    def _state_changed(self, _state: str) -> None:
        self._tell("PlaybackStatus", "CanPlay", "CanPause", "CanSeek")

    @Slot(float)
    def _duration_changed(self, _duration_s: float) -> None:
        self._tell("Metadata")

    @Slot(float)
    def _volume_changed(self, _volume: float) -> None:
        self._tell("Volume")

    @Slot(float)
    def _position_changed(self, position_s: float) -> None:
        """Only jumps are told: the desktop counts the seconds by itself."""
        if abs(position_s - self._position_s) > JUMP_S:
            self._remote.Seeked.emit(round(position_s * MICROSECONDS))
        self._position_s = position_s

    def _tell(self, *names: str) -> None:
        if not self._service:
            return
        message = QDBusMessage.createSignal(OBJECT, "org.freedesktop.DBus.Properties", "PropertiesChanged")
        changed = {name: self._remote.property(name) for name in names}
        # the list names what may no longer be remembered; an empty one would go out with the wrong type
        message.setArguments([PLAYER_INTERFACE, changed, ["Position"]])
        QDBusConnection.sessionBus().send(message)


@CLASS_INFO({"D-Bus Interface": "org.mpris.MediaPlayer2"})
class _ApplicationInterface(QDBusAbstractAdaptor):
    """The window as a whole."""

    def __init__(self, controls: MediaControls) -> None:
        super().__init__(controls)
        self._controls = controls

    CanQuit = PROPERTY(bool, lambda self: True)
    CanRaise = PROPERTY(bool, lambda self: True)
    HasTrackList = PROPERTY(bool, lambda self: False)
    Identity = PROPERTY(str, lambda self: "PEMR Desktop")
    DesktopEntry = PROPERTY(str, lambda self: "org.pemr.Desktop")
    SupportedUriSchemes = PROPERTY("QStringList", lambda self: ["file"])
    SupportedMimeTypes = PROPERTY("QStringList", lambda self: list(MIME_TYPES))

    @Slot()
    def Raise(self) -> None:
        self._controls.raiseRequested.emit()

    @Slot()
    def Quit(self) -> None:
        self._controls.quitRequested.emit()


@CLASS_INFO({"D-Bus Interface": PLAYER_INTERFACE})
class _PlayerInterface(QDBusAbstractAdaptor):
    """Play, pause, seek, volume, and what plays. Times in microseconds."""

    Seeked = SIGNAL("qlonglong")

    def __init__(self, controls: MediaControls) -> None:
        super().__init__(controls)
        self.setAutoRelaySignals(False)
        self._controls = controls
        self._player = controls.player

    def _metadata(self) -> dict[str, object]:
        now = self._controls.now
        if now is None:
            return {"mpris:trackid": QDBusObjectPath("/org/mpris/MediaPlayer2/TrackList/NoTrack")}
        metadata: dict[str, object] = {
            "mpris:trackid": QDBusObjectPath(self._track_path(now)),
            "xesam:title": now.title,
        }
        if self._player.duration_s:
            metadata["mpris:length"] = _int64(round(self._player.duration_s * MICROSECONDS))
        if now.artwork is not None:
            metadata["mpris:artUrl"] = QUrl.fromLocalFile(str(now.artwork)).toString(
                QUrl.ComponentFormattingOption.FullyEncoded
            )
        known = {
            "xesam:url": now.url,
            "xesam:artist": [now.artist] if now.artist else [],
            "xesam:album": now.album,
            "xesam:albumArtist": [now.album_artist] if now.album_artist else [],
            "xesam:genre": list(now.genres),
            "xesam:trackNumber": now.track_number,
            "xesam:discNumber": now.disc_number,
        }
        return metadata | {name: value for name, value in known.items() if value}

    def _track_path(self, now: NowPlaying) -> str:
        return f"/org/pemr/Desktop/track/{now.track_id}"

    def _loaded(self) -> bool:
        return self._player.path is not None

    def _set_volume(self, volume: float) -> None:
        self._player.set_volume(volume)

    def _set_rate(self, rate: float) -> None:
        """Music plays at its own speed; 0, says the standard, is to be taken for a pause."""
        if rate == 0.0:
            self._player.pause()

    def _set_shuffle(self, shuffled: bool) -> None:
        self._controls.shuffleRequested.emit(shuffled)

    def _set_loop_status(self, status: str) -> None:
        for repeat, name in LOOP_STATUS.items():
            if name == status:
                self._controls.repeatRequested.emit(repeat)

    PlaybackStatus = PROPERTY(str, lambda self: STATUS[self._player.state])
    Metadata = PROPERTY("QVariantMap", _metadata)
    Position = PROPERTY("qlonglong", lambda self: round(self._player.position_s * MICROSECONDS))
    Volume = PROPERTY(float, lambda self: self._player.volume, _set_volume)
    Rate = PROPERTY(float, lambda self: 1.0, _set_rate)
    Shuffle = PROPERTY(bool, lambda self: self._controls.modes.shuffled, _set_shuffle)
    LoopStatus = PROPERTY(str, lambda self: LOOP_STATUS[self._controls.modes.repeat], _set_loop_status)
    MinimumRate = PROPERTY(float, lambda self: 1.0)
    MaximumRate = PROPERTY(float, lambda self: 1.0)
    CanControl = PROPERTY(bool, lambda self: True)
    CanPlay = PROPERTY(bool, lambda self: self._loaded() or self._controls.modes.can_play)
    CanPause = PROPERTY(bool, _loaded)
    CanSeek = PROPERTY(bool, _loaded)
    CanGoNext = PROPERTY(bool, lambda self: self._controls.modes.can_go_next)
    CanGoPrevious = PROPERTY(bool, lambda self: self._controls.modes.can_go_previous)

    @Slot()
    def Play(self) -> None:
        if self._loaded():
            self._player.resume()
        else:
            self._controls.playRequested.emit()

    @Slot()
    def Pause(self) -> None:
        self._player.pause()

    @Slot()
    def PlayPause(self) -> None:
        if self._loaded():
            self._player.toggle()
        else:
            self._controls.playRequested.emit()

    @Slot()
    def Stop(self) -> None:
        self._controls.stopRequested.emit()

    @Slot()
    def Next(self) -> None:
        self._controls.nextRequested.emit()

    @Slot()
    def Previous(self) -> None:
        self._controls.previousRequested.emit()

    @Slot("qlonglong")
    def Seek(self, offset: int) -> None:
        """Before the beginning is the beginning; behind the end is the next track."""
        position_s = self._player.position_s + offset / MICROSECONDS
        if 0 < self._player.duration_s < position_s:
            self._controls.nextRequested.emit()
        else:
            self._player.seek(max(0.0, position_s))

    @Slot(str)
    def OpenUri(self, uri: str) -> None:
        self._controls.openRequested.emit(QUrl(uri))

    @Slot("QDBusObjectPath", "qlonglong")
    def SetPosition(self, track: QDBusObjectPath, position: int) -> None:
        """Ignored when another track plays by now, and where the track has no such moment."""
        now, position_s = self._controls.now, position / MICROSECONDS
        has_moment = position_s >= 0 and (self._player.duration_s <= 0 or position_s <= self._player.duration_s)
        if now is not None and track.path() == self._track_path(now) and has_moment:
            self._player.seek(position_s)


def _int64(number: int) -> QDBusArgument | float:
    """A whole number as 64 bits, which the standard wants for lengths.

    PySide6 sends a Python int in 16 or 32 bits, whichever way it is put into a map; so the C++ operator itself is
    asked. Where it is not found the number goes as a double, which most panels take as well.
    """
    argument = QDBusArgument()
    try:
        append = ctypes.CDLL("libQt6DBus.so.6")._ZN13QDBusArgumentlsEx  # QDBusArgument::operator<<(qlonglong)
    except (OSError, AttributeError):
        log.info("Qt's D-Bus library has another form, so lengths go as doubles")
        return float(number)
    append.restype, append.argtypes = ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_longlong)
    append(Shiboken.getCppPointer(argument)[0], number)
    return argument
