"""A band played by MMA, Musical MIDI Accompaniment (a build tool, GPL), from its own few hundred styles."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pemr.rendering.arrange import QUALITIES, Chord, MidiNote
from pemr.rendering.midifile import read_midi
from pemr.rendering.tune_list import Split, reserved_sounds

NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
CHORD_NAMES = {intervals: name for name, intervals in QUALITIES.items()} | {(0, 3, 7, 10): "m7", (0, 3, 6, 10): "m7b5"}
PART_OF_A_STYLE = re.compile(r"(Intro|End|Fill|Break|Cycle|Coda)\d*$", re.IGNORECASE)
DRAWS = 4
LONGEST_RUN_S = 60


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
