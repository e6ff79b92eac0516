from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.ui.training.model_making import ModelMaking, teacher_folder


def test_the_teacher_that_comes_along_is_found() -> None:
    folder = teacher_folder()
    assert folder is not None
    assert (folder / "msd_musicnn.safetensors").is_file()


def test_what_is_no_checkpoint_gives_a_sentence_and_the_reason(qtbot: QtBot, tmp_path: Path) -> None:
    broken = tmp_path / "latest.pt"
    broken.write_bytes(b"not a checkpoint")
    making = ModelMaking()
    with qtbot.waitSignal(making.failed) as failed:
        making.make(broken, tmp_path / "models" / "new.safetensors")
    sentence, words = failed.args
    assert sentence == "The model could not be made from the saved state. The training is unharmed."
    assert "latest.pt" in words.replace("\n", "")
    assert not making.is_busy()
    assert not (tmp_path / "models" / "new.safetensors").exists()


def test_making_a_model_can_be_cancelled(qtbot: QtBot, tmp_path: Path) -> None:
    making = ModelMaking()
    with qtbot.waitSignal(making.doing):
        making.make(tmp_path / "latest.pt", tmp_path / "new.safetensors")
    with qtbot.waitSignal(making.cancelled):
        making.cancel()
    assert not making.is_busy()


def test_a_folder_that_cannot_be_made_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    making = ModelMaking()
    with pytest.raises(OSError, match="file"):
        making.make(tmp_path / "latest.pt", tmp_path / "file" / "new.safetensors")
    assert not making.is_busy()
