from __future__ import annotations

from pemr.instruments import (
    FAMILIES,
    INSTRUMENT_WORDS,
    STYLES,
    VOICE_WORDS,
    family_of,
    sound_of_drum_note,
    sound_of_program,
)
from pemr.vocabulary import VOCABULARY, fold


def test_every_general_midi_program_has_known_words() -> None:
    for program in range(128):
        sound = sound_of_program(program)
        assert set(sound.words) | set(sound.unknown) <= {*INSTRUMENT_WORDS, *VOICE_WORDS}
        assert not set(sound.words) & set(sound.unknown)


def test_a_member_comes_with_its_family() -> None:
    for program in range(128):
        words = sound_of_program(program).words
        assert all(
            any(word in FAMILIES[family] for family in words if family in FAMILIES) or word in FAMILIES
            for word in words
        )


def test_a_section_may_hold_any_member_of_its_family() -> None:
    assert sound_of_program(48).words == ("strings",)
    assert set(FAMILIES["strings"]) <= set(sound_of_program(48).unknown)


def test_every_family_of_players_is_someone_s() -> None:
    played = {word for program in range(128) for word in sound_of_program(program).words} | {"drums", "hand drums"}
    assert set(INSTRUMENT_WORDS) <= played


def test_hand_percussion_is_not_the_kit() -> None:
    assert sound_of_drum_note(36).words == ("drums",)
    assert sound_of_drum_note(64).words == ("percussion",)


def test_words_of_stored_tags_keep_their_spelling() -> None:
    stored = {fold(tag.name): tag.name for tag in VOCABULARY}
    for word in (*INSTRUMENT_WORDS, *VOICE_WORDS, *STYLES):
        assert stored.get(fold(word), word) == word


def test_a_family_is_found_by_its_member() -> None:
    assert family_of("viola") == "strings"
    assert family_of("brass") == "brass"
    assert family_of("waltz") is None
