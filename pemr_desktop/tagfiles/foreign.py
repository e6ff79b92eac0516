"""What FFmpeg says of files that we do not write, and whether a file is a film.

FFmpeg (PyAV) is loaded by the first file that needs it: only the processes that read untrusted files call this.
"""

from __future__ import annotations

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
ASF_HEADER_BYTES = 1 << 16
ASF_VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
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
            raise TagReadError(path, "It is a film without sound." if film else "No sound was found in it.")
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


def _opened(stream: BinaryIO, path: Path, container: str) -> Any:
    """The file as FFmpeg's demuxer of its kind opens it, and no other one."""
    import av
    import av.error

    demuxer = READ_ONLY[container].demuxer if container in READ_ONLY else DEMUXERS.get(container, "ogg")
    stream.seek(0)
    try:
        return av.open(stream, format=demuxer, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise TagReadError(path, "It is damaged and cannot be read.") from error


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
