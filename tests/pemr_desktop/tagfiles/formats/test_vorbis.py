"""Vorbis comments as old programs left them: wrong encodings, no names. Whatever is not planned stays to the byte."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from mutagen.ogg import OggPage

from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.formats.vorbis_block import read_block
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes

Sample = Callable[[str], Path]
every_kind = pytest.mark.parametrize("suffix", [".flac", ".ogg", ".opus"])


def comments(path: Path) -> list[bytes]:
    with path.open("rb") as stream:
        return read_block(stream, sniff(stream))[1]


def replace(path: Path, old: bytes, new: bytes) -> None:
    assert len(old) == len(new)
    content = path.read_bytes()
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))
    if sniff(BytesIO(content)).startswith("ogg/"):
        give_checksums(path)


def give_checksums(path: Path) -> None:
    """As the program that wrote it would have."""
    written = b""
    with path.open("rb") as stream:
        while stream.tell() < path.stat().st_size:
            written += OggPage(stream).write()
    path.write_bytes(written)


@every_kind
def test_text_in_latin_1_is_shown_and_stays_as_it_is(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    apply_plan(make_plan(1, path, {"title": ["Cafe del Mar"]}, mode="replace"))
    replace(path, b"Cafe del", b"Caf\xe9 del")
    assert read_tags(path).fields["title"] == ("Café del Mar",)
    before = comments(path)
    apply_plan(make_plan(1, path, {"mood": ["calm"]}))
    assert comments(path) == [*before, b"MOOD=calm"]
    assert read_tags(path).fields["title"] == ("Café del Mar",)


@every_kind
@pytest.mark.parametrize("odd", [b"made by XY", b"=without na", b"N\xc3\xa4me=value"])
def test_comments_without_a_proper_name_stay_as_they_are(sample: Sample, suffix: str, odd: bytes) -> None:
    path = sample(suffix)
    apply_plan(make_plan(1, path, {"odd": ["1234567"[: len(odd) - 4]]}, mode="replace"))
    replace(path, comments(path)[-1], odd.ljust(len(comments(path)[-1])))
    before = comments(path)
    assert before[-1].strip() == odd
    original = path.read_bytes()
    outcome = apply_plan(make_plan(1, path, {"mood": ["calm"]}))
    assert comments(path) == [*before, b"MOOD=calm"]
    assert outcome is not None and outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == original


@every_kind
def test_the_name_of_the_encoder_stays(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    with path.open("rb") as stream:
        before = read_block(stream, sniff(stream))[0]
    apply_plan(make_plan(1, path, {"mood": ["calm"]}))
    with path.open("rb") as stream:
        assert read_block(stream, sniff(stream))[0] == before
