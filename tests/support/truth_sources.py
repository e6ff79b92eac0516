"""What truth clips are made from in tests: the installed soundfont for every one, voices and works made on the spot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pemr.rendering.tune_list import tune_works, works_of
from pemr.truth.recording import flac_bytes
from pemr.truth.sources import Sources, source_table

SOUNDFONT = Path("/usr/share/sounds/sf3/FluidR3Mono_GM.sf3")
TUNE = "X:1\nT:Made Up\nM:4/4\nL:1/8\nK:Gmaj\n|: GABc dedB | c2ec B2dB | c2A2 GAGF | G4 G4 :|\n"
needs_fluidsynth = pytest.mark.skipif(
    not SOUNDFONT.exists(), reason="needs FluidSynth and a soundfont (Debian: fluidsynth, fluidr3mono-gm-soundfont)"
)


def made_sources(folder: Path) -> Sources:
    """Every font is the installed one; MMA has no styles, so bands play by patterns; every tune is the same."""
    for split in source_table().works.values():
        for number in works_of(split):
            for printing in tune_works()[number]:
                name, _, position = printing.rpartition("#")
                book = folder / "books" / name
                book.parent.mkdir(parents=True, exist_ok=True)
                if not book.exists() or book.read_text().count("X:") < int(position):
                    book.write_text(TUNE * int(position))
    (folder / "mma" / "lib").mkdir(parents=True)
    chance = np.random.default_rng(0)
    sounds = {}
    for package in {sounds.package for sounds in source_table().sounds}:
        sounds[package] = folder / package
    for sound_set in source_table().sounds:
        name = sound_set.pattern.replace("**/", "").replace("[a-h]*", "cs").replace("[l-z]*", "nl").replace("*", "one")
        path = folder / sound_set.package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        voice = chance.normal(0.0, 0.1, 24_000) * (np.sin(np.arange(24_000) / 900) > 0)
        path.write_bytes(flac_bytes(voice.astype(np.float32), 16_000))
    fonts = {font.name: SOUNDFONT for font in source_table().fonts}
    return Sources(folder / "books", folder / "mma", fonts, sounds, None)
