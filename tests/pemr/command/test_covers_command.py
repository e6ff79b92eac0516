from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pemr.command import build
from pemr.covers.alignment.spectrum import spectrum
from pemr.covers.corpus.version_corpus import (
    CorpusVersion,
    Rendering,
    WorkToRender,
    moments_of,
    render_corpus,
    write_work,
)
from pemr.covers.networks.network_file import load_network
from pemr.errors import CorpusError
from pemr.modelfile import load_model


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    list(render_corpus(folder, [WorkToRender("song", n, "train") for n in (1, 2, 3)], Rendering(folder, sketched=2)))
    return folder


def test_training_leaves_a_network_a_curve_and_a_checkpoint(corpus: Path, tmp_path: Path) -> None:
    development = tmp_path / "dev"
    list(
        render_corpus(
            development, [WorkToRender("song", 20, "development")], Rendering(development, sketched=2, seed=4)
        )
    )
    command = ["covers", "train", str(corpus), "--out", str(tmp_path / "run"), "--width", "16", "--channels", "4"]
    run = CliRunner().invoke(build(), [*command, "--works", "2", "--steps", "2", "--development", str(development)])
    assert run.exit_code == 0, run.output
    assert "step 2: loss" in run.output
    assert load_network(tmp_path / "run" / "best.safetensors").network.width == 16
    curve = [json.loads(line) for line in (tmp_path / "run" / "curve.jsonl").read_text().splitlines()]
    assert [point["step"] for point in curve] == [2]
    assert set(curve[0]["map"]) == {"dev"}


def test_a_fresh_encoder_hears_as_the_model_that_it_is_compared_with(tmp_path: Path) -> None:
    for work in range(2):
        sounds = [np.random.default_rng([work, v]).normal(0, 0.1, 480_000).astype(np.float32) for v in range(2)]
        versions = [CorpusVersion(f"w{work}", v, "train", 0, "", "", v, 30.0, 60) for v in range(2)]
        moments = {v: moments_of(sound, 2) for v, sound in enumerate(sounds)}
        write_work(tmp_path / "sound", f"w{work}", versions, [spectrum(sound) for sound in sounds], moments)
    model = Path(__file__).parents[3] / "resources" / "models" / "pretrained.safetensors"
    command = ["covers", "train", str(tmp_path / "sound"), "--out", str(tmp_path / "run"), "--network", "fcn"]
    run = CliRunner().invoke(build(), [*command, "--works", "2", "--steps", "1", "--hears-as", str(model)])
    assert run.exit_code == 0, run.output
    trained = load_network(tmp_path / "run" / "best.safetensors")
    assert trained.settings.front_end == load_model(model).info.front_end


def test_rendering_goes_on_where_it_was_limited(tmp_path: Path) -> None:
    books = tmp_path / "books"
    for book in ("airdsAirs", "oneills1850", "ryansMammoth"):
        (books / book).mkdir(parents=True)
    command = ["corpus", "render", "versions", str(tmp_path / "out"), "--tunes", "0", "--songs", "3", "--sketched", "2"]
    command += ["--books", str(books), "--processes", "1"]
    first = CliRunner().invoke(build(), [*command, "--limit", "1"])
    assert "2 versions of 1 works" in first.output
    before = next((tmp_path / "out").glob("*.safetensors")).stat().st_mtime_ns
    rest = CliRunner().invoke(build(), command)
    assert "6 versions of 3 works" in rest.output
    assert sorted(path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.safetensors"))[0] == before


def test_books_that_are_not_there_are_named(tmp_path: Path) -> None:
    run = CliRunner().invoke(
        build(), ["corpus", "render", "versions", str(tmp_path / "out"), "--books", str(tmp_path / "none")]
    )
    assert isinstance(run.exception, CorpusError)
    assert "airdsAirs, oneills1850, ryansMammoth" in str(run.exception)


def test_a_set_that_is_not_known_is_refused(tmp_path: Path) -> None:
    run = CliRunner().invoke(build(), ["evaluate", "covers", str(tmp_path), "--set", "covers81"])
    assert isinstance(run.exception, CorpusError)
    assert "There are: folder, covers80, shs100k, shs100k-sub, free-game-music" in str(run.exception)
