"""ID3v2.3 and 2.4: MP3, WAV, AIFF, DSF, TrueAudio. A block keeps the version it has."""

from __future__ import annotations

from typing import Any, BinaryIO

from mutagen.id3 import APIC, COMM, TCON, TXXX, UFID, Encoding, Frames, PairedTextFrame, TextFrame
from mutagen.id3._tags import ID3SaveConfig

from pemr_desktop.tagfiles.containers.audio_spans import audio_spans
from pemr_desktop.tagfiles.containers.chunks import add_lacking_pad_byte
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.formats.id3_block import find_block, lost_frames
from pemr_desktop.tagfiles.formats.mapping import FIELDS, find_field
from pemr_desktop.tagfiles.formats.tag_format import FRONT_COVER, Fields, SaveOptions, TagKind, whole_number

ID3V1_LENGTH = 128
ONLY_IN_4 = {"TMOO": "TXXX:MOOD", "TDRC": "TYER"}
DAMAGED_BLOCK = "Its ID3 tag is damaged: its header says another size than it has."
MACHINE_COMMENTS = ("iTun", "Songs-DB_", "ID3v1 Comment")


def _frames(file: Any) -> list[Any]:
    return [] if file.tags is None else list(file.tags.values())


def version_to_write(file: Any, options: SaveOptions) -> int:
    """3 or 4: that of the block in the file; ID3v2.2 becomes 2.3, which keeps its frames; a new block as asked."""
    version = file.tags.version if file.tags is not None else (2, 0, 0)
    if version[0] == 2 and version[1] in (2, 3):
        return 3
    if version[0] == 2 and version[1] == 4 and file.tags.size:
        return 4
    return options.id3_version


def _frame_name(frame: Any) -> str:
    """Where a frame is in the mapping table's words; "" for frames that are not text."""
    if isinstance(frame, TXXX):
        return f"TXXX:{frame.desc}".upper()
    if isinstance(frame, UFID):
        return f"UFID:{frame.owner}".upper()
    if isinstance(frame, COMM):
        return "" if frame.desc.startswith(MACHINE_COMMENTS) else "COMM"
    if isinstance(frame, TextFrame) and not isinstance(frame, PairedTextFrame):
        return str(frame.FrameID)
    return ""


def _texts(frame: Any) -> tuple[str, ...]:
    if isinstance(frame, TCON):
        return tuple(frame.genres)
    if isinstance(frame, UFID):
        return (frame.data.decode("ascii", "replace"),)
    return tuple(str(text) for text in frame.text if str(text))


def read_fields(file: Any) -> Fields:
    """Every text frame, descriptions of TXXX compared without case; then what only the INFO list of a WAV says."""
    by_frame_name: dict[str, list[str]] = {}
    for frame in _frames(file):
        frame_name = _frame_name(frame)
        if frame_name:
            by_frame_name.setdefault(frame_name, []).extend(_texts(frame))
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
    for name, texts in getattr(file, "info_fields", {}).items():  # WAV
        fields.setdefault(name, texts)
    return fields


def _frame_names(field: str, version: int) -> tuple[str, ...]:
    known = find_field(field)
    if not known:
        if field.upper() in Frames and issubclass(Frames[field.upper()], TextFrame):
            return (field.upper(),)
        return (f"TXXX:{field.removeprefix('txxx:').upper()}",)
    first = known.id3[0]
    if version == 3 and first in ONLY_IN_4:
        return (ONLY_IN_4[first], *known.id3)
    return known.id3


