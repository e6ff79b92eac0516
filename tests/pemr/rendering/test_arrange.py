from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from pemr.errors import CorpusError
from pemr.rendering.abc_notation import read_tune
from pemr.rendering.arrange import DRUM_CHANNEL, LEAD_CHANNEL, arrange
from pemr.rendering.midifile import midi_bytes
from pemr.rendering.tune_list import load_tune

TUNE = "X:1\nT:Made Up\nM:4/4\nL:1/8\nK:G\n|: GABc dedB | c2ec B2dB | c2A2 GAGF | G4 G4 :|\n"


def test_a_tune_is_found_by_its_place_in_the_book(tmp_path: Path) -> None:
    (tmp_path / "book.abc").write_text(TUNE + "\n" + TUNE.replace("Made Up", "Second"))
    assert load_tune(tmp_path, "book.abc#2").title == "Second"
    with pytest.raises(CorpusError, match="holds 2 tunes; there is no number 3"):
        load_tune(tmp_path, "book.abc#3")


def test_the_same_seed_gives_the_same_version_and_another_seed_another() -> None:
    tune = read_tune(TUNE)
    first, again, other = (arrange(tune, random.Random(seed)) for seed in (1, 1, 2))
    assert midi_bytes(first) == midi_bytes(again)
    assert midi_bytes(first) != midi_bytes(other)


def test_versions_stay_within_the_key_and_tempo_that_are_asked_for() -> None:
    tune = read_tune(TUNE)
    for seed in range(30):
        version = arrange(tune, random.Random(seed))
        assert -6 <= version.key_shift <= 5
        assert 0.7 <= version.tempo_bpm / 112.0 <= 1.42
        seconds = max(note.onset + note.duration for note in version.notes) * 60 / version.tempo_bpm
        assert 40 < seconds < 100


def test_the_melody_is_transposed_by_the_key_shift() -> None:
    tune = read_tune(TUNE)
    scale = {(7 + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}
    for seed in range(10):
        version = arrange(tune, random.Random(seed))
        lead = [note.pitch - version.key_shift for note in version.notes if note.channel == LEAD_CHANNEL]
        inside = np.mean([pitch % 12 in scale for pitch in lead])
        assert inside > 0.85
        assert all(note.channel == DRUM_CHANNEL or 0 <= note.pitch <= 127 for note in version.notes)


def test_a_midi_file_has_a_header_and_one_track_of_the_length_it_says() -> None:
    data = midi_bytes(arrange(read_tune(TUNE), random.Random(3)))
    assert data[:4] == b"MThd"
    assert data[14:18] == b"MTrk"
    assert int.from_bytes(data[18:22], "big") == len(data) - 22
