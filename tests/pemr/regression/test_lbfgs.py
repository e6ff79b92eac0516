"""L-BFGS finds lowest points, and takes the steps of torch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pemr.regression.lbfgs import minimise


def rosenbrock(numbers: np.ndarray) -> tuple[float, np.ndarray]:
    """A bent valley whose lowest point is 1 everywhere."""
    x, y = numbers[:-1], numbers[1:]
    gradient = np.zeros_like(numbers)
    gradient[:-1] = -400 * x * (y - x**2) - 2 * (1 - x)
    gradient[1:] += 200 * (y - x**2)
    return float((100 * (y - x**2) ** 2 + (1 - x) ** 2).sum()), gradient


def by_torch(start: np.ndarray, steps: int) -> np.ndarray:
    numbers = torch.from_numpy(start.copy()).requires_grad_(True)
    optimizer = torch.optim.LBFGS([numbers], max_iter=steps, tolerance_change=1e-6, line_search_fn="strong_wolfe")

    def closure() -> float:
        value, gradient = rosenbrock(numbers.detach().numpy())
        numbers.grad = torch.from_numpy(gradient)
        return value

    optimizer.step(closure)
    return numbers.detach().numpy()


@pytest.mark.parametrize("steps", [2, 5, 12])
@pytest.mark.parametrize("numbers", [2, 7])
def test_the_first_steps_are_those_of_torch(numbers: int, steps: int) -> None:
    start = np.linspace(-1.2, 0.8, numbers).astype(np.float32)
    np.testing.assert_allclose(minimise(rosenbrock, start, steps), by_torch(start, steps), atol=2e-3)


@pytest.mark.parametrize("numbers", [2, 7, 40])
def test_the_lowest_point_of_a_bent_valley_is_found(numbers: int) -> None:
    start = np.full(numbers, 0.5, np.float32)
    np.testing.assert_allclose(minimise(rosenbrock, start, 500), 1.0, atol=0.02)


def test_nothing_moves_where_it_is_flat() -> None:
    start = np.ones(5, np.float32)
    assert np.array_equal(minimise(rosenbrock, start, 100), start)


def test_a_parabola_takes_few_steps() -> None:
    asked = 0

    def parabola(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal asked
        asked += 1
        return float((numbers**2).sum()), 2 * numbers

    assert np.abs(minimise(parabola, np.arange(50, dtype=np.float32), 100)).max() < 1e-3
    assert asked < 12
