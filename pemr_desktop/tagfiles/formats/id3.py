"""ID3v2.2, 2.3 and 2.4: MP3, WAV, AIFF, DSF, DSDIFF, TrueAudio, AAC. A block keeps the version it has."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import BinaryIO

from mutagen.id3 import TCON, Encoding, Frames, PairedTextFrame, TextFrame

from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.formats.id3_block import Id3Block, block_bytes
from pemr_desktop.tagfiles.formats.id3_frames import SHORT_NAME, Frame, content, is_grouped, make_frame, with_content
from pemr_desktop.tagfiles.formats.id3_location import location_splices
from pemr_desktop.tagfiles.formats.id3_text import Layout, described, recoded_texts, split_once, texts, write_texts
from pemr_desktop.tagfiles.formats.mapping import FIELDS, find_field
from pemr_desktop.tagfiles.formats.tag_format import (
    FRONT_COVER,
    Decode,
    Fields,
    SaveOptions,
    TagKind,
    Unit,
    whole_number,
)
from pemr_desktop.tagfiles.splices import Splice

ONLY_IN_4 = {"TMOO": "TXXX:MOOD", "TDRC": "TYER"}
DATE_PARTS = ("TYER", "TDAT", "TIME")
MACHINE_COMMENTS = ("iTun", "Songs-DB_")
COPIED_COMMENT = "ID3v1 Comment"
LANGUAGE = b"eng"
LAYOUTS = {
    "COMM": Layout(language=3),
    "USLT": Layout(language=3),
    "USER": Layout(language=3),
    "IPLS": Layout(),
    "WXXX": Layout(only_first=True),
}
_DATE = re.compile(r"(\d{4})(?:-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?\d\d)?)?|-(\d\d))?")


def _content(block: Id3Block, frame: Frame) -> bytes | None:
    return content(frame, block.version, block.all_escaped)


def _is_text(name: str) -> bool:
    """Whether a frame holds nothing but texts: also one that nobody knows, by its first letter."""
    kind = Frames.get(name)
    if kind is None:
        return name.startswith("T")
    return issubclass(kind, TextFrame) and not issubclass(kind, PairedTextFrame) and name != "COMM"


def _read(block: Id3Block, frame: Frame) -> tuple[str, tuple[str, ...]]:
    """Where a frame is in the mapping table's words, and its texts; "" for what is no text or cannot be read."""
    data = _content(block, frame)
    if data is None:
        return "", ()
    if frame.name in ("TXXX", "COMM"):
        found = described(data, 3 if frame.name == "COMM" else 0)
        if found is None:
            return "", ()
        if frame.name == "TXXX":
            return f"TXXX:{found.description}".upper(), found.texts
        return _name_of_comment(found.description), found.texts
    if frame.name == "UFID":
        owner, _, identifier = data.partition(b"\0")
        return f"UFID:{owner.decode('latin-1')}".upper(), (identifier.decode("ascii", "replace"),)
    if not _is_text(frame.name):
        return "", ()
    found_texts = texts(data)
    if found_texts is None:
        return "", ()
    if frame.name == "TCON":
        return "TCON", tuple(TCON(encoding=Encoding.UTF8, text=list(found_texts)).genres)
    return frame.name, found_texts


def _name_of_comment(description: str) -> str:
    if description.startswith(MACHINE_COMMENTS):
        return ""
    return "COMM:V1" if description == COPIED_COMMENT else "COMM"


def _by_frame_name(block: Id3Block) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for frame in block.frames:
        frame_name, values = _read(block, frame)
        if frame_name:
            present = tuple(found.setdefault(frame_name, []))
            found[frame_name] += [value for value in values if value and value not in present]
    copied = found.pop("COMM:V1", [])
    if copied and not found.get("COMM"):
        found["COMM"] = copied
    return found


def read_fields(block: Id3Block) -> Fields:
    """Every text frame, descriptions of TXXX compared without case; the parts of a date are one date."""
    by_frame_name = _by_frame_name(block)
    _join_date(by_frame_name)
    fields: Fields = {}
    for field in FIELDS:
        for frame_name in field.id3:
            values = by_frame_name.pop(frame_name.upper(), None)
            if values and field.name not in fields:
                fields[field.name] = tuple(values)
    for frame_name, values in by_frame_name.items():
        name = frame_name.removeprefix("TXXX:").lower()
        if values:
            fields.setdefault(name if name not in fields else frame_name.lower(), tuple(values))
    return fields


