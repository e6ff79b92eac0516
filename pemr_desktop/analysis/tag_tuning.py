"""Tuning the tags to a library: which tracks the teacher hears, what it says of them, and the heads that follow.

The teacher is slower than the ear, so it hears a sample: some tracks of every album, a few moments of each. What it
said is kept with the embeddings, so that a tuning that was stopped goes on and a second one takes seconds.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from pemr_desktop.analysis.decoding.pool import DecodePool, NoSound, Sound
from pemr_desktop.analysis.models import known_tags
from pemr_desktop.errors import ModelUnusable, ResourceMissing
from pemr_desktop.library.embeddings import tag_tuning
from pemr_desktop.library.embeddings.analyses import ToAnalyse
from pemr_desktop.library.embeddings.tag_tuning import AnalysedTrack, TeacherPredictions
from pemr_desktop.library.library import Library
from pemr_desktop.resources import resource
from pemr_desktop.steps import Progress, Step

if TYPE_CHECKING:
    from pemr.embed import Encoder
    from pemr.tags.tag_tuning import Example, TunedTags
    from pemr.tags.teacher import Teacher

log = logging.getLogger(__name__)

MAX_LABELLED_TRACKS = 600
"""Of tracks that only people have said something about, so many are learned from at most."""


@dataclass(frozen=True)
class Sample:
    """Tracks that the teacher is to hear, and how many of a sample of this size it has heard already."""

    missing: list[ToAnalyse]
    known: int


def teacher_folder() -> Path:
    """The teacher that comes with the application. Raises `ModelUnusable` if this installation has none."""
    try:
        return resource("models", "teacher")
    except ResourceMissing as error:
        raise ModelUnusable("no teacher") from error


def vocabulary_id() -> str:
    """Names the tags that predictions are about: predictions for others are not used."""
    from pemr.vocabulary import VOCABULARY

    return hashlib.sha256("\n".join(tag.name for tag in VOCABULARY).encode()).hexdigest()[:16]


def choose_sample(library: Library, model_id: str, count: int) -> Sample:
    """About `count` tracks, as many albums as possible; the same ones every time, so that a stopped tuning goes on."""
    analysed = library.read(tag_tuning.analysed_tracks, model_id)
    wanted = spread_over_albums(analysed, count)
    known = library.read(tag_tuning.teacher_predictions, model_id, vocabulary_id()).keys()
    missing = [track.track_id for track in wanted if track.track_id not in known and track.is_present]
    present = library.tracks_to_analyse(model_id, missing, again=True) if missing else []
    return Sample(sorted(present, key=lambda track: missing.index(track.track_id)), len(known))


def spread_over_albums(tracks: Iterable[AnalysedTrack], count: int) -> list[AnalysedTrack]:
    """One track of each album, then a second one of each, and so on; in an order that hangs on the ids alone."""
    albums: dict[str, list[AnalysedTrack]] = {}
    for track in tracks:
        albums.setdefault(track.album, []).append(track)
    ranks = {
        track.track_id: rank for members in albums.values() for rank, track in enumerate(sorted(members, key=_shuffled))
    }
    everything = [track for members in albums.values() for track in members]
    return sorted(everything, key=lambda track: (ranks[track.track_id], _shuffled(track)))[:count]


def _shuffled(track: AnalysedTrack) -> bytes:
    return hashlib.blake2b(str(track.track_id).encode(), digest_size=8).digest()


def listen(
    library: Library,
    encoder: Encoder,
    tracks: Sequence[ToAnalyse],
    *,
    moments: int,
    listeners: int,
    patience_s: float,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> int:
    """Let the teacher hear these tracks; what it says is stored one by one. -> how many it could hear.

    A file that cannot be decoded is left out. Returns early when cancelled.
    """
    from pemr.tags.teacher import SAMPLE_RATE, VOCABULARIES, load_teacher

    folder, vocabulary, model_id = teacher_folder(), vocabulary_id(), encoder.model_id
    teachers = {name: load_teacher(folder / f"{name}_musicnn.safetensors") for name in VOCABULARIES}
    length_s = encoder.front_end.segment_samples / encoder.sample_rate

    def hear(_listener: int, track: ToAnalyse, sound: Sound | NoSound) -> TeacherPredictions | None:
        if isinstance(sound, NoSound):
            log.info("The teacher cannot hear %s: %s", track.path, sound.why.message)
            return None
        segments = library.segments(track.track_id, model_id)
        starts_s = np.zeros(0, np.float32) if segments is None else segments.starts_s
        return teacher_predictions_of(teachers, sound, starts_s, length_s, moments)

    predicted = 0
    with DecodePool(min(listeners, max(1, len(tracks))), SAMPLE_RATE, patience_s, hear) as pool:
        orders = [(track, track.path) for track in tracks]
        for done, (track, predictions) in enumerate(pool.results(orders, cancelled), 1):
            if predictions is not None:
                predicted += 1
                with library.store.writing() as connection:
                    tag_tuning.store_teacher_predictions(connection, model_id, track.track_id, vocabulary, predictions)
            progress(done, len(tracks), Step("teacher listened", track.path.stem))
    return predicted


def teacher_predictions_of(
    teachers: dict[str, Teacher], sound: Sound, starts_s: np.ndarray, length_s: float, moments: int
) -> TeacherPredictions:
    """What the teacher says of a few moments: the middle of segments that were embedded, or spread over the track."""
    from pemr.tags.teacher import PATCH_SAMPLES, patch_starts
    from pemr.vocabulary import merge

    segment_indices = np.unique(np.linspace(0, len(starts_s) - 1, min(moments, len(starts_s)) + 2)[1:-1].astype(int))
    if len(starts_s) == 1:
        segment_indices = np.zeros(1, int)
    if len(segment_indices):
        middle = (length_s * sound.sample_rate - PATCH_SAMPLES) / 2
        first = np.maximum(0, starts_s[segment_indices] * sound.sample_rate + middle).astype(int)
    else:
        first = patch_starts(len(sound.samples), moments)
    samples = np.pad(sound.samples, (0, PATCH_SAMPLES))
    last = max(0, len(sound.samples) - PATCH_SAMPLES)
    patches = np.stack([samples[start : start + PATCH_SAMPLES] for start in np.minimum(first, last)])
    said = merge({name: (teacher.tags, teacher.label(patches)) for name, teacher in teachers.items()})
    return TeacherPredictions(
        segment_indices.astype(np.uint16), said if len(segment_indices) else said.mean(axis=0, keepdims=True)
    )


def gather_examples(library: Library, model_id: str) -> list[Example]:
    """All tracks that the teacher or a person has said something about, as they were embedded."""
    from pemr.tags.tag_tuning import Example
    from pemr.vocabulary import tags_in

    predictions = library.read(tag_tuning.teacher_predictions, model_id, vocabulary_id())
    decisions = library.read(tag_tuning.decisions, model_id)
    words = library.read(tag_tuning.file_words, model_id)
    analysed = library.read(tag_tuning.analysed_tracks, model_id)
    album_of = {track.track_id: track.album for track in analysed}
    if len(set(album_of.values())) == 1:  # a folder without albums: each track stands for itself
        album_of = {track_id: str(track_id) for track_id in album_of}
    decided = [track for track in analysed if track.track_id in decisions]
    told = [track for track in analysed if track.track_id in words and track.track_id not in decisions]
    ids = [*predictions, *(track.track_id for track in spread_over_albums(decided, MAX_LABELLED_TRACKS))]
    ids += [track.track_id for track in spread_over_albums(told, MAX_LABELLED_TRACKS)]
    examples = []
    for track_id, vector, segments in library.read(
        lambda connection: list(tag_tuning.embeddings_of(connection, model_id, list(dict.fromkeys(ids))))
    ):
        if track_id not in album_of:
            continue
        said = predictions.get(track_id)
        rows, teacher = vector[None], None
        if said is not None:
            fits = len(said.segment_indices) > 0 and int(said.segment_indices.max()) < len(segments)
            rows = segments[said.segment_indices] if fits else vector[None]
            teacher = said.predictions if fits else said.predictions.mean(axis=0, keepdims=True)
        tags = tags_in(words.get(track_id, ()))
        answers = decisions.get(track_id, {})
        examples.append(Example(album_of[track_id], vector, rows, teacher, tags, answers))
    return examples


def refit(
    library: Library, shipped: Encoder, answer_weight: float, file_tag_weight: float
) -> tuple[TunedTags | None, int]:
    """Heads for this library, from what has been said so far, and of how many albums that was. Stores nothing.

    The weights say how much a person's label and a tag in a file count; the teacher's predictions for a track count 1.
    """
    from pemr.tags.tag_tuning import Weights, tune_tags

    examples = gather_examples(library, shipped.model_id)
    weights = Weights(decision=answer_weight, file_tag=file_tag_weight)
    return tune_tags(shipped.linear, shipped.tags, examples, weights), len({example.group for example in examples})


def with_tuned_heads(library: Library, encoder: Encoder) -> Encoder:
    """The same encoder with the heads that this library was tuned to, if it was.

    Heads that stand in for another file of the same ear are not used any more: that file's own tags are.
    """
    from pemr.modelfile import TagHead
    from pemr.regression.logistic import Linear

    stored = library.read(tag_tuning.heads_in_use, encoder.model_id, encoder.digest)
    if stored is None:
        if library.read(tag_tuning.is_tuned, encoder.model_id):
            with library.store.writing() as connection:
                tag_tuning.use_heads(connection, encoder.model_id, None, known_tags(encoder))
        return encoder
    tags = msgspec.json.decode(stored.tags, type=list[TagHead])
    return encoder.with_heads(Linear(stored.weight, stored.bias), tags)
