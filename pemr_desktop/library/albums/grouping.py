"""Which tracks of a group are one album, whose album it is, and the order of its tracks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from pemr_desktop.library.albums.identity import album_folder, disc_of, without_disc
from pemr_desktop.library.text_folding import fold

VARIOUS_ARTISTS = "Various Artists"
_VARIOUS = frozenset({"various artists", "various", "va", "v.a.", "v/a", "verschiedene interpreten", "artistes divers"})
_COMPILATION = ""
_LAST = 1 << 31


class AlbumTrack(NamedTuple):
    """What is asked of a track. `folder`, `rel_path`: below its root. `release`: its MusicBrainz id, or nothing.

    `flagged`: its file says that it is of a compilation.
    """

    id: int
    root_id: int
    rel_path: bytes
    folder: bytes
    album: str
    album_artist: str
    artist: str
    disc_number: int | None
    track_number: int | None
    year: int | None
    duration_s: float | None
    has_artwork: bool
    added_at: float
    flagged: bool = False
    release: str = ""

    @property
    def disc(self) -> int:
        """The disc as the file says, else as its folder or the title of the album does, else the first."""
        return self.disc_number or disc_of(self.folder, self.album) or 1


class FoundAlbum(msgspec.Struct, frozen=True):
    """An album with its tracks in order. `variant` tells it apart from others of its group."""

    variant: str
    title: str
    artist: str
    tracks: tuple[AlbumTrack, ...]


def albums_of_group(tracks: Sequence[AlbumTrack]) -> list[FoundAlbum]:
    """The albums that tracks of one group make, by variant."""
    is_release = any(track.release for track in tracks)
    variants = _copies(tracks) if is_release else _owners(tracks)
    parts: defaultdict[str, list[AlbumTrack]] = defaultdict(list)
    for track, variant in zip(tracks, variants, strict=True):
        parts[variant].append(track)
    return [_album(variant, parts[variant]) for variant in sorted(parts)]


def _album(variant: str, tracks: list[AlbumTrack]) -> FoundAlbum:
    title = _usual(without_disc(track.album) for track in tracks)
    return FoundAlbum(variant, title, _credit(tracks), tuple(sorted(tracks, key=_in_order)))


def _in_order(track: AlbumTrack) -> tuple[int, int, bytes, int]:
    number = _LAST if track.track_number is None else track.track_number
    return track.disc, number, track.rel_path, track.id


def _copies(tracks: Sequence[AlbumTrack]) -> list[str]:
    """A release that lies in several folders is one album, unless they hold the same numbers: those are copies."""
    places: defaultdict[tuple[int, int], set[tuple[int, bytes]]] = defaultdict(set)
    for track in tracks:
        if track.track_number is not None:
            places[track.disc, track.track_number].add(_place(track))
    if all(len(folders) == 1 for folders in places.values()):
        return [_COMPILATION] * len(tracks)
    return [f"{root_id}:{folder.hex()}" for root_id, folder in map(_place, tracks)]


def _place(track: AlbumTrack) -> tuple[int, bytes]:
    return track.root_id, album_folder(track.folder)


def _owners(tracks: Sequence[AlbumTrack]) -> list[str]:
    """For each track of one folder and title: the folded name of whose album it is of, empty for a compilation."""
    named = {fold(track.album_artist) for track in tracks} - {""}
    artists = {fold(track.artist) for track in tracks if not track.album_artist}
    owner_of_rest = _owner_of_unnamed(tracks, named, artists)
    owners = []
    for track in tracks:
        owner = fold(track.album_artist)
        if owner in _VARIOUS or (track.flagged and len(named) != 1):
            owners.append(_COMPILATION)
        elif owner:
            owners.append(owner)
        else:
            owners.append(fold(track.artist) if owner_of_rest is None else owner_of_rest)
    return owners


def _owner_of_unnamed(tracks: Sequence[AlbumTrack], named: set[str], artists: set[str]) -> str | None:
    """Whose album the tracks are of that name no album artist; None: each of its own artist."""
    if len(named) == 1:
        (owner,) = named
        return _COMPILATION if owner in _VARIOUS else owner
    lead = _lead(artists)
    if lead is not None:
        return lead
    return None if named or _numbers_clash(tracks, artists) else _COMPILATION


def _lead(artists: Iterable[str]) -> str | None:
    """The artist with whom all others begin, as `Nina` with `Nina feat. Ray`."""
    shortest = min(artists, key=len, default="")
    return shortest if all(artist.startswith(shortest) and shortest for artist in artists) else None


def _numbers_clash(tracks: Sequence[AlbumTrack], artists: set[str]) -> bool:
    """Whether these are albums of one name in one folder: several tracks of each artist, and numbers that recur."""
    each = Counter(fold(track.artist) for track in tracks)
    if any(each[artist] < 2 for artist in artists):
        return False
    met: dict[tuple[int, int], str] = {}
    for track in tracks:
        if track.track_number is not None:
            artist = fold(track.artist)
            if met.setdefault((track.disc, track.track_number), artist) != artist:
                return True
    return False


def _credit(tracks: Sequence[AlbumTrack]) -> str:
    """Whose album it is, as most of its tracks write it."""
    named = [track.album_artist for track in tracks if fold(track.album_artist)]
    if named:
        usual = _usual(named)
        different = {fold(name) for name in named}
        is_various = bool(different & _VARIOUS) or (len(different) > 1 and any(track.flagged for track in tracks))
        return VARIOUS_ARTISTS if is_various else usual
    if any(track.flagged for track in tracks):
        return VARIOUS_ARTISTS
    lead = _lead({fold(track.artist) for track in tracks})
    if lead is None:
        return VARIOUS_ARTISTS if any(fold(track.artist) for track in tracks) else ""
    return _usual(track.artist for track in tracks if fold(track.artist) == lead)


def _usual(spellings: Iterable[str]) -> str:
    """The most frequent; of equally frequent ones the first in order, whatever the order of the tracks."""
    counted = Counter(spellings)
    return min(counted, key=lambda spelling: (-counted[spelling], spelling), default="")
