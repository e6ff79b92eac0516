"""Damage that hides part of a tag from every parser: rewriting would lose that part, so the file is left untouched.

Each of these was found by tests/benchmarks/fuzz_tagfiles.py.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import mutagen.apev2
import mutagen.id3
import pytest
from mutagen.apev2 import APEv2

from full_files import make_full_file
from pemr_desktop.tagfiles.containers.ogg import CHECKSUM, PAGE_HEADER, checksum, pages
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.digest import audio_digest
from pemr_desktop.tagfiles.errors import TagReadError, WriteRefused
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes

WANTED = {"mood": ["calm"]}


@pytest.fixture
def full(tmp_path: Path) -> Callable[[str], Path]:
    """`full(".flac")` -> a file with everything that programs put into tags."""
    return lambda suffix: make_full_file(tmp_path / f"song{suffix}")


def change(path: Path, before: bytes, after: bytes) -> None:
    """Overwrite the one place where a file holds these bytes."""
    content = path.read_bytes()
    assert content.count(before) == 1 and len(before) == len(after)
    path.write_bytes(content.replace(before, after))


def assert_left_untouched(path: Path, words: str) -> None:
    content = path.read_bytes()
    with pytest.raises(WriteRefused, match=words):
        make_plan(1, path, WANTED)
    assert path.read_bytes() == content


@pytest.mark.parametrize("suffix", [".mp3", ".wav", ".aiff", ".dsf", ".dff", ".tta"])
def test_a_frame_of_size_nothing_and_all_that_follows_it(full: Callable[[str], Path], suffix: str) -> None:
    path = full(suffix)
    content = path.read_bytes()
    start = content.index(b"USLT")
    path.write_bytes(content[: start + 4] + bytes(3) + b"\x01" + content[start + 8 :])
    assert_left_untouched(path, "cannot be carried over")


@pytest.mark.parametrize("suffix", [".mp3", ".wav", ".aiff", ".dsf", ".dff", ".tta"])
def test_a_genre_that_swallows_the_rest_of_the_block(full: Callable[[str], Path], suffix: str) -> None:
    path = full(suffix)
    content = path.read_bytes()
    start = content.index(b"TCON")
    path.write_bytes(content[: start + 4] + b"\x00\xc9\x00\x0c" + content[start + 8 :])
    assert_left_untouched(path, "longer than the block")


@pytest.mark.parametrize("suffix", [".mp3", ".wav", ".aiff", ".dsf", ".dff", ".tta"])
@pytest.mark.parametrize("frame", [b"POPM", b"RVA2", b"WOAR", b"PCNT"])
def test_a_frame_that_swallows_those_after_it(full: Callable[[str], Path], suffix: str, frame: bytes) -> None:
    path = full(suffix)
    content = path.read_bytes()
    start = content.index(frame)
    path.write_bytes(content[: start + 6] + b"\x02" + content[start + 7 :])  # 256 bytes more in ID3v2.4
    assert_left_untouched(path, "cannot be carried over")


def test_a_chapter_that_swallows_the_next_one(full: Callable[[str], Path]) -> None:
    path = full(".mp3")
    content = path.read_bytes()
    start = content.index(b"CHAP")
    path.write_bytes(content[: start + 7] + bytes([content[start + 7] + 20]) + content[start + 8 :])
    assert_left_untouched(path, "in CHAP")


def test_one_of_several_free_texts_that_cannot_be_read_stays_to_the_byte(full: Callable[[str], Path]) -> None:
    path = full(".mp3")
    change(path, b"SERATO_PLAYCOUNT", b"SERATO_\xff\xfeAYCOUNT")
    apply_plan(make_plan(1, path, WANTED))
    assert b"SERATO_\xff\xfeAYCOUNT" in path.read_bytes()


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".dff", ".dsf"])
def test_a_block_that_says_it_is_shorter_than_it_is(full: Callable[[str], Path], suffix: str) -> None:
    path = full(suffix)
    content = path.read_bytes()
    start = content.index(b"ID3\x04")
    tag = mutagen.File(path).tags
    end_of_some = content.index(b"USLT") - start - 10
    size = bytes(end_of_some >> shift & 0x7F for shift in (21, 14, 7, 0))
    assert tag is not None
    path.write_bytes(content[: start + 6] + size + content[start + 10 :])
    assert_left_untouched(path, "another size|cannot be carried over")


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".dff", ".dsf"])
def test_a_block_whose_first_letters_are_damaged_is_not_taken_for_a_missing_one(
    full: Callable[[str], Path], suffix: str
) -> None:
    path = full(suffix)
    content = path.read_bytes()
    start = content.index(b"ID3\x04")
    path.write_bytes(content[:start] + b"IE3\x04" + content[start + 4 :])
    assert_left_untouched(path, "damaged")


@pytest.mark.parametrize("pointer", [0, 60, 28])
def test_a_dsf_whose_pointer_to_the_tag_is_lost(full: Callable[[str], Path], pointer: int) -> None:
    path = full(".dsf")
    content = path.read_bytes()
    (before,) = struct.unpack_from("<Q", content, 20)
    assert content[before : before + 3] == b"ID3" and before != pointer
    path.write_bytes(content[:20] + struct.pack("<Q", pointer) + content[28:])
    sound = audio_digest(path)
    with pytest.raises((WriteRefused, TagReadError)):
        apply_plan(make_plan(1, path, WANTED))
    assert audio_digest(path) == sound


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".oga", ".spx"])
def test_comments_behind_a_count_that_is_too_small(full: Callable[[str], Path], suffix: str) -> None:
    path = full(suffix)
    content = path.read_bytes()
    count = struct.pack("<I", len(mutagen.File(path).tags))
    vendor = mutagen.File(path).tags.vendor.encode()
    offset = content.index(vendor + count) + len(vendor)
    path.write_bytes(content[:offset] + struct.pack("<I", 3) + content[offset + 4 :])
    damaged = path.read_bytes()
    with pytest.raises((WriteRefused, TagReadError)):
        make_plan(1, path, WANTED)
    assert path.read_bytes() == damaged


def test_a_musepack_file_on_which_the_parser_goes_in_circles(tmp_path: Path) -> None:
    """A packet of size 0 sends mutagen 1.48.1 back to where it was, without end."""
    path = tmp_path / "circle.mpc"
    path.write_bytes(b"MPCK" + b"XX" + b"\x00" * 200)
    with pytest.raises(TagReadError, match="never end"):
        read_tags(path)


def test_a_picture_in_a_comment_that_is_no_base64_hides_nothing_else(full: Callable[[str], Path]) -> None:
    path = full(".flac")
    file = mutagen.File(path)
    file["metadata_block_picture"] = ["Übel"]
    file.save()
    tags = read_tags(path)
    assert tags.fields["title"] == ("Blue in Green",) and tags.has_artwork


def test_a_chunk_that_claims_to_be_larger_than_all_memory(full: Callable[[str], Path]) -> None:
    path = full(".dff")
    content = path.read_bytes()
    offset = content.index(b"ID3 ") + 4
    path.write_bytes(content[:offset] + struct.pack(">Q", 1 << 40) + content[offset + 8 :])
    before = path.read_bytes()
    try:
        apply_plan(make_plan(1, path, WANTED))
    except (TagReadError, WriteRefused):
        assert path.read_bytes() == before


@pytest.mark.parametrize("suffix", [".ape", ".mpc", ".wv", ".ofr", ".tak"])
def test_items_behind_a_count_that_is_too_small(full: Callable[[str], Path], suffix: str) -> None:
    path = full(suffix)
    content = path.read_bytes()
    offset = content.rindex(b"APETAGEX") + 16
    path.write_bytes(content[:offset] + struct.pack("<I", 3) + content[offset + 4 :])
    assert_left_untouched(path, "more than it says")


@pytest.mark.parametrize(
    ("suffix", "has_ape"),
    [(suffix, has) for suffix in (".ape", ".mpc", ".wv", ".tak") for has in (True, False)] + [(".mp3", True)],
)
def test_an_old_tag_behind_an_ape_tag_stays_there(full: Callable[[str], Path], suffix: str, has_ape: bool) -> None:
    """mutagen cuts it off."""
    path = full(suffix)
    if suffix == ".mp3":  # with no other tag than APE
        mutagen.id3.delete(path)
        only = APEv2()
        only["Title"] = "So What"
        only.save(path)
    if not has_ape:
        mutagen.apev2.delete(path)
    old = b"TAG" + b"An old title".ljust(125)
    path.write_bytes(path.read_bytes() + old)
    original, sound = path.read_bytes(), audio_digest(path)
    outcome = apply_plan(make_plan(1, path, WANTED))
    assert path.read_bytes().endswith(old)
    assert path.read_bytes().count(old) == 1
    assert audio_digest(path) == sound
    assert outcome is not None and outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == original


@pytest.mark.parametrize("suffix", [".ogg", ".oga", ".spx"])
def test_a_comment_longer_than_its_block(full: Callable[[str], Path], suffix: str) -> None:
    path = full(suffix)
    file = mutagen.File(path)
    file.tags[:] = [("TITLE", "A title"), ("LAST", "x" * 60)]
    file.save()
    content = bytearray(path.read_bytes())
    offset = content.index(struct.pack("<I", 65) + b"LAST=")
    content[offset + 1] = 0x70  # more than follows it
    path.write_bytes(content)
    with pytest.raises((WriteRefused, TagReadError)):
        make_plan(1, path, WANTED)


@pytest.mark.parametrize("guid", ["40a4d0d207e3d21197f000a0c95ea850", "941c23449894d149a1411d134e457054"])
def test_attributes_behind_a_count_that_is_too_small(full: Callable[[str], Path], guid: str) -> None:
    path = full(".wma")
    content = bytearray(path.read_bytes())
    offset = content.index(bytes.fromhex(guid)) + 24
    (count,) = struct.unpack_from("<H", content, offset)
    struct.pack_into("<H", content, offset, count - 1)
    path.write_bytes(content)
    assert_left_untouched(path, "more than it says")


@pytest.mark.parametrize("count", [0, 2, 1000])
def test_header_objects_behind_a_wrong_count(full: Callable[[str], Path], count: int) -> None:
    """With a count of 0 mutagen would have written a header without a stream: a file that no player opens."""
    path = full(".wma")
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, 24, count)
    path.write_bytes(content)
    with pytest.raises((WriteRefused, TagReadError)):
        make_plan(1, path, WANTED)
    assert path.read_bytes() == bytes(content)


@pytest.mark.parametrize("hidden", [b"A human's comment", "Ein Lied".encode("utf-16-le")])
def test_data_in_what_an_asf_header_calls_padding(full: Callable[[str], Path], hidden: bytes) -> None:
    """A length that is too large makes padding of the objects behind it, and mutagen drops padding."""
    path = full(".wma")
    content = bytearray(path.read_bytes())
    offset = content.index(bytes.fromhex("74d40618dfca0945a4ba9aabcb96aae8")) + 24
    content[offset : offset + len(hidden)] = hidden
    path.write_bytes(content)
    assert_left_untouched(path, "more than it says")


@pytest.mark.parametrize("change_of_size", [-30, -1, 1, 5000])
def test_an_extension_of_the_asf_header_with_a_wrong_size(full: Callable[[str], Path], change_of_size: int) -> None:
    path = full(".wma")
    content = bytearray(path.read_bytes())
    offset = content.index(bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365")) + 24 + 18
    (size,) = struct.unpack_from("<I", content, offset)
    struct.pack_into("<I", content, offset, size + change_of_size)
    path.write_bytes(content)
    with pytest.raises((WriteRefused, TagReadError)):
        make_plan(1, path, WANTED)
    assert path.read_bytes() == bytes(content)


def damaged_pages(path: Path) -> int:
    content, found = path.read_bytes(), 0
    with path.open("rb") as stream:
        for page in pages(stream):
            one = bytearray(content[page.start - len(page.lacing) - PAGE_HEADER : page.end])
            noted = bytes(one[CHECKSUM])
            one[CHECKSUM] = bytes(4)
            found += checksum(one) != noted
    return found


@pytest.mark.parametrize("suffix", [".ogg", ".opus", ".oga", ".spx"])
@pytest.mark.parametrize("longer", [9_000, 200_000])
def test_an_ogg_page_with_a_wrong_checksum_gets_no_right_one(
    full: Callable[[str], Path], suffix: str, longer: int
) -> None:
    """Players pass over such a page. With many more comments its number changes, and it must not look whole then."""
    path = full(suffix)
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    sound = audio_digest(path)
    outcome = apply_plan(make_plan(1, path, {"grouping": ["x" * longer]}))
    assert damaged_pages(path) == 1
    assert audio_digest(path) == sound
    assert outcome is not None and outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == bytes(content)


@pytest.mark.parametrize("suffix", [".ogg", ".opus", ".oga", ".spx"])
def test_a_page_of_comments_with_a_wrong_checksum_is_left_alone(full: Callable[[str], Path], suffix: str) -> None:
    path = full(suffix)
    content = bytearray(path.read_bytes())
    content[content.index(b"SOME_OTHER_PROGRAM=its")] ^= 1
    path.write_bytes(content)
    assert_left_untouched(path, "checksum")


@pytest.mark.parametrize("suffix", [".ogg", ".opus", ".oga", ".spx"])
def test_pages_behind_something_that_is_none_are_not_numbered_anew(full: Callable[[str], Path], suffix: str) -> None:
    """Players look for the next page; what renumbers the pages would stop there. Behind the last page it may be."""
    path = full(suffix)
    content = path.read_bytes()
    last = content.rindex(b"OggS")
    path.write_bytes(content[:last] + b"junk" + content[last:])
    with pytest.raises(WriteRefused, match="damaged"):
        make_plan(1, path, {"grouping": ["x" * 200_000]})
    apply_plan(make_plan(1, path, {"mood": ["calm"]}))
    assert path.read_bytes().endswith(b"junk" + content[last:])
    path.write_bytes(content + b"junk")
    assert make_plan(1, path, {"mood": ["calm"]}).changes
