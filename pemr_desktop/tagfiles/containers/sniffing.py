"""What a file really is, told by its first bytes and never by its name."""

from __future__ import annotations

from itertools import islice
from typing import BinaryIO

from pemr_desktop.refusal_texts.tag_files import TagFileCode
from pemr_desktop.tagfiles.containers.mpeg_frames import adts_length, begins_with_frames
from pemr_desktop.tagfiles.containers.ogg import pages
from pemr_desktop.tagfiles.containers.read_only import read_only_key

ID3_HEADER = 10
HEAD_BYTES = 4096
FRAMES = 16_384
MAX_JUNK = 2048
"""Bytes before the first frame of MPEG audio that are passed over."""
MAX_STREAMS = 64
NO_POSITION = 0xFFFF_FFFF_FFFF_FFFF

ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

OGG_CODECS = {b"\x01vorbis": "vorbis", b"OpusHead": "opus", b"Speex   ": "speex", b"\x7fFLAC": "flac"}
NO_FRAMES = (b"FORM", b"RIFF", b"RIFX", b"RF64", b"\0\0\1\xba", b"\0\0\1\xb3", b"\0\0\1\xbb")
"""What else may hold frames of MPEG audio somewhere: files made of chunks, and films (pack and sequence headers)."""

NOT_AUDIO: tuple[tuple[bytes, TagFileCode], ...] = (
    (b"\x89PNG", "like a picture"),
    (b"\xff\xd8\xff", "like a picture"),
    (b"GIF8", "like a picture"),
    (b"%PDF", "like a PDF document"),
    (b"PK\x03\x04", "like a ZIP archive"),
    (b"<!DOCTYPE", "like a web page"),
    (b"<html", "like a web page"),
    (b"MThd", "like a MIDI file"),
    (b"\0\0\1\xb3", "like a film"),
)


def id3_length(head: bytes) -> int:
    """Bytes of an ID3v2 block at the start of `head`, header and footer included; 0 when there is none."""
    if len(head) < ID3_HEADER or head[:3] != b"ID3" or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return size + ID3_HEADER + (10 if head[5] & 0x10 else 0)


def id3_end(file: BinaryIO) -> int:
    """Where the ID3v2 blocks at the start of a file end: some programs put a second one before the first."""
    position = 0
    while True:
        file.seek(position)
        length = id3_length(file.read(ID3_HEADER))
        if not length:
            return position
        position += length


def sniff(file: BinaryIO) -> str:
    """A container key such as "flac", "mpeg", "ogg/opus", "riff", or "" when the content is not known audio.

    An ID3v2 block at the start is stepped over. Leaves the file position anywhere.
    """
    skipped = id3_end(file)
    file.seek(skipped)
    head = file.read(HEAD_BYTES)
    found = _of_head(head)
    if found == "ogg":
        return _ogg_codec(file, skipped)
    found = found or read_only_key(head) or _mpeg_or_aac(file, skipped)
    return found or ("mpeg" if skipped and not head.startswith(NO_FRAMES) else "")


def _of_head(head: bytes) -> str:
    simple = {
        b"fLaC": "flac",
        b"MAC ": "monkeys",
        b"wvpk": "wavpack",
        b"MPCK": "musepack",
        b"MP+": "musepack",
        b"TTA1": "trueaudio",
        b"TTA2": "trueaudio",
        b"DSD ": "dsf",
        b"OFR ": "optimfrog",
        b"tBaK": "tak",
        b"ADIF": "aac",
        b"\x0b\x77": "ac3",
        ASF_HEADER: "asf",
    }
    for magic, key in simple.items():
        if head.startswith(magic):
            return key
    if head[:4] == b"OggS":
        return "ogg"
    if head[4:8] == b"ftyp" or (head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip") and head[:2] == b"\0\0"):
        return "mp4"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "riff"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:4] == b"FRM8":
        return "dsdiff"
    return ""


def _ogg_codec(file: BinaryIO, position: int) -> str:
    """The first stream of sound: a picture or a film that stands before it is stepped over."""
    for page in islice(pages(file, position), MAX_STREAMS):
        file.seek(page.start)
        head = file.read(8)
        if page.granule not in (0, NO_POSITION):
            break
        for magic, name in OGG_CODECS.items():
            if head.startswith(magic):
                return f"ogg/{name}"
    return "ogg/other"


def _mpeg_or_aac(file: BinaryIO, position: int) -> str:
    """Frames one after the other. What stands before the first is passed over, but not what belongs to a film."""
    file.seek(position)
    head = file.read(FRAMES)
    if head.startswith(NO_FRAMES):
        return ""
    is_whole = len(head) < FRAMES
    if (length := adts_length(head[:7])) is not None and (
        adts_length(head[length : length + 7]) is not None or (is_whole and length + 7 > len(head))
    ):
        return "aac"
    starts = (offset for offset in range(min(len(head) - 3, MAX_JUNK)) if head[offset] == 0xFF)
    return "mpeg" if any(begins_with_frames(head, offset, is_whole=is_whole) for offset in starts) else ""


def unknown_content(file: BinaryIO) -> TagFileCode:
    """What a file without known audio looks like instead."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        return "empty"
    if not head.strip(b"\0"):
        return "like zeros"
    for magic, code in NOT_AUDIO:
        if head[: len(magic)].lower() == magic.lower():
            return code
    return "like plain text" if _is_text(head) else "no audio"


def _is_text(head: bytes) -> bool:
    try:
        text = head[: len(head) - 4 if len(head) == HEAD_BYTES else None].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)
