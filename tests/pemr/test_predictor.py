"""The predicting module: shapes, sizes, and the frame score of Eq. 4 computed a second time by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from pemr.build import weights_of
from pemr.graphs.importance import importance_graph, predictor_shapes, sinusoidal_positions
from pemr.graphs.session import Graph
from pemr.predictor import Attention, Layer, Predictor


def test_each_head_is_as_wide_as_the_model() -> None:
    attention = Attention(128, 3)
    assert attention.query.weight.shape == (384, 128)
    assert attention.out.weight.shape == (128, 384)
    assert attention(torch.zeros(2, 5, 128)).shape == (2, 5, 128)


def test_the_numbers_of_parameters_are_as_designed() -> None:
    attention = 3 * (128 * 384 + 384) + 384 * 128 + 128
    layer = attention + 2 * (128 * 128 + 128) + 4 * 128
    assert sum(p.numel() for p in Layer(128, 3, 128, 0.1).parameters()) == layer
    predicting_layer = 2 * (128 * 128 + 128)
    assert sum(p.numel() for p in Predictor().parameters()) == 3 * layer + predicting_layer + 2 * 128


def test_attention_is_the_formula() -> None:
    torch.manual_seed(1)
    attention = Attention(8, 3)
    x = torch.randn(1, 4, 8)
    heads = []
    for h in range(3):
        part = slice(8 * h, 8 * h + 8)
        query = x[0] @ attention.query.weight[part].T + attention.query.bias[part]
        key = x[0] @ attention.key.weight[part].T + attention.key.bias[part]
        value = x[0] @ attention.value.weight[part].T + attention.value.bias[part]
        heads.append(torch.softmax(query @ key.T / math.sqrt(8), dim=1) @ value)
    by_hand = torch.cat(heads, dim=1) @ attention.out.weight.T + attention.out.bias
    torch.testing.assert_close(attention(x)[0], by_hand)


def test_positions_are_sines_and_cosines() -> None:
    table = torch.from_numpy(sinusoidal_positions(10, 128))
    assert table[0, 0] == 0
    assert table[0, 1] == 1
    torch.testing.assert_close(table[3, 0], torch.tensor(math.sin(3.0)))
    torch.testing.assert_close(table[3, 127], torch.tensor(math.cos(3.0 * 10_000.0 ** (-126 / 128))))


def test_only_chosen_frames_are_predicted() -> None:
    chosen = torch.zeros(2, 20, dtype=torch.bool)
    chosen[0, 3] = chosen[1, 7] = chosen[1, 8] = True
    assert Predictor()(torch.randn(2, 20, 128), chosen).shape == (3, 128)


def test_how_many_frames_are_chosen_changes_nothing_about_each() -> None:
    torch.manual_seed(1)
    predictor, frames = Predictor().eval(), torch.randn(4, 100, 128)
    everything = predictor(frames, torch.ones(4, 100, dtype=torch.bool))
    for count in (1, 60, 100):
        chosen = torch.zeros(4, 100, dtype=torch.bool)
        chosen[:, :count] = True
        torch.testing.assert_close(predictor(frames, chosen), everything.view(4, 100, 128)[:, :count].flatten(0, 1))


def test_frame_scores_are_equation_4() -> None:
    torch.manual_seed(1)
    predictor = Predictor(layers=2).eval()
    first, second = torch.randn(2, 10, 128), torch.randn(2, 10, 128)
    with torch.no_grad():
        entering = [predictor.layers[0](predictor.tokens(view)) for view in (first, second)]
        attention = predictor.layers[1].attention
        by_hand = torch.zeros(2, 10)
        for clip in range(2):
            for h in range(3):
                part = slice(128 * h, 128 * h + 128)
                key = attention.key(entering[1][clip, 1:])[:, part]
                for view in entering:
                    query = attention.query(view[clip, 0])[part]
                    by_hand[clip] += torch.softmax(key @ query / math.sqrt(128), dim=0) / 6
    scores = predictor.scores(first, second)
    torch.testing.assert_close(scores, by_hand)
    torch.testing.assert_close(scores.sum(dim=1), torch.ones(2))


def test_scoring_is_without_dropout_and_leaves_the_mode_and_the_generator_alone() -> None:
    predictor = Predictor().train()
    first, second = torch.randn(2, 12, 128), torch.randn(2, 12, 128)
    state = torch.get_rng_state()
    once, twice = predictor.scores(first, second), predictor.scores(first, second)
    assert torch.equal(once, twice)
    assert torch.equal(torch.get_rng_state(), state)
    assert predictor.training
    assert predictor.layers[0].training
    assert not once.requires_grad


def test_importance_is_the_score_of_a_clip_with_itself() -> None:
    predictor = Predictor().eval()
    frames = torch.randn(2, 12, 128)
    torch.testing.assert_close(predictor.importance(frames), predictor.scores(frames, frames))


@pytest.mark.parametrize(("layers", "heads", "width", "length"), [(3, 3, 128, 116), (1, 2, 64, 31), (2, 4, 96, 300)])
def test_the_graph_of_a_predicting_module_gives_the_same_importance(
    layers: int, heads: int, width: int, length: int
) -> None:
    torch.manual_seed(3)
    predictor = Predictor(width, layers, heads, feed_forward_width=80).eval()
    for parameter in predictor.parameters():
        torch.nn.init.normal_(parameter, std=0.15)
    weights = weights_of(predictor)
    assert {name: value.shape for name, value in weights.items()} == predictor_shapes(width, layers, heads, 80)
    frames = torch.randn(5, width, length)
    expected = predictor.importance(frames.transpose(1, 2)).numpy()
    found = Graph(importance_graph(weights, width, length, heads))(frames=frames.numpy())
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)
