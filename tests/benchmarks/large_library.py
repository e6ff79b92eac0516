"""Make a library of many small real files, for trying out how things scale: each file has its own sound and tags.

python tests/benchmarks/large_library.py FOLDER COUNT
"""

from __future__ import annotations

import argparse
import io
import random
import struct
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from pemr_desktop.tagfiles.formats.tag_format import SaveOptions
from pemr_desktop.tagfiles.opening import open_tags
from pemr_desktop.tagfiles.splices import SplicedFile
from sounds import melody, write_audio

SUFFIXES = (".mp3", ".flac", ".ogg", ".m4a")
WORDS = (
    "blue",
    "green",
    "night",
    "train",
    "river",
    "stone",
    "rain",
    "house",
    "road",
    "love",
    "summer",
    "winter",
    "light",
    "shadow",
    "dance",
    "wind",
    "fire",
    "moon",
    "city",
    "home",
    "song",
    "heart",
    "dream",
    "sea",
    "mountain",
    "morning",
    "evening",
    "stranger",
    "garden",
    "window",
    "silver",
    "gold",
    "ghost",
    "angel",
    "bird",
)
GENRES = ("Rock", "Jazz", "Classical", "Pop", "Folk", "Electronic", "Hip-Hop", "Blues", "Metal", "Ambient", "Soul")


def main() -> None:
    """Make the files and say how many there are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    asked = parser.parse_args()
    make_library(asked.folder, asked.count)
    print(f"{asked.count} files in {asked.folder}")


def make_library(folder: Path, count: int, *, seed: int = 0) -> None:
    """Write `count` files as Artist/Album/NN Title.suffix, from one encoded second of sound per format."""
    draw = random.Random(seed)
    sounds = encoded_second()
    made = 0
    while made < count:
        artist = f"The {draw.choice(WORDS).title()} {draw.choice(WORDS).title()} {made}"
        genre = draw.choice(GENRES)
        for number in range(draw.randint(1, 6)):
            album = f"{draw.choice(WORDS)} {draw.choice(WORDS)} {number}".title()
            year, suffix = str(draw.randint(1955, 2025)), draw.choice(SUFFIXES)
            album_folder = folder / artist / album
            album_folder.mkdir(parents=True, exist_ok=True)
            for track in range(1, draw.randint(6, 16)):
                title = " ".join(draw.choice(WORDS) for _ in range(draw.randint(1, 4))).title()
                fields = {
                    "title": title,
                    "artist": artist,
                    "album": album,
                    "genre": genre,
                    "date": year,
                    "tracknumber": str(track),
                }
                (album_folder / f"{track:02} {title}{suffix}").write_bytes(tagged(sounds[suffix], suffix, fields, made))
                made += 1
                if made >= count:
                    return


def tagged(sound: bytes, suffix: str, fields: dict[str, str], number: int) -> bytes:
    """A file with these tags whose sound differs from all others by four bytes."""
    data = bytearray(sound)
    struct.pack_into("<I", data, len(data) - 64 if suffix == ".ogg" else len(data) // 2, number)
    stream = io.BytesIO(data)
    opened = open_tags(stream, Path(f"a{suffix}"))
    assert opened.kind is not None
    block = opened.prepared(SaveOptions())
    for field, value in fields.items():
        block = opened.kind.edited(block, field, (value,))
    return SplicedFile(stream, opened.kind.splices(stream, block)).read()


def encoded_second() -> dict[str, bytes]:
    """One second of music in each format."""
    encoded = {}
    with tempfile.TemporaryDirectory() as folder:
        for suffix in SUFFIXES:
            path = Path(folder) / f"a{suffix}"
            write_audio(path, melody(1.0, 22050), 22050)
            encoded[suffix] = path.read_bytes()
    return encoded


if __name__ == "__main__":
    main()
