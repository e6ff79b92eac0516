"""Da-TACOS, the benchmark of Yesiler et al. (2019): features only, no audio. 1,000 works of 13, 2,000 distractors."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import FRAME_S, CoverFeatures
from pemr.errors import CorpusError

METADATA = "da-tacos_metadata/da-tacos_benchmark_subset_metadata.json"
HPCP = "da-tacos_benchmark_subset_hpcp"
HOP_S = 2048 / 44_100
"""Frames of the published HPCP."""
CLEAR_DB = 10.0
"""Contrast that passes for music: the published features do not tell."""
LAYOUT = (
    "Download the metadata and the HPCP of the benchmark subset (its own downloader, or mirdata) and name the folder "
    f"that holds {METADATA} and {HPCP}/W_…_hpcp/P_…_hpcp.h5 with --root."
)


@dataclass(frozen=True)
class TacosTrack:
    """A recording: the file of its features and its work, None for a distractor."""

    path: Path
    work: str | None


def da_tacos_tracks(root: Path) -> list[TacosTrack]:
    """All recordings whose features are there. Raises `CorpusError` that says what to put where."""
    metadata = next((p for p in (root / METADATA, root / Path(METADATA).name) if p.is_file()), None)
    if metadata is None:
        raise CorpusError(f"There is no {METADATA} in {root}. {LAYOUT}")
    works: dict[str, dict[str, Any]] = json.loads(metadata.read_text("utf-8"))
    tracks: list[TacosTrack] = []
    for work, recordings in sorted(works.items()):
        for recording in sorted(recordings):
            names = (f"{work}_hpcp/{recording}_hpcp.h5", f"{recording}_hpcp.h5", f"{work}/{recording}.h5")
            path = next((p for p in (root / HPCP / name for name in names) if p.is_file()), None)
            if path is not None:
                tracks.append(TacosTrack(path, work if len(recordings) > 1 else None))
    if not tracks:
        raise CorpusError(f"There are no features in {root / HPCP}. {LAYOUT}")
    return tracks


def read_hpcp(tracks: list[TacosTrack]) -> Iterator[CoverFeatures]:
    """The published chroma at the frame rate of ours. Raises `CorpusError` if h5py is not installed."""
    try:
        h5py = importlib.import_module("h5py")
    except ImportError as error:
        raise CorpusError("Da-TACOS keeps its features in HDF5. Install the package h5py to read them.") from error
    for track in tracks:
        with h5py.File(track.path, "r") as file:
            yield features_of_hpcp(np.asarray(file["hpcp"], np.float32))


def features_of_hpcp(hpcp: npt.NDArray[np.float32]) -> CoverFeatures:
    """HPCP (t, 12) from A, 21.5 frames a second -> cover features from C, 4.3 a second."""
    count = max(1, int(len(hpcp) * HOP_S / FRAME_S))
    edges = np.linspace(0, len(hpcp), count + 1).astype(int)
    means = np.stack([hpcp[low : max(high, low + 1)].mean(axis=0) for low, high in pairwise(edges)])
    means = np.roll(means, -3, axis=1)
    chroma = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6)
    return CoverFeatures.of(chroma, len(hpcp) * HOP_S, 0.0, CLEAR_DB)