def _join_date(by_frame_name: dict[str, list[str]]) -> None:
    """Make one date of TYER (the year), TDAT (day and month) and TIME, as far as they are what they should be."""
    years = by_frame_name.get("TYER", [])
    if not years:
        return
    days, times = by_frame_name.pop("TDAT", []), by_frame_name.pop("TIME", [])
    day = days[0].strip() if days else ""
    if not (_is_number(years[0], 4) and _is_number(day, 4) and "00" < day[:2] <= "31" and "00" < day[2:] <= "12"):
        return
    date = f"{years[0]}-{day[2:]}-{day[:2]}"
    time = times[0].strip() if times else ""
    if _is_number(time, 4) and time[:2] < "24" and time[2:] < "60":
        date += f"T{time[:2]}:{time[2:]}"
    by_frame_name["TYER"] = [date, *years[1:]]


def _is_number(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def _frame_names(field: str, version: int) -> tuple[str, ...]:
    """The places of a field, first the one that is written."""
    known = find_field(field)
    if not known:
        name = field.upper()
        if name in Frames and _is_text(name) and name != "TXXX" and (version > 2 or name in SHORT_NAME):
            return (name,)
        return (f"TXXX:{field.removeprefix('txxx:').upper()}", *((name,) if _is_text(name) and len(name) == 4 else ()))
    first = known.id3[0]
    every = (*known.id3, *DATE_PARTS[1:]) if field == "date" else known.id3
    if version < 4 and first in ONLY_IN_4:
        return tuple(dict.fromkeys((ONLY_IN_4[first], *every)))
    return every


def keys(block: Id3Block, field: str) -> frozenset[str]:
    """The places of the frames that an edit of the field replaces."""
    return frozenset(frame_name.upper() for frame_name in _frame_names(field, block.version))


def hold(block: Id3Block, field: str, values: tuple[str, ...], options: SaveOptions) -> tuple[str, ...]:
    """BPM is whole, dates before ID3v2.4 are numbers, and no value may hold a NUL."""
    frame_name = _frame_names(field, block.version)[0]
    if any("\0" in value for value in values):
        raise CannotHold("NUL in value", field=field)
    if frame_name == "TBPM":
        try:
            return whole_number(values)
        except (ValueError, OverflowError) as error:
            raise CannotHold("ID3 whole number", field="bpm") from error
    kept = tuple(value for value in values if value)
    if (frame_name == "TYER" or frame_name.startswith("UFID:")) and len(kept) > 1:
        raise CannotHold("ID3 one value", field=field)
    if frame_name == "TYER":
        return tuple(_joined_date(_date_parts(value)) for value in kept)
    if frame_name == "TCON":
        return tuple(TCON(encoding=Encoding.UTF8, text=list(kept)).genres)
    if frame_name.startswith("UFID:") and not all(value.isascii() for value in kept):
        raise CannotHold("ID3 letters and digits", field=field)
    return kept


def _date_parts(value: str) -> tuple[str, str, str]:
    """A date as the year, day with month, and the time, where each is "" when it is not said. Raises CannotHold."""
    found = _DATE.fullmatch(value.strip())
    if found is None:
        raise CannotHold("ID3 date")
    year, month, day, hour, minute, _ = found.groups()
    return year, f"{day}{month}" if day else "", f"{hour}{minute}" if hour else ""


def _joined_date(parts: tuple[str, str, str]) -> str:
    by_frame_name = {frame_name: [part] for frame_name, part in zip(DATE_PARTS, parts, strict=True) if part}
    _join_date(by_frame_name)
    return by_frame_name["TYER"][0]


def edited(block: Id3Block, field: str, values: tuple[str, ...]) -> Id3Block:
    """The new frames stand where the first of the old ones stood, or behind all others."""
    named = keys(block, field)
    kept: list[Frame] = []
    where: int | None = None
    for frame in block.frames:
        if _name_of(block, frame) in named:
            where = len(kept) if where is None else where
        else:
            kept.append(frame)
    made = _make(block, field, values) if values else []
    at = len(kept) if where is None else where
    return replace(block, frames=(*kept[:at], *made, *kept[at:]))


def _make(block: Id3Block, field: str, values: tuple[str, ...]) -> list[Frame]:
    frame_name = _frame_names(field, block.version)[0]
    if frame_name == "TYER":
        parts = zip(DATE_PARTS, _date_parts(values[0]), strict=True)
        return [_text_frame(block, name, (part,)) for name, part in parts if part]
    if frame_name == "COMM":
        body = write_texts((" / ".join(values),), block.version, "", LANGUAGE)
        return [_frame(block, "COMM", body)]
    if frame_name.startswith("UFID:"):
        return [_frame(block, "UFID", f"{frame_name.removeprefix('UFID:')}\0{values[0]}".encode("ascii"))]
    if frame_name.startswith("TXXX:"):
        return [_frame(block, "TXXX", write_texts(values, block.version, frame_name.removeprefix("TXXX:")))]
    return [_text_frame(block, frame_name, values)]


def _text_frame(block: Id3Block, name: str, values: tuple[str, ...]) -> Frame:
    if block.version == 2 and name not in SHORT_NAME:
        return _frame(block, "TXXX", write_texts(values, 2, name))
    return _frame(block, name, write_texts(values, block.version))


def _frame(block: Id3Block, name: str, body: bytes) -> Frame:
    try:
        return make_frame(name, body, block.version, block.packed)
    except (ValueError, OverflowError) as error:
        raise CannotHold("ID3 value too long") from error


def _name_of(block: Id3Block, frame: Frame) -> str:
    frame_name = _read(block, frame)[0]
    return "COMM" if frame_name == "COMM:V1" else frame_name or frame.name


def units(block: Id3Block) -> list[Unit]:
    """The frames with their heads, to the byte; the extended header is no frame, and says how much padding there is."""
    tail = [Unit("\0tail", block.tail)] if block.tail else []
    return [*(Unit(_name_of(block, frame), frame.raw) for frame in block.frames), *tail]


def artwork(block: Id3Block) -> list[tuple[bool, bytes]]:
    """The APIC frames: encoding, MIME type (three letters in ID3v2.2), kind, description, picture."""
    pictures = []
    for frame in block.frames:
        data = _content(block, frame) if frame.name == "APIC" else None
        if not data:
            continue
        end_of_type = 4 if block.version == 2 else data.find(b"\0", 1) + 1
        if not end_of_type:
            continue
        parts = split_once(data[0], data[end_of_type + 1 :])
        if parts is not None:
            pictures.append((data[end_of_type : end_of_type + 1] == bytes([FRONT_COVER]), parts[1]))
    return pictures


def splices(stream: BinaryIO, block: Id3Block) -> list[Splice]:
    """The whole block where the old one is; what else the file has at its ends stays to the byte."""
    return location_splices(stream, block.location, block_bytes(block))


def damage(block: Id3Block) -> Refusal | None:
    """Why the block cannot be taken apart safely."""
    return block.damage


def recoded(block: Id3Block, decode: Decode) -> Id3Block:
    """The block with the frames in UTF-8, or before ID3v2.4 in UTF-16, that called themselves Latin-1 and were not."""
    return replace(block, frames=tuple(_recoded(block, frame, decode) for frame in block.frames))


def _recoded(block: Id3Block, frame: Frame, decode: Decode) -> Frame:
    layout = LAYOUTS.get(frame.name, Layout() if frame.name.startswith("T") else None)
    data = _content(block, frame)
    if layout is None or not data or is_grouped(frame, block.version):
        return frame
    name = _name_of(block, frame)
    made = recoded_texts(data, layout, lambda raw: decode(name, raw), block.version)
    try:
        return frame if made is None else with_content(frame, made, block.version, block.packed)
    except (ValueError, OverflowError) as error:
        raise CannotHold("ID3 value too long") from error


ID3 = TagKind("ID3", read_fields, hold, edited, units, keys, artwork, splices, damage, recoded)
