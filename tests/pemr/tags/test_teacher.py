"""The teacher is the released musicnn, number for number."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from pemr.errors import ModelMismatch
from pemr.tags.teacher import PATCH_SAMPLES, TeacherLogMel, load_teacher
from pemr.vocabulary import GROUPS, VOCABULARY, merge

TEACHERS = Path(__file__).parents[3] / "resources" / "models" / "teacher"
PARITY = Path(__file__).parent / "data" / "musicnn_parity.safetensors"


@pytest.mark.parametrize("name", ["mtt", "msd"])
def test_outputs_equal_the_released_networks(name: str) -> None:
    known = load_file(PARITY)
    teacher = load_teacher(TEACHERS / f"{name}_musicnn.safetensors")
    outputs = teacher.network(patches=known["patches"])
    assert len(teacher.tags) == 50
    np.testing.assert_allclose(outputs, known[f"{name.upper()}_musicnn"], atol=1e-5, rtol=0)


def test_a_patch_is_187_frames_of_96_bands_and_loud_music_stays_finite() -> None:
    log_mel = TeacherLogMel()
    loud = (30 * np.sign(np.sin(np.arange(PATCH_SAMPLES) * 0.05))[None]).astype(np.float32)
    frames = log_mel(loud)
    assert frames.shape == (1, 187, 96)
    assert np.isfinite(frames).all()
    assert frames.dtype == np.float32


def test_a_file_that_is_no_teacher_is_refused(tmp_path: Path, tiny_model: Path) -> None:
    with pytest.raises(ModelMismatch, match=tiny_model.name):
        load_teacher(tiny_model)
    with pytest.raises(ModelMismatch, match="missing"):
        load_teacher(tmp_path / "missing.safetensors")


def test_every_word_of_both_vocabularies_is_used_once() -> None:
    for name in ("mtt", "msd"):
        with safe_open(TEACHERS / f"{name}_musicnn.safetensors", framework="np") as file:
            known = json.loads(file.metadata()["tags"])
        used = [word for tag in VOCABULARY for word in getattr(tag, name)]
        assert sorted(used) == sorted(known)


def test_every_tag_has_a_known_group_a_name_and_a_key_of_its_own() -> None:
    assert {tag.group for tag in VOCABULARY} == set(GROUPS)
    assert len({tag.name for tag in VOCABULARY}) == len({tag.translation_key for tag in VOCABULARY}) == len(VOCABULARY)
    assert all(tag.mtt or tag.msd for tag in VOCABULARY)


def test_synonyms_combine_as_at_least_one_and_vocabularies_are_averaged() -> None:
    mtt = [word for tag in VOCABULARY for word in tag.mtt]
    msd = [word for tag in VOCABULARY for word in tag.msd]
    first, second = np.zeros((1, 50), np.float32), np.zeros((1, 50), np.float32)
    first[0, mtt.index("female")], first[0, mtt.index("woman")] = 0.5, 0.5
    second[0, msd.index("female vocalists")] = 0.25
    merged = merge({"mtt": (mtt, first), "msd": (msd, second)})[0]
    names = [tag.name for tag in VOCABULARY]
    assert merged[names.index("female voice")] == pytest.approx((0.75 + 0.25) / 2)
    assert merged[names.index("techno")] == 0
