"""A plan carries the write out without a copy: what it calls writable is written, and it reads tags, not sound."""

from __future__ import annotations

import io
import os
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.errors import WriteRefused
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.splices import Splice, SplicedFile, splice_file
from pemr_desktop.tagfiles.write import apply_plan

Sample = Callable[[str], Path]
SOUND_BYTES = 40 << 20
MAX_READ_BYTES = 4 << 20


@st.composite
def spliced(draw: st.DrawFn) -> tuple[bytes, list[Splice]]:
    content = draw(st.binary(max_size=200))
    cuts = sorted(draw(st.lists(st.integers(0, len(content)), max_size=8)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return content, [Splice(start, end, draw(st.binary(max_size=30))) for start, end in pairs]


def by_hand(content: bytes, splices: list[Splice]) -> bytes:
    made, position = b"", 0
    for splice in splices:
        made += content[position : splice.start] + splice.content
        position = splice.end
    return made + content[position:]


@settings(deadline=None)
@given(spliced(), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=5))
def test_a_spliced_file_reads_as_the_file_that_would_be_written(
    made: tuple[bytes, list[Splice]], reads: list[tuple[int, int]]
) -> None:
    content, splices = made
    expected = by_hand(content, splices)
    view = SplicedFile(io.BytesIO(content), splices)
    assert view.seek(0, os.SEEK_END) == len(expected)
    for start, size in reads:
        view.seek(start)
        assert view.read(size) == expected[start : start + size]
    with tempfile.TemporaryDirectory() as folder:
        original, copy = Path(folder) / "original", Path(folder) / "copy"
        original.write_bytes(content)
        copy.write_bytes(content)
        splice_file(copy, original, splices)
        assert copy.read_bytes() == expected


@pytest.mark.parametrize("splices", [[Splice(0, 3, b""), Splice(2, 4, b"")], [Splice(5, 9, b"")], [Splice(9, 9, b"x")]])
def test_splices_of_the_same_bytes_or_behind_the_end_are_refused(splices: list[Splice]) -> None:
    with pytest.raises(ValueError, match=r"written twice|behind the end"):
        SplicedFile(io.BytesIO(b"sound"), splices)


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".flac", ".mp3", ".ogg", ".m4a", ".wma", ".wv", ".dsf"])
def test_a_plan_leaves_the_folder_as_it_is(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    path.parent.chmod(0o755)
    before = path.parent.stat().st_mtime_ns, path.stat(), path.read_bytes()
    assert make_plan(1, path, {"grouping": ["x" * 9000]}).changes
    after = path.parent.stat().st_mtime_ns, path.stat(), path.read_bytes()
    assert after[0] == before[0] and after[2] == before[2] and after[1].st_mtime_ns == before[1].st_mtime_ns


def bytes_read() -> int:
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("rchar"):
            return int(line.split()[1])
    raise AssertionError


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="only Linux counts what a process reads")
@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".mp3", ".flac", ".m4a"])
def test_a_plan_reads_tags_and_not_sound(sample: Sample, suffix: str) -> None:
    path = with_much_sound(sample(suffix))
    before = bytes_read()
    assert make_plan(1, path, {"grouping": ["x" * 9000]}).changes
    assert bytes_read() - before < MAX_READ_BYTES
    apply_plan(make_plan(1, path, {"grouping": ["x" * 9000]}))
    assert read_tags(path).fields["grouping"] == ("x" * 9000,)


def with_much_sound(path: Path) -> Path:
    """The same file with 40 MB of silence in its sound; those that count it say so."""
    content = bytearray(path.read_bytes())
    if path.suffix in (".wav", ".aiff"):
        order, name = ("<", b"data") if path.suffix == ".wav" else (">", b"SSND")
        at = content.index(name) + 4
        (size,) = struct.unpack_from(f"{order}I", content, at)
        struct.pack_into(f"{order}I", content, at, size + SOUND_BYTES)
        struct.pack_into(f"{order}I", content, 4, len(content) - 8 + SOUND_BYTES)
        end = at + 4 + size
        content[end:end] = bytes(SOUND_BYTES)
    elif path.suffix == ".m4a":  # an atom of its own, behind all others
        content += struct.pack(">I4s", 8 + SOUND_BYTES, b"mdat") + bytes(SOUND_BYTES)
    else:
        content += bytes(SOUND_BYTES)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("suffix", [".ogg", ".opus", ".flac", ".mp3", ".wav", ".m4a"])
def test_what_the_plan_refuses_is_what_the_write_would_refuse(sample: Sample, suffix: str) -> None:
    """The same code decides: of every file damaged at one of its first bytes the plan says it, or it is written."""
    path = sample(suffix)
    whole = path.read_bytes()
    for position in range(0, min(len(whole), 1200), 11):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x41]) + whole[position + 1 :])
        try:
            plan = make_plan(1, path, {"mood": ["calm"], "genre": ["x" * 300]})
        except Exception:  # noqa: BLE001 - refused before anything is written
            continue
        try:
            apply_plan(plan)
        except WriteRefused as refused:
            pytest.fail(f"byte {position}: the plan said yes, and then {refused.reason}")
