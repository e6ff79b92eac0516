"""What a training takes is known before it starts, near enough to warn by."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.training import training_memory
from pemr_desktop.ui.training.training_form import TrainingForm
from pemr_desktop.ui.training.training_memory import memory_free, memory_needed, memory_sentence
from pemr_desktop.ui.training.training_recipes import RecipeChoice, read_recipes


def recipe(name: str) -> RecipeChoice:
    return next(recipe for recipe in read_recipes() if recipe.name == name)


@pytest.mark.parametrize(("clips", "measured"), [(48, 7.1e9), (6, 1.53e9)])
def test_the_estimate_is_near_what_was_measured(clips: int, measured: float) -> None:
    assert memory_needed(recipe("default"), [f"train.batch_size={clips}"]) == pytest.approx(measured, rel=0.1)


def test_what_was_not_measured_is_not_estimated() -> None:
    other = next(recipe for recipe in read_recipes() if recipe.method != "pemr")
    assert memory_needed(other) is None
    assert memory_needed(recipe("default"), ["train.batch_size=many"]) == memory_needed(recipe("default"))


def test_it_warns_only_where_there_is_too_little() -> None:
    assert memory_sentence(7_100_000_000, 3_000_000_000)[1]
    assert memory_sentence(7_100_000_000, 30_000_000_000) == ("Takes about 7.1 GB of memory.", False)
    assert not memory_sentence(7_100_000_000, None)[1]


def test_free_memory_is_read_where_the_system_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "meminfo"
    monkeypatch.setattr(training_memory, "MEMORY_INFO", info)
    assert memory_free() is None
    info.write_text("MemTotal:       8000000 kB\nMemAvailable:    2000000 kB\n")
    assert memory_free() == 2_048_000_000


def test_the_form_says_it_and_follows_what_is_entered(
    qtbot: QtBot, context: WindowContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "meminfo"
    info.write_text("MemAvailable:    4000000 kB\n")
    monkeypatch.setattr(training_memory, "MEMORY_INFO", info)
    form = TrainingForm(context)
    qtbot.addWidget(form)
    assert "only" in form.memory.text() and form.memory.property("role") == "warning"
    form.details.fields["train.batch_size"].setText("8")
    assert "only" not in form.memory.text() and form.memory.property("role") == "small"
