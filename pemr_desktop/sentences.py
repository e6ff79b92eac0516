"""Sentences put together from words and numbers, in English or through a translator."""

from __future__ import annotations

import re
from typing import Protocol

_ENDING = re.compile(r"\((?:(\w*)\|)?(\w+)\)")


class Translate(Protocol):
    """Says texts in the language of whoever reads them. They are written out where it is called, as lupdate wants."""

    def __call__(self, context: str, text: str) -> str:
        """A text that counts nothing."""

    def tr(self, text: str, comment: str, n: int) -> str:
        """A text that counts things: `%n` stands for their number, `%Ln` for the number with grouped digits.

        An ending in brackets depends on the number: `%n track(s)`, `%n entr(y|ies)`. Of all calls in Python, lupdate
        takes none but those of `tr` to count; outside of a class they have no context.
        """


class English:
    """The texts themselves; of those that count, with the ending and the number, where `%Ln` of nothing is “no”."""

    def __call__(self, context: str, text: str) -> str:
        """The text."""
        return text

    def tr(self, text: str, comment: str, n: int) -> str:
        """The text with its ending and its number."""
        ended = _ENDING.sub(lambda ending: (ending[1] or "") if n == 1 else ending[2], text)
        return ended.replace("%Ln", f"{n:,}" if n else "no").replace("%n", str(n))


english = English()


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
