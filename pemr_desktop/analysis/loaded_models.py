"""The ear of a worker: the encoder, the cover search and the vector index, each loaded when it is first needed.

Nothing here loads ONNX Runtime or faiss until a job asks for it, so that the worker is ready at once.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from pemr_desktop.analysis.models import candidates, describe, load_encoder
from pemr_desktop.analysis.tag_tuning import with_tuned_heads
from pemr_desktop.analysis.vector_index import VectorIndex, cover_cache, open_index
from pemr_desktop.library import queries
from pemr_desktop.paths import Paths

if TYPE_CHECKING:
    from pemr.embed import Encoder
    from pemr_desktop.analysis.covers.search import CoverSearch
    from pemr_desktop.library.library import Library

log = logging.getLogger(__name__)


class LoadedModels:
    """Shared by the lanes of a worker. `model` overrides which model listens."""

    def __init__(self, paths: Paths, model: Path | None = None) -> None:
        self._paths = paths
        self._model = model
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None  # as it was shipped
        self._encoder_stamp: tuple[Path, int, int] | None = None
        self._covers_lock = threading.Lock()
        self._covers: CoverSearch | None = None
        self._versions_per_track: float | None = None
        self._vectors_lock = threading.Lock()
        self._vectors: VectorIndex | None = None

    def encoder(self, library: Library) -> Encoder:
        """The encoder of the active model, known to the library and active from here on. Raises `ModelUnusable`.

        It works on one core: several tracks at a time are faster than one track on several cores.
        """
        with self._lock:
            active = library.read(queries.active_model)
            paths = candidates(active, self._model)
            if self._encoder is None or self._encoder_stamp != _stamp(paths[0]):
                self._encoder, path = load_encoder(paths)
                self._encoder_stamp = _stamp(path)
                log.info("Listening with model %s from %s", self._encoder.model_id, path)
            encoder = with_tuned_heads(library, self._encoder)
            assert self._encoder_stamp is not None
            path = self._encoder_stamp[0]
            if active is None or active.id != encoder.model_id or Path(os.fsdecode(active.path)) != path:
                library.register_model(describe(encoder, path))
                library.activate_model(encoder.model_id)
            return encoder

    def shipped(self, library: Library) -> Encoder:
        """The encoder of the active model with the tag heads of its file. Raises `ModelUnusable`."""
        self.encoder(library)
        with self._lock:
            assert self._encoder is not None
            return self._encoder

    def covers(self, library: Library, *, count_versions: bool = False) -> CoverSearch:
        """The cover search over all tracks that have been listened to, up to date, fitted to the library if it was.

        `count_versions`: other pairs were found, so the prior is estimated anew.
        """
        from pemr.covers.alignment.features import FEATURE_VERSION, HEADER
        from pemr_desktop.analysis.covers.calibration import calibration_in_use
        from pemr_desktop.analysis.covers.prior import versions_per_track_in, with_prior
        from pemr_desktop.analysis.covers.search import CoverSearch
        from pemr_desktop.analysis.covers.shortlist import CoverShortlist, bundled_network

        with self._covers_lock:
            if self._covers is None:
                network = bundled_network()
                cache = cover_cache(self._paths.vectors_dir, library.path)
                self._covers = CoverSearch(shortlist=CoverShortlist(network, cache) if network is not None else None)
            self._covers.bring_up_to_date(
                library.cover_stamps(FEATURE_VERSION, HEADER.size),
                lambda track_id: library.cover_features_of(track_id, FEATURE_VERSION),
                lambda: library.cover_features(FEATURE_VERSION),
            )
            score_model, layer = calibration_in_use(library, self._covers.fusion)
            if self._versions_per_track is None or count_versions:
                self._versions_per_track = versions_per_track_in(library, self._covers.candidates, score_model)
            self._covers.use(with_prior(score_model, self._versions_per_track), layer)
            return self._covers

    def neighbours(self, library: Library, model_id: str) -> VectorIndex:
        """The vector index of a model over all tracks it has listened to, up to date."""
        with self._vectors_lock:
            generation = library.generation()
            index = self._vectors
            if index is None or (index.model_id, index.generation) != (model_id, generation):
                index = self._vectors = open_index(
                    self._paths.vectors_dir, library.path, model_id, generation, lambda: library.vectors(model_id)
                )
            return index


def _stamp(path: Path) -> tuple[Path, int, int] | None:
    """What changes when a file is replaced; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return path, status.st_mtime_ns, status.st_size
