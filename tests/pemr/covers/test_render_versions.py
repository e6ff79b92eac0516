import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from pemr.covers.abc_tunes import read_tune
from pemr.covers.arrange import DRUM_CHANNEL, LEAD_CHANNEL, arrange
from pemr.covers.render_versions import load_tune, midi_bytes, printed_settings, render_versions
from pemr.errors import CorpusError

TUNE = "X:1\nT:Made Up\nM:4/4\nL:1/8\nK:G\n|: GABc dedB | c2ec B2dB | c2A2 GAGF | G4 G4 :|\n"
SOUNDFONT = Path("/usr/share/sounds/sf2/default-GM.sf2")


@pytest.fixture
def books(tmp_path) -> Path:
    (tmp_path / "book.abc").write_text(TUNE + "\n" + TUNE.replace("Made Up", "Second").replace("K:G", "K:D"))
    (tmp_path / "works.tsv").write_text(
        "# made up\nwork\tsplit\ttune\ttitle\n0\ttrain\tbook.abc#1\tMade Up\n0\ttrain\tbook.abc#2\tSecond\n"
        "1\treserved\tbook.abc#2\tSecond\n"
    )
    return tmp_path


def test_reserved_works_are_not_in_the_training_split(books):
    assert printed_settings(books / "works.tsv") == {0: ["book.abc#1", "book.abc#2"]}
    assert set(printed_settings(books / "works.tsv", "reserved")) == {1}


def test_a_tune_is_found_by_its_place_in_the_book(books):
    assert load_tune(books, "book.abc#2").title == "Second"
    with pytest.raises(CorpusError, match="holds 2 tunes; there is no number 3"):
        load_tune(books, "book.abc#3")


def test_the_same_seed_gives_the_same_version_and_another_seed_another():
    tune = read_tune(TUNE)
    first, again, other = (arrange(tune, random.Random(seed)) for seed in (1, 1, 2))
    assert midi_bytes(first) == midi_bytes(again)
    assert midi_bytes(first) != midi_bytes(other)


def test_versions_stay_within_the_key_and_tempo_that_are_asked_for():
    tune = read_tune(TUNE)
    for seed in range(30):
        version = arrange(tune, random.Random(seed))
        assert -6 <= version.key_shift <= 5
        assert 0.7 <= version.tempo_bpm / 112.0 <= 1.42
        seconds = max(note.onset + note.duration for note in version.notes) * 60 / version.tempo_bpm
        assert 40 < seconds < 100


def test_the_melody_is_transposed_by_the_key_shift():
    tune = read_tune(TUNE)
    scale = {(7 + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}
    for seed in range(10):
        version = arrange(tune, random.Random(seed))
        lead = [note.pitch - version.key_shift for note in version.notes if note.channel == LEAD_CHANNEL]
        inside = np.mean([pitch % 12 in scale for pitch in lead])
        assert inside > 0.85
        assert all(note.channel == DRUM_CHANNEL or 0 <= note.pitch <= 127 for note in version.notes)


def test_a_midi_file_has_a_header_and_one_track_of_the_length_it_says():
    data = midi_bytes(arrange(read_tune(TUNE), random.Random(3)))
    assert data[:4] == b"MThd"
    assert data[14:18] == b"MTrk"
    assert int.from_bytes(data[18:22], "big") == len(data) - 22


@pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not SOUNDFONT.exists(), reason="FluidSynth and a soundfont are not installed"
)
def test_versions_are_rendered_once_and_listed(books):
    folder = books / "out"
    options = {"works": 1, "versions": 2, "seed": 5}
    versions = list(render_versions(books / "works.tsv", books, SOUNDFONT, folder, **options))
    files = {version.file: (folder / version.file).stat().st_mtime_ns for version in versions}
    assert len(files) == 2
    again = list(render_versions(books / "works.tsv", books, SOUNDFONT, folder, **options))
    assert again == versions
    assert {version.file: (folder / version.file).stat().st_mtime_ns for version in again} == files
    assert len((folder / "versions.tsv").read_text().splitlines()) == 3
