"""Whatever other programs left in a file is there after a write, and every byte is back after undo.

One suite for every format, on files full of all that programs write (see full_files.py) and on the published test
files of mutagen. What is compared is read by mutagen itself, not by the code under test. MUTAGEN_TEST_DATA may name a
folder with all of mutagen's test files (tests/data in its source distribution) instead of the selection in data/.
"""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import mutagen
import mutagen.apev2
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import pytest

from full_files import JPEG, LYRICS, PNG, REPLAY_GAIN, WITHOUT_TAGS, make_full_files
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.digest import audio_digest
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.read import read_artwork, read_tags
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes

DATA = Path(os.environ.get("MUTAGEN_TEST_DATA", Path(__file__).parent / "data"))
COLLECTED = sorted(path.name for path in DATA.iterdir() if path.suffix != ".md")
WANTED = {"mood": ["calm", "blue"], "grouping": ["Evening"]}
WANTED_KEYS = (
    "mood",
    "tmoo",
    "grouping",
    "tit1",
    "©grp",
    "wm/mood",
    "wm/contentgroupdescription",
)  # in any kind of tag

FULL = (
    *[f"song{suffix}" for suffix in (".mp3", ".flac", ".ogg", ".opus", ".oga", ".m4a", ".wav", ".aiff", ".wma")],
    *[f"song{suffix}" for suffix in (".wv", ".tta", ".spx", ".dsf", ".dff", ".ape", ".mpc", ".ofr", ".tak")],
    *["version 2.3.mp3", "ape beside.mp3", "unsynchronised.mp3", "lossless.m4a"],
)
every_full_file = pytest.mark.parametrize("name", FULL)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("full")
    names = {path.name for path in make_full_files(folder)}
    assert names == set(FULL) | {f"song{suffix}" for suffix in WITHOUT_TAGS}
    return folder


@pytest.fixture
def full(made: Path, tmp_path: Path) -> Callable[[str], Path]:
    """`full("song.flac")` -> a fresh copy of that full file."""
    return lambda name: Path(shutil.copyfile(made / name, tmp_path / name))


def write(path: Path, wanted: dict[str, list[str]] | None = None) -> Callable[[], None]:
    """Write tags -> what takes them back."""
    outcome = apply_plan(make_plan(1, path, wanted or WANTED))
    assert outcome is not None and outcome.restore is not None
    recipe, digest = outcome.restore, outcome.before_digest

    def take_back() -> None:
        restore_bytes(path, recipe, digest)

    return take_back


def content(path: Path) -> dict[str, object]:
    """All that mutagen sees in a file, and all that lies beside it, without what is written here."""
    file = mutagen.File(path)
    if file is None:  # mutagen goes by the name, and does not know this one
        return {}
    return {
        key: value for key, value in _content(path, file) if not key.rsplit(":", 1)[-1].lower().startswith(WANTED_KEYS)
    }


def _content(path: Path, file: mutagen.FileType) -> Iterator[tuple[str, object]]:
    tags = file.tags
    yield "length", file.info.length
    if isinstance(tags, mutagen.id3.ID3):
        yield from ((key, repr(frame)) for key, frame in tags.items())
        yield from ((repr(frame[:4]), frame) for frame in tags.unknown_frames)
    elif isinstance(tags, list):  # Vorbis comments, ASF
        yield from ((key, [repr(value) for other, value in tags if other == key]) for key, _ in tags)
    elif tags is not None:
        yield from ((key, repr(value)) for key, value in tags.items())
    if isinstance(file, mutagen.flac.FLAC):
        others = [block for block in file.metadata_blocks if block.code not in (1, 4)]
        yield "blocks", [(block.code, block.write()) for block in others]
    if isinstance(file, mutagen.mp4.MP4):
        yield "chapters", [(chapter.start, chapter.title) for chapter in file.chapters or ()]
    if path.suffix == ".mp3":
        yield "behind the sound", _behind_the_sound(path)
    if path.suffix in (".wav", ".aiff", ".aif"):
        yield "chunks", _chunks(path.read_bytes())


