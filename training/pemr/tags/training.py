"""Give a model tag heads, and measure a model's tags: what `pemr-train finetune tags` and `evaluate` do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pemr.build import untrained_encoder, weights_of
from pemr.embed import Encoder
from pemr.errors import CorpusError, ModelMismatch
from pemr.metrics import TagScores, bootstrap_interval
from pemr.modelfile import Model, TagHead, load_model, save_model
from pemr.regression.logistic import Floats, Linear
from pemr.tags.calibration import CalibratedTag, GroupCalibration, calibrate, calibration_by_group, evidence_of
from pemr.tags.heads import (
    TAGS,
    FittedHeads,
    as_targets,
    fit_heads,
    held_out_evidence,
    split_by_group,
    teacher_thresholds,
    track_scores,
)
from pemr.tags.tag_tuning import LEAST_TRACKS, Example, TunedTags, Weights, tune_tags
from pemr.tags.teacher_labels import LabelledTrack, Progress, embed_tracks, label_folder
from pemr.tags.user_labels import Decisions, file_tags
from pemr.vocabulary import VOCABULARY

MAX_TRACK_S = 600.0


@dataclass(frozen=True)
class Corpus:
    """Labelled training and validation tracks, and where the teacher's probabilities are cut, per tag."""

    train: list[LabelledTrack]
    validation: list[LabelledTrack]
    thresholds: Floats


@dataclass(frozen=True)
class Row:
    """One line of the evaluation table: an encoder with heads fitted on the training tracks."""

    name: str
    scores: TagScores
    interval: tuple[float, float]
    heads: FittedHeads
    calibrated_tags: list[CalibratedTag]

    @property
    def tags(self) -> list[TagHead]:
        """The tags as they ship."""
        return [calibrated.head for calibrated in self.calibrated_tags]

    @property
    def calibration(self) -> list[GroupCalibration]:
        """Held-out calibration per group of tags."""
        return calibration_by_group(self.calibrated_tags)


def load_corpus(data: Path, validation: Path | None, cache: Path, teacher_dir: Path, progress: Progress) -> Corpus:
    """Tracks with teacher labels; without a validation folder every fifth album of `data` is kept for it."""
    train = label_folder(data, cache, teacher_dir, MAX_TRACK_S, progress)
    if validation is None:
        train, held_out = split_by_group(train)
    else:
        held_out = label_folder(validation, cache, teacher_dir, MAX_TRACK_S, progress)
    if not train or not held_out:
        raise CorpusError(f"{data} has no album to keep for validation; give one with --validation DIR")
    return Corpus(train, held_out, teacher_thresholds([t.labels for t in [*train, *held_out]]))


def measure(name: str, encoder: Encoder, corpus: Corpus, progress: Progress) -> Row:
    """Fit heads for this encoder on the training tracks and measure them on the validation tracks.

    Calibration, thresholds and support come from the validation tracks and from the training tracks as heads hear
    them that were fitted without their soundtrack; but from the validation tracks alone if the encoder itself has
    learned from labels.
    """
    train = embed_tracks(encoder, corpus.train, progress)
    validation = embed_tracks(encoder, corpus.validation, progress)
    progress("fitting the heads", 0, 1)
    return measure_vectors(name, train, validation, corpus, labels_known=learned_from_labels(encoder))


def learned_from_labels(encoder: object) -> bool:
    """Whether an encoder was fine-tuned: what it says about its training tracks then proves nothing."""
    return "supervised" in getattr(encoder, "provenance", {})


def measure_vectors(
    name: str, train: Sequence[Floats], validation: Sequence[Floats], corpus: Corpus, *, labels_known: bool
) -> Row:
    """The same from the vectors (segments, width) of the tracks of the corpus."""
    groups, other_groups = [track.group for track in corpus.train], [track.group for track in corpus.validation]
    heads = fit_heads(train, [as_targets(track.labels, corpus.thresholds) for track in corpus.train], groups)
    scores, truth, values = track_scores(heads, validation, _labels(corpus.validation), corpus.thresholds)
    interval = bootstrap_interval([tag.name for tag in VOCABULARY], truth, values, other_groups)
    evidence = held_out_evidence(
        heads,
        validation,
        _labels(corpus.validation),
        corpus.thresholds,
        [f"validation {name}" for name in other_groups],
    )
    if heads.out_of_fold and not labels_known:
        evidence = evidence_of(heads.out_of_fold, _labels(corpus.train), corpus.thresholds, groups).joined(evidence)
    return Row(name, scores, interval, heads, calibrate(TAGS, evidence))


