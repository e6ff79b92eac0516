"""A small network in the cover search: the similarity of two tracks, and which of a large library to align.

It takes the stored features, so no track is analysed again. Vectors are kept in a cache beside the library's
others; a track whose features or whose network changed gets new ones.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.networks.frames import chroma_frames, shingle_vectors
from pemr.covers.networks.network_file import TrainedNetwork, load_network
from pemr.covers.networks.shortlist import VersionIndex
from pemr.covers.networks.similarity import both_ways
from pemr.covers.scores.fusion import ScoreFusion
from pemr.durable_files import replace_whole
from pemr.errors import ModelMismatch
from pemr_desktop.analysis.covers.projection import ProjectionLayer, fusion_with
from pemr_desktop.errors import ResourceMissing
from pemr_desktop.resources import resource
from pemr_desktop.steps import Progress, Step

log = logging.getLogger(__name__)

NETWORK = ("models", "covers.safetensors")
SAVED_EVERY = 500

Vectors = npt.NDArray[np.float16]
Vectors32 = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float32]
Cancelled = Callable[[], bool]


class _Kept(msgspec.Struct, frozen=True):
    """Vectors (n, width) float16 of one track, and the digest of the features that they were made of."""

    features: bytes
    vectors: bytes


class _Cache(msgspec.Struct, frozen=True):
    network_id: str
    width: int
    tracks: dict[int, _Kept]


def bundled_network() -> TrainedNetwork | None:
    """The network that comes with the program; None if this build has none, and then every track is aligned."""
    try:
        return load_network(resource(*NETWORK))
    except ResourceMissing:
        return None
    except ModelMismatch as error:
        log.error("Covers are searched without a shortlist: %s", error)
        return None


class CoverShortlist:
    """Not safe for several threads at once: the cover search guards it."""

    def __init__(self, network: TrainedNetwork, cache: Path | None = None) -> None:
        self._network = network
        self._cache = cache
        self._kept: dict[int, _Kept] = _read(cache, network) if cache is not None else {}
        self._ready: dict[int, Vectors] = {}
        self._asked: tuple[bytes, Vectors] | None = None
        self._index = VersionIndex(network.network.width)
        self._layer: ProjectionLayer | None = None

    @property
    def network_id(self) -> str:
        """What the vectors depend on."""
        return self._network.network_id

    @property
    def layer(self) -> ProjectionLayer | None:
        """The last layer if it is not the shipped one."""
        return self._layer

    def use(self, layer: ProjectionLayer | None) -> ScoreFusion | None:
        """Measure similarity with another last layer from now on -> its fusion with alignment.

        What is worth aligning is chosen as before. A layer of another network counts for nothing.
        """
        self._layer = layer if layer is not None and layer.network_id == self.network_id else None
        return fusion_with(self.fusion, self._layer) if self.fusion is not None else None

    def vectors(
        self, tracks: Mapping[int, CoverFeatures], progress: Progress | None, cancelled: Cancelled | None
    ) -> dict[int, Vectors32] | None:
        """Embeddings of each track by the shipped network; None if cancelled while new tracks were taken in."""
        if not self._make_ready(tracks, progress, cancelled):
            return None
        return {track_id: self._ready[track_id].astype(np.float32) for track_id in tracks}

    @property
    def fusion(self) -> ScoreFusion | None:
        """How the network counts beside alignment; None if that was never calibrated."""
        return self._network.fusion

    def choose(
        self,
        query: CoverFeatures,
        tracks: Mapping[int, CoverFeatures],
        count: int,
        *,
        query_id: int | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> list[int] | None:
        """The `count` tracks most like the query, best first; None if cancelled while new tracks were taken in.

        `tracks` are all that are worth choosing from, the query among them if it is the track `query_id`.
        """
        if not self._make_ready(tracks, progress, cancelled):
            return None
        self._index.remove([track_id for track_id in self._ready if track_id not in tracks])
        if len(self._kept) > 2 * len(tracks):
            self._kept = {track_id: kept for track_id, kept in self._kept.items() if track_id in tracks}
        for track_id in self._index.lacks(tracks.keys()):
            self._index.add(track_id, self._ready[track_id].astype(np.float32))
        itself = () if query_id is None else (query_id,)
        return self._index.best(self._query(query, query_id), self._ready, count, itself)

    def similarity(
        self,
        query: CoverFeatures,
        tracks: Sequence[tuple[int, CoverFeatures]],
        *,
        query_id: int | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Scores | None:
        """Mean cosine (n,) of the best matching half minutes of a query and each track; None if cancelled before."""
        asked = {} if query_id is None else {query_id: query}
        if not self._make_ready({**asked, **dict(tracks)}, progress, cancelled):
            return None
        if not tracks:
            return np.zeros(0, np.float32)
        references = [self._ready[track_id].astype(np.float32) for track_id, _ in tracks]
        asking = self._query(query, query_id)
        if self._layer is not None:
            asking, references = self._layer.apply(asking), [self._layer.apply(vectors) for vectors in references]
        return both_ways(asking, references)

    def _query(self, features: CoverFeatures, track_id: int | None) -> Scores:
        """Vectors (n, width) of what is asked for. Of a file outside the library the last ones are remembered."""
        if track_id in self._ready:
            return self._ready[track_id].astype(np.float32)
        digest = _digest(features)
        if self._asked is None or self._asked[0] != digest:
            self._asked = digest, self._embed(features)
        return self._asked[1].astype(np.float32)

    def _embed(self, features: CoverFeatures) -> Vectors:
        return shingle_vectors(self._network.network, chroma_frames(features)).astype(np.float16)

    def _make_ready(
        self, tracks: Mapping[int, CoverFeatures], progress: Progress | None, cancelled: Cancelled | None
    ) -> bool:
        """Have vectors of all these tracks; False if cancelled."""
        missing = [track_id for track_id in tracks if track_id not in self._ready]
        fresh = 0
        for done, track_id in enumerate(missing):
            digest = _digest(tracks[track_id])
            kept = self._kept.get(track_id)
            if kept is None or kept.features != digest:
                if cancelled is not None and cancelled():
                    self._save()
                    return False
                if progress is not None:
                    progress(done, len(missing), Step("preparing search"))
                kept = self._kept[track_id] = _Kept(digest, self._embed(tracks[track_id]).tobytes())
                fresh += 1
                if fresh % SAVED_EVERY == 0:
                    self._save()
            self._ready[track_id] = np.frombuffer(kept.vectors, np.float16).reshape(-1, self._network.network.width)
        if fresh:
            self._save()
        return True

    def forget(self, track_id: int) -> None:
        """A track is gone or has new features."""
        self._ready.pop(track_id, None)
        self._index.remove([track_id])

    def _save(self) -> None:
        if self._cache is None:
            return
        content = msgspec.msgpack.encode(_Cache(self._network.network_id, self._network.network.width, self._kept))
        try:
            replace_whole(self._cache, content)
        except OSError as error:
            log.warning("What the cover search has made ready could not be kept in %s: %s", self._cache, error)


def _read(cache: Path, network: TrainedNetwork) -> dict[int, _Kept]:
    try:
        found = msgspec.msgpack.decode(cache.read_bytes(), type=_Cache)
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as error:
        log.info("The vectors of the cover search are made anew: %s", error)
        return {}
    if (found.network_id, found.width) != (network.network_id, network.network.width):
        log.info("The vectors of the cover search are made anew: they are of another network")
        return {}
    return found.tracks


def _digest(features: CoverFeatures) -> bytes:
    return hashlib.blake2b(features.packed.tobytes(), digest_size=8).digest()
