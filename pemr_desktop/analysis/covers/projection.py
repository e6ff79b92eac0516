"""A last layer for the cover network, fitted to a library: directions in which known versions differ count less.

It is a linear projection of embeddings that are there already (within-class whitening), so no track is analysed again.
The fewer versions are known the closer it stays to the layer that was shipped, which is the identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.networks.similarity import both_ways
from pemr.covers.scores.fusion import ScoreFusion
from pemr.covers.scores.normalisation import CohortStatistics, ScoreModel, robust_deviation
from pemr_desktop.library.versions.known_pairs import KnownPair

Vectors = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Pair = tuple[int, int]

RIDGE_VERSIONS = 300.0
"""The shipped layer counts as much as so many known versions, each beside the first of its work."""
MIN_DEVIATION = 1e-6


class ProjectionLayer(msgspec.Struct, frozen=True):
    """`matrix` (width, width) float32, row by row: vectors of the network with that id -> vectors of this library.

    `similarity_centre` and `similarity_deviation`: of the cosines of non-versions after it, as in `ScoreFusion`; a
    library keeps them under the names that they were first stored with.
    """

    network_id: str
    width: int
    matrix: bytes
    similarity_centre: float = msgspec.field(name="likeness_middle")
    similarity_deviation: float = msgspec.field(name="likeness_spread")

    def apply(self, vectors: Vectors) -> Vectors:
        """Unit vectors (n, width) -> unit vectors (n, width)."""
        rows = np.frombuffer(self.matrix, np.float32).reshape(self.width, self.width)
        projected = vectors @ rows.T
        lengths = np.linalg.norm(projected, axis=1, keepdims=True)
        found: Vectors = (projected / np.maximum(lengths, MIN_DEVIATION)).astype(np.float32)
        return found


def fusion_with(shipped: ScoreFusion, layer: ProjectionLayer | None) -> ScoreFusion:
    """How the network counts once its last layer is another."""
    if layer is None:
        return shipped
    return msgspec.structs.replace(
        shipped, similarity_centre=layer.similarity_centre, similarity_deviation=layer.similarity_deviation
    )


@dataclass(frozen=True)
class TrackEmbeddings:
    """Vectors (n, width) of tracks by the shipped network, among them those of the `cohort` to normalise against."""

    network_id: str
    vectors: Mapping[int, Vectors]
    cohort: Sequence[int]
    fusion: ScoreFusion
    score_model: ScoreModel

    def holds(self, pair: KnownPair) -> bool:
        """Whether both tracks are among these."""
        return pair.track_a in self.vectors and pair.track_b in self.vectors

    def fit(self, versions: Mapping[Pair, float]) -> ProjectionLayer:
        """The layer for these versions; a pair's weight says how many independent ones it counts for."""
        width = next(iter(self.vectors.values())).shape[1]
        scatter = np.zeros((width, width))
        for (track_a, track_b), weight in versions.items():
            scatter += weight * difference_scatter(self.vectors[track_a], self.vectors[track_b])
        count = sum(versions.values())
        size = float(np.trace(scatter)) / width
        within = scatter / size if size > 0 else np.eye(width)
        values, axes = np.linalg.eigh((count * within + RIDGE_VERSIONS * np.eye(width)) / (count + RIDGE_VERSIONS))
        matrix = (axes * values**-0.5) @ axes.T
        layer = ProjectionLayer(self.network_id, width, matrix.astype(np.float32).tobytes(), 0.0, 1.0)
        return self._measured(layer)

    def _measured(self, layer: ProjectionLayer) -> ProjectionLayer:
        """The layer with the cosines that the tracks of the cohort reach with one another by it."""
        projected = [layer.apply(self.vectors[track]) for track in self.cohort]
        cosines = np.concatenate(
            [both_ways(own, projected[:index] + projected[index + 1 :]) for index, own in enumerate(projected)]
        )
        return msgspec.structs.replace(
            layer,
            similarity_centre=float(np.median(cosines)),
            similarity_deviation=max(MIN_DEVIATION, robust_deviation(cosines.astype(np.float64))),
        )

    def network_scores(self, pairs: Sequence[Pair], layer: ProjectionLayer | None) -> Floats:
        """What the network adds to the normalised scores of these pairs (p,), with this last layer."""
        fusion = fusion_with(self.fusion, layer)
        vectors = self.vectors if layer is None else {track: layer.apply(own) for track, own in self.vectors.items()}
        statistics: dict[int, CohortStatistics] = {}
        for track in {track for pair in pairs for track in pair}:
            others = [vectors[member] for member in self.cohort if member != track]
            scores = fusion.standardised(both_ways(vectors[track], others)) if others else np.zeros(0)
            statistics[track] = self.score_model.cohort_statistics(scores)
        found = np.zeros(len(pairs))
        for index, (a, b) in enumerate(pairs):
            score = float(fusion.standardised(both_ways(vectors[a], [vectors[b]]))[0])
            found[index] = 0.5 * (statistics[a].normalised_score(score) + statistics[b].normalised_score(score))
        return self.fusion.fine.scale * self.fusion.fine.weight * found


def difference_scatter(a: Vectors, b: Vectors) -> Floats:
    """(n, width), (m, width) -> (width, width): how the half minutes of a differ from the most similar ones of b."""
    cosines = a @ b.T
    there = (a - b[cosines.argmax(axis=1)]).astype(np.float64)
    back = (b - a[cosines.argmax(axis=0)]).astype(np.float64)
    scatter: Floats = 0.5 * (there.T @ there / len(there) + back.T @ back / len(back))
    return scatter
