"""Text of blocks that never said in which code page they are: ID3v1, the INFO list of WAV, the chunks of AIFF."""

from __future__ import annotations

import codecs
from typing import NamedTuple


class OldText(NamedTuple):
    """`text`: as it is shown; `is_sure`: ASCII or UTF-8, so that it may be copied; `is_cut`: it fills all its place.

    `raw`: the bytes of a text that is in some code page.
    """

    text: str
    is_sure: bool
    is_cut: bool = False
    raw: bytes = b""


def old_text(data: bytes, room: int = 0) -> OldText:
    """The text up to the first NUL, without the spaces behind it. `room`: bytes that its place has, where it is fixed.

    UTF-8 is tried first; a letter that the end of a fixed place has cut in two is left out. What is no UTF-8 is shown
    as Western European.
    """
    text, end, _ = data.partition(b"\0")
    is_full = bool(room) and not end and len(text) >= room and not text.endswith(b" ")
    try:
        decoder = codecs.getincrementaldecoder("utf-8")()
        found = decoder.decode(text, final=not is_full)
    except UnicodeDecodeError:
        return OldText(text.decode("cp1252", "replace").strip(), False, is_full, text.strip(b" "))
    return OldText(found.strip(), True, is_full)
