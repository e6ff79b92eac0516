"""Playlists and tables for other programs, out and in again."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.library import Library
from pemr_desktop.library.playlists.entries import entries
from pemr_desktop.library.playlists.export import export_tracks
from pemr_desktop.library.playlists.m3u8 import export_playlist
from pemr_desktop.library.views import View


@pytest.fixture
def ids(reader: sqlite3.Connection, album: list[Path]) -> list[int]:
    return queries.track_ids(reader, sort="path").tolist()


def test_a_playlist_goes_out_and_comes_back(
    library: Library, reader: sqlite3.Connection, music: Path, ids: list[int]
) -> None:
    playlist = library.save_playlist("Late evening", [ids[3], ids[0], ids[3]])
    file = music / "late.m3u8"
    export_playlist(reader, playlist, file)
    assert file.read_bytes().decode().splitlines() == [
        "#EXTM3U",
        "#PLAYLIST:Late evening",
        "#EXTINF:1,Zoë - Café",
        "loose.m4a",
        "#EXTINF:1,Miles Davis - So What",
        "Kind of Blue/1.flac",
        "#EXTINF:1,Zoë - Café",
        "loose.m4a",
    ]
    imported = library.import_playlist(file)
    assert (imported.found, imported.not_found) == (3, ())
    assert queries.playlist_tracks(reader, imported.playlist_id) == [ids[3], ids[0], ids[3]]
    assert [row.name for row in queries.playlists(reader)] == ["Late evening", "Late evening"]


def test_playlists_of_other_programs_are_understood(
    library: Library, reader: sqlite3.Connection, music: Path, album: list[Path], ids: list[int]
) -> None:
    nested = music / "nested.m3u"
    nested.write_bytes(b"Kind of Blue\\3.opus\r\n")
    odd = music / "odd.m3u"
    odd.write_bytes(
        b"\xef\xbb\xbf#EXTM3U\r\n#EXTINF:9,whatever\r\n"
        + os.fsencode(album[0])
        + b"\r\n"
        + album[1].as_uri().encode()
        + b"\r\nnested.m3u\r\nodd.m3u\r\nhttp://radio.example/stream\r\nnot there.mp3\r\n\r\n"
    )
    imported = library.import_playlist(odd)
    tracks = queries.playlist_tracks(reader, imported.playlist_id)
    assert tracks[:3] == ids[:3]
    assert set(imported.not_found) == {str(music / "not there.mp3")}


def test_a_name_that_is_not_unicode_survives_a_playlist(
    library: Library, reader: sqlite3.Connection, music: Path, song: Callable[..., Path]
) -> None:
    path = song(music / os.fsdecode(b"#caf\xe9.flac"))
    library.add_root(music)
    library.scan()
    export_tracks(reader, queries.track_ids(reader), music / "a.m3u8")
    assert [entry.written for entry in entries(music / "a.m3u8")] == [b"./" + os.fsencode(path.name)]


def test_a_playlist_that_contains_itself_ends(music: Path) -> None:
    (music / "loop.m3u8").write_text("loop.m3u8\nsong.mp3\nloop.m3u8\n", "utf-8")
    assert [entry.written for entry in entries(music / "loop.m3u8")] == [b"song.mp3"]


def test_a_table_holds_every_track(reader: sqlite3.Connection, music: Path, ids: list[int]) -> None:
    export_tracks(reader, ids, music / "table.csv")
    with (music / "table.csv").open(encoding="utf-8-sig", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert [row["title"] for row in table] == ["So What", "Blue in Green", "All Blues", "Café"]
    assert table[3]["genres"] == "Pop; Rock"
    export_tracks(reader, ids, music / "table.json")
    records = json.loads((music / "table.json").read_text("utf-8"))
    assert records[3]["genres"] == ["Pop", "Rock"] and records[0]["year"] == 1959


def test_a_name_with_a_line_break_costs_a_playlist_one_entry(
    library: Library, reader: sqlite3.Connection, music: Path, album: list[Path], song: Callable[..., Path]
) -> None:
    odd = song(music / "a\nb.flac", seed=9, title="Odd")
    library.scan()
    left_out = export_tracks(reader, queries.track_ids(reader), music / "all.m3u8")
    assert left_out == (str(odd),)
    assert {music / os.fsdecode(entry.written) for entry in entries(music / "all.m3u8")} == set(album)


@pytest.mark.parametrize("title", ["=cmd|'/c calc'!A1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1"])
def test_no_cell_of_a_table_is_a_formula(
    library: Library, reader: sqlite3.Connection, music: Path, song: Callable[..., Path], title: str
) -> None:
    song(music / "song.flac", title=title, genre=title)
    library.add_root(music)
    library.scan()
    export_tracks(reader, queries.track_ids(reader), music / "table.csv")
    with (music / "table.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert not any(cell.lstrip(" \n").startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
    assert row["title"].endswith(title.strip())


def test_what_cannot_be_written_is_said_and_nothing_is_lost(
    reader: sqlite3.Connection, music: Path, ids: list[int], tmp_path: Path
) -> None:
    with pytest.raises(LibraryError, match=r"\.csv, \.json or \.m3u8"):
        export_tracks(reader, ids, music / "table.xls")
    with pytest.raises(LibraryError, match="could not be written"):
        export_tracks(reader, ids, tmp_path / "no such folder" / "table.csv")


def test_playlists_are_changed_and_deleted_without_touching_tracks(
    library: Library, reader: sqlite3.Connection, ids: list[int]
) -> None:
    playlist = library.save_playlist("A", ids)
    assert library.save_playlist("B", [*ids[:2], 9_999], playlist) == playlist
    (row,) = queries.playlists(reader)
    assert (row.name, row.track_count) == ("B", 2)
    assert len(queries.track_ids(reader, view=View("playlist", playlist))) == 2
    library.delete_playlist(playlist)
    assert queries.playlists(reader) == [] and queries.counts(reader).tracks == 4
    with pytest.raises(LibraryError):
        library.save_playlist("C", ids, playlist)
