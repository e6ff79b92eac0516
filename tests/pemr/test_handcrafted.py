"""MFCC and chroma: the transform is the formula, features tell instruments and keys apart, bad input stays finite."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pemr.handcrafted import COEFFICIENTS, HANDCRAFTED_WIDTH, MfccChroma, cosine_transform
from sounds import melody

RATE = 16_000


def test_the_cosine_transform_has_orthonormal_rows_and_its_first_is_the_mean() -> None:
    rows = cosine_transform(20, 128)
    torch.testing.assert_close(rows @ rows.T, torch.eye(20), atol=1e-5, rtol=0)
    torch.testing.assert_close(rows[0], torch.full((128,), 128**-0.5))


def test_a_track_gives_one_row_a_segment() -> None:
    features = MfccChroma().embed_samples(melody(40.0, RATE), max_segments=6)
    assert features.segments.shape == (6, HANDCRAFTED_WIDTH)
    assert features.segments.dtype == np.float32


@pytest.mark.parametrize("seconds", [0.0, 0.5, 5.0])
def test_short_clips_and_silence_stay_finite(seconds: float) -> None:
    features = MfccChroma().embed_samples(np.zeros(int(seconds * RATE), np.float32))
    assert np.isfinite(features.segments).all()


def test_a_key_change_moves_the_chroma_more_than_a_change_of_level() -> None:
    tune = melody(20.0, RATE)
    plain, quiet, moved = (
        MfccChroma().embed_samples(samples, max_segments=4).segments.mean(axis=0)[2 * COEFFICIENTS :][:12]
        for samples in (tune, (tune / 4).astype(np.float32), melody(20.0, RATE, transpose=6))
    )
    assert np.abs(plain - quiet).sum() < 0.2 * np.abs(plain - moved).sum()


def test_brightness_moves_the_mfcc() -> None:
    draw = np.random.default_rng(1).normal(size=RATE * 5).astype(np.float32) * 0.1
    dull = np.convolve(draw, np.ones(16) / 16, "same").astype(np.float32)
    bright_row, dull_row = (MfccChroma().embed_samples(s, max_segments=1).segments[0] for s in (draw, dull))
    # the second coefficient is low minus high bands
    assert dull_row[1] > bright_row[1] + 20
