"""The columns of the library table, declared once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QLocale

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library.rows import TrackRow
from pemr_desktop.ui import wording


@dataclass(frozen=True)
class Column:
    """One column. `sort`: the library's name of the order, empty where there is none; `width` in pixels at zoom 1."""

    id: str
    title: str
    width: int
    sort: str
    text: Callable[[TrackRow], str]
    numeric: bool = False
    shown: bool = True

    @property
    def stretches(self) -> bool:
        """Text takes what room there is; numbers and tiles need what they need."""
        return not self.numeric and self.id not in ("tile", "format", "added")


def track_columns() -> tuple[Column, ...]:
    """All columns in their usual order, titled in the language of the window."""

    return (
        Column("tile", "", 48, "", lambda row: ""),
        Column("title", translate("columns", "Title"), 250, "title", shown_title),
        Column("artist", translate("columns", "Artist"), 150, "artist", lambda row: row.artist),
        Column("album", translate("columns", "Album"), 170, "album", lambda row: row.album),
        Column("duration", translate("columns", "Length"), 72, "duration", _length, numeric=True),
        Column("tags", translate("columns", "Tags"), 330, "genre", said_tags),
        Column(
            "year", translate("columns", "Year"), 56, "year", lambda row: str(row.year or ""), numeric=True, shown=False
        ),
        Column("genre", translate("columns", "Genre"), 120, "genre", lambda row: ", ".join(row.genres), shown=False),
        Column("mood", translate("columns", "Mood"), 120, "", lambda row: ", ".join(row.moods), shown=False),
        Column("albumartist", translate("columns", "Album artist"), 160, "", lambda row: row.album_artist, shown=False),
        Column("track", translate("columns", "Track"), 56, "", _track, numeric=True, shown=False),
        Column("format", translate("columns", "Format"), 72, "format", lambda row: row.format, shown=False),
        Column("added", translate("columns", "Added"), 96, "added", _added, shown=False),
        Column("path", translate("columns", "File"), 320, "path", lambda row: row.location, shown=False),
    )


def said_tags(row: TrackRow) -> str:
    """File tags and suggestions in words: for the screen reader, the tooltip and the clipboard."""
    said = list(row.genres) + list(row.moods)
    for suggestion in row.suggestions:
        word = (
            translate("columns", "accepted") if suggestion.decision == "accepted" else translate("columns", "suggested")
        )
        said.append(f"{suggestion.tag} ({word}, {wording.confidence(suggestion.probability)})")
    return ", ".join(said)


def shown_title(row: TrackRow) -> str:
    """The title, or the name of the file where the file has none."""
    return row.title or row.location.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]


def _length(row: TrackRow) -> str:
    return "" if row.duration_s is None else wording.clock(row.duration_s)


def _track(row: TrackRow) -> str:
    number = str(row.track_number or "")
    return f"{row.disc_number}-{number}" if row.disc_number and number else number


def _added(row: TrackRow) -> str:
    day = datetime.fromtimestamp(row.added_at).date()
    return QLocale().toString(day, QLocale.FormatType.ShortFormat)  # type: ignore[call-overload,no-any-return]
