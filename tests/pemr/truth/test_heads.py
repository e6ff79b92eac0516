from __future__ import annotations

import numpy as np
import pytest

from pemr.truth.figures import Judgement, measure, recall_at, says_music
from pemr.truth.heads import TEACHER_WEIGHT, TruthHeads, cut_for, fit_truth_heads, track_truth, training_rows
from pemr.truth.labels import WORDS, ClipLabels
from pemr.truth.listening import HeardClip
from pemr.truth.recording import Recording

WIDTH = 512
DRUMS, PIANO, VIOLIN, MUSIC = (WORDS.index(word) for word in ("drums", "piano", "violin", "music"))


def heard(seed: int, *words: str, is_music: bool = True, unknown: tuple[str, ...] = ()) -> HeardClip:
    """A clip whose vectors point where its words say, with noise; three segments."""
    chance = np.random.default_rng(seed)
    values = np.array([word in words or (word == "music" and is_music) for word in WORDS], np.float32)
    known = np.array([word not in unknown for word in WORDS])
    directions = np.random.default_rng(0).normal(0.0, 1.0, (len(WORDS), WIDTH))
    vectors = (values @ directions + chance.normal(0.0, 0.3, (3, WIDTH))).astype(np.float32)
    teacher = np.full((3, len(WORDS)), np.nan, np.float32)
    teacher[:, VIOLIN] = 0.7
    kind = "music" if is_music else "noise"
    labels = ClipLabels(
        str(seed), "train", kind, is_music, 10.0, (), Recording(), forces="solo" if len(words) == 1 and is_music else ""
    )
    return HeardClip(labels, vectors, np.tile(values, (4, 1)), np.tile(known, (4, 1)), teacher)


def clips(first: int, count: int) -> list[HeardClip]:
    """Drums, piano, both, and noise in turn."""
    kinds: list[tuple[str, ...]] = [("drums",), ("piano",), ("drums", "piano"), ()]
    return [heard(first + at, *kinds[at % 4], is_music=at % 4 != 3) for at in range(count)]


@pytest.fixture(scope="module")
def heads() -> TruthHeads:
    return fit_truth_heads(clips(0, 48), clips(100, 24))


def test_heads_tell_who_plays_on_clips_they_never_heard(heads: TruthHeads) -> None:
    held_out = clips(200, 24)
    vectors, values, known = track_truth(held_out)
    said = heads.probabilities(vectors)
    shown = said >= heads.threshold
    for column in (DRUMS, PIANO, MUSIC):
        assert np.array_equal(shown[:, column] & known[:, column], values[:, column] > 0)
    figures = measure(Judgement("heads", said, shown, says_music(shown)), held_out)
    assert figures.precision == 1.0 and figures.recall == 1.0
    assert figures.drums_recall == 1.0
    assert (figures.solo_first, figures.solos) == (12, 12)
    assert (figures.refused, figures.no_music) == (6, 6)
    assert (figures.music_refused, figures.music_words_on_no_music) == (0, 0)
    assert figures.roc_auc["drums"] == 1.0


def test_a_word_without_evidence_is_never_shown(heads: TruthHeads) -> None:
    assert heads.threshold[WORDS.index("bagpipe")] > 1.0


def test_what_nobody_knows_is_the_teacher_s_or_masked() -> None:
    _, targets, weights = training_rows([heard(1, "piano", unknown=("violin", "harp"))])
    assert targets[0, VIOLIN] == pytest.approx(0.7)
    assert weights[-1, VIOLIN] == pytest.approx(0.5 * TEACHER_WEIGHT)
    assert weights[-1, WORDS.index("harp")] == 0.0
    assert weights[:, PIANO].sum() == pytest.approx(1.0)
    assert targets[0, PIANO] == 1.0


def test_the_cut_lies_below_the_last_true_one_with_the_wanted_precision() -> None:
    promised = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], np.float32)
    truth = np.array([True, True, True, True, False, False])
    assert cut_for(promised, truth, 0.8) == pytest.approx(0.55)
    assert cut_for(promised, ~truth, 0.8) > 1.0


def test_recall_at_a_precision() -> None:
    score = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
    truth, known = np.array([True, False, True, True]), np.ones(4, bool)
    assert recall_at(score, truth, known, 0.9) == pytest.approx(1 / 3)
    assert recall_at(score, truth, known, 0.7) == 1.0
    assert recall_at(np.full(4, np.nan, np.float32), truth, known) is None


def test_a_listener_that_says_music_words_about_noise_is_told_so() -> None:
    noise = [heard(1, is_music=False)]
    said = np.full((1, len(WORDS)), 0.9, np.float32)
    shown = said > 0.5
    figures = measure(Judgement("loud", said, shown, says_music(shown)), noise)
    assert (figures.music_words_on_no_music, figures.refused) == (1, 0)
    assert figures.precision is None
