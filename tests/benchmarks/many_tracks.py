"""Make a library of very many tracks without files: rows put straight in, for trying out how queries scale.

    python tests/benchmarks/many_tracks.py LIBRARY COUNT

Every row goes through the same functions as a scanned file, with tags and hearings that differ from row to row; only
the files themselves are not there. What takes a million files hours to make is here in minutes.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

from large_library import GENRES, WORDS
from pemr_desktop.library.embeddings.models import ModelInfo
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.rows import TagRow
from pemr_desktop.library.tracks.storing import ReadTrack, insert_track
from pemr_desktop.tagfiles.identity import FileIdentity
from pemr_desktop.tagfiles.read import FileTags

FORMATS = ("FLAC", "MP3", "AAC", "Ogg Vorbis", "Opus", "WAV")
SUGGESTED = ("jazz", "rock", "calm", "happy", "dark", "guitar", "piano", "female voice")
MODEL = ModelInfo(
    "feedfacefeedface",
    "made up",
    Path("/no/model.safetensors"),
    8,
    tuple(
        TagRow(name, group, 0.5)
        for name, group in zip(
            SUGGESTED,
            ("genre", "genre", "mood", "mood", "mood", "instrument", "instrument", "voice"),
            strict=True,
        )
    ),
)
BATCH = 5_000


def main() -> None:
    """Make the rows and say how fast."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("count", type=int)
    asked = parser.parse_args()
    start, busy = time.perf_counter(), time.process_time()
    with open_library(asked.library) as library:
        fill(library, asked.count)
    print(
        f"{asked.count} rows in {time.perf_counter() - start:.1f} s, "
        f"{asked.count / (time.process_time() - busy):.0f} rows/s of processor; "
        f"{asked.library.stat().st_size / 2**20:.0f} MiB"
    )


def fill(library: Library, count: int, *, seed: int = 0, root: bytes = b"/music") -> None:
    """Put `count` tracks in, three of four of them heard by a model, some decisions taken."""
    draw = random.Random(seed)
    library.register_model(MODEL)
    library.activate_model(MODEL.id)
    with library.store.writing() as connection:
        root_id = connection.execute("INSERT INTO roots (path, added_at) VALUES (?, 0)", (root,)).lastrowid
        tag_ids = [
            connection.execute("SELECT id FROM tags WHERE name = ?", (name,)).fetchone()[0] for name in SUGGESTED
        ]
    assert root_id is not None
    made = 0
    while made < count:
        with library.store.writing() as connection:
            for _ in range(min(BATCH, count - made)):
                track_id = insert_track(connection, read_track(draw, root_id, made))
                if made % 4:
                    _hear(connection, track_id, draw, tag_ids)
                made += 1
    with library.store.writing() as connection:
        connection.execute(
            "UPDATE tracks SET open_suggestions = (SELECT count(*) FROM predictions p WHERE p.track_id = tracks.id "
            "AND p.probability >= 0.5)"
        )


def read_track(draw: random.Random, root_id: int, number: int) -> ReadTrack:
    """A track as the scanner would have read it: twelve to an album, sixty to an artist."""
    artist_number, album_number = number // 60, number // 12
    there = random.Random(artist_number)
    artist = f"The {there.choice(WORDS).title()} {there.choice(WORDS).title()} {artist_number}"
    genre = there.choice(GENRES)
    album = f"{WORDS[album_number % len(WORDS)]} {WORDS[album_number // 7 % len(WORDS)]}".title()
    title = " ".join(draw.choice(WORDS) for _ in range(draw.randint(1, 4))).title()
    form = FORMATS[album_number % len(FORMATS)]
    rel_path = f"{artist}/{album} {album_number}/{number % 12 + 1:02} {title}.x".encode()
    fields: dict[str, tuple[str, ...]] = {
        "title": (title,),
        "artist": (artist,),
        "album": (album,),
        "genre": (genre,),
        "date": (str(1955 + album_number % 70),),
        "tracknumber": (str(number % 12 + 1),),
    }
    tags = FileTags(fields, form, "", 60.0 + draw.random() * 400, 44_100, 2, 256_000, album_number % 3 == 0)
    state = FileIdentity(size=5_000_000 + number, mtime_ns=number, inode=number)
    return ReadTrack(root_id, rel_path, Path("/music"), state, tags, number.to_bytes(16, "big"))


def _hear(connection: object, track_id: int, draw: random.Random, tag_ids: list[int]) -> None:
    connection.execute(  # type: ignore[attr-defined]
        "INSERT INTO embeddings (track_id, model_id, vector, made_at) VALUES (?, ?, x'00', 0)", (track_id, MODEL.id)
    )
    for tag_id in draw.sample(tag_ids, 3):
        connection.execute(  # type: ignore[attr-defined]
            "INSERT INTO predictions (track_id, model_id, tag_id, probability) VALUES (?, ?, ?, ?)",
            (track_id, MODEL.id, tag_id, draw.random()),
        )


if __name__ == "__main__":
    main()
