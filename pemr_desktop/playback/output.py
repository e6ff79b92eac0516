"""The audio device, through PortAudio (sounddevice): what there is, opening it, noticing that it went away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Protocol

from pemr_desktop.errors import PemrDesktopError

from .ring import Frames

log = logging.getLogger(__name__)

LATENCY_S = 0.1
STALLED_S = 2.0
FALLBACK_SAMPLE_RATE = 48_000

STREAM_PROPERTIES = {
    "application.name": "PEMR Desktop",
    "application.id": "org.pemr.Desktop",
    "application.icon_name": "org.pemr.Desktop",
    "media.role": "music",
}
"""What a volume mixer shows of the stream."""

Render = Callable[[Frames], None]


class OutputMissing(PemrDesktopError):
    """There is nothing to play on."""


class Output(Protocol):
    """What the engine needs of a device that is open."""

    sample_rate: int
    latency_s: float

    def start(self, render: Render) -> None: ...
    def alive(self) -> bool: ...
    def close(self) -> None: ...


def portaudio() -> ModuleType:
    """The sounddevice module. Raises OutputMissing where the PortAudio library is not installed."""
    try:
        import sounddevice  # loads the system's PortAudio: only here, so that everything else works without it
    except OSError as error:
        raise OutputMissing("no PortAudio") from error
    module: ModuleType = sounddevice
    return module


def stream_properties(environ: Mapping[str, str]) -> dict[str, str]:
    """Environment variables by which PulseAudio and PipeWire learn whose sound this is; the user's own stay.

    ALSA's plug-in names the stream after the program, Python, which for PulseAudio only the override undoes.
    """
    if any(name.startswith("PULSE_PROP") for name in environ):
        return {}
    pulse = " ".join(f'{key}="{value}"' for key, value in STREAM_PROPERTIES.items())
    pipewire = " ".join(f'{key} = "{value}"' for key, value in STREAM_PROPERTIES.items())
    own = {"PULSE_PROP_OVERRIDE": pulse, "PIPEWIRE_PROPS": f"{{ {pipewire} }}", "PIPEWIRE_ALSA": f"{{ {pipewire} }}"}
    return {name: value for name, value in own.items() if name not in environ}


def output_names() -> list[str]:
    """Names of the output devices, each once; empty without PortAudio or without a sound card."""
    try:
        sounddevice = portaudio()
        devices = sounddevice.query_devices()
    except (OutputMissing, OSError) as error:
        log.info("no output devices: %s", error)
        return []
    return list(dict.fromkeys(device["name"] for device in devices if device["max_output_channels"] > 0))


class PortAudioOutput:
    """A stereo float32 stream on the named device, or on the system's default. Raises OutputMissing."""

    def __init__(self, device: str | None) -> None:
        self._sounddevice: Any = portaudio()
        self._look_again()
        if not output_names():
            raise OutputMissing("no audio device")
        self._device = device
        self._stream: Any = None
        self._render: Render | None = None
        self._last_callback_s = 0.0
        try:
            default = self._sounddevice.query_devices(device, "output")
            self.sample_rate = int(default["default_samplerate"]) or FALLBACK_SAMPLE_RATE
            self._stream = self._sounddevice.OutputStream(
                samplerate=self.sample_rate,
                device=device,
                channels=2,
                dtype="float32",
                latency=LATENCY_S,
                callback=self._callback,
            )
        except (self._sounddevice.PortAudioError, ValueError) as error:
            log.warning("cannot open %s: %s", device or "the default device", error)
            if device:
                raise OutputMissing("audio device not opened", device=device) from error
            raise OutputMissing("usual audio device not opened") from error
        self.latency_s = float(self._stream.latency)

    def _look_again(self) -> None:
        """PortAudio lists devices once, when it starts; starting it again finds what was plugged in since."""
        self._sounddevice._terminate()
        self._sounddevice._initialize()

    def start(self, render: Render) -> None:
        """Begins to call `render` with a block to fill. Raises OutputMissing."""
        self._render = render
        self._last_callback_s = time.monotonic()
        try:
            self._stream.start()
        except self._sounddevice.PortAudioError as error:
            log.warning("cannot start the audio device: %s", error)
            raise OutputMissing("audio device not started") from error

    def _callback(self, out: Frames, _frames: int, _time: object, _status: object) -> None:
        self._last_callback_s = time.monotonic()
        if self._render is not None:
            self._render(out)

    def alive(self) -> bool:
        """False once the device stopped asking for audio: unplugged, or its sound server is gone."""
        return bool(self._stream.active) and time.monotonic() - self._last_callback_s < STALLED_S

    def close(self) -> None:
        """Lets go of the device."""
        self._stream.close()
