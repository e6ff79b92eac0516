"""Recipes: strict, layered, overridable."""

from __future__ import annotations

from pathlib import Path

import pytest

from pemr.errors import RecipeError
from pemr.recipe import available_recipes, load_recipe


def test_every_recipe_that_comes_along_can_be_read() -> None:
    for name in available_recipes():
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.description


def test_the_paper_recipe_is_the_papers_setting() -> None:
    paper = load_recipe("paper")
    assert (paper.front_end.n_fft, paper.front_end.hop_length, paper.front_end.segment_frames) == (256, 128, 462)
    assert (paper.train.batch_size, paper.train.epochs, paper.train.learning_rate) == (48, 300, 3e-4)
    assert (paper.train.weight_decay, paper.pemr.mask_ratio, paper.pemr.feed_forward_width) == (1e-6, 0.1, 128)
    assert (paper.augmentation.pitch, paper.augmentation.reverb) == (0.6, 0.0)


def test_a_recipe_builds_on_another_and_overrides_win(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "paper"\n[train]\nbatch_size = 7\n')
    recipe = load_recipe(str(path), ["train.epochs=3", "pemr.masks=positive", "augmentation.gain_db=[-6.0, -1.0]"])
    assert (recipe.name, recipe.front_end.n_fft) == ("mine", 256)
    assert (recipe.train.batch_size, recipe.train.epochs) == (7, 3)
    assert recipe.pemr.masks == "positive"
    assert recipe.augmentation.gain_db == (-6.0, -1.0)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.epohcs=3", "epohcs"),
        ("train.epochs=three", "int"),
        ("pemr.mask_ratio=1.5", "between 0 and 1"),
        ("pemr.masks=negative", "negative"),
        ("train", "key=value"),
        ("train.precision=8-bit", "precision"),
    ],
)
def test_a_wrong_override_is_refused_and_named(override: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load_recipe("default", [override])


def test_unknown_and_circular_recipes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"Known recipes: .*default"):
        load_recipe("nonesuch")
    path = tmp_path / "loop.toml"
    path.write_text(f'base = "{path.as_posix()}"\n')
    with pytest.raises(RecipeError, match="builds on itself"):
        load_recipe(str(path))
