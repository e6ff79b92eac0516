"""Which model listens, and what happens when its file is not what it should be."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from pemr.embed import Encoder
from pemr_desktop.analysis.loaded_models import LoadedModels
from pemr_desktop.analysis.models import candidates, keep_copy, load_encoder
from pemr_desktop.errors import ModelUnusable
from pemr_desktop.library import queries
from pemr_desktop.library.library import Library
from pemr_desktop.library.rows import ModelRow
from pemr_desktop.paths import below


def row(path: Path, model_id: str = "0" * 16) -> ModelRow:
    return ModelRow(model_id, path.stem, os.fsencode(path), True, 0, 0.0)


def test_a_model_that_was_asked_for_comes_before_the_active_one(tmp_path: Path) -> None:
    assert candidates(row(tmp_path / "active.safetensors"), tmp_path / "mine") == [tmp_path / "mine"]


def test_the_active_model_is_used(tmp_path: Path) -> None:
    assert candidates(row(tmp_path / "active.safetensors")) == [tmp_path / "active.safetensors"]


def test_a_model_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"gone.safetensors is not there.*library was left untouched"):
        load_encoder([tmp_path / "gone.safetensors"])


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "flipped", "version"])
def test_a_model_file_that_is_damaged_or_of_another_version_is_refused(
    tmp_path: Path, model_file: Path, damage: str
) -> None:
    content = bytearray(model_file.read_bytes())
    if damage == "flipped":
        content[-1000] ^= 0xFF
    header = b'"format":"1"'
    assert header in content
    damaged = {
        "empty": b"",
        "text": b"not a model " * 100,
        "cut": bytes(content[: len(content) // 2]),
        "flipped": bytes(content),
        "version": bytes(content).replace(header, b'"format":"9"'),
    }[damage]
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(damaged)
    with pytest.raises(ModelUnusable, match=r"damaged.safetensors"):
        load_encoder([path])


def test_a_kept_copy_outlives_the_run_that_made_it(tmp_path: Path, model_file: Path, encoder: Encoder) -> None:
    run = tmp_path / "run" / "best.safetensors"
    run.parent.mkdir()
    run.write_bytes(model_file.read_bytes())
    kept = keep_copy(run, encoder.digest, tmp_path / "models")
    run.unlink()
    assert load_encoder([kept])[0].model_id == encoder.model_id
    assert keep_copy(kept, encoder.digest, tmp_path / "models") == kept
    assert [path.name for path in (tmp_path / "models").iterdir()] == [f"{encoder.digest[:16]}.safetensors"]


def test_the_first_use_of_a_model_makes_it_the_active_one(library: Library, model_file: Path, tmp_path: Path) -> None:
    encoder = LoadedModels(below(tmp_path / "home"), model_file).encoder(library)
    active = library.read(queries.active_model)
    assert active is not None and active.id == encoder.model_id
    words = library.read(queries.vocabulary)
    assert {word.name for word in words} == {tag.name for tag in encoder.vocabulary}


def test_a_model_is_loaded_once_and_again_when_the_file_is_another(
    library: Library, model_file: Path, tmp_path: Path
) -> None:
    from random_model import write_random_model

    mine = tmp_path / "mine.safetensors"
    mine.write_bytes(model_file.read_bytes())
    loaded_models = LoadedModels(below(tmp_path / "home"), mine)
    first = loaded_models.encoder(library)
    assert loaded_models.encoder(library) is first
    other = write_random_model(mine, seed=5)
    assert loaded_models.encoder(library).model_id == other != first.model_id
    active = library.read(queries.active_model)
    assert active is not None and active.id == other


def test_the_neighbours_follow_what_is_stored(library: Library, encoder: Encoder, tmp_path: Path) -> None:
    from pemr_desktop.analysis.analyser import Analyser

    loaded_models = LoadedModels(below(tmp_path / "home"))
    assert loaded_models.neighbours(library, encoder.model_id).count == 0
    tracks = library.tracks_to_analyse(encoder.model_id)
    Analyser(library, encoder, listeners=1, patience_s=30.0).run(tracks, lambda *_said: None, lambda: False)
    index = loaded_models.neighbours(library, encoder.model_id)
    assert index.count == 3 and loaded_models.neighbours(library, encoder.model_id) is index
    assert msgspec.json.decode(next((tmp_path / "home/cache/vectors").glob("*.json")).read_bytes())["count"] == 3
