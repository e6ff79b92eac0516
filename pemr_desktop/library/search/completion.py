"""Completions for the query line: fields, flags, and values that the library holds."""

from __future__ import annotations

import sqlite3

from pemr_desktop.library.browsing import FACET_FIELDS
from pemr_desktop.library.search.query_parser import HAS, IS, LABELS, NAMES, PREDICTED_ONLY
from pemr_desktop.library.text_folding import fold

MAX_COMPLETIONS = 20


def completions(connection: sqlite3.Connection, text: str, position: int) -> list[str]:
    """Whole replacements for the word that ends at `position`, best first; empty when there is nothing to offer."""
    start, _end = word_at(text, position)
    word = text[start:position]
    sign = "-" if word.startswith("-") else ""
    name, colon, begun = word[len(sign) :].partition(":")
    if not colon:
        return [f"{sign}{field}:" for field in NAMES if name and field.startswith(name.casefold())]
    field = LABELS.get(name.casefold(), name.casefold())
    begun = begun.lstrip('"')
    values = _values(connection, field, begun)[:MAX_COMPLETIONS]
    return [f"{sign}{name.casefold()}:{_quoted(value)}" for value in values]


def word_at(text: str, position: int) -> tuple[int, int]:
    """Start and end of the word at a position; quotes keep a word together, brackets before it are none of it."""
    start = 0
    quoted = False
    for index, character in enumerate(text[:position]):
        if character == '"':
            quoted = not quoted
        elif not quoted and (character.isspace() or (character == "(" and text[start:index] in ("", "-"))):
            start = index + 1
    ends = (at for at in range(position, len(text)) if text[at].isspace() or text[at] == ")")
    return start, next(ends, len(text))


def _quoted(value: str) -> str:
    return f'"{value}"' if any(character.isspace() or character in ',:"' for character in value) else value


def _values(connection: sqlite3.Connection, field: str, begun: str) -> list[str]:
    if field in ("has", "is"):
        return [value for value in (HAS if field == "has" else IS) if value.startswith(begun.casefold())]
    folded = fold(begun)
    after = folded[:-1] + chr(ord(folded[-1]) + 1) if folded else "\U0010ffff"
    found: list[str] = []
    fields = ("genre", "mood") if field == "tag" else (field,) if field in FACET_FIELDS else ()
    for name in fields:
        found += [
            row[0]
            for row in connection.execute(
                "SELECT value FROM track_tags WHERE field = ? AND folded >= ? AND folded < ? "
                "GROUP BY folded ORDER BY count(*) DESC LIMIT ?",
                (name, folded, after, MAX_COMPLETIONS),
            )
        ]
    if field in ("tag", "suggested", "genre", "mood", *PREDICTED_ONLY):
        group = "" if field in ("tag", "suggested") else field
        found += [
            row[0]
            for row in connection.execute(
                "SELECT name FROM tags WHERE folded >= ? AND folded < ? AND (? = '' OR group_name = ?) LIMIT ?",
                (folded, after, group, group, MAX_COMPLETIONS),
            )
        ]
    return list({fold(value): value for value in reversed(found)}.values())[::-1]
