"""One table: where each field lives in each kind of tag. The first place is written, the others are read too.

After Picard's and the MusicBrainz mapping. Fields that are not here live under their own name.
ID3: a frame id, "TXXX:description" or "UFID:owner". MP4: an atom, or "----:mean:name".
"""

from __future__ import annotations

import msgspec

ITUNES = "----:com.apple.iTunes:"


class Field(msgspec.Struct, frozen=True):
    """The places of one field; an empty tuple means that this kind of tag has none."""

    name: str
    id3: tuple[str, ...]
    vorbis: tuple[str, ...]
    mp4: tuple[str, ...]
    ape: tuple[str, ...]
    asf: tuple[str, ...]
    writable: bool = True


def _everywhere(name: str, title: str, asf: str) -> Field:
    """A MusicBrainz identifier: the same words in every kind of tag."""
    key = name.upper()
    return Field(name, (f"TXXX:{title}",), (key,), (f"{ITUNES}{title}",), (key,), (asf,))


FIELDS: tuple[Field, ...] = (
    Field("title", ("TIT2",), ("TITLE",), ("©nam",), ("Title",), ("Title",)),
    Field("artist", ("TPE1",), ("ARTIST", "AUTHOR"), ("©ART",), ("Artist",), ("Author",)),
    Field("album", ("TALB",), ("ALBUM",), ("©alb",), ("Album",), ("WM/AlbumTitle",)),
    Field(
        "albumartist",
        ("TPE2",),
        ("ALBUMARTIST", "ALBUM ARTIST", "ALBUM_ARTIST"),
        ("aART",),
        ("Album Artist", "AlbumArtist", "ALBUM_ARTIST"),
        ("WM/AlbumArtist",),
    ),
    Field(
        "tracknumber",
        ("TRCK",),
        ("TRACKNUMBER", "TRACK", "TRACKNUM", "TRACK NUMBER", "TRACK_NUMBER"),
        ("trkn",),
        ("Track", "TRACKNUMBER", "Track Number"),
        ("WM/TrackNumber", "WM/Track"),
    ),
    Field(
        "discnumber",
        ("TPOS",),
        ("DISCNUMBER", "DISC", "DISCNUM", "DISC NUMBER", "DISC_NUMBER", "DISK", "DISKNUMBER"),
        ("disk",),
        ("Disc", "DISCNUMBER", "Disc Number"),
        ("WM/PartOfSet",),
    ),
    Field("date", ("TDRC", "TYER"), ("DATE", "YEAR"), ("©day",), ("Year", "Date"), ("WM/Year",)),
    Field("genre", ("TCON",), ("GENRE",), ("©gen",), ("Genre",), ("WM/Genre",)),
    Field("mood", ("TMOO", "TXXX:MOOD"), ("MOOD",), (f"{ITUNES}MOOD",), ("Mood",), ("WM/Mood",)),
    Field("bpm", ("TBPM",), ("BPM", "TEMPO"), ("tmpo",), ("BPM",), ("WM/BeatsPerMinute",)),
    Field(
        "key",
        ("TKEY",),
        ("KEY", "INITIALKEY", "INITIAL_KEY"),
        (f"{ITUNES}initialkey", f"{ITUNES}KEY"),
        ("KEY", "INITIALKEY"),
        ("WM/InitialKey",),
    ),
    Field(
        "grouping",
        ("TIT1", "GRP1"),
        ("GROUPING", "CONTENTGROUP"),
        ("©grp",),
        ("Grouping",),
        ("WM/ContentGroupDescription",),
    ),
    Field("composer", ("TCOM",), ("COMPOSER",), ("©wrt",), ("Composer",), ("WM/Composer",)),
    Field("work", ("TXXX:WORK",), ("WORK",), ("©wrk",), ("WORK",), ("WM/Work",)),
    Field("isrc", ("TSRC",), ("ISRC",), (f"{ITUNES}ISRC",), ("ISRC",), ("WM/ISRC",)),
    Field(
        "label", ("TPUB",), ("LABEL", "ORGANIZATION", "PUBLISHER"), (f"{ITUNES}LABEL",), ("Label",), ("WM/Publisher",)
    ),
    Field("conductor", ("TPE3",), ("CONDUCTOR",), (f"{ITUNES}CONDUCTOR",), ("Conductor",), ("WM/Conductor",)),
    Field("lyricist", ("TEXT",), ("LYRICIST",), (f"{ITUNES}LYRICIST",), ("Lyricist",), ("WM/Writer",)),
    Field("language", ("TLAN",), ("LANGUAGE",), (f"{ITUNES}LANGUAGE",), ("Language",), ("WM/Language",)),
    Field("copyright", ("TCOP",), ("COPYRIGHT",), ("cprt",), ("Copyright",), ("Copyright",)),
    Field("encodedby", ("TENC",), ("ENCODEDBY", "ENCODED-BY"), ("©too",), ("EncodedBy",), ("WM/EncodedBy",)),
    Field("compilation", ("TCMP",), ("COMPILATION",), ("cpil",), ("Compilation",), ("WM/IsCompilation",)),
    Field("comment", ("COMM",), ("COMMENT", "DESCRIPTION"), ("©cmt",), ("Comment",), ("Description",), writable=False),
    Field(
        "musicbrainz_trackid",
        ("UFID:http://musicbrainz.org",),
        ("MUSICBRAINZ_TRACKID",),
        (f"{ITUNES}MusicBrainz Track Id",),
        ("MUSICBRAINZ_TRACKID",),
        ("MusicBrainz/Track Id",),
    ),
    _everywhere("musicbrainz_workid", "MusicBrainz Work Id", "MusicBrainz/Work Id"),
    _everywhere("musicbrainz_albumid", "MusicBrainz Album Id", "MusicBrainz/Album Id"),
    _everywhere("musicbrainz_artistid", "MusicBrainz Artist Id", "MusicBrainz/Artist Id"),
    _everywhere("pemr_tags", "PEMR_TAGS", "PEMR/Tags"),
)

BY_NAME = {field.name: field for field in FIELDS}

# Carried along untouched, but never loaded as text: long, or not text at all.
NOT_LOADED = frozenset({"lyrics", "unsyncedlyrics", "unsynced lyrics", "syncedlyrics", "metadata_block_picture"})


def find_field(name: str) -> Field | None:
    """The row of a canonical field, or None when the field lives under its own name."""
    return BY_NAME.get(name)
