from __future__ import annotations

import numpy as np
import pytest

from pemr.errors import CorpusError
from pemr.truth import stems
from pemr.truth.stems import SAMPLE_RATE, Seat, Struck, play_stems, presets_of
from truth_sources import SOUNDFONT, needs_fluidsynth

pytestmark = needs_fluidsynth
NOTES = [Struck(0.25 * step, 0.25, channel, 69, 90) for step in range(8) for channel in (0, 3)]
SEATS = {0: Seat(73), 3: Seat(0)}


def test_each_channel_is_a_stem_of_its_own() -> None:
    stems = play_stems([SOUNDFONT], NOTES, SEATS, 2.5)
    assert stems.shape == (4, 2.5 * SAMPLE_RATE)
    sounding = [channel for channel in range(4) if np.abs(stems[channel]).max() > 1e-3]
    assert sounding == [0, 3]


def test_a_note_has_its_pitch() -> None:
    stem = play_stems([SOUNDFONT], [Struck(0.0, 2.0, 0, 69, 100)], {0: Seat(73)}, 2.0)[0]
    spectrum = np.abs(np.fft.rfft(stem[SAMPLE_RATE // 2 :]))
    hz = np.fft.rfftfreq(len(stem) - SAMPLE_RATE // 2, 1 / SAMPLE_RATE)[int(np.argmax(spectrum))]
    assert min(abs(hz / (440 * octave) - 1) for octave in (1, 2)) < 0.02


def test_a_piece_sounds_the_same_each_time() -> None:
    first = play_stems([SOUNDFONT], NOTES, SEATS, 2.0)
    play_stems([SOUNDFONT], NOTES[::-3], {0: Seat(48), 3: Seat(30)}, 1.3)
    assert np.array_equal(first, play_stems([SOUNDFONT], NOTES, SEATS, 2.0))


def test_a_kit_sits_on_any_channel() -> None:
    stems = play_stems([SOUNDFONT], [Struck(0.1, 0.1, 5, 38, 110)], {5: Seat(0, is_drums=True)}, 1.0)
    assert np.abs(stems[5]).max() > 0.01


def test_a_program_that_no_font_has_is_named() -> None:
    with pytest.raises(CorpusError, match="no drum kit 77"):
        play_stems([SOUNDFONT], NOTES, {0: Seat(77, is_drums=True)}, 1.0)


def test_presets_are_read_without_the_samples() -> None:
    presets = presets_of(SOUNDFONT)
    assert {(0, program) for program in range(128)} <= presets
    assert (128, 0) in presets


def test_a_missing_synthesiser_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    stems._library.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr("ctypes.util.find_library", lambda name: None)
        with pytest.raises(CorpusError, match="package “fluidsynth”"):
            play_stems([SOUNDFONT], NOTES, SEATS, 1.0)
    stems._library.cache_clear()
