"""The quick digest belongs to the coded sound: other pages, padding, chunks, atoms and tags do not concern it."""

from __future__ import annotations

import functools
import os
import struct
import tempfile
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import mutagen
import mutagen.flac
import numpy as np
import pytest

from digests_of_0_1_0 import digest_of_0_1_0
from pemr_desktop.tagfiles.containers.ogg import checksum, pages
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.first_quick_digest import first_quick_digests
from pemr_desktop.tagfiles.quick_digest import quick_digest
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes
from sounds import CODECS, melody

LONG_S = 25.0
"""Long enough that the ends that are looked at do not overlap."""
SPEEX_FRAME = 320
"""Samples of a packet."""
PAGED = {"short pages": {"page_duration": "20000"}, "long pages": {"page_duration": "5000000"}}
LAID_OUT: dict[str, dict[str, dict[str, str]]] = {
    ".ogg": PAGED,
    ".opus": PAGED,
    ".spx": PAGED,
    ".oga": PAGED,
    ".m4a": {
        "index first": {"movflags": "faststart"},
        "fragments": {"movflags": "empty_moov+default_base_moof", "frag_duration": "1000000"},
    },
    ".flac": {"by FFmpeg": {}},
    ".mp3": {"without an info frame": {"write_xing": "0"}, "ID3v2.3": {"id3v2_version": "3", "write_id3v1": "1"}},
    ".wav": {"by FFmpeg": {}, "with bext": {"write_bext": "1"}},
    ".aiff": {"by FFmpeg": {}},
    ".wma": {"small packets": {"packet_size": "1600"}},
    ".wv": {"by FFmpeg": {}},
    ".tta": {"by FFmpeg": {}},
    ".aac": {"ID3v2": {"write_id3v2": "1"}},
    ".mka": {"small clusters": {"cluster_time_limit": "200"}, "index first": {"reserve_index_space": "50000"}},
    ".caf": {"by FFmpeg": {}},
    ".w64": {},
    ".au": {"by FFmpeg": {}},
}
ENCODERS = CODECS | {
    ".oga": "flac",
    ".tta": "tta",
    ".aac": "aac",
    ".mka": "flac",
    ".caf": "pcm_s16be",
    ".w64": "pcm_s16le",
    ".au": "pcm_s16be",
}
MUXERS = {
    ".oga": "ogg",
    ".spx": "ogg",
    ".opus": "ogg",
    ".m4a": "mp4",
    ".aac": "adts",
    ".wma": "asf",
    ".mka": "matroska",
}
DATA = Path(__file__).parent / "data"
VARIANTS = [(suffix, name) for suffix, layouts in LAID_OUT.items() for name in layouts]


@functools.cache
def encoded(suffix: str, seed: int) -> bytes:
    """A real file of that format."""
    if suffix == ".spx":  # which PyAV does not encode
        return speex(seed)
    rate = 48_000 if suffix == ".opus" else 22_050
    layout = "stereo" if suffix == ".ogg" else "mono"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        with av.open(str(path), "w", format=MUXERS.get(suffix)) as container:
            stream = container.add_stream(ENCODERS[suffix], rate=rate, layout=layout)
            assert isinstance(stream, av.AudioStream)
            stream.codec_context.options = {"strict": "experimental"}
            stream.bit_rate = 128_000
            samples = np.repeat(np.atleast_2d(melody(LONG_S, rate, seed=seed)), 1 + (layout == "stereo"), axis=0)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
            resampler = av.AudioResampler(stream.format, layout, rate, frame_size=stream.frame_size or 1024)
            for ready in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(stream.encode(ready))
            container.mux([packet for packet in stream.encode(None) if packet.size])
        return path.read_bytes()


