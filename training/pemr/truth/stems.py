"""Play notes with soundfonts through FluidSynth's library, each channel apart: it is known who sounds, how loud.

One pass of the synthesiser gives a stem a channel; rooms and levels are added to the stems afterwards. The library is
the one that the program `fluidsynth` brings.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import mmap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from pemr.errors import CorpusError

Floats = npt.NDArray[np.float32]

SAMPLE_RATE = 32_000
BLOCK = 64
"""Samples that FluidSynth computes at once: events fall on multiples of them, so that a rendering repeats exactly."""
CHANNELS = 16
DRUM_CHANNEL_TYPE = 1
DRUM_BANKS = (128, 120)
"""Banks in which soundfonts keep drum kits."""
GAIN = 0.5
VOLUME_CONTROLLER, EXPRESSION_CONTROLLER = 7, 11
FULL = 127


LOG_FUNCTION = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
LOG_LEVELS = range(5)
_SILENT = LOG_FUNCTION(lambda level, message, data: None)
"""The library keeps a pointer to it."""


@dataclass(frozen=True)
class Struck:
    """A note on a channel, 0 to 15. Times in seconds."""

    onset_s: float
    duration_s: float
    channel: int
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Seat:
    """Who sits on a channel: a General MIDI program, or a kit of `font`, a soundfont's number in the order given."""

    program: int
    is_drums: bool = False
    font: int = 0