def hold(file: Any, field: str, values: tuple[str, ...], options: SaveOptions) -> tuple[str, ...]:
    """BPM is whole, ID3v2.3 keeps the year of a date only, and no value may hold a NUL."""
    version = version_to_write(file, options)
    frame_name = _frame_names(field, version)[0]
    if any("\0" in value for value in values):
        raise CannotHold(f"A value of “{field}” contains a NUL character.")
    if frame_name == "TBPM":
        try:
            return whole_number(values)
        except (ValueError, OverflowError) as error:
            raise CannotHold("An ID3 tag can hold only whole numbers in “bpm”.") from error
    if (frame_name == "TYER" or frame_name.startswith("UFID:")) and len(values) > 1:
        raise CannotHold(f"This file's ID3 tag can hold only one value in “{field}”.")
    if frame_name == "TYER":
        years = tuple(value[:4] for value in values[:1])
        if not all(year.isdigit() and len(year) == 4 for year in years):
            raise CannotHold("This file has an ID3v2.3 tag, which can hold only a year of four digits as date.")
        return years
    if frame_name.startswith("UFID:"):
        return values[:1]
    if frame_name == "TCON":
        made = TCON(encoding=Encoding.UTF8, text=[value for value in values if value])
        return tuple(made.genres)
    return tuple(value for value in values if value)


def write_field(file: Any, field: str, values: tuple[str, ...], options: SaveOptions) -> set[str]:
    """Put all values in the frame for this version, and take them from the frame's aliases."""
    frame_names = _frame_names(field, version_to_write(file, options))
    folded = {frame_name.upper() for frame_name in frame_names}
    touched = {key for key, frame in file.tags.items() if _frame_name(frame) in folded}
    for key in touched:
        del file.tags[key]
    if values:
        frame = _make(frame_names[0], values)
        file.tags.add(frame)
        touched.add(frame.HashKey)
    return touched


def _make(frame_name: str, values: tuple[str, ...]) -> Any:
    if frame_name.startswith("TXXX:"):
        return TXXX(encoding=Encoding.UTF8, desc=frame_name.removeprefix("TXXX:"), text=list(values))
    if frame_name.startswith("UFID:"):
        return UFID(owner=frame_name.removeprefix("UFID:"), data=values[0].encode("ascii"))
    return Frames[frame_name](encoding=Encoding.UTF8, text=list(values))


def raw(file: Any) -> dict[str, object]:
    """Frames by key, as the bytes they would be written as, with the frames that mutagen does not know."""
    config = ID3SaveConfig(4, None)
    content: dict[str, object] = {
        key: frame._writeData(config) for key, frame in (file.tags or {}).items() if _has_content(frame)
    }
    for number, data in enumerate(sorted(file.tags.unknown_frames if file.tags is not None else ())):
        content[f"\0unknown {number}"] = bytes(data)
    return content


def _has_content(frame: Any) -> bool:
    return not isinstance(frame, TextFrame) or bool(str(frame))


def artwork(file: Any) -> list[tuple[bool, bytes]]:
    """APIC frames."""
    return [(frame.type == FRONT_COVER, frame.data) for frame in _frames(file) if isinstance(frame, APIC)]


def save(file: Any, stream: BinaryIO, options: SaveOptions) -> None:
    """Write the frames. An ID3v1 block at the end stays to the byte; values stay separate in ID3v2.3 too."""
    old_v1 = _id3v1(stream)
    add_lacking_pad_byte(stream)
    stream.seek(0)
    file.tags.save(stream, v2_version=version_to_write(file, options), v23_sep=None)
    if old_v1:
        stream.seek(-ID3V1_LENGTH, 2)
        stream.write(old_v1)


def _id3v1(stream: BinaryIO) -> bytes:
    if stream.seek(0, 2) < ID3V1_LENGTH:
        return b""
    stream.seek(-ID3V1_LENGTH, 2)
    block = stream.read(ID3V1_LENGTH)
    return block if block[:3] == b"TAG" else b""


def lossy(file: Any, stream: BinaryIO) -> str:
    """Frames that mutagen dropped while reading, or could not carry over to the version that would be written, and
    chunks that end behind the file: nobody would find the one with the tags behind them."""
    container = sniff(stream)
    if container in ("riff", "aiff") and audio_spans(stream, container).lacking:
        return "Its sound is cut off, and its tags would have to stand behind what is lacking."
    block, rest = find_block(stream)
    if rest.strip(b"\0"):
        return DAMAGED_BLOCK
    lost = lost_frames(block, file.tags) if file.tags is not None else []
    if lost:
        return f"Its ID3 tag holds parts that cannot be carried over when it is rewritten ({', '.join(lost)})."
    return ""


ID3 = TagKind("ID3", read_fields, hold, write_field, raw, artwork, save, lossy)
