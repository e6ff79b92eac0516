"""A frozen encoder and the teacher hear the clips of a truth corpus; what they say is kept beside it.

A clip that was heard is not heard again by the same model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from pemr.audio import decode
from pemr.durable_files import write_output
from pemr.embed import DEFAULT_SEGMENTS, Encoder, segment_starts
from pemr.errors import CorpusError
from pemr.tags.teacher import PATCH_SAMPLES, VOCABULARIES, load_teacher
from pemr.truth.corpus import audio_of
from pemr.truth.labels import WORDS, ClipLabels, truth_of
from pemr.vocabulary import VOCABULARY, merge

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Progress = Callable[[str, int, int], None]
Hear = Callable[[Floats], dict[str, Floats]]

SAVED_EVERY = 50
TEACHER_COLUMNS = tuple(next((at for at, tag in enumerate(VOCABULARY) if tag.name == word), -1) for word in WORDS)
"""For each of `WORDS` its column in the teacher's merged vocabulary; -1: the teacher has no such word."""


@dataclass(frozen=True)
class HeardClip:
    """Vectors (s, 512) of segments, and for these and for the whole clip, in this order, what is true.

    values, known (s + 1, k): truth of `WORDS`; teacher (s, k): its probabilities, NaN where it has no such word or was
    not asked.
    """

    labels: ClipLabels
    vectors: Floats
    values: Floats
    known: Bools
    teacher: Floats

    @property
    def track(self) -> Floats:
        """The clip's vector (512,)."""
        return np.asarray(self.vectors.mean(axis=0), np.float32)


def hear_clips(
    folder: Path, clips: Sequence[ClipLabels], encoder: Encoder, teacher: Path | None, progress: Progress
) -> list[HeardClip]:
    """Let the encoder hear all clips, and the teacher too if its folder is given."""
    vectors = _heard(folder, clips, f"vectors-{encoder.model_id}", _embedding(encoder), progress)
    said = {} if teacher is None else _heard(folder, clips, "teacher", _teaching(teacher, encoder), progress)
    return [_joined(labels, vectors[labels.name], said.get(labels.name), encoder) for labels in clips]


def _embedding(encoder: Encoder) -> Hear:
    def hear(samples: Floats) -> dict[str, Floats]:
        embedded = encoder.embed_samples(samples, importance=False)
        return {"": embedded.segments, "@": embedded.segment_starts_s}

    return hear


def _teaching(folder: Path, encoder: Encoder) -> Hear:
    """Merged probabilities (s, tags of `VOCABULARY`): three seconds in the middle of each segment."""
    teachers = {name: load_teacher(folder / f"{name}_musicnn.safetensors") for name in VOCABULARIES}
    length = encoder.front_end.segment_samples

    def hear(samples: Floats) -> dict[str, Floats]:
        padded = np.pad(samples, (0, max(0, length - len(samples))))
        middle = (length - PATCH_SAMPLES) // 2
        starts = segment_starts(len(samples), length, DEFAULT_SEGMENTS)
        patches = np.stack([padded[start + middle : start + middle + PATCH_SAMPLES] for start in starts])
        labelled = {name: (teacher.tags, teacher.label(patches)) for name, teacher in teachers.items()}
        return {"": merge(labelled)}

    return hear


def _heard(
    folder: Path, clips: Sequence[ClipLabels], name: str, hear: Hear, progress: Progress
) -> dict[str, dict[str, Floats]]:
    """Clip -> arrays by their suffix, from the store and, what is missing, from listening."""
    store = folder / f"{name}.safetensors"
    known = _read(store)
    missing = [labels for labels in clips if labels.name not in known]
    for done, labels in enumerate(missing):
        progress(f"listening ({name})", done, len(missing))
        known[labels.name] = hear(decode(audio_of(folder, labels), 16_000))
        if done % SAVED_EVERY == SAVED_EVERY - 1:
            _write(store, known)
    if missing:
        _write(store, known)
    return known


def _read(store: Path) -> dict[str, dict[str, Floats]]:
    if not store.exists():
        return {}
    try:
        stored: dict[str, Floats] = load_file(store)
    except (OSError, SafetensorError) as error:
        raise CorpusError(f"{store} is damaged: {error}. Delete it; the clips are heard again.") from error
    found: dict[str, dict[str, Floats]] = {}
    for key, array in stored.items():
        name, mark, _ = key.partition("@")
        found.setdefault(name, {})[mark] = array
    return found


def _write(store: Path, known: dict[str, dict[str, Floats]]) -> None:
    arrays = {
        f"{name}{suffix}": np.ascontiguousarray(array) for name, kept in known.items() for suffix, array in kept.items()
    }
    write_output(store, save(arrays), CorpusError)


def _joined(
    labels: ClipLabels, heard: dict[str, Floats], said: dict[str, Floats] | None, encoder: Encoder
) -> HeardClip:
    length_s = encoder.front_end.segment_samples / encoder.sample_rate
    truths = [truth_of(labels, float(start), float(start) + length_s) for start in heard["@"]] + [truth_of(labels)]
    values, known = (np.stack(column) for column in zip(*truths, strict=True))
    teacher = np.full((len(heard[""]), len(WORDS)), np.nan, np.float32)
    if said is not None:
        for at, column in enumerate(TEACHER_COLUMNS):
            if column >= 0:
                teacher[:, at] = said[""][:, column]
    return HeardClip(labels, heard[""], values, known, teacher)
