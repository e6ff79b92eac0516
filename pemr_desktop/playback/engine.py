"""The playback engine, a process of its own: `python -m pemr_desktop.playback.engine`.

Reads commands from standard input and writes events to standard output (see `messages`). It ends when its input ends,
so it never outlives the window; and when the audio device goes away, because only a fresh process talks to
a fresh sound system reliably: the window's side starts the next one and remembers the position.
"""

from __future__ import annotations

import argparse
import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from pemr_desktop.refusals import refusal

from . import messages
from .mixer import Mixer
from .output import Output, OutputMissing, PortAudioOutput, output_names, stream_properties
from .programme import Programme, Segment

log = logging.getLogger(__name__)

TICK_S = 0.05

Send = Callable[[messages.Event], None]


class Engine:
    """Carries out one command at a time; `tick` tells what was heard since the last one."""

    def __init__(self, send: Send, open_output: Callable[[str | None], Output] = PortAudioOutput) -> None:
        self._send = send
        self._open_output = open_output
        self._device: str | None = None
        self._gain = 1.0
        self._output: Output | None = None
        self._mixer: Mixer | None = None
        self._programme: Programme | None = None
        self._serial = 0
        self._last_seek = 0
        self._reported = 0  # segments of the programme that were announced as started
        self._ended = 0  # segments of the programme that were announced as ended or failed
        self._silent_since_s = 0.0
        self.state = "stopped"
        self.device_lost = False

    def handle(self, command: messages.Command) -> None:
        """Carries out a command; what comes of it is told through events."""
        match command:
            case messages.Play():
                self._serial = command.serial
                self._begin(Path(os.fsdecode(command.path)), command.start_s, (), paused=command.paused)
            case messages.Enqueue():
                self._silent_since_s = 0.0
                if self._programme is not None:
                    self._programme.enqueue(Path(os.fsdecode(command.path)))
            case messages.ClearNext():
                self._clear_next()
            case messages.Pause():
                self._pause(True)
            case messages.Resume():
                self._pause(False)
            case messages.Stop():
                self._stop()
            case messages.Seek():
                self._last_seek = command.number
                self._seek(command.position_s)
            case messages.SetVolume():
                self._gain = min(1.0, max(0.0, command.volume)) ** 3
                if self._mixer is not None:
                    self._mixer.gain = self._gain
            case messages.SetDevice():
                self._set_device(command.name)

    def tick(self) -> None:
        """Tells what was heard meanwhile: files that started, ended or failed, the position, a lost device."""
        programme = self._programme
        if programme is None:
            return
        if self._output is not None and not self._output.alive():
            self._lose_device()
            return
        heard = self._heard()
        self._report_segments(programme, heard)
        if self.state == "playing":
            segment = programme.segment_at(heard)
            if segment is not None:
                self._send_position(segment, heard)
        if programme.finished and self._ended == len(programme.segments):
            self._stop_when_heard_out()

    def _stop_when_heard_out(self) -> None:
        """The last frames were handed to the device; they sound for as long as its latency."""
        now_s = time.monotonic()
        self._silent_since_s = self._silent_since_s or now_s
        if self._output is None or now_s - self._silent_since_s >= self._output.latency_s + TICK_S:
            self._stop()

    def close(self) -> None:
        """Lets go of the device and of the decoding thread."""
        self._drop_programme()
        self._close_output()

    def _close_output(self) -> None:
        if self._output is not None:
            self._output.close()
        if self._mixer is not None and self._mixer.underruns:
            log.warning("decoding was too slow %d times", self._mixer.underruns)
        self._output = None
        self._mixer = None

    def _begin(self, path: Path, start_s: float, then: tuple[Path, ...], *, paused: bool) -> None:
        self._drop_programme()
        try:
            mixer = self._open()
        except OutputMissing as error:
            self._send(messages.DeviceMissing(self._serial, error.refusal))
            self._set_state("stopped")
            return
        programme = Programme(sample_rate=mixer.sample_rate, path=path, start_s=max(0.0, start_s))
        for following in then:
            programme.enqueue(following)
        self._programme = programme
        self._reported = self._ended = 0
        self._silent_since_s = 0.0
        mixer.paused = paused
        mixer.programme = programme
        self._set_state("paused" if paused else "playing")

    def _open(self) -> Mixer:
        if self._output is None or self._mixer is None:
            output = self._open_output(self._device)
            mixer = Mixer(output.sample_rate)
            mixer.gain = self._gain
            output.start(mixer.render)
            self._output, self._mixer = output, mixer
        return self._mixer

    def _drop_programme(self) -> None:
        if self._programme is not None:
            self._programme.close()
        self._programme = None
        if self._mixer is not None:
            self._mixer.programme = None

    def _stop(self) -> None:
        self.close()
        self._set_state("stopped")

    def _pause(self, paused: bool) -> None:
        if self._mixer is None or self._programme is None:
            return
        self._mixer.paused = paused
        self._set_state("paused" if paused else "playing")

    def _seek(self, position_s: float) -> None:
        current = self._current()
        if self._programme is None or current is None:
            return
        then = self._programme.upcoming(self._heard())
        self._restart(current, position_s, tuple(then))

    def _clear_next(self) -> None:
        """What waits may already be decoded: then the file that sounds is taken up again without it."""
        current = self._current()
        if self._programme is None or current is None:
            return
        self._programme.forget_waiting()
        if self._programme.upcoming(self._heard()):
            self._restart(current, self._position_s(current, self._heard()), ())

    def _set_device(self, name: str | None) -> None:
        if name == self._device:
            return
        self._device = name
        current, programme = self._current(), self._programme
        if current is None or programme is None:
            self.close()
            return
        position_s = self._position_s(current, self._heard())
        then = tuple(programme.upcoming(self._heard()))
        self._close_output()
        self._restart(current, position_s, then)

    def _restart(self, segment: Segment, position_s: float, then: tuple[Path, ...]) -> None:
        limit_s = segment.duration_s or float("inf")
        paused = self.state == "paused"
        announced = self._programme is not None and segment in self._programme.segments[: self._reported]
        position_s = min(max(0.0, position_s), limit_s)
        self._begin(segment.path, position_s, then, paused=paused)
        self._reported = int(announced)
        if self.state != "stopped":
            self._send(messages.Position(self._serial, position_s, self._last_seek))

    def _heard(self) -> int:
        """The frame of the programme that leaves the loudspeaker now."""
        if self._programme is None or self._output is None:
            return 0
        ring = self._programme.ring
        if self._programme.finished:
            return ring.read
        return max(0, ring.read - round(self._output.latency_s * self._programme.sample_rate))

    def _current(self) -> Segment | None:
        if self._programme is None:
            return None
        segments = self._programme.segments
        if not segments:  # decoding is about to begin
            return Segment(self._programme.path, self._programme.start_s, first=0)
        return self._programme.segment_at(self._heard()) or segments[-1]

    def _position_s(self, segment: Segment, heard: int) -> float:
        assert self._programme is not None
        return segment.start_s + max(0, heard - segment.first) / self._programme.sample_rate

    def _send_position(self, segment: Segment, heard: int) -> None:
        self._send(messages.Position(self._serial, self._position_s(segment, heard), self._last_seek))

    def _report_segments(self, programme: Programme, heard: int) -> None:
        """Started once something of it is in the ring and all before it was heard; ended in the same order."""
        for index, segment in enumerate(list(programme.segments)):
            path = os.fsencode(segment.path)
            has_sound = (programme.ring.written if segment.end is None else segment.end) > segment.first
            if index >= self._reported and segment.first <= heard and (has_sound or segment.end is not None):
                self._reported = index + 1
                if segment.error is None or has_sound:
                    self._send(messages.TrackStarted(self._serial, path, segment.duration_s))
            if index >= self._ended and segment.end is not None and heard >= segment.end:
                self._ended = index + 1
                if segment.error is not None:
                    self._send(messages.TrackFailed(self._serial, path, segment.error))
                else:
                    self._send(messages.TrackEnded(self._serial, path))

    def _lose_device(self) -> None:
        current, heard = self._current(), self._heard()
        if current is not None:
            self._send_position(current, heard)
        self._send(messages.DeviceMissing(self._serial, refusal("audio device gone")))
        self.device_lost = True

    def _set_state(self, state: str) -> None:
        self.state = state
        self._send(messages.StateChanged(self._serial, state))


