"""What FFmpeg says of files that we do not write, and whether a file is a film.

FFmpeg (PyAV) is loaded by the first file that needs it: only the processes that read untrusted files call this.
"""

from __future__ import annotations

import struct
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from pemr_desktop.tagfiles.containers.mp4_tree import atom_tree
from pemr_desktop.tagfiles.containers.ogg import pages
from pemr_desktop.tagfiles.containers.read_only import READ_ONLY
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.formats.tag_format import Fields
from pemr_desktop.tagfiles.read import FileTags, clean

DEMUXERS = {"mp4": "mov", "asf": "asf"}
PICTURE_CODECS = frozenset({"mjpeg", "png", "bmp", "gif", "webp", "tiff", "jpegls", "ljpeg", "apng"})
PACKETS_LOOKED_AT = 500
"""So many packets a second picture of a film may stand behind the first; a cover in Ogg has no second one."""
FIRST_PAGES = 16
LAST_SHARE = 1 / 64
"""Of the length of a file, where its last packets are looked for first."""
ASF_HEADER_BYTES = 1 << 16
ASF_VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
FIELDS = {
    "title": "title",
    "artist": "artist",
    "author": "artist",
    "album": "album",
    "album_artist": "albumartist",
    "albumartist": "albumartist",
    "genre": "genre",
    "date": "date",
    "year": "date",
    "track": "tracknumber",
    "tracknumber": "tracknumber",
    "disc": "discnumber",
    "composer": "composer",
    "comment": "comment",
}


def may_be_film(stream: BinaryIO, container: str) -> bool:
    """Whether a file that we write ourselves says that it holds more than sound; FFmpeg is to be asked then."""
    if container == "mp4":
        return any(_is_video_handler(stream, atom.start) for atom in _handlers(stream))
    if container.startswith("ogg/"):
        return any(_is_video_page(stream, page.start) for page in islice(pages(stream), FIRST_PAGES))
    if container == "asf":
        stream.seek(0)
        return ASF_VIDEO in stream.read(ASF_HEADER_BYTES)
    return False


def is_film(stream: BinaryIO, path: Path, container: str) -> bool:
    """Whether it has a stream of pictures that is no cover. Raises TagReadError."""
    with _opened(stream, path, container) as demuxed:
        return _shows_film(demuxed)


def read_foreign(stream: BinaryIO, path: Path, container: str) -> tuple[FileTags, bool]:
    """Tags and properties of a file of a kind in READ_ONLY, and whether it is a film. Raises TagReadError."""
    with _opened(stream, path, container) as demuxed:
        sound = next((one for one in demuxed.streams.audio if one.codec_context is not None), None)
        film = _shows_film(demuxed)
        if sound is None:
            raise TagReadError(path, "film without sound" if film else "no sound")
        context = sound.codec_context
        duration_s = _announced_s(demuxed, sound)
        tags = FileTags(
            fields=clean(_fields({**sound.metadata, **demuxed.metadata})),
            format=READ_ONLY[container].format,
            tag_kind="",
            duration_s=duration_s if duration_s > 0 else _counted_s(stream, path, container),
            sample_rate=int(context.sample_rate) or None,
            channels=int(context.channels) or None,
            bit_rate=int(context.bit_rate or demuxed.bit_rate or 0) or None,
            has_artwork=False,
        )
    return tags, film


def packet_ends(stream: BinaryIO, path: Path, container: str, size: int) -> tuple[bytes, bytes, bytes]:
    """The codec and the whole seconds, and `size` bytes from either end of what the packets of the first sound hold.

    Raises TagReadError.
    """
    import av.error

    try:
        with _opened(stream, path, container) as demuxed:
            sound = next((one for one in demuxed.streams.audio if one.codec_context is not None), None)
            if sound is None:
                raise TagReadError(path, "no sound")
            head = _first_bytes(demuxed, sound, size)
            tail = _last_bytes(demuxed, sound, size)
            context = sound.codec_context
            seconds = round(_asf_length_s(stream) if container == "asf" else _announced_s(demuxed, sound))
            form = context.name, context.sample_rate, context.channels, seconds
            return repr(form).encode(), head, tail
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise TagReadError(path, "damaged") from error


