"""What an edit does not name keeps its bytes and its order, whatever it is: frames, comments and items at random."""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

import mutagen.apev2
import mutagen.id3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pemr_desktop.tagfiles.containers.ogg_headers import header_pages, header_splices
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.formats.ape_block import find_block
from pemr_desktop.tagfiles.formats.id3_frames import pack_size
from pemr_desktop.tagfiles.formats.id3_location import find_locations
from pemr_desktop.tagfiles.formats.vorbis_block import read_block
from pemr_desktop.tagfiles.opening import open_tags
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.splices import SplicedFile
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes

Sample = Callable[[str], Path]
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

LONG_IDS = ("TDRC", "TIT2", "TPE1", "COMM", "TXXX", "PRIV", "POPM", "XYZW", "TYER", "WOAR", "UFID", "TDAT", "RVA2")
SHORT_IDS = ("TT2", "TP1", "COM", "TXX", "XYZ", "POP", "TYE", "WAR", "UFI")
bodies = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"\3Oct 3, 1995", b"\02012/02/04", b"\1\xff\xfeG\0", b"\x4dodd", b"\0engdesc\0text", b"\0a\0b\0a"]
    ),
)


def frame(version: int, name: str, body: bytes) -> bytes:
    if version == 2:
        return name.encode() + len(body).to_bytes(3, "big") + body
    size = pack_size(len(body)) if version == 4 else len(body).to_bytes(4, "big")
    return name.encode() + size + b"\0\0" + body


def block(version: int, frames: list[bytes], padding: int) -> bytes:
    data = b"".join(frames) + bytes(padding)
    return b"ID3" + bytes([version, 0, 0]) + pack_size(len(data)) + data


def frames_of(path: Path) -> list[bytes]:
    with path.open("rb") as stream:
        found = open_tags(stream, path).block
    return [one.raw for one in found.frames]


def without_tags(path: Path) -> bytes:
    mutagen.id3.delete(path)
    return path.read_bytes()


@st.composite
def id3_blocks(draw: st.DrawFn) -> tuple[int, list[bytes], int]:
    version = draw(st.sampled_from([2, 3, 4]))
    names = st.sampled_from(SHORT_IDS if version == 2 else LONG_IDS)
    every = draw(st.lists(st.tuples(names, bodies), min_size=1, max_size=9))
    return version, [frame(version, *one) for one in every], draw(st.sampled_from([0, 5, 300]))


def test_frames_of_any_content_survive_an_edit_to_the_byte(sample: Sample) -> None:
    path = sample(".mp3")
    sound = without_tags(path)

    @few
    @given(id3_blocks())
    def survive(made: tuple[int, list[bytes], int]) -> None:
        version, frames, padding = made
        original = block(version, frames, padding) + sound
        path.write_bytes(original)
        outcome = apply_plan(make_plan(1, path, {"genre": ["Jazz"], "mood": ["calm"]}, mode="replace"))
        after = frames_of(path)
        assert after[: len(frames)] == frames and len(after) == len(frames) + 2
        assert path.read_bytes()[3] == version
        assert read_tags(path).fields["genre"] == ("Jazz",)
        assert outcome is not None and outcome.restore is not None
        restore_bytes(path, outcome.restore, outcome.before_digest)
        assert path.read_bytes() == original

    survive()


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".dsf", ".dff"])
@pytest.mark.parametrize("version", [2, 3, 4])
def test_frames_in_a_chunk_survive_an_edit_to_the_byte(sample: Sample, suffix: str, version: int) -> None:
    path = sample(suffix)
    apply_plan(make_plan(1, path, {"mood": ["calm"]}))
    with path.open("rb") as stream:
        place = find_locations(stream, {".wav": "riff", ".aiff": "aiff", ".dsf": "dsf", ".dff": "dsdiff"}[suffix])[0]
    names = SHORT_IDS if version == 2 else LONG_IDS
    frames = [frame(version, name, b"\0" + bytes(range(65, 65 + number))) for number, name in enumerate(names)]
    size = place.end - place.start
    made = block(version, frames, size - 10 - sum(map(len, frames)))
    assert len(made) == size
    content = path.read_bytes()
    path.write_bytes(content[: place.start] + made + content[place.end :])
    apply_plan(make_plan(1, path, {"genre": ["x" * 5000]}, mode="replace"))
    assert frames_of(path)[: len(frames)] == frames


@pytest.mark.parametrize("text", ["Oct 3, 1995", "2012/02/04", "1995-13-45", "", "199", "5. Mai"])
@pytest.mark.parametrize("version", [3, 4])
def test_a_date_that_is_none_survives(sample: Sample, text: str, version: int) -> None:
    path = sample(".mp3")
    odd = frame(version, "TDRC", b"\0" + text.encode())
    path.write_bytes(block(version, [odd], 0) + without_tags(path))
    apply_plan(make_plan(1, path, {"genre": ["Jazz"]}))
    assert odd in path.read_bytes()
    assert read_tags(path).fields.get("date", ("",)) == (text,)


