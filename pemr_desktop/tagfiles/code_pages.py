"""Code pages of old tags: which there are, which are likely for some text, and what it says in one of them.

Nothing here changes a file. A text is decoded as a whole or not at all: letters that a page does not have are never
made up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

ESCAPE = b"\x1b"
"""Begins a switch of alphabet in ISO-2022-JP, which has no byte above 7F."""
MOST_BYTES = 20_000
"""So much text is enough to tell a code page by."""
MIXED_COST = 0.95
"""What a word of two alphabets, as “Dйjа”, takes away from how likely a page is."""
RARE = 0.5
"""Pages of DOS and of old Macintoshes are seldom met in tags."""


class CodePage(NamedTuple):
    """`name`: as it is typed and sent; `script`: whose letters it has; `label`: its usual name; `codec`: Python's."""

    name: str
    script: str
    label: str
    codec: str
    aliases: tuple[str, ...] = ()


PAGES = (
    CodePage("utf-8", "Unicode", "UTF-8", "utf-8"),
    CodePage("cp1252", "Western European", "Windows-1252", "cp1252", ("latin-1", "iso-8859-1")),
    CodePage("cp1250", "Central European", "Windows-1250", "cp1250"),
    CodePage("iso-8859-2", "Central European", "ISO 8859-2", "iso8859-2", ("latin-2",)),
    CodePage("cp1251", "Cyrillic", "Windows-1251", "cp1251"),
    CodePage("koi8-r", "Cyrillic", "KOI8-R", "koi8-r"),
    CodePage("koi8-u", "Cyrillic", "KOI8-U", "koi8-u"),
    CodePage("cp866", "Cyrillic", "DOS-866", "cp866"),
    CodePage("mac-cyrillic", "Cyrillic", "Macintosh", "mac-cyrillic"),
    CodePage("cp1253", "Greek", "Windows-1253", "cp1253", ("iso-8859-7",)),
    CodePage("cp1254", "Turkish", "Windows-1254", "cp1254", ("iso-8859-9",)),
    CodePage("cp1255", "Hebrew", "Windows-1255", "cp1255", ("iso-8859-8",)),
    CodePage("cp1256", "Arabic", "Windows-1256", "cp1256"),
    CodePage("cp1257", "Baltic", "Windows-1257", "cp1257"),
    CodePage("cp1258", "Vietnamese", "Windows-1258", "cp1258"),
    CodePage("cp874", "Thai", "Windows-874", "cp874", ("tis-620",)),
    CodePage("shift_jis", "Japanese", "Shift JIS", "cp932", ("cp932", "sjis")),
    CodePage("euc-jp", "Japanese", "EUC-JP", "euc-jp"),
    CodePage("iso-2022-jp", "Japanese", "ISO-2022-JP", "iso-2022-jp"),
    CodePage("gbk", "Simplified Chinese", "GBK", "gb18030", ("gb2312", "gb18030", "cp936")),
    CodePage("big5", "Traditional Chinese", "Big5", "big5hkscs", ("cp950", "big5-hkscs")),
    CodePage("euc-kr", "Korean", "EUC-KR", "cp949", ("cp949", "uhc")),
    CodePage("cp437", "DOS", "DOS-437", "cp437"),
    CodePage("cp850", "Western European", "DOS-850", "cp850"),
    CodePage("cp852", "Central European", "DOS-852", "cp852"),
    CodePage("mac-roman", "Western European", "Macintosh", "mac-roman"),
)


class LegacyText(msgspec.Struct, frozen=True):
    """A text of a file that is in no Unicode encoding. `field`: where it is; `raw`: its bytes, as they lie in it."""

    field: str
    raw: bytes


_WORD = re.compile(r"\w+")
_ALLOWED_CONTROLS = "\t\n\r"
_UNLIKELY_CATEGORIES = frozenset({"Cc", "Cn", "Co", "Cs"})


class LikelyPage(NamedTuple):
    """`share`: how likely a page is, as a share of all that were considered; 0 where nothing speaks for it."""

    page: CodePage
    share: float


