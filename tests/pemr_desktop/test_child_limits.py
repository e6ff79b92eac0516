"""Children that parse are held to their limits, and a busy machine or a slow disk costs no file."""

from __future__ import annotations

import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pemr_desktop.child_limits import TOO_LATE
from pemr_desktop.library.scanning.file_reading import ToRead
from pemr_desktop.library.scanning.read_pool import read_files
from pemr_desktop.library.scanning.read_process import TOO_LARGE
from pemr_desktop.ui.artwork.process import square_pixels

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the system has no such limit")

PEAK = """
import resource, sys
from pathlib import Path
from pemr_desktop.child_limits import limit_memory
{set_up}
limit_memory(384)
{work}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@linux_only
def test_more_memory_than_allowed_is_refused_and_less_is_not() -> None:
    script = "from pemr_desktop.child_limits import limit_memory; limit_memory(100); {}"
    fine = subprocess.run([sys.executable, "-c", script.format("a = bytes(50 << 20)")], capture_output=True)
    too_much = subprocess.run([sys.executable, "-c", script.format("a = bytes(200 << 20)")], capture_output=True)
    assert fine.returncode == 0, fine.stderr
    assert b"MemoryError" in too_much.stderr


def test_only_the_processor_counts() -> None:
    script = "import time; from pemr_desktop.child_limits import Patience; p = Patience(); p.start(); p.allow(0.5); "
    waited = subprocess.run([sys.executable, "-c", script + "time.sleep(2)"])
    assert waited.returncode == 0
    begun = time.monotonic()
    computed = subprocess.run([sys.executable, "-c", script + "\nwhile True: pass"], timeout=60)
    assert computed.returncode == TOO_LATE
    assert time.monotonic() - begun < 60


def bomb(path: Path) -> Path:
    """An MP3 of a few hundred kB whose compressed title is 600 MB long."""
    packed = zlib.compressobj(9)
    body = packed.compress(b"\x03")
    for _ in range(600):
        body += packed.compress(b"a" * (1 << 20))
    body += packed.flush()

    def syncsafe(number: int) -> bytes:
        return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))

    frame = b"TIT2" + syncsafe(len(body) + 4) + b"\x00\x09" + syncsafe(600 << 20 & 0xFFFFFFF) + body
    sound = path.read_bytes()
    path.write_bytes(b"ID3\x04\x00\x00" + syncsafe(len(frame)) + frame + sound[sound.index(b"\xff\xfb") :])
    return path


@linux_only
def test_a_tag_that_fills_the_memory_costs_one_file(tmp_path: Path, make_audio: Callable[..., Path]) -> None:
    good = make_audio(tmp_path / "good.flac", seconds=1)
    bad = bomb(make_audio(tmp_path / "bad.mp3", seconds=1))
    files = [ToRead(1, path.name.encode(), path, None) for path in (good, bad, good)]
    readings = list(read_files(files, lambda: False, 1))
    assert [reading.reason or "" for reading in readings][::2] == ["", ""]
    assert readings[1].track is None or readings[1].track.tags.fields.get("title") is None
    if readings[1].track is None:
        assert readings[1].reason in (TOO_LARGE,) or "ended the reading process" in readings[1].reason


@linux_only
@pytest.mark.parametrize(("width", "height"), [(100_000, 4), (4, 100_000), (6_000, 100)])
def test_a_picture_of_an_odd_shape_takes_little(tmp_path: Path, width: int, height: int) -> None:
    """Scaled by its short side a picture of 100,000 by 4 would become 64 times as large as it is."""
    set_up = f"""
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
