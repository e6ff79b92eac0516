from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from pemr.embed import Encoder
from pemr.truth.labels import WORDS
from pemr.truth.sources import source_table
from pemr.truth.verified import VerifiedRecording, hear_verified, verified_recordings, verified_truth
from random_model import write_random_model


def test_at_least_a_hundred_recordings_each_with_a_reason() -> None:
    recordings = verified_recordings()
    assert len(recordings) >= 100
    assert len({(recording.package, recording.path) for recording in recordings}) == len(recordings)
    for recording in recordings:
        assert set(recording.words) <= set(WORDS)
        assert recording.reason and recording.source and recording.seconds > 0


def test_nothing_verified_is_trained_on() -> None:
    table = source_table()
    made_from = {font.package for font in table.fonts} | {sounds.package for sounds in table.sounds}
    assert not made_from & {recording.package for recording in verified_recordings()}


def told(words: str, word: str, *, complete: bool) -> bool | None:
    recording = VerifiedRecording("p", "f", 1.0, "note", tuple(words.split(", ")), complete, "s", "r")
    values, known = verified_truth(recording)
    at = WORDS.index(word)
    return bool(values[at]) if known[at] else None


def test_of_a_solo_the_others_are_silent() -> None:
    assert told("strings, cello", "cello", complete=True) is True
    assert told("strings, cello", "piano", complete=True) is False
    assert told("strings, cello", "violin", complete=True) is False
    assert told("guitar", "electric guitar", complete=True) is None


def test_of_a_track_that_names_one_player_the_others_are_not_known() -> None:
    assert told("music, piano", "piano", complete=False) is True
    assert told("music, piano", "violin", complete=False) is None


def test_recordings_are_heard_where_their_package_lies(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    with wave.open(str(tmp_path / "p" / "note.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((3_000 * np.sin(np.arange(32_000) / 6)).astype("<i2").tobytes())
    recording = VerifiedRecording("p", "note.wav", 2.0, "note", ("strings", "cello"), True, "s", "r")
    write_random_model(tmp_path / "model.safetensors")
    encoder = Encoder.load(tmp_path / "model.safetensors")
    (heard,) = hear_verified(tmp_path, encoder, lambda *_: None, [recording])
    assert heard.vectors.shape == (1, 512)
    assert heard.values[-1, WORDS.index("cello")] == 1.0
