"""The points of one curve of a training, bounded however long it runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

MAX_POINTS = 1000
SMOOTHED_SHARE = 0.02


@dataclass
class Curve:
    """Points of one series. When there are too many, neighbours are joined to their mean, evenly over the whole."""

    name: str
    smooth: bool = True
    points: list[tuple[float, float]] = field(default_factory=list)
    stride: int = 1
    """How many values a point stands for."""
    joined: int = 0
    """How many values the last point holds by now."""

    def add(self, x: float, y: float) -> None:
        """Append a value; one that is no number is left out."""
        if not math.isfinite(y):
            return
        if 0 < self.joined < self.stride:
            mean = self.points[-1][1]
            self.joined += 1
            self.points[-1] = (x, mean + (y - mean) / self.joined)
        else:
            self.points.append((x, y))
            self.joined = 1
        if len(self.points) >= MAX_POINTS and self.joined == self.stride:
            pairs = zip(self.points[::2], self.points[1::2], strict=True)
            self.points = [(later[0], (earlier[1] + later[1]) / 2) for earlier, later in pairs]
            self.stride *= 2
            self.joined = self.stride

    def cut_after(self, x: float) -> None:
        """Forget what came later than x: the training went back to there."""
        self.points = [point for point in self.points if point[0] <= x]
        self.joined = self.stride

    def smoothed(self) -> list[tuple[float, float]]:
        """The curve without its noise: an exponential mean from both ends, so that it neither lags nor leads."""
        if not self.smooth or len(self.points) < 20:
            return self.points
        keep = 1 - 1 / max(3.0, SMOOTHED_SHARE * len(self.points))
        values = [y for _, y in self.points]
        forth = _exponential_mean(values, keep)
        back = _exponential_mean(values[::-1], keep)[::-1]
        return [(x, (a + b) / 2) for (x, _), a, b in zip(self.points, forth, back, strict=True)]


def _exponential_mean(values: list[float], keep: float) -> list[float]:
    """Values (n,) -> running mean (n,) that forgets by the factor `keep` a step; unbiased at its start."""
    mean, weight, means = 0.0, 0.0, []
    for value in values:
        mean = keep * mean + (1 - keep) * value
        weight = keep * weight + (1 - keep)
        means.append(mean / weight)
    return means
