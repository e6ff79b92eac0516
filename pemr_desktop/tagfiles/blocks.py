"""Which blocks of tags a file has: the one that is written, and those beside it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from pemr_desktop.refusals import refusal
from pemr_desktop.tagfiles.containers.audio_spans import audio_spans
from pemr_desktop.tagfiles.containers.chunks import file_length
from pemr_desktop.tagfiles.containers.end_blocks import EndBlock, end_blocks
from pemr_desktop.tagfiles.containers.forms import FORMS, chunks_of
from pemr_desktop.tagfiles.formats.ape import APE
from pemr_desktop.tagfiles.formats.ape_block import find_block as find_ape
from pemr_desktop.tagfiles.formats.asf import ASF
from pemr_desktop.tagfiles.formats.asf_block import read_header
from pemr_desktop.tagfiles.formats.beside import Beside, other_block
from pemr_desktop.tagfiles.formats.id3 import ID3
from pemr_desktop.tagfiles.formats.id3_block import Id3Block, UnreadableBlock, new_block, read_block
from pemr_desktop.tagfiles.formats.id3_location import Location, content_at, find_locations, new_location
from pemr_desktop.tagfiles.formats.id3v1 import read_id3v1
from pemr_desktop.tagfiles.formats.mp4 import MP4
from pemr_desktop.tagfiles.formats.mp4_block import read_block as read_mp4
from pemr_desktop.tagfiles.formats.riff_info import aiff_texts, info_list
from pemr_desktop.tagfiles.formats.tag_format import SaveOptions, TagKind
from pemr_desktop.tagfiles.formats.vorbis import VORBIS
from pemr_desktop.tagfiles.formats.vorbis_block import read_comments

log = logging.getLogger(__name__)

ID3_CHUNKS = ("riff", "aiff", "dsf", "dsdiff")
ID3_FIRST = ("mpeg", "trueaudio")
ID3_IF_THERE = ("aac", "ac3")
APE_FIRST = ("monkeys", "wavpack", "musepack", "optimfrog", "tak")
AT_BOTH_ENDS = (*ID3_FIRST, *ID3_IF_THERE, *APE_FIRST, "flac")


@dataclass(frozen=True)
class Blocks:
    """`block`: the tags that are written, as `kind` has them; both None where the file has no place for tags."""

    kind: TagKind | None
    block: Any
    beside: tuple[Beside, ...] = ()


def find_blocks(stream: BinaryIO, key: str) -> Blocks:
    """The blocks of a file of this container. Raises UnreadableBlock."""
    if key == "mp4":
        return Blocks(MP4, read_mp4(stream))
    if key == "asf":
        return Blocks(ASF, read_header(stream))
    if key.startswith("ogg/"):
        return Blocks(VORBIS, read_comments(stream, key))
    if key in ID3_CHUNKS:
        return _of_chunks(stream, key)
    return _at_both_ends(stream, key)


def _of_chunks(stream: BinaryIO, key: str) -> Blocks:
    locations = find_locations(stream, key)
    more = [] if len(locations) < 2 else list(_id3_beside(stream, locations[1:]))
    if key == "riff":
        more.append(info_list(stream))
    if key == "aiff":
        more.append(aiff_texts(stream))
    return Blocks(ID3, _id3_chunk(stream, key, locations), tuple(block for block in more if block.fields))


def _id3_chunk(stream: BinaryIO, key: str, locations: list[Location]) -> Id3Block:
    """The block in its chunk; what cannot be read there is damaged, and the rest of the file can be read."""
    try:
        block = _id3_block(stream, key, locations)
    except UnreadableBlock as error:
        return replace(new_block(SaveOptions().id3_version, locations[0]), is_new=False, damage=error.why)
    if key in FORMS and audio_spans(stream, key).lacking:
        return replace(block, damage=refusal("sound cut off"))
    if key == "riff" and any(chunk.name == b"data" and chunk.start == chunk.end for chunk in chunks_of(stream, key)):
        return replace(block, damage=refusal("no sound before tags"))
    if key in FORMS and any(chunk.end > file_length(stream) for chunk in chunks_of(stream, key)):
        return replace(block, damage=refusal("chunk too long"))
    return block


def _id3_block(stream: BinaryIO, key: str, locations: list[Location]) -> Id3Block:
    if not locations:
        return new_block(SaveOptions().id3_version, new_location(stream, key))
    return read_block(content_at(stream, locations[0]), locations[0])


def _at_both_ends(stream: BinaryIO, key: str) -> Blocks:
    """An ID3 block before the sound, an APEv2 block behind it: which of them is usual depends on the container."""
    locations = find_locations(stream, key)
    ends = end_blocks(stream)
    has_ape = any(block.kind == "ape" for block in ends)
    kind: TagKind | None = None
    block: Any = None
    if key == "flac":
        kind, block = VORBIS, read_comments(stream, key)
    elif key in APE_FIRST or (has_ape and not locations):
        kind, block = APE, find_ape(stream)
    elif key in ID3_FIRST or locations:
        kind, block = ID3, _id3_block(stream, key, locations)
    more = list(_id3_beside(stream, locations[1:] if kind is ID3 else locations))
    more += [found for end in ends if (found := _end_beside(stream, key, end, kind)) is not None]
    more.sort(key=lambda block: block.name == "ID3v1 tag")
    return Blocks(kind, block, tuple(more))


def _id3_beside(stream: BinaryIO, locations: list[Location]) -> Iterator[Beside]:
    """Nothing is taken out of a block that begins where others take the sound to begin or to go on."""
    for location in locations:
        try:
            found = other_block("other ID3 tag", ID3, read_block(content_at(stream, location), location))
            yield found if location.chunk or not location.start else replace(found, take_out=None)
        except UnreadableBlock as error:
            log.debug("A second ID3 tag is passed over: %s", error)


def _end_beside(stream: BinaryIO, key: str, end: EndBlock, kind: TagKind | None) -> Beside | None:
    if end.kind == "id3v1":
        found = read_id3v1(stream, end)
        return found if found.fields else None
    if end.kind == "ape" and kind is not APE:
        return other_block("APEv2 tag", APE, find_ape(stream))
    if end.kind == "id3v2":
        return next(_id3_beside(stream, [Location(key, end.start, end.end)]), None)
    return None
