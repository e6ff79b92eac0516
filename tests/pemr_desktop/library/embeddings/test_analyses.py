"""What the ear made of tracks is stored by model, and never mixed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.embeddings.analyses import TrackAnalysis
from pemr_desktop.library.embeddings.models import ModelInfo
from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.library import Library
from pemr_desktop.library.rows import TagRow
from pemr_desktop.refusals import refusal
from pemr_desktop.tagfiles.identity import identity

StoreAnalyses = Callable[..., list[int]]
MODEL = "0123456789abcdef"


def analysis(track_id: int, model_id: str = MODEL, **changes: object) -> TrackAnalysis:
    made = TrackAnalysis(
        track_id,
        model_id,
        np.linspace(-1, 1, 8, dtype=np.float32),
        np.ones((2, 8), np.float32),
        np.array([0, 3], np.float32),
        np.array([0, 0.5, 1], np.float32),
        0.25,
        [("jazz", 0.9), ("rock", 0.3), ("calm", 0.05), ("polka", 0.99), ("unheard of", 0.9)],
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def test_embeddings_come_back_as_they_were_to_half_precision(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    ids = analysed(library)
    library.store_analyses([analysis(ids[0])])
    found, vectors = library.vectors(MODEL)
    assert found.tolist() == sorted(ids)
    assert vectors.shape == (4, 8) and vectors.dtype == np.float32
    np.testing.assert_allclose(vectors[found.tolist().index(ids[0])], np.linspace(-1, 1, 8), atol=1e-3)
    segments = library.segments(ids[0], MODEL)
    assert segments is not None
    assert segments.segments.shape == (2, 8) and segments.starts_s.tolist() == [0, 3]
    np.testing.assert_allclose(segments.importance, [0, 0.5, 1], atol=1 / 255)


def test_what_a_scan_found_to_sound_otherwise_meanwhile_is_not_stored(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    track_id, other_id = analysed(library)[:2]
    library.register_model(ModelInfo("fedcba9876543210", "other", Path("other"), 8, ()))
    waiting = {track.track_id: track for track in library.tracks_to_analyse("fedcba9876543210")}
    with library.store.writing() as connection:
        connection.execute("UPDATE tracks SET quick_digest = x'00' WHERE id = ?", (track_id,))
    library.store_analyses(
        [analysis(id_, "fedcba9876543210", quick_digest=waiting[id_].quick_digest) for id_ in (track_id, other_id)]
    )
    assert library.vectors("fedcba9876543210")[0].tolist() == [other_id]
    assert track_id in {track.track_id for track in library.tracks_to_analyse("fedcba9876543210")}


def test_only_predictions_worth_showing_are_stored(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    ids = analysed(library)
    library.store_analyses([analysis(ids[0])])
    tags = {tag.tag: tag for tag in library.read(queries.detail, ids[0]).suggestions}
    assert set(tags) == {"jazz", "rock"}  # rock: half way to its threshold; polka: not good enough to show
    shown = library.read(queries.rows, ids[:1])[0].suggestions
    assert [(tag.tag, tag.group, tag.threshold) for tag in shown if tag.tag == "jazz"] in ([("jazz", "genre", 0.5)], [])


def test_a_track_is_heard_once_and_again_when_asked(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    ids = analysed(library)
    assert library.tracks_to_analyse(MODEL) == []
    assert [track.track_id for track in library.tracks_to_analyse(MODEL, ids[:2], again=True)] == ids[:2]
    before = library.generation()
    library.store_analyses([analysis(ids[0]), analysis(ids[0])])
    assert library.generation() > before
    assert len(library.vectors(MODEL)[0]) == 4


def test_a_track_heard_for_another_version_of_the_cover_search_is_heard_again(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    first, second, *_ = analysed(library)
    library.store_analyses([analysis(first, cover_features=b"old", cover_version=1)])
    library.store_analyses([analysis(second, cover_features=b"new", cover_version=2)])
    waiting = [track.track_id for track in library.tracks_to_analyse(MODEL, cover_version=2)]
    assert first in waiting and second not in waiting
    assert library.tracks_to_analyse(MODEL) == []


def test_a_file_that_could_not_be_heard_comes_again_only_when_it_changed(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    library.register_model(ModelInfo("f" * 16, "another", Path("/m"), 8, ()))
    (first, *_) = library.tracks_to_analyse("f" * 16)
    assert first.identity == identity(first.path)
    library.record_problem(first.path, "analyse", refusal("audio not readable"), identity=first.identity)
    assert first.track_id not in [track.track_id for track in library.tracks_to_analyse("f" * 16)]
    assert first.track_id in [track.track_id for track in library.tracks_to_analyse("f" * 16, again=True)]
    first.path.touch()
    library.scan()
    assert first.track_id in [track.track_id for track in library.tracks_to_analyse("f" * 16)]
    library.clear_problem(first.path, "analyse")
    assert library.read(queries.problems) == []


def test_the_active_model_decides_what_is_shown(library: Library, album: list[Path], analysed: StoreAnalyses) -> None:
    ids = analysed(library)
    other = ModelInfo("f" * 16, "another", Path("/m"), 8, (TagRow("rock", "genre", 0.2),))
    library.register_model(other)
    library.store_analyses([analysis(ids[0], other.id)])
    library.activate_model(other.id)
    counts = library.read(queries.counts)
    assert (counts.analysed, counts.with_suggestions) == (1, 1)
    assert [tag.tag for tag in library.read(queries.detail, ids[0]).suggestions] == ["rock"]
    library.activate_model(MODEL)
    assert library.read(queries.counts).with_suggestions == 4
    active = library.read(queries.active_model)
    assert active is not None and active.id == MODEL and active.embedded_count == 4
    with pytest.raises(LibraryError):
        library.activate_model("nobody knows it")
    assert [tag.name for tag in library.read(queries.vocabulary, other.id)] == ["rock"]


def test_what_was_heard_of_a_track_that_went_meanwhile_is_passed_over(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    analysed(library)
    library.store_analyses([analysis(9_999)])
    assert len(library.vectors(MODEL)[0]) == 4


def test_deciding_counts_down_the_open_suggestions(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    ids = analysed(library)
    assert library.decide(ids, ["jazz", "calm"], "accepted") == sorted(ids)
    assert library.decide(ids, ["jazz"], "accepted") == []
    assert library.read(queries.counts).with_suggestions == 4  # guitar is still open
    library.decide(ids, ["guitar"], "rejected")
    assert library.read(queries.counts).with_suggestions == 0
    library.decide(ids[:1], ["guitar"], "undecided")
    assert library.read(queries.counts).with_suggestions == 1
    with pytest.raises(LibraryError, match="not a tag"):
        library.decide(ids, ["no such word"], "accepted")


def test_accepting_above_takes_only_what_is_shown_and_open(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    ids = analysed(library)
    library.decide(ids[:1], ["jazz"], "rejected")
    assert library.accept_above(0.8, ids[:2]) == ids[1:2]
    assert library.accept_above(0.8) == ids[2:]
    assert library.accept_above(0.8) == []


def test_cover_features_are_kept_by_version(library: Library, album: list[Path], analysed: StoreAnalyses) -> None:
    ids = analysed(library)
    assert sorted(library.cover_features(1)) == [(track, b"chroma") for track in sorted(ids)]
    assert list(library.cover_features(2)) == []


@pytest.mark.parametrize(
    ("known_s", "counted", "kept_s"), [(12.0, False, 12.0), (None, False, 27.0), (12.0, True, 27.0)]
)
def test_a_length_that_was_not_heard_to_its_end_overwrites_none(
    library: Library, album: list[Path], analysed: StoreAnalyses, known_s: float | None, counted: bool, kept_s: float
) -> None:
    (track, *_) = analysed(library)
    with library.store.writing() as connection:
        connection.execute("UPDATE tracks SET duration_s = ? WHERE id = ?", (known_s, track))
    library.store_analyses([analysis(track, duration_s=27.0, duration_is_counted=counted)])
    (row,) = library.read(queries.rows, [track])
    assert row.duration_s == kept_s
