"""Weighted soft-label regression with a pull towards earlier heads."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pemr.regression.logistic import Linear, fit, folds_of


def music(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors and whether each of two tags is true: tag 0 follows dimension 0, tag 1 dimension 1."""
    vectors = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return vectors, (vectors[:, :2] > 0).astype(np.float32)


def agreement(heads: Linear, seed: int = 9) -> np.ndarray:
    vectors, truth = music(2000, seed)
    return np.asarray(((heads.scores(vectors) > 0) == truth).mean(axis=0))


def test_each_tag_is_learned() -> None:
    assert (agreement(fit(*music(300, 1), 0.003)) > 0.95).all()


def test_a_strong_pull_keeps_the_earlier_heads_and_a_weak_one_lets_them_go() -> None:
    vectors, truth = music(300, 1)
    earlier = Linear(np.eye(8, dtype=np.float32)[[1, 0]], np.zeros(2, np.float32))
    held = fit(vectors, truth, 1e4, prior=earlier)
    np.testing.assert_allclose(held.weight, earlier.weight, atol=1e-3)
    assert (agreement(fit(vectors, truth, 0.01, prior=earlier)) > 0.9).all()


def test_a_tag_nobody_has_an_opinion_on_stays_as_it_was() -> None:
    vectors, truth = music(200, 1)
    weights = np.ones_like(truth)
    weights[:, 1] = 0
    earlier = Linear(np.full((2, 8), 0.25, np.float32), np.array([0.5, -0.5], np.float32))
    heads = fit(vectors, truth, 0.01, weights, earlier)
    np.testing.assert_allclose(heads.weight[1], earlier.weight[1], atol=1e-6)
    assert heads.bias[1] == pytest.approx(-0.5, abs=1e-5)
    assert not np.allclose(heads.weight[0], earlier.weight[0], atol=0.1)


def test_a_person_outweighs_a_teacher_who_says_the_opposite() -> None:
    vectors, truth = music(200, 1)
    labels = np.concatenate([truth, 1 - truth])
    weights = np.concatenate([np.full((200, 1), 10.0), np.ones((200, 1))]).astype(np.float32)
    assert (agreement(fit(np.concatenate([vectors, vectors]), labels, 0.01, weights)) > 0.9).all()


@pytest.mark.parametrize("with_prior", [False, True])
def test_torch_finds_the_same_heads(with_prior: bool) -> None:
    draw = np.random.default_rng(4)
    vectors = (draw.normal(size=(400, 24)) @ draw.normal(size=(24, 24)) + draw.normal(size=24)).astype(np.float32)
    labels = draw.random((400, 5)).astype(np.float32) ** 3
    weights = draw.uniform(0.1, 2.0, (400, 5)).astype(np.float32)
    prior = Linear(draw.normal(0.0, 0.05, (5, 24)).astype(np.float32), np.zeros(5, np.float32)) if with_prior else None
    found = fit(vectors, labels, 0.01, weights, prior)
    expected = fit_by_torch(vectors, labels, 0.01, weights, prior)
    np.testing.assert_allclose(found.scores(vectors), expected.scores(vectors), atol=0.02)


def fit_by_torch(
    vectors: np.ndarray, labels: np.ndarray, penalty: float, weights: np.ndarray, prior: Linear | None
) -> Linear:
    """The same loss in float64, by torch's own L-BFGS to the end."""
    share = weights.mean(axis=1, keepdims=True) / weights.mean(axis=1).sum()
    centre = (vectors * share).sum(axis=0)
    scale = np.sqrt((np.square(vectors - centre) * share).sum(axis=0))
    inputs, targets = (torch.from_numpy(rows.astype(np.float64)) for rows in ((vectors - centre) / scale, labels))
    shares = torch.from_numpy(weights.astype(np.float64) / weights.sum(axis=0).max())
    goal = torch.zeros(labels.shape[1], vectors.shape[1], dtype=torch.float64)
    if prior is not None:
        goal = torch.from_numpy((prior.weight * scale).astype(np.float64))
    weight, bias = goal.clone().requires_grad_(True), torch.zeros(len(goal), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=1000, tolerance_change=1e-14, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        scores = inputs @ weight.T + bias
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(scores, targets, reduction="none")
        loss = (entropy * shares).sum() + penalty / 2 * (weight - goal).square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    raw = weight.detach().numpy() / scale
    return Linear(raw.astype(np.float32), (bias.detach().numpy() - raw @ centre).astype(np.float32))


def test_folds_keep_groups_together_and_are_of_about_the_same_size() -> None:
    groups = ["a"] * 6 + ["b"] * 3 + ["c"] * 3 + ["d"] * 1
    folds = folds_of(groups, 3)
    assert all(len(set(folds[[i for i, g in enumerate(groups) if g == name]])) == 1 for name in "abcd")
    assert sorted(np.bincount(folds)) == [3, 4, 6]
    assert set(folds_of(["only"] * 3, 5)) == {0}
