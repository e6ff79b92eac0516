"""The raw Vorbis comment block of a file: what it says byte for byte, where a parser would guess or leave out."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from pemr_desktop.tagfiles.containers.ogg import COMMENT_PACKET, pages
from pemr_desktop.tagfiles.containers.sniffing import ID3_HEADER, id3_length

MAGIC = {"ogg/vorbis": b"\x01vorbis", "ogg/opus": b"OpusHead", "ogg/speex": b"Speex   ", "ogg/flac": b"\x7fFLAC"}
PREFIX = {"ogg/vorbis": 7, "ogg/opus": 8, "ogg/speex": 0, "ogg/flac": 4}
FLAC_COMMENT = 4
ODD = "\0odd"  # the key of comments that have no name, or an impossible one


class RawText(str):
    """Text of an old file that is not UTF-8: shown as Western European, written back as the bytes it was."""

    raw: bytes

    def __new__(cls, raw: bytes) -> RawText:
        """From the bytes of the file."""
        made = super().__new__(cls, raw.decode("cp1252", "replace"))
        made.raw = raw
        return made

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The bytes of the file, whatever is asked for."""
        return self.raw


def adopt_raw(tags: Any, stream: BinaryIO, container: str) -> None:
    """Where mutagen guessed or left something out, take the comments from the block itself and write them back so."""
    if tags is None or is_faithful(tags, stream, container):
        return
    vendor, comments = read_block(stream, container)
    if not comments and not vendor:
        return  # the block ends early: `is_faithful` stays false, and nothing will be written
    tags.vendor = _text(vendor)
    tags[:] = [_entry(comment) for comment in comments]
    with_framing = container == "ogg/vorbis"
    tags.write = lambda framing=with_framing: _write_block(tags, framing)


def is_faithful(tags: Any, stream: BinaryIO, container: str) -> bool:
    """Whether writing the block would write every comment and the vendor exactly as they are."""
    if tags is None:
        return True
    vendor, comments = read_block(stream, container)
    return bool(tags.vendor.encode() == vendor and [_comment(key, value) for key, value in tags] == comments)


def is_complete(stream: BinaryIO, container: str) -> bool:
    """Whether nothing but padding follows the last comment: else the count is damaged, and comments are hidden.

    What follows in Opus belongs there when its first bit is set (RFC 7845, 5.2), and is carried along.
    """
    rest = _rest(_block(stream, container))
    if container == "ogg/opus" and rest[:1] and rest[0] & 1:
        return True
    return not (rest[1:] if container == "ogg/vorbis" else rest).strip(b"\0")


def _entry(comment: bytes) -> tuple[str, str]:
    """Key and value; a comment without a proper name gets the key `ODD` and stays as it is."""
    key, equals, value = comment.partition(b"=")
    if equals and key and all(0x20 <= byte <= 0x7D for byte in key):
        return key.decode("ascii"), _text(value)
    return ODD, RawText(comment)


def _comment(key: str, value: str) -> bytes:
    return value.encode() if key == ODD else key.encode() + b"=" + value.encode()


def _write_block(tags: Any, framing: bool) -> bytes:
    vendor = tags.vendor.encode()
    parts = [struct.pack("<I", len(vendor)), vendor, struct.pack("<I", len(tags))]
    for key, value in tags:
        comment = _comment(key, value)
        parts += [struct.pack("<I", len(comment)), comment]
    return b"".join(parts) + (b"\x01" if framing else b"")


def read_block(stream: BinaryIO, container: str) -> tuple[bytes, list[bytes]]:
    """Vendor and comments as bytes; nothing when there is no block or it ends early."""
    parts = _parts(_block(stream, container))
    return (parts[0], parts[1:-1]) if parts else (b"", [])


def _block(stream: BinaryIO, container: str) -> bytes:
    return _flac_block(stream) if container == "flac" else _ogg_packet(stream, container)


def _rest(block: bytes) -> bytes:
    parts = _parts(block)
    return parts[-1] if parts else b""


def _parts(block: bytes) -> list[bytes]:
    """The vendor, the comments, and what follows them; nothing when the block ends early."""
    try:
        (size,) = struct.unpack_from("<I", block)
        parts = [block[4 : 4 + size]]
        (count,) = struct.unpack_from("<I", block, 4 + size)
        position = 8 + size
        for _ in range(min(count, len(block))):
            (size,) = struct.unpack_from("<I", block, position)
            parts.append(block[position + 4 : position + 4 + size])
            position += 4 + size
    except struct.error:
        return []
    if position > len(block):  # the last comment says that it is longer than the block
        return []
    return [*parts, block[position:]]


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return RawText(raw)


def _flac_block(stream: BinaryIO) -> bytes:
    stream.seek(0)
    position = id3_length(stream.read(ID3_HEADER)) + 4
    while True:
        stream.seek(position)
        header = stream.read(4)
        if len(header) < 4:
            return b""
        size = int.from_bytes(header[1:], "big")
        if header[0] & 0x7F == FLAC_COMMENT:
            return stream.read(size)
        if header[0] & 0x80:
            return b""
        position += 4 + size


def _ogg_packet(stream: BinaryIO, container: str) -> bytes:
    serial: int | None = None
    packet = 0
    found = b""
    for page in pages(stream):
        stream.seek(page.start)
        content = stream.read(page.end - page.start)
        if serial is None and content.startswith(MAGIC[container]):
            serial = page.serial
        if page.serial != serial:
            continue
        position = 0
        for size in page.lacing:
            if packet == COMMENT_PACKET:
                found += content[position : position + size]
            position += size
            if size < 255:
                packet += 1
        if packet > COMMENT_PACKET:
            break
    return found[PREFIX[container] :]
