"""Minimise a smooth function of many numbers: limited-memory BFGS with a line search to the strong Wolfe conditions.

Nocedal and Wright 2006, algorithms 7.5, 3.5 and 3.6, with the limits and the cubic interpolation of torch's `LBFGS`, so
that both take the same steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Function = Callable[[Floats], tuple[float, Floats]]
"""Numbers (n,) -> the value there, and the gradient (n,)."""

MIN_GRADIENT = 1e-7
MIN_CHANGE = 1e-6
MIN_CURVATURE = 1e-10
MAX_TRIALS = 25
MIN_BRACKET = 1e-9
SUFFICIENT_DECREASE, SUFFICIENT_FLATNESS = 1e-4, 0.9
EDGE = 0.1
"""A trial that comes nearer than this share of a bracket to one of its ends is moved away from it."""


@dataclass(frozen=True)
class _Point:
    """What was found `step` times a direction away: the value, the gradient, and its slope along the direction."""

    step: float
    value: float
    gradient: Floats
    slope: float


def minimise(function: Function, start: Floats, max_steps: int) -> Floats:
    """The numbers (n,) from which no step lowers the function noticeably, or those after the last step allowed."""
    position = start.copy()
    value, gradient = function(position)
    history = _History(len(start))
    evaluations, max_evaluations = 1, max_steps * 5 // 4
    step = min(1.0, 1.0 / max(float(np.abs(gradient).sum()), 1e-30))
    for taken in range(1, max_steps + 1):
        if float(np.abs(gradient).max()) <= MIN_GRADIENT:
            break
        direction = history.direction(gradient)
        slope = float(gradient @ direction)
        if slope > -MIN_CHANGE:
            break
        line = _Line(function, position, direction)
        found = line.search(_Point(0.0, value, gradient, slope), step)
        change = np.float32(found.step) * direction
        gained = abs(found.value - value)
        history.add(change, found.gradient - gradient)
        position, value, gradient, step = position + change, found.value, found.gradient, 1.0
        evaluations += line.evaluations
        settled = float(np.abs(change).max()) <= MIN_CHANGE or gained < MIN_CHANGE
        if settled or taken == max_steps or evaluations >= max_evaluations:
            break
    return position


class _History:
    """The last steps and how the gradient changed over each, which stand for the curvature of the function."""

    def __init__(self, numbers: int, length: int = 100) -> None:
        self._length = length
        self._steps: list[tuple[Floats, Floats, float]] = []
        self._scale = 1.0

    def add(self, change: Floats, gradient_change: Floats) -> None:
        """A step that was taken; one that tells nothing of the curvature is left out."""
        curvature = float(gradient_change @ change)
        if curvature <= MIN_CURVATURE:
            return
        self._steps = [*self._steps[-self._length + 1 :], (change, gradient_change, 1.0 / curvature)]
        self._scale = curvature / float(gradient_change @ gradient_change)

    def direction(self, gradient: Floats) -> Floats:
        """Downhill, as far as the function would fall if it were as curved as it has been so far."""
        direction = -gradient
        shares = []
        for change, gradient_change, inverse in reversed(self._steps):
            share = np.float32(inverse * float(change @ direction))
            shares.append(share)
            direction = direction - share * gradient_change
        direction = direction * np.float32(self._scale)
        for (change, gradient_change, inverse), share in zip(self._steps, reversed(shares), strict=True):
            direction = direction + change * (share - np.float32(inverse * float(gradient_change @ direction)))
        return direction


class _Line:
    """The function along a direction from a position."""

    def __init__(self, function: Function, position: Floats, direction: Floats) -> None:
        self._function, self._position, self._direction = function, position, direction
        self._reach = float(np.abs(direction).max())
        self.evaluations = 0

    def at(self, step: float) -> _Point:
        """The function `step` times the direction away."""
        self.evaluations += 1
        value, gradient = self._function(self._position + np.float32(step) * self._direction)
        return _Point(step, value, gradient, float(gradient @ self._direction))

    def search(self, origin: _Point, step: float) -> _Point:
        """A point that lies low enough and where the function is flat enough, or the lowest that was found."""
        before, point = origin, self.at(step)
        for trial in range(MAX_TRIALS):
            if _too_high(point, origin) or (trial > 1 and point.value >= before.value):
                return self._narrowed(origin, before, point)
            if _flat_enough(point, origin):
                return point
            if point.slope >= 0:
                return self._narrowed(origin, before, point)
            bounds = point.step + 0.01 * (point.step - before.step), 10 * point.step
            before, point = point, self.at(_lowest_of_cubic(before, point, bounds))
        return point if point.value < origin.value else origin

    def _narrowed(self, origin: _Point, one: _Point, other: _Point) -> _Point:
        """The same between two points of which one lies lower and slopes down to the other."""
        low, high = (one, other) if one.value <= other.value else (other, one)
        hardly_moved = False
        while self.evaluations <= MAX_TRIALS and abs(high.step - low.step) * self._reach >= MIN_BRACKET:
            first, last = min(low.step, high.step), max(low.step, high.step)
            step, edge = _lowest_of_cubic(low, high, (first, last)), EDGE * (last - first)
            near = min(last - step, step - first) < edge
            if near and (hardly_moved or not first < step < last):
                step, near = (last - edge if last - step < step - first else first + edge), False
            hardly_moved = near
            point = self.at(step)
            if _too_high(point, origin) or point.value >= low.value:
                low, high = (low, point) if low.value <= point.value else (point, low)
            elif _flat_enough(point, origin):
                return point
            else:
                low, high = point, low if point.slope * (high.step - low.step) >= 0 else high
        return low


def _too_high(point: _Point, origin: _Point) -> bool:
    return point.value > origin.value + SUFFICIENT_DECREASE * point.step * origin.slope


def _flat_enough(point: _Point, origin: _Point) -> bool:
    return abs(point.slope) <= -SUFFICIENT_FLATNESS * origin.slope


def _lowest_of_cubic(one: _Point, other: _Point, bounds: tuple[float, float]) -> float:
    """The step, within bounds, at which the cubic through two points with their slopes is lowest; else their middle."""
    left, right = (one, other) if one.step <= other.step else (other, one)
    width = right.step - left.step
    bend = left.slope + right.slope - 3 * (right.value - left.value) / width
    square = bend * bend - left.slope * right.slope
    if square < 0:
        return sum(bounds) / 2
    root = math.sqrt(square)
    step = right.step - width * (right.slope + root - bend) / (right.slope - left.slope + 2 * root)
    return min(max(step, bounds[0]), bounds[1])
