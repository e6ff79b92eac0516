"""The coded sound of a file, without what its container puts around it: tags, padding, tables, chunks of other data."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from pemr_desktop.tagfiles.containers.audio_spans import Span
from pemr_desktop.tagfiles.containers.chunks import Chunk, dsdiff_chunks, dsf_chunks, file_length, iff_chunks, mp4_atoms
from pemr_desktop.tagfiles.containers.end_blocks import end_blocks
from pemr_desktop.tagfiles.containers.flac_blocks import flac_blocks
from pemr_desktop.tagfiles.containers.mp4_samples import sample_spans
from pemr_desktop.tagfiles.containers.mpeg_frames import HEADER, adts_length, begins_with_frames, frame_length
from pemr_desktop.tagfiles.containers.mpeg_length import LENGTH_MARKS
from pemr_desktop.tagfiles.containers.musepack import first_packet_of_sound
from pemr_desktop.tagfiles.containers.sniffing import FRAMES, id3_end

EXTENSIBLE = 0xFFFE
ZEROS = 4096
"""Bytes that are read at a time to step over padding."""
ASF_DATA_HEAD = 50
LENGTH_MARK_WITHIN = 64
"""Bytes of a frame of MPEG audio in which it says that it holds no sound."""


class CodedSound(NamedTuple):
    """Spans of the file that follow each other in the stream, and in `form` what one must know to play them."""

    spans: tuple[Span, ...]
    form: bytes = b""

    @property
    def length(self) -> int:
        """Bytes of the stream."""
        return sum(span.end - span.start for span in self.spans)


def coded_sound(file: BinaryIO, container: str) -> CodedSound:
    """Of a container key of `sniffing.sniff`, Ogg and what FFmpeg alone reads apart."""
    length = file_length(file)
    if container == "flac":
        return _clipped([Span(flac_blocks(file).end, _end_before_tags(file))], length)
    if container == "mp4":
        spans = sample_spans(file) or [Span(atom.start, atom.end) for atom in mp4_atoms(file) if atom.name == b"mdat"]
        return _clipped(spans, length)
    if container == "riff":
        chunks = list(iff_chunks(file, big_endian=False))
        return _clipped(_named(chunks, b"data"), length, _wave_form(_content(file, chunks, b"fmt ")))
    if container == "aiff":
        chunks = list(iff_chunks(file, big_endian=True))
        return _clipped(_aiff_spans(file, chunks), length, _aiff_form(_content(file, chunks, b"COMM")))
    if container == "dsf":
        chunks = list(dsf_chunks(file))
        return _clipped(_named(chunks, b"data"), length, _content(file, chunks, b"fmt "))
    if container == "dsdiff":
        return _clipped(_named(list(dsdiff_chunks(file)), b"DSD ", b"DST "), length)
    if container == "asf":
        return _clipped([Span(_asf_start(file) + ASF_DATA_HEAD, length)], length)
    return _clipped([_between_tags(file, container)], length)


def _clipped(spans: list[Span], length: int, form: bytes = b"") -> CodedSound:
    """What the file really has of them."""
    kept = (Span(min(span.start, length), min(span.end, length)) for span in spans)
    return CodedSound(tuple(span for span in kept if span.end > span.start), form)


def _named(chunks: list[Chunk], *names: bytes) -> list[Span]:
    return [Span(chunk.start, chunk.end) for chunk in chunks if chunk.name in names]


def _content(file: BinaryIO, chunks: list[Chunk], name: bytes) -> bytes:
    for chunk in chunks:
        if chunk.name == name:
            file.seek(chunk.start)
            return file.read(min(chunk.end - chunk.start, ZEROS))
    return b""


def _wave_form(content: bytes) -> bytes:
    """Format, channels, rate, bytes a frame and bits, whichever of the three forms of the chunk says so."""
    if len(content) < 16:
        return content
    tag, channels, rate, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", content)
    if tag == EXTENSIBLE and len(content) >= 26:
        (tag,) = struct.unpack_from("<H", content, 24)
    return struct.pack("<HHIHH", tag, channels, rate, frame_bytes, bits)


def _aiff_form(content: bytes) -> bytes:
    """Channels, bits, rate and compression; AIFF without compression is as AIFC with none."""
    compression = content[18:22] or b"NONE"
    return content[:2] + content[6:18] + compression


def _aiff_spans(file: BinaryIO, chunks: list[Chunk]) -> list[Span]:
    """The sound begins behind two numbers, the first of which says how far behind."""
    spans = []
    for span in _named(chunks, b"SSND"):
        file.seek(span.start)
        offset = int.from_bytes(file.read(4), "big")
        spans.append(Span(span.start + 8 + offset, span.end))
    return spans


def _asf_start(file: BinaryIO) -> int:
    """Where the object begins that holds the packets."""
    file.seek(16)
    return int.from_bytes(file.read(8), "little")


def _between_tags(file: BinaryIO, container: str) -> Span:
    start, end = id3_end(file), _end_before_tags(file)
    start = _behind_zeros(file, start, end)
    if container == "mpeg":
        start = _first_frame(file, start)
    elif container == "musepack":
        start = first_packet_of_sound(file, start, end)
    if container in ("mpeg", "aac", "ac3"):  # their frames never need the zeros behind the last one
        end = _before_zeros(file, start, end)
    return Span(min(start, end), end)


def _first_frame(file: BinaryIO, start: int) -> int:
    """The first frame of sound; one that only says how many follow is none, and tools add or leave it out."""
    file.seek(start)
    data = file.read(FRAMES)
    is_whole = len(data) < FRAMES
    for position in (position for position in range(max(0, len(data) - HEADER)) if data[position] == 0xFF):
        if adts_length(data[position : position + 7]) is None and begins_with_frames(data, position, is_whole=is_whole):
            length = frame_length(data[position : position + HEADER]) or 0
            tells_length = any(
                mark in data[position : position + min(length, LENGTH_MARK_WITHIN)] for mark in LENGTH_MARKS
            )
            return start + position + (length if tells_length else 0)
    return start


def _behind_zeros(file: BinaryIO, start: int, end: int) -> int:
    file.seek(start)
    while start < end and (block := file.read(min(ZEROS, end - start))):
        rest = block.lstrip(b"\0")
        start += len(block) - len(rest)
        if rest:
            break
    return start


def _before_zeros(file: BinaryIO, start: int, end: int) -> int:
    while end > start:
        size = min(ZEROS, end - start)
        file.seek(end - size)
        kept = len(file.read(size).rstrip(b"\0"))
        end -= size - kept
        if kept:
            break
    return end


def _end_before_tags(file: BinaryIO) -> int:
    """Where the blocks of tags at the end begin."""
    blocks = end_blocks(file)
    return blocks[-1].start if blocks else file_length(file)
