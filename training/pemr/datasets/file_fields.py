"""Genre, mood and instrument as the files themselves say them, in every kind of tag that mutagen reads."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import mutagen
from mutagen.apev2 import APETextValue

log = logging.getLogger(__name__)

# where each kind of tag keeps a field; ID3 keeps instruments and often moods in a TXXX frame of that name
KEYS: Mapping[str, tuple[str, ...]] = {
    "genre": ("genre", "Genre", "TCON", "\xa9gen", "WM/Genre"),
    "mood": ("mood", "Mood", "TMOO", "TXXX:mood", "TXXX:MOOD", "TXXX:Mood", "----:com.apple.iTunes:MOOD", "WM/Mood"),
    "instrument": (
        "instrument", "Instrument", "TXXX:instrument", "TXXX:INSTRUMENT", "----:com.apple.iTunes:INSTRUMENT",
    ),
}  # fmt: skip


def read_fields(path: Path, fields: Sequence[str] = tuple(KEYS)) -> dict[str, list[str]] | None:
    """Field -> its values as they stand in the file, each once; None (and a warning) if the tags cannot be read."""
    try:
        file = mutagen.File(path)
    except (mutagen.MutagenError, OSError, ValueError, KeyError, IndexError) as error:
        log.warning("Tags of %s cannot be read: %s", path, error)
        return None
    if file is None or file.tags is None:
        return {}
    values = {field: [text for key in KEYS[field] for text in _texts(file.tags, key)] for field in fields}
    return {field: list(dict.fromkeys(texts)) for field, texts in values.items() if texts}


def _texts(tags: Any, key: str) -> list[str]:
    """All values of a field as text, whatever kind of tag this is."""
    try:
        value = tags.get(key)
    except (ValueError, KeyError):  # a Vorbis comment refuses keys that it could not hold
        return []
    if value is None:
        return []
    if key == "TCON":
        return [str(genre) for genre in value.genres]
    if isinstance(value, APETextValue):
        return list(value)
    values = value.text if hasattr(value, "text") else value if isinstance(value, list) else [value]
    return [bytes(item).decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in values]
