"""The demo library is music a person can be shown: fitting lengths and levels, real tags, and a recipe that matches."""

from __future__ import annotations

import importlib
import math
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from mutagen.oggopus import OggOpus

from pemr.audio import iter_blocks
from pemr_desktop.resources import resource

DEMO = resource("demo")
CLIPS = sorted(DEMO.glob("*.opus"))


@pytest.fixture(scope="module")
def pieces() -> ModuleType:
    return recipe("pieces")


def recipe(name: str) -> ModuleType:
    if str(DEMO) not in sys.path:
        sys.path.append(str(DEMO))
    return importlib.import_module(f"recipe.{name}")


def test_there_are_eight_to_twelve_clips_in_under_three_megabytes() -> None:
    assert 8 <= len(CLIPS) <= 12
    assert sum(clip.stat().st_size for clip in CLIPS) < 3_000_000


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.stem)
def test_a_clip_lasts_half_a_minute_and_is_neither_silent_nor_clipped(clip: Path) -> None:
    samples = np.concatenate(list(iter_blocks(clip, 48_000, 2)))
    music = samples[: -3 * 48_000]
    seconds = music[: len(music) // 48_000 * 48_000].reshape(-1, 48_000 * 2)
    assert 30 <= len(samples) / 48_000 <= 40
    assert 20 * math.log10(np.sqrt(np.mean(samples**2))) == pytest.approx(-19, abs=1.5)
    assert 20 * np.log10(np.sqrt(np.mean(seconds**2, axis=1))).min() > -35
    assert np.abs(samples).max() < 0.97


def test_clips_carry_the_tags_of_real_music() -> None:
    tags = [OggOpus(clip) for clip in CLIPS]
    for name in ("title", "artist", "album", "albumartist", "date", "tracknumber"):
        assert all(file.get(name) for file in tags), name
    with_genre = sum("genre" in file for file in tags)
    assert 0 < with_genre < len(tags)
    assert any("metadata_block_picture" in file for file in tags)


def test_at_least_three_works_come_in_two_versions_of_other_key_tempo_and_players(pieces: ModuleType) -> None:
    versions = Counter(piece.tune for piece in pieces.PIECES)
    works = [tune for tune, count in versions.items() if count == 2]
    assert len(works) >= 3
    for work in works:
        first, second = (piece for piece in pieces.PIECES if piece.tune == work)
        assert first.transpose != second.transpose
        assert abs(math.log(first.tempo / second.tempo)) > math.log(1.1)
        assert first.band is not second.band


def test_the_recipe_makes_exactly_these_clips_with_these_tags(pieces: ModuleType) -> None:
    assert sorted(piece.file for piece in pieces.PIECES) == [clip.name for clip in CLIPS]
    for piece in pieces.PIECES:
        file = OggOpus(DEMO / piece.file)
        assert {name: file[name][0] for name in piece.tags} == piece.tags


def test_the_same_seed_gives_the_same_performance(pieces: ModuleType, tmp_path: Path) -> None:
    tunes = recipe("abc").read_tunes(DEMO / "tunes.abc")
    piece = pieces.PIECES[0]
    score = recipe("score").arrange(tunes[piece.tune], piece.parts, transpose=piece.transpose)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        recipe("midi").write_midi(tmp_path / name, piece.band(score), piece.tempo, seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_every_bar_of_the_tunes_is_full() -> None:
    tunes = recipe("abc").read_tunes(DEMO / "tunes.abc")
    assert len(tunes) == 7
    for tune in tunes.values():
        for part in tune.parts.values():
            assert part.length % tune.bar == 0
            assert part.chords[0].start == 0
