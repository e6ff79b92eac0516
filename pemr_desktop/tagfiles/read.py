"""Reading the tags of one file, whatever its format."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from pemr_desktop.refusals import Refusal
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.formats.tag_format import Fields
from pemr_desktop.tagfiles.identity import check_ordinary
from pemr_desktop.tagfiles.opening import Opened, open_tags

LONGEST_VALUE = 20_000


class FileTags(msgspec.Struct, frozen=True):
    """What a file says of itself. `fields` is empty when there is no tag block. `warnings`: what is odd about it."""

    fields: Fields
    format: str
    tag_kind: str
    duration_s: float | None
    sample_rate: int | None
    channels: int | None
    bit_rate: int | None
    has_artwork: bool
    warnings: tuple[Refusal, ...] = ()


@contextmanager
def open_ordinary(path: Path) -> Iterator[tuple[BinaryIO, os.stat_result]]:
    """Open an ordinary file for reading, with its `fstat`. Never waits on a pipe. Raises TagReadError."""
    try:
        check_ordinary(path, path.stat())
        with path.open("rb") as stream:
            yield stream, os.fstat(stream.fileno())
    except OSError as error:
        raise TagReadError(path, system_reason(error)) from error


def read_tags(path: Path) -> FileTags:
    """Tags and properties of a file, told by its content and not by its name. Raises TagReadError."""
    with open_ordinary(path) as (stream, _):
        return tags_of(open_tags(stream, path))


def tags_of(opened: Opened) -> FileTags:
    """The plain values of a parsed file."""
    info = opened.file.info
    kind = opened.kind
    return FileTags(
        fields=clean(opened.fields),
        format=opened.format,
        tag_kind=kind.name if kind else "",
        duration_s=_duration_s(info),
        sample_rate=48_000 if opened.container == "ogg/opus" else _positive(getattr(info, "sample_rate", None)),
        channels=_positive(getattr(info, "channels", None)),
        bit_rate=_positive(getattr(info, "bitrate", None)),
        has_artwork=bool(opened.artwork),
        warnings=opened.warnings,
    )


def _duration_s(info: object) -> float | None:
    """None if the file does not say it, or says what cannot be, such as a DSF file of no samples a second."""
    try:
        length = getattr(info, "length", None)
    except ZeroDivisionError:
        return None
    return float(length) if isinstance(length, int | float) and 0 < length < math.inf else None


def _positive(number: object) -> int | None:
    return int(number) if isinstance(number, int | float) and number > 0 else None


def clean(fields: Fields) -> Fields:
    """Drop empty values; cut values too long to be a tag, so that one file cannot fill the library."""
    shown: Fields = {}
    for name, values in fields.items():
        kept = tuple(value[:LONGEST_VALUE] for value in values if value)
        if kept:
            shown[name] = kept
    return shown


def read_artwork(path: Path) -> bytes | None:
    """The front cover if one is marked so, else the first picture: an encoded image. Raises TagReadError."""
    with open_ordinary(path) as (stream, _):
        pictures = open_tags(stream, path).artwork
    for is_front, data in pictures:
        if is_front and data:
            return data
    return next((data for _, data in pictures if data), None)
