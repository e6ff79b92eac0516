"""Renders the demo library: python resources/demo/render.py [--soundfont FILE] [--only NAME] [--into FOLDER]

Needs FluidSynth and the MuseScore General soundfont (Debian: fluidsynth, musescore-general-soundfont). The same
versions of FluidSynth, the soundfont and PyAV give the same bytes.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from recipe.abc import read_tunes
from recipe.midi import write_midi
from recipe.pieces import PIECES, Piece
from recipe.score import arrange
from recipe.sound import draw_cover, encode_opus, levelled, synthesise, write_tags

HERE = Path(__file__).resolve().parent
SOUNDFONT = Path("/usr/share/sounds/sf3/MuseScore_General.sf3")
BIT_RATE = 42_000


def render(piece: Piece, number: int, soundfont: Path, target: Path) -> float:
    """Writes one clip and returns its length in seconds."""
    tune = read_tunes(HERE / "tunes.abc")[piece.tune]
    score = arrange(tune, piece.parts, transpose=piece.transpose, intro_bars=piece.intro_bars)
    with tempfile.TemporaryDirectory() as folder:
        midi = Path(folder) / "score.mid"
        write_midi(midi, piece.band(score), piece.tempo, seed=number)
        music_s = float(score.length) * 60 / piece.tempo
        samples = levelled(synthesise(midi, soundfont, Path(folder) / "sound.wav"), music_s)
    encode_opus(target, samples, BIT_RATE)
    write_tags(target, piece.tags, draw_cover(piece.cover) if piece.cover else None)
    return len(samples) / 48_000


def main() -> int:
    """Renders all pieces, or those whose file name contains `--only`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soundfont", type=Path, default=SOUNDFONT, help="a General MIDI soundfont")
    parser.add_argument("--only", default="", help="part of a file name")
    parser.add_argument("--into", type=Path, default=HERE, help="folder for the clips")
    options = parser.parse_args()
    if not shutil.which("fluidsynth") or not options.soundfont.exists():
        sys.stderr.write(f"Needs fluidsynth and the soundfont {options.soundfont}; nothing was changed.\n")
        return 1
    for number, piece in enumerate(PIECES, 1):
        if options.only in piece.file:
            length_s = render(piece, number, options.soundfont, options.into / piece.file)
            sys.stdout.write(f"{piece.file}  {length_s:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
