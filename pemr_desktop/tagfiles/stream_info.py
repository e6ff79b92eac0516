"""Length, rate and channels of a file, as mutagen reads them; it is given nothing of the tags that could stop it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, BinaryIO, cast

import mutagen.asf
from mutagen.aac import AACInfo
from mutagen.ac3 import AC3Info
from mutagen.aiff import AIFFInfo
from mutagen.dsdiff import DSDIFFInfo
from mutagen.dsf import DSFFile, DSFInfo
from mutagen.flac import FLAC
from mutagen.monkeysaudio import MonkeysAudioInfo
from mutagen.mp3 import MPEGInfo
from mutagen.mp4 import MP4Info, MP4NoTrackError
from mutagen.mp4._atom import Atoms
from mutagen.musepack import MusepackInfo
from mutagen.oggflac import OggFLACStreamInfo
from mutagen.oggopus import OggOpusInfo
from mutagen.oggspeex import OggSpeexInfo
from mutagen.oggvorbis import OggVorbisInfo
from mutagen.optimfrog import OptimFROGInfo
from mutagen.tak import TAKInfo
from mutagen.trueaudio import TrueAudioInfo
from mutagen.wave import WaveStreamInfo
from mutagen.wavpack import WavPackInfo

from pemr_desktop.tagfiles.containers.chunks import file_length
from pemr_desktop.tagfiles.containers.forms import size_splices
from pemr_desktop.tagfiles.containers.mp4_tree import atom_tree
from pemr_desktop.tagfiles.containers.mpeg_length import counted_length_s
from pemr_desktop.tagfiles.containers.sniffing import ID3_HEADER, id3_end, id3_length
from pemr_desktop.tagfiles.containers.wave_length import true_length_s
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.read_limit import BoundedReader
from pemr_desktop.tagfiles.splices import Splice, SplicedFile

TAG_ATOMS = (b"udta", b"meta")


def bounded(stream: BinaryIO) -> BinaryIO:
    """The file from its start on, for so many reads as a file of its size can need."""
    reader = cast("BinaryIO", BoundedReader(stream, file_length(stream)))
    reader.seek(0)
    return reader


def behind_id3(stream: BinaryIO) -> BinaryIO:
    """The file without the ID3 blocks at its start."""
    length = id3_end(stream)
    return cast("BinaryIO", SplicedFile(stream, [Splice(0, length, b"")])) if length else stream


def _behind_id3(info: Callable[[Any], Any]) -> Callable[[BinaryIO], Any]:
    return lambda stream: SimpleNamespace(info=info(bounded(behind_id3(stream))))


def _mpeg(stream: BinaryIO) -> Any:
    stream.seek(0)
    found = MPEGInfo(bounded(stream), id3_length(stream.read(ID3_HEADER)))
    counted_s = counted_length_s(stream, found.frame_offset, file_length(stream))
    if counted_s is not None:
        found.length = counted_s
        found.bitrate = int((file_length(stream) - found.frame_offset) * 8 / counted_s)
    return SimpleNamespace(info=found)


def _ogg(info: Callable[[Any], Any]) -> Callable[[BinaryIO], Any]:
    def read(stream: BinaryIO) -> Any:
        reader = bounded(stream)
        found = info(reader)
        found._post_tags(reader)
        return SimpleNamespace(info=found)

    return read


def _with_true_sizes(stream: BinaryIO, container: str) -> BinaryIO:
    """The file as if the program that wrote it had known its sizes."""
    try:
        splices = size_splices(stream, container)
    except CannotHold:
        return stream
    return cast("BinaryIO", SplicedFile(stream, splices)) if splices else stream


def _wave(stream: BinaryIO) -> Any:
    found = WaveStreamInfo(bounded(_with_true_sizes(stream, "riff")))
    length = true_length_s(stream)
    if length is not None:
        found.length = length
    return SimpleNamespace(info=found)


def _dsf(stream: BinaryIO) -> Any:
    return SimpleNamespace(info=DSFInfo(DSFFile(bounded(stream)).fmt_chunk))


def _mp4(stream: BinaryIO) -> Any:
    """Atoms of tags are hidden from mutagen, which reads only some of the forms that they have."""
    hidden = [
        Splice(inner.start - 4, inner.start, b"free")
        for atom in atom_tree(stream)
        for inner in atom.all()
        if inner.name in TAG_ATOMS and inner.start - inner.offset == 8
    ]
    reader = bounded(cast("BinaryIO", SplicedFile(stream, hidden)) if hidden else stream)
    info = MP4Info()
    with suppress(MP4NoTrackError):
        info.load(Atoms(reader), reader)
    return SimpleNamespace(info=info)


READERS: dict[str, Callable[[BinaryIO], Any]] = {
    "flac": lambda stream: FLAC(bounded(behind_id3(stream))),
    "ogg/vorbis": _ogg(OggVorbisInfo),
    "ogg/opus": _ogg(OggOpusInfo),
    "ogg/speex": _ogg(OggSpeexInfo),
    "ogg/flac": _ogg(OggFLACStreamInfo),
    "mp4": _mp4,
    "mpeg": _mpeg,
    "riff": _wave,
    "aiff": lambda stream: SimpleNamespace(info=AIFFInfo(bounded(_with_true_sizes(stream, "aiff")))),
    "dsf": _dsf,
    "dsdiff": lambda stream: SimpleNamespace(info=DSDIFFInfo(bounded(stream))),
    "trueaudio": _behind_id3(lambda reader: TrueAudioInfo(reader, 0)),
    "monkeys": _behind_id3(MonkeysAudioInfo),
    "wavpack": _behind_id3(WavPackInfo),
    "musepack": _behind_id3(MusepackInfo),
    "optimfrog": _behind_id3(OptimFROGInfo),
    "tak": _behind_id3(TAKInfo),
    "asf": lambda stream: mutagen.asf.ASF(bounded(stream)),
    "aac": lambda stream: SimpleNamespace(info=AACInfo(bounded(stream))),
    "ac3": _behind_id3(AC3Info),
}