def _behind_the_sound(path: Path) -> tuple[bytes, object]:
    old = path.read_bytes()[-128:]
    try:
        beside = sorted((key, repr(value)) for key, value in mutagen.apev2.APEv2(path).items())
    except mutagen.apev2.APENoHeaderError:
        beside = []
    return old if old[:3] == b"TAG" else b"", beside


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    order = "<" if data[:4] == b"RIFF" else ">"
    stream = io.BytesIO(data)
    stream.seek(12)
    found = []
    while len(head := stream.read(8)) == 8:
        name, size = struct.unpack(f"{order}4sI", head)
        found.append((name, stream.read(size)))
        stream.read(size % 2)
    return [chunk for chunk in found if chunk[0].upper() != b"ID3 "]


@every_full_file
def test_all_that_other_programs_wrote_is_there_after_a_write(full: Callable[[str], Path], name: str) -> None:
    path = full(name)
    before, sound = content(path), audio_digest(path)
    assert len(before) > 10
    write(path)
    assert content(path) == before
    assert audio_digest(path) == sound
    assert read_tags(path).fields["mood"] == ("calm", "blue")


@every_full_file
def test_every_byte_is_back_after_undo(full: Callable[[str], Path], name: str) -> None:
    path = full(name)
    original = path.read_bytes()
    for wanted in (WANTED, {"grouping": ["x" * 40_000]}, {"genre": ["Cool"], "title": ["Another title"]}):
        take_back = write(path, wanted)
        assert path.read_bytes() != original
        take_back()
        assert path.read_bytes() == original


@every_full_file
def test_pictures_lyrics_and_replay_gain_are_there_to_the_byte(full: Callable[[str], Path], name: str) -> None:
    path = full(name)
    write(path, {"genre": ["Cool"]})
    assert read_artwork(path) == JPEG
    fields = {key.removeprefix("txxx:"): values for key, values in read_tags(path).fields.items()}
    for key, value in REPLAY_GAIN.items():
        assert fields[key] == (value,)
    text = repr(dict(_content(path, mutagen.File(path))))
    assert repr(LYRICS)[1:-1] in text or repr(repr(LYRICS))[2:-2] in text
    assert mutagen_has_picture(path, PNG)


def mutagen_has_picture(path: Path, picture: bytes) -> bool:
    """Whether the second picture is there: plain, in base64 (Ogg), or not at all in ASF, which got one only."""
    if path.suffix == ".wma":
        return True
    file = mutagen.File(path)
    if "metadata_block_picture" in file:
        return any(base64.b64decode(block).endswith(picture) for block in file["metadata_block_picture"])
    content = path.read_bytes()
    return picture in content or picture in content.replace(b"\xff\0", b"\xff")


@every_full_file
def test_writing_what_is_there_already_opens_nothing_for_writing(full: Callable[[str], Path], name: str) -> None:
    path = full(name)
    write(path)
    os.utime(path, ns=(1, 1))
    before = state(path)
    again = make_plan(1, path, WANTED)
    assert again.changes == ()
    assert apply_plan(again) is None
    assert state(path) == before


def state(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size


@pytest.mark.parametrize("name", ["song.mp3", "song.flac", "song.m4a", "version 2.3.mp3"])
def test_a_small_change_fits_into_the_padding(full: Callable[[str], Path], name: str) -> None:
    """The sound stays where it is, so that a synchronised copy costs little."""
    path = full(name)
    write(path, {"grouping": ["first"]})
    size = path.stat().st_size
    write(path, {"mood": ["calm"]})
    assert path.stat().st_size == size


def texts(found: dict[str, object]) -> set[str]:
    """The texts in frames as mutagen shows them, whatever their encoding."""
    return {text for frame in found.values() for text in re.findall(r"text=\[(.*?)\]", str(frame))}


@pytest.mark.parametrize("name", COLLECTED)
def test_a_published_file_is_written_and_restored_or_left_alone(tmp_path: Path, name: str) -> None:
    path = Path(shutil.copyfile(DATA / name, tmp_path / name))
    original = path.read_bytes()
    try:
        plan = make_plan(1, path, WANTED)
        before = content(path)
        outcome = apply_plan(plan)
    except TagFileError as refused:
        assert refused.reason.endswith(".")
        assert path.read_bytes() == original
        return
    assert outcome is not None and outcome.restore is not None
    if any(change.field not in WANTED for change in plan.changes):  # a new block says what an old one said
        assert texts(before) <= texts(content(path))
    else:
        assert content(path) == before
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == original
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
