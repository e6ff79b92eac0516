"""The tags of a file as a small table of rich text, in the order people expect."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from pemr_desktop.jobs.translation import translate
from pemr_desktop.ui.widgets.colours import Colours

FIRST = (
    "title",
    "artist",
    "album",
    "albumartist",
    "composer",
    "tracknumber",
    "discnumber",
    "date",
    "genre",
    "mood",
    "bpm",
    "key",
    "grouping",
    "comment",
)
LONGEST_VALUE = 240
HIDDEN = ("pemr_tags",)


def field_title(field: str) -> str:
    """A tag field in words; fields without a name of their own are shown as the file spells them."""
    known = {
        "title": translate("fields", "Title"),
        "artist": translate("fields", "Artist"),
        "album": translate("fields", "Album"),
        "albumartist": translate("fields", "Album artist"),
        "composer": translate("fields", "Composer"),
        "tracknumber": translate("fields", "Track"),
        "discnumber": translate("fields", "Disc"),
        "date": translate("fields", "Date"),
        "genre": translate("fields", "Genre"),
        "mood": translate("fields", "Mood"),
        "bpm": translate("fields", "BPM"),
        "key": translate("fields", "Key"),
        "grouping": translate("fields", "Grouping"),
        "comment": translate("fields", "Comment"),
        "compilation": translate("fields", "Compilation"),
        "label": translate("fields", "Label"),
        "conductor": translate("fields", "Conductor"),
        "lyricist": translate("fields", "Lyricist"),
        "isrc": translate("fields", "ISRC"),
        "encodedby": translate("fields", "Encoded by"),
        "copyright": translate("fields", "Copyright"),
        "originaldate": translate("fields", "Original date"),
        "replaygain_track_gain": translate("fields", "Loudness correction of the track"),
        "replaygain_track_peak": translate("fields", "Loudest moment of the track"),
        "replaygain_album_gain": translate("fields", "Loudness correction of the album"),
        "replaygain_album_peak": translate("fields", "Loudest moment of the album"),
        "replaygain_reference_loudness": translate("fields", "Reference loudness"),
        "musicbrainz_trackid": translate("fields", "MusicBrainz recording"),
        "musicbrainz_releasetrackid": translate("fields", "MusicBrainz track"),
        "musicbrainz_albumid": translate("fields", "MusicBrainz release"),
        "musicbrainz_releasegroupid": translate("fields", "MusicBrainz release group"),
        "musicbrainz_artistid": translate("fields", "MusicBrainz artist"),
        "musicbrainz_albumartistid": translate("fields", "MusicBrainz album artist"),
        "musicbrainz_workid": translate("fields", "MusicBrainz work"),
        "acoustid_id": translate("fields", "AcoustID"),
        "acoustid_fingerprint": translate("fields", "AcoustID fingerprint"),
        "pemr_tags": translate("fields", "Origin of tags"),
    }
    return known.get(field, field)


def fields_html(fields: Mapping[str, tuple[str, ...]], colours: Colours) -> str:
    """All fields with their values; very long values are cut with an ellipsis."""
    shown = [name for name in fields if name not in HIDDEN and any(fields[name])]
    if not shown:
        nothing = translate("fields", "This file has no tags.")
        return f'<span style="color:{colours.text_soft}">{escape(nothing)}</span>'
    ordered = sorted(shown, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    lines = [
        f'<tr><td style="color:{colours.text_soft};padding:2px 12px 2px 0;white-space:nowrap">'
        f'{escape(field_title(name))}</td><td style="padding:2px 0">{_value(fields[name])}</td></tr>'
        for name in ordered
    ]
    return f'<table cellspacing="0" cellpadding="0" width="100%">{"".join(lines)}</table>'


def _value(values: tuple[str, ...]) -> str:
    text = ", ".join(values)
    return escape(text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…")
