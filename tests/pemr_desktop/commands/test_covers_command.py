"""`pemr-desktop covers`: a file needs no word before it, groups are exported, and what cannot be is said."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pemr_desktop.commands.covers import layer_words
from pemr_desktop.library.opening import open_library
from pemr_desktop.paths import below
from pemr_desktop.protocol.cover_quality import Count, FitScore, LayerFitReport

Run = Callable[..., Any]


def test_a_file_or_a_number_needs_no_word_before_it(run: Run, tmp_path: Path) -> None:
    nowhere = tmp_path / "no.flac"
    for words in (("covers", nowhere), ("covers", "find", nowhere), ("covers", "--limit", "3", nowhere)):
        assert "neither a track number nor a file" in run(*words, code=1).stderr
    shown = run("covers", "--help").stdout
    assert all(command in shown for command in ("find", "quality", "teach", "export"))


def test_a_group_is_written_as_a_playlist_file(run: Run, music: Path, home: Path, tmp_path: Path) -> None:
    run("scan", music)
    assert "No version of 1 is known" in run("covers", "export", "1", tmp_path / "none.m3u8", code=1).stderr
    with open_library(below(home).library_file) as library:
        library.judge(1, 3, "version")
    said = run("covers", "export", music / "tune 0.flac", tmp_path / "group.m3u8").stderr
    assert "Wrote 2 versions" in said
    entries = [line for line in (tmp_path / "group.m3u8").read_text().splitlines() if not line.startswith("#")]
    assert [os.path.basename(entry) for entry in entries] == ["tune 0.flac", "tune 2.flac"]  # noqa: PTH119


@pytest.mark.parametrize("command", ["quality", "teach"])
def test_without_an_answer_there_is_nothing_to_check_or_learn(run: Run, music: Path, command: str) -> None:
    run("scan", music)
    said = run("covers", command, code=1).stderr
    assert "nothing to check the cover search against" in said and "Traceback" not in said


def test_going_back_goes_alone_and_needs_no_fit(run: Run, music: Path) -> None:
    assert "--undo goes alone" in run("covers", "teach", "--undo", "--dry-run", code=1).stderr
    run("scan", music)
    assert "is as it was shipped" in run("covers", "teach", "--undo").stderr


@pytest.mark.parametrize(
    ("kept", "reason", "begins"),
    [
        (True, "", "last layer of the network: fine-tuned (by itself: known versions found: 33 of 50 -> 38 of 50;"),
        (
            False,
            "It is no better.",
            "last layer of the network: as shipped. It is no better. (by itself: known",
        ),
    ],
)
def test_what_became_of_the_last_layer_is_said_with_its_figures(kept: bool, reason: str, begins: str) -> None:
    before, after = (FitScore(Count(n, n), Count(n, 50), doubt) for n, doubt in ((33, 0.4), (38, 0.3)))
    said = layer_words(LayerFitReport(before, after, kept, reason))
    assert said.startswith(begins) and said.endswith("doubt: 0.400 -> 0.300)")
