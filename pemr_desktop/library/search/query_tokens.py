"""The query line cut into words, brackets and the words AND, OR and NOT."""

from __future__ import annotations

from typing import Literal

import msgspec

from pemr_desktop.library.errors import QueryError

Kind = Literal["word", "open", "close", "AND", "OR", "NOT"]
OPERATORS: tuple[Literal["AND", "OR", "NOT"], ...] = ("AND", "OR", "NOT")
"""In capitals and unquoted; in small letters they are words like any others."""


class Token(msgspec.Struct, frozen=True):
    """A stretch of the line. Of a word: its characters, each with a mark whether it was quoted.

    `negated`: an opening bracket behind a minus.
    """

    kind: Kind
    start: int
    length: int
    characters: tuple[tuple[str, bool], ...] = ()
    negated: bool = False


def tokens(line: str) -> list[Token]:
    """The line in order. Raises QueryError for a quotation mark that is never closed."""
    found: list[Token] = []
    position = 0
    while position < len(line):
        if line[position].isspace():
            position += 1
        elif line[position] == "(":
            found.append(Token("open", position, 1))
            position += 1
        elif line.startswith("-(", position):
            found.append(Token("open", position, 2, negated=True))
            position += 2
        elif line[position] == ")":
            found.append(Token("close", position, 1))
            position += 1
        else:
            found.append(_word(line, position))
            position += found[-1].length
    return found


def _word(line: str, start: int) -> Token:
    """The word that begins here. A bracket that is opened inside it belongs to it, and so does its closing one."""
    position, quote_at, opened = start, -1, 0
    characters: list[tuple[str, bool]] = []
    while position < len(line):
        character = line[position]
        if quote_at < 0 and (character.isspace() or (character == ")" and not opened)):
            break
        if character == '"':
            characters.append(("", True))  # so that "" counts as quoted
            quote_at = -1 if quote_at >= 0 else position
        else:
            if quote_at < 0:
                opened += (character == "(") - (character == ")")
            characters.append((character, quote_at >= 0))
        position += 1
    if quote_at >= 0:
        raise QueryError("quotation mark not closed", quote_at, len(line) - quote_at)
    word = line[start:position]
    kind = next((operator for operator in OPERATORS if word == operator), None)
    return Token(kind or "word", start, position - start, tuple(characters))
