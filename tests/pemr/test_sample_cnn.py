"""SampleCNN has the shape and size of CLMR's."""

from __future__ import annotations

import pytest
import torch

from pemr.sample_cnn import LEAST_SAMPLES, SampleCNN


def test_it_has_the_parameters_of_clmrs_without_its_classifier() -> None:
    # CLMR's stages by hand: convolutions of width 3 with bias, batch norms with scale and shift
    pairs = [(1, 128), (128, 128), (128, 128), (128, 256), *[(256, 256)] * 5, (256, 512), (512, 512)]
    by_hand = sum(3 * channels_in * channels_out + 3 * channels_out for channels_in, channels_out in pairs)
    assert sum(parameter.numel() for parameter in SampleCNN().parameters()) == by_hand == 2_368_512


def test_ten_stages_of_three_make_one_step_of_a_segment_and_longer_clips_are_averaged() -> None:
    assert LEAST_SAMPLES == 59_049
    encoder = SampleCNN().eval()
    with torch.no_grad():
        assert encoder(torch.zeros(2, LEAST_SAMPLES)).shape == (2, 512)
        assert encoder(torch.zeros(1, 2 * LEAST_SAMPLES)).shape == (1, 512)
    with pytest.raises(ValueError, match="at least 59049 samples"):
        encoder(torch.zeros(1, LEAST_SAMPLES - 1))