def _first_bytes(demuxed: Any, sound: Any, size: int) -> bytes:
    found = bytearray()
    for packet in demuxed.demux(sound):
        found += bytes(packet)
        if len(found) >= size:
            break
    return bytes(found[:size])


def _last_bytes(demuxed: Any, sound: Any, size: int) -> bytes:
    """Read from a place near the end that is moved forward until enough is behind it."""
    import av.error

    end = sound.start_time or 0
    if sound.duration:
        end += sound.duration
    elif demuxed.duration and sound.time_base:
        end += int(demuxed.duration / 1e6 / sound.time_base)
    share = LAST_SHARE
    while True:
        whole = share >= 1 or not end
        try:
            demuxed.seek(0 if whole else int(end * (1 - share)), stream=sound, backward=True)
        except av.error.FFmpegError:
            return b""  # a stream without places: the head has to do
        found = b"".join(bytes(packet) for packet in demuxed.demux(sound))
        if whole or len(found) >= size:
            return found[-size:]
        share *= 8


def _opened(stream: BinaryIO, path: Path, container: str) -> Any:
    """The file as FFmpeg's demuxer of its kind opens it, and no other one."""
    import av
    import av.error

    demuxer = READ_ONLY[container].demuxer if container in READ_ONLY else DEMUXERS.get(container, "ogg")
    stream.seek(0)
    try:
        return av.open(stream, format=demuxer, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise TagReadError(path, "damaged") from error


def _shows_film(demuxed: Any) -> bool:
    import av.error

    films = [
        stream
        for stream in demuxed.streams.video
        if not stream.disposition & stream.disposition.attached_pic
        and getattr(stream.codec_context, "name", "") not in PICTURE_CODECS
    ]
    if not films or not demuxed.streams.audio:
        return bool(films)
    pictures = 0
    try:
        for packet in islice(demuxed.demux(), PACKETS_LOOKED_AT):
            pictures += packet.stream in films and packet.size > 0
            if pictures > 1:
                return True
    except (av.error.FFmpegError, OSError):
        return True
    return False


def _announced_s(demuxed: Any, sound: Any) -> float:
    if sound.duration and sound.time_base:
        return float(sound.duration * sound.time_base)
    return float(demuxed.duration or 0) / 1e6


def _asf_length_s(stream: BinaryIO) -> float:
    """What the header says, of which FFmpeg makes something else when much padding is behind it."""
    stream.seek(0)
    head = stream.read(ASF_HEADER_BYTES)
    position = head.find(ASF_PROPERTIES)
    if position < 0 or len(head) < position + 88:
        return 0.0
    ticks, _, preroll_ms = struct.unpack_from("<QQQ", head, position + 64)
    return float(max(0, ticks // 10_000 - preroll_ms)) / 1_000


def _counted_s(stream: BinaryIO, path: Path, container: str) -> float | None:
    """The end of the last packet of sound: what a program could not know that wrote into a pipe."""
    import av.error

    end_s = 0.0
    with _opened(stream, path, container) as demuxed:
        try:
            for packet in demuxed.demux(demuxed.streams.audio[0]):
                if packet.pts is not None and packet.time_base is not None:
                    end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        except (av.error.FFmpegError, OSError):
            pass  # a damaged end: what was counted until then
    return end_s or None


def _fields(metadata: dict[str, str]) -> Fields:
    found: Fields = {}
    for name, value in metadata.items():
        field = FIELDS.get(name.lower())
        if field and value.strip():
            found.setdefault(field, (value.strip(),))
    return found


def _handlers(stream: BinaryIO) -> list[Any]:
    return [
        handler
        for top in atom_tree(stream)
        for track in top.children or ()
        if track.name == b"trak" and (media := track.child(b"mdia")) and (handler := media.child(b"hdlr"))
    ]


def _is_video_handler(stream: BinaryIO, start: int) -> bool:
    stream.seek(start + 8)
    return stream.read(4) == b"vide"


def _is_video_page(stream: BinaryIO, start: int) -> bool:
    stream.seek(start)
    head = stream.read(8)
    return head[1:7] == b"theora" or head[:4] == b"BBCD" or head[:5] == b"OVP80" or head[1:6] == b"video"
