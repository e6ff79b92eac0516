"""What is measured of the encoder while it learns, on tracks the run never trains on."""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pemr import events
from pemr.build import SegmentEncoder
from pemr.datasets.folder import CachedTrack, ClipCollection
from pemr.metrics import roc_auc
from pemr.runs.retrieval import chance_reciprocal_rank, half_vectors, mean_reciprocal_rank, with_halves

NEIGHBOURS = 5
REFERENCE_TRACKS = 128
RIDGE_PENALTY = 1.0

Labels = Mapping[str, npt.NDArray[np.bool_]]
"""Yes or no per tag (tags,) by the path of the track."""


@dataclass(frozen=True)
class References:
    """Training tracks the held-out ones are compared with.

    `neighbours` come from their own folders, of which some answers should be found; `apart` from other folders, so
    that a probe fitted on them has not heard the album it is asked about.
    """

    neighbours: list[CachedTrack]
    apart: list[CachedTrack]


@dataclass(frozen=True)
class Monitor:
    """The first measure decides which checkpoint is the best; each of the others needs folders or labels."""

    encoder: SegmentEncoder
    held_out: ClipCollection
    references: References
    device: torch.device
    labels: Labels | None = None

    def measure(self, step: int) -> list[events.Probe]:
        """All measures that the held-out tracks allow. Draws nothing and leaves the encoder in the mode it was in."""
        first, second = half_vectors(self.encoder, self.held_out, self.device)
        if len(first) < 2:
            return []
        tracks = [self.held_out.tracks[index] for index in with_halves(self.held_out)]
        vectors = (first + second) / 2
        mrr = (mean_reciprocal_rank(first, second) + mean_reciprocal_rank(second, first)) / 2
        measures = [events.Probe(step, "other_half_mrr", mrr, chance_reciprocal_rank(len(first)))]
        measures += self._folder_accuracy(step, tracks, vectors)
        if self.labels is not None:
            measures += self._tag_roc_auc(step, tracks, vectors, self.labels)
        return measures

    def _folder_accuracy(self, step: int, tracks: Sequence[CachedTrack], vectors: Tensor) -> list[events.Probe]:
        """Whether the nearest training tracks name the folder of a held-out track: album, artist, genre, as sorted."""
        around, reference = self._embed(self.references.neighbours)
        folders = [folder_of(track) for track in around]
        asked = [index for index, track in enumerate(tracks) if folder_of(track) in set(folders)]
        if len(asked) < 2 or len(set(folders)) < 2:
            return []
        predicted = nearest_classes(vectors[asked], reference, folders)
        truth = [folder_of(tracks[index]) for index in asked]
        right = float(np.mean([guess == true for guess, true in zip(predicted, truth, strict=True)]))
        chance = float(np.mean([folders.count(true) / len(folders) for true in truth]))
        return [events.Probe(step, "folder_knn", right, chance)]

    def _tag_roc_auc(
        self, step: int, tracks: Sequence[CachedTrack], vectors: Tensor, labels: Labels
    ) -> list[events.Probe]:
        """A linear probe fitted on labelled training tracks of other folders: macro ROC-AUC over the tags."""
        apart, reference = self._embed([track for track in self.references.apart if track.path in labels])
        asked = [index for index, track in enumerate(tracks) if track.path in labels]
        if len(apart) < 2 or len(asked) < 2:
            return []
        targets = torch.from_numpy(np.stack([labels[track.path] for track in apart])).float()
        scores = ridge_scores(reference, targets, vectors[asked]).numpy()
        truth = np.stack([labels[tracks[index].path] for index in asked])
        each = [roc_auc(truth[:, tag], scores[:, tag]) for tag in range(truth.shape[1])]
        measured = [value for value in each if np.isfinite(value)]
        return [events.Probe(step, "tag_roc_auc", float(np.mean(measured)), 0.5)] if measured else []

    def _embed(self, tracks: Sequence[CachedTrack]) -> tuple[list[CachedTrack], Tensor]:
        """The tracks that are long enough, and a vector (512,) of each."""
        clips = self.held_out.of_tracks(tracks)
        first, second = half_vectors(self.encoder, clips, self.device)
        return [clips.tracks[index] for index in with_halves(clips)], (first + second) / 2


def reference_tracks(train: Sequence[CachedTrack], held_out: Sequence[CachedTrack]) -> References:
    """Up to `REFERENCE_TRACKS` of either kind, spread over the folders, the same whatever order they come in."""
    folders = {folder_of(track) for track in held_out}
    neighbours = [track for track in train if folder_of(track) in folders]
    apart = [track for track in train if folder_of(track) not in folders]
    return References(_spread(neighbours), _spread(apart))


def folder_of(track: CachedTrack) -> str:
    return str(PurePath(track.path).parent)


def nearest_classes(queries: Tensor, references: Tensor, classes: Sequence[str]) -> list[str]:
    """The class most of the nearest references (n, D) of each query (m, D) have; of equals the nearest one's."""
    centre = references.mean(dim=0)
    unit = torch.nn.functional.normalize
    similarity = unit(queries - centre, dim=1) @ unit(references - centre, dim=1).T
    order = similarity.argsort(dim=1, descending=True, stable=True)[:, :NEIGHBOURS]
    return [_most_common(classes[index] for index in row) for row in order.tolist()]


def ridge_scores(features: Tensor, targets: Tensor, asked: Tensor) -> Tensor:
    """Ridge regression from features (n, D) to answers (n, k), applied to asked (m, D) -> (m, k)."""
    mean, spread = features.mean(dim=0), features.std(dim=0) + 1e-6
    x, y = ((part - mean) / spread for part in (features, asked))
    width = x.shape[1]
    kernel = x @ x.T / width + RIDGE_PENALTY * torch.eye(len(x))
    return torch.as_tensor(y @ x.T / width @ torch.linalg.solve(kernel, targets - targets.mean(dim=0)))


def _most_common(classes: Iterable[str]) -> str:
    counts: dict[str, int] = defaultdict(int)
    for each in classes:
        counts[each] += 1
    return max(counts, key=lambda each: counts[each])


def _spread(tracks: Sequence[CachedTrack]) -> list[CachedTrack]:
    """One track of each folder, then a second of each, and so on."""
    by_folder: dict[str, list[CachedTrack]] = defaultdict(list)
    for track in sorted(tracks, key=lambda track: hashlib.sha256(track.path.encode()).digest()):
        by_folder[folder_of(track)].append(track)
    rounds = itertools.zip_longest(*(by_folder[folder] for folder in sorted(by_folder)))
    chosen = (track for each in rounds for track in each if track is not None)
    return list(itertools.islice(chosen, REFERENCE_TRACKS))