def flagged(version: int, flags: int, body: bytes) -> bytes:
    made = frame(version, "TIT2", body)
    return made[:8] + flags.to_bytes(2, "big") + made[10:]


@pytest.mark.parametrize(
    ("version", "flags", "body"),
    [
        (3, 0x0080, struct.pack(">I", 9) + b"not deflated"),
        (3, 0x0040, b"\x01secret"),
        (3, 0x0020, b"\x07\0grouped"),
        (4, 0x0008, b"not deflated"),
        (4, 0x0004, b"\x01secret"),
        (4, 0x0040, b"\x07\3grouped"),
        (4, 0x0003, struct.pack(">I", 9) + b"\1\xff\0\xfeG\0"),
        (4, 0xFFFF, b"anything"),
    ],
)
def test_compressed_encrypted_and_grouped_frames_survive(sample: Sample, version: int, flags: int, body: bytes) -> None:
    path = sample(".mp3")
    odd = flagged(version, flags, body)
    path.write_bytes(block(version, [odd, frame(version, "TALB", b"\0An album")], 20) + without_tags(path))
    apply_plan(make_plan(1, path, {"genre": ["Jazz"]}))
    assert frames_of(path)[0] == odd
    assert read_tags(path).fields["album"] == ("An album",)


def test_a_block_with_extended_header_and_checksum_is_written_with_a_true_one(sample: Sample) -> None:
    import zlib

    path = sample(".mp3")
    title = frame(3, "TIT2", b"\0T")
    extended = struct.pack(">IHII", 10, 0x8000, 20, zlib.crc32(title))
    body = extended + title + bytes(20)
    path.write_bytes(b"ID3\3\0\x40" + pack_size(len(body)) + body + without_tags(path))
    apply_plan(make_plan(1, path, {"album": ["An album with a long name"]}))
    content = path.read_bytes()
    size, _, padding, crc = struct.unpack(">IHII", content[10:24])
    total = int.from_bytes(content[8:9], "big") << 7 | content[9]
    frames = content[24 : 10 + total - padding]
    assert size == 10 and frames.startswith(title) and crc == zlib.crc32(frames)
    assert read_tags(path).fields == {"title": ("T",), "album": ("An album with a long name",)}


def test_a_block_with_a_footer_keeps_it(sample: Sample) -> None:
    path = sample(".mp3")
    title = frame(4, "TIT2", b"\3T")
    head = b"\4\0\x10" + pack_size(len(title))
    path.write_bytes(b"ID3" + head + title + b"3DI" + head + without_tags(path))
    apply_plan(make_plan(1, path, {"genre": ["Jazz"]}))
    content = path.read_bytes()
    end = 10 + content[9]
    assert content[end : end + 3] == b"3DI" and content[end + 3 : end + 10] == content[3:10]
    assert read_tags(path).fields == {"title": ("T",), "genre": ("Jazz",)}


@pytest.mark.parametrize("padding", [10, 400])
def test_what_lies_behind_padding_stays_there(sample: Sample, padding: int) -> None:
    path = sample(".mp3")
    title = frame(3, "TIT2", b"\0T")
    data = title + bytes(padding) + b"left over by another program"
    path.write_bytes(b"ID3\3\0\0" + pack_size(len(data)) + data + without_tags(path))
    apply_plan(make_plan(1, path, {"genre": ["Jazz"]}))
    assert b"left over by another program" in path.read_bytes()
    assert read_tags(path).fields == {"title": ("T",), "genre": ("Jazz",)}


@pytest.mark.parametrize("version", [3, 4])
def test_frames_with_sizes_of_the_other_version_are_read_and_stay(sample: Sample, version: int) -> None:
    """iTunes wrote plain sizes into ID3v2.4, others packed ones into 2.3."""
    path = sample(".mp3")
    other = {3: 4, 4: 3}[version]
    frames = [frame(other, "TIT2", b"\0" + b"t" * 300), frame(other, "TALB", b"\0Album")]
    path.write_bytes(block(version, frames, 50) + without_tags(path))
    apply_plan(make_plan(1, path, {"genre": ["x" * 500]}))
    assert frames_of(path)[:2] == frames
    assert read_tags(path).fields == {"title": ("t" * 300,), "album": ("Album",), "genre": ("x" * 500,)}


