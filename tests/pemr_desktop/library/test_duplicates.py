"""Files that hold the same music: the very same sound, or the same recording in another encoding."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pemr_desktop.library import queries
from pemr_desktop.library.duplicates import _groups
from pemr_desktop.library.embeddings.analyses import TrackAnalysis
from pemr_desktop.library.embeddings.models import ModelInfo
from pemr_desktop.library.library import Library
from pemr_desktop.library.views import View

Song = Callable[..., Path]
MODEL = ModelInfo("aaaa", "a model", Path("/models/a.safetensors"), 4, ())


def ids_by_name(library: Library) -> dict[str, int]:
    rows = library.read(queries.rows, library.read(queries.track_ids))
    return {Path(os.fsdecode(row.path)).name: row.id for row in rows}


def hear(library: Library, vectors: Mapping[int, tuple[float, float, float, float]]) -> None:
    """Store what the model heard in each track."""
    library.register_model(MODEL)
    library.activate_model(MODEL.id)
    library.store_analyses(
        [
            TrackAnalysis(
                track_id=track_id,
                model_id=MODEL.id,
                vector=np.array(vector, np.float32),
                segments=np.array([vector], np.float32),
                starts_s=np.zeros(1, np.float32),
                importance=np.zeros(1, np.float32),
                importance_step_s=0.5,
                predictions=[],
            )
            for track_id, vector in vectors.items()
        ]
    )


@pytest.fixture
def encodings(library: Library, music: Path, song: Song) -> dict[str, int]:
    """One recording as FLAC, MP3 and Opus, another one, and a silent one."""
    for name, seed in (("a.flac", 1), ("a.mp3", 1), ("a.opus", 1), ("other.flac", 4), ("silent.flac", 5)):
        song(music / name, seed=seed)
    library.add_root(music)
    library.scan()
    ids = ids_by_name(library)
    hear(
        library,
        {
            ids["a.flac"]: (1, 2, 3, 4),
            ids["a.mp3"]: (1, 2, 3, 4.01),
            ids["a.opus"]: (1.01, 2, 3, 4),
            ids["other.flac"]: (4, 3, 2, 1),
            ids["silent.flac"]: (0, 0, 0, 0),
        },
    )
    return ids


def test_a_copy_with_other_tags_is_a_duplicate(library: Library, album: list[Path], music: Path) -> None:
    (music / "copy.flac").write_bytes(album[0].read_bytes())
    library.scan()
    ids = ids_by_name(library)
    assert library.find_duplicates() == [sorted([ids["1.flac"], ids["copy.flac"]])]
    assert len(library.read(queries.track_ids, view=View("duplicates"))) == 2
    assert len(library.read(queries.track_ids, "is:duplicate")) == 2


def test_one_recording_in_three_encodings_is_one_group(library: Library, encodings: dict[str, int]) -> None:
    group = sorted(encodings[name] for name in ("a.flac", "a.mp3", "a.opus"))
    assert library.find_duplicates() == [group]
    assert sorted(library.read(queries.track_ids, view=View("duplicates"))) == group


def test_tracks_just_heard_join_the_groups_there_are(library: Library, encodings: dict[str, int]) -> None:
    library.find_same_recordings([encodings["a.mp3"]])
    assert len(library.read(queries.track_ids, "is:duplicate")) == 3  # it is like both others
    library.find_same_recordings([encodings["other.flac"], encodings["silent.flac"]])
    assert len(library.read(queries.track_ids, "is:duplicate")) == 3


def test_another_length_is_another_recording(library: Library, encodings: dict[str, int]) -> None:
    with library.store.writing() as connection:
        connection.execute("UPDATE tracks SET duration_s = duration_s + 5 WHERE id = ?", (encodings["a.opus"],))
    assert library.find_duplicates() == [sorted([encodings["a.flac"], encodings["a.mp3"]])]


def test_a_pair_that_the_user_rejected_is_no_duplicate(library: Library, encodings: dict[str, int]) -> None:
    names = ("a.flac", "a.mp3", "a.opus")
    for first, second in ((0, 1), (0, 2)):
        library.judge(encodings[names[first]], encodings[names[second]], "not a version")
    assert library.find_duplicates() == [sorted([encodings["a.mp3"], encodings["a.opus"]])]


def test_changed_sound_leaves_the_group(library: Library, encodings: dict[str, int], music: Path, song: Song) -> None:
    library.find_duplicates()
    song(music / "a.opus", seed=9)
    library.scan()
    assert encodings["a.opus"] not in library.read(queries.track_ids, "is:duplicate")


def test_a_duplicate_that_is_missing_leaves_no_group_of_one(
    library: Library, encodings: dict[str, int], music: Path
) -> None:
    library.find_duplicates()
    (music / "a.opus").unlink()
    (music / "a.mp3").unlink()
    library.scan()
    assert len(library.read(queries.track_ids, "is:duplicate")) == 0


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12))))
@settings(deadline=None)
def test_groups_are_what_pairs_hold_together(pairs: list[tuple[int, int]]) -> None:
    groups = _groups(pairs)
    assert all(groups[first] == groups[second] for first, second in pairs)
    for track_id, group in groups.items():
        reached, waiting = {track_id}, [track_id]
        while waiting:
            track_id = waiting.pop()
            beside = {x for pair in pairs if track_id in pair for x in pair} - reached
            reached |= beside
            waiting += beside
        assert group == min(reached)
