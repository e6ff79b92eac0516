"""How an album is said: whose it is, when, how much."""

from __future__ import annotations

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library.albums.grouping import VARIOUS_ARTISTS
from pemr_desktop.library.rows import AlbumRow
from pemr_desktop.ui import wording


def artist_of(album: AlbumRow) -> str:
    """Whose album it is, in the language of the window where nobody in particular."""
    if album.album_artist == VARIOUS_ARTISTS:
        return translate("albums", "Various artists")
    return album.album_artist or translate("albums", "Unknown artist")


def has_artist_page(album: AlbumRow) -> bool:
    """Whether the artist is somebody."""
    return bool(album.album_artist) and album.album_artist != VARIOUS_ARTISTS


def years_of(album: AlbumRow) -> str:
    """`1969`, `1966–1968`, or nothing."""
    if album.first_year is None:
        return ""
    if album.last_year in (None, album.first_year):
        return str(album.first_year)
    return f"{album.first_year}–{album.last_year}"


def extent_of(album: AlbumRow) -> str:
    """`1979 · 26 tracks · 2 discs · 1 h 21 min`."""
    tracks = wording.counted(album.track_count, translate("albums", "1 track"), translate("albums", "{} tracks"))
    discs = translate("albums", "{} discs").format(album.disc_count) if album.disc_count > 1 else ""
    parts = (years_of(album), tracks, discs, wording.duration(album.duration_s))
    return " · ".join(part for part in parts if part)


def said(album: AlbumRow) -> str:
    """All of it, for the tooltip and the screen reader."""
    return f"{album.album}\n{artist_of(album)}\n{extent_of(album)}"
