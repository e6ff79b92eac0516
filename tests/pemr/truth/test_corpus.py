from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from pemr.audio import decode
from pemr.errors import CorpusError
from pemr.instruments import sound_of_program
from pemr.truth import no_music
from pemr.truth.clips import CLIP_RATE, make_clip, split_of
from pemr.truth.corpus import CLIPS, TABLE, audio_of, clips_in, render_truth
from pemr.truth.labels import WORDS, truth_of
from pemr.truth.sources import ROLES, Sources
from truth_sources import made_sources, needs_fluidsynth

pytestmark = needs_fluidsynth
CLIP_COUNT = 3


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    return made_sources(tmp_path_factory.mktemp("sources"))


@pytest.fixture(autouse=True)
def only_what_needs_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(no_music, "KINDS", {"speech": 0.5, "noise": 0.5})


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, sources: Sources) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(no_music, "KINDS", {"speech": 0.5, "noise": 0.5})
        assert list(render_truth(folder, CLIP_COUNT, sources, seed=5)) == [True] * CLIP_COUNT
    return folder


def test_every_clip_has_sound_labels_and_a_line_in_the_table(corpus: Path) -> None:
    labels = clips_in(corpus)
    assert [clip.name for clip in labels] == [f"{number:06}" for number in range(CLIP_COUNT)]
    for clip in labels:
        samples = decode(audio_of(corpus, clip), CLIP_RATE)
        assert len(samples) / CLIP_RATE == pytest.approx(clip.duration_s, abs=0.01)
        assert np.abs(samples).max() > 0.01
    assert len((corpus / TABLE).read_text().splitlines()) == CLIP_COUNT + 1


def test_the_same_seed_gives_the_same_bytes(corpus: Path, sources: Sources, tmp_path: Path) -> None:
    list(render_truth(tmp_path, 2, sources, seed=5))
    for path in sorted((tmp_path / CLIPS).iterdir()):
        assert path.read_bytes() == (corpus / CLIPS / path.name).read_bytes()


def test_what_is_there_is_not_made_again_and_another_seed_is_refused(corpus: Path, sources: Sources) -> None:
    written = {path: path.stat().st_mtime_ns for path in (corpus / CLIPS).iterdir()}
    assert list(render_truth(corpus, CLIP_COUNT, sources, seed=5)) == [False] * CLIP_COUNT
    assert written == {path: path.stat().st_mtime_ns for path in (corpus / CLIPS).iterdir()}
    with pytest.raises(CorpusError, match="begun with seed 5"):
        list(render_truth(corpus, 1, sources, seed=6))


def test_a_killed_rendering_goes_on(corpus: Path, sources: Sources, tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import pickle
        from pathlib import Path
        from pemr.truth import no_music
        from pemr.truth.corpus import render_truth
        no_music.KINDS.clear()
        no_music.KINDS.update(speech=0.5, noise=0.5)
        sources = pickle.loads({pickle.dumps(sources)!r})
        list(render_truth(Path({str(tmp_path)!r}), {CLIP_COUNT}, sources, seed=5))
    """)
    process = subprocess.Popen([sys.executable, "-c", script], env=dict(os.environ))
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(f"{CLIPS}/*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    made = len(list(tmp_path.glob(f"{CLIPS}/*.json")))
    assert made >= 1
    list(render_truth(tmp_path, CLIP_COUNT, sources, seed=5))
    for path in sorted((corpus / CLIPS).iterdir()):
        assert path.read_bytes() == (tmp_path / CLIPS / path.name).read_bytes()
    assert not [path for path in (tmp_path / CLIPS).iterdir() if path.suffix not in (".json", ".flac")]


def test_labels_agree_with_the_score(sources: Sources) -> None:
    for number in range(12):
        labels = make_clip(number, 5, sources).labels
        values, known = truth_of(labels)
        told = {word: bool(value) for word, value, sure in zip(WORDS, values, known, strict=True) if sure}
        assert told["music"] is labels.is_music
        for player in labels.players:
            assert len(player.levels_db) >= int(labels.duration_s) - 2
            if player.program >= 0 and "drums" not in player.words and "percussion" not in player.words:
                assert player.words == sound_of_program(player.program).words
            if labels.vouched and player.share > 0.5:
                assert all(told[word] for word in player.words)
        playing = {word for player in labels.players for word in (*player.words, *player.unknown)}
        assert "piano" in playing or not told.get("piano", False)
        if labels.forces == "solo":
            assert len({player.program for player in labels.players}) == 1


def test_every_split_comes_early() -> None:
    assert {split_of(number) for number in range(10)} == set(ROLES)


def test_a_folder_without_clips_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="corpus render truth"):
        clips_in(tmp_path)
