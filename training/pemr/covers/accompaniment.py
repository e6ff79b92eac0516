"""A band played by MMA, Musical MIDI Accompaniment (a build tool, GPL), from its own few hundred styles."""

from __future__ import annotations

import os
import random
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pemr.covers.arrange import DRUM_CHANNEL, LEAD_CHANNEL, QUALITIES, SECOND_CHANNEL, Chord, MidiNote
from pemr.covers.tune_list import Split, reserved_sounds
from pemr.errors import CorpusError

NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
CHORD_NAMES = {intervals: name for name, intervals in QUALITIES.items()} | {(0, 3, 7, 10): "m7", (0, 3, 6, 10): "m7b5"}
PART_OF_A_STYLE = re.compile(r"(Intro|End|Fill|Break|Cycle|Coda)\d*$", re.IGNORECASE)
FREE_CHANNELS = [channel for channel in range(16) if channel not in (LEAD_CHANNEL, SECOND_CHANNEL, DRUM_CHANNEL)]
DRAWS = 4
LONGEST_RUN_S = 60
MMA_DRUM_CHANNEL = 9


@dataclass
class MmaBand:
    """An `Accompanist`. `home`: the folder that holds MMA's `MMA`, `lib`, `mma.py`. `groove`: the style last played."""

    home: Path
    grooves: tuple[str, ...]
    groove: str = ""

    def __call__(self, chords: list[Chord], bar: float, rng: random.Random) -> list[MidiNote] | None:
        """Play one chord a bar in a style whose bar is as long; None if none of a few drawn has that length."""
        self.groove = ""
        for _ in range(DRAWS if self.grooves else 0):
            groove, seed = rng.choice(self.grooves), rng.randrange(10**6)
            notes = self._play(groove, seed, chords, bar)
            if notes:
                self.groove = groove
                return notes
        return None

    def _play(self, groove: str, seed: int, chords: list[Chord], bar: float) -> list[MidiNote]:
        names = [NOTE_NAMES[root] + CHORD_NAMES.get(intervals, "") for root, intervals in chords]
        lines = [f"RndSeed {seed}", "Tempo 120", f"Groove {groove}"]
        lines += [f"{number} {name}" for number, name in enumerate(names, start=1)]
        with tempfile.TemporaryDirectory(prefix="pemr-mma-") as scratch:
            score, out = Path(scratch) / "chords.mma", Path(scratch) / "band.mid"
            score.write_text("\n".join(lines) + "\n", encoding="utf-8")
            command = [sys.executable, str(self.home / "mma.py"), "-f", str(out), str(score)]
            try:
                subprocess.run(
                    command,
                    capture_output=True,
                    check=False,
                    timeout=LONGEST_RUN_S,
                    env={**os.environ, "MMA_HOME": str(self.home), "PYTHONHASHSEED": "0"},
                    cwd=scratch,
                )
            except subprocess.TimeoutExpired:
                return []
            if not out.exists():
                return []
            notes = read_midi(out.read_bytes())
        end = max((note.onset for note in notes), default=0.0)
        # the last bar begins where the styles' bar and the tune's agree
        if not len(chords) * bar - 1.25 * bar <= end <= len(chords) * bar + 0.25:
            return []
        return notes


def mma_grooves(home: Path, split: Split) -> tuple[str, ...]:
    """Names of MMA's styles that may be used; every tenth style file is for development."""
    reserved = set(reserved_sounds().grooves)
    files = sorted(
        path for path in (home / "lib").rglob("*.mma") if path.relative_to(home / "lib").as_posix() not in reserved
    )
    random.Random(0).shuffle(files)
    chosen = files[: len(files) // 10] if split == "development" else files[len(files) // 10 :]
    names: list[str] = []
    for path in sorted(chosen):
        inside = path.relative_to(home / "lib").with_suffix("").as_posix()
        text = path.read_text(encoding="latin-1")
        for match in re.finditer(r"^\s*DefGroove\s+([\w-]+)", text, re.MULTILINE | re.IGNORECASE):
            if not PART_OF_A_STYLE.search(match[1]):
                names.append(f"{inside}:{match[1]}")
    return tuple(names)


def read_midi(data: bytes) -> list[MidiNote]:
    """Notes of a standard MIDI file; channels are those of `arrange`, the drums apart. Raises `CorpusError`."""
    if data[:4] != b"MThd" or len(data) < 14:
        raise CorpusError("MMA wrote a file that is not MIDI.")
    _, _, ticks = struct.unpack(">HHH", data[8:14])
    notes: list[MidiNote] = []
    channels: dict[int, int] = {}
    place = 14
    while place + 8 <= len(data):
        (length,) = struct.unpack(">I", data[place + 4 : place + 8])
        if data[place : place + 4] == b"MTrk":
            notes += _track_notes(data[place + 8 : place + 8 + length], ticks, channels)
        place += 8 + length
    return sorted(notes, key=lambda note: (note.onset, note.channel, note.pitch))


def _track_notes(track: bytes, ticks: int, channels: dict[int, int]) -> Iterator[MidiNote]:
    program = [0] * 16
    sounding: dict[tuple[int, int], tuple[int, int]] = {}
    place = now = status = 0
    while place < len(track):
        delta, place = _variable_length(track, place)
        now += delta
        if track[place] & 0x80:
            status = track[place]
            place += 1
        kind, channel = status & 0xF0, status & 0x0F
        if status in (0xFF, 0xF0, 0xF7):
            place += status == 0xFF
            length, place = _variable_length(track, place)
            place += length
            continue
        first = track[place]
        second = track[place + 1] if kind not in (0xC0, 0xD0) and place + 1 < len(track) else 0
        place += 1 if kind in (0xC0, 0xD0) else 2
        if kind == 0xC0:
            program[channel] = first
        elif kind in (0x80, 0x90) and (channel, first) in sounding:
            start, velocity = sounding.pop((channel, first))
            yield MidiNote(
                start / ticks,
                max(now - start, 1) / ticks,
                first,
                velocity,
                _channel(channel, channels),
                program[channel],
            )
        if kind == 0x90 and second:
            sounding[(channel, first)] = (now, second)


def _channel(channel: int, channels: dict[int, int]) -> int:
    """One of ours for one of MMA's; the drums stay, the lead's are kept free."""
    if channel == MMA_DRUM_CHANNEL:
        return DRUM_CHANNEL
    if channel not in channels:
        channels[channel] = FREE_CHANNELS[len(channels) % len(FREE_CHANNELS)]
    return channels[channel]


def _variable_length(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    while True:
        value = value << 7 | data[place] & 0x7F
        place += 1
        if not data[place - 1] & 0x80:
            return value, place
