"""Media keys, and the player in the desktop's own panel: MPRIS2 over the session bus.

Media Player Remote Interfacing Specification 2.2. Where there is no session bus nothing is registered, and nothing
fails.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import ClassInfo, Property, QObject, QUrl, Signal, Slot
from PySide6.QtDBus import QDBusAbstractAdaptor, QDBusConnection, QDBusMessage, QDBusObjectPath

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


@dataclass(frozen=True)
class NowPlaying:
    """What the desktop's panel says about the track; `artwork` is an image file."""

    track_id: int
    title: str
    artist: str = ""
    album: str = ""
    artwork: Path | None = None


class MediaControls(QObject):
    """Puts the player on the session bus. What the player cannot do by itself is asked for through the signals."""

    playRequested = Signal()  # while nothing plays
    nextRequested = Signal()
    previousRequested = Signal()
    raiseRequested = Signal()
    quitRequested = Signal()

    def __init__(self, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.player = player
        self.now: NowPlaying | None = None
        self.can_go_next = False
        self.can_go_previous = False
        self._application = _ApplicationInterface(self)
        self._remote = _PlayerInterface(self)
        self._registered = False
        self._position_s = 0.0

    def register(self) -> bool:
        """Takes the name on the session bus; False where there is none, or another window already has it."""
        bus = QDBusConnection.sessionBus()
        if not bus.isConnected():
            log.info("no session bus, so no media keys")
            return False
        if not bus.registerObject(OBJECT, self, QDBusConnection.RegisterOption.ExportAdaptors):
            return False
        self._registered = bus.registerService(SERVICE)
        if not self._registered:
            bus.unregisterObject(OBJECT)
            return False
        self.player.stateChanged.connect(self._state_changed)
        self.player.durationChanged.connect(self._duration_changed)
        self.player.volumeChanged.connect(self._volume_changed)
        self.player.positionChanged.connect(self._position_changed)
        return True

    def unregister(self) -> None:
        """Gives the name back."""
        if self._registered:
            bus = QDBusConnection.sessionBus()
            bus.unregisterService(SERVICE)
            bus.unregisterObject(OBJECT)
            self._registered = False

    def show(self, now: NowPlaying | None, *, can_go_next: bool = False, can_go_previous: bool = False) -> None:
        """Tells the desktop what plays and whether something lies before and behind it."""
        self.now, self.can_go_next, self.can_go_previous = now, can_go_next, can_go_previous
        self._tell("Metadata", "CanGoNext", "CanGoPrevious", "CanPlay", "CanPause", "CanSeek")

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
        if abs(position_s - self._position_s) > 1.0:
            self._remote.Seeked.emit(round(position_s * MICROSECONDS))
        self._position_s = position_s

    def _tell(self, *names: str) -> None:
        if not self._registered:
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
    SupportedMimeTypes = PROPERTY("QStringList", lambda self: ["audio/mpeg", "audio/flac", "audio/ogg", "audio/mp4"])

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
            # the standard wants 64 bit; a Python int goes out as 32, which clients refuse, while they take a double
            metadata["mpris:length"] = float(round(self._player.duration_s * MICROSECONDS))
        if now.artist:
            metadata["xesam:artist"] = [now.artist]
        if now.album:
            metadata["xesam:album"] = now.album
        if now.artwork is not None:
            metadata["mpris:artUrl"] = QUrl.fromLocalFile(str(now.artwork)).toString()
        return metadata

    def _track_path(self, now: NowPlaying) -> str:
        return f"/org/pemr/Desktop/track/{now.track_id}"

    def _loaded(self) -> bool:
        return self._player.path is not None

    def _set_volume(self, volume: float) -> None:
        self._player.set_volume(volume)

    PlaybackStatus = PROPERTY(str, lambda self: STATUS[self._player.state])
    Metadata = PROPERTY("QVariantMap", _metadata)
    Position = PROPERTY("qlonglong", lambda self: round(self._player.position_s * MICROSECONDS))
    Volume = PROPERTY(float, lambda self: self._player.volume, _set_volume)
    Rate = PROPERTY(float, lambda self: 1.0)
    MinimumRate = PROPERTY(float, lambda self: 1.0)
    MaximumRate = PROPERTY(float, lambda self: 1.0)
    CanControl = PROPERTY(bool, lambda self: True)
    CanPlay = PROPERTY(bool, lambda self: True)
    CanPause = PROPERTY(bool, _loaded)
    CanSeek = PROPERTY(bool, _loaded)
    CanGoNext = PROPERTY(bool, lambda self: self._controls.can_go_next)
    CanGoPrevious = PROPERTY(bool, lambda self: self._controls.can_go_previous)

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
        self._player.stop()

    @Slot()
    def Next(self) -> None:
        self._controls.nextRequested.emit()

    @Slot()
    def Previous(self) -> None:
        self._controls.previousRequested.emit()

    @Slot("qlonglong")
    def Seek(self, offset: int) -> None:
        self._player.seek(self._player.position_s + offset / MICROSECONDS)

    @Slot("QDBusObjectPath", "qlonglong")
    def SetPosition(self, track: QDBusObjectPath, position: int) -> None:
        """Ignored when another track plays by now."""
        now = self._controls.now
        if now is not None and track.path() == self._track_path(now):
            self._player.seek(position / MICROSECONDS)
