"""`pemr-train finetune tags` and `evaluate` on real files with the real teacher."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pemr.command import build
from pemr.embed import Encoder
from pemr.errors import CorpusError, ModelMismatch
from pemr.modelfile import load_model
from pemr.vocabulary import VOCABULARY

TEACHERS = Path(__file__).parents[3] / "resources" / "models" / "teacher"


@pytest.fixture(scope="module")
def taught(music: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file that was taught in place, beside its label cache."""
    folder = tmp_path_factory.mktemp("taught")
    model = folder / "model.safetensors"
    shutil.copy(tiny_model, model)
    done = CliRunner().invoke(
        build(),
        ["finetune", "tags", "--model", str(model), "--data", str(music), "--out", str(model),
         "--teacher", str(TEACHERS), "--cache", str(folder / "cache"), "--threads", "1"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return model


def test_a_model_learns_the_vocabulary_and_keeps_its_encoder(taught: Path, tiny_model: Path, music: Path) -> None:
    model, before = load_model(taught), load_model(tiny_model)
    assert [tag.name for tag in model.info.tags] == [tag.name for tag in VOCABULARY]
    assert model.model_id == before.model_id
    assert model.digest != before.digest
    assert model.info.provenance["heads"]["training_tracks"] == 3
    assert model.info.provenance["heads"]["validation_tracks"] == 3
    assert all(tag.supported or tag.reason for tag in model.info.tags)
    track = Encoder.load(taught).embed_file(music / "album 0" / "track 0.wav")
    assert track.tag_probabilities.shape == (len(VOCABULARY),)


def test_the_teacher_listens_once(taught: Path, music: Path) -> None:
    store = next((taught.parent / "cache").glob("musicnn-*.safetensors"))
    before = store.stat().st_mtime_ns
    shown = CliRunner().invoke(
        build(),
        ["evaluate", "tags", str(taught), "--data", str(music), "--teacher", str(TEACHERS),
         "--cache", str(taught.parent / "cache"), "--threads", "1", "--per-tag"],
        env={"COLUMNS": "200"},
    )  # fmt: skip
    assert shown.exit_code == 0, shown.output
    assert "random encoder" in shown.stdout
    assert "MFCC + chroma" in shown.stdout
    assert taught.name in shown.stdout
    assert store.stat().st_mtime_ns == before


def test_a_wrong_model_is_refused_before_the_teacher_listens(music: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.safetensors"
    wrong.write_bytes(b"not a model")
    done = CliRunner().invoke(
        build(),
        ["finetune", "tags", "--model", str(wrong), "--data", str(music), "--out", str(tmp_path / "out.safetensors"),
         "--teacher", str(TEACHERS), "--cache", str(tmp_path / "cache")],
    )  # fmt: skip
    assert isinstance(done.exception, ModelMismatch)
    assert not (tmp_path / "cache").exists()


def test_a_taught_model_is_tuned_and_a_dry_run_writes_nothing(
    taught: Path, tmp_path: Path, music_of_a_person: Path
) -> None:
    decisions = tmp_path / "decisions.csv"
    lines = [f"album {n % 2}/track {n}.wav,jazz,{'yes' if n % 3 else 'no'}" for n in range(14)]
    decisions.write_text("path,tag,answer\n" + "\n".join([*lines, "gone.wav,jazz,no"]))
    out = tmp_path / "tuned.safetensors"
    arguments = [
        "finetune", "tags", "--model", str(taught), "--data", str(music_of_a_person), "--out", str(out),
        "--teacher", str(TEACHERS), "--cache", str(tmp_path / "cache"), "--threads", "1",
        "--decisions", str(decisions), "--file-tags",
    ]  # fmt: skip
    shown = CliRunner().invoke(build(), [*arguments, "--dry-run"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    assert "Nothing was written" in shown.stdout and "jazz" in shown.stdout
    assert "gone.wav" in shown.output
    assert not out.exists()
    done = CliRunner().invoke(build(), arguments)
    assert done.exit_code == 0, done.output
    tuned, before = load_model(out), load_model(taught)
    assert tuned.model_id == before.model_id
    assert tuned.info.provenance["tuned"]["tracks"] == 14
    assert {tag.name for tag in tuned.info.tags} >= {tag.name for tag in before.info.tags}


def test_too_little_music_cannot_be_tuned_to(taught: Path, music: Path) -> None:
    done = CliRunner().invoke(
        build(),
        ["finetune", "tags", "--model", str(taught), "--data", str(music), "--tune", "--dry-run",
         "--teacher", str(TEACHERS), "--cache", str(taught.parent / "cache"), "--threads", "1"],
    )  # fmt: skip
    assert isinstance(done.exception, CorpusError)
    assert "6 tracks are too few" in str(done.exception)


@pytest.fixture
def music_of_a_person(tmp_path: Path) -> Path:
    """Two albums of seven tracks, some with a genre in the file."""
    from sounds import melody, write_audio

    for number in range(14):
        album = tmp_path / "own music" / f"album {number % 2}"
        album.mkdir(parents=True, exist_ok=True)
        write_audio(album / f"track {number}.wav", melody(4.0, 16_000, seed=number, transpose=number), 16_000)
    return tmp_path / "own music"
