"""A word-level difference of two tag values: what went, what came, what stayed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape
from typing import Literal

Fate = Literal["same", "removed", "added"]
SEPARATOR = "  ·  "
"""How several values of one field are set apart for the eye."""

_WORDS = re.compile(r"\s+|\w+|[^\w\s]", re.UNICODE)


@dataclass(frozen=True)
class Piece:
    """A run of text and what happens to it."""

    text: str
    fate: Fate


def word_diff(before: str, after: str) -> list[Piece]:
    """Compare word by word, or as a whole where no word is the same.

    The pieces that are not `added` join to `before`, those not `removed` to `after`.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    kept = [word for operation, i1, i2, _, _ in steps if operation == "equal" for word in old[i1:i2]]
    if before != after and not any(word.isalnum() for word in kept):
        whole = (Piece(before, "removed"), Piece(after, "added"))
        return [piece for piece in whole if piece.text]
    pieces: list[Piece] = []
    for operation, i1, i2, j1, j2 in steps:
        if operation == "equal":
            pieces.append(Piece("".join(old[i1:i2]), "same"))
            continue
        if i2 > i1:
            pieces.append(Piece("".join(old[i1:i2]), "removed"))
        if j2 > j1:
            pieces.append(Piece("".join(new[j1:j2]), "added"))
    return pieces


def values_diff(before: Sequence[str], after: Sequence[str]) -> list[Piece]:
    """Compare multiple values: values kept or added whole stay whole, a value that was reworded is compared by word."""
    pieces: list[Piece] = []
    for number, value in enumerate(_paired(before, after)):
        if number:
            pieces.append(Piece(SEPARATOR, "same"))
        pieces.extend(value)
    return pieces


def _paired(before: Sequence[str], after: Sequence[str]) -> Iterator[list[Piece]]:
    for operation, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if operation == "equal":
            yield from ([Piece(value, "same")] for value in before[i1:i2])
            continue
        shared = min(i2 - i1, j2 - j1)
        for offset in range(shared):
            yield word_diff(before[i1 + offset], after[j1 + offset])
        yield from ([Piece(value, "removed")] for value in before[i1 + shared : i2])
        yield from ([Piece(value, "added")] for value in after[j1 + shared : j2])


def spoken(pieces: Sequence[Piece]) -> str:
    """The difference for a screen reader, where colour says nothing."""
    said = {"same": "{}", "removed": "[-{}-]", "added": "[+{}+]"}
    return "".join(said[piece.fate].format(piece.text) for piece in pieces)


def as_html(pieces: Sequence[Piece], added: tuple[str, str], removed: tuple[str, str]) -> str:
    """The difference as rich text; `added` and `removed` are (text, ground) colours as `#rrggbb`."""
    came = f"color:{added[0]};background-color:{added[1]};font-weight:600"
    went = f"color:{removed[0]};background-color:{removed[1]};text-decoration:line-through"
    style = {
        "same": "{}",
        "added": f'<span style="{came}">{{}}</span>',
        "removed": f'<span style="{went}">{{}}</span>',
    }
    return "".join(style[piece.fate].format(escape(piece.text).replace("  ", "&nbsp; ")) for piece in pieces)
