"""The figures of the model card: the shipped encoders beside the two that learned nothing, on the free game music.

`pemr-train evaluate --bundled` prints them again from the shipped files and the corpus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from pemr.build import HANDCRAFTED, RANDOM_ENCODER
from pemr.comparison.scoring import Score, interval, score_vectors, segment_vectors
from pemr.embed import Encoder
from pemr.errors import CorpusError
from pemr.handcrafted import MfccChroma
from pemr.metrics import average_precision
from pemr.modelfile import load_model
from pemr.regression.logistic import Floats
from pemr.tags.calibration import GroupCalibration
from pemr.tags.teacher_labels import Progress
from pemr.tags.training import Row, learned_from_labels, load_corpus, measure_vectors, random_encoder

BUNDLED, PRETRAINED = "bundled.safetensors", "pretrained.safetensors"


class Gain(msgspec.Struct, frozen=True):
    """How much better in ROC-AUC than another encoder, album draw by album draw."""

    over: str
    value: float
    interval: tuple[float, float]


class Retrieval(msgspec.Struct, frozen=True):
    """By cosine of track vectors: MAP of the tracks of the same soundtrack, and of the other half of the same track.

    None where there is nothing to find.
    """

    same_soundtrack: float | None
    other_half: float | None


class EncoderFigures(msgspec.Struct, frozen=True):
    """One encoder: linear heads on its frozen vectors against the teacher's tags of unseen soundtracks; retrieval."""

    name: str
    roc_auc: float
    interval: tuple[float, float]
    pr_auc: float
    pr_interval: tuple[float, float]
    gains: list[Gain]
    retrieval: Retrieval


class Figures(msgspec.Struct, frozen=True):
    """What the card says. `left_out`: tags with too few positives to be measured."""

    model_id: str
    training_tracks: int
    validation_tracks: int
    soundtracks: int
    measured_tags: list[str]
    left_out: list[str]
    encoders: list[EncoderFigures]
    tags_on: int
    calibration: list[GroupCalibration]
    shipped_bytes: int


@dataclass(frozen=True)
class BundledReport:
    """The figures, and the bundled model's own row with every tag."""

    figures: Figures
    row: Row


def models_folder() -> Path:
    """Where the shipped models are: beside the package in a checkout, inside the application once installed."""
    package = Path(__file__).resolve().parents[1]
    folders = (package.parent.parent / "resources" / "models", package.parent / "pemr_desktop" / "resources" / "models")
    for folder in folders:
        if (folder / BUNDLED).is_file():
            return folder
    raise CorpusError(f"The shipped models are missing: neither {folders[0]} nor {folders[1]} holds {BUNDLED}")


def measure_bundled(corpus_dir: Path, cache: Path, models: Path, progress: Progress) -> BundledReport:
    """Everything the card prints. Raises `CorpusError` where the corpus is missing or incomplete."""
    for part in ("train", "validation"):
        if not (corpus_dir / part).is_dir():
            raise CorpusError(
                f"{corpus_dir} has no folder {part}. Bring the corpus with: "
                f"pemr-train corpus fetch free-game-music {corpus_dir}"
            )
    corpus = load_corpus(corpus_dir / "train", corpus_dir / "validation", cache, models / "teacher", progress)
    bundled = Encoder.load(models / BUNDLED)
    contenders: list[tuple[str, Encoder | MfccChroma]] = [
        (RANDOM_ENCODER, random_encoder(load_model(models / BUNDLED))),
        (HANDCRAFTED, MfccChroma()),
    ]
    if (models / PRETRAINED).is_file():
        contenders.append(("PEMR, pre-trained, frozen", Encoder.load(models / PRETRAINED)))
    contenders.append(("bundled", bundled))
    groups = [track.group for track in corpus.validation]
    found: list[EncoderFigures] = []
    baselines: dict[str, Score] = {}
    row: Row | None = None
    for name, encoder in contenders:
        train = segment_vectors(encoder, corpus.train, progress)
        validation = segment_vectors(encoder, corpus.validation, progress)
        made = score_vectors(train, validation, corpus)
        found.append(_figures(name, made, baselines, retrieval(validation, groups)))
        if name in (RANDOM_ENCODER, HANDCRAFTED):
            baselines[name] = made
        if encoder is bundled:
            row = measure_vectors(name, train, validation, corpus, labels_known=learned_from_labels(encoder))
    assert row is not None
    figures = Figures(
        model_id=bundled.model_id,
        training_tracks=len(corpus.train),
        validation_tracks=len(corpus.validation),
        soundtracks=len(set(groups)),
        measured_tags=list(row.scores.names),
        left_out=list(row.scores.skipped),
        encoders=found,
        tags_on=sum(tag.supported for tag in row.tags),
        calibration=row.calibration,
        shipped_bytes=sum(file.stat().st_size for file in models.rglob("*") if file.is_file()),
    )
    return BundledReport(figures, row)


def retrieval(tracks: Sequence[Floats], groups: Sequence[str]) -> Retrieval:
    """Segment vectors (n_i, width) and soundtrack of each track -> how well cosine around the common mean finds."""
    whole = _directions(np.stack([segments.mean(axis=0) for segments in tracks]))
    names = np.asarray(groups)
    precisions = []
    for index, similarity in enumerate(whole @ whole.T):
        others = np.arange(len(tracks)) != index
        same = (names == names[index])[others]
        if same.any():
            precisions.append(average_precision(same, similarity[others]))
    halves = [np.array_split(segments, 2) for segments in tracks if len(segments) >= 2]
    found = []
    if halves:
        first, second = np.array_split(
            _directions(np.stack([h[part].mean(axis=0) for part in (0, 1) for h in halves])), 2
        )
        own = np.eye(len(halves), dtype=bool)
        found = [average_precision(own[i], similarity) for i, similarity in enumerate(first @ second.T)]
    return Retrieval(float(np.mean(precisions)) if precisions else None, float(np.mean(found)) if found else None)


def _figures(name: str, made: Score, baselines: dict[str, Score], retrieved: Retrieval) -> EncoderFigures:
    gains = [
        Gain(other, made.roc_auc - score.roc_auc, interval(made.roc_draws - score.roc_draws))
        for other, score in baselines.items()
    ]
    return EncoderFigures(
        name, made.roc_auc, interval(made.roc_draws), made.pr_auc, interval(made.pr_draws), gains, retrieved
    )


def _directions(vectors: Floats) -> Floats:
    centred = vectors - vectors.mean(axis=0)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9), np.float32)
