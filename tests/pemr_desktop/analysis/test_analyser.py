"""Listening to tracks: what is stored, and what a bad file, a changing file or a full disk costs."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pemr.embed import Encoder
from pemr.modelfile import load_model, save_model
from pemr_desktop.analysis.analyser import Analysed, Analyser
from pemr_desktop.analysis.crash_memory import MAX_ATTEMPTS, Suspects
from pemr_desktop.analysis.models import describe
from pemr_desktop.errors import PemrDesktopError
from pemr_desktop.library import queries
from pemr_desktop.library.library import Library
from pemr_desktop.steps import Progress

MakeAudio = Callable[..., Path]


def listen(
    library: Library,
    encoder: Encoder,
    *,
    progress: Progress = lambda _done, _total, _step: None,
    cancelled: Callable[[], bool] = lambda: False,
    changed: Callable[[list[int]], None] = lambda _ids: None,
    keep_segments: bool = True,
) -> Analysed:
    analyser = Analyser(library, encoder, listeners=1, patience_s=30.0, keep_segments=keep_segments, changed=changed)
    return analyser.run(library.tracks_to_analyse(encoder.model_id), progress, cancelled)


def reasons(library: Library) -> dict[str, str]:
    return {Path(os.fsdecode(p.path)).name: p.reason for p in library.read(queries.problems)}


def test_what_is_heard_is_stored_as_the_encoder_gives_it(library: Library, encoder: Encoder, music: Path) -> None:
    told: list[int] = []
    analysed = listen(library, encoder, changed=told.extend)
    assert (analysed.analysed, analysed.problems, analysed.unreachable, analysed.cancelled) == (3, 0, 0, False)
    assert analysed.audio_s == pytest.approx(12.0, abs=0.1)
    (track_id,) = [id_ for id_ in told if "tune 1" in library.read(queries.detail, id_).row.location]
    expected = encoder.embed_file(music / "tune 1.wav")
    ids, vectors = library.vectors(encoder.model_id)
    stored = vectors[list(ids).index(track_id)]
    assert float(stored @ expected.track / np.linalg.norm(stored) / np.linalg.norm(expected.track)) > 0.9999
    segments = library.segments(track_id, encoder.model_id)
    assert segments is not None and segments.segments.shape == expected.segments.shape
    np.testing.assert_allclose(segments.importance, expected.importance, atol=1 / 255)
    detail = library.read(queries.detail, track_id)
    assert len(detail.peaks) == 1000 and {s.tag for s in detail.suggestions} == {"jazz", "rock", "calm", "piano"}
    assert dict(library.cover_features(_feature_version()))[track_id]


def _feature_version() -> int:
    from pemr.covers.alignment.features import FEATURE_VERSION

    return int(FEATURE_VERSION)


def test_a_model_of_another_method_leaves_no_importance_curve(
    library: Library, model_file: Path, tmp_path: Path
) -> None:
    whole = load_model(model_file)
    other = tmp_path / "simclr.safetensors"
    info = msgspec.structs.replace(whole.info, predictor=None)
    save_model(other, info, whole.encoder, None, whole.head_weight, whole.head_bias)
    encoder = Encoder.load(other)
    library.register_model(describe(encoder, other))
    library.activate_model(encoder.model_id)
    assert listen(library, encoder).analysed == 3
    ids, _ = library.vectors(encoder.model_id)
    detail = library.read(queries.detail, int(ids[0]))
    assert detail.importance == b""
    assert len(detail.suggestions) == 4


def test_nothing_is_listened_to_twice(library: Library, encoder: Encoder) -> None:
    listen(library, encoder)
    assert library.tracks_to_analyse(encoder.model_id) == []


def test_moments_are_kept_only_if_wanted(library: Library, encoder: Encoder) -> None:
    listen(library, encoder, keep_segments=False)
    ids, vectors = library.vectors(encoder.model_id)
    segments = library.segments(int(ids[0]), encoder.model_id)
    assert vectors.shape == (3, 512) and (segments is None or len(segments.segments) == 0)


def test_a_file_that_lost_its_sound_is_on_the_problems_list_and_the_others_go_on(
    library: Library, encoder: Encoder, music: Path
) -> None:
    (music / "tune 1.wav").write_bytes(b"RIFF" + bytes(60))
    analysed = listen(library, encoder)
    assert (analysed.analysed, analysed.problems) == (2, 1)
    assert set(reasons(library)) == {"tune 1.wav"} and reasons(library)["tune 1.wav"].endswith(".")


def test_a_file_that_is_cut_off_is_listened_to_and_named(
    library: Library, encoder: Encoder, music: Path, make_audio: MakeAudio
) -> None:
    whole = make_audio(music / "cut.wav", seconds=8.0, seed=9).read_bytes()
    (music / "cut.wav").write_bytes(whole[: len(whole) // 2])
    library.scan()
    analysed = listen(library, encoder)
    assert analysed.analysed == 4
    assert "cut off" in reasons(library)["cut.wav"]


def test_a_file_that_vanishes_is_no_problem(library: Library, encoder: Encoder, music: Path) -> None:
    tracks = library.tracks_to_analyse(encoder.model_id)
    (music / "tune 0.wav").unlink()
    analyser = Analyser(library, encoder, listeners=1, patience_s=30.0)
    analysed = analyser.run(tracks, lambda _done, _total, _step: None, lambda: False)
    assert (analysed.analysed, analysed.unreachable, analysed.problems) == (2, 1, 0)
    assert reasons(library) == {}


def test_a_file_that_changes_while_it_is_heard_is_heard_again(
    library: Library, encoder: Encoder, music: Path, make_audio: MakeAudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed, calls = encoder.embed_samples, list[int]()

    def embed_and_touch(samples: np.ndarray) -> object:
        calls.append(len(samples))
        if len(calls) == 1:
            for path in music.iterdir():
                make_audio(path, seconds=5.0, seed=77)
        return embed(samples)

    monkeypatch.setattr(encoder, "embed_samples", embed_and_touch)
    analysed = listen(library, encoder)
    assert analysed.analysed == 3 and analysed.problems == 0 and len(calls) > 3
    durations = {library.read(queries.detail, id_).row.duration_s for id_ in library.read(queries.track_ids)}
    assert durations == {5.0}


def test_a_file_that_changes_all_the_time_is_given_up(
    library: Library, encoder: Encoder, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = encoder.embed_samples
    busy = music / "tune 2.wav"

    def embed_and_touch(samples: np.ndarray) -> object:
        busy.touch()
        return embed(samples)

    monkeypatch.setattr(encoder, "embed_samples", embed_and_touch)
    analysed = listen(library, encoder)
    assert analysed.analysed == 2 and "written to all the time" in reasons(library)["tune 2.wav"]


def test_what_the_encoder_cannot_take_costs_one_track(
    library: Library, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed, calls = encoder.embed_samples, list[int]()

    def fail_once(samples: np.ndarray) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("the tensor is not what it was")
        return embed(samples)

    monkeypatch.setattr(encoder, "embed_samples", fail_once)
    analysed = listen(library, encoder)
    assert (analysed.analysed, analysed.problems) == (2, 1)


def test_cancelling_ends_between_two_tracks(library: Library, encoder: Encoder) -> None:
    done: list[int] = []
    analysed = listen(
        library, encoder, progress=lambda count, _total, _step: done.append(count), cancelled=lambda: len(done) >= 1
    )
    assert analysed.cancelled and analysed.analysed == 1
    assert len(library.tracks_to_analyse(encoder.model_id)) == 2


def test_a_full_disk_is_named_and_after_making_room_it_goes_on(library: Library, encoder: Encoder) -> None:
    pages = library.read(lambda conn: conn.execute("PRAGMA page_count").fetchone()[0])
    library.read(lambda conn: conn.execute(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises((PemrDesktopError, sqlite3.Error), match="full"):
        listen(library, encoder)
    library.read(lambda conn: conn.execute("PRAGMA max_page_count = 1000000"))
    left = len(library.tracks_to_analyse(encoder.model_id))
    assert left and listen(library, encoder).analysed == left
    assert len(library.vectors(encoder.model_id)[0]) == 3
    assert library.read(lambda conn: conn.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"


def test_a_track_that_ends_the_worker_each_time_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite.listening"
    for _ in range(MAX_ATTEMPTS):
        suspects = Suspects(path)
        assert not suspects.is_hopeless(7)
        suspects.begin(5)
        suspects.end(5)
        suspects.begin(7)
    suspects = Suspects(path)
    assert suspects.is_hopeless(7) and not suspects.is_hopeless(5)
    suspects.forget()
    assert not path.exists() and not Suspects(path).is_hopeless(7)


def test_a_hopeless_track_is_reported_and_the_others_are_heard(library: Library, encoder: Encoder) -> None:
    track = library.tracks_to_analyse(encoder.model_id)[0]
    note = library.path.with_name(library.path.name + ".listening")
    note.write_bytes(f'{{"current": [], "attempts": {{"{track.track_id}": {MAX_ATTEMPTS}}}}}'.encode())
    analysed = listen(library, encoder)
    assert (analysed.analysed, analysed.problems) == (2, 1)
    assert "ended the program" in reasons(library)[track.path.name]
