"""FCN-4: its size, its shapes at every accepted length, and the running statistics it learns."""

from __future__ import annotations

import pytest
import torch

from pemr.encoder import EMBEDDING_WIDTH, FCN4, MIN_FRAMES, PARAMETERS, ProjectionHead, running_statistics_frozen
from pemr.fused import FusedFCN4, frames_reached


def test_the_encoder_has_the_papers_number_of_parameters() -> None:
    assert sum(p.numel() for p in FCN4().parameters()) == PARAMETERS == 370_562


def test_the_projection_head_has_one_hidden_layer_and_no_bias() -> None:
    assert sum(p.numel() for p in ProjectionHead().parameters()) == 512 * 512 + 512 * 256


@pytest.mark.parametrize("frames", [MIN_FRAMES, 116, 231, 462, 640, 1000])
def test_every_accepted_length_gives_512_numbers(frames: int) -> None:
    encoder = FCN4().eval()
    with torch.no_grad():
        assert encoder(torch.zeros(2, 128, frames)).shape == (2, EMBEDDING_WIDTH)


def test_too_short_a_segment_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 64 frames"):
        FCN4()(torch.zeros(1, 128, 63))


def test_pooling_before_relu_changes_nothing() -> None:
    encoder = FCN4().eval()
    frames = torch.randn(2, 128, 462, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        x = encoder.input_norm(frames.unsqueeze(1))
        for number, block in enumerate(encoder.blocks):
            x = torch.relu(block.norm(block.conv(x)))
            x = torch.nn.functional.max_pool2d(x, (4, x.shape[3]) if number == 3 else (2, 4))
        torch.testing.assert_close(encoder(frames), x.flatten(1))


def test_frozen_statistics_still_normalise_by_the_batch() -> None:
    encoder = FCN4().train()
    frames = torch.randn(4, 128, 116, generator=torch.Generator().manual_seed(1))
    reference = encoder(frames)
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    with running_statistics_frozen(encoder):
        torch.testing.assert_close(encoder(frames), reference)
    for name, value in encoder.state_dict().items():
        assert torch.equal(value, before[name]), name
    encoder(frames)
    assert not torch.equal(encoder.state_dict()["input_norm.running_mean"], before["input_norm.running_mean"])


def test_the_fused_encoder_computes_the_same() -> None:
    torch.manual_seed(1)
    encoder = FCN4().train()
    for _ in range(3):
        encoder(torch.randn(4, 128, 116) * 2 + 1)
    encoder.eval()
    frames = torch.randn(3, 128, 116)
    with torch.inference_mode():
        torch.testing.assert_close(FusedFCN4(encoder)(frames), encoder(frames), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("length", [64, 85, 86, 116, 127, 128, 231, 462])
def test_the_frames_left_out_by_the_fused_encoder_are_those_no_pooling_reaches(length: int) -> None:
    torch.manual_seed(1)
    encoder = FCN4().eval()
    frames = torch.randn(2, 128, length)
    reached = frames_reached(length)
    beyond, within = frames.clone(), frames.clone()
    beyond[..., reached:] = 100.0
    within[..., reached - 1] += 100.0
    with torch.inference_mode():
        whole = encoder(frames)
        assert torch.equal(encoder(beyond), whole)
        torch.testing.assert_close(FusedFCN4(encoder)(frames), whole, atol=1e-5, rtol=1e-4)
        if reached < length:
            assert not torch.equal(encoder(within), whole), "one frame less would be too few"
