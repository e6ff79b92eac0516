"""How much each kind of evidence counts: logistic regression of a few weights with a prior, by Newton's method."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STEPS = 40
SMALLEST_STEP = 1e-10


def fit_evidence(
    rows: Floats,
    truth: Floats,
    centre: Floats,
    spread: Floats,
    *,
    counts: Floats | None = None,
    odds: float = 0.0,
    least: Floats | None = None,
) -> Floats:
    """Evidence (n, k) and truth (n,) of 0 and 1 -> the likeliest weights (k,), normal around `centre` before.

    `counts`: how many cases each row stands for; `odds`: log-odds before any evidence; `least`: no weight below that.
    """
    weights = centre.copy()
    cases = np.ones(len(rows)) if counts is None else counts
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(rows @ weights + odds, -60.0, 60.0)))
        slope = rows.T @ (cases * (truth - chance)) - (weights - centre) / spread**2
        bend = (rows * (cases * chance * (1 - chance))[:, None]).T @ rows + np.diag(1 / spread**2)
        step = np.linalg.solve(bend, slope)
        longest = float(np.abs(step / np.minimum(spread, 1.0)).max())
        weights = weights + step / max(1.0, longest)
        if least is not None:
            weights = np.maximum(weights, least)
        if longest < SMALLEST_STEP:
            break
    return weights
