"""Whatever goes wrong, a person reads a person's words, never those of a library or of Python."""

from __future__ import annotations

import re
import sqlite3

import pytest

from fuzz_sentences import KINDS, sentences
from pemr_desktop.refusals import refusal_texts
from pemr_desktop.sentences import english
from raw_words import raw_words

COUNTS = {"music": 80, "sound": 30, "libraries": 10, "settings": 150, "playlists": 80, "models": 5, "commands": 5}
"""So many damaged things of each kind; the benchmark takes thousands."""


def test_every_kind_is_tried() -> None:
    assert COUNTS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", COUNTS)
def test_what_is_said_of_damaged_things_is_in_a_persons_words(kind: str) -> None:
    told = sentences(kind, COUNTS[kind], seed=1)
    assert told, "nothing was refused"
    assert {sentence: words for sentence in told if (words := raw_words(sentence))} == {}


def test_the_sentences_themselves_are() -> None:
    parts = ("reason", "first", "second")
    for code, text in refusal_texts(english).items():
        filled = re.sub(r"\{(\w+)\}", lambda name: "All is said." if name[1] in parts else "Name", text)
        found = raw_words(filled[:1].upper() + filled[1:].rstrip(".") + ".")
        assert not found, f"{code}: {found}"


def raised(statement: str) -> str:
    """The words of the exception that a statement ends in."""
    with pytest.raises(Exception) as caught:
        exec(statement, {"sqlite3": sqlite3})
    return f"It failed ({caught.value})."


@pytest.mark.parametrize(
    "sentence",
    [
        raised("b'\\xff'.decode()"),
        raised("open('/no/such/file')"),
        raised("sqlite3.connect(':memory:').execute('SELECT * FROM tracks')"),
        raised("__import__('struct').unpack('>I', b'')"),
        raised("__import__('json').loads('{')"),
        raised("__import__('tomllib').loads('a = ')"),
        raised("__import__('xml.etree.ElementTree').etree.ElementTree.fromstring('<a')"),
        raised("__import__('msgspec').convert('x', int)"),
        raised("[].x"),
        raised("[][0]"),
        "The library is damaged (database disk image is malformed).",
        "KeyError: 'genre'",
        "It is b'caf\\xe9'.",
        "it does not begin as a sentence.",
        "It does not end as one",
        "",
    ],
)
def test_words_of_programs_are_known(sentence: str) -> None:
    assert raw_words(sentence)
