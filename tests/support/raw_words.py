"""Words of programs that no person should have to read: names of exceptions, errors of libraries, reprs of Python."""

from __future__ import annotations

import re

RAW = re.compile(
    r"""
    \b[A-Z]\w*(Error|Exception|Warning)\b      # the name of an exception
    | Traceback | Errno | No\ such\ file | \[WinError
    | <class\ | \ object\ at\ 0x | NoneType
    | \bb['"] | \\x[0-9a-f]{2} | \\u[0-9a-f]{4}    # bytes and escapes
    | \bcodec\ can't | can't\ decode | can't\ encode | surrogates
    | unpack\ requires | out\ of\ range | subscriptable | not\ iterable | \bkwarg | positional\ argument
    | recursion\ depth
    | object\ (has\ no|is\ not) | Expecting\ (value|property|'|,) | unclosed\ token | [0-9a-f]{8,}\ at
    | Expected\ ` | \bobject\ contains | JSON\ is | trailing\ characters
    | malformed | no\ such\ (table|column) | btree | B-tree | SQLITE | sqlite | disk\ I/O\ error | not\ a\ database
    | (UNIQUE|CHECK|FOREIGN\ KEY|NOT\ NULL)\ constraint
    | Invalid\ data\ found | end\ of\ file | avcodec | HeaderTooLarge | InvalidHeader | safetensor_rust
    | Invalid\ (statement|value|escape|control) | \(at\ line | not\ well-formed | syntax\ error | no\ element\ found
    """,
    re.VERBOSE,
)
LONGEST = 1000


def raw_words(sentence: str) -> str:
    """What in it no person said; empty for a sentence in a person's words."""
    found = RAW.search(sentence)
    if found is not None:
        return found[0]
    if not sentence or len(sentence) > LONGEST:
        return f"{len(sentence)} letters"
    if sentence[0].islower() or sentence.rstrip()[-1] not in ".”?":
        return "no sentence"
    return ""