def fit_tag_heads(
    model_path: Path, out: Path | None, corpus: Corpus, provenance: dict[str, object], progress: Progress
) -> Row:
    """Fit and calibrate tag heads for a model and write it with them, None: do not write.

    The encoder is not changed.
    """
    model = load_model(model_path)
    row = measure("this model", Encoder(model), corpus, progress)
    if out is None:
        return row
    info = msgspec.structs.replace(
        model.info,
        tags=row.tags,
        provenance={
            **model.info.provenance,
            **provenance,
            "heads": {
                "training_tracks": len(corpus.train),
                "validation_tracks": len(corpus.validation),
                "penalty": row.heads.penalty,
                "validation_roc_auc": round(row.scores.macro_roc_auc, 4),
                "validation_pr_auc": round(row.scores.macro_pr_auc, 4),
                "calibration_error": {group.group: round(group.error, 4) for group in row.calibration},
                "held_out": {
                    calibrated.head.name: msgspec.structs.asdict(calibrated.held_out)
                    for calibrated in row.calibrated_tags
                },
            },
        },
    )
    save_model(out, info, model.encoder, model.predictor, row.heads.weight, row.heads.bias)
    return row


def tune_model_tags(
    model_path: Path,
    tracks: Sequence[LabelledTrack],
    decisions: Decisions,
    read_file_tags: bool,
    weights: Weights,
    progress: Progress,
) -> TunedTags:
    """Fit the tags a model has anew to these tracks, pulled to what they are: `pemr.tags.tag_tuning`. Writes nothing.

    Raises `ModelMismatch` for a model without tags and `CorpusError` for too little music.
    """
    model = load_model(model_path)
    if not model.info.tags:
        raise ModelMismatch(f"{model_path} has no tags yet; teach it some first: finetune tags without --tune")
    vectors = embed_tracks(Encoder(model), tracks, progress)
    examples = [
        Example(
            track.group,
            segments.mean(axis=0),
            segments,
            track.labels,
            file_tags(Path(track.path)) if read_file_tags else {},
            decisions.get(str(Path(track.path).absolute()), {}),
        )
        for track, segments in zip(tracks, vectors, strict=True)
    ]
    progress("fitting the heads", 0, 1)
    tuned_tags = tune_tags(Linear(model.head_weight, model.head_bias), model.info.tags, examples, weights)
    if tuned_tags is None:
        raise CorpusError(f"{len(tracks)} tracks are too few to tune to: at least {LEAST_TRACKS} of two albums are")
    return tuned_tags


def save_tuned_tags(model_path: Path, out: Path, tuned_tags: TunedTags) -> None:
    """Write a model with tuned heads. The encoder is not changed."""
    model = load_model(model_path)
    told = [msgspec.to_builtins(change) for change in tuned_tags.changes if change.change != "kept"]
    provenance = {
        **model.info.provenance,
        "tuned": {"tracks": tuned_tags.examples, "penalty": tuned_tags.penalty, "tags": told},
    }
    info = msgspec.structs.replace(model.info, tags=tuned_tags.tags, provenance=provenance)
    save_model(out, info, model.encoder, model.predictor, tuned_tags.linear.weight, tuned_tags.linear.bias)


def random_encoder(model: Model, seed: int = 1) -> Encoder:
    """The same network with fresh weights: what any figure has to be compared with.

    Its batch norms are left at their initial statistics; the front end is the model's own.
    """
    encoder = weights_of(untrained_encoder(model.info.front_end, seed).encoder)
    info = msgspec.structs.replace(model.info, provenance={"method": "none"})
    empty = Model(info, encoder, model.predictor, model.head_weight, model.head_bias, "0" * 16, "")
    return Encoder(empty)


def _labels(tracks: Sequence[LabelledTrack]) -> list[Floats]:
    return [track.labels for track in tracks]
