"""Render versions of public-domain tunes with a soundfont: a development set for version search, answers known.

Deterministic from a seed, resumable: a version already on disk is not rendered again.
"""

from __future__ import annotations

import csv
import logging
import random
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pemr.covers.abc_tunes import Tune, read_tune, tunes_in
from pemr.covers.arrange import DRUM_CHANNEL, LEAD_CHANNEL, SECOND_CHANNEL, Arrangement, arrange
from pemr.errors import CorpusError

log = logging.getLogger(__name__)

TICKS_PER_QUARTER = 480


@dataclass(frozen=True)
class Version:
    """One rendered file. `printing` tells apart the printed settings of a work."""

    work: int
    printing: int
    file: str
    title: str
    key_shift: int
    tempo_bpm: float


def printed_settings(works_tsv: Path, split: str = "train") -> dict[int, list[str]]:
    """Work number -> its printings (`book.abc#n`) in that split of the list of works."""
    works: dict[int, list[str]] = {}
    with works_tsv.open(encoding="utf-8") as lines:
        rows = csv.DictReader(
            (line for line in lines if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        for row in rows:
            if row["split"] == split:
                works.setdefault(int(row["work"]), []).append(row["tune"])
    return works


def load_tune(books: Path, printing: str) -> Tune:
    """The tune `book.abc#n` (n counts from 1 in the order of the file) below the folder `books`."""
    name, _, number = printing.rpartition("#")
    tunes = tunes_in((books / name).read_text(encoding="utf-8", errors="replace"))
    if not 1 <= int(number) <= len(tunes):
        raise CorpusError(f"{books / name} holds {len(tunes)} tunes; there is no number {number}.")
    return read_tune(tunes[int(number) - 1])


def render_versions(
    works_tsv: Path,
    books: Path,
    soundfont: Path,
    folder: Path,
    *,
    works: int,
    versions: int,
    seed: int = 0,
    several_printings: bool = False,
) -> Iterator[Version]:
    """Render `versions` arrangements of `works` works of the split `train` as FLAC into `folder`.

    With `several_printings`, only works with more than one printed setting are taken and every version is of
    another one. Yields each version when its file is there; `versions.tsv` lists them all at the end.
    """
    settings = printed_settings(works_tsv)
    numbers = sorted(number for number, tunes in settings.items() if not several_printings or len(tunes) > 1)
    random.Random(seed).shuffle(numbers)
    folder.mkdir(parents=True, exist_ok=True)
    rendered: list[Version] = []
    for work in numbers[:works]:
        for index in range(versions):
            rng = random.Random(f"{seed} {work} {index}")
            printing = index % len(settings[work]) if several_printings else 0
            tune = load_tune(books, settings[work][printing])
            arrangement = arrange(tune, rng)
            version = Version(
                work, printing, f"{work:05}-{index}.flac", tune.title, arrangement.key_shift, arrangement.tempo_bpm
            )
            if not (folder / version.file).exists():
                synthesise(arrangement, soundfont, folder / version.file)
            rendered.append(version)
            yield version
    with (folder / "versions.tsv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter="\t")
        writer.writerow(["work", "printing", "file", "title", "key_shift", "tempo_bpm"])
        for version in rendered:
            writer.writerow(
                [
                    version.work,
                    version.printing,
                    version.file,
                    version.title,
                    version.key_shift,
                    f"{version.tempo_bpm:.2f}",
                ]
            )


def synthesise(arrangement: Arrangement, soundfont: Path, target: Path) -> None:
    """Render with the FluidSynth program to a file; its ending chooses the format. Raises `CorpusError`."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise CorpusError("FluidSynth is not installed; it renders the tunes. Install the package “fluidsynth”.")
    with tempfile.TemporaryDirectory() as scratch:
        score = Path(scratch) / "version.mid"
        score.write_bytes(midi_bytes(arrangement))
        sound = Path(scratch) / f"version{target.suffix}"
        command = [
            program,
            "-ni",
            "-q",
            "-g",
            "0.5",
            "-r",
            "22050",
            "-T",
            target.suffix[1:],
            "-F",
            str(sound),
            str(soundfont),
            str(score),
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0 or not sound.exists():
            raise CorpusError(f"FluidSynth could not render {target.name}: {run.stderr.strip()[-300:]}")
        shutil.move(sound, target)


def midi_bytes(arrangement: Arrangement) -> bytes:
    """A standard MIDI file of one track."""
    events: list[tuple[int, int, bytes]] = [
        (0, 0, b"\xff\x51\x03" + round(60_000_000 / arrangement.tempo_bpm).to_bytes(3, "big"))
    ]
    for channel in sorted({note.channel for note in arrangement.notes}):
        program = next(note.program for note in arrangement.notes if note.channel == channel)
        lead = channel in (LEAD_CHANNEL, SECOND_CHANNEL)
        level_db = arrangement.lead_level_db if lead else 0.0
        volume = max(1, min(127, round(70 * 10 ** (level_db / 40))))  # MIDI volume is squared by the synthesiser
        events.append((0, 1, bytes((0xB0 | channel, 7, volume))))
        if channel != DRUM_CHANNEL:
            events.append((0, 1, bytes((0xC0 | channel, program))))
    for note in arrangement.notes:
        pitch, velocity = max(0, min(127, note.pitch)), max(1, min(127, note.velocity))
        start, end = round(note.onset * TICKS_PER_QUARTER), round((note.onset + note.duration) * TICKS_PER_QUARTER)
        events.append((start, 3, bytes((0x90 | note.channel, pitch, velocity))))
        events.append((max(end, start + 1), 2, bytes((0x80 | note.channel, pitch, 0))))
    track = bytearray()
    now = 0
    for tick, _, message in sorted(events):
        track += _variable_length(tick - now) + message
        now = tick
    track += b"\x00\xff\x2f\x00"
    return (
        b"MThd"
        + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_QUARTER)
        + b"MTrk"
        + struct.pack(">I", len(track))
        + bytes(track)
    )


def _variable_length(value: int) -> bytes:
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(0x80 | value & 0x7F)
    return bytes(reversed(parts))
