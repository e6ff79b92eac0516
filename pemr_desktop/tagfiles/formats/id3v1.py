"""The ID3v1 block at the end of a file: 128 bytes, of which each field has a fixed part."""

from __future__ import annotations

from typing import BinaryIO

from mutagen.id3 import TCON

from pemr_desktop.tagfiles.containers.end_blocks import EndBlock
from pemr_desktop.tagfiles.formats.beside import Beside, Found, old_block
from pemr_desktop.tagfiles.formats.old_text import OldText, old_text

NAME = "ID3v1 tag"
PLACES = (("title", 3, 33), ("artist", 33, 63), ("album", 63, 93), ("date", 93, 97))
COMMENT, TRACK, GENRE = 97, 126, 127
NO_GENRE = b"\xff"


def read_id3v1(file: BinaryIO, where: EndBlock) -> Beside:
    """Its fields."""
    file.seek(where.start)
    block = file.read(where.end - where.start)
    found = [
        Found(name, old_text(block[start:end], 0 if name == "date" else end - start), start, end)
        for name, start, end in PLACES
    ]
    has_track = block[TRACK - 1] == 0 and block[TRACK] != 0
    end_of_comment = TRACK - 1 if has_track else GENRE
    comment = block[COMMENT:end_of_comment]
    found.append(Found("comment", old_text(comment, len(comment)), COMMENT, end_of_comment))
    if has_track:
        found.append(Found("tracknumber", OldText(str(block[TRACK]), True), TRACK, TRACK + 1))
    if block[GENRE] < len(TCON.GENRES):
        found.append(Found("genre", OldText(TCON.GENRES[block[GENRE]], True), GENRE, GENRE + 1, NO_GENRE))
    return old_block(
        NAME, [value._replace(start=value.start + where.start, end=value.end + where.start) for value in found]
    )
