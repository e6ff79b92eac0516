"""Where training crops may begin, and which segments are evaluated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pemr.datasets.labelled import LabelledSet
from pemr.embed import segment_starts
from pemr.frontend import FrontEnd
from pemr.protocols.examples import LABELLED_SAMPLES, Examples, full_segment_starts, teacher_examples
from pemr.protocols.labelled_examples import decode_set
from pemr.tags.teacher import PATCH_SAMPLES
from pemr.tags.teacher_labels import LabelledTrack
from pemr.vocabulary import VOCABULARY


@given(st.integers(0, 500), st.integers(1, 60))
def test_full_segments_cover_a_track_and_the_last_ends_with_it(samples: int, length: int) -> None:
    starts = full_segment_starts(samples, length)
    assert starts[0] == 0
    if samples >= length:
        assert starts[-1] + length == samples
        assert len(starts) == -(-samples // length)
        covered = np.zeros(samples, bool)
        for start in starts:
            covered[start : start + length] = True
        assert covered.all()
    else:
        assert list(starts) == [0]


def test_a_clip_of_29_seconds_has_eight_segments_at_16_khz() -> None:
    starts = full_segment_starts(465_984, 59_049)
    assert len(starts) == 8
    assert starts[-2] == 6 * 59_049
    assert starts[-1] == 465_984 - 59_049


@pytest.fixture
def labelled_track(tmp_path: Path) -> LabelledTrack:
    """A track of 20 s with the teacher's opinion on four segments."""
    samples = (np.arange(320_000) % 3000).astype("<i2")
    samples.tofile(tmp_path / "track.i16")
    labels = np.random.default_rng(1).random((4, len(VOCABULARY))).astype(np.float32)
    return LabelledTrack("track.wav", "album", tmp_path / "track.i16", labels)


@pytest.mark.parametrize("length", [59_049, 70_000])
def test_every_crop_of_a_labelled_segment_holds_the_three_seconds_the_teacher_heard(
    labelled_track: LabelledTrack, length: int
) -> None:
    thresholds = np.full(len(VOCABULARY), 0.5, np.float32)
    examples = teacher_examples([labelled_track], thresholds, length)
    offset = (LABELLED_SAMPLES - PATCH_SAMPLES) // 2
    starts = segment_starts(320_000, LABELLED_SAMPLES, 4) + offset
    assert len(examples) == 4
    for (_, first, last), start in zip(examples.stretches, starts, strict=True):
        assert last <= start
        assert first + length >= start + PATCH_SAMPLES
        assert 0 <= first <= last <= 320_000 - length


def test_the_teacher_s_threshold_becomes_one_half(labelled_track: LabelledTrack) -> None:
    thresholds = labelled_track.labels[1]
    examples = teacher_examples([labelled_track], thresholds, LABELLED_SAMPLES)
    np.testing.assert_allclose(examples.targets[1], 0.5, atol=1e-5)


def test_a_track_shorter_than_a_segment_is_one_example_followed_by_silence(tones: LabelledSet, tmp_path: Path) -> None:
    decoded = decode_set(tones, tmp_path, 16_000, 0.5, lambda done, total, skipped: None)
    examples = decoded.examples("train", FrontEnd(hop_length=256, segment_samples=16_640))
    assert len(examples) == len(examples.tracks) == 8
    crop = examples.crop(0, 0)
    assert crop.shape == (16_640,)
    assert np.abs(crop[:8000]).max() > 0.1
    assert not crop[8000:].any()


def test_hard_labels_hold_for_every_segment(tone_examples: dict[str, Examples]) -> None:
    train = tone_examples["train"]
    assert {len(evaluated.starts) for evaluated in train.evaluated} == {4}
    np.testing.assert_array_equal(train.truth.argmax(axis=1), train.evaluated[0].targets.argmax() ^ (np.arange(8) % 2))
    for (track, _, _), row in zip(train.stretches, train.targets, strict=True):
        np.testing.assert_array_equal(row, train.track_targets[track])


def test_files_that_cannot_be_decoded_are_counted_and_named(tones: LabelledSet, tmp_path: Path) -> None:
    from dataclasses import replace

    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")
    with_broken = replace(tones, files=(*tones.files, replace(tones.files[0], path=broken)))
    decoded = decode_set(with_broken, tmp_path / "cache", 16_000, 60.0, lambda done, total, skipped: None)
    assert len(decoded.tracks) == len(tones.files)
    assert any("1 files cannot be decoded" in note and "broken.wav" in note for note in decoded.notes)
