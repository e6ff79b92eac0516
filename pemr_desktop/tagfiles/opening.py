"""Opening a file by what it is: its blocks of tags, its properties, and what the user should know about it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from mutagen import MutagenError

from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.blocks import Blocks, find_blocks
from pemr_desktop.tagfiles.containers.read_only import READ_ONLY, READ_ONLY_SUFFIXES
from pemr_desktop.tagfiles.containers.sniffing import id3_end, sniff, unknown_content
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.formats.beside import Beside, filled
from pemr_desktop.tagfiles.formats.id3_block import Id3Block, UnreadableBlock
from pemr_desktop.tagfiles.formats.id3_frames import MAX_FRAMES, swells
from pemr_desktop.tagfiles.formats.tag_format import Fields, SaveOptions, TagKind
from pemr_desktop.tagfiles.formats.vorbis_block import Comments
from pemr_desktop.tagfiles.read_limit import EndlessReading
from pemr_desktop.tagfiles.stream_info import READERS, behind_id3

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Container:
    """What one container is called, and how the names of its files end."""

    format: str
    suffixes: tuple[str, ...]


CONTAINERS: dict[str, Container] = {
    "flac": Container("FLAC", (".flac", ".fla")),
    "ogg/vorbis": Container("Ogg Vorbis", (".ogg", ".oga", ".ogv", ".ogx")),
    "ogg/opus": Container("Opus", (".opus", ".ogg", ".oga", ".ogv", ".ogx")),
    "ogg/speex": Container("Speex", (".spx", ".ogg", ".oga")),
    "ogg/flac": Container("Ogg FLAC", (".oga", ".ogg", ".flac")),
    "mp4": Container(
        "MP4",
        (".m4a", ".m4b", ".mp4", ".m4r", ".m4p", ".m4v", ".f4a", ".mov", ".3gp", ".3gpp", ".3g2", ".alac", ".aac"),
    ),
    "mpeg": Container("MP3", (".mp3", ".mp2", ".mp1", ".mpa", ".mpga")),
    "riff": Container("WAV", (".wav", ".wave", ".bwf")),
    "aiff": Container("AIFF", (".aiff", ".aif", ".aifc")),
    "dsf": Container("DSF", (".dsf",)),
    "dsdiff": Container("DSDIFF", (".dff",)),
    "trueaudio": Container("True Audio", (".tta",)),
    "monkeys": Container("Monkey's Audio", (".ape",)),
    "wavpack": Container("WavPack", (".wv",)),
    "musepack": Container("Musepack", (".mpc", ".mp+")),
    "optimfrog": Container("OptimFROG", (".ofr", ".ofs")),
    "tak": Container("TAK", (".tak",)),
    "asf": Container("WMA", (".wma", ".wmv", ".asf")),
    "aac": Container("AAC", (".aac",)),
    "ac3": Container("AC-3", (".ac3", ".eac3")),
}

WRITTEN_SUFFIXES = frozenset(suffix for container in CONTAINERS.values() for suffix in container.suffixes)
SUFFIXES = WRITTEN_SUFFIXES | READ_ONLY_SUFFIXES
PLACED = ("riff", "aiff", "dsf", "dsdiff", "mp4", "asf", "ogg/vorbis", "ogg/opus", "ogg/speex", "ogg/flac")
"""Containers that begin with the first byte of the file: an ID3 block before them is a mistake."""


@dataclass(frozen=True)
class Opened:
    """A parsed file. `file.info`: its properties; `block`: its tags as `kind` has them, None where `kind` is None.

    `beside`: other blocks, which fill the gaps of that one.
    """

    container: str
    format: str
    kind: TagKind | None
    block: Any
    beside: tuple[Beside, ...]
    file: Any
    warnings: tuple[Refusal, ...]

    @cached_property
    def own_fields(self) -> Fields:
        """What the block itself says."""
        return self.kind.read_fields(self.block) if self.kind else {}

    @cached_property
    def fields(self) -> Fields:
        """What the file says in all its blocks."""
        return filled(self.own_fields, self.beside)

    @property
    def artwork(self) -> list[tuple[bool, bytes]]:
        """Pictures as (is_front_cover, bytes)."""
        own = self.kind.artwork(self.block) if self.kind else []
        return [*own, *(picture for block in self.beside for picture in block.pictures)]

    def prepared(self, options: SaveOptions) -> Any:
        """The block to edit: a new ID3 block has the version that is asked for."""
        if isinstance(self.block, Id3Block) and self.block.is_new:
            return replace(self.block, version=options.id3_version, packed=options.id3_version == 4)
        return self.block


def open_tags(stream: BinaryIO, path: Path) -> Opened:
    """Parse an open file. Raises TagReadError; a block that cannot be parsed is never taken for a missing one."""
    try:
        key = sniff(stream)
    except OSError as error:
        raise TagReadError(path, system_reason(error)) from error
    if key in READ_ONLY:
        raise TagReadError(path, "read only format", format=READ_ONLY[key].format)
    container = CONTAINERS.get(key)
    if container is None:
        raise TagReadError(path, unknown_content(stream))
    try:
        return _open(stream, path, key, container)
    except OSError as error:
        raise TagReadError(path, system_reason(error)) from error
    except UnreadableBlock as error:
        raise TagReadError(path, error.why) from error
    except MemoryError:  # says nothing of the file: the process that reads it may have no more
        raise
    except Exception as error:  # mutagen may raise anything on data it does not expect
        if isinstance(error, EndlessReading) or isinstance(error.__context__, EndlessReading):
            raise TagReadError(path, "reading never ends", format=container.format) from error
        log.debug("%s cannot be read", path, exc_info=True)
        raise TagReadError(path, _fault(key, error, stream)) from error


def _open(stream: BinaryIO, path: Path, key: str, container: Container) -> Opened:
    misplaced = key in PLACED and id3_end(stream) > 0
    seen = behind_id3(stream) if misplaced else stream
    file = READERS[key](seen)
    blocks = find_blocks(seen, key)
    block = replace(blocks.block, damage=refusal("ID3 misplaced")) if misplaced and blocks.kind else blocks.block
    if key == "flac" and isinstance(block, Comments) and block.damage and not block.comments and file.tags:
        block = replace(block, comments=tuple(f"{name}={value}".encode() for name, value in file.tags))
    warnings = _warnings(container, blocks, path)
    return Opened(key, _format_name(container, file), blocks.kind, block, blocks.beside, file, warnings)


def _fault(key: str, error: Exception, stream: BinaryIO) -> Refusal:
    if key == "mpeg" and isinstance(error, MutagenError) and "sync" in str(error):
        return refusal(unknown_content(stream))
    return refusal("damaged in its format", format=CONTAINERS[key].format)


def _format_name(container: Container, file: Any) -> str:
    if container.format == "MP4":
        codec = str(getattr(file.info, "codec", ""))
        return {"mp4a": "AAC", "alac": "ALAC"}.get(codec.partition(".")[0], "MP4")
    if container.format == "MP3":
        return f"MP{file.info.layer}"
    return container.format


def _warnings(container: Container, blocks: Blocks, path: Path) -> tuple[Refusal, ...]:
    found = []
    suffix = path.suffix.lower()
    if suffix in SUFFIXES and suffix not in container.suffixes:
        found.append(refusal("name of another format", suffix=suffix, format=container.format))
    if (
        blocks.kind is not None
        and blocks.kind.name == "ID3"
        and any(block.name == "APEv2 tag" for block in blocks.beside)
    ):
        found.append(refusal("APEv2 tag beside ID3"))
    if isinstance(blocks.block, Id3Block):
        block = blocks.block
        if len(block.frames) >= MAX_FRAMES:
            found.append(refusal("ID3 crowded", count=f"{MAX_FRAMES:,}"))
        if any(swells(frame, block.version, block.all_escaped) for frame in block.frames):
            found.append(refusal("ID3 part swells"))
    return tuple(found)