@lru_cache(maxsize=1)
def _by_name() -> dict[str, CodePage]:
    known: dict[str, CodePage] = {}
    for page in PAGES:
        for name in (page.name, page.codec, *page.aliases):
            known.setdefault(_folded(name), page)
    return known


def _folded(name: str) -> str:
    folded = re.sub(r"[^a-z0-9]", "", name.lower())
    return re.sub(r"^(windows|win|ibm|dos)(?=\d)", "cp", folded)


def find_page(name: str) -> CodePage | None:
    """The page that somebody means by “cp1251”, “Windows-1251” or “win1251”; None when it is not known here."""
    return _by_name().get(_folded(name))


def is_plain(raw: bytes) -> bool:
    """Whether a text is ASCII, which all pages have, so that there is nothing to choose."""
    return raw.isascii() and ESCAPE not in raw


def is_unicode(raw: bytes) -> bool:
    """Whether a text is UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def decoded(raw: bytes, page: CodePage) -> str | None:
    """What a text says in this page; None when it cannot be in it."""
    try:
        text = raw.decode(page.codec)
    except (UnicodeDecodeError, ValueError):
        return None
    bad = (letter for letter in text if letter == "\ufffd" or unicodedata.category(letter) in _UNLIKELY_CATEGORIES)
    return None if any(letter not in _ALLOWED_CONTROLS for letter in bad) else text


def likely_pages(raws: Sequence[bytes]) -> list[LikelyPage]:
    """Every page that all or most of the texts can be in, the likeliest first; of two that read alike, one.

    chardet knows which bytes are frequent in which language; how many of the texts a page can decode, and how many of
    its words would mix two alphabets, is added here, since a title is much shorter than what chardet was made for.
    """
    texts = [raw for raw in dict.fromkeys(raws) if not is_plain(raw)]
    readings = {page: tuple(decoded(raw, page) for raw in texts) for page in PAGES}
    heard = _heard(b"\n".join(texts)[:MOST_BYTES]) if texts else {}
    scores = {page: _score(page, heard.get(page.name, 0.0), read) for page, read in readings.items() if any(read)}
    if texts and all(is_unicode(raw) for raw in texts):
        scores[PAGES[0]] = max(scores.values()) * 20  # hardly any text of another page happens to be UTF-8
    total = sum(scores.values()) or 1.0
    first: dict[tuple[str | None, ...], CodePage] = {}
    for page in sorted(scores, key=lambda page: -scores[page]):
        if scores[page]:
            first.setdefault(readings[page], page)
    return [LikelyPage(page, scores[page] / total) for page in first.values()]


def _score(page: CodePage, heard: float, readings: Sequence[str | None]) -> float:
    """How much speaks for a page; nothing where it reads less than half of the texts."""
    texts = [text for text in readings if text is not None]
    share = len(texts) / len(readings)
    if share <= 0.5:
        return 0.0
    rarity = RARE if page.label.startswith(("DOS", "Mac")) else 1.0
    usual = 1e-4 * (1.0 - PAGES.index(page) / len(PAGES))
    return (heard + usual) * rarity * share**4 * (1.0 - MIXED_COST * _mixed(texts))


def _heard(content: bytes) -> dict[str, float]:
    """What chardet thinks of each page."""
    import chardet

    names = [page.codec for page in PAGES]
    found: dict[str, float] = {}
    for guess in chardet.detect_all(content, ignore_threshold=True, include_encodings=names):
        page = find_page(guess["encoding"] or "")
        if page is not None:
            found[page.name] = max(found.get(page.name, 0.0), float(guess["confidence"]))
    return found


def _mixed(texts: Sequence[str]) -> float:
    """The share of words with letters of two alphabets, of all words that are not plain ASCII."""
    words = [word for text in texts for word in _WORD.findall(text) if not word.isascii()]
    return sum(len({_script(letter) for letter in word if letter.isalpha()}) > 1 for word in words) / max(1, len(words))


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").partition(" ")[0]
    return "CJK" if name.startswith(("HIRAGANA", "KATAKANA", "HALFWIDTH")) else name.replace("FULLWIDTH", "LATIN")
