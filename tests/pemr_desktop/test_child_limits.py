"""Children that parse are held to their limits, and a busy machine or a slow disk costs no file."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from pemr_desktop.analysis.decoding.process import Order as DecodingOrder
from pemr_desktop.child_limits import TOO_LATE
from pemr_desktop.library import queries
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.scanning import read_pool, read_process
from pemr_desktop.library.scanning.file_reading import ToRead, read_content
from pemr_desktop.ui.artwork.messages import ArtworkRequest
from pemr_desktop.ui.artwork.process import square_pixels

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the system has no such limit")

PEAK = """
from pathlib import Path
from pemr_desktop.child_limits import limit_memory
{set_up}
limit_memory(384)
{work}
print(next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
"""Prints MB. `ru_maxrss` would tell of the test run as well: it outlives the exec of a child."""


@linux_only
def test_more_memory_than_allowed_is_refused_and_less_is_not() -> None:
    script = "from pemr_desktop.child_limits import limit_memory; limit_memory(100); {}"
    fine = subprocess.run([sys.executable, "-c", script.format("a = bytes(50 << 20)")], capture_output=True)
    too_much = subprocess.run([sys.executable, "-c", script.format("a = bytes(200 << 20)")], capture_output=True)
    assert fine.returncode == 0, fine.stderr
    assert b"MemoryError" in too_much.stderr


def framed(message: bytes) -> bytes:
    return struct.pack("<I", len(message)) + message


ORDERS = {
    "pemr_desktop.library.scanning.read_process": framed(msgspec.msgpack.encode(read_process.Order([b"/no/file.mp3"]))),
    "pemr_desktop.analysis.decoding.process": msgspec.json.encode(DecodingOrder(b"/no/file.mp3", 16_000, 5.0, 5.0)),
    "pemr_desktop.ui.artwork.process": msgspec.json.encode(ArtworkRequest(1, b"/no/file.mp3", 32)),
}


@pytest.mark.parametrize("module", ORDERS)
def test_a_child_ends_without_a_word_when_whoever_asked_was_killed(module: str) -> None:
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.PIPE
    ) as child:
        os.close(writing)
        os.close(reading)
        _, said = child.communicate(ORDERS[module] + b"\n", timeout=60)
    assert (child.returncode, said) == (0, b"")


def test_only_the_processor_counts() -> None:
    script = "import time; from pemr_desktop.child_limits import Patience; p = Patience(); p.start(); p.allow(0.5); "
    waited = subprocess.run([sys.executable, "-c", script + "time.sleep(2)"])
    assert waited.returncode == 0
    begun = time.monotonic()
    computed = subprocess.run([sys.executable, "-c", script + "\nwhile True: pass"], timeout=60)
    assert computed.returncode == TOO_LATE
    assert time.monotonic() - begun < 60


@linux_only
@pytest.mark.parametrize(("width", "height"), [(100_000, 4), (4, 100_000), (6_000, 100)])
def test_a_picture_of_an_odd_shape_takes_little(tmp_path: Path, width: int, height: int) -> None:
    """Scaled by its short side a picture of 100,000 by 4 would become 64 times as large as it is."""
    set_up = f"""
from pemr_desktop.ui.artwork.messages import ArtworkRequest
from pemr_desktop.ui.artwork.process import square_pixels
from PySide6.QtGui import QImage
image = QImage({width}, {height}, QImage.Format.Format_RGB32); image.fill(255)
image.save({str(tmp_path / "a.png")!r})
del image
encoded = Path({str(tmp_path / "a.png")!r}).read_bytes()
"""
    script = PEAK.format(set_up=set_up, work="square_pixels(encoded, 256)")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 512


def test_what_is_no_picture_of_a_cover_gives_nothing() -> None:
    assert square_pixels(b"\x89PNG\r\n\x1a\n" + bytes(100), 64) == b""


GREEDY = """
from pemr_desktop.library.scanning import read_process
def read_content(path, *more):
    return bytes(600 << 20)
read_process.read_content = read_content
read_process.main()
"""


@linux_only
def test_a_file_that_became_a_bomb_is_not_planned_in_the_worker(
    tmp_path: Path, make_audio: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child asks for more memory than it may have, as a parser does that is told to."""
    path = make_audio(tmp_path / "music" / "a.flac", seconds=1)
    with open_library(tmp_path / "library.sqlite") as library:
        library.add_root(tmp_path / "music")
        library.scan()
        (track,) = library.read(queries.track_ids)
        monkeypatch.setattr(read_pool, "module_command", lambda module: [sys.executable, "-c", GREEDY])
        assert len(library.plan_edits({track: {"genre": ["Jazz"]}}).plans) == 1  # as the scan read it
        path.write_bytes(path.read_bytes() + b" ")
        planned = library.plan_edits({track: {"genre": ["Jazz"]}})
        assert planned.plans == ()
        (why,) = planned.refused.values()
        assert why.code == "tags too large"


def with_id3(path: Path, *frames: bytes) -> Path:
    """An ID3v2.4 block of these frames before a file of music."""
    body = b"".join(frames)
    path.write_bytes(b"ID3\x04\0\0" + packed(len(body)) + body + path.read_bytes())
    return path


def packed(number: int) -> bytes:
    """Seven bits a byte."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def text_frame(content: bytes, flags: bytes = b"\0\0") -> bytes:
    return b"TXXX" + packed(len(content)) + flags + content


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        ((text_frame(packed(1 << 27) + zlib.compress(b"\x03" + bytes(1 << 27)), b"\0\x09"),), "ID3 part swells"),
        ((text_frame(b"\x03a\0b") * 100_001,), "ID3 crowded"),
        ((text_frame(packed(1 << 20) + zlib.compress(b"\x03" + bytes(1 << 20)), b"\0\x09"),), ""),
    ],
    ids=["unpacks into 128 MB", "100,001 frames", "unpacks into 1 MB"],
)
def test_what_is_not_read_of_a_tag_is_said(
    tmp_path: Path, make_audio: Callable[..., Path], frames: tuple[bytes, ...], told: str
) -> None:
    content = read_content(with_id3(make_audio(tmp_path / "a.mp3", seconds=1), *frames))
    assert content.tags is not None and (content.why.code if content.why else "") == told


@linux_only
def test_a_tag_that_needs_too_much_memory_is_not_called_damaged(
    tmp_path: Path, make_audio: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_id3(make_audio(tmp_path / "a.mp3", seconds=1), *[text_frame(b"\x03a\0" + b"b" * (1 << 20))] * 60)
    little = "from pemr_desktop.library.scanning import read_process as p; p.HEADROOM_MB = 64; p.main()"
    child = read_pool.TagChild([sys.executable, "-c", little])
    (reading,) = child.read([ToRead(0, b"", path)])
    child.end()
    child.reap()
    assert reading.track is None and reading.why is not None and reading.why.code == "tags too large"
