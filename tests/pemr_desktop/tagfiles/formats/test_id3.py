"""ID3 as other programs left it: versions, old blocks at the end, frames nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mutagen.id3
import pytest
from mutagen.apev2 import APEv2

from pemr_desktop.refusals import joined
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.errors import TagReadError, WriteRefused
from pemr_desktop.tagfiles.formats.tag_format import SaveOptions
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import apply_plan

Sample = Callable[[str], Path]


def raw_version(path: Path) -> int:
    return path.read_bytes()[3]


@pytest.mark.parametrize("version", [3, 4])
def test_a_block_keeps_its_version(sample: Sample, version: int) -> None:
    path = sample(".mp3")
    tags = mutagen.id3.ID3(path)
    tags.update_to_v23() if version == 3 else tags.update_to_v24()
    tags.save(path, v2_version=version)
    apply_plan(make_plan(1, path, {"genre": ["Cool"], "mood": ["calm", "blue"]}))
    assert raw_version(path) == version
    fields = read_tags(path).fields
    assert fields["genre"] == ("Jazz", "Cool")
    assert fields["mood"] == ("calm", "blue")


@pytest.mark.parametrize("version", [3, 4])
def test_a_new_block_has_the_version_that_is_asked_for(sample: Sample, version: int) -> None:
    path = sample(".mp3")
    mutagen.id3.delete(path)
    options = SaveOptions(id3_version=version)
    apply_plan(make_plan(1, path, {"mood": ["calm"]}, options=options), options=options)
    assert raw_version(path) == version
    assert read_tags(path).fields == {"mood": ("calm",)}


def test_version_2_2_stays_with_all_its_frames(collected: Sample) -> None:
    path = collected("id3v22-test.mp3")
    before = read_tags(path).fields
    apply_plan(make_plan(1, path, {"mood": ["calm"]}))
    assert raw_version(path) == 2
    assert str(mutagen.id3.ID3(path)["TXXX:MOOD"]) == "calm"
    assert read_tags(path).fields == before | {"mood": ("calm",)}


def test_frames_that_nobody_knows_stay(sample: Sample) -> None:
    path = sample(".mp3")
    tags = mutagen.id3.ID3(path)
    private = mutagen.id3.PRIV(owner="com.example.dj", data=bytes(range(256)))
    rating = mutagen.id3.POPM(email="me@example.com", rating=196, count=3)
    tags.add(private)
    tags.add(rating)
    tags.save(path)
    data = bytearray(path.read_bytes())
    start = data.index(b"TALB")  # make a frame of it that nobody knows
    data[start : start + 4] = b"XYZW"
    path.write_bytes(data)
    apply_plan(make_plan(1, path, {"mood": ["calm"]}))
    kept = mutagen.id3.ID3(path)
    assert kept[private.HashKey] == private
    assert kept[rating.HashKey].rating == 196
    assert [frame[:4] for frame in kept.unknown_frames] == [b"XYZW"]


def test_an_id3v1_block_stays_to_the_byte(sample: Sample) -> None:
    path = sample(".mp3")
    old = b"TAG" + b"An old title".ljust(30) + b"An artist".ljust(30) + b"x" * 65
    assert len(old) == 128
    path.write_bytes(path.read_bytes() + old)
    apply_plan(make_plan(1, path, {"genre": ["Cool"], "title": ["New"]}, mode="replace"))
    assert path.read_bytes()[-128:] == old
    assert read_tags(path).fields["title"] == ("New",)


def test_an_ape_tag_beside_id3_stays_and_is_named(sample: Sample) -> None:
    path = sample(".mp3")
    ape = APEv2()
    ape["Genre"] = "Something else"
    ape.save(path)
    plan = make_plan(1, path, {"mood": ["calm"]})
    assert "APEv2" in joined(*plan.warnings).message
    apply_plan(plan)
    assert dict(APEv2(path)) == dict(ape)
    assert read_tags(path).fields["mood"] == ("calm",)


def test_an_mp3_with_nothing_but_ape_keeps_to_ape(sample: Sample) -> None:
    path = sample(".mp3")
    mutagen.id3.delete(path)
    ape = APEv2()
    ape["Title"] = "So What"
    ape.save(path)
    apply_plan(make_plan(1, path, {"mood": ["calm"]}))
    assert path.read_bytes()[:3] != b"ID3"
    assert read_tags(path).fields == {"title": ("So What",), "mood": ("calm",)}


def test_a_block_that_cannot_be_parsed_is_never_taken_for_a_missing_one(sample: Sample) -> None:
    path = sample(".mp3")
    data = bytearray(path.read_bytes())
    data[3] = 9  # a version that nobody knows
    path.write_bytes(data)
    with pytest.raises(TagReadError):
        make_plan(1, path, {"mood": ["calm"]})
    assert path.read_bytes() == bytes(data)


def test_a_frame_in_an_encoding_that_does_not_exist_stays_to_the_byte(sample: Sample) -> None:
    path = sample(".mp3")
    tags = mutagen.id3.ID3(path)
    tags.save(path, padding=lambda info: 200)
    data = bytearray(path.read_bytes())
    start = data.index(b"TALB")
    data[start + 10] = 77  # mutagen passes over the frame in silence
    path.write_bytes(data)
    size = data[start + 7]
    frame = bytes(data[start : start + 10 + size])
    apply_plan(make_plan(1, path, {"mood": ["calm"]}))
    assert frame in path.read_bytes()
    assert read_tags(path).fields["mood"] == ("calm",)


def test_a_date_that_id3v23_cannot_hold_is_said(sample: Sample) -> None:
    path = sample(".mp3")
    tags = mutagen.id3.ID3(path)
    tags.update_to_v23()
    tags.save(path, v2_version=3)
    with pytest.raises(WriteRefused, match="four digits"):
        make_plan(1, path, {"date": ["spring"]}, mode="replace")


def test_numbered_genres_are_read_as_words(sample: Sample) -> None:
    path = sample(".mp3")
    tags = mutagen.id3.ID3(path)
    tags["TCON"] = mutagen.id3.TCON(encoding=3, text=["(17)(8)"])
    tags.save(path)
    assert read_tags(path).fields["genre"] == ("Rock", "Jazz")


def old_date(path: Path, version: int, *frames: tuple[str, str]) -> Path:
    """An MP3 file with nothing but these text frames."""
    mutagen.id3.delete(path)
    names = {"TYER": "TYE", "TDAT": "TDA", "TIME": "TIM"}
    data = b""
    for name, text in frames:
        body = b"\0" + text.encode()
        if version == 2:
            data += names[name].encode() + len(body).to_bytes(3, "big") + body
        else:
            data += name.encode() + len(body).to_bytes(4, "big") + b"\0\0" + body
    path.write_bytes(b"ID3" + bytes([version, 0, 0, 0, 0, 0, len(data)]) + data + path.read_bytes())
    return path


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    ("frames", "date"),
    [
        ([("TYER", "2020")], "2020"),
        ([("TYER", "2020"), ("TDAT", "0605")], "2020-05-06"),
        ([("TYER", "2020"), ("TDAT", "0605"), ("TIME", "1230")], "2020-05-06T12:30"),
        ([("TDAT", "3112"), ("TYER", "1999")], "1999-12-31"),
        ([("TYER", "2020"), ("TDAT", "9999")], "2020"),
        ([("TYER", "2020"), ("TDAT", "0605"), ("TIME", "9999")], "2020-05-06"),
        ([("TYER", "2012/02/04")], "2012/02/04"),
    ],
)
def test_year_day_and_time_are_one_date(sample: Sample, version: int, frames: list[tuple[str, str]], date: str) -> None:
    path = old_date(sample(".mp3"), version, *frames)
    assert read_tags(path).fields == {"date": (date,)}


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    ("wanted", "held"),
    [
        ("2020-05-06", "2020-05-06"),
        ("20200506", "2020-05-06"),
        ("2020-05-06T12:30", "2020-05-06T12:30"),
        ("2020-05", "2020"),
        ("1985", "1985"),
    ],
)
def test_a_date_is_written_in_all_its_parts(sample: Sample, version: int, wanted: str, held: str) -> None:
    """An old day and time must not stay beside a new year."""
    path = old_date(sample(".mp3"), version, ("TYER", "1999"), ("TDAT", "3112"), ("TIME", "2359"))
    apply_plan(make_plan(1, path, {"date": [wanted]}, mode="replace"))
    assert read_tags(path).fields == {"date": (held,)}
    assert raw_version(path) == version
    apply_plan(make_plan(1, path, {}, remove={"date": []}))
    assert read_tags(path).fields == {}
