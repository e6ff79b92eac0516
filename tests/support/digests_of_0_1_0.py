"""The quick digest as version 0.1.0 made and stored it, taken from its code, and a library that it left behind."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pemr_desktop.library.library import Library
from pemr_desktop.library.paths import absolute
from pemr_desktop.tagfiles.containers.audio_spans import audio_spans
from pemr_desktop.tagfiles.containers.ogg import audio_pieces
from pemr_desktop.tagfiles.containers.sniffing import sniff


def digest_of_0_1_0(path: Path) -> bytes:
    """The digest (16 bytes) that stands in a library of that version."""
    with path.open("rb") as stream:
        container = sniff(stream)
        made = hashlib.blake2b(b"quick " + container.encode(), digest_size=16)
        if container.startswith("ogg/"):
            for piece in islice(audio_pieces(stream, path.stat().st_size), 200):
                made.update(piece)
            made.update(_last_granule(stream, path.stat().st_size))
            return made.digest()
        for start, end in audio_spans(stream, container).spans:
            made.update((end - start).to_bytes(8, "little"))
            for position in sorted({start, max(start, (start + end) // 2), max(start, end - 16_384)}):
                stream.seek(position)
                made.update(stream.read(min(16_384, end - position)))
        return made.digest()


def _last_granule(stream: BinaryIO, length: int) -> bytes:
    stream.seek(max(0, length - 131_072))
    tail = stream.read()
    last = tail.rfind(b"OggS")
    return tail[last + 6 : last + 14] if last >= 0 else b""


def as_0_1_0_left_it(library: Library) -> None:
    """Every track gets the digest of then; that version did not note when files changed."""
    with library.store.writing() as connection:
        rows = connection.execute("SELECT t.id, r.path, t.rel_path FROM tracks t JOIN roots r ON r.id = t.root_id")
        digests = [(digest_of_0_1_0(absolute(root, rel_path)), track_id) for track_id, root, rel_path in rows]
        connection.executemany(
            "UPDATE tracks SET quick_version = 1, ctime_ns = NULL, quick_digest = ? WHERE id = ?", digests
        )
        connection.execute("DELETE FROM folder_states")