def speex(seed: int, packets_per_page: int = 50) -> bytes:
    """Packets of no sound that anybody could decode, behind the headers of a real file."""
    draw = np.random.default_rng(seed)
    with (DATA / "empty.spx").open("rb") as stream:
        first, comments = islice(pages(stream), 2)
        stream.seek(0)
        made = stream.read(comments.end)
    sound = [draw.bytes(int(draw.integers(60, 100))) for _ in range(2_500)]
    for number, start in enumerate(range(0, len(sound), packets_per_page)):
        packets = sound[start : start + packets_per_page]
        granule = (start + len(packets)) * SPEEX_FRAME
        head = struct.pack("<4sBBQII4xB", b"OggS", 0, 0, granule, first.serial, number + 2, len(packets))
        page = bytearray(head + bytes(map(len, packets)) + b"".join(packets))
        page[22:26] = checksum(page)
        made += page
    return made


def laid_out_anew(path: Path, options: dict[str, str], tags: dict[str, str]) -> Path:
    """The same packets, muxed once more by FFmpeg with these options and tags."""
    made = path.with_stem("anew")
    if path.suffix == ".spx":  # which PyAV does not mux
        made.write_bytes(speex(1, packets_per_page=1 if options == PAGED["short pages"] else 255))
        return made
    name = MUXERS.get(path.suffix)
    with av.open(str(path)) as source, av.open(str(made), "w", format=name, options=options) as target:
        target.metadata.update(tags)
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return made


@pytest.fixture
def long(tmp_path: Path) -> Callable[..., Path]:
    """`long(".ogg", seed=1)` -> a file of 25 seconds."""

    def make(suffix: str, seed: int = 1, name: str = "song") -> Path:
        path = tmp_path / f"{name}{suffix}"
        path.write_bytes(encoded(suffix, seed))
        return path

    return make


@pytest.mark.parametrize(("suffix", "layout"), VARIANTS)
def test_another_layout_of_the_container_is_the_same_sound(long: Callable[..., Path], suffix: str, layout: str) -> None:
    path = long(suffix)
    anew = laid_out_anew(path, LAID_OUT[suffix][layout], {"title": "Something else", "comment": "x" * 9_000})
    assert anew.read_bytes() != path.read_bytes()
    assert quick_digest(anew) == quick_digest(path)


@pytest.mark.parametrize("suffix", LAID_OUT)
def test_other_sound_of_the_same_length_is_another(long: Callable[..., Path], suffix: str) -> None:
    assert quick_digest(long(suffix, seed=1)) != quick_digest(long(suffix, seed=2, name="other"))


