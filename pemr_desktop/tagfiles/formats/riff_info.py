"""The text that old programs put into WAV files instead of tags: the INFO list. Read where ID3 says nothing."""

from __future__ import annotations

from typing import Any

from mutagen.wave import WAVE

from pemr_desktop.tagfiles.containers.chunks import iff_chunks
from pemr_desktop.tagfiles.formats.tag_format import Fields

FIELD_OF = {
    b"INAM": "title",
    b"IART": "artist",
    b"IPRD": "album",
    b"IGNR": "genre",
    b"ICRD": "date",
    b"ITRK": "tracknumber",
    b"IPRT": "tracknumber",
    b"IMUS": "composer",
    b"ICMT": "comment",
    b"ISFT": "encodedby",
}
LONGEST_LIST = 1 << 20


class WaveWithInfo(WAVE):  # type: ignore[misc]
    """A WAV file with its ID3 tags, if any, and the fields of its INFO list."""

    info_fields: Fields

    def load(self, filething: Any, **options: Any) -> None:
        """As mutagen does, and then the INFO list."""
        super().load(filething, **options)
        self.info_fields = read_info(filething)


def read_info(stream: Any) -> Fields:
    """The texts of an open WAV file's INFO list, as field -> one value."""
    fields: Fields = {}
    for chunk in iff_chunks(stream, big_endian=False):
        stream.seek(chunk.start)
        if chunk.name != b"LIST" or stream.read(4) != b"INFO":
            continue
        content = stream.read(min(chunk.end - chunk.start - 4, LONGEST_LIST))
        position = 0
        while position + 8 <= len(content):
            name = content[position : position + 4]
            size = int.from_bytes(content[position + 4 : position + 8], "little")
            text = _decode(content[position + 8 : position + 8 + size].split(b"\0", 1)[0]).strip()
            if name in FIELD_OF and text:
                fields.setdefault(FIELD_OF[name], (text,))
            position += 8 + size + size % 2
    return fields


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")
