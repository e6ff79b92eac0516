"""What a file really is, told by its first bytes and never by its name."""

from __future__ import annotations

from typing import BinaryIO

ID3_HEADER = 10
HEAD_BYTES = 4096

ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

NOT_AUDIO = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"\x1a\x45\xdf\xa3", "a Matroska or WebM file, whose tags cannot be read yet"),
    (b"MThd", "a MIDI file"),
)


def id3_length(head: bytes) -> int:
    """Bytes of an ID3v2 block at the start of `head`, header and footer included; 0 when there is none."""
    if len(head) < ID3_HEADER or head[:3] != b"ID3" or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return size + ID3_HEADER + (10 if head[5] & 0x10 else 0)


def sniff(file: BinaryIO) -> str:
    """A container key such as "flac", "mpeg", "ogg/opus", "riff", or "" when the content is not known audio.

    An ID3v2 block at the start is stepped over. Leaves the file position anywhere.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    skipped = id3_length(head)
    if skipped:
        file.seek(skipped)
        head = file.read(HEAD_BYTES)
    return _of_head(head) or ("mpeg" if skipped else "")


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
        return _ogg_codec(head)
    if head[4:8] == b"ftyp" or (head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip") and head[:2] == b"\0\0"):
        return "mp4"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "riff"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:4] == b"FRM8":
        return "dsdiff"
    return _mpeg_or_aac(head)


def _ogg_codec(head: bytes) -> str:
    start = 27 + (head[26] if len(head) > 26 else 0)
    codecs = {b"\x01vorbis": "vorbis", b"OpusHead": "opus", b"Speex   ": "speex", b"\x7fFLAC": "flac"}
    for magic, name in codecs.items():
        if head.startswith(magic, start):
            return f"ogg/{name}"
    return "ogg/other"


def _mpeg_or_aac(head: bytes) -> str:
    for start in range(min(len(head) - 1, 2048)):
        if head[start] == 0xFF and head[start + 1] & 0xE0 == 0xE0:
            layer = head[start + 1] >> 1 & 3
            if layer == 0 and head[start + 1] & 0xF0 == 0xF0 and start == 0:
                return "aac"
            if layer:
                return "mpeg"
    return ""


def describe_unknown(file: BinaryIO) -> str:
    """A sentence that says what a file without known audio looks like instead."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        return "The file is empty (0 bytes)."
    if not head.strip(b"\0"):
        return "This is not an audio file: it begins with nothing but zeros."
    for magic, what in NOT_AUDIO:
        if head[: len(magic)].lower() == magic.lower():
            return f"This is not an audio file: it looks like {what}."
    if _is_text(head):
        return "This is not an audio file: it looks like plain text."
    return "No audio was found in it: the file is damaged, or of a kind that is not known."


def _is_text(head: bytes) -> bool:
    try:
        text = head[: len(head) - 4 if len(head) == HEAD_BYTES else None].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)
