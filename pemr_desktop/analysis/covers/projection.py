"""A last layer for the cover network, fitted to a library: directions in which known versions differ count less.

It is a linear map of vectors that are there already, so no track is listened to again. The fewer versions are known
the closer it stays to the layer that was shipped, which is the map that changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.networks.similarity import both_ways
from pemr.covers.scores.fusion import Joining
from pemr.covers.scores.normalisation import Background, Habit, robust_deviation
from pemr_desktop.library.versions.known_pairs import KnownPair

Vectors = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Pair = tuple[int, int]

RIDGE_VERSIONS = 300.0
"""The shipped layer counts as much as so many known versions, each beside the first of its work."""
LEAST_SPREAD = 1e-6


class TaughtLayer(msgspec.Struct, frozen=True):
    """`matrix` (width, width) float32, row by row: vectors of the network with that id -> vectors of this library.

    `likeness_middle` and `likeness_spread`: of the cosines of strangers after it, as in `Joining`.
    """

    network_id: str
    width: int
    matrix: bytes
    likeness_middle: float
    likeness_spread: float

    def apply(self, vectors: Vectors) -> Vectors:
        """Unit vectors (n, width) -> unit vectors (n, width)."""
        rows = np.frombuffer(self.matrix, np.float32).reshape(self.width, self.width)
        turned = vectors @ rows.T
        lengths = np.linalg.norm(turned, axis=1, keepdims=True)
        found: Vectors = (turned / np.maximum(lengths, LEAST_SPREAD)).astype(np.float32)
        return found


def joining_with(shipped: Joining, layer: TaughtLayer | None) -> Joining:
    """How the network counts once its last layer is another."""
    if layer is None:
        return shipped
    return msgspec.structs.replace(
        shipped, likeness_middle=layer.likeness_middle, likeness_spread=layer.likeness_spread
    )


@dataclass(frozen=True)
class HeardTracks:
    """Vectors (n, width) of tracks as the shipped network hears them, among them those of `strangers`.

    `strangers`: tracks that show what others reach with music that has nothing to do with them.
    """

    network_id: str
    vectors: Mapping[int, Vectors]
    strangers: Sequence[int]
    joining: Joining
    background: Background

    def holds(self, pair: KnownPair) -> bool:
        """Whether both tracks are among these."""
        return pair.track_a in self.vectors and pair.track_b in self.vectors

    def fit(self, versions: Mapping[Pair, float]) -> TaughtLayer:
        """The layer for these versions; a pair's weight says how many independent ones it counts for."""
        width = next(iter(self.vectors.values())).shape[1]
        scatter = np.zeros((width, width))
        for (track_a, track_b), weight in versions.items():
            scatter += weight * difference_scatter(self.vectors[track_a], self.vectors[track_b])
        count = sum(versions.values())
        size = float(np.trace(scatter)) / width
        bent = scatter / size if size > 0 else np.eye(width)
        values, axes = np.linalg.eigh((count * bent + RIDGE_VERSIONS * np.eye(width)) / (count + RIDGE_VERSIONS))
        matrix = (axes * values**-0.5) @ axes.T
        layer = TaughtLayer(self.network_id, width, matrix.astype(np.float32).tobytes(), 0.0, 1.0)
        return self._measured(layer)

    def _measured(self, layer: TaughtLayer) -> TaughtLayer:
        """The layer with what strangers reach by it."""
        turned = [layer.apply(self.vectors[track]) for track in self.strangers]
        cosines = np.concatenate(
            [both_ways(own, turned[:place] + turned[place + 1 :]) for place, own in enumerate(turned)]
        )
        return msgspec.structs.replace(
            layer,
            likeness_middle=float(np.median(cosines)),
            likeness_spread=max(LEAST_SPREAD, robust_deviation(cosines.astype(np.float64))),
        )

    def above(self, pairs: Sequence[Pair], layer: TaughtLayer | None) -> Floats:
        """What the network adds to how far these pairs lie above strangers (p,), with this last layer."""
        joining = joining_with(self.joining, layer)
        turned = self.vectors if layer is None else {track: layer.apply(own) for track, own in self.vectors.items()}
        habits: dict[int, Habit] = {}
        for track in {track for pair in pairs for track in pair}:
            others = [turned[stranger] for stranger in self.strangers if stranger != track]
            excesses = joining.excess(both_ways(turned[track], others)) if others else np.zeros(0)
            habits[track] = self.background.habit(excesses)
        found = np.zeros(len(pairs))
        for place, (track_a, track_b) in enumerate(pairs):
            excess = float(joining.excess(both_ways(turned[track_a], [turned[track_b]]))[0])
            found[place] = 0.5 * (habits[track_a].above(excess) + habits[track_b].above(excess))
        return self.joining.closely.scale * self.joining.closely.weight * found


def difference_scatter(one: Vectors, other: Vectors) -> Floats:
    """(n, width), (m, width) -> (width, width): how the half minutes of one differ from the most alike of the other."""
    cosines = one @ other.T
    there = (one - other[cosines.argmax(axis=1)]).astype(np.float64)
    back = (other - one[cosines.argmax(axis=0)]).astype(np.float64)
    scatter: Floats = 0.5 * (there.T @ there / len(there) + back.T @ back / len(back))
    return scatter
