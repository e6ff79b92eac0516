"""Play an arrangement with a soundfont, by the FluidSynth program."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from pemr.errors import CorpusError
from pemr.rendering.arrange import Arrangement
from pemr.rendering.midifile import midi_bytes


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
