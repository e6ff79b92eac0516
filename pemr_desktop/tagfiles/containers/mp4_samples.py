"""Where the samples of the first track of sound of an MP4 file lie, in the order in which they are played."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import BinaryIO

from pemr_desktop.tagfiles.containers.audio_spans import Span
from pemr_desktop.tagfiles.containers.mp4_tree import Atom, atom_tree

FULL_ATOM = 4
"""Bytes of version and flags before the content of a table."""
MOST_ENTRIES = 1 << 26


def sample_spans(file: BinaryIO) -> list[Span]:
    """The chunks of samples, neighbours as one span; [] where no table tells: fragments, or a damaged file."""
    for track in (track for top in atom_tree(file) for track in top.children or () if track.name == b"trak"):
        media = track.child(b"mdia")
        handler = media.child(b"hdlr") if media else None
        tables = media.child(b"minf") if media else None
        tables = tables.child(b"stbl") if tables else None
        if handler is None or tables is None or _content(file, handler)[4:8] != b"soun":
            continue
        try:
            return _joined(_chunks(file, tables))
        except (struct.error, ValueError):
            return []
    return []


def _chunks(file: BinaryIO, tables: Atom) -> list[Span]:
    """Raises struct.error and ValueError for tables that do not fit each other."""
    offsets = _offsets(file, tables)
    sizes = _sizes(file, tables)
    runs = list(struct.iter_unpack(">III", _entries(file, tables.child(b"stsc"), 12)))
    spans: list[Span] = []
    index = 0
    last = (len(offsets) + 1, 0, 0)
    for (first, samples, _), (following, _, _) in pairwise([*runs, last]):
        for offset in offsets[max(0, first - 1) : following - 1]:
            size = sum(sizes[index : index + samples])
            spans.append(Span(offset, offset + size))
            index += samples
            if index >= len(sizes):
                return spans
    return spans


def _offsets(file: BinaryIO, tables: Atom) -> tuple[int, ...]:
    narrow, wide = tables.child(b"stco"), tables.child(b"co64")
    data = _entries(file, narrow or wide, 4 if narrow else 8)
    kind, width = ("I", 4) if narrow else ("Q", 8)
    return struct.unpack(f">{len(data) // width}{kind}", data)


def _sizes(file: BinaryIO, tables: Atom) -> tuple[int, ...]:
    """Bytes of each sample."""
    table = tables.child(b"stsz")
    if table is None:
        raise ValueError("no table of sizes")
    content = _content(file, table)
    size, count = struct.unpack_from(">II", content, FULL_ATOM)
    if count > MOST_ENTRIES:
        raise ValueError("more samples than any file has")
    return (size,) * count if size else struct.unpack_from(f">{count}I", content, FULL_ATOM + 8)


def _entries(file: BinaryIO, table: Atom | None, width: int) -> bytes:
    """The entries of a table that begins with their number."""
    if table is None:
        raise ValueError("a table is lacking")
    content = _content(file, table)
    (count,) = struct.unpack_from(">I", content, FULL_ATOM)
    entries = content[FULL_ATOM + 4 : FULL_ATOM + 4 + count * width]
    if len(entries) < count * width:
        raise ValueError("a table ends early")
    return entries


def _content(file: BinaryIO, atom: Atom) -> bytes:
    file.seek(atom.start)
    return file.read(atom.end - atom.start)


def _joined(chunks: list[Span]) -> list[Span]:
    """Chunks that follow each other in the file as one."""
    spans: list[Span] = []
    for chunk in chunks:
        if spans and spans[-1].end == chunk.start:
            spans[-1] = Span(spans[-1].start, chunk.end)
        else:
            spans.append(chunk)
    return spans
