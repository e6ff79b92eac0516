"""WAV files whose only tags are an INFO list."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.formats.riff_info import read_info
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes


def test_the_info_list_is_read(sample: Callable[[str], Path]) -> None:
    fields = read_tags(sample(".wav")).fields
    assert fields["title"] == ("Blue in Green",)
    assert fields["artist"] == ("Miles Davis",)
    assert fields["genre"] == ("Jazz",)


def test_the_info_list_stays_and_id3_wins_over_it(sample: Callable[[str], Path]) -> None:
    path = sample(".wav")
    with path.open("rb") as stream:
        before = read_info(stream)
    apply_plan(make_plan(1, path, {"genre": ["Modal"], "mood": ["calm"]}))
    with path.open("rb") as stream:
        assert read_info(stream) == before
    fields = read_tags(path).fields
    assert fields["genre"] == ("Jazz", "Modal")
    assert fields["title"] == ("Blue in Green",)


def test_a_file_without_its_pad_byte_is_written_and_restored(tmp_path: Path) -> None:
    """Programs forget the byte that makes a chunk even."""
    sound = bytes(range(251))
    form = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(sound)) + sound
    path = tmp_path / "odd.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    original = path.read_bytes()
    outcome = apply_plan(make_plan(1, path, {"title": ["T"], "genre": ["Jazz"]}))
    assert read_tags(path).fields == {"title": ("T",), "genre": ("Jazz",)}
    assert outcome is not None and outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == original
