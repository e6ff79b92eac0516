"""The loaded models keep one cover search and bring it up to date from a real library."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pemr.covers.alignment.features import FEATURE_VERSION, HEADER, CoverFeatures
from pemr.embed import Encoder
from pemr_desktop.analysis.loaded_models import LoadedModels
from pemr_desktop.library.embeddings.analyses import TrackAnalysis
from pemr_desktop.library.library import Library
from pemr_desktop.paths import Paths


def features(seed: int) -> bytes:
    chroma = np.random.default_rng(seed).random((120, 12), np.float32)
    return CoverFeatures.of(chroma, 28.0, 0.001 * seed, 9.0).to_bytes()


def store(library: Library, encoder: Encoder, track_id: int, seed: int) -> None:
    vector = np.ones(512, np.float32)
    library.store_analyses(
        [
            TrackAnalysis(
                track_id=track_id,
                model_id=encoder.model_id,
                vector=vector,
                segments=vector[None],
                starts_s=np.zeros(1, np.float32),
                importance=np.ones(4, np.float32),
                importance_step_s=0.5,
                predictions=(),
                cover_features=features(seed),
                cover_version=FEATURE_VERSION,
            )
        ]
    )


def test_new_changed_and_missing_tracks_reach_the_search_that_is_there(
    tmp_path: Path, library: Library, encoder: Encoder, music: Path
) -> None:
    loaded_models = LoadedModels(Paths(*(tmp_path / name for name in ("config", "data", "cache", "log", "music"))))
    first, second, third = sorted(track.track_id for track in library.tracks_to_analyse(encoder.model_id))
    search = loaded_models.covers(library)
    assert len(search) == 0
    store(library, encoder, first, 1)
    store(library, encoder, second, 2)
    assert loaded_models.covers(library) is search
    assert (len(search), first in search, third in search) == (2, True, False)

    store(library, encoder, second, 3)
    stamps = library.cover_stamps(FEATURE_VERSION, HEADER.size)
    assert stamps == {first: features(1)[: HEADER.size], second: features(3)[: HEADER.size]}
    assert len(loaded_models.covers(library)) == 2

    next(music.glob("*.wav")).unlink()
    library.scan()
    kept = set(library.cover_stamps(FEATURE_VERSION, HEADER.size))
    assert len(loaded_models.covers(library)) == len(kept)
    assert all(track_id in search for track_id in kept)
