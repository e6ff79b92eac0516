"""FCN-4: its size, its shapes at every accepted length, and the running statistics it learns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from pemr.build import weights_of
from pemr.encoder import FCN4, PARAMETERS, Block, LastBlock, ProjectionHead, running_statistics_frozen
from pemr.graphs.fcn import (
    EMBEDDING_WIDTH,
    MIN_FRAMES,
    embedding_width,
    encoder_graph,
    encoder_shapes,
    frames_reached,
)
from pemr.graphs.session import Graph


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


def heard_something() -> FCN4:
    """An encoder whose batch norms have learned statistics."""
    torch.manual_seed(1)
    encoder = FCN4().train()
    for _ in range(3):
        encoder(torch.randn(4, 128, 116) * 2 + 1)
    return encoder.eval()


@pytest.mark.parametrize("length", [64, 85, 86, 116, 127, 128, 231, 462, 640])
def test_the_graph_of_an_encoder_computes_the_same_at_every_length(length: int) -> None:
    encoder, frames = heard_something(), torch.randn(3, 128, length)
    weights = weights_of(encoder)
    assert {name: value.shape for name, value in weights.items()} == encoder_shapes(weights)
    assert embedding_width(weights, 128) == EMBEDDING_WIDTH
    with torch.inference_mode():
        expected = encoder(frames).numpy()
    np.testing.assert_allclose(Graph(encoder_graph(weights, 128))(frames=frames.numpy()), expected, atol=1e-5)


def test_an_encoder_of_another_size_becomes_a_graph_too() -> None:
    larger = FCN4()
    larger.blocks = torch.nn.Sequential(Block(1, 16), Block(16, 24), Block(24, 32), Block(32, 48), LastBlock(48, 40))
    frames = torch.randn(2, 128, 600)
    weights = weights_of(larger.eval())
    with torch.inference_mode():
        x = larger.input_norm(frames.unsqueeze(1))
        expected = larger.blocks(x).flatten(1).numpy()
    assert embedding_width(weights, 128) == expected.shape[1] == 80
    np.testing.assert_allclose(Graph(encoder_graph(weights, 128))(frames=frames.numpy()), expected, atol=1e-5)


def test_one_graph_serves_many_threads_at_once() -> None:
    graph = Graph(encoder_graph(weights_of(heard_something()), 128))
    parts = np.random.default_rng(1).normal(size=(12, 2, 128, 116)).astype(np.float32)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda part: graph(frames=part), parts))
    for part, vectors in zip(parts, found, strict=True):
        np.testing.assert_array_equal(vectors, graph(frames=part))


@pytest.mark.parametrize("length", [64, 85, 86, 116, 127, 128, 231, 462])
def test_the_frames_left_out_are_those_no_pooling_reaches(length: int) -> None:
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
        if reached < length:
            assert not torch.equal(encoder(within), whole), "one frame less would be too few"