def serve(commands: BinaryIO, events: BinaryIO) -> int:
    """Runs until `commands` ends or the audio device goes away."""

    def send(event: messages.Event) -> None:
        try:
            events.write(messages.encode(event) + b"\n")
            events.flush()
        except BrokenPipeError:
            os._exit(0)  # the window is gone; nothing is left to tidy up

    inbox: queue.Queue[bytes] = queue.Queue()

    def listen() -> None:
        for line in commands:
            inbox.put(line)
        inbox.put(b"")

    threading.Thread(target=listen, name="commands", daemon=True).start()
    engine = Engine(send)
    send(messages.Ready(tuple(output_names())))
    while not engine.device_lost:
        try:
            line = inbox.get(timeout=TICK_S)
        except queue.Empty:
            engine.tick()
            continue
        if not line:
            engine.close()
            return 0
        try:
            engine.handle(messages.decode_command(line))
        except msgspec.DecodeError as error:
            log.error("not a command: %r (%s)", line, error)
        engine.tick()
    os._exit(0)  # closing a lost device may hang for ever


def main(arguments: list[str] | None = None) -> int:
    """Standard input to standard output; `--devices` prints the names of the output devices, one a line."""
    parser = argparse.ArgumentParser(prog="python -m pemr_desktop.playback.engine", description=main.__doc__)
    parser.add_argument("--devices", action="store_true", help="print the output devices and stop")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    if options.devices:
        sys.stdout.write("".join(f"{name}\n" for name in output_names()))
        return 0
    os.environ.update(stream_properties(os.environ))  # before PortAudio is loaded, which reads them
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in the terminal is for the window, whose end ends this
    sys.setswitchinterval(0.001)  # the audio callback must not wait long for the decoding thread
    return serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    sys.exit(main())
