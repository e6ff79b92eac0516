"""What is MPEG audio and what only looks like it; streams of Ogg; other forms of MP4; lengths of WAV files."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import mutagen.id3
import mutagen.mp4
import numpy as np
import pytest
from mutagen.ogg import OggPage
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis

from full_files import encode
from pemr_desktop.tagfiles.containers.mpeg_frames import frame_length
from pemr_desktop.tagfiles.containers.ogg import CHECKSUM, checksum
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.digest import audio_digest
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes

Sample = Callable[[str], Path]
READER = {".ogg": OggVorbis, ".opus": OggOpus, ".spx": OggSpeex}
ALIKE = ("program stream", "film", "picture", "video")
NOISE = ("one frame among noise", "sync alone")


def sniffed(path: Path) -> str:
    with path.open("rb") as stream:
        return sniff(stream)


@pytest.fixture
def frames(sample: Sample) -> bytes:
    """An MP3 file's sound."""
    path = sample(".mp3")
    mutagen.id3.delete(path)
    return path.read_bytes()


def test_the_length_of_a_frame_leads_to_the_next(frames: bytes) -> None:
    position, count = 0, 0
    while (length := frame_length(frames[position : position + 4])) and position < len(frames) - 4:
        position += length
        count += 1
    assert count > 20 and position >= len(frames) - 4


@pytest.mark.parametrize("junk", [b"", b"\0" * 900, b"some words", b"\xff\xfb" * 20, b"\xff" * 100])
def test_what_stands_before_the_first_frame_is_passed_over(tmp_path: Path, frames: bytes, junk: bytes) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(junk + frames)
    assert sniffed(path) == "mpeg"


def impostors(frames: bytes) -> dict[str, bytes]:
    pack = b"\0\0\1\xba\x21\0\1\0\1\x80\0\1"
    return {
        "program stream": pack + frames,
        "film": b"\0\0\1\xb3\x16\0\xf0\xc4" + frames,
        "picture": b"FORM" + struct.pack(">I", len(frames) + 4) + b"ILBM" + frames,
        "video": b"RIFF" + struct.pack("<I", len(frames) + 4) + b"AVI " + frames,
        "one frame among noise": bytes(range(200)) + frames[: frame_length(frames[:4])] + bytes(range(250)) * 20,
        "sync alone": b"\xff\xfb\x90\x64" + bytes(range(250)) * 20,
    }


@pytest.mark.parametrize(
    ("kind", "has_id3"), [*((kind, False) for kind in (*ALIKE, *NOISE)), *((kind, True) for kind in ALIKE)]
)
def test_what_only_holds_frames_somewhere_is_never_written_into(
    tmp_path: Path, frames: bytes, kind: str, has_id3: bool
) -> None:
    path = tmp_path / "a.mp3"
    content = impostors(frames)[kind]
    path.write_bytes((b"ID3\3\0\0\0\0\0\x14" + bytes(20) if has_id3 else b"") + content)
    before = path.read_bytes()
    with pytest.raises(TagReadError, match=r"not an audio file|No audio|can only be read here"):
        make_plan(1, path, {"genre": ["Jazz"]})
    assert path.read_bytes() == before


def foreign_stream(serial: int) -> tuple[bytes, bytes]:
    """The first and the second page of a stream that is no sound, such as the picture that FFmpeg makes of a cover."""

    def page(flags: int, number: int, packet: bytes) -> bytes:
        lacing = b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
        head = b"OggS\0" + struct.pack("<BQII4xB", flags, 0, serial, number, len(lacing)) + lacing
        made = bytearray(head + packet)
        made[CHECKSUM] = checksum(made)
        return bytes(made)

    return page(2, 0, b"\x80theora" + bytes(35)), page(0, 1, b"\x81theora" + bytes(600))


@pytest.mark.parametrize("suffix", [".ogg", ".opus", ".spx"])
@pytest.mark.parametrize("longer", [10, 70_000, 300_000])
def test_the_first_stream_of_sound_counts(sample: Sample, suffix: str, longer: int) -> None:
    path = sample(suffix)
    plain = read_tags(path)
    content = path.read_bytes()
    second = content.index(b"OggS", 4)
    first_of_other, second_of_other = foreign_stream(77)
    path.write_bytes(first_of_other + content[:second] + second_of_other + content[second:])
    read = read_tags(path)
    assert (read.format, read.fields, read.duration_s) == (plain.format, plain.fields, plain.duration_s)
    before, sound = path.read_bytes(), audio_digest(path)
    outcome = apply_plan(make_plan(1, path, {"grouping": ["x" * longer]}))
    assert audio_digest(path) == sound
    assert first_of_other in path.read_bytes() and second_of_other in path.read_bytes()
    assert READER[suffix](path)["grouping"] == ["x" * longer]
    assert outcome is not None and outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == before


