from __future__ import annotations

import random
import stat
from pathlib import Path

import pytest

from pemr.rendering.abc_notation import read_tune
from pemr.rendering.accompaniment import MmaBand, mma_grooves
from pemr.rendering.arrange import arrange
from pemr.rendering.midifile import midi_bytes
from pemr.rendering.tune_list import reserved_sounds

TUNE = "X:1\nT:Made Up\nM:4/4\nL:1/8\nK:G\n|: GABc dedB | c2ec B2dB | c2A2 GAGF | G4 G4 :|\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """MMA's folder with thirty style files, one of them reserved."""
    reserved = reserved_sounds().grooves[0]
    for name in [*(f"band/style{number}.mma" for number in range(30)), reserved]:
        path = tmp_path / "lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"// {name}\nDefGroove {path.stem}  A style\nDefGroove {path.stem}Intro\n  defgroove Other-1\n")
    return tmp_path


def test_reserved_styles_and_parts_of_styles_are_left_out(home: Path) -> None:
    names = mma_grooves(home, "train") + mma_grooves(home, "development")
    assert len(names) == 60
    assert all(name.startswith("band/") for name in names)
    assert not any("Intro" in name for name in names)


def test_training_and_development_share_no_style(home: Path) -> None:
    train, development = (
        {name.partition(":")[0] for name in mma_grooves(home, split)} for split in ("train", "development")
    )
    assert len(development) == 3
    assert not train & development


def program(home: Path, bars: int) -> Path:
    """A program in MMA's place that plays as many bars of four quarters, whatever it is asked for."""
    tune = read_tune(TUNE)
    arrangement = arrange(tune, random.Random(1))
    notes = [note for note in arrangement.notes if note.onset < 4 * bars]
    score = home / "score.mid"
    score.write_bytes(midi_bytes(type(arrangement)(tuple(notes), 120.0, 0, 0.0)))
    script = home / "mma.py"
    script.write_text(f"import shutil, sys\nshutil.copy({str(score)!r}, sys.argv[2])\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return home


def test_a_style_whose_bars_are_as_long_plays(home: Path) -> None:
    band = MmaBand(program(home, bars=4), ("band/style1:style1",))
    notes = band([(0, (0, 4, 7))] * 4, 4.0, random.Random(1))
    assert notes
    assert band.groove == "band/style1:style1"


def test_a_style_in_another_metre_does_not(home: Path) -> None:
    band = MmaBand(program(home, bars=4), ("band/style1:style1",))
    assert band([(0, (0, 4, 7))] * 8, 4.0, random.Random(1)) is None
    assert band.groove == ""
    assert MmaBand(home, ())([(0, (0, 4, 7))], 4.0, random.Random(1)) is None
