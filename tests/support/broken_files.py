"""Files as real libraries have them: broken, mislabelled, oddly named. Used to prove that nothing else is disturbed."""

from __future__ import annotations

import os
from pathlib import Path


def add_broken_files(folder: Path, good: Path) -> dict[Path, str]:
    """Put broken files made from one good audio file into a folder -> path and what is wrong with it."""
    folder.mkdir(parents=True, exist_ok=True)
    data = good.read_bytes()
    made: dict[Path, str] = {}

    def write(name: str, content: bytes, what: str) -> None:
        path = folder / name
        path.write_bytes(content)
        made[path] = what

    write("zero bytes.mp3", b"", "zero bytes")
    write("zero bytes.flac", b"", "zero bytes")
    write("text.mp3", b"This is a shopping list, not music.\n" * 40, "text renamed to .mp3")
    write("picture.ogg", b"\x89PNG\r\n\x1a\n" + bytes(4000), "a picture renamed to .ogg")
    write(f"header only{good.suffix}", data[:200], "cut after 200 bytes")
    write("noise.m4a", bytes((i * 197 + 31) % 256 for i in range(50_000)), "noise renamed to .m4a")
    dangling = folder / "dangling link.mp3"
    dangling.symlink_to(folder / "not there.mp3")
    made[dangling] = "a link to nothing"
    unreadable = folder / "unreadable.mp3"
    if os.geteuid() == 0:  # root may read everything but this
        unreadable.symlink_to("/proc/self/mem")
    else:
        unreadable.write_bytes(data)
        unreadable.chmod(0)
    made[unreadable] = "reading fails"
    pipe = folder / "pipe.mp3"
    os.mkfifo(pipe)
    made[pipe] = "a named pipe: opening it would wait for ever"
    return made


def add_odd_files(folder: Path, good: Path) -> dict[Path, str]:
    """Put files into a folder that are unusual and yet play -> path and what is odd about it."""
    folder.mkdir(parents=True, exist_ok=True)
    data = good.read_bytes()
    made: dict[Path, str] = {}

    def write(name: bytes, content: bytes, what: str) -> None:
        path = folder / os.fsdecode(name)
        path.write_bytes(content)
        made[path] = what

    suffix = good.suffix.encode()
    write(b"truncated" + suffix, data[: len(data) * 2 // 3], "cut after two thirds")
    write(b"wrong extension.mp3" if suffix != b".mp3" else b"wrong extension.ogg", data, "wrong extension")
    write(b"caf\xe9 cr\xe8me" + suffix, data, "a name in Latin-1 bytes")
    write(b"x" * (255 - len(suffix)) + suffix, data, "a name of 255 bytes, the most a folder takes")
    deep = folder / ("d" * 150) / ("e" * 150)
    deep.mkdir(parents=True, exist_ok=True)
    inside = deep / f"deep{good.suffix}"
    inside.write_bytes(data)
    made[inside] = "a path of over 300 characters"
    write("naïve — 音楽 🎵".encode() + suffix, data, "a name in several scripts")
    write(b" leading and trailing spaces " + suffix, data, "spaces around the name")
    write(b'quote\'s "and" \\ percent%20 #hash' + suffix, data, "characters that shells and addresses treat apart")
    return made
