"""An album is a thing: whose it is, which tracks are on it, in which order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.albums.identity import album_folder, album_group, disc_of, without_disc
from pemr_desktop.library.database.reader import migrations
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.rows import AlbumRow
from pemr_desktop.library.views import View

Song = Callable[..., Path]


def shown(library: Library, query: str = "", sort: str = "artist") -> list[AlbumRow]:
    return library.read(lambda connection: queries.albums(connection, queries.album_ids(connection, query, sort=sort)))


def titles(library: Library, album: AlbumRow) -> list[str]:
    ids = library.read(queries.track_ids, view=View("album", album.id), sort="view")
    return [row.title for row in library.read(queries.rows, ids)]


def scanned(library: Library, music: Path) -> None:
    library.add_root(music)
    library.scan()


def test_two_albums_of_one_name_stay_two(library: Library, music: Path, song: Song) -> None:
    for artist in ("Queen", "The Abba"):
        for number in (2, 1):
            path = music / artist / f"{number}.flac"
            song(
                path,
                seed=number,
                title=f"{artist} {number}",
                artist=artist,
                album="Greatest Hits",
                tracknumber=f"{number}",
            )
    scanned(library, music)
    abba, queen = shown(library)
    assert (abba.album, abba.album_artist, abba.track_count) == ("Greatest Hits", "The Abba", 2)
    assert titles(library, queen) == ["Queen 1", "Queen 2"]


def test_two_albums_of_one_name_in_one_folder_stay_two(library: Library, music: Path, song: Song) -> None:
    for artist in ("Queen", "Abba"):
        for number in (1, 2):
            path = music / f"{artist} {number}.flac"
            song(path, seed=number, title=f"{artist} {number}", artist=artist, album="Hits", tracknumber=f"{number}")
    scanned(library, music)
    assert [(album.album_artist, album.track_count) for album in shown(library)] == [("Abba", 2), ("Queen", 2)]


@pytest.mark.parametrize("by", ["folder", "album artist", "flag"])
def test_a_compilation_is_one_album_in_the_order_of_its_numbers(
    library: Library, music: Path, song: Song, by: str
) -> None:
    told = {"album artist": {"albumartist": "Various Artists"}, "flag": {"compilation": "1"}}.get(by, {})
    for number, name in ((3, "Third"), (1, "First"), (2, "Second")):
        fields = {"title": name, "artist": f"Singer {number}", "album": "Summer", "tracknumber": f"{number}/3", **told}
        song(music / "Summer" / f"{name}.mp3", seed=number, **fields)
    scanned(library, music)
    (album,) = shown(library)
    assert (album.album_artist, album.track_count) == ("Various Artists", 3)
    assert titles(library, album) == ["First", "Second", "Third"]


def test_guests_make_no_compilation(library: Library, music: Path, song: Song) -> None:
    song(music / "a" / "1.flac", title="Alone", artist="Nina", album="Songs", tracknumber="1", date="1966")
    song(music / "a" / "2.flac", seed=1, title="Both", artist="Nina feat. Ray", album="Songs", date="1968")
    scanned(library, music)
    (album,) = shown(library)
    assert album.album_artist == "Nina"
    assert (album.first_year, album.last_year) == (1966, 1968)
    assert album.duration_s == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize("folders", [("CD1", "CD 2"), ("Wall (Disc 1)", "Wall (Disc 2)")])
def test_folders_of_discs_are_one_album(library: Library, music: Path, song: Song, folders: tuple[str, str]) -> None:
    for disc, folder in enumerate(folders, 1):
        for number in (1, 2):
            fields = {"title": f"{disc}.{number}", "artist": "Pink", "album": "Wall", "tracknumber": str(number)}
            song(music / "Pink" / folder / f"{number}.flac", seed=10 * disc + number, **fields)
    scanned(library, music)
    (album,) = shown(library)
    assert (album.disc_count, album.track_count) == (2, 4)
    assert titles(library, album) == ["1.1", "1.2", "2.1", "2.2"]


def test_a_release_in_two_folders_is_one_album_and_a_copy_of_it_another(
    library: Library, music: Path, song: Song
) -> None:
    release = "2c8bd3ab-9d0c-4ed0-9b9c-0d2bb4d2b3c5"
    for disc, folder in ((1, "first"), (2, "second")):
        fields = {"title": f"{disc}", "artist": "Pink", "album": "Wall", "tracknumber": "1", "discnumber": str(disc)}
        song(music / folder / "1.flac", seed=disc, musicbrainz_albumid=release, **fields)
    scanned(library, music)
    assert [album.track_count for album in shown(library)] == [2]
    fields = {"title": "1", "artist": "Pink", "album": "Wall", "tracknumber": "1", "discnumber": "1"}
    song(music / "copy" / "1.mp3", seed=1, musicbrainz_albumid=release, **fields)
    library.scan()
    assert sum(album.track_count for album in shown(library)) == 3
    assert len(shown(library)) == 3


def test_albums_follow_what_files_say(library: Library, music: Path, song: Song) -> None:
    first = song(music / "1.flac", seed=1, title="A", artist="Nina", album="Song", tracknumber="2")
    second = song(music / "2.flac", seed=2, title="B", artist="Nina", album="Song", tracknumber="1")
    scanned(library, music)
    (album,) = shown(library)
    assert titles(library, album) == ["B", "A"]
    song(first, seed=1, title="A", artist="Nina", album="Songs", tracknumber="2")
    library.scan()
    assert [(row.album, row.track_count) for row in shown(library)] == [("Song", 1), ("Songs", 1)]
    second.unlink()
    library.scan()
    (left,) = shown(library)
    assert left.album == "Songs"
    library.remove_root(1)
    assert shown(library) == []
    assert library.read(lambda connection: connection.execute("PRAGMA foreign_key_check").fetchall()) == []


def test_an_album_keeps_its_id_when_it_turns_out_to_be_a_compilation(library: Library, music: Path, song: Song) -> None:
    song(music / "1.flac", seed=1, title="A", artist="Nina", album="Song")
    scanned(library, music)
    (before,) = shown(library)
    song(music / "2.flac", seed=2, title="B", artist="Ray", album="Song")
    library.scan()
    (after,) = shown(library)
    assert (after.id, after.album_artist, after.track_count) == (before.id, "Various Artists", 2)


def test_albums_are_sorted_by_name_and_found_by_the_query_line(library: Library, music: Path, song: Song) -> None:
    for seed, (artist, title, year) in enumerate(
        [("The Zombies", "Odessey", "1968"), ("Élan", "Zwei", "1990"), ("Elbow", "Asleep", "2001")]
    ):
        song(music / title / "1.flac", seed=seed, title="x", artist=artist, album=title, date=year)
    song(music / "loose.flac", seed=9, title="no album", artist="Elbow")
    scanned(library, music)
    assert [album.album_artist for album in shown(library)] == ["Élan", "Elbow", "The Zombies"]
    assert [album.album for album in shown(library, sort="title")] == ["Asleep", "Odessey", "Zwei"]
    assert [album.album for album in shown(library, sort="year")] == ["Asleep", "Zwei", "Odessey"]
    assert [album.album for album in shown(library, "year:1960..1995")] == ["Zwei", "Odessey"]
    assert [album.album for album in shown(library, "zombies")] == ["Odessey"]


def test_albums_of_an_artist_are_the_own_ones_and_then_appearances(library: Library, music: Path, song: Song) -> None:
    song(music / "a" / "1.flac", seed=1, title="1", artist="Nina", album="Late", date="1970")
    song(music / "b" / "1.flac", seed=2, title="2", artist="Nina", album="Early", date="1960")
    song(
        music / "c" / "1.flac",
        seed=3,
        title="3",
        artist="Nina",
        album="Mix",
        albumartist="Various Artists",
        date="1950",
    )
    song(music / "d" / "1.flac", seed=4, title="4", artist="Ray", album="Other")
    scanned(library, music)
    ids = library.read(queries.albums_of_artist, "nina")
    assert [album.album for album in library.read(queries.albums, ids)] == ["Early", "Late", "Mix"]


def test_a_library_of_before_gets_its_albums_when_it_is_opened(library_file: Path, music: Path, song: Song) -> None:
    release = "2c8bd3ab-9d0c-4ed0-9b9c-0d2bb4d2b3c5"
    with open_library(library_file) as library:
        song(music / "x" / "1.flac", seed=1, title="1", artist="A", album="One", musicbrainz_albumid=release)
        song(music / "y" / "2.flac", seed=2, title="2", artist="A", album="One", musicbrainz_albumid=release)
        scanned(library, music)
        as_scanned = shown(library)
    with closing(sqlite3.connect(library_file)) as old:
        for kind, name in old.execute("SELECT type, name FROM sqlite_master WHERE name LIKE 'album_of_%'").fetchall():
            old.execute(f"DROP {kind} {name}")
        for index in ("tracks_by_album_group", "tracks_of_unknown_group", "tracks_of_album"):
            old.execute(f"DROP INDEX {index}")
        for column in ("album_group", "album_id", "album_position"):
            old.execute(f"ALTER TABLE tracks DROP COLUMN {column}")
        for table in ("albums", "unsettled_albums"):
            old.execute(f"DROP TABLE {table}")
        old.execute("PRAGMA user_version = 9")
        old.commit()
    with open_library(library_file) as library:
        assert library.read(lambda c: c.execute("PRAGMA user_version").fetchone()[0]) == migrations()[-1][0]
        assert [(album.album, album.track_count) for album in shown(library)] == [("One", 2)]
        assert [album.path for album in shown(library)] == [album.path for album in as_scanned]


@pytest.mark.parametrize(
    ("folder", "whole"),
    [
        (b"Wall/CD1", b"Wall"),
        (b"Wall/Disc 2 - Live", b"Wall"),
        (b"Pink/Wall [CD 2]", b"Pink/Wall"),
        (b"CD1", b"CD1"),
        (b"Pink/Acid Disco 2", b"Pink/Acid Disco 2"),
        (b"\xff\xfe/Wall (Disc 1)", b"\xff\xfe/Wall"),
        (b"", b""),
    ],
)
def test_the_folder_of_a_disc_is_that_of_its_album(folder: bytes, whole: bytes) -> None:
    assert album_folder(folder) == whole


def test_a_title_may_name_the_disc() -> None:
    assert without_disc("The Wall (Disc 2)") == "The Wall"
    assert without_disc("Disc 2") == "Disc 2"
    assert disc_of(b"Wall", "The Wall [CD 2]") == 2
    assert disc_of(b"Wall/CD 03", "The Wall") == 3
    assert disc_of(b"Wall", "The Wall") is None
    assert album_group(1, b"x", "") == b""
    assert album_group(1, b"x/CD1", "Wall") == album_group(1, b"x/CD2", "wall") != album_group(2, b"x", "Wall")
