"""The vector index behind “More like this”: nearest tracks by sound.

The index on disk is a cache. Its manifest says what it was made of; on any difference it is made anew from the
library. Vectors of two models are never in one index.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.durable_files import replace_whole

log = logging.getLogger(__name__)

FORMAT = 1
EXACT_UP_TO = 300_000
LISTS_PER_SQRT = 4
CODE_BYTES = 64
PROBED_LISTS = 32

Vectors = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


class Manifest(msgspec.Struct, frozen=True):
    """What an index was made of, and the digest of its file."""

    format: int
    library: str
    model_id: str
    dimension: int
    count: int
    generation: int
    digest: str


@dataclass(frozen=True)
class VectorIndex:
    """Unit vectors of all tracks with one model, ready to be searched by cosine."""

    model_id: str
    generation: int
    count: int
    _faiss_index: Any

    def nearest(self, vector: Vectors, count: int, exclude: Iterable[int] = ()) -> list[tuple[int, float]]:
        """(track id, cosine) of the tracks nearest to vector (d,), nearest first, without those excluded."""
        left_out = set(exclude)
        wanted = min(self.count, count + len(left_out))
        if not wanted:
            return []
        cosines, ids = self._faiss_index.search(_units(vector[None, :]), wanted)
        found = ((int(id_), float(cosine)) for id_, cosine in zip(ids[0], cosines[0], strict=True) if id_ >= 0)
        return [(id_, cosine) for id_, cosine in found if id_ not in left_out][:count]


def open_index(
    folder: Path, library: Path, model_id: str, generation: int, vectors: Callable[[], tuple[Ids, Vectors]]
) -> VectorIndex:
    """The index of a model at a generation of the library: from the cache if it fits, else made and cached.

    A cache that cannot be read or written costs time, never the search.
    """
    stored = _read(folder, library, model_id, generation)
    if stored is not None:
        return stored
    ids, matrix = vectors()
    index = build(ids, matrix)
    try:
        _write(folder, library, model_id, generation, index)
    except OSError as error:
        log.warning("The vector index could not be kept in %s: %s", folder, error)
    return VectorIndex(model_id, generation, len(ids), index)


def build(ids: Ids, vectors: Vectors) -> Any:
    """A faiss index over vectors (n, d): exact up to a few hundred thousand, then IVF-PQ."""
    import faiss

    count, dimension = vectors.shape
    units = _units(vectors)
    index: Any
    if count <= EXACT_UP_TO:
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
    else:
        lists = int(LISTS_PER_SQRT * count**0.5)
        index = faiss.index_factory(dimension, f"IVF{lists},PQ{CODE_BYTES}", faiss.METRIC_INNER_PRODUCT)
        index.train(units)
        index.nprobe = PROBED_LISTS
    index.add_with_ids(units, np.ascontiguousarray(ids, np.int64))
    return index


def _units(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def cover_cache(folder: Path, library: Path) -> Path:
    """Where a library's vectors for the cover search are kept."""
    return _files(folder, library, "covers")[0].with_suffix(".msgpack")


def _files(folder: Path, library: Path, model_id: str) -> tuple[Path, Path]:
    """Index and manifest: one pair for every library and model."""
    name = hashlib.blake2b(os.fsencode(library.absolute()), digest_size=6).hexdigest() + "-" + model_id
    return folder / f"{name}.faiss", folder / f"{name}.json"


def _read(folder: Path, library: Path, model_id: str, generation: int) -> VectorIndex | None:
    index_file, manifest_file = _files(folder, library, model_id)
    try:
        manifest = msgspec.json.decode(manifest_file.read_bytes(), type=Manifest)
        content = index_file.read_bytes()
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        log.info("The vector index is made anew: %s", error)
        return None
    expected = Manifest(
        FORMAT, _name(library), model_id, manifest.dimension, manifest.count, generation, _digest(content)
    )
    if manifest != expected:
        log.info("The vector index is made anew: it is not of this state of the library")
        return None
    import faiss

    index = faiss.deserialize_index(np.frombuffer(content, np.uint8))
    if (index.d, index.ntotal) != (manifest.dimension, manifest.count):
        log.warning("The vector index is made anew: it is not what its manifest says")
        return None
    return VectorIndex(model_id, generation, manifest.count, index)


def _write(folder: Path, library: Path, model_id: str, generation: int, index: Any) -> None:
    """Index first, manifest last: a manifest never speaks of an index that is not there."""
    import faiss

    content = faiss.serialize_index(index).tobytes()
    manifest = Manifest(FORMAT, _name(library), model_id, int(index.d), int(index.ntotal), generation, _digest(content))
    index_file, manifest_file = _files(folder, library, model_id)
    replace_whole(index_file, content)
    replace_whole(manifest_file, msgspec.json.encode(manifest))


def _name(library: Path) -> str:
    return os.fsencode(library.absolute()).decode("utf-8", "replace")


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
