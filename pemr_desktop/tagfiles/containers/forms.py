"""Putting a chunk into a file that is made of chunks (RIFF, FORM, FRM8), with all sizes true afterwards."""

from __future__ import annotations

from typing import BinaryIO, Literal, NamedTuple

from pemr_desktop.tagfiles.containers.chunks import SOUND_NAMES, Chunk, dsdiff_chunks, file_length, iff_chunks
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.splices import Splice


class Form(NamedTuple):
    """How a kind of file writes its chunks. `tag_name`: the chunk that holds an ID3 block."""

    order: Literal["little", "big"]
    size_bytes: int
    tag_name: bytes


FORMS = {"riff": Form("little", 4, b"id3 "), "aiff": Form("big", 4, b"ID3 "), "dsdiff": Form("big", 8, b"ID3 ")}


def chunks_of(file: BinaryIO, container: str) -> list[Chunk]:
    """All chunks of such a file."""
    if container == "dsdiff":
        return list(dsdiff_chunks(file))
    return list(iff_chunks(file, big_endian=container == "aiff"))


def chunk_splices(file: BinaryIO, container: str, chunk: Chunk | None, content: bytes) -> list[Splice]:
    """Put `content` into the chunk, or into a new one behind all others. Raises CannotHold where sizes overflow."""
    form = FORMS[container]
    chunks = chunks_of(file, container)
    length = file_length(file)
    padded = content + bytes(len(content) % 2)
    end = chunks[-1].end if chunks else 8 + form.size_bytes
    end_with_pad = end + (end % 2 if end < length else 0)
    if chunk is None:
        lacking = end_with_pad % 2
        made = bytes(lacking) + form.tag_name + _number(form, len(content)) + padded
        splices = [Splice(end_with_pad, end_with_pad, made)]
        grown = len(made)
    else:
        behind = min((other.start - 4 - form.size_bytes for other in chunks if other.start > chunk.end), default=0)
        stop = behind or end_with_pad
        splices = [Splice(chunk.start - form.size_bytes, stop, _number(form, len(content)) + padded)]
        grown = len(padded) - (stop - chunk.start)
    total = end_with_pad + grown - 4 - form.size_bytes
    splices.append(Splice(4, 4 + form.size_bytes, _number(form, total)))
    return splices + _true_sizes(file, form, chunks)


def size_splices(file: BinaryIO, container: str) -> list[Splice]:
    """What makes the size of the file and that of its sound true, where they are not. Raises CannotHold."""
    form = FORMS[container]
    chunks = chunks_of(file, container)
    end = chunks[-1].end if chunks else 8 + form.size_bytes
    total = _number(form, min(end + end % 2, file_length(file)) - 4 - form.size_bytes)
    file.seek(4)
    own = [] if file.read(form.size_bytes) == total else [Splice(4, 4 + form.size_bytes, total)]
    return own + _true_sizes(file, form, chunks)


def _true_sizes(file: BinaryIO, form: Form, chunks: list[Chunk]) -> list[Splice]:
    """The size of sound that was written without knowing it: another chunk can follow it only once that is true."""
    splices = []
    for chunk in chunks:
        if chunk.name in SOUND_NAMES:
            file.seek(chunk.start - form.size_bytes)
            true = _number(form, chunk.end - chunk.start)
            if file.read(form.size_bytes) != true:
                splices.append(Splice(chunk.start - form.size_bytes, chunk.start, true))
    return splices


def _number(form: Form, number: int) -> bytes:
    try:
        return number.to_bytes(form.size_bytes, form.order)
    except OverflowError as error:
        raise CannotHold("too large for its kind") from error