def test_two_blocks_before_the_sound_stay_both(sample: Sample) -> None:
    path = sample(".mp3")
    second = block(3, [frame(3, "TALB", b"\0Second"), frame(3, "TPE1", b"\0Artist")], 30)
    path.write_bytes(block(4, [frame(4, "TALB", b"\0First")], 30) + second + without_tags(path))
    assert read_tags(path).fields == {"album": ("First",), "artist": ("Artist",)}
    apply_plan(make_plan(1, path, {"genre": ["x" * 2000]}))
    assert second in path.read_bytes()
    assert read_tags(path).fields["artist"] == ("Artist",)


comments = st.lists(
    st.one_of(
        st.binary(max_size=30).filter(lambda raw: not raw.upper().startswith((b"GENRE=", b"MOOD="))),
        st.sampled_from([b"DATE=Oct 3, 1995", b"title=x", b"TITLE=y", b"T\xe9l=v", b"=v", b"no equals", b"A=\xff\xfe"]),
    ),
    max_size=9,
)


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".opus", ".spx"])
def test_comments_of_any_content_survive_an_edit_to_the_byte(sample: Sample, suffix: str) -> None:
    original = sample(suffix)
    key = {".flac": "flac", ".ogg": "ogg/vorbis", ".opus": "ogg/opus", ".spx": "ogg/speex"}[suffix]

    @few
    @given(comments, st.sampled_from([10, 70_000]))
    def survive(raw: list[bytes], longer: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / original.name
            path.write_bytes(with_raw_comments(original, key, raw))
            before = path.read_bytes()
            outcome = apply_plan(make_plan(1, path, {"genre": ["g" * longer], "mood": ["calm"]}))
            with path.open("rb") as stream:
                assert read_block(stream, key)[1] == [*raw, b"GENRE=" + b"g" * longer, b"MOOD=calm"]
            assert outcome is not None and outcome.restore is not None
            restore_bytes(path, outcome.restore, outcome.before_digest)
            assert path.read_bytes() == before

    survive()


def with_raw_comments(path: Path, key: str, raw: list[bytes]) -> bytes:
    data = struct.pack("<I4sI", 4, b"Made", len(raw))
    data += b"".join(struct.pack("<I", len(comment)) + comment for comment in raw)
    content = path.read_bytes()
    if key == "flac":
        assert content[4] == 0
        head = bytes([4]) + len(data).to_bytes(3, "big")
        return content[:42] + head + data + bytes([0x81]) + bytes(3) + sound_of_flac(content)
    magic = {"ogg/vorbis": b"\x01vorbis", "ogg/opus": b"OpusHead", "ogg/speex": b"Speex   "}[key]
    start = {"ogg/vorbis": b"\x03vorbis", "ogg/opus": b"OpusTags", "ogg/speex": b""}[key]
    stream = io.BytesIO(content)
    found = header_pages(stream, magic, 2 if key == "ogg/vorbis" else 1)
    assert found is not None
    packet = start + data + (b"\1" if key == "ogg/vorbis" else b"")
    return SplicedFile(stream, header_splices(stream, found, (packet, *found.packets[1:]))).read()


def sound_of_flac(content: bytes) -> bytes:
    position = 4
    while True:
        last, size = content[position] & 0x80, int.from_bytes(content[position + 1 : position + 4], "big")
        position += 4 + size
        if last:
            return content[position:]


items = st.lists(
    st.tuples(st.sampled_from(["Title", "TITLE", "Odd Key", "Year", "X", "Cover Art (Front)"]), st.binary(max_size=30)),
    max_size=8,
)


def test_ape_items_of_any_content_survive_an_edit_to_the_byte(sample: Sample) -> None:
    path = sample(".ape")
    mutagen.apev2.delete(path)
    sound = path.read_bytes()

    @few
    @given(items, st.sampled_from([0, 2, 4, 6]), st.booleans())
    def survive(every: list[tuple[str, bytes]], kind: int, has_header: bool) -> None:
        raw = [struct.pack("<II", len(value), kind) + key.encode() + b"\0" + value for key, value in every]
        size, flags = sum(map(len, raw)) + 32, 0x8000_0000 if has_header else 0

        def head(more: int) -> bytes:
            return b"APETAGEX" + struct.pack("<IIII", 2000, size, len(raw), flags | more) + bytes(8)

        original = sound + (head(0x2000_0000) if has_header else b"") + b"".join(raw) + head(0)
        path.write_bytes(original)
        outcome = apply_plan(make_plan(1, path, {"genre": ["Jazz"]}))
        with path.open("rb") as stream:
            after = [item.raw for item in find_block(stream).items]
        assert after[:-1] == raw
        assert path.read_bytes().startswith(sound)
        assert outcome is not None and outcome.restore is not None
        restore_bytes(path, outcome.restore, outcome.before_digest)
        assert path.read_bytes() == original

    survive()
