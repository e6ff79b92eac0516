"""Text from untrusted files for the terminal: nothing in it commands the terminal."""

from __future__ import annotations

import re

_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""C0 and C1 controls but tab and line feed, separators of lines, embedding and overriding of direction, halves of
letters. Marks that only help with the order of right-to-left names (U+200E, U+200F) stay."""
_BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")


def clean(text: str) -> str:
    """Text in which nothing commands the terminal: each control is shown as a sign for it."""
    return _COMMANDS.sub(lambda found: _sign(found.group()), text)


def one_line(text: str) -> str:
    """`clean`, and line breaks as a sign, too: for a name, so that it cannot feign another line."""
    return clean(_BREAKS.sub("␤", text))


def _sign(control: str) -> str:
    code = ord(control)
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "\N{REPLACEMENT CHARACTER}"
