"""Which tracks of a large library are worth aligning: nearest half minutes by a cover network, in a faiss index.

Each track is there with a vector for every half minute, so that a short clip, a medley or a quotation is found too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from typing import Any

import numpy as np
import numpy.typing as npt

from pemr.covers.networks.similarity import both_ways

Vectors = npt.NDArray[np.float32]

MIN_PARTS_FOUND, PARTS_FOUND_PER_TRACK = 256, 4
SCORED_BOTH_WAYS = 1000
"""So many tracks nearest to the query are scored from their side too."""
ASKED_EVERY = 2
"""Every so manieth part of a query is asked of the index: half minutes overlap by half, so all is covered once."""
MATRIX_PRODUCT_FROM = 4
"""So many parts of a query are compared by one matrix product; some builds of faiss only do so from 128,000 on."""


class VersionIndex:
    """Unit vectors (n, width) of the parts of tracks. Tracks come and go one by one.

    In single precision: half of it would take half the memory and four times as long, for lack of a matrix product.
    """

    def __init__(self, width: int) -> None:
        import faiss

        faiss.cvar.distance_compute_blas_threshold = MATRIX_PRODUCT_FROM
        self._index: Any = faiss.IndexIDMap(faiss.IndexFlatIP(width))
        self._parts: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._parts)

    def __contains__(self, track_id: object) -> bool:
        return track_id in self._parts

    def lacks(self, track_ids: Set[int]) -> list[int]:
        """Those of them that are not there, in order."""
        return sorted(track_ids - self._parts.keys())

    @property
    def size_bytes(self) -> int:
        """What the vectors and their ids take."""
        return int(self._index.ntotal) * (4 * int(self._index.d) + 8)

    def add(self, track_id: int, vectors: Vectors) -> None:
        """Take a track in, or replace it."""
        self.remove([track_id])
        ids = np.full(len(vectors), track_id, np.int64)
        self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), ids)
        self._parts[track_id] = len(vectors)

    def remove(self, track_ids: Collection[int]) -> None:
        """Forget tracks; those that are not there count for nothing. One pass however many they are."""
        known = [track_id for track_id in track_ids if track_id in self._parts]
        if known:
            self._index.remove_ids(np.array(known, np.int64))
            for track_id in known:
                del self._parts[track_id]

    def best(
        self,
        query: Vectors,
        vectors: Mapping[int, npt.NDArray[np.floating]],
        count: int,
        exclude: Collection[int] = (),
    ) -> list[int]:
        """The `count` tracks most like a query (m, width) and it like them, best first; `vectors`: of every track.

        What the query finds in a track is asked of the index; what the track finds in the query, of the nearest only.
        """
        near = [track_id for track_id, _ in self.nearest(query[::ASKED_EVERY], max(SCORED_BOTH_WAYS, count), exclude)]
        if not near:
            return []
        similarity = both_ways(query, [np.asarray(vectors[track_id], np.float32) for track_id in near])
        return [near[index] for index in np.argsort(-similarity, kind="stable")[:count]]

    def nearest(self, query: Vectors, count: int, exclude: Collection[int] = ()) -> list[tuple[int, float]]:
        """(track id, similarity) of the tracks most like a query (m, width), best first, without those excluded.

        Similarity: mean over the query's parts of the best cosine to a part of the track. A part whose best lies below
        those that the index gives counts as the lowest of these.
        """
        total = int(self._index.ntotal)
        if not total or not len(query):
            return []
        wanted = min(total, max(MIN_PARTS_FOUND, PARTS_FOUND_PER_TRACK * (count + len(exclude))))
        cosines, ids = self._index.search(np.ascontiguousarray(query, np.float32), wanted)
        floor = cosines[:, -1]
        gained: dict[int, float] = {}
        for part, (row, owners) in enumerate(zip(cosines, ids, strict=True)):
            tracks, first = np.unique(owners, return_index=True)  # the first of a track is its best
            for track_id, index in zip(tracks.tolist(), first.tolist(), strict=True):
                gained[track_id] = gained.get(track_id, 0.0) + float(row[index] - floor[part])
        for track_id in exclude:
            gained.pop(track_id, None)
        base = float(floor.mean())
        best = sorted(gained.items(), key=lambda item: (-item[1], item[0]))[:count]
        return [(track_id, base + gain / len(query)) for track_id, gain in best]
