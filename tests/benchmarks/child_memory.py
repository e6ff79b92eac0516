"""The largest memory of the processes that parse, on files that were made to fill it.

    python tests/benchmarks/child_memory.py [FOLDER]

Each file goes through a fresh tag child, and through a fresh child for covers, as a scan and the window start them.
Printed are the peak of the resident memory (VmHWM, MB), seconds of the processor, and what a person is told. The peak
has to stay under 512 MB. The files are made in FOLDER (kept), or in a temporary one.
"""

from __future__ import annotations

import argparse
import os
import struct
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import msgspec
import numpy as np
from PySide6.QtGui import QImage

from pemr_desktop.library.scanning.file_reading import ToRead
from pemr_desktop.library.scanning.read_pool import TagChild
from pemr_desktop.processes import module_command
from pemr_desktop.ui.artwork.messages import ArtworkAnswer, ArtworkRequest
from sounds import melody, write_audio

ALLOWED_MB = 512
COVER_PX = 256
MADE_RATE = 22_050
BLOCK = 1 << 24


class Peak(NamedTuple):
    """Of one child over one file."""

    memory_mb: int
    processor_s: float
    told: str


def main() -> int:
    """Make the files, run the children, print; 1 when one of them took too much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{'child':<8}{'file':<40}{'size':>9}{'peak':>9}{'processor':>11}  told", flush=True)
        worst = 0
        for name, make in FILES.items():
            path = folder / name
            if not path.exists():
                make(path)
            for child, measured in (("tags", tag_child(path)), ("cover", cover_child(path))):
                worst = max(worst, measured.memory_mb)
                print(
                    f"{child:<8}{name:<40}{path.stat().st_size / 1e6:>6.1f} MB{measured.memory_mb:>6} MB"
                    f"{measured.processor_s:>9.1f} s  {measured.told}",
                    flush=True,
                )
        print(f"largest: {worst} MB, allowed: {ALLOWED_MB} MB")
        return int(worst >= ALLOWED_MB)


def tag_child(path: Path) -> Peak:
    """What a scan's child takes to read it."""
    child = TagChild()
    readings = []
    with watched(lambda: child._process) as peak:
        thread = threading.Thread(target=lambda: readings.extend(child.read([ToRead(0, b"", path)])))
        thread.start()
        while thread.is_alive():
            child.give_up_when_late()
            thread.join(0.05)
        memory_mb, processor_s = peak()
    child.end()
    child.reap()
    (reading,) = readings
    fields = len(reading.track.tags.fields) if reading.track else 0
    said = reading.why.message if reading.why else f"read, {fields} fields"
    return Peak(memory_mb, processor_s, said)


def cover_child(path: Path) -> Peak:
    """What the window's child takes to read its cover."""
    process = subprocess.Popen(
        module_command("pemr_desktop.ui.artwork.process"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None and process.stdout is not None
    with watched(lambda: process) as peak:
        process.stdin.write(msgspec.json.encode(ArtworkRequest(1, os.fsencode(path), COVER_PX)) + b"\n")
        process.stdin.flush()
        told = told_of_cover(process.stdout)
        memory_mb, processor_s = peak()
    process.kill()
    process.wait()
    return Peak(memory_mb, processor_s, told)


def told_of_cover(answers: IO[bytes]) -> str:
    """What came back."""
    line = answers.readline()
    if not line:
        return "the child ended; no cover is shown"
    pixels = msgspec.json.decode(line, type=ArtworkAnswer).pixels
    return "a cover" if pixels else "no cover is shown"


@contextmanager
def watched(process: Callable[[], subprocess.Popen[bytes] | None]):  # type: ignore[no-untyped-def]
    """A function that gives the largest resident memory (MB) and the processor time (s) of the process until then.

    Both are looked at again and again, since the process may end by what it reads.
    """
    peak_kb, ticks, over = [0], [0], threading.Event()

    def look() -> None:
        running = process()
        if running is None:
            return
        try:
            status = Path(f"/proc/{running.pid}/status").read_text()
            times = Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return
        peak_kb[0] = max(
            [peak_kb[0], *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))]
        )
        ticks[0] = max(ticks[0], int(times[11]) + int(times[12]))

    def watch() -> None:
        while not over.wait(0.002):
            look()

    thread = threading.Thread(target=watch)
    thread.start()

    def result() -> tuple[int, float]:
        look()
        return peak_kb[0] // 1024, ticks[0] / os.sysconf("SC_CLK_TCK")

    try:
        yield result
    finally:
        over.set()
        thread.join()


# --- the files


