from __future__ import annotations

import numpy as np
import pytest

from pemr.instruments import sound_of_program
from pemr.truth.labels import (
    SILENT_DB,
    WORDS,
    ClipLabels,
    Player,
    levels_of,
    share_and_level,
    truth_of,
)
from pemr.truth.recording import Recording


def player(program: int, *levels: int, role: str = "lead") -> Player:
    sound = sound_of_program(program)
    return Player(role, program, sound.words, sound.unknown, *share_and_level(levels), levels)


def clip(
    *players: Player, styles: tuple[str, ...] | None = None, vouched: bool = True, is_music: bool = True
) -> ClipLabels:
    return ClipLabels(
        "0", "train", "music" if is_music else "noise", is_music, 10.0, (), Recording(), players,
        "solo" if len(players) == 1 else "ensemble", styles=styles, vouched=vouched,
    )  # fmt: skip


def told(labels: ClipLabels, word: str, start_s: float = 0.0, end_s: float | None = None) -> bool | None:
    values, known = truth_of(labels, start_s, end_s)
    at = WORDS.index(word)
    return bool(values[at]) if known[at] else None


def test_who_is_heard_is_true_and_who_does_not_play_is_false() -> None:
    labels = clip(player(56, *[-3] * 10))
    assert told(labels, "trumpet") is True
    assert told(labels, "brass") is True
    assert told(labels, "piano") is False
    assert told(labels, "solo") is True
    assert told(labels, "ensemble") is False


def test_of_a_player_who_is_hardly_heard_nobody_can_say() -> None:
    labels = clip(player(0, *[-2] * 10), player(40, *[-25] * 10))
    assert told(labels, "violin") is None
    assert told(labels, "piano") is True


def test_a_buried_player_is_not_heard() -> None:
    assert told(clip(player(0, *[-1] * 10), player(40, *[-45] * 10)), "violin") is False


def test_a_span_has_labels_of_its_own() -> None:
    labels = clip(player(0, *[-1] * 10), player(42, *[SILENT_DB] * 6, *[-6] * 4))
    assert told(labels, "cello", 0.0, 5.0) is False
    assert told(labels, "cello", 6.0, 9.7) is True


def test_a_string_section_is_strings_and_perhaps_violins() -> None:
    labels = clip(player(48, *[-1] * 10))
    assert told(labels, "strings") is True
    assert told(labels, "violin") is None


def test_a_style_leaves_its_neighbours_open() -> None:
    labels = clip(player(0, *[-1] * 10), styles=("rock",))
    assert told(labels, "rock") is True
    assert told(labels, "pop") is None
    assert told(labels, "waltz") is False
    assert told(clip(player(0, *[-1] * 10)), "waltz") is None


def test_a_font_that_does_not_vouch_says_nothing_about_its_instruments() -> None:
    labels = clip(player(40, *[-1] * 10), vouched=False)
    assert told(labels, "violin") is None
    assert told(labels, "drums") is False
    assert told(labels, "solo") is True


def test_noise_is_no_music_and_has_no_players() -> None:
    labels = clip(is_music=False)
    assert told(labels, "music") is False
    assert {told(labels, word) for word in WORDS} == {False}


def test_levels_are_against_the_mix() -> None:
    rate = 1_000
    stem = np.full(3 * rate, 0.1, np.float32)
    mix = np.concatenate([np.full(rate, 0.1), np.full(rate, 1.0), np.zeros(rate)]).astype(np.float32)
    assert levels_of(stem, mix, rate) == (0, -20, SILENT_DB)


def test_share_and_level_are_of_the_seconds_that_are_heard() -> None:
    assert share_and_level([-6, -6, SILENT_DB, -40]) == (0.5, pytest.approx(-6.0))
    assert share_and_level([SILENT_DB]) == (0.0, SILENT_DB)
