"""One suite, every format: what is written is read back, all else stays, and undo restores every byte."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pemr_desktop.refusals import joined
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.digest import audio_digest
from pemr_desktop.tagfiles.errors import WriteRefused
from pemr_desktop.tagfiles.formats.mapping import FIELDS
from pemr_desktop.tagfiles.opening import open_tags
from pemr_desktop.tagfiles.quick_digest import quick_digest
from pemr_desktop.tagfiles.read import read_artwork, read_tags
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes

FORMATS = {
    ".wav": "WAV",
    ".flac": "FLAC",
    ".mp3": "MP3",
    ".ogg": "Ogg Vorbis",
    ".opus": "Opus",
    ".spx": "Speex",
    ".m4a": "AAC",
    ".aiff": "AIFF",
    ".wma": "WMA",
    ".wv": "WavPack",
    ".tak": "TAK",
    ".ofr": "OptimFROG",
    ".ape": "Monkey's Audio",
    ".mpc": "Musepack",
    ".dsf": "DSF",
    ".dff": "DSDIFF",
}
every_format = pytest.mark.parametrize("suffix", FORMATS)
Sample = Callable[[str], Path]

VALUES = {
    "title": ("Für Elise — 月光",),
    "artist": ("Ludwig van Beethoven", "Someone Else"),
    "album": ("Bagatelles",),
    "albumartist": ("Various",),
    "genre": ("Classical", "Piano Solo"),
    "mood": ("calm", "melancholic"),
    "grouping": ("Evening",),
    "composer": ("Beethoven",),
    "key": ("Am",),
    "bpm": ("120",),
    "date": ("1810",),
    "musicbrainz_workid": ("b1df2cf3-69a9-3bc0-be44-f71e79b27a22",),
    "musicbrainz_trackid": ("0b8a4c5b-6f3a-4c57-9c4b-3f0d5a1e7c11",),
    "pemr_tags": ('{"schema":1,"accepted":{"calm":0.61}}',),
    "my own field": ("kept", "both"),
}


@every_format
def test_the_content_tells_the_format(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    misnamed = path.rename(path.with_suffix(".mp3" if suffix != ".mp3" else ".flac"))
    tags = read_tags(misnamed)
    assert tags.format == FORMATS[suffix]
    assert "The name ends in" in joined(*tags.warnings).message


@every_format
def test_what_is_written_is_read_back_as_real_multiple_values(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    apply_plan(make_plan(1, path, VALUES, mode="replace"))
    fields = read_tags(path).fields
    for field, values in VALUES.items():
        assert fields[field] == values, field


@every_format
def test_writing_one_field_leaves_all_others(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    apply_plan(make_plan(1, path, VALUES, mode="replace"))
    before = read_tags(path).fields
    apply_plan(make_plan(1, path, {"mood": ["energetic"]}, mode="replace"))
    assert read_tags(path).fields == before | {"mood": ("energetic",)}


@every_format
def test_the_sound_stays_to_the_byte(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    before = audio_digest(path), quick_digest(path)
    apply_plan(make_plan(1, path, VALUES | {"grouping": ["x" * 30_000]}, mode="replace"))
    assert (audio_digest(path), quick_digest(path)) == before


@every_format
def test_the_recipe_restores_every_byte(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    original = path.read_bytes()
    outcome = apply_plan(make_plan(1, path, VALUES | {"grouping": ["x" * 30_000]}, mode="replace"))
    assert outcome is not None and outcome.restore is not None
    assert path.read_bytes() != original
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == original


@every_format
def test_nothing_changed_means_nothing_written(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    apply_plan(make_plan(1, path, VALUES, mode="replace"))
    os.utime(path, ns=(1, 1))
    before = touched(path)
    plan = make_plan(1, path, VALUES, mode="replace")
    assert plan.changes == ()
    assert apply_plan(plan) is None
    assert touched(path) == before


def touched(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size


@every_format
def test_append_keeps_what_a_human_wrote(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    apply_plan(make_plan(1, path, {"genre": ["Bebop"], "title": ["My title"]}, mode="replace"))
    apply_plan(make_plan(1, path, {"genre": ["bebop", "Cool"], "title": ["Machine title"]}))
    fields = read_tags(path).fields
    assert fields["genre"] == ("Bebop", "Cool")
    assert fields["title"] == ("My title",)


@every_format
def test_values_can_be_taken_out(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    apply_plan(make_plan(1, path, VALUES, mode="replace"))
    apply_plan(make_plan(1, path, {}, remove={"genre": ["piano solo"], "mood": []}))
    fields = read_tags(path).fields
    assert fields["genre"] == ("Classical",)
    assert "mood" not in fields


@every_format
def test_no_working_copy_stays_behind(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    apply_plan(make_plan(1, path, VALUES, mode="replace"))
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_field_has_one_row_in_the_mapping() -> None:
    names = [field.name for field in FIELDS]
    assert len(names) == len(set(names))


def test_the_front_cover_is_found(collected: Callable[[str], Path]) -> None:
    picture = read_artwork(collected("covr-with-name.m4a"))
    assert picture is not None
    assert picture[:4] == b"\x89PNG" or picture[:3] == b"\xff\xd8\xff"


def test_other_blocks_of_a_flac_stay_to_the_byte(collected: Callable[[str], Path]) -> None:
    path = collected("flac_application.flac")

    def blocks() -> list[tuple[int, bytes]]:
        with path.open("rb") as stream:
            opened = open_tags(stream, path)
            return [(block.code, block.write()) for block in opened.file.metadata_blocks if block.code not in (1, 4)]

    before = blocks()
    assert len(before) > 1
    apply_plan(make_plan(1, path, {"mood": ["calm"], "grouping": ["x" * 20_000]}))
    assert blocks() == before


def test_what_a_format_cannot_hold_is_said(sample: Sample) -> None:
    plan = make_plan(1, sample(".m4a"), {"bpm": ["127.6"]}, mode="replace")
    assert [change.after for change in plan.changes] == [("128",)]
    assert [why.message for why in plan.warnings] == [
        "“127.6” becomes “128” in “bpm”: these tags hold it no other way."
    ]
    for suffix, field in ((".m4a", "tracknumber"), (".m4a", "bpm"), (".mp3", "musicbrainz_trackid")):
        with pytest.raises(WriteRefused, match="only one value"):
            make_plan(1, sample(suffix), {field: ["1", "2"]}, mode="replace")
    assert make_plan(1, sample(".flac"), {"bpm": ["127.6", "63.8"]}, mode="replace").warnings == ()
