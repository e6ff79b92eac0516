"""Sound of all kinds that FFmpeg plays: taken in, listened to, never written; films are left out and counted."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from pemr.audio import decode
from pemr_desktop.library import queries
from pemr_desktop.library.library import Library
from pemr_desktop.library.scanning.file_reading import FILM
from pemr_desktop.library.scanning.scanner import ScanOutcome
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.errors import TagFileError

RATE = 48_000
KINDS = {
    "a.mka": ("libopus", "Matroska", {}),
    "b.mka": ("libmp3lame", "Matroska", {}),
    "a.webm": ("libopus", "WebM", {}),
    "a.caf": ("pcm_s16be", "Core Audio", {}),
    "a.au": ("pcm_s16be", "Sun audio", {}),
    "a.w64": ("pcm_s16le", "Wave64", {}),
    "a.wav": ("pcm_s16le", "RF64", {"rf64": "always"}),
    "a.avi": ("libmp3lame", "AVI", {}),
    "a.flv": ("aac", "Flash Video", {}),
    "a.mts": ("aac", "MPEG transport stream", {}),
    "a.voc": ("pcm_u8", "Creative Voice", {}),
}


def write(
    path: Path, codec: str, options: dict[str, str] | None = None, *, film: str = "", tags: dict[str, str] | None = None
) -> Path:
    """Two seconds of a tone; `film`: with moving pictures in this codec."""
    path.parent.mkdir(parents=True, exist_ok=True)
    muxer = {".mts": "mpegts", ".mka": "matroska"}.get(path.suffix)
    tone = (0.3 * np.sin(np.arange(2 * RATE) * 2 * np.pi * 440 / RATE)).astype(np.float32)[None]
    with av.open(str(path), "w", format=muxer, container_options=options or {}) as container:
        container.metadata.update(tags or {})
        pictures = container.add_stream(film, rate=25, width=64, height=48, pix_fmt="yuv420p") if film else None
        rate = 44_100 if path.suffix == ".flv" else RATE
        stream = container.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = 128_000
        resampler = av.AudioResampler(stream.format, "mono", rate, frame_size=stream.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate = RATE
        if isinstance(pictures, av.VideoStream):
            for number in range(10):
                picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 20, np.uint8), format="rgb24")
                container.mux(pictures.encode(picture))
            container.mux(pictures.encode(None))
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_we_do_not_write_is_read_and_heard_and_no_edit_is_planned(
    library: Library, music: Path, name: str
) -> None:
    codec, form, options = KINDS[name]
    path = write(music / name, codec, options)
    library.add_root(music)
    assert library.scan() == ScanOutcome(found=1, added=1)
    (row,) = library.read(queries.rows, library.read(queries.track_ids))
    assert row.format == form
    assert row.duration_s is not None and abs(row.duration_s - 2) < 0.15
    assert abs(len(decode(path, 16_000)) / 16_000 - 2) < 0.15
    before = path.read_bytes()
    with pytest.raises(TagFileError, match="can only be read here, not written"):
        make_plan(row.id, path, {"genre": ["Jazz"]})
    (refused,) = library.plan_edits({row.id: {"genre": ["Jazz"]}}).refused.values()
    assert "can only be read here" in refused.message
    assert path.read_bytes() == before
    assert library.scan() == ScanOutcome(found=1)


def test_its_tags_are_read(library: Library, music: Path) -> None:
    said = {"title": "So What", "artist": "Miles Davis", "album": "Kind of Blue", "genre": "Jazz", "date": "1959"}
    write(music / "a.mka", "libopus", tags=said)
    library.add_root(music)
    library.scan()
    (row,) = library.read(queries.rows, library.read(queries.track_ids))
    assert (row.title, row.artist, row.album, row.genres, row.year) == (
        "So What", "Miles Davis", "Kind of Blue", ("Jazz",), 1959
    )  # fmt: skip


def test_what_came_out_of_a_pipe_has_a_length(library: Library, music: Path) -> None:
    write(music / "a.mka", "libopus", {"live": "1"})
    library.add_root(music)
    library.scan()
    (row,) = library.read(queries.rows, library.read(queries.track_ids))
    assert row.duration_s is not None and abs(row.duration_s - 2) < 0.15


@pytest.mark.parametrize(
    ("name", "codec", "film"),
    [
        ("a.mkv", "libopus", "mpeg4"),
        ("a.mp4", "aac", "mpeg4"),
        ("a.mpg", "mp2", "mpeg2video"),
        ("a.wmv", "wmav2", "wmv2"),
    ],
)
def test_a_film_is_left_out_counted_and_listed_until_it_is_wanted(
    library: Library, music: Path, name: str, codec: str, film: str
) -> None:
    write(music / name, codec, film=film)
    library.add_root(music)
    assert library.scan() == ScanOutcome(found=1, left_out=1)
    assert [problem.reason for problem in library.read(queries.problems)] == [FILM.message]
    assert library.scan() == ScanOutcome(found=1, left_out=1)
    assert library.scan(films=True) == ScanOutcome(found=1, added=1)
    assert library.read(queries.problems) == []
    assert library.scan() == ScanOutcome(found=1)


def test_damage_in_such_a_file_is_a_sentence(library: Library, music: Path) -> None:
    music.mkdir(exist_ok=True)
    (music / "a.mka").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 8)
    (music / "a.au").write_bytes(b".snd" + struct.pack(">5I", 24, 0, 99, 0, 0))
    library.add_root(music)
    assert library.scan() == ScanOutcome(found=2, problems=2)
    assert {problem.reason for problem in library.read(queries.problems)} <= {
        "It is damaged and cannot be read.", "No sound was found in it."
    }  # fmt: skip
