"""Opening a file by what it is: the mutagen object, its kind of tag, and what the user should know about it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import mutagen.asf
import mutagen.id3
import mutagen.mp4
from mutagen import MutagenError
from mutagen.aac import AAC
from mutagen.ac3 import AC3
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.dsdiff import DSDIFF
from mutagen.dsf import DSF
from mutagen.flac import FLAC
from mutagen.monkeysaudio import MonkeysAudio
from mutagen.mp3 import MP3
from mutagen.musepack import Musepack
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis
from mutagen.optimfrog import OptimFROG
from mutagen.tak import TAK
from mutagen.trueaudio import TrueAudio
from mutagen.wavpack import WavPack

from pemr_desktop.tagfiles.containers.chunks import file_length
from pemr_desktop.tagfiles.containers.sniffing import describe_unknown, sniff
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.formats.ape import APE
from pemr_desktop.tagfiles.formats.asf import ASF
from pemr_desktop.tagfiles.formats.id3 import ID3
from pemr_desktop.tagfiles.formats.mp4 import MP4
from pemr_desktop.tagfiles.formats.riff_info import WaveWithInfo
from pemr_desktop.tagfiles.formats.tag_format import TagKind
from pemr_desktop.tagfiles.formats.vorbis import VORBIS
from pemr_desktop.tagfiles.formats.vorbis_block import adopt_raw
from pemr_desktop.tagfiles.identity import system_reason
from pemr_desktop.tagfiles.read_limit import BoundedReader


@dataclass(frozen=True)
class Container:
    """How one container is opened. `kind` None: it has no place for tags."""

    format: str
    open: Callable[..., Any]
    kind: TagKind | None
    suffixes: tuple[str, ...]


CONTAINERS: dict[str, Container] = {
    "flac": Container("FLAC", FLAC, VORBIS, (".flac", ".fla")),
    "ogg/vorbis": Container("Ogg Vorbis", OggVorbis, VORBIS, (".ogg", ".oga")),
    "ogg/opus": Container("Opus", OggOpus, VORBIS, (".opus", ".ogg", ".oga")),
    "ogg/speex": Container("Speex", OggSpeex, VORBIS, (".spx", ".ogg", ".oga")),
    "ogg/flac": Container("Ogg FLAC", OggFLAC, VORBIS, (".oga", ".ogg", ".flac")),
    "mp4": Container("MP4", mutagen.mp4.MP4, MP4, (".m4a", ".m4b", ".mp4", ".m4r", ".m4p", ".3gp", ".alac", ".aac")),
    "mpeg": Container("MP3", MP3, ID3, (".mp3", ".mp2", ".mpga")),
    "riff": Container("WAV", WaveWithInfo, ID3, (".wav", ".wave")),
    "aiff": Container("AIFF", AIFF, ID3, (".aiff", ".aif", ".aifc")),
    "dsf": Container("DSF", DSF, ID3, (".dsf",)),
    "dsdiff": Container("DSDIFF", DSDIFF, ID3, (".dff",)),
    "trueaudio": Container("True Audio", TrueAudio, ID3, (".tta",)),
    "monkeys": Container("Monkey's Audio", MonkeysAudio, APE, (".ape",)),
    "wavpack": Container("WavPack", WavPack, APE, (".wv",)),
    "musepack": Container("Musepack", Musepack, APE, (".mpc", ".mp+")),
    "optimfrog": Container("OptimFROG", OptimFROG, APE, (".ofr", ".ofs")),
    "tak": Container("TAK", TAK, APE, (".tak",)),
    "asf": Container("WMA", mutagen.asf.ASF, ASF, (".wma", ".asf")),
    "aac": Container("AAC", AAC, None, (".aac",)),
    "ac3": Container("AC-3", AC3, None, (".ac3", ".eac3")),
}

SUFFIXES = frozenset(suffix for container in CONTAINERS.values() for suffix in container.suffixes)


@dataclass(frozen=True)
class Opened:
    """A parsed file. `file` is mutagen's object; its `.tags` is None while there is no tag block."""

    container: str
    format: str
    kind: TagKind | None
    file: Any
    warnings: tuple[str, ...]


def open_tags(stream: BinaryIO, path: Path) -> Opened:
    """Parse an open file. Raises TagReadError; a block that cannot be parsed is never taken for a missing one."""
    try:
        key = sniff(stream)
        container = CONTAINERS.get(key)
        if container is None:
            raise TagReadError(path, describe_unknown(stream))
    except OSError as error:
        raise TagReadError(path, system_reason(error)) from error
    try:
        bounded = cast("BinaryIO", BoundedReader(stream, file_length(stream)))
        bounded.seek(0)
        file, kind = _parse(container, key, bounded)
    except OSError as error:
        raise TagReadError(path, system_reason(error)) from error
    except MutagenError as error:
        raise TagReadError(path, _parse_reason(container, error, stream)) from error
    except Exception as error:
        raise TagReadError(path, f"Its {container.format} data is damaged and cannot be read ({error!r}).") from error
    return Opened(key, _format_name(container, file), kind, file, _warnings(container, kind, file, stream, path))


def _parse(container: Container, key: str, stream: BinaryIO) -> tuple[Any, TagKind | None]:
    if container.kind is not ID3:
        file = container.open(stream)
        if container.kind is VORBIS:
            adopt_raw(file.tags, stream, key)
        return file, container.kind
    file = container.open(stream, translate=False, load_v1=False)
    if file.tags is not None or container.open is not MP3:
        return file, ID3
    if _has_ape(stream):
        stream.seek(0)
        file.tags = APEv2(stream)
        return file, APE
    if _has_id3v1(stream):
        stream.seek(0)
        file.tags = mutagen.id3.ID3(stream, translate=False)
    return file, ID3


def _parse_reason(container: Container, error: MutagenError, stream: BinaryIO) -> str:
    text = str(error) or type(error).__name__
    if container.format == "MP3" and "sync" in text:
        return describe_unknown(stream)
    return f"Its {container.format} data or tags are damaged and cannot be read ({text})."


def _format_name(container: Container, file: Any) -> str:
    if container.format == "MP4":
        codec = str(getattr(file.info, "codec", ""))
        return {"mp4a": "AAC", "alac": "ALAC"}.get(codec.partition(".")[0], "MP4")
    if container.format == "MP3":
        return f"MP{file.info.layer}"
    return container.format


def _warnings(container: Container, kind: TagKind | None, file: Any, stream: BinaryIO, path: Path) -> tuple[str, ...]:
    found = []
    suffix = path.suffix.lower()
    if suffix in SUFFIXES and suffix not in container.suffixes:
        found.append(f"The name ends in {suffix}, but the content is {container.format}.")
    if container.open is MP3 and kind is ID3 and file.tags is not None and _has_ape(stream):
        found.append("It has an APEv2 tag beside the ID3 tag; a player that prefers that one shows other values.")
    return tuple(found)


def _has_id3v1(stream: BinaryIO) -> bool:
    if stream.seek(0, os.SEEK_END) < 128:
        return False
    stream.seek(-128, os.SEEK_END)
    return stream.read(3) == b"TAG"


def _has_ape(stream: BinaryIO) -> bool:
    length = stream.seek(0, os.SEEK_END)
    end = length - (128 if _has_id3v1(stream) else 0)
    if end < 32:
        return False
    stream.seek(end - 32)
    return stream.read(8) == b"APETAGEX"
