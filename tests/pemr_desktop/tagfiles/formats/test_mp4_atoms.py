"""The atoms of MP4 files: what a damaged length hides, what mutagen would drop, places that would point elsewhere."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
from mutagen.mp4._atom import Atoms

from full_files import make_full_file
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.errors import TagReadError, WriteRefused
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes

WANTED = {"mood": ["calm"], "grouping": ["x" * 5000]}
TAG = b"moov.udta.meta"


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A file with everything that programs put into MP4 tags."""
    return make_full_file(tmp_path / "song.m4a")


def atom(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def arrange(path: Path, arranged: Callable[[dict[bytes, bytes]], bytes]) -> None:
    """Put other content into `meta`, made of the atoms in it; the file's `moov` is its last atom."""
    content = path.read_bytes()
    atoms = Atoms(io.BytesIO(content))
    assert atoms.atoms[-1].name == b"moov"
    meta = atoms[TAG]
    parts = {child.name: content[child.offset : child.offset + child.length] for child in meta.children}
    made = arranged(parts)
    grown = bytearray(content)
    start, end = meta.children[0].offset, meta.offset + meta.length
    grown[start:end] = made
    for parent in atoms.path(b"moov", b"udta", b"meta"):
        struct.pack_into(">I", grown, parent.offset, parent.length + len(made) - (end - start))
    path.write_bytes(grown)


def encode(path: Path, options: dict[str, str]) -> None:
    """Two seconds of tones as AAC."""
    with av.open(str(path), "w", format="mp4", options=options) as file:
        stream = file.add_stream("aac", rate=44_100, layout="mono")
        assert isinstance(stream, av.AudioStream)
        for number in range(90):
            tone = np.sin(np.arange(1024, dtype=np.float32) * 0.05 + number)[None] * np.float32(0.5)
            frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44_100, number * 1024
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def decoded(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1)


def write_and_undo(path: Path) -> bytes:
    """The content between writing and undo, which restores every byte."""
    before, sound = path.read_bytes(), decoded(path)
    outcome = apply_plan(make_plan(1, path, WANTED))
    assert outcome is not None and outcome.restore is not None
    written = path.read_bytes()
    assert read_tags(path).fields["mood"] == ("calm",)
    assert np.array_equal(decoded(path), sound)
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == before
    return written


@pytest.mark.parametrize("name", [b"stco", b"stsz", b"ilst", b"udta", b"trak"])
@pytest.mark.parametrize("more", [8, 300, 1 << 20])
def test_an_atom_that_is_longer_than_the_one_around_it(full: Path, name: bytes, more: int) -> None:
    content = bytearray(full.read_bytes())
    offset = content.index(name) - 4
    struct.pack_into(">I", content, offset, struct.unpack_from(">I", content, offset)[0] + more)
    full.write_bytes(content)
    with pytest.raises((WriteRefused, TagReadError)):
        make_plan(1, full, WANTED)
    assert full.read_bytes() == bytes(content)


def test_padding_on_both_sides_of_the_tag(full: Path) -> None:
    free = atom(b"free", bytes(100))
    arrange(full, lambda parts: parts[b"hdlr"] + free + parts[b"ilst"] + free)
    written = write_and_undo(full)
    assert b"A human's comment" in written


def test_a_tag_before_everything_else_and_padding_behind(full: Path) -> None:
    """mutagen 1.48.1 takes the last atom for the one before the first, and writes over what lies between."""
    arrange(full, lambda parts: parts[b"ilst"] + parts[b"hdlr"] + atom(b"free", bytes(100)))
    before = full.read_bytes()
    handler = before[before.rindex(b"hdlr") - 4 :]
    assert handler in write_and_undo(full)


def test_what_mutagen_does_not_read_of_an_item_stays(full: Path) -> None:
    """A picture with a name, a title in French for Belgium, and a genre that is a number."""
    picture = atom(b"covr", atom(b"data", struct.pack(">II", 13, 0) + b"\xff\xd8picture") + atom(b"name", b"front.jpg"))
    title = atom(b"\xa9nam", atom(b"data", struct.pack(">IHH", 1, 0x4245, 0x1652) + b"Bleu"))
    genre = atom(b"gnre", atom(b"data", struct.pack(">IIH", 0, 0, 9)))
    arrange(full, lambda parts: parts[b"hdlr"] + atom(b"ilst", picture + title + genre))
    assert read_tags(full).fields["genre"] == ("Jazz",)
    written = write_and_undo(full)
    assert picture in written and title in written and genre in written
    apply_plan(make_plan(1, full, {"genre": ["Cool Jazz"]}))
    assert genre not in full.read_bytes()
    assert mutagen.File(full)["\xa9gen"] == ["Jazz", "Cool Jazz"]


@pytest.mark.parametrize(
    ("flags", "is_written"),
    [
        ("empty_moov+skip_trailer", False),  # places of sound counted from the start of the file
        ("empty_moov+default_base_moof", False),  # with an index at the end
        ("empty_moov+default_base_moof+skip_trailer", True),
    ],
)
def test_a_file_in_fragments_is_written_only_when_they_still_find_their_sound(
    tmp_path: Path, flags: str, is_written: bool
) -> None:
    """mutagen moves the places in the first fragment along, and the others would be noise."""
    path = tmp_path / "stream.m4a"
    encode(path, {"movflags": flags, "frag_duration": "300000"})
    assert path.read_bytes().count(b"moof") > 2
    if is_written:
        write_and_undo(path)
    else:
        with pytest.raises(WriteRefused, match="fragments"):
            make_plan(1, path, WANTED)


def test_the_sound_behind_a_tag_that_grows_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "fast start.m4a"
    encode(path, {"movflags": "faststart"})
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")
    write_and_undo(path)
