"""What training writes of tags into models is read back as codes."""

from __future__ import annotations

import numpy as np
import pytest

from pemr.modelfile import TagHead, load_model
from pemr.tags.calibration import Evidence, calibrate_tag
from pemr_desktop.analysis.tag_reasons import read_reason
from pemr_desktop.protocol.results import TagDoubt, TagFigures, TagReason, TunedTag
from pemr_desktop.protocol.sentences import tag_reason
from pemr_desktop.resources import bundled_model

NO_FIGURES = TagFigures(0, 0, 0, None, None)


def shown(reason: str) -> str:
    """How the window shows what a model says of a tag."""
    return tag_reason(
        TunedTag("rock", "genre", "kept", False, "you", NO_FIGURES, NO_FIGURES, reason, read_reason(reason))
    )


def test_every_reason_in_the_bundled_model_has_a_code_and_is_said_as_before() -> None:
    model = bundled_model()
    assert model is not None
    reasons = {head.reason for head in load_model(model).info.tags if head.reason}
    for reason in reasons:
        assert read_reason(reason) is not None, reason
        assert shown(reason) == reason


def judged(truth: list[bool], albums: list[str], seed: int = 0) -> str:
    """What training says of a tag whose scores know nothing."""
    scores = np.random.default_rng(seed).normal(size=(len(truth), 1)).astype(np.float32)
    column = np.array(truth)[:, None]
    evidence = Evidence(scores, column, np.ones_like(column), np.arange(len(truth)), np.array(albums))
    return calibrate_tag(TagHead("rock", "genre"), evidence).head.reason


HALF = [number % 2 == 0 for number in range(80)]
TEN_ALBUMS = [f"album {number // 8}" for number in range(80)]


@pytest.mark.parametrize(
    ("truth", "albums", "code"),
    [
        ([number < 1 for number in range(80)], TEN_ALBUMS, "too few tracks"),
        ([True] * 80, TEN_ALBUMS, "every track"),
        ([album == "album 0" for album in TEN_ALBUMS], TEN_ALBUMS, "one album"),
        (HALF, TEN_ALBUMS, "not told apart"),
    ],
)
def test_what_training_says_now_has_a_code(truth: list[bool], albums: list[str], code: TagDoubt) -> None:
    reason = judged(truth, albums)
    why = read_reason(reason)
    assert why is not None and why.code == code
    assert shown(reason) == reason


def test_the_figures_of_a_reason_are_values() -> None:
    reason = "on this music only 1 of 14 suggestions were right"
    assert read_reason(reason) == TagReason("poor here", {"right": "1", "shown": "14"})
    assert read_reason("no threshold makes 80% of the suggestions right") == TagReason("no threshold", {"share": "80%"})


def test_words_of_another_program_stay_as_they_are() -> None:
    assert read_reason("the dog barked") is None
    assert shown("the dog barked") == "the dog barked"
