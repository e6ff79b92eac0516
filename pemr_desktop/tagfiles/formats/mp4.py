"""MP4 atoms (iTunes style): AAC and Apple Lossless."""

from __future__ import annotations

from typing import Any, BinaryIO

import mutagen.mp4
from mutagen.mp4 import AtomDataType, MP4FreeForm

from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.formats.mapping import FIELDS, ITUNES, NOT_LOADED, find_field
from pemr_desktop.tagfiles.formats.mp4_block import damage, items
from pemr_desktop.tagfiles.formats.tag_format import DAMAGED_TEXT, Fields, SaveOptions, TagKind, whole_number

PAIRS = {"trkn", "disk"}
NUMBERS = {"tmpo"}
FLAGS = {"cpil"}
LYRICS = "©lyr"


def _as_text(key: str, value: object) -> tuple[str, ...]:
    if key == "covr" or key == LYRICS:
        return ()
    if key in FLAGS or isinstance(value, bool):
        return ("1",) if value else ()
    items = value if isinstance(value, list) else [value]
    texts: list[str] = []
    for item in items:
        if isinstance(item, MP4FreeForm):
            text = bytes(item).decode("utf-8", "replace")
            if not any(ord(character) < 9 for character in text):  # else it is binary data, not text
                texts.append(text)
        elif isinstance(item, tuple):
            number, total = item
            if number or total:
                texts.append(f"{number}/{total}" if total else str(number))
        elif isinstance(item, str):
            texts.append(item)
        elif isinstance(item, int):
            texts.append(str(item))
    return tuple(texts)


def _tags(file: Any) -> dict[str, Any]:
    return {} if file.tags is None else dict(file.tags)


def read_fields(file: Any) -> Fields:
    """Every atom that holds text or numbers. Free-form names are compared without case."""
    tags = {key: _as_text(key, value) for key, value in _tags(file).items()}
    by_folded = {_folded(key): key for key in tags}
    fields: Fields = {}
    used: set[str] = set()
    for field in FIELDS:
        for atom in field.mp4:
            key = by_folded.get(_folded(atom))
            if key is not None:
                used.add(key)
                if tags[key] and field.name not in fields:
                    fields[field.name] = tags[key]
    for key, values in tags.items():
        name = key.rsplit(":", 1)[-1].lower() if key.startswith("----:") else key.lower()
        if key not in used and values and name not in NOT_LOADED:
            fields.setdefault(name, values)
    return fields


def _folded(key: str) -> str:
    return key.lower() if key.startswith("----:") else key


def _atom_names(field: str) -> tuple[str, ...]:
    known = find_field(field)
    return known.mp4 if known else (f"{ITUNES}{field.upper()}",)


def hold(file: Any, field: str, values: tuple[str, ...], options: SaveOptions) -> tuple[str, ...]:
    """Numbers are whole here, and track and disc are at most one "number/total"."""
    atom = _atom_names(field)[0]
    if atom in PAIRS | NUMBERS | FLAGS and len(values) > 1:
        raise CannotHold(f"An MP4 file can hold only one value in “{field}”.")
    try:
        if atom in NUMBERS:
            return whole_number(values[:1])
        if atom in PAIRS:
            return _as_text(atom, [_pair(value) for value in values[:1]])
        if atom in FLAGS:
            return ("1",) if values and values[0] not in ("", "0") else ()
    except (ValueError, OverflowError) as error:
        raise CannotHold(f"An MP4 file can hold only whole numbers in “{field}”.") from error
    return values


def _pair(value: str) -> tuple[int, int]:
    number, _, total = value.partition("/")
    return int(number or 0), int(total or 0)


def write_field(file: Any, field: str, values: tuple[str, ...], options: SaveOptions) -> set[str]:
    """Put all values in the field's own atom, and take them from its aliases."""
    atoms = _atom_names(field)
    folded = {_folded(atom) for atom in atoms}
    touched = {key for key in file.tags if _folded(key) in folded}
    for key in touched:
        del file.tags[key]
    atom = atoms[0]
    touched.add(atom)
    if not values:
        return touched
    if atom in NUMBERS:
        file.tags[atom] = [int(value) for value in values]
    elif atom in PAIRS:
        file.tags[atom] = [_pair(value) for value in values]
    elif atom in FLAGS:
        file.tags[atom] = True
    elif atom.startswith("----:"):
        file.tags[atom] = [MP4FreeForm(value.encode(), dataformat=AtomDataType.UTF8) for value in values]
    else:
        file.tags[atom] = list(values)
    return touched


def raw(file: Any) -> dict[str, object]:
    """Atoms by name with their data types, and those that mutagen could not parse and carries along."""
    content: dict[str, object] = {}
    for key, value in _tags(file).items():
        items = value if isinstance(value, list) else [value]
        content[key] = [
            (
                type(item).__name__,
                bytes(item) if isinstance(item, bytes) else item,
                getattr(item, "dataformat", None),
                getattr(item, "imageformat", None),
            )
            for item in items
        ]
    if file.tags is not None:
        for key, datas in file.tags._failed_atoms.items():
            content[f"\0unparsed {key!r}"] = [bytes(data) for data in datas]
    content["\0chapters"] = [(chapter.start, chapter.title) for chapter in file.chapters or ()]
    return content


def artwork(file: Any) -> list[tuple[bool, bytes]]:
    """The cover atoms; the first is the front."""
    return [(number == 0, bytes(cover)) for number, cover in enumerate(_tags(file).get("covr", ()))]


def save(file: Any, stream: BinaryIO, options: SaveOptions) -> None:
    """Write the atoms; offsets into the sound are moved along by mutagen.

    Items whose values are as before keep their bytes, with what mutagen does not read of them: languages, names of
    pictures, numbers of genres. They take the way of those it cannot parse, and are no longer in `file.tags`.
    """
    stream.seek(0)
    before = mutagen.mp4.MP4(stream).tags or {}
    unparsed: dict[str, list[bytes]] = {}
    same = {key for key in before if before[key] == file.tags.get(key)}
    for item in items(stream):
        if item.key in same or item.content in file.tags._failed_atoms.get(item.name, ()):
            unparsed.setdefault(item.name, []).append(item.content)
    for key in same:
        del file.tags[key]
    file.tags._failed_atoms = unparsed
    stream.seek(0)
    file.save(stream)


def lossy(file: Any, stream: BinaryIO) -> str:
    """What a damaged length hides; text atoms that are not UTF-8 were read with replacement characters."""
    texts = (item for value in _tags(file).values() if isinstance(value, list) for item in value)
    damaged_text = any(isinstance(text, str) and "�" in text for text in texts)
    return damage(stream) or (DAMAGED_TEXT if damaged_text else "")


MP4 = TagKind("MP4", read_fields, hold, write_field, raw, artwork, save, lossy)
