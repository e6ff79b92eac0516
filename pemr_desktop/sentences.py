"""Sentences put together from words and numbers, in English or through a translator."""

from __future__ import annotations

import re
from typing import Protocol

_ENDING = re.compile(r"\((?:(\w*)\|)?(\w+)\)")


class Translate(Protocol):
    """Says a text in the language of whoever reads it.

    `context` and `text` are written out where this is called, so that lupdate finds them. With `n`, the text counts
    things: `%n` stands for the number, `%Ln` for the number as the language groups its digits, and an ending in
    brackets depends on it: `%n track(s)`, `%n entr(y|ies)`.
    """

    def __call__(self, context: str, text: str, comment: str = "", n: int = -1) -> str:
        """The text as it is said."""


def english(context: str, text: str, comment: str = "", n: int = -1) -> str:
    """The text itself; one that counts gets its ending and its number, where `%Ln` of nothing is “no”."""
    if n < 0:
        return text
    ended = _ENDING.sub(lambda ending: (ending[1] or "") if n == 1 else ending[2], text)
    return ended.replace("%Ln", f"{n:,}" if n else "no").replace("%n", str(n))


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """“1 track”, “2 tracks”, “no tracks”."""
    many_form = plural or singular + "s"
    return f"no {many_form}" if count == 0 else f"{count:,} {singular if count == 1 else many_form}"


def listed(parts: list[str], translate: Translate = english) -> str:
    """“a”, “a and b”, “a, b and c”."""
    if len(parts) < 2:
        return "".join(parts)
    return translate("sentences", "{} and {}").format(", ".join(parts[:-1]), parts[-1])


def capitalised(sentence: str) -> str:
    """The sentence with a large first letter."""
    return sentence[:1].upper() + sentence[1:]