class Synthesiser:
    """FluidSynth with soundfonts loaded, for one piece: what it played before would be heard in the next. A context."""

    def __init__(self, soundfonts: Iterable[Path], channels: int = CHANNELS) -> None:
        self.channels = channels
        self._library = _library()
        self._settings = self._library.new_fluid_settings()
        numbers = {"synth.sample-rate": float(SAMPLE_RATE), "synth.gain": GAIN}
        switches = {
            "synth.audio-channels": channels, "synth.audio-groups": channels, "synth.reverb.active": 0,
            "synth.chorus.active": 0, "synth.dynamic-sample-loading": 1, "synth.cpu-cores": 1, "synth.polyphony": 256,
        }  # fmt: skip
        for name, number in numbers.items():
            self._library.fluid_settings_setnum(self._settings, name.encode(), ctypes.c_double(number))
        for name, switch in switches.items():
            self._library.fluid_settings_setint(self._settings, name.encode(), switch)
        self._synth = self._library.new_fluid_synth(self._settings)
        self._fonts: list[int] = []
        self._presets: list[frozenset[tuple[int, int]]] = []
        for path in soundfonts:
            self._presets.append(presets_of(path))
            number_of_font = self._library.fluid_synth_sfload(self._synth, str(path).encode(), 1)
            if number_of_font < 0:
                self.close()
                raise CorpusError(f"FluidSynth cannot read the soundfont {path}.")
            self._fonts.append(number_of_font)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory of the soundfonts back."""
        if self._synth is not None:
            self._library.delete_fluid_synth(self._synth)
            self._library.delete_fluid_settings(self._settings)
            self._synth = None

    def play(self, notes: Iterable[Struck], seats: Mapping[int, Seat], duration_s: float) -> Floats:
        """Stems (channels, n) at `SAMPLE_RATE`, dry, in mono. Raises `CorpusError` for a program that no font has."""
        self._library.fluid_synth_system_reset(self._synth)
        for channel, seat in seats.items():
            self._seat(channel, seat)
        blocks = int(np.ceil(duration_s * SAMPLE_RATE / BLOCK))
        sides = np.zeros((2 * self.channels, blocks * BLOCK), np.float32)
        done = 0
        for block, is_start, note in _events(notes):
            if block >= blocks:
                break
            if block > done:
                self._render(sides, done, block)
                done = block
            if is_start:
                self._library.fluid_synth_noteon(self._synth, note.channel, note.pitch, note.velocity)
            else:
                self._library.fluid_synth_noteoff(self._synth, note.channel, note.pitch)
        self._render(sides, done, blocks)
        sides[0::2] += sides[1::2]
        return sides[0::2] * np.float32(0.5)

    def _seat(self, channel: int, seat: Seat) -> None:
        font = self._fonts[seat.font]
        self._library.fluid_synth_set_channel_type(self._synth, channel, DRUM_CHANNEL_TYPE if seat.is_drums else 0)
        presets = self._presets[seat.font]
        has_kits = any(bank in DRUM_BANKS for bank, _ in presets)  # a font of one kit alone has it anywhere
        banks = DRUM_BANKS if seat.is_drums and has_kits else (0,)
        bank = next((bank for bank in banks if (bank, seat.program) in presets), None)
        # the library itself would take a preset that is not there, and be silent
        if bank is None:
            raise CorpusError(f"The soundfont has no {'drum kit' if seat.is_drums else 'program'} {seat.program}.")
        self._library.fluid_synth_program_select(self._synth, channel, font, bank, seat.program)
        self._library.fluid_synth_cc(self._synth, channel, VOLUME_CONTROLLER, FULL)
        self._library.fluid_synth_cc(self._synth, channel, EXPRESSION_CONTROLLER, FULL)

    def _render(self, sides: Floats, first: int, last: int) -> None:
        """Blocks `first` up to `last` of each stem, added to what is there."""
        count = (last - first) * BLOCK
        if count <= 0:
            return
        base, row = sides.ctypes.data + first * BLOCK * 4, sides.strides[0]
        buffers = (ctypes.c_void_p * len(sides))(*(base + row * side for side in range(len(sides))))
        self._library.fluid_synth_process(self._synth, count, 0, None, len(sides), buffers)


def play_stems(
    soundfonts: Iterable[Path], notes: Iterable[Struck], seats: Mapping[int, Seat], duration_s: float
) -> Floats:
    """Stems, one for each channel up to the last seat, of a piece: the same to the bit each time. See `play`."""
    with Synthesiser(soundfonts, max(seats) + 1) as synthesiser:
        return synthesiser.play(notes, seats, duration_s)


@cache
def presets_of(soundfont: Path) -> frozenset[tuple[int, int]]:
    """(bank, program) of every preset of a soundfont (SF2 or SF3), without loading its samples."""
    with soundfont.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = content.rfind(b"phdr")
        if content[:4] != b"RIFF" or start < 0:
            raise CorpusError(f"{soundfont} is not a soundfont.")
        size = int.from_bytes(content[start + 4 : start + 8], "little")
        rows = [content[start + 8 + at : start + 8 + at + 38] for at in range(0, size - 38, 38)]
    return frozenset((int.from_bytes(row[22:24], "little"), int.from_bytes(row[20:22], "little")) for row in rows)


def _events(notes: Iterable[Struck]) -> list[tuple[int, bool, Struck]]:
    """(block, whether it starts, note), ends before starts of the same moment."""
    events: list[tuple[int, bool, Struck]] = []
    for note in notes:
        start = round(note.onset_s * SAMPLE_RATE / BLOCK)
        end = max(start + 1, round((note.onset_s + note.duration_s) * SAMPLE_RATE / BLOCK))
        events += [(start, True, note), (end, False, note)]
    return sorted(events, key=lambda event: (event[0], event[1], event[2].channel, event[2].pitch))


@cache
def _library() -> ctypes.CDLL:
    name = ctypes.util.find_library("fluidsynth")
    if name is None:
        raise CorpusError("FluidSynth is not installed; it plays the music. Install the package “fluidsynth”.")
    library = ctypes.CDLL(name)
    pointer, number = ctypes.c_void_p, ctypes.c_int
    library.new_fluid_settings.restype = pointer
    library.new_fluid_synth.restype, library.new_fluid_synth.argtypes = pointer, [pointer]
    library.fluid_settings_setnum.argtypes = [pointer, ctypes.c_char_p, ctypes.c_double]
    library.fluid_settings_setint.argtypes = [pointer, ctypes.c_char_p, number]
    library.fluid_synth_sfload.argtypes = [pointer, ctypes.c_char_p, number]
    library.fluid_synth_system_reset.argtypes = [pointer]
    library.fluid_synth_set_channel_type.argtypes = [pointer, number, number]
    library.fluid_synth_program_select.argtypes = [pointer, number, number, number, number]
    library.fluid_synth_cc.argtypes = [pointer, number, number, number]
    library.fluid_synth_noteon.argtypes = [pointer, number, number, number]
    library.fluid_synth_noteoff.argtypes = [pointer, number, number]
    library.fluid_synth_process.argtypes = [pointer, number, number, pointer, number, pointer]
    library.delete_fluid_synth.argtypes = [pointer]
    library.delete_fluid_settings.argtypes = [pointer]
    library.fluid_set_log_function.argtypes = [number, LOG_FUNCTION, pointer]
    for level in LOG_LEVELS:
        library.fluid_set_log_function(level, _SILENT, None)
    return library
