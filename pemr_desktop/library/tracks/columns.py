"""From what a file says of itself to the columns of a track."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec

from pemr_desktop.library.text_folding import fold, join_values, sort_key
from pemr_desktop.tagfiles.formats.tag_format import Fields

if TYPE_CHECKING:
    from pemr_desktop.tagfiles.read import FileTags

# Fields with a row per value in track_tags: what people browse by and what links versions.
BROWSED = (
    "artist",
    "albumartist",
    "album",
    "genre",
    "mood",
    "composer",
    "grouping",
    "key",
    "label",
    "musicbrainz_workid",
    "musicbrainz_trackid",
)
_YEAR = re.compile(
    r"""(?<!\d)(1\d{3}|20\d{2})
    (?:(?:0[1-9]|1[0-2])(?:(?:0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6})?)?)?  # 202006, 20200629, 20200629120000
    (?!\d)""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"\d+")
JOINER = " / "


def columns(tags: FileTags, location: str) -> dict[str, Any]:
    """Values for the columns of `tracks` that come from the file's content. A file without title goes by its name."""
    fields = tags.fields
    title = _text(fields, "title") or PurePosixPath(location).stem
    artist = _text(fields, "artist")
    album = _text(fields, "album")
    genres = fields.get("genre", ())
    return {
        "format": tags.format,
        "duration_s": tags.duration_s,
        "sample_rate": tags.sample_rate,
        "channels": tags.channels,
        "bit_rate": tags.bit_rate,
        "has_artwork": int(tags.has_artwork),
        "title": title,
        "titled": int("title" in fields),
        "artist": artist,
        "album": album,
        "album_artist": _text(fields, "albumartist"),
        "genres": join_values(genres),
        "moods": join_values(fields.get("mood", ())),
        "composer": _text(fields, "composer"),
        "track_number": _number(fields, "tracknumber"),
        "disc_number": _number(fields, "discnumber"),
        "year": year_of(fields),
        "bpm": _bpm(fields),
        "sort_title": sort_key(title),
        "sort_artist": sort_key(artist),
        "sort_album": sort_key(album),
        "sort_genre": sort_key(genres[0] if genres else ""),
    }


def tag_rows(fields: Fields) -> list[tuple[str, int, str, str]]:
    """(field, position, value, folded) for the fields that people browse by."""
    return [
        (field, position, value, fold(value))
        for field in BROWSED
        for position, value in enumerate(fields.get(field, ()))
        if fold(value)
    ]


def pack_fields(fields: Fields) -> bytes:
    """All fields as JSON."""
    return msgspec.json.encode(fields)


def unpack_fields(packed: bytes) -> Fields:
    """The fields of `pack_fields`."""
    return msgspec.json.decode(packed, type=Fields)


def year_of(fields: Fields) -> int | None:
    """The year of the recording as the file has it, from any usual way to write a date."""
    for name in ("date", "originaldate", "originalyear", "tdor"):
        for value in fields.get(name, ()):
            match = _YEAR.search(value)
            if match:
                return int(match.group(1))
    return None


def _text(fields: Fields, name: str) -> str:
    return JOINER.join(dict.fromkeys(fields.get(name, ())))


def _number(fields: Fields, name: str) -> int | None:
    for value in fields.get(name, ()):
        match = _NUMBER.match(value.strip())
        if match and len(match.group()) <= 9:
            return int(match.group())
    return None


def _bpm(fields: Fields) -> float | None:
    for value in fields.get("bpm", ()):
        try:
            bpm = float(value.replace(",", "."))
        except ValueError:
            continue
        if 0 < bpm < 2000:
            return bpm
    return None
