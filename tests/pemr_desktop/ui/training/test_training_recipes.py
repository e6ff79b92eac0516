from __future__ import annotations

from pathlib import Path

from pemr_desktop.ui.training.training_recipes import read_recipes


def test_the_bundled_recipes_can_be_chosen_and_the_default_comes_first() -> None:
    recipes = read_recipes()
    assert recipes[0].name == "default"
    assert {"default", "paper"} <= {recipe.name for recipe in recipes}
    assert all(recipe.description for recipe in recipes)


def test_a_recipe_that_builds_on_another_says_what_it_takes_over(tmp_path: Path) -> None:
    (tmp_path / "default.toml").write_text('description = "usual"\n[train]\nbatch_size = 48\nepochs = 300\n')
    (tmp_path / "quick.toml").write_text('base = "default"\n[train]\nepochs = 3\n')
    quick = read_recipes(tmp_path)[1]
    assert quick.value("train.batch_size") == 48
    assert quick.value("train.epochs") == 3
    assert quick.value("train.seed") is None


def test_a_recipe_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("= what")
    (tmp_path / "circle.toml").write_text('base = "circle"')
    (tmp_path / "good.toml").write_text('description = "fine"')
    assert [recipe.name for recipe in read_recipes(tmp_path)] == ["good"]
