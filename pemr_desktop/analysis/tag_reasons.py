"""Why a tag is off: the sentences that training writes into models, read back into codes with figures."""

from __future__ import annotations

import re

from pemr_desktop.protocol.results import TagDoubt, TagReason
from pemr_desktop.protocol.sentences import tag_doubt_texts
from pemr_desktop.sentences import english

_VALUE = re.compile(r"\\\{(\w+)\\\}")


def read_reason(sentence: str) -> TagReason | None:
    """The code and figures of a reason; None for one that no training of this program writes."""
    for code, pattern in _PATTERNS.items():
        if told := pattern.fullmatch(sentence):
            return TagReason(code, told.groupdict())
    return None


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(_VALUE.sub(r"(?P<\1>[0-9.]+%?)", re.escape(text)))


_PATTERNS: dict[TagDoubt, re.Pattern[str]] = {code: _pattern(text) for code, text in tag_doubt_texts(english).items()}
