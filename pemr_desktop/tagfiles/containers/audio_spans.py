"""Where the sound of a file lies, apart from its tags."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from pemr_desktop.tagfiles.containers.chunks import Chunk, dsdiff_chunks, dsf_chunks, file_length, iff_chunks, mp4_atoms
from pemr_desktop.tagfiles.containers.end_blocks import end_blocks
from pemr_desktop.tagfiles.containers.flac_blocks import STREAM_INFO, flac_blocks
from pemr_desktop.tagfiles.containers.sniffing import ID3_HEADER, id3_length
from pemr_desktop.tagfiles.containers.wavpack import chain


class Span(NamedTuple):
    """Bytes [start, end) of a file."""

    start: int
    end: int


class AudioSpans(NamedTuple):
    """The sound in file order. `lacking`: bytes that the container announces and the file does not have."""

    spans: tuple[Span, ...]
    lacking: int


def audio_spans(file: BinaryIO, container: str) -> AudioSpans:
    """The spans of a container key of `sniffing.sniff`, Ogg apart (its sound is between page headers: see ogg.py)."""
    if container == "flac":
        return _flac(file)
    if container == "mp4":
        return _of_chunks(file, [atom for atom in mp4_atoms(file) if atom.name == b"mdat"])
    if container in ("riff", "aiff"):
        names = {"riff": (b"fmt ", b"data"), "aiff": (b"COMM", b"SSND")}[container]
        chunks = iff_chunks(file, big_endian=container == "aiff")
        return _of_chunks(file, [chunk for chunk in chunks if chunk.name in names])
    if container == "dsf":
        return _of_chunks(file, [chunk for chunk in dsf_chunks(file) if chunk.name in (b"fmt ", b"data")])
    if container == "dsdiff":
        return _of_chunks(file, [chunk for chunk in dsdiff_chunks(file) if chunk.name.upper() != b"ID3 "])
    if container == "asf":
        return _asf(file)
    span = _between_tags(file)
    return AudioSpans((span,), chain(file, *span).least_bytes if container == "wavpack" else 0)


def _of_chunks(file: BinaryIO, chunks: list[Chunk]) -> AudioSpans:
    length = file_length(file)
    lacking = sum(max(0, chunk.end - max(length, chunk.start)) for chunk in chunks)
    return AudioSpans(tuple(Span(chunk.start, min(chunk.end, length)) for chunk in chunks), lacking)


def _flac(file: BinaryIO) -> AudioSpans:
    found = flac_blocks(file)
    streams = [block for block in found.blocks if block.kind == STREAM_INFO]
    spans = [Span(block.start, block.start + len(block.content)) for block in streams]
    end = _end_before_tags(file)
    spans.append(Span(min(found.end, end), end))
    return AudioSpans(tuple(spans), _lacking_flac(file, spans))


def _lacking_flac(file: BinaryIO, spans: list[Span]) -> int:
    """Bytes that are surely lacking: fewer than the smallest frame for every frame that STREAMINFO announces."""
    if len(spans) < 2:
        return 0
    file.seek(spans[0].start)
    info = file.read(34)
    if len(info) < 34:
        return 0
    largest_block = int.from_bytes(info[2:4], "big")
    smallest_frame = int.from_bytes(info[4:7], "big")
    samples = int.from_bytes(info[13:18], "big") & 0xF_FFFF_FFFF
    if not (largest_block and smallest_frame and samples):
        return 0
    needed = (samples // largest_block) * smallest_frame
    return max(0, needed - (spans[-1].end - spans[-1].start))


def _asf(file: BinaryIO) -> AudioSpans:
    length = file_length(file)
    file.seek(16)
    header = file.read(8)
    start = min(struct.unpack("<Q", header)[0], length) if len(header) == 8 else length
    file.seek(start + 16)
    size = file.read(8)
    announced = struct.unpack("<Q", size)[0] if len(size) == 8 else 0
    return AudioSpans((Span(start, length),), max(0, start + announced - length))


def _between_tags(file: BinaryIO) -> Span:
    file.seek(0)
    start = id3_length(file.read(ID3_HEADER))
    end = _end_before_tags(file)
    return Span(min(start, end), end)


def _end_before_tags(file: BinaryIO) -> int:
    """Where the blocks of tags at the end begin."""
    blocks = end_blocks(file)
    return blocks[-1].start if blocks else file_length(file)
