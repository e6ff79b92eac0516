"""Text as it is compared and sorted: no case, no accents, no leading article."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

VALUE_SEPARATOR = "\x1f"
AFTER_ALL_TEXT = "\uffff"
_ARTICLE = re.compile(r"^(the|a|an|der|die|das|les|le|la|los|el) (?=\S)")
_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Case and accents taken away, spaces made single: what two spellings of one value have in common."""
    if text.isascii():
        return _SPACE.sub(" ", text.lower()).strip()
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _SPACE.sub(" ", bare.casefold()).strip()


def sort_key(text: str) -> str:
    """`fold` without a leading article; nothing sorts after everything."""
    folded = fold(text).lstrip("\"'“”‘’«»([.…-_ ")
    return _ARTICLE.sub("", folded) or fold(text) or AFTER_ALL_TEXT


def join_values(values: tuple[str, ...]) -> str:
    """Several values in one column; the separator separates words for the full-text index, too."""
    return VALUE_SEPARATOR.join(value.replace(VALUE_SEPARATOR, " ") for value in values)


def split_values(joined: str) -> tuple[str, ...]:
    """The values of `join_values`."""
    return tuple(joined.split(VALUE_SEPARATOR)) if joined else ()
