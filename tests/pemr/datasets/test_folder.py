"""A folder of music as training data: what is found, what is cached, what is skipped and said."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pemr.batches import Batches, split_held_out
from pemr.datasets.folder import ClipCollection, Manifest, audio_files, build_cache
from pemr.errors import CorpusError

RATE = 16_000


def cached(folder: Path, cache: Path, *, cache_gb: float = 1.0, max_track_s: float = 60.0) -> Manifest:
    return build_cache(
        [folder], cache, RATE, max_track_s=max_track_s, cache_gb=cache_gb, progress=lambda done, total, skipped: None
    )


def test_audio_is_found_by_suffix_below_the_folder_and_hidden_files_are_not(tmp_path: Path) -> None:
    for name in ("b/two.FLAC", "b/one.mp3", "a.opus", ".hidden.mp3", ".git/x.mp3", "cover.jpg", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert [p.relative_to(tmp_path).as_posix() for p in audio_files([tmp_path])] == [
        "a.opus",
        "b/one.mp3",
        "b/two.FLAC",
    ]


def test_unreadable_files_are_skipped_and_named_with_a_reason(music: Path, tmp_path: Path) -> None:
    manifest = cached(music, tmp_path / "cache")
    assert len(manifest.tracks) == 6
    assert [Path(u.path).name for u in manifest.unreadable] == ["empty.mp3", "letter.ogg"]
    assert all(u.reason for u in manifest.unreadable)


def test_what_is_cached_is_not_decoded_again(music: Path, tmp_path: Path) -> None:
    first = cached(music, tmp_path / "cache")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()}
    assert cached(music, tmp_path / "cache") == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()} == times


def test_a_changed_file_is_decoded_anew(tmp_path: Path, make_audio: Callable[..., Path]) -> None:
    path = make_audio(tmp_path / "music" / "a.wav", seconds=2.0, seed=1)
    first = cached(tmp_path / "music", tmp_path / "cache")
    make_audio(path, seconds=3.0, seed=2)
    second = cached(tmp_path / "music", tmp_path / "cache")
    assert first.tracks[0].cache_name != second.tracks[0].cache_name
    assert second.tracks[0].samples == pytest.approx(3 * RATE, abs=2)


def test_tracks_that_do_not_fit_are_counted(music: Path, tmp_path: Path) -> None:
    manifest = cached(music, tmp_path / "cache", cache_gb=3.5 * 4 * RATE * 2 / 1e9)
    assert len(manifest.tracks) == 3
    assert manifest.left_out > 0


def test_long_tracks_are_cut(music: Path, tmp_path: Path) -> None:
    manifest = cached(music, tmp_path / "cache", max_track_s=1.0)
    assert {track.samples for track in manifest.tracks} == {RATE}


def test_a_cache_that_cannot_be_written_is_an_error_and_not_a_skipped_file(music: Path, tmp_path: Path) -> None:
    manifest = cached(music, tmp_path / "cache")
    blocked = tmp_path / "cache" / manifest.tracks[2].cache_name
    blocked.unlink()
    blocked.symlink_to(tmp_path / "a disk that is not there" / "cache")
    with pytest.raises(CorpusError, match="cannot be written"):
        cached(music, tmp_path / "cache")


def test_cached_samples_are_the_decoded_ones(tmp_path: Path, make_audio: Callable[..., Path]) -> None:
    from pemr import audio

    path = make_audio(tmp_path / "music" / "a.flac", seconds=2.0)
    manifest = cached(tmp_path / "music", tmp_path / "cache")
    clips = ClipCollection(manifest.tracks, tmp_path / "cache", 2 * RATE, RATE)
    np.testing.assert_allclose(clips.crop(0, 0), audio.decode(path, RATE)[:RATE], atol=2 / 32768)


def test_clips_cover_each_track_once_and_crops_stay_inside(music: Path, tmp_path: Path) -> None:
    manifest = cached(music, tmp_path / "cache")
    clips = ClipCollection(manifest.tracks, tmp_path / "cache", RATE, RATE // 2)
    for number, track in enumerate(manifest.tracks):
        mine = [clip for clip in clips.clips if clip.track == number]
        assert mine[0].start == 0
        assert sum(clip.length for clip in mine) == track.samples
    random = np.random.default_rng(1)
    for index in range(len(clips)):
        first, second = clips.two_crops(index, random)
        assert first.shape == second.shape == (RATE // 2,)


def test_a_missing_cache_file_is_named(music: Path, tmp_path: Path) -> None:
    manifest = cached(music, tmp_path / "cache")
    clips = ClipCollection(manifest.tracks, tmp_path / "cache", RATE, RATE // 2)
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(CorpusError, match="track 0"):
        clips.crop(0, 0)


def test_every_clip_comes_once_an_epoch_in_an_order_of_its_own(music: Path, tmp_path: Path) -> None:
    manifest = cached(music, tmp_path / "cache")
    batches = Batches(ClipCollection(manifest.tracks, tmp_path / "cache", RATE, RATE // 2), 4, seed=1)
    assert batches.steps_per_epoch == 6
    epochs = [[i for step in range(6) for i in batches.indices(6 * e + step)] for e in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(24))
    assert epochs[0] != epochs[1]


def test_a_batch_depends_on_seed_and_step_only(music: Path, tmp_path: Path) -> None:
    manifest = cached(music, tmp_path / "cache")
    clips = ClipCollection(manifest.tracks, tmp_path / "cache", RATE, RATE // 2)
    running = list(Batches(clips, 4, seed=1).from_step(0, 9))
    resumed = list(Batches(clips, 4, seed=1).from_step(5, 9))
    for before, after in zip(running[5:], resumed, strict=True):
        assert before.indices == after.indices
        assert before.first.equal(after.first)
        assert before.second.equal(after.second)
    assert not Batches(clips, 4, seed=2).batch(0).first.equal(running[0].first)


def test_processes_share_a_batch_and_its_random_numbers_without_overlap(music: Path, tmp_path: Path) -> None:
    manifest = cached(music, tmp_path / "cache")
    clips = ClipCollection(manifest.tracks, tmp_path / "cache", RATE, RATE // 2)
    whole = Batches(clips, 4, seed=1)
    shares = [Batches(clips, 4, seed=1, rank=rank, processes=2) for rank in range(2)]
    batch, parts = whole.batch(3), [share.batch(3) for share in shares]
    assert batch.indices == parts[0].indices + parts[1].indices
    assert np.array_equal(batch.first, np.concatenate([part.first for part in parts]))
    assert np.array_equal(batch.second, np.concatenate([part.second for part in parts]))
    seeds = [g.initial_seed() for view in range(2) for g in whole.augmentation_generators(3, view)]
    assert seeds == [
        g.initial_seed() for view in range(2) for share in shares for g in share.augmentation_generators(3, view)
    ]
    assert len({*seeds, whole.masking_generator(3).initial_seed()}) == 9, "each clip and view has its own"
    assert {share.masking_generator(3).initial_seed() for share in shares} == {
        whole.masking_generator(3).initial_seed()
    }


def test_fewer_clips_than_a_batch_repeat(music: Path, tmp_path: Path) -> None:
    manifest = cached(music, tmp_path / "cache")
    batches = Batches(ClipCollection(manifest.tracks, tmp_path / "cache", 4 * RATE, RATE), 10, seed=1)
    assert len(batches.clips) == 6
    assert len(batches.batch(0).indices) == 10
    assert set(batches.batch(0).indices) == set(range(6))


def test_held_out_tracks_depend_on_path_and_seed_and_not_on_order(music: Path, tmp_path: Path) -> None:
    tracks = cached(music, tmp_path / "cache").tracks
    train, held_out = split_held_out(tracks, 0.34, seed=1)
    assert (len(train), len(held_out)) == (4, 2)
    again = split_held_out(tracks[::-1], 0.34, seed=1)[1]
    assert {t.path for t in again} == {t.path for t in held_out}


@pytest.mark.skipif(sys.platform != "linux", reason="only here may a name be any bytes")
def test_names_that_are_not_unicode_are_cached_and_can_be_told(tmp_path: Path, make_audio: Callable[..., Path]) -> None:
    good = make_audio(tmp_path / "music" / "a.wav", seconds=2.0)
    good.rename(good.with_name(os.fsdecode(b"caf\xe9.wav")))
    (tmp_path / "music" / os.fsdecode(b"br\xe9ken.mp3")).write_text("no music")
    manifest = cached(tmp_path / "music", tmp_path / "cache")
    told = msgspec.json.encode(manifest).decode()
    assert "caf\ufffd.wav" in told
    assert "br\ufffdken.mp3" in told
    assert len(manifest.tracks) == 1
