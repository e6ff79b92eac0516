"""The query line: text -> terms. `genre:jazz year:1960..1969 -tag:live mood:calm has:cover artist:"Miles Davis" words`.

A term is `field:value`, or free text; `-` before it turns it round; quotes keep words together; `a,b` is either;
`=Value` is the whole value. Every error names the characters that are wrong.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

import msgspec

from pemr_desktop.library.errors import QueryError

TEXT_FIELDS = ("title", "artist", "album", "albumartist", "composer", "path")
GROUP_FIELDS = ("genre", "mood", "instrument", "voice", "era", "character")
TAG_FIELDS = ("tag", "suggested", *GROUP_FIELDS)
NUMBER_FIELDS = ("year", "bpm", "duration", "track", "disc")
HAS = ("cover", "artwork", "suggestions", "genre", "mood", "title", "artist", "album", "year", "bpm", "analysis")
IS = ("offline", "missing", "new", "problem", "duplicate", "analysed", "pending", "written")
FIELDS = (*TEXT_FIELDS, *TAG_FIELDS, *NUMBER_FIELDS, "format", "added", "has", "is")
PREDICTED_ONLY = ("instrument", "voice", "era", "character")

Match = Literal["words", "phrase", "whole"]


class Value(msgspec.Struct, frozen=True):
    """One wanted text. words: each a prefix of a word; phrase: these words in a row; whole: exactly this."""

    text: str
    match: Match


class Term(msgspec.Struct, frozen=True):
    """One condition. `field` "" is free text. `low`, `high` hold for numbers and dates, both included; None: open."""

    field: str
    values: tuple[Value, ...] = ()
    low: float | None = None
    high: float | None = None
    negated: bool = False
    position: int = 0
    length: int = 0


class _Word(msgspec.Struct, frozen=True):
    """A stretch between spaces: its start and its characters, each with a mark whether it was quoted."""

    start: int
    characters: tuple[tuple[str, bool], ...]
    length: int


def parse(line: str) -> tuple[Term, ...]:
    """The terms of a line; an empty line has none. Raises QueryError."""
    return tuple(_term(word) for word in _split(line))


def _split(line: str) -> list[_Word]:
    words: list[_Word] = []
    position = 0
    while position < len(line):
        if line[position].isspace():
            position += 1
            continue
        start = position
        quote_at = -1
        characters: list[tuple[str, bool]] = []
        while position < len(line) and (quote_at >= 0 or not line[position].isspace()):
            if line[position] == '"':
                characters.append(("", True))  # so that "" counts as quoted
                quote_at = -1 if quote_at >= 0 else position
            else:
                characters.append((line[position], quote_at >= 0))
            position += 1
        if quote_at >= 0:
            raise QueryError("quotation mark not closed", quote_at, len(line) - quote_at)
        words.append(_Word(start, tuple(characters), position - start))
    return words


def _term(word: _Word) -> Term:
    characters = word.characters
    negated = len(characters) > 1 and characters[0] == ("-", False)
    if negated:
        characters = characters[1:]
    colon = next((i for i, item in enumerate(characters) if item == (":", False)), -1)
    name = "".join(character for character, _ in characters[:colon]).casefold() if colon > 0 else ""
    if colon > 0 and not any(quoted for _, quoted in characters[:colon]) and name in FIELDS:
        return _field_term(word, name, characters[colon + 1 :], negated)
    if re.fullmatch(r"[a-z]+", name) and not any(quoted for _, quoted in characters[:colon]):
        _refuse_unknown(word, name, negated)
    return _text_term(word, "", characters, negated)


def _refuse_unknown(word: _Word, name: str, negated: bool) -> None:
    """`foo:bar` with a foo that looks like a slip of the pen is an error; anything else is text."""
    from difflib import get_close_matches

    close = get_close_matches(name, FIELDS, n=1, cutoff=0.6)
    start = word.start + int(negated)
    if close:
        raise QueryError("field not known, but a like one", start, len(name), field=name, like=close[0])
    raise QueryError("field not known", start, len(name), field=name)


def _text_term(word: _Word, field: str, characters: tuple[tuple[str, bool], ...], negated: bool) -> Term:
    values = []
    for part in _alternatives(characters) if field else [characters]:
        text = "".join(character for character, _ in part)
        quoted = any(mark for _, mark in part)
        if field and part and part[0] == ("=", False):
            values.append(Value(text[1:], "whole"))
        elif text.strip() or field:
            values.append(Value(text.strip(), "phrase" if quoted else "words"))
    if field and not any(value.text for value in values):
        raise QueryError("no value given", word.start, word.length, field=field)
    kept = tuple(value for value in values if value.text)
    if not kept:
        raise QueryError("nothing to look for", word.start, word.length)
    return Term(field, kept, negated=negated, position=word.start, length=word.length)


def _alternatives(characters: tuple[tuple[str, bool], ...]) -> list[tuple[tuple[str, bool], ...]]:
    parts: list[list[tuple[str, bool]]] = [[]]
    for item in characters:
        if item == (",", False):
            parts.append([])
        else:
            parts[-1].append(item)
    return [tuple(part) for part in parts]


def _field_term(word: _Word, field: str, characters: tuple[tuple[str, bool], ...], negated: bool) -> Term:
    text = "".join(character for character, _ in characters).strip()
    start = word.start + word.length - len(characters)
    if field in ("has", "is"):
        return _flag_term(word, field, text.casefold(), start, negated)
    if field in NUMBER_FIELDS:
        low, high = _range(text, _seconds if field == "duration" else _number, start, field)
        return Term(field, low=low, high=high, negated=negated, position=word.start, length=word.length)
    if field == "added":
        low, high = _added(text, start)
        return Term(field, low=low, high=high, negated=negated, position=word.start, length=word.length)
    return _text_term(word, field, characters, negated)


def _flag_term(word: _Word, field: str, text: str, start: int, negated: bool) -> Term:
    known = HAS if field == "has" else IS
    told = ", ".join(known)
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in known:
            raise QueryError("flag not known", start, max(1, len(text)), field=field, known=told)
    if not names:
        raise QueryError("flag not known", word.start, word.length, field=field, known=told)
    values = tuple(Value(name, "whole") for name in names)
    return Term(field, values, negated=negated, position=word.start, length=word.length)


# --- numbers and dates


def _range(text: str, read: object, start: int, field: str) -> tuple[float | None, float | None]:
    assert callable(read)
    if not text:
        raise QueryError("no number given", start, field=field, example=_EXAMPLE.get(field, "1"))
    try:
        if ".." in text:
            low_text, _, high_text = text.partition("..")
            low = read(low_text) if low_text else None
            high = read(high_text) if high_text else None
            if low is None and high is None:
                raise ValueError
            if low is not None and high is not None and low > high:
                raise QueryError("range ends before it begins", start, len(text))
            return low, high
        for sign, step in ((">=", 0), ("<=", 0), (">", 1), ("<", -1)):
            if text.startswith(sign):
                number = read(text[len(sign) :]) + step * (1 if field in ("year", "track", "disc") else 1e-6)
                return (number, None) if sign[0] == ">" else (None, number)
        number = read(text)
    except ValueError as error:
        raise QueryError("not a number", start, len(text), text=text, field=field, example=_EXAMPLE[field]) from error
    return (number, number + 0.999_999) if field in ("duration", "bpm") else (number, number)


_EXAMPLE = {"year": "1960..1969", "bpm": "120..130", "duration": "3:00..5:00", "track": "1", "disc": "1"}


def _number(text: str) -> float:
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
        raise ValueError(text)
    return float(text)


def _seconds(text: str) -> float:
    """Seconds, or minutes:seconds, or hours:minutes:seconds."""
    parts = text.split(":")
    if not 1 <= len(parts) <= 3:
        raise ValueError(text)
    total = 0.0
    for part in parts:
        total = total * 60 + _number(part)
    return total


def _added(text: str, start: int) -> tuple[float | None, float | None]:
    """Ages such as 7d, 3w, 2m, 1y give a negative low: seconds back from now. Dates give seconds since 1970."""
    age = re.fullmatch(r"(\d{1,4})([dwmy])", text)
    if age:
        days = int(age.group(1)) * {"d": 1, "w": 7, "m": 30, "y": 365}[age.group(2)]
        return -days * 86_400.0 or -1.0, None
    first, dots, last = text.partition("..")
    try:
        low = _day(first) if first else None
        high = (_day(last) if last else None) if dots else low
    except ValueError as error:
        raise QueryError("added not understood", start, max(1, len(text))) from error
    if low is None and high is None:
        raise QueryError("added not understood", start, max(1, len(text)))
    return low, None if high is None else high + 86_399.0


def _day(text: str) -> float:
    day = date.fromisoformat(text)
    return (day - date(1970, 1, 1)).days * 86_400.0
