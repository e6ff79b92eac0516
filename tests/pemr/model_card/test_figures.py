"""The model card's figures: retrieval by hand, and the whole report of the shipped files on made music."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from pemr.command import build
from pemr.errors import CorpusError
from pemr.model_card.figures import Figures, models_folder, retrieval
from pemr.model_card.markdown import BEGIN, END, card_tables, plot_file, reliability_plot, write_card


def test_tracks_of_two_soundtracks_that_point_apart_are_found_first() -> None:
    calm, loud = np.array([1.0, 0.1], np.float32), np.array([-1.0, 0.1], np.float32)
    tracks = [np.stack([base, base + shift]) for base in (calm, loud) for shift in (np.float32(0.1), np.float32(0.2))]
    found = retrieval(tracks, ["calm", "calm", "loud", "loud"])
    assert found.same_soundtrack == 1.0


def test_a_half_that_is_nearest_to_another_tracks_half_counts_as_second() -> None:
    east, north = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
    swapped = retrieval([np.stack([east, north]), np.stack([north, east])], ["a", "a"])
    kept = retrieval([np.stack([east, east]), np.stack([north, north])], ["a", "a"])
    assert swapped.other_half == 0.5
    assert kept.other_half == 1.0


@pytest.fixture
def corpus(music: Path, tmp_path: Path) -> Path:
    """Two albums to fit on and the others to judge on, as the corpus lies in its folders."""
    albums = sorted(album for album in music.iterdir() if album.is_dir())
    for part, chosen in (("train", albums[:-1]), ("validation", albums[-1:])):
        (tmp_path / part).mkdir()
        for album in chosen:
            shutil.copytree(album, tmp_path / part / album.name)
    return tmp_path


def test_the_card_of_the_shipped_model_is_printed_and_written(corpus: Path, tmp_path: Path) -> None:
    figures, card = tmp_path / "figures.json", tmp_path / "card.md"
    card.write_text(f"# A model\n\n{BEGIN}\nold\n{END}\n\nAfter.\n", encoding="utf-8")
    done = CliRunner().invoke(
        build(),
        ["evaluate", "--bundled", "--corpus", str(corpus), "--cache", str(tmp_path / "cache"), "--threads", "1",
         "--json", str(figures), "--card", str(card)],
        env={"COLUMNS": "200"},
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    read = msgspec.json.decode(figures.read_bytes(), type=Figures)
    assert {"random encoder", "MFCC + chroma", "bundled"} <= {encoder.name for encoder in read.encoders}
    assert all(encoder.name in done.stdout for encoder in read.encoders)
    assert read.shipped_bytes < 20_000_000
    written = card.read_text(encoding="utf-8")
    assert card_tables(read) in written
    assert written.startswith("# A model") and written.endswith("After.\n") and "\nold\n" not in written
    if read.calibration:
        assert plot_file(card).read_text(encoding="utf-8") == reliability_plot(read)
        assert f"({plot_file(card).name})" in written


def test_a_corpus_without_validation_music_is_refused_and_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    done = CliRunner().invoke(build(), ["evaluate", "--bundled", "--corpus", str(tmp_path)])
    assert isinstance(done.exception, CorpusError)
    assert "corpus fetch free-game-music" in str(done.exception)


def test_a_card_without_a_place_for_tables_is_left_alone(tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    card.write_text("# Nothing\n", encoding="utf-8")
    before = card.stat().st_mtime_ns
    figures = Figures("0" * 16, 0, 0, 0, [], [], [], 0, [], 0)
    with pytest.raises(CorpusError, match="no place for the tables"):
        write_card(card, figures)
    assert card.stat().st_mtime_ns == before


def test_the_shipped_card_says_what_was_measured() -> None:
    folder = models_folder()
    figures = msgspec.json.decode((folder / "bundled.json").read_bytes(), type=Figures)
    card = folder / "bundled.md"
    assert card_tables(figures) in card.read_text(encoding="utf-8")
    assert plot_file(card).read_text(encoding="utf-8") == reliability_plot(figures)
    assert all(f"error {group.error:.3f}" in reliability_plot(figures) for group in figures.calibration)
