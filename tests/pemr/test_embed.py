"""A model in use: shapes, short and silent clips, importance and tag probabilities."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from pemr.build import encoder_module
from pemr.embed import Encoder, segment_starts
from pemr.errors import DecodeError
from pemr.graphs.fcn import MIN_FRAMES
from pemr.log_mel import LogMel
from pemr.modelfile import load_model


@pytest.fixture(scope="module")
def encoder(tiny_model: Path) -> Encoder:
    return Encoder.load(tiny_model)


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).uniform(-0.4, 0.4, int(seconds * 16_000)).astype(np.float32)


def test_a_file_becomes_vectors_a_curve_and_probabilities(
    encoder: Encoder, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    track = encoder.embed_file(make_audio(tmp_path / "tune.ogg", seconds=12.0))
    assert track.segments.shape == (4, 512)
    assert track.segments.dtype == np.float32
    assert track.segment_starts_s[0] == 0
    assert track.segment_starts_s[-1] == pytest.approx(12.0 - 59_049 / 16_000, abs=0.1)
    np.testing.assert_allclose(track.track, track.segments.mean(axis=0), rtol=1e-5)
    assert len(track.importance) == pytest.approx(12.0 / track.importance_step_s, abs=1)
    assert track.importance.min() >= 0
    assert track.importance.max() <= 1
    assert track.tag_probabilities.shape == (3,)
    assert ((track.tag_probabilities > 0) & (track.tag_probabilities < 1)).all()
    assert track.duration_s == pytest.approx(12.0, abs=0.1)
    assert track.timings.keys() == {"decode_s", "frontend_s", "encoder_s", "importance_s", "heads_s"}
    assert all(value > 0 for value in track.timings.values())
    assert not track.truncated


def test_segments_are_what_torch_gives(encoder: Encoder, tiny_model: Path) -> None:
    samples = noise(10.0)
    model = load_model(tiny_model)
    starts = segment_starts(len(samples), 59_049, 24)
    batch = torch.from_numpy(np.stack([samples[s : s + 59_049] for s in starts]))
    with torch.inference_mode():
        expected = encoder_module(model)(LogMel(model.info.front_end)(batch)).numpy()
    np.testing.assert_allclose(encoder.embed_samples(samples).segments, expected, atol=1e-5)


def test_the_same_samples_give_the_same_numbers_however_they_are_batched(encoder: Encoder) -> None:
    samples = noise(60.0)
    whole = encoder.embed_samples(samples)
    np.testing.assert_array_equal(encoder.embed_samples(samples).segments, whole.segments)
    alone = encoder.embed_samples(samples[:59_049]).segments[0]
    np.testing.assert_allclose(alone, whole.segments[0], atol=1e-4)


def test_no_more_segments_than_asked_for_and_spread_over_the_whole_track(encoder: Encoder) -> None:
    track = encoder.embed_samples(noise(90.0), max_segments=5)
    assert len(track.segments) == 5
    assert np.diff(track.segment_starts_s) == pytest.approx(np.full(4, (90 - 59_049 / 16_000) / 4), abs=0.01)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 1.0, 3.0])
def test_a_clip_shorter_than_a_segment_still_gives_one(encoder: Encoder, seconds: float) -> None:
    track = encoder.embed_samples(noise(seconds))
    assert track.segments.shape == (1, 512)
    assert np.isfinite(track.segments).all()
    assert len(track.importance) >= 1


def test_silence_gives_no_opinion(encoder: Encoder) -> None:
    track = encoder.embed_samples(np.zeros(16_000 * 10, np.float32))
    assert track.silent
    assert not track.tag_probabilities.any()
    assert not track.importance.any()
    assert np.isfinite(track.segments).all()


def test_probabilities_are_the_calibrated_sigmoid_of_the_linear_head(encoder: Encoder, tiny_model: Path) -> None:
    model = load_model(tiny_model)
    vector = np.random.default_rng(2).normal(size=512).astype(np.float32)
    score = model.head_weight[0] @ vector
    assert encoder.tag_probabilities(vector)[0] == pytest.approx(1 / (1 + np.exp(-(2 * score - 0.5))), rel=1e-4)
    assert encoder.tag_probabilities(np.stack([vector, vector])).shape == (2, 3)


def test_the_vocabulary_says_group_threshold_and_support(encoder: Encoder) -> None:
    piano, _, opera = encoder.vocabulary
    assert (piano.name, piano.group, piano.threshold, piano.supported) == ("piano", "instrument", 0.6, True)
    assert not opera.supported


def test_an_unreadable_file_is_a_decode_error(encoder: Encoder, tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    with pytest.raises(DecodeError, match=r"empty\.mp3"):
        encoder.embed_file(tmp_path / "empty.mp3")


def test_a_segment_is_never_shorter_than_the_encoder_accepts(encoder: Encoder) -> None:
    assert encoder.front_end.segment_frames >= MIN_FRAMES
