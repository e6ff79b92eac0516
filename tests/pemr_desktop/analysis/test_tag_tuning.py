"""Which tracks the teacher hears, and where in them."""

from __future__ import annotations

import numpy as np

from pemr_desktop.analysis.decoding.pool import Sound
from pemr_desktop.analysis.tag_tuning import spread_over_albums, teacher_folder, teacher_predictions_of
from pemr_desktop.library.embeddings.tag_tuning import AnalysedTrack
from pemr_desktop.tagfiles.identity import FileIdentity


def library(albums: int, tracks: int) -> list[AnalysedTrack]:
    return [AnalysedTrack(a * 1000 + t, f"album {a}", True) for a in range(albums) for t in range(tracks)]


def test_a_sample_has_as_many_albums_as_possible() -> None:
    assert len({track.album for track in spread_over_albums(library(40, 10), 40)}) == 40
    twice = spread_over_albums(library(10, 10), 20)
    assert sorted(track.album for track in twice) == sorted(2 * [f"album {a}" for a in range(10)])


def test_a_sample_is_the_same_every_time_and_grows_by_adding() -> None:
    few, many = (spread_over_albums(library(7, 9), count) for count in (10, 30))
    assert few == many[:10]
    assert spread_over_albums(reversed(library(7, 9)), 30) == many
    assert len(spread_over_albums(library(2, 3), 100)) == 6


def test_the_teacher_hears_the_middle_of_the_segments_that_the_ear_heard() -> None:
    from pemr.tags.teacher import VOCABULARIES, load_teacher
    from pemr.vocabulary import VOCABULARY

    teachers = {name: load_teacher(teacher_folder() / f"{name}_musicnn.safetensors") for name in VOCABULARIES}
    samples = (0.1 * np.random.default_rng(1).normal(size=16_000 * 40)).astype(np.float32)
    sound = Sound(samples, 16_000, 40.0, b"", False, 0, 0.0, FileIdentity(1, 2, 3))
    starts_s = np.arange(10, dtype=np.float32) * 3.69
    said = teacher_predictions_of(teachers, sound, starts_s, 3.69, 3)
    assert said.predictions.shape == (3, len(VOCABULARY)) and len(set(said.segment_indices.tolist())) == 3
    assert said.predictions.min() >= 0 and said.predictions.max() <= 1
    whole = teacher_predictions_of(teachers, sound, np.zeros(0, np.float32), 3.69, 3)
    assert len(whole.segment_indices) == 0 and whole.predictions.shape == (1, len(VOCABULARY))
    short = Sound(samples[:8000], 16_000, 0.5, b"", False, 0, 0.0, FileIdentity(1, 2, 3))
    assert teacher_predictions_of(teachers, short, np.zeros(1, np.float32), 3.69, 3).segment_indices.tolist() == [0]
