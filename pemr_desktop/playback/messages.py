"""What the window tells the playback engine and what it hears back: JSON Lines, one struct a line.

Paths travel as bytes (base64 in JSON), so that a name that is no valid text arrives unharmed. Every event carries the
`serial` of the `Play` it belongs to; whoever asked for something else meanwhile can drop it.
"""

from __future__ import annotations

import msgspec

from pemr_desktop.refusals import Refusal


class Play(msgspec.Struct, tag="play", frozen=True):
    """Drop whatever plays and play this file from `start_s`; `paused` only loads it."""

    serial: int
    path: bytes
    start_s: float = 0.0
    paused: bool = False


class Enqueue(msgspec.Struct, tag="enqueue", frozen=True):
    """Play this file without a gap after those already asked for."""

    path: bytes


class ClearNext(msgspec.Struct, tag="clear-next", frozen=True):
    """Forget the files that wait behind the one that plays."""


class Pause(msgspec.Struct, tag="pause", frozen=True):
    """Fade out and hold the position."""


class Resume(msgspec.Struct, tag="resume", frozen=True):
    """Go on from the held position."""


class Stop(msgspec.Struct, tag="stop", frozen=True):
    """Stop, forget the files and let go of the audio device."""


class Seek(msgspec.Struct, tag="seek", frozen=True):
    """Go on from this second of the same file; `number` tells this jump from those before it."""

    position_s: float
    number: int = 0


class SetVolume(msgspec.Struct, tag="volume", frozen=True):
    """0 to 1 as on a slider; the gain is its cube, which the ear finds even."""

    volume: float


class SetDevice(msgspec.Struct, tag="device", frozen=True):
    """Name of the output device; None is the system's default."""

    name: str | None = None


Command = Play | Enqueue | ClearNext | Pause | Resume | Stop | Seek | SetVolume | SetDevice


class Ready(msgspec.Struct, tag="ready", frozen=True):
    """First line of the engine: the output devices there are (none is no error)."""

    devices: tuple[str, ...] = ()


class StateChanged(msgspec.Struct, tag="state", frozen=True):
    """`stopped`, `playing` or `paused`."""

    serial: int
    state: str


class TrackStarted(msgspec.Struct, tag="started", frozen=True):
    """This file is heard from now on; `duration_s` is 0 when unknown."""

    serial: int
    path: bytes
    duration_s: float


class Position(msgspec.Struct, tag="position", frozen=True):
    """The second of the file that is heard now, some twenty times a second; `seek` is the number of the last jump."""

    serial: int
    position_s: float
    seek: int = 0


class TrackEnded(msgspec.Struct, tag="ended", frozen=True):
    """The file was heard to its end."""

    serial: int
    path: bytes


class TrackFailed(msgspec.Struct, tag="failed", frozen=True):
    """The file could not be decoded (any further); the next one plays."""

    serial: int
    path: bytes
    why: Refusal


class DeviceMissing(msgspec.Struct, tag="device-missing", frozen=True):
    """There is no audio device, or it went away."""

    serial: int
    why: Refusal


Event = Ready | StateChanged | TrackStarted | Position | TrackEnded | TrackFailed | DeviceMissing

encode = msgspec.json.Encoder().encode
decode_command = msgspec.json.Decoder(Command).decode
decode_event = msgspec.json.Decoder(Event).decode
