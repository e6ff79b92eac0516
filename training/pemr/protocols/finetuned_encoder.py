"""From a supervised run to a model file whose encoder and heads were trained on labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from pemr.build import weights_of
from pemr.errors import CorpusError, ModelMismatch
from pemr.frontend import FrontEnd
from pemr.modelfile import Model, TagHead, save_model
from pemr.protocols.examples import YES_TARGET, Examples, Floats, teacher_examples
from pemr.protocols.supervised import Trained
from pemr.tags.calibration import calibrate, evidence_of
from pemr.tags.heads import split_by_group, teacher_thresholds
from pemr.tags.teacher import SAMPLE_RATE
from pemr.tags.teacher_labels import LabelledTrack, Progress, label_folder
from pemr.tags.training import MAX_TRACK_S


@dataclass(frozen=True)
class TeacherTracks:
    """Training and validation tracks with the teacher's predictions, and where these mean yes, per tag."""

    train: list[LabelledTrack]
    validation: list[LabelledTrack]
    thresholds: Floats


def hear_folders(
    data: Sequence[Path],
    validation: Path | None,
    cache: Path,
    teacher_dir: Path,
    progress: Progress,
    segments: int,
) -> TeacherTracks:
    """Let the teacher hear all folders; without a validation folder every fifth album is kept for it.

    The validation tracks are heard at the usual twelve segments whatever `segments` says, so that figures compare.
    """
    train = [
        track for folder in data for track in label_folder(folder, cache, teacher_dir, MAX_TRACK_S, progress, segments)
    ]
    if validation is None:
        train, held_out = split_by_group(train)
    else:
        held_out = label_folder(validation, cache, teacher_dir, MAX_TRACK_S, progress)
    if not train or not held_out:
        named = ", ".join(map(str, data))
        raise CorpusError(f"{named}: no album is left for validation; give one with --validation DIR")
    return TeacherTracks(train, held_out, teacher_thresholds([track.labels for track in [*train, *held_out]]))


def examples_of(tracks: TeacherTracks, front_end: FrontEnd) -> tuple[Examples, Examples]:
    """(training, validation) examples: the target of a segment is how likely the teacher says yes."""
    if front_end.sample_rate != SAMPLE_RATE:
        raise ModelMismatch(f"The teacher hears {SAMPLE_RATE} Hz, this model {front_end.sample_rate} Hz")
    length = front_end.segment_samples
    train, validation = tracks.train, tracks.validation
    return teacher_examples(train, tracks.thresholds, length), teacher_examples(validation, tracks.thresholds, length)


def save_finetuned(
    out: Path, start: Model, trained: Trained, validation: Examples, provenance: dict[str, object]
) -> tuple[str, list[TagHead]]:
    """Write the best encoder and its heads, calibrated on the validation tracks.

    Returns the new model id and the tags. The predicting module is that of the start model, unchanged.
    """
    head = weights_of(trained.tagger.head)
    weight, bias = head["weight"], head["bias"]
    scores = [vectors @ weight.T + bias for vectors in trained.vectors]
    labels = [evaluated.targets for evaluated in validation.evaluated]
    yes = np.full(len(validation.tags), YES_TARGET, np.float32)
    evidence = evidence_of(scores, labels, yes, validation.groups)
    named = [TagHead(name, group) for name, group in validation.tags]
    tags = [calibrated.head for calibrated in calibrate(named, evidence)]
    about = {
        "start_model": start.model_id or "random weights",
        "steps": trained.best_step,
        **trained.spent.provenance(),
        "validation_tracks": len(validation.tracks),
        "validation_cross_entropy": round(trained.evaluation.loss, 4),
        "validation_roc_auc": round(trained.evaluation.tags.macro_roc_auc, 4),
        "validation_pr_auc": round(trained.evaluation.tags.macro_pr_auc, 4),
        **provenance,
    }
    info = msgspec.structs.replace(start.info, tags=tags, provenance={**start.info.provenance, "supervised": about})
    return save_model(out, info, weights_of(trained.tagger.encoder), start.predictor, weight, bias), tags