def mp3_with(path: Path, frames: list[bytes] | bytes) -> None:
    """An MP3 with an ID3v2.4 block of these frames in front."""
    body = frames if isinstance(frames, bytes) else b"".join(frames)
    write_audio(path, melody(2.0, MADE_RATE), MADE_RATE)
    sound = path.read_bytes()
    with path.open("wb") as stream:
        stream.write(b"ID3\x04\0\0" + syncsafe(len(body)))
        stream.write(body)
        stream.write(sound)


def syncsafe(number: int) -> bytes:
    """28 bits, seven in a byte."""
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))


def frame(name: bytes, content: bytes, flags: bytes = b"\0\0") -> bytes:
    """A frame of ID3v2.4."""
    return name + syncsafe(len(content)) + flags + content


def deflated(size: int, begin: bytes = b"\x03") -> bytes:
    """A text of so many letters, compressed."""
    packer = zlib.compressobj(9)
    packed = [packer.compress(begin)]
    block = b"A" * BLOCK
    packed += [packer.compress(block) for _ in range(size // BLOCK)]
    return b"".join([*packed, packer.flush()])


def compressed_frame(path: Path) -> None:
    """1.9 MB that become 2 GB of a title."""
    mp3_with(path, frame(b"TIT2", syncsafe(0x0FFF_FFFF) + deflated(2 << 30), b"\0\x09"))


def many_compressed_frames(path: Path) -> None:
    """Each of them becomes 30 MB, which is nothing; there are 200."""
    mp3_with(path, [frame(b"TXXX", syncsafe(30 << 20) + deflated(30 << 20), b"\0\x09")] * 200)


def large_text(path: Path) -> None:
    """One title of 210 MB."""
    mp3_with(path, frame(b"TIT2", b"\x03" + b"A" * (210 << 20)))


def large_texts(path: Path) -> None:
    """210 MB in values of one MB each."""
    mp3_with(path, [frame(b"TXXX", b"\x03" + b"%d\0" % number + b"A" * (1 << 20)) for number in range(210)])


def large_picture(path: Path) -> None:
    """A cover of 210 MB."""
    mp3_with(path, frame(b"APIC", b"\x03image/png\0\x03\0" + png(64, 64) + bytes(210 << 20)))


def many_frames(path: Path) -> None:
    """A million frames of 14 bytes."""
    mp3_with(path, frame(b"TXXX", b"\x03a\0b") * 1_000_000)


def many_names(path: Path) -> None:
    """Half a million frames, each of another name."""
    mp3_with(path, [frame(b"TXXX", b"\x03%d\0b" % number) for number in range(500_000)])


def many_comments(path: Path) -> None:
    """A million comments in a FLAC file."""
    write_audio(path, melody(2.0, MADE_RATE), MADE_RATE)
    data = path.read_bytes()
    comments = struct.pack("<I", 0) + struct.pack("<I", 1_000_000) + b"".join([b"\x03\0\0\0A=b"] * 1_000_000)
    block = bytes([4]) + len(comments).to_bytes(3, "big") + comments
    path.write_bytes(data[:42] + block + data[42:])


def png(width: int, height: int) -> bytes:
    """A picture of one colour, row by row, so that making it takes no memory."""
    packer = zlib.compressobj(9)
    row = b"\0" + bytes(3 * width)
    packed = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def with_picture(picture: Callable[[], bytes]) -> Callable[[Path], None]:
    """An MP3 with this cover."""
    return lambda path: mp3_with(path, frame(b"APIC", b"\x03image/png\0\x03\0" + picture()))


def real_cover() -> bytes:
    """A cover of 3,000 by 3,000 points as JPEG."""
    points = np.random.default_rng(0).integers(0, 256, (30, 30, 4), np.uint8)
    image = QImage(points.tobytes(), 30, 30, QImage.Format.Format_RGB32).scaled(3_000, 3_000)
    with tempfile.TemporaryDirectory() as folder:
        image.save(f"{folder}/a.jpg")
        return Path(f"{folder}/a.jpg").read_bytes()


FILES: dict[str, Callable[[Path], None]] = {
    "plain.mp3": with_picture(real_cover),
    "compressed frame.mp3": compressed_frame,
    "many compressed frames.mp3": many_compressed_frames,
    "210 MB of text.mp3": large_text,
    "210 MB of texts.mp3": large_texts,
    "210 MB of picture.mp3": large_picture,
    "a million frames.mp3": many_frames,
    "half a million names.mp3": many_names,
    "a million comments.flac": many_comments,
    "100,000 x 4 points.mp3": with_picture(lambda: png(100_000, 4)),
    "4 x 100,000 points.mp3": with_picture(lambda: png(4, 100_000)),
    "30,000 x 30,000 points.mp3": with_picture(lambda: png(30_000, 30_000)),
    "6,000 x 6,000 points.mp3": with_picture(lambda: png(6_000, 6_000)),
}


if __name__ == "__main__":
    sys.exit(main())
