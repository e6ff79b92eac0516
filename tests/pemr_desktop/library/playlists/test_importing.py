"""Playlists as other programs write them, and as somebody writes them who means no good."""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pemr_desktop.errors import JobCancelled
from pemr_desktop.library import queries
from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.library import Library
from pemr_desktop.library.playlists.entries import entries
from pemr_desktop.library.playlists.spellings import spellings, tail

Song = Callable[..., Path]
NAME = "Grün 1.flac"


@pytest.fixture
def track(library: Library, music: Path, song: Song) -> Path:
    """One track, in a folder, among others of other names."""
    path = song(music / "Künstler" / "Ein Album" / NAME, seed=1)
    song(music / "Künstler" / "Ein Album" / "02.flac", seed=2)
    song(music / "Künstler" / "Anderes" / "02.flac", seed=3)
    library.add_root(music)
    library.scan()
    return path


def imported(library: Library, path: Path, content: bytes | str) -> list[str]:
    """The names of the files that were found, in order."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = library.import_playlist(path)
    ids = library.read(queries.playlist_tracks, result.playlist_id)
    names = {row.id: row.location for row in library.read(queries.rows, ids)}
    return [names[track_id].rsplit("/", 1)[-1] for track_id in ids]


def lines_for(track: Path, music: Path) -> dict[str, bytes]:
    rel = str(track.relative_to(music))
    return {
        "as it is": rel.encode(),
        "absolute": os.fsencode(track),
        "with a dot": f"./{rel}".encode(),
        "escaped": quote(rel).encode(),
        "half escaped": rel.replace(" ", "%20").encode(),
        "escaped Latin-1": quote(rel.encode("latin-1")).encode(),
        "cp1252": rel.encode("cp1252"),
        "backslashes": rel.replace("/", "\\").encode(),
        "backslashes in cp1252": rel.replace("/", "\\").encode("cp1252"),
        "decomposed": unicodedata.normalize("NFD", rel).encode(),
        "decomposed and escaped": quote(unicodedata.normalize("NFD", rel)).encode(),
        "address": track.as_uri().encode(),
        "address of this computer": track.as_uri().replace("file://", "file://localhost").encode(),
        "address with one slash": track.as_uri().replace("file://", "file:").encode(),
        "address not escaped": b"file://" + os.fsencode(track),
        "quoted": b'"' + rel.encode() + b'"',
        "other case": rel.upper().encode(),
        "another computer, Windows": f"D:\\Musik\\Ein Album\\{NAME}".encode(),
        "another computer": f"/home/someone/Music/Ein Album/{NAME}".encode(),
        "a share": f"\\\\server\\Musik\\Ein Album\\{NAME}".encode(),
        "a share as address": quote(f"file://server/Musik/Ein Album/{NAME}", safe=":/").encode(),
    }


@pytest.mark.parametrize("way", lines_for(Path("/m/a b"), Path("/m")))
def test_an_entry_is_found_in_every_spelling(library: Library, track: Path, music: Path, way: str) -> None:
    assert imported(library, music / "list.m3u", lines_for(track, music)[way] + b"\n") == [NAME]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("Кино — Кукушка", "cp1251"), ("初音ミク", "shift_jis"), ("邓丽君", "gbk"), ("소녀시대", "euc-kr")],
)
def test_the_code_page_of_an_entry_is_told_by_the_track_of_that_name(
    library: Library, music: Path, song: Song, name: str, codec: str
) -> None:
    song(music / "Old" / f"{name}.flac")
    library.add_root(music)
    library.scan()
    assert imported(library, music / "list.m3u", f"Old\\{name}.flac".encode(codec)) == [f"{name}.flac"]
    assert imported(library, music / "far.m3u", f"D:\\Music\\Old\\{name}.flac".encode(codec)) == [f"{name}.flac"]


def test_a_file_whose_name_is_decomposed_is_found_by_a_composed_entry(
    library: Library, music: Path, song: Song
) -> None:
    song(music / unicodedata.normalize("NFD", "Café.flac"))
    library.add_root(music)
    library.scan()
    assert len(imported(library, music / "list.m3u8", "Café.flac")) == 1


def test_a_name_that_says_nothing_is_found_only_with_its_folder(library: Library, track: Path, music: Path) -> None:
    with pytest.raises(LibraryError, match="names no file"):
        imported(library, music / "none.m3u", "#EXTM3U\n")
    assert imported(library, music / "a.m3u", "D:\\Anderes\\02.flac\n/x/Ein Album/02.flac\n") == ["02.flac"] * 2
    assert imported(library, music / "b.m3u", "/x/02.flac\n") == []


def test_pls_and_xspf_are_read(library: Library, track: Path, music: Path) -> None:
    rel = str(track.relative_to(music))
    pls = f"[playlist]\nFile2={rel}\nTitle2=x\nfile1 = Künstler/Anderes/02.flac\nNumberOfEntries=2\nVersion=2\n"
    assert imported(library, music / "list.pls", pls) == ["02.flac", NAME]
    xspf = (
        '<?xml version="1.0" encoding="UTF-8"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><title>Mine</title>'
        f"<trackList><track><location>{track.as_uri()}</location></track>"
        f"<track><location>{quote(rel)}</location></track><track><title>no place</title></track>"
        "<track><location>http://radio.example/a.mp3</location></track></trackList></playlist>"
    )
    assert imported(library, music / "list.xspf", xspf) == [NAME, NAME]
    assert any(row.name == "Mine" for row in library.read(queries.playlists))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.wpl", b"<?wpl version='1.0'?><smil/>"),
        ("list.txt", b"a.flac\n"),
        ("list.m3u", b"<html><body>not found</body></html>"),
        ("list.m3u", b"\x89PNG\r\n\x1a\n\0\0\0"),
        ("list.xspf", b"<playlist><trackList>"),
        ("list.xspf", b'<!DOCTYPE a [<!ENTITY a "aaaa">]><playlist>&a;</playlist>'),
        ("list.xspf", b'<?xml version="1.0" encoding="none-such"?><playlist/>'),
        ("list.pls", b"[playlist]\nNumberOfEntries=0\n"),
    ],
)
def test_what_is_no_playlist_is_refused_with_a_sentence(
    library: Library, music: Path, name: str, content: bytes
) -> None:
    with pytest.raises(LibraryError, match=r"Nothing was imported\."):
        imported(library, music / name, content)
    assert library.read(queries.playlists) == []


BAD_LINES = (
    b"http://[x",
    b"file://[x",
    b"file://",
    b"file:",
    b"a\0b.mp3",
    b"x" * 5_000 + b".mp3",
    b"x" * 5_000 + b".m3u",
    b"\0.m3u",
    b"%",
    b"%00.mp3",
    b"%zz%.flac",
    b"\xff\xfe\xfd",
    b"../" * 3_000 + b"etc/passwd",
    b"~",
    b"//",
    b"\\\\?\\C:\\x",
    b"CON",
    b"#",
    b'"',
)


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: repr(line[:12]))
def test_a_bad_line_costs_one_line(library: Library, track: Path, music: Path, line: bytes) -> None:
    good = str(track.relative_to(music)).encode()
    assert imported(library, music / "list.m3u", good + b"\n" + line + b"\n" + good + b"\n") == [NAME, NAME]
    assert imported(library, music / "l.pls", b"[playlist]\nFile1=" + line + b"\nFile2=" + good + b"\n") == [NAME]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), suffix=st.sampled_from((".m3u", ".m3u8", ".pls", ".xspf")))
def test_no_content_of_a_playlist_ends_in_anything_but_a_sentence(music: Path, content: bytes, suffix: str) -> None:
    path = music / f"list{suffix}"
    path.write_bytes(content)
    try:
        for entry in entries(path):
            for way in spellings(entry.written):
                tail(way)
    except LibraryError as error:
        assert str(error).endswith(("imported.", "name."))


def test_lists_that_name_one_another_are_each_read_once(library: Library, track: Path, music: Path) -> None:
    """60 to the power of 5 entries, if each were followed."""
    for number in range(5):
        lines = [f"{other}.m3u" for other in range(5)] * 12
        (music / f"{number}.m3u").write_text("\n".join([*lines, str(track.relative_to(music))]), "utf-8")
    start = time.process_time()
    assert library.import_playlist(music / "0.m3u").found == 5
    assert time.process_time() - start < 5


@pytest.mark.skipif(os.name == "nt", reason="needs pipes and devices")
def test_pipes_and_devices_are_refused_and_passed_over(library: Library, track: Path, music: Path) -> None:
    os.mkfifo(music / "pipe.m3u")
    (music / "zero.m3u").symlink_to("/dev/zero")
    (music / "folder.m3u").mkdir()
    for name in ("pipe", "zero", "folder", "not there"):
        with pytest.raises(LibraryError):
            library.import_playlist(music / f"{name}.m3u")
    good = str(track.relative_to(music))
    assert imported(library, music / "list.m3u", f"pipe.m3u\nzero.m3u\nfolder.m3u\n{good}\n") == [NAME]


def test_no_share_is_ever_asked(library: Library, track: Path, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for name in ("stat", "lstat"):
        real = getattr(os, name)

        def record(path: object, *rest: object, real: Callable[..., object] = real, **named: object) -> object:
            asked.append(str(path))
            return real(path, *rest, **named)

        monkeypatch.setattr(os, name, record)
    shares = "\\\\server\\share\\a.m3u\n//server/share/b.mp3\nfile://server/share/c.m3u\nfile:////server/d.pls\n"
    assert imported(library, music / "list.m3u", shares) == []
    assert asked and not any("server" in path for path in asked)


def test_a_long_list_tells_how_far_it_is_and_can_be_cancelled(library: Library, track: Path, music: Path) -> None:
    (music / "long.m3u").write_text("\n".join(f"none/{n}.flac" for n in range(20_000)), "utf-8")
    told: list[int] = []
    start = time.process_time()
    result = library.import_playlist(music / "long.m3u", progress=lambda done, total, doing: told.append(done))
    assert time.process_time() - start < 20
    assert (result.found, result.missing, len(result.not_found)) == (0, 20_000, 1_000)
    assert len(told) == 100 and told == sorted(told)
    with pytest.raises(JobCancelled):
        library.import_playlist(music / "long.m3u", cancelled=lambda: len(told) > 0)
    assert len(library.read(queries.playlists)) == 1
