"""The player as the window sees it: a QObject in front of the engine process.

A codec or a sound driver that crashes takes the engine down, never the window; the next thing played starts a new one.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QProcess, Signal

from pemr_desktop.processes import module_command
from pemr_desktop.refusals import Refusal, refusal

from . import messages

log = logging.getLogger(__name__)

ENGINE_MODULE = "pemr_desktop.playback.engine"
GOODBYE_MS = 1500


class Player(QObject):
    """Plays one file after another; state, position and duration follow what is heard.

    `enqueue` makes the next file follow without a gap: `trackEnded` for the one, `trackStarted` for the other, no
    change of state in between. A file that cannot be decoded gives `failed` and the next one plays.
    """

    stateChanged = Signal(str)
    positionChanged = Signal(float)
    durationChanged = Signal(float)
    volumeChanged = Signal(float)
    devicesChanged = Signal(list)
    trackStarted = Signal(object)  # Path of the file that is heard from now on
    followerStarted = Signal(object)  # before trackStarted, when it is one that waited behind another
    trackEnded = Signal()
    failed = Signal(object)
    deviceMissing = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._pending = b""
        self._serial = 0
        self._state = "stopped"
        self._position_s = 0.0
        self._duration_s = 0.0
        self._volume = 1.0
        self._device: str | None = None
        self._devices: list[str] = []
        self._path: Path | None = None
        self._next: list[Path] = []
        self._is_over = False  # the file that played has ended or failed, and nothing has followed yet
        self._is_handed_over = False  # the engine that runs has been told of the file
        self._seeks = 0
        self._closed = False

    # what a caller may ask

    @property
    def state(self) -> str:
        """`stopped`, `playing` or `paused`."""
        return self._state

    @property
    def position_s(self) -> float:
        """The second of the file that is heard now."""
        return self._position_s

    @property
    def duration_s(self) -> float:
        """Length of the file; 0 when unknown."""
        return self._duration_s

    @property
    def volume(self) -> float:
        """0 to 1, as on a slider."""
        return self._volume

    @property
    def path(self) -> Path | None:
        """The file that plays or is held; None when stopped."""
        return self._path

    @property
    def queued(self) -> tuple[Path, ...]:
        """Files that wait behind the one that plays."""
        return tuple(self._next)

    def output_devices(self) -> list[str]:
        """Names of the output devices as last heard from the engine; `warm_up` asks, `devicesChanged` answers."""
        return list(self._devices)

    # what a caller may do

    def warm_up(self) -> None:
        """Starts the engine, so that the first play begins at once and the output devices are known."""
        if not self._closed:
            self._engine()

    def play(self, path: Path, start_s: float = 0.0) -> None:
        """Drops whatever plays or waits and plays this file from `start_s` on."""
        if self._closed:
            return
        self._next.clear()
        self._take(path)
        self._set_position(start_s)
        self._play_from(start_s)

    def hold(self, path: Path, position_s: float = 0.0, duration_s: float = 0.0) -> None:
        """Has this file ready to go on from a second of it, paused; no engine and no device is needed until then.

        `duration_s` is its length as far as known, 0 if it is not.
        """
        if self._closed:
            return
        self.stop()
        self._serial += 1  # what the engine still says is about something else
        self._is_handed_over = False
        self._take(path)
        self._set_duration(duration_s)
        self._set_position(max(0.0, position_s))
        self._set_state("paused")

    def enqueue(self, path: Path) -> None:
        """Plays this file without a gap behind the others; at once when nothing plays."""
        if self._path is None:
            self.play(path)
            return
        self._next.append(path)
        if self._is_handed_over:
            self._tell(messages.Enqueue(os.fsencode(path)))

    def clear_next(self) -> None:
        """Forgets the files that wait; the present one goes on."""
        if self._next:
            self._next.clear()
            if self._is_handed_over:
                self._tell(messages.ClearNext())

    def pause(self) -> None:
        """Holds the position."""
        if self._state == "playing":
            self._tell(messages.Pause())

    def resume(self) -> None:
        """Goes on from where it was held, on a new engine if the old one went away with its device."""
        if self._state != "paused" or self._path is None:
            return
        if self._process is None or not self._is_handed_over:
            self._play_from(self._position_s)
        else:
            self._tell(messages.Resume())

    def toggle(self) -> None:
        """Pauses or goes on."""
        if self._state == "playing":
            self.pause()
        else:
            self.resume()

    def stop(self) -> None:
        """Stops and forgets what waits."""
        self._next.clear()
        self._path = None
        self._tell(messages.Stop())
        self._set_state("stopped")

    def seek(self, position_s: float) -> None:
        """Goes on from this second of the file, playing or held."""
        if self._path is None:
            return
        self._set_position(max(0.0, position_s))
        if self._is_handed_over:
            self._seeks += 1
            self._tell(messages.Seek(self._position_s, self._seeks))

    def set_volume(self, volume: float) -> None:
        """0 to 1, as on a slider."""
        self._volume = min(1.0, max(0.0, volume))
        self._tell(messages.SetVolume(self._volume))
        self.volumeChanged.emit(self._volume)

    def set_device(self, name: str | None) -> None:
        """Plays on this device from now on; None or an empty name is the system's default."""
        self._device = name or None
        self._tell(messages.SetDevice(self._device))

    def close(self) -> None:
        """Ends the engine for good and says nothing more: whoever is still told "play" must not start a new one."""
        self._closed = True
        self.blockSignals(True)
        process, self._process = self._process, None
        if process is not None:
            self._end(process)
        self._path = None
        self._next.clear()
        self._set_state("stopped")

    # the engine

    def _engine(self) -> QProcess:
        if self._process is not None:
            return self._process
        process = QProcess(self)
        process.readyReadStandardOutput.connect(self._read_events)
        process.readyReadStandardError.connect(self._read_log)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._error_occurred)
        program, *arguments = module_command(ENGINE_MODULE)
        self._pending = b""
        self._is_handed_over = False
        self._seeks = 0
        self._process = process
        process.start(program, arguments)
        self._tell(messages.SetVolume(self._volume))
        if self._device is not None:
            self._tell(messages.SetDevice(self._device))
        return process

    def _end(self, process: QProcess) -> None:
        process.blockSignals(True)
        process.closeWriteChannel()
        if not process.waitForFinished(GOODBYE_MS):
            process.kill()
            process.waitForFinished(GOODBYE_MS)
        process.deleteLater()

    def _tell(self, command: messages.Command) -> None:
        """Hands a command to a running engine; without one there is nothing to change yet."""
        if self._process is not None:
            self._process.write(messages.encode(command) + b"\n")

    def _play_from(self, start_s: float) -> None:
        assert self._path is not None
        self._serial += 1
        self._engine()
        self._tell(messages.Play(self._serial, os.fsencode(self._path), start_s))
        for path in self._next:
            self._tell(messages.Enqueue(os.fsencode(path)))
        self._is_handed_over = True

    def _read_events(self) -> None:
        if self._process is None:
            return
        *lines, self._pending = (self._pending + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        for line in lines:
            try:
                event = messages.decode_event(line)
            except msgspec.DecodeError as error:
                log.error("the playback engine said something unexpected: %r (%s)", line[:200], error)
                continue
            if isinstance(event, messages.Ready):
                self._devices = list(event.devices)
                self.devicesChanged.emit(self._devices)
            elif event.serial == self._serial and self._path is not None:
                self._follow(event)

    def _follow(self, event: messages.Event) -> None:
        match event:
            case messages.StateChanged():
                self._follow_state(event.state)
            case messages.TrackStarted():
                self._started(Path(os.fsdecode(event.path)), event.duration_s)
            case messages.Position():
                if event.seek == self._seeks:  # else it was said before the jump
                    self._set_position(event.position_s)
            case messages.TrackEnded():
                self._is_over = True
                self.trackEnded.emit()
            case messages.TrackFailed():
                self._is_over = True
                self.failed.emit(event.why)
            case messages.DeviceMissing():
                self._device_missing(event.why)

    def _follow_state(self, state: str) -> None:
        if state == "stopped":
            missed, self._next = self._next, []  # asked for while the last file was ending
            self._path = None
            if missed:
                self.play(missed[0])
                for path in missed[1:]:
                    self.enqueue(path)
                return
        self._set_state(state)

    def _started(self, path: Path, duration_s: float) -> None:
        followed = self._is_over or path != self._path
        if followed:
            if path in self._next:
                del self._next[: self._next.index(path) + 1]
            self._take(path)
            self._set_position(0.0)
        self._set_duration(duration_s)
        if followed:
            self.followerStarted.emit(path)
        self.trackStarted.emit(path)

    def _device_missing(self, why: Refusal) -> None:
        """While something plays or is held the engine ends with its device; the position is kept for `resume`."""
        if self._state != "stopped":
            process, self._process = self._process, None
            if process is not None:
                self._end(process)
            self._set_state("paused")
        else:
            self._path = None
            self._next.clear()
        self.deviceMissing.emit(why)

    def _read_log(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
            for line in text.splitlines():
                log.debug("engine: %s", line)

    def _error_occurred(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._lost(refusal("player not started"))

    def _finished(self, exit_code: int, _status: QProcess.ExitStatus) -> None:
        self._read_events()
        if self._process is None:
            return
        log.warning("the playback engine ended with code %d", exit_code)
        self._lost(refusal("player ended"))

    def _lost(self, why: Refusal) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        had_something = self._path is not None
        self._path = None
        self._next.clear()
        self._set_state("stopped")
        if had_something:
            self.failed.emit(why)

    # what changed

    def _take(self, path: Path) -> None:
        self._path = path
        self._is_over = False

    def _set_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.stateChanged.emit(state)

    def _set_duration(self, duration_s: float) -> None:
        if duration_s != self._duration_s:
            self._duration_s = duration_s
            self.durationChanged.emit(duration_s)

    def _set_position(self, position_s: float) -> None:
        if position_s != self._position_s:
            self._position_s = position_s
            self.positionChanged.emit(position_s)


def output_devices() -> list[str]:
    """Asks a fresh engine for the output devices; takes some tenths of a second, so not from the window's thread."""
    program, *arguments = module_command(ENGINE_MODULE)
    process = QProcess()
    process.start(program, [*arguments, "--devices"])
    if not process.waitForFinished(10_000):
        process.kill()
        process.waitForFinished(GOODBYE_MS)
        log.warning("the playback engine did not name its output devices")
        return []
    return bytes(process.readAllStandardOutput().data()).decode("utf-8", "replace").splitlines()
