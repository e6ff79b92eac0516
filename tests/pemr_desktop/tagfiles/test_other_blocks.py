"""Every known block at either end is read, the usual one wins, and a new block says what the old ones said."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import mutagen.apev2
import mutagen.flac
import mutagen.id3
import mutagen.wave
import pytest

from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.errors import WriteRefused
from pemr_desktop.tagfiles.formats.id3_frames import pack_size
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes

Sample = Callable[[str], Path]
GENRE = {"genre": ["Modal"]}


def id3v1(title: bytes, artist: bytes = b"", comment: bytes = b"", *, track: int = 0, genre: int = 255) -> bytes:
    end = comment.ljust(28, b"\0") + bytes([0, track]) if track else comment.ljust(30, b"\0")
    return b"TAG" + title.ljust(30, b"\0") + artist.ljust(30, b"\0") + bytes(30) + b"1959" + end + bytes([genre])


def id3(*frames: tuple[str, bytes]) -> bytes:
    data = b"".join(name.encode() + struct.pack(">IH", len(body), 0) + body for name, body in frames)
    return b"ID3\3\0\0" + pack_size(len(data)) + data


def ape(**items: str) -> bytes:
    raw = [struct.pack("<II", len(value.encode()), 0) + f"{key}\0{value}".encode() for key, value in items.items()]
    data = b"".join(raw)
    return data + b"APETAGEX" + struct.pack("<IIII", 2000, len(data) + 32, len(raw), 0) + bytes(8)


@pytest.fixture
def bare(sample: Sample) -> Path:
    """An MP3 file without any tags."""
    path = sample(".mp3")
    mutagen.id3.delete(path)
    return path


def info(path: Path, **items: bytes) -> Path:
    """Make a WAV file with nothing but an INFO list of these items."""
    content = path.read_bytes()
    start = content.index(b"fmt ")
    sound = content.index(b"data")
    (size,) = struct.unpack_from("<I", content, sound + 4)
    listed = b"".join(
        name.encode() + struct.pack("<I", len(value)) + value + b"\0" * (len(value) % 2)
        for name, value in items.items()
    )
    body = b"WAVE" + content[start : start + 24] + content[sound : sound + 8 + size]
    body += b"LIST" + struct.pack("<I", 4 + len(listed)) + b"INFO" + listed
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def test_blocks_at_both_ends_fill_the_gaps_of_the_usual_one(bare: Path) -> None:
    bare.write_bytes(
        id3(("TIT2", b"\0From ID3"))
        + bare.read_bytes()
        + ape(Title="From APE", Album="APE album")
        + id3v1(b"V1", b"V1 artist")
    )
    fields = read_tags(bare).fields
    assert fields == {"title": ("From ID3",), "album": ("APE album",), "artist": ("V1 artist",), "date": ("1959",)}
    before = bare.read_bytes()
    outcome = apply_plan(make_plan(1, bare, GENRE))
    assert read_tags(bare).fields == fields | {"genre": ("Modal",)}
    assert mutagen.id3.ID3(bare, load_v1=False).keys() == {"TIT2", "TCON"}
    assert bare.read_bytes().endswith(before[-300:])
    assert outcome is not None and outcome.restore is not None
    restore_bytes(bare, outcome.restore, outcome.before_digest)
    assert bare.read_bytes() == before


@pytest.mark.parametrize("title", ["サンプル", "Grüße", "Plain"])
def test_an_old_tag_in_utf_8_is_read_and_carried_into_the_new_block(bare: Path, title: str) -> None:
    bare.write_bytes(bare.read_bytes() + id3v1(title.encode(), comment=b"A comment", track=7, genre=8))
    before = {
        "title": (title,),
        "date": ("1959",),
        "comment": ("A comment",),
        "tracknumber": ("7",),
        "genre": ("Jazz",),
    }
    assert read_tags(bare).fields == before
    plan = make_plan(1, bare, {"mood": ["calm"]})
    assert {change.field: change.after for change in plan.changes} == before | {"mood": ("calm",)}
    apply_plan(plan)
    tags = mutagen.id3.ID3(bare, load_v1=False)
    assert str(tags["TIT2"]) == title and str(tags["COMM::eng"]) == "A comment" and str(tags["TRCK"]) == "7"
    assert read_tags(bare).fields == before | {"mood": ("calm",)}


def test_a_title_that_fills_its_thirty_letters_is_said_to_be_cut_off(bare: Path) -> None:
    bare.write_bytes(bare.read_bytes() + id3v1(b"A title that is longer than 30 letters"[:30]))
    assert any(
        "30 letters" in warning.message and "title" in warning.message for warning in make_plan(1, bare, GENRE).warnings
    )
    half = ("x" * 29 + "ü").encode()[:30]
    bare.write_bytes(bare.read_bytes()[:-128] + id3v1(half))
    assert read_tags(bare).fields["title"] == ("x" * 29,)


def test_a_title_in_an_unknown_code_page_is_never_copied(bare: Path) -> None:
    bare.write_bytes(bare.read_bytes() + id3v1("Привет".encode("cp1251"), b"Band"))
    before = bare.read_bytes()
    with pytest.raises(WriteRefused, match=r"code page that is not known \(title\)"):
        make_plan(1, bare, GENRE)
    assert bare.read_bytes() == before
    plan = make_plan(1, bare, GENRE | {"title": ["Привет"]}, mode="replace")
    apply_plan(plan)
    assert read_tags(bare).fields["title"] == ("Привет",) and read_tags(bare).fields["artist"] == ("Band",)
    assert bare.read_bytes().endswith(before[-128:])


def test_a_change_of_the_plan_can_be_left_out(bare: Path) -> None:
    """As unticking it in the review does: then the old block goes on saying it."""
    import msgspec

    bare.write_bytes(bare.read_bytes() + id3v1(b"Old title"))
    plan = make_plan(1, bare, GENRE)
    left = tuple(change for change in plan.changes if change.field == "genre")
    apply_plan(msgspec.structs.replace(plan, changes=left))
    assert mutagen.id3.ID3(bare, load_v1=False).keys() == {"TCON"}
    assert read_tags(bare).fields["title"] == ("Old title",)


def test_a_field_that_is_taken_out_is_not_seen_again_in_another_block(bare: Path) -> None:
    bare.write_bytes(
        id3(("TIT2", b"\0T"), ("TCON", b"\0Jazz"))
        + bare.read_bytes()
        + ape(Genre="Jazz", Year="1959")
        + id3v1(b"T", genre=8)
    )
    before = bare.read_bytes()
    outcome = apply_plan(make_plan(1, bare, {}, remove={"genre": []}))
    assert "genre" not in read_tags(bare).fields
    assert read_tags(bare).fields["title"] == ("T",) and read_tags(bare).fields["date"] == ("1959",)
    assert bare.read_bytes()[-128:-1] == before[-128:-1]
    assert outcome is not None and outcome.restore is not None
    restore_bytes(bare, outcome.restore, outcome.before_digest)
    assert bare.read_bytes() == before


def test_the_info_list_of_a_wav_is_carried_into_its_first_id3_block(sample: Sample) -> None:
    path = info(sample(".wav"), INAM=b"InfoTitle\0", IART=b"InfoArtist", ICMT=b"Odd", ISFT=b"Recorder 1.0")
    plan = make_plan(1, path, GENRE)
    assert {"title", "artist", "comment", "genre"} <= {change.field for change in plan.changes}
    assert any("INFO list" in warning.message for warning in plan.warnings)
    apply_plan(plan)
    tags = mutagen.wave.WAVE(path).tags
    assert tags is not None
    assert (
        str(tags["TIT2"]) == "InfoTitle" and str(tags["TPE1"]) == "InfoArtist" and str(tags["TSSE"]) == "Recorder 1.0"
    )
    assert make_plan(1, path, GENRE).changes == ()


def test_the_first_comments_of_a_flac_say_what_the_id3_block_before_it_said(sample: Sample) -> None:
    path = sample(".flac")
    content = path.read_bytes()
    assert content[4] == 0
    position = 4
    while not content[position] & 0x80:
        position += 4 + int.from_bytes(content[position + 1 : position + 4], "big")
    sound = content[position + 4 + int.from_bytes(content[position + 1 : position + 4], "big") :]
    path.write_bytes(id3(("TIT2", b"\0From ID3")) + content[:4] + b"\x80" + content[5:42] + sound)
    assert read_tags(path).fields == {"title": ("From ID3",)}
    apply_plan(make_plan(1, path, GENRE))
    assert dict(mutagen.flac.FLAC(path).tags) == {"genre": ["Modal"], "title": ["From ID3"]}


def test_an_info_list_in_an_unknown_code_page_is_left_alone(sample: Sample) -> None:
    path = info(sample(".wav"), INAM="Привет".encode("cp1251"))
    with pytest.raises(WriteRefused, match="INFO list is in a code page"):
        make_plan(1, path, GENRE)


@pytest.mark.parametrize("name", [b"id3 ", b"ID3 "])
@pytest.mark.parametrize("suffix", [".wav", ".aiff"])
def test_a_chunk_that_the_size_of_the_file_does_not_count_is_read_and_counted(
    sample: Sample, suffix: str, name: bytes
) -> None:
    path = sample(suffix)
    tag = id3(("TIT2", b"\0Hidden title"))
    order = "<" if suffix == ".wav" else ">"
    path.write_bytes(path.read_bytes() + name + struct.pack(f"{order}I", len(tag)) + tag + b"\0" * (len(tag) % 2))
    assert read_tags(path).fields["title"] == ("Hidden title",)
    apply_plan(make_plan(1, path, GENRE))
    content = path.read_bytes()
    assert content.lower().count(b"id3 ") == 1
    assert struct.unpack_from(f"{order}I", content, 4)[0] == len(content) - 8
    fields = read_tags(path).fields
    assert fields["title"] == ("Hidden title",) and fields["genre"][-1] == "Modal"


@pytest.mark.parametrize(
    ("size", "total"), [(0xFFFF_FFFF, 0xFFFF_FFFF), (0, 0), (0x7FFF_F000, 0x7FFF_F024), (0xFFFF_FFFF, 0)]
)
def test_a_wav_that_was_written_into_a_pipe(sample: Sample, size: int, total: int) -> None:
    path = info(sample(".wav"))
    content = bytearray(path.read_bytes())
    sound = content.index(b"data")
    (true,) = struct.unpack_from("<I", content, sound + 4)
    del content[sound + 8 + true :]
    struct.pack_into("<I", content, sound + 4, size)
    struct.pack_into("<I", content, 4, total)
    path.write_bytes(content)
    length = read_tags(path).duration_s
    assert length is not None and abs(length - 1.0) < 0.1
    outcome = apply_plan(make_plan(1, path, GENRE))
    written = path.read_bytes()
    assert struct.unpack_from("<I", written, sound + 4)[0] == true
    assert struct.unpack_from("<I", written, 4)[0] == len(written) - 8
    assert mutagen.wave.WAVE(path).tags["TCON"] == "Modal"
    assert outcome is not None and outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == bytes(content)


def test_the_text_chunks_of_an_aiff_are_read_and_carried(sample: Sample) -> None:
    path = sample(".aiff")
    content = path.read_bytes()
    texts = b"".join(
        name + struct.pack(">I", len(text)) + text + b"\0" * (len(text) % 2)
        for name, text in ((b"NAME", b"A name"), (b"AUTH", b"Who"), (b"ANNO", b"Noted"), (b"(c) ", b"1999 Me"))
    )
    sound = content.index(b"COMM")
    body = content[8:12] + texts + content[sound:]
    body = body[: body.index(b"ID3 ")] if b"ID3 " in body else body
    path.write_bytes(b"FORM" + struct.pack(">I", len(body)) + body)
    expected = {"title": ("A name",), "artist": ("Who",), "comment": ("Noted",), "copyright": ("1999 Me",)}
    assert read_tags(path).fields == expected
    apply_plan(make_plan(1, path, GENRE))
    assert read_tags(path).fields == expected | {"genre": ("Modal",)}
    assert texts in path.read_bytes()
    assert str(mutagen.File(path).tags["TPE1"]) == "Who"


@pytest.mark.parametrize("kind", ["id3", "ape"])
def test_raw_aac_with_tags_is_read_and_written(tmp_path: Path, kind: str) -> None:
    from full_files import encode

    path = encode(tmp_path / "a.aac", "aac", "adts", 22050, 0.3)
    sound = path.read_bytes()
    with pytest.raises(WriteRefused, match="no place for tags"):
        make_plan(1, path, GENRE)
    path.write_bytes(id3(("TIT2", b"\0AAC title")) + sound if kind == "id3" else sound + ape(Title="AAC title"))
    assert read_tags(path).fields == {"title": ("AAC title",)}
    apply_plan(make_plan(1, path, GENRE))
    assert read_tags(path).fields == {"title": ("AAC title",), "genre": ("Modal",)}
    assert sound in path.read_bytes()


@pytest.mark.parametrize("suffix", [".ape", ".wv", ".mpc", ".ofr", ".tak", ".flac", ".tta"])
def test_an_id3_block_before_other_containers_is_stepped_over_and_fills_gaps(
    sample: Sample, tmp_path: Path, suffix: str
) -> None:
    if suffix == ".tta":
        from full_files import encode

        path = encode(tmp_path / "a.tta", "tta", "tta", 8000, 0.3)
        mutagen.id3.delete(path)
    else:
        path = sample(suffix)
    before = read_tags(path)
    block = id3(("TIT3", b"\0From ID3"), ("TIT2", b"\0Other title"))
    path.write_bytes(block + path.read_bytes())
    after = read_tags(path)
    assert after.format == before.format and after.duration_s == before.duration_s
    assert after.fields["tit3"] == ("From ID3",)
    kept = None if suffix == ".tta" else before.fields.get("title")  # ID3 is what TrueAudio usually has
    assert after.fields["title"] == (kept or ("Other title",))
    apply_plan(make_plan(1, path, {"mood": ["calm"]}))
    if suffix != ".tta":
        assert path.read_bytes().startswith(block)
    assert read_tags(path).fields["mood"] == ("calm",)


def test_the_header_of_an_ape_tag_is_no_id3v1_tag(sample: Sample) -> None:
    """131 bytes before the end, the word APETAGEX has the letters TAG where an ID3v1 block would have them."""
    path = sample(".wv")
    tag = mutagen.apev2.APEv2()
    tag["Title"], tag["Artist"] = "Song", "x"
    tag.save(path)
    content = path.read_bytes()
    tag["Artist"] = "x" * (1 + 131 - (len(content) - content.rindex(b"APETAGEX", 0, len(content) - 32)))
    tag.save(path)
    assert path.read_bytes()[-128:].startswith(b"TAGEX")
    fields = read_tags(path).fields
    assert set(fields) == {"title", "artist"} and fields["title"] == ("Song",)
    apply_plan(make_plan(1, path, {"genre": ["Jazz"]}))
    assert dict(mutagen.apev2.APEv2(path))["Genre"] == "Jazz"
