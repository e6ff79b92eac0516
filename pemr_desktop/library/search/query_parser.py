"""The query line: text -> conditions. `genre:jazz year:1960..1969 -tag:live mood:calm artist:"Miles Davis" words`.

A term is `field:value`, or free text; `-` or NOT before it turns it round; quotes keep words together; `a,b` is either;
`=Value` is the whole value. Terms side by side must all hold, with or without AND between them; OR between them lets
either side hold, and brackets say what belongs together. Every error names the characters that are wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import msgspec

from pemr_desktop.library.errors import QueryError
from pemr_desktop.library.search.query_tokens import Kind, Token, tokens

TEXT_FIELDS = ("title", "artist", "album", "albumartist", "composer", "path")
GROUP_FIELDS = ("genre", "mood", "instrument", "voice", "era", "character")
TAG_FIELDS = ("tag", "suggested", *GROUP_FIELDS)
NUMBER_FIELDS = ("year", "bpm", "duration", "track", "disc")
HAS = ("cover", "artwork", "suggestions", "genre", "mood", "title", "artist", "album", "year", "bpm", "analysis")
IS = ("offline", "missing", "new", "problem", "duplicate", "analysed", "pending", "written")
FIELDS = (*TEXT_FIELDS, *TAG_FIELDS, *NUMBER_FIELDS, "format", "added", "has", "is")
LABELS = {"length": "duration", "file": "path", "tags": "tag"}
"""Fields that the table names otherwise: the label of the column, in small letters without spaces."""
NAMES = (*FIELDS, *LABELS)
MAX_DEPTH = 20
"""So many brackets may stand inside each other."""
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


class Group(msgspec.Struct, frozen=True):
    """Conditions of which one row must hold as a whole: what OR stands between, or what a bracket turns round."""

    alternatives: tuple[tuple[Condition, ...], ...]
    negated: bool = False


Condition = Term | Group


def parse(line: str) -> tuple[Condition, ...]:
    """The conditions of a line, all of which must hold; an empty line has none. Raises QueryError."""
    rest = _Rest(tokens(line))
    if not rest.tokens:
        return ()
    conditions = _either(rest, depth=0)
    if rest.at < len(rest.tokens):
        raise QueryError("bracket not opened", rest.here.start, 1)
    return conditions


def terms_of(conditions: Sequence[Condition], negated: bool = False) -> Iterator[tuple[Term, bool]]:
    """Every term in any bracket, and whether it is asked for turned round."""
    for condition in conditions:
        turned = condition.negated != negated
        if isinstance(condition, Term):
            yield condition, turned
        else:
            for alternative in condition.alternatives:
                yield from terms_of(alternative, turned)


# --- AND, OR, NOT and brackets


@dataclass
class _Rest:
    """The tokens of a line, and how far they have been read."""

    tokens: list[Token]
    at: int = 0

    @property
    def here(self) -> Token:
        """The next token, or the last one at the end of the line."""
        return self.tokens[min(self.at, len(self.tokens) - 1)]

    def next_is(self, *kinds: Kind) -> bool:
        """Whether there is a next token, of one of these kinds."""
        return self.at < len(self.tokens) and self.here.kind in kinds

    def take(self) -> Token:
        """The next token, which is then behind us."""
        self.at += 1
        return self.tokens[self.at - 1]


def _either(rest: _Rest, depth: int) -> tuple[Condition, ...]:
    """What stands up to a closing bracket or the end, with OR between its parts."""
    alternatives = [_together(rest, depth)]
    while rest.next_is("OR"):
        rest.take()
        alternatives.append(_together(rest, depth))
    return alternatives[0] if len(alternatives) == 1 else (Group(tuple(alternatives)),)


def _together(rest: _Rest, depth: int) -> tuple[Condition, ...]:
    """Conditions side by side, at least one."""
    conditions = list(_one(rest, depth))
    while rest.next_is("AND", "NOT", "word", "open"):
        if rest.next_is("AND"):
            rest.take()
        conditions += _one(rest, depth)
    return tuple(conditions)


def _one(rest: _Rest, depth: int) -> tuple[Condition, ...]:
    """A term, or a bracket, and the NOTs before it."""
    negated = False
    while rest.next_is("NOT"):
        rest.take()
        negated = not negated
    if not rest.next_is("word", "open"):
        raise _nothing_beside(rest)
    token = rest.take()
    if token.kind == "word":
        term = _term(token)
        return (msgspec.structs.replace(term, negated=term.negated != negated),)
    if depth >= MAX_DEPTH:
        raise QueryError("brackets too deep", token.start, token.length, most=str(MAX_DEPTH))
    inside = _either(rest, depth + 1)
    if not rest.next_is("close"):
        raise QueryError("bracket not closed", token.start, token.length)
    rest.take()
    return (Group((inside,), negated=True),) if negated != token.negated else inside


def _nothing_beside(rest: _Rest) -> QueryError:
    """An operator or a bracket with nothing on one side of it."""
    is_operator = rest.next_is("AND", "OR")
    token = rest.here if is_operator or rest.at == 0 else rest.tokens[rest.at - 1]
    if token.kind == "close":
        return QueryError("bracket not opened", token.start, 1)
    if token.kind == "open":
        return QueryError("nothing to look for", token.start, token.length)
    return QueryError("nothing beside", token.start, token.length, word=token.kind)


# --- terms


def _term(word: Token) -> Term:
    characters = word.characters
    negated = len(characters) > 1 and characters[0] == ("-", False)
    if negated:
        characters = characters[1:]
    colon = next((i for i, item in enumerate(characters) if item == (":", False)), -1)
    written = "".join(character for character, _ in characters[:colon]).casefold() if colon > 0 else ""
    is_quoted = any(quoted for _, quoted in characters[: max(0, colon)])
    name = written.replace(" ", "")
    if name in NAMES and (not is_quoted or " " in written):
        return _field_term(word, name, characters[colon + 1 :], negated)
    if re.fullmatch(r"[a-z]+", written) and not is_quoted:
        _refuse_unknown(word, written, negated)
    return _text_term(word, "", characters, negated)


def _refuse_unknown(word: Token, name: str, negated: bool) -> None:
    """A word before a colon that is no field is a slip of the pen; in quotation marks it is text."""
    from difflib import get_close_matches

    close = get_close_matches(name, NAMES, n=1, cutoff=0.6)
    start, known = word.start + int(negated), ", ".join(NAMES)
    if close:
        raise QueryError("field not known, but a like one", start, len(name), field=name, like=close[0], known=known)
    raise QueryError("field not known", start, len(name), field=name, known=known)


def _text_term(word: Token, field: str, characters: tuple[tuple[str, bool], ...], negated: bool) -> Term:
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


def _field_term(word: Token, name: str, characters: tuple[tuple[str, bool], ...], negated: bool) -> Term:
    """A term of the field that is written as `name`, which errors call it, too."""
    text = "".join(character for character, _ in characters).strip()
    start = word.start + word.length - len(characters)
    field = LABELS.get(name, name)
    if field in ("has", "is"):
        return _flag_term(word, field, text.casefold(), start, negated)
    if field in NUMBER_FIELDS:
        low, high = _range(text, field, start, name)
        return Term(field, low=low, high=high, negated=negated, position=word.start, length=word.length)
    if field == "added":
        low, high = _added(text, start)
        return Term(field, low=low, high=high, negated=negated, position=word.start, length=word.length)
    return _text_term(word, field, characters, negated)


def _flag_term(word: Token, field: str, text: str, start: int, negated: bool) -> Term:
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


def _range(text: str, field: str, start: int, name: str) -> tuple[float | None, float | None]:
    """`1960`, `1960..1969`, `..1969`, `>=1960`; of a field that is written as `name`."""
    read, example = _seconds if field == "duration" else _number, _EXAMPLE[field]
    if not text:
        raise QueryError("no number given", start, field=name, example=example)
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
        raise QueryError("not a number", start, len(text), text=text, field=name, example=example) from error
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
