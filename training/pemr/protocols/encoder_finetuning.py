"""Fine-tuning from beginning to end, on the teacher's predictions or on a labelled set, to a model file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pemr import events
from pemr.datasets.labelled import LabelledSet
from pemr.frontend import FrontEnd
from pemr.log_mel import LogMel
from pemr.modelfile import Model, TagHead
from pemr.protocols.evaluation import embed_segments, evaluate_vectors
from pemr.protocols.examples import Examples
from pemr.protocols.finetuned_encoder import TeacherTracks, examples_of, hear_folders, save_finetuned
from pemr.protocols.labelled_examples import DecodedSet, all_splits, decode_set
from pemr.protocols.report import measured
from pemr.protocols.start import measured_on, start_model, untrained_model
from pemr.protocols.supervised import Trained, train_supervised
from pemr.protocols.supervised_settings import Supervised
from pemr.tags.teacher_labels import Progress

MODEL_FILE = "model.safetensors"


@dataclass(frozen=True)
class Labels:
    """Training and validation examples, and what is known about them; of a labelled set also its decoded whole."""

    train: Examples
    validation: Examples
    about: dict[str, object]
    decoded: DecodedSet | None = None


@dataclass(frozen=True)
class FinetunedEncoder:
    """A finished or stopped fine-tuning; `figures` are on the test tracks of a labelled set."""

    trained: Trained
    model_id: str
    tags: list[TagHead]
    figures: events.Measured | None


@dataclass(frozen=True)
class Start:
    """Where to begin: a trained model, or fresh weights behind a front end (`model` None)."""

    model: Model | None
    front_end: FrontEnd

    @classmethod
    def of(cls, path: Path | None, front_end: FrontEnd) -> Start:
        """`front_end` is for fresh weights; a trained model brings its own."""
        if path is None:
            return cls(None, front_end)
        model = start_model(path)
        return cls(model, model.info.front_end)

    def ready_for(self, train: Examples, seed: int) -> Model:
        """The model to train; fresh weights come with the normalisation of the training tracks."""
        return self.model or measured_on(untrained_model(self.front_end, seed), train, seed)


def teacher_labels(
    start: Start,
    data: Sequence[Path],
    validation: Path | None,
    cache: Path,
    teacher_dir: Path,
    segments: int,
    progress: Progress,
) -> Labels:
    """What the teacher says about segments of all tracks of some folders."""
    tracks: TeacherTracks = hear_folders(data, validation, cache, teacher_dir, progress, segments)
    train, held_out = examples_of(tracks, start.front_end)
    return Labels(train, held_out, {"labels": "musicnn (MTT and MSD), ISC licence", "labelled_segments": segments})


def set_labels(start: Start, labelled: LabelledSet, cache: Path, max_track_s: float, progress: Progress) -> Labels:
    """The labels of a data set."""
    decoded = decode_set(
        labelled, cache, start.front_end.sample_rate, max_track_s,
        lambda done, total, skipped: progress(f"decoding, {skipped} skipped", done, total),
    )  # fmt: skip
    splits = all_splits(decoded, start.front_end)
    about: dict[str, object] = {"labels": labelled.name, "split": labelled.split_name}
    return Labels(splits["train"], splits["validation"], about, decoded)


def finetune(
    start: Start,
    labels: Labels,
    settings: Supervised,
    run_dir: Path,
    *,
    listener: events.Listener,
    resume: bool = True,
    max_hours: float | None = None,
    listen: bool = False,
) -> FinetunedEncoder:
    """Train, write `model.safetensors` into the run folder, and measure on the test tracks of a labelled set.

    A run that was asked to stop writes its best model so far and measures nothing; the same call goes on with it.
    """
    begin = start.ready_for(labels.train, settings.seed)
    trained = train_supervised(
        begin, labels.train, labels.validation, settings, run_dir,
        listener=listener, resume=resume, max_hours=max_hours, listen=listen,
    )  # fmt: skip
    about = {**labels.about, "training_tracks": len(labels.train.tracks)}
    model_id, tags = save_finetuned(run_dir / MODEL_FILE, begin, trained, labels.validation, about)
    figures = None
    if labels.decoded is not None and trained.reason != "stopped":
        figures = _figures(start, begin, trained, labels, labels.decoded, settings)
        listener(figures)
    return FinetunedEncoder(trained, model_id, tags, figures)


def _figures(
    start: Start, begin: Model, trained: Trained, labels: Labels, decoded: DecodedSet, settings: Supervised
) -> events.Measured:
    test = decoded.examples("test", begin.info.front_end)
    device = next(trained.tagger.parameters()).device
    vectors = embed_segments(trained.tagger.encoder, LogMel(begin.info.front_end), test, device)
    return measured(
        encoder="fresh weights" if start.model is None else str(begin.info.provenance.get("recipe", begin.model_id)),
        protocol=f"encoder {settings.encoder}",
        decoded=decoded,
        splits={"train": labels.train, "validation": labels.validation, "test": test},
        validation=trained.evaluation,
        test=evaluate_vectors(trained.tagger.head, vectors, test),
        best=trained.best_step,
    )
