"""The text that old programs put into WAV and AIFF files instead of tags. Read where ID3 says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from pemr_desktop.tagfiles.containers.chunks import Chunk, file_length, iff_chunks
from pemr_desktop.tagfiles.formats.beside import Beside, Found, old_block
from pemr_desktop.tagfiles.formats.old_text import old_text
from pemr_desktop.tagfiles.formats.tag_format import Fields

FIELD_OF = {
    b"INAM": "title",
    b"TITL": "title",
    b"IART": "artist",
    b"IPRD": "album",
    b"IAAR": "albumartist",
    b"IGNR": "genre",
    b"ICRD": "date",
    b"YEAR": "date",
    b"ITRK": "tracknumber",
    b"IPRT": "tracknumber",
    b"TRCK": "tracknumber",
    b"IMUS": "composer",
    b"ICMT": "comment",
    b"ICOP": "copyright",
    b"ILNG": "language",
    b"IBPM": "bpm",
    b"IKEY": "keywords",
    b"ISBJ": "subject",
    b"IENG": "arranger",
    b"ISRC": "isrc",
    b"IPRO": "label",
    b"IMED": "tmed",
    b"ISTR": "performer",
    b"ICNT": "releasecountry",
    b"IEDT": "remixer",
    b"PRT1": "discnumber",
    b"IWRI": "lyricist",
    b"ITCH": "encodedby",
    b"ISFT": "tsse",
}
AIFF_FIELD_OF = {b"NAME": "title", b"AUTH": "artist", b"(c) ": "copyright", b"ANNO": "comment"}
LONGEST_LIST = 1 << 20
INFO, AIFF_TEXT = "INFO list", "text chunks"


def read_info(stream: BinaryIO) -> Fields:
    """The texts of an open WAV file's INFO list, as field -> one value."""
    return info_list(stream).fields


def info_list(stream: BinaryIO) -> Beside:
    """The INFO lists of a WAV file."""
    return old_block(INFO, _info(stream))


def _info(stream: BinaryIO) -> Iterator[Found]:
    for chunk in iff_chunks(stream, big_endian=False):
        stream.seek(chunk.start)
        if chunk.name == b"LIST" and stream.read(4) == b"INFO":
            start = chunk.start + 4
            yield from _items(stream.read(min(chunk.end - start, LONGEST_LIST)), start)


def _items(content: bytes, shift: int) -> Iterator[Found]:
    position = 0
    while position + 8 <= len(content):
        name = content[position : position + 4]
        size = int.from_bytes(content[position + 4 : position + 8], "little")
        start, end = position + 8, min(position + 8 + size, len(content))
        if name.upper() in FIELD_OF:
            yield Found(FIELD_OF[name.upper()], old_text(content[start:end]), shift + start, shift + end)
        position += 8 + size
        if size % 2 and content[position : position + 1] in (b"\0", b" "):  # some forget the pad byte
            position += 1


def aiff_texts(stream: BinaryIO) -> Beside:
    """The NAME, AUTH, (c) and ANNO chunks of an AIFF file."""
    length = file_length(stream)
    chunks = [chunk for chunk in iff_chunks(stream, big_endian=True) if chunk.name in AIFF_FIELD_OF]
    return old_block(AIFF_TEXT, [_aiff_text(stream, chunk) for chunk in chunks if chunk.end <= length])


def _aiff_text(stream: BinaryIO, chunk: Chunk) -> Found:
    stream.seek(chunk.start)
    content = stream.read(min(chunk.end - chunk.start, LONGEST_LIST))
    return Found(AIFF_FIELD_OF[chunk.name], old_text(content), chunk.start, chunk.start + len(content))
