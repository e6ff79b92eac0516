"""What the header of an ASF file says of the file stays true."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from full_files import make_full_file
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes

FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def set_noted_length(path: Path, length: int) -> None:
    content = bytearray(path.read_bytes())
    struct.pack_into("<Q", content, content.index(FILE_PROPERTIES) + 40, length)
    path.write_bytes(content)


def noted_length(path: Path) -> int:
    content = path.read_bytes()
    return int(struct.unpack_from("<Q", content, content.index(FILE_PROPERTIES) + 40)[0])


@pytest.mark.parametrize("is_true", [True, False])
def test_the_length_in_the_header_follows_the_file_when_it_was_right(tmp_path: Path, is_true: bool) -> None:
    """A recording of a stream notes none: that stays."""
    path = make_full_file(tmp_path / "song.wma")
    set_noted_length(path, path.stat().st_size if is_true else 0)
    before = path.read_bytes()
    outcome = apply_plan(make_plan(1, path, {"title": ["A longer title"], "grouping": ["x" * 20_000]}))
    assert path.stat().st_size != len(before)
    assert noted_length(path) == (path.stat().st_size if is_true else 0)
    assert outcome is not None and outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == before
