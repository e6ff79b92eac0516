"""What every kind of tag (ID3, Vorbis comments, MP4, APEv2, ASF) can do. One value of `TagKind` for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

Fields = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class SaveOptions:
    """`id3_version` is for files without an ID3v2 block; a block that exists keeps its version."""

    id3_version: int = 4


@dataclass(frozen=True)
class TagKind:
    """Functions on the mutagen file object, whose `.tags` may be None while the file has no tag block.

    read_fields(file) -> canonical and own field names with their values.
    hold(file, field, values, options) -> the values as they would be read back; raises CannotHold.
    write_field(file, field, values, options) -> native keys it may have touched; empty values remove the field.
    raw(file) -> native key -> comparable content, for proving that nothing else changed.
    artwork(file) -> pictures as (is_front_cover, bytes).
    save(file, stream, options): write the tags to an open `rb+` stream.
    lossy(file, stream) -> a sentence when rewriting this block would lose or damage something, else "".
    """

    name: str
    read_fields: Callable[[Any], Fields]
    hold: Callable[[Any, str, tuple[str, ...], SaveOptions], tuple[str, ...]]
    write_field: Callable[[Any, str, tuple[str, ...], SaveOptions], set[str]]
    raw: Callable[[Any], dict[str, object]]
    artwork: Callable[[Any], list[tuple[bool, bytes]]]
    save: Callable[[Any, BinaryIO, SaveOptions], None]
    lossy: Callable[[Any, BinaryIO], str]


def whole_number(values: tuple[str, ...]) -> tuple[str, ...]:
    """Numbers such as "127.6" as the whole numbers that a field can hold. Raises ValueError."""
    return tuple(str(round(float(value.replace(",", ".")))) for value in values)


FRONT_COVER = 3
VENDOR = "\0vendor"  # the key under which `raw` has the name of the program that made a Vorbis comment
DAMAGED_TEXT = "It holds text that is not valid Unicode, which rewriting would damage."