@pytest.mark.parametrize("suffix", LAID_OUT)
def test_a_file_that_lacks_its_end_is_another(long: Callable[..., Path], suffix: str) -> None:
    path = long(suffix)
    before = quick_digest(path)
    os.truncate(path, path.stat().st_size * 2 // 3)
    assert quick_digest(path) != before


@pytest.mark.parametrize("suffix", [".ogg", ".opus", ".spx", ".oga", ".m4a", ".flac", ".mp3", ".wav", ".aiff", ".wma"])
@pytest.mark.parametrize("letters", [3, 3_000, 70_000])
def test_our_own_writer_leaves_it(long: Callable[..., Path], suffix: str, letters: int) -> None:
    path = long(suffix)
    before = quick_digest(path)
    outcome = apply_plan(make_plan(1, path, {"grouping": ["x" * letters]}))
    assert quick_digest(path) == before
    assert outcome is not None and outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert quick_digest(path) == before


@pytest.mark.parametrize("padding", [0, 10, 5_000, 300_000])
@pytest.mark.parametrize("suffix", [".ogg", ".opus", ".oga", ".m4a", ".flac", ".mp3", ".wav", ".aiff", ".wma"])
def test_the_padding_of_other_programs_leaves_it(long: Callable[..., Path], suffix: str, padding: int) -> None:
    path = long(suffix)
    before = quick_digest(path)
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file.save(padding=lambda info: padding)
    assert quick_digest(path) == before


COLLECTED = (".tak", ".ofr", ".ape", ".mpc", ".dsf", ".dff", ".wv", ".spx")


@pytest.mark.parametrize("suffix", COLLECTED)
def test_blocks_at_either_end_leave_it(sample: Callable[[str], Path], suffix: str) -> None:
    path = sample(suffix)
    before = quick_digest(path)
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file.save()
    assert quick_digest(path) == before
    if suffix not in (".dsf", ".dff", ".spx"):
        path.write_bytes(b"ID3\x04\0\0\0\0\x10\0" + bytes(2048) + path.read_bytes() + b"TAG" + bytes(125))
        assert quick_digest(path) == before


def with_chunk_first(data: bytes, order: str, name: bytes, content: bytes) -> bytes:
    """A chunk put before all others of a RIFF or FORM file."""
    made = data[:12] + name + struct.pack(f"{order}I", len(content)) + content + data[12:]
    return made[:4] + struct.pack(f"{order}I", len(made) - 8) + made[8:]


@pytest.mark.parametrize(("suffix", "order", "name"), [(".wav", "<", b"JUNK"), (".aiff", ">", b"ANNO")])
def test_other_chunks_leave_it(long: Callable[..., Path], suffix: str, order: str, name: bytes) -> None:
    path = long(suffix)
    before = quick_digest(path)
    path.write_bytes(with_chunk_first(path.read_bytes(), order, name, bytes(5_000)))
    assert quick_digest(path) == before


def test_the_longer_form_of_a_wave_header_says_the_same(long: Callable[..., Path]) -> None:
    path = long(".wav")
    before = quick_digest(path)
    data = path.read_bytes()
    place = data.index(b"fmt ")
    (size,) = struct.unpack_from("<I", data, place + 4)
    plain = data[place + 8 : place + 24]
    guid = plain[:2] + bytes.fromhex("000000001000800000aa00389b71")
    extensible = b"\xfe\xff" + plain[2:] + struct.pack("<HHI", 22, 16, 4) + guid
    longer = data[:place] + b"fmt " + struct.pack("<I", len(extensible)) + extensible + data[place + 8 + size :]
    path.write_bytes(longer[:4] + struct.pack("<I", len(longer) - 8) + longer[8:])
    assert mutagen.File(path).info.channels == 1
    assert quick_digest(path) == before


def test_zeros_around_the_frames_leave_it(long: Callable[..., Path]) -> None:
    path = long(".mp3")
    before = quick_digest(path)
    apply_plan(make_plan(1, path, {"title": ["T"]}))
    path.write_bytes(path.read_bytes() + bytes(3_000))
    assert quick_digest(path) == before


def test_the_tables_of_a_flac_file_leave_it(long: Callable[..., Path]) -> None:
    path = long(".flac")
    before = quick_digest(path)
    file = mutagen.flac.FLAC(path)
    picture = mutagen.flac.Picture()
    picture.data, picture.mime = bytes(200_000), "image/png"
    file.add_picture(picture)
    file.save()
    assert quick_digest(path) == before


@pytest.mark.parametrize("suffix", [".ogg", ".opus", ".spx", ".oga"])
@pytest.mark.parametrize("layout", PAGED)
def test_what_0_1_0_made_of_other_pages_is_known_again(long: Callable[..., Path], suffix: str, layout: str) -> None:
    path = long(suffix)
    stored = digest_of_0_1_0(path)
    for present in (path, laid_out_anew(path, PAGED[layout], {"title": "x" * 5_000})):
        with present.open("rb") as stream:
            assert stored in first_quick_digests(stream, sniff(stream))
    with long(suffix, seed=2, name="other").open("rb") as stream:
        assert stored not in first_quick_digests(stream, sniff(stream))


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".m4a", ".wav", ".aiff", ".wma", ".wv"])
def test_what_0_1_0_made_of_other_formats_is_known_again(long: Callable[..., Path], suffix: str) -> None:
    path = long(suffix)
    stored = digest_of_0_1_0(path)
    apply_plan(make_plan(1, path, {"title": ["Another"]}, mode="replace"))
    with path.open("rb") as stream:
        assert first_quick_digests(stream, sniff(stream)) == {stored}
