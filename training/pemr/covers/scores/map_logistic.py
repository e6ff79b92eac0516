"""MAP estimate of a logistic regression of a few weights: normal prior around given weights, by Newton's method."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MAX_NEWTON_STEPS = 40
MIN_NEWTON_STEP = 1e-10


def fit_map_logistic(
    rows: Floats,
    labels: Floats,
    prior_mean: Floats,
    prior_deviation: Floats,
    *,
    counts: Floats | None = None,
    offset: float = 0.0,
    lower_bounds: Floats | None = None,
) -> Floats:
    """Predictors (n, k) and labels (n,) of 0 and 1 -> the most probable weights (k,), given their normal prior.

    `counts`: how many cases each row stands for; `offset`: log-odds beside the weighted sum; `lower_bounds` (k,): no
    weight falls below.
    """
    weights = prior_mean.copy()
    cases = np.ones(len(rows)) if counts is None else counts
    for _ in range(MAX_NEWTON_STEPS):
        probability = 1.0 / (1.0 + np.exp(-np.clip(rows @ weights + offset, -60.0, 60.0)))
        gradient = rows.T @ (cases * (labels - probability)) - (weights - prior_mean) / prior_deviation**2
        curvature = cases * probability * (1 - probability)
        hessian = (rows * curvature[:, None]).T @ rows + np.diag(1 / prior_deviation**2)
        step = np.linalg.solve(hessian, gradient)
        longest = float(np.abs(step / np.minimum(prior_deviation, 1.0)).max())
        weights = weights + step / max(1.0, longest)
        if lower_bounds is not None:
            weights = np.maximum(weights, lower_bounds)
        if longest < MIN_NEWTON_STEP:
            break
    return weights