@pytest.mark.parametrize("end", [b"", bytes(4)])
def test_tags_of_mp4_in_the_form_of_quicktime(sample: Sample, end: bytes) -> None:
    """`meta` without version and flags, and a list that ends with four zero bytes."""
    path = sample(".m4a")
    file = mutagen.mp4.MP4(path)
    file["\xa9nam"] = ["Title"]
    file.save(padding=lambda info: 0)
    content = bytearray(path.read_bytes())
    meta, udta, moov = (content.rindex(name) - 4 for name in (b"meta", b"udta", b"moov"))
    del content[meta + 8 : meta + 12]
    stop = udta + struct.unpack_from(">I", content, udta)[0] - 4
    content[stop:stop] = end
    for offset, more in ((meta, -4), (udta, len(end) - 4), (moov, len(end) - 4)):
        struct.pack_into(">I", content, offset, struct.unpack_from(">I", content, offset)[0] + more)
    path.write_bytes(content)
    assert read_tags(path).fields["title"] == ("Title",)
    sound = decoded(path)
    outcome = apply_plan(make_plan(1, path, {"genre": ["x" * 3000]}, mode="replace"))
    assert read_tags(path).fields["genre"] == ("x" * 3000,) and read_tags(path).fields["title"] == ("Title",)
    assert np.array_equal(decoded(path), sound)
    with av.open(str(path)) as container:
        assert container.metadata["title"] == "Title" and container.metadata["genre"] == "x" * 3000
    assert outcome is not None and outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == bytes(content)


def test_numbered_items_of_mp4_are_no_tag_of_ours(sample: Sample) -> None:
    """FFmpeg writes names of its own into a list `keys`, and numbers in the place of names."""
    path = sample(".m4a")
    content = bytearray(path.read_bytes())
    meta, udta, moov = (content.rindex(name) - 4 for name in (b"meta", b"udta", b"moov"))
    keys = struct.pack(">I4sIII4s", 29, b"keys", 0, 1, 13, b"mdta") + b"title"
    value = struct.pack(">I4sII", 21, b"data", 1, 0) + b"Named"
    items = struct.pack(">I4sII", 37, b"ilst", 29, 1) + value
    made = content[meta + 8 : meta + 12] + keys + items
    old = struct.unpack_from(">I", content, meta)[0] - 8
    content[meta + 8 : meta + 8 + old] = made
    for offset in (meta, udta, moov):
        struct.pack_into(">I", content, offset, struct.unpack_from(">I", content, offset)[0] + len(made) - old)
    path.write_bytes(content)
    assert read_tags(path).fields == {}
    sound = decoded(path)
    apply_plan(make_plan(1, path, {"genre": ["Jazz"]}))
    assert read_tags(path).fields == {"genre": ("Jazz",)}
    assert keys + items in path.read_bytes()
    assert np.array_equal(decoded(path), sound)


def decoded(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1)


@pytest.mark.parametrize("encoder", ["adpcm_ima_wav", "adpcm_ms", "pcm_alaw", "pcm_s24le", "pcm_f32le"])
def test_the_length_of_a_wav_that_is_not_plain_pcm(tmp_path: Path, encoder: str) -> None:
    path = encode(tmp_path / "a.wav", encoder, "wav", 22050, 2.0)
    length = read_tags(path).duration_s
    assert length is not None and abs(length - 2.0) < 0.1


def test_a_lone_framing_byte_behind_the_comments_of_speex(sample: Sample) -> None:
    path = sample(".spx")
    with path.open("rb+") as stream:
        OggPage(stream)
        old = OggPage(stream)
        new = OggPage()
        new.packets = [old.packets[0].rstrip(b"\1") + b"\1", *old.packets[1:]]
        new.position, new.serial, new.sequence, new.complete = old.position, old.serial, old.sequence, old.complete
        OggPage.replace(stream, [old], [new])
    apply_plan(make_plan(1, path, {"genre": ["Jazz"]}))
    assert read_tags(path).fields["genre"] == ("Jazz",)
