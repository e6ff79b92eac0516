"""The atoms of an MP4 file within each other, and how places in the file are moved when a tag grows."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pemr_desktop.tagfiles.containers.chunks import file_length, mp4_atoms
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.splices import Splice

CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"meta", b"ilst", b"moof", b"traf"})
OPENED = (b"moov", b"moof")
LARGEST_OPENED = 1 << 28
ABSOLUTE = 1
"""The flag of a `tfhd` atom that says where in the file its sound lies."""


@dataclass(frozen=True)
class Atom:
    """Bytes [offset, end) of the file; its content begins at `start`. `children`: None for one that has no atoms.

    `is_tiled`: the atoms in it end where it ends, on every level.
    """

    name: bytes
    offset: int
    start: int
    end: int
    children: tuple[Atom, ...] | None = None
    is_tiled: bool = True

    def child(self, name: bytes) -> Atom | None:
        """The first one of this name."""
        return next((child for child in self.children or () if child.name == name), None)

    def all(self) -> Iterator[Atom]:
        """This atom and all in it."""
        yield self
        for child in self.children or ():
            yield from child.all()


def atom_tree(file: BinaryIO) -> list[Atom]:
    """The top-level atoms, those that may hold tags or places with all that is in them."""
    length = file_length(file)
    found: list[Atom] = []
    for chunk in mp4_atoms(file):
        offset = found[-1].end if found else 0
        if chunk.name not in OPENED or chunk.end - chunk.start > LARGEST_OPENED:
            found.append(Atom(chunk.name, offset, chunk.start, chunk.end))
            continue
        file.seek(chunk.start)
        data = file.read(min(chunk.end, length) - chunk.start)
        children, is_tiled = _children(data, 0, len(data), chunk.start, chunk.name)
        found.append(Atom(chunk.name, offset, chunk.start, chunk.end, children, is_tiled and chunk.end <= length))
    return found


def _children(data: bytes, start: int, end: int, shift: int, parent: bytes) -> tuple[tuple[Atom, ...], bool]:
    """The atoms in data[start:end], and whether they fill it. `shift`: where in the file the data begins."""
    found: list[Atom] = []
    position = start
    while position + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, position)
        head = 8
        if size == 1 and position + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, position + 8)
            head = 16
        if size < head or position + size > end:
            break
        found.append(_atom(data, name, position, position + head, position + size, shift))
        position += size
    rest = data[position:end]
    ended = parent == b"udta" and len(rest) == 4 and not rest.strip(b"\0")  # as QuickTime ends its list
    return tuple(found), (position == end or ended) and all(child.is_tiled for child in found)


def _atom(data: bytes, name: bytes, offset: int, start: int, end: int, shift: int) -> Atom:
    if name not in CONTAINERS:
        return Atom(name, offset + shift, start + shift, end + shift)
    skipped = 0
    if name == b"meta":  # with a version and flags, or, as QuickTime writes it, without
        skipped = 0 if data[start + 4 : start + 8] in (b"hdlr", b"ilst", b"free", b"keys", b"mhdr") else 4
    children, is_tiled = _children(data, start + skipped, end, shift, name)
    return Atom(name, offset + shift, start + shift, end + shift, children, is_tiled)


def resized(file: BinaryIO, atoms: list[Atom], parents: list[Atom], start: int, end: int, new: bytes) -> list[Splice]:
    """Put `new` in the place of bytes [start, end), with the sizes around it and all places behind it made true."""
    splices = [Splice(start, end, new)]
    delta = len(new) - (end - start)
    if not delta:
        return splices
    splices += [splice for parent in parents for splice in _grown(file, parent, delta)]
    for atom in atoms:
        for inner in atom.all():
            if inner.name in (b"stco", b"co64"):
                splices.append(_moved(file, inner, start, delta))
            elif _says_where(file, inner):
                raise CannotHold("MP4 fragmented")
    return splices


def _grown(file: BinaryIO, atom: Atom, delta: int) -> Iterator[Splice]:
    file.seek(atom.offset)
    size = int.from_bytes(file.read(4), "big")
    offset, width = (atom.offset + 8, 8) if size == 1 else (atom.offset, 4)
    if size == 0:  # up to the end of the file
        return
    try:
        yield Splice(offset, offset + width, (atom.end - atom.offset + delta).to_bytes(width, "big"))
    except OverflowError as error:
        raise CannotHold("MP4 not movable") from error


def _moved(file: BinaryIO, table: Atom, behind: int, delta: int) -> Splice:
    file.seek(table.start + 4)
    count = int.from_bytes(file.read(4), "big")
    kind = "I" if table.name == b"stco" else "Q"
    size = struct.calcsize(f">{kind}") * count
    data = file.read(size)
    if len(data) < size or table.start + 8 + size > table.end:
        raise CannotHold("MP4 table damaged")
    offsets = [offset + delta if offset > behind else offset for offset in struct.unpack(f">{count}{kind}", data)]
    try:
        return Splice(table.start + 8, table.start + 8 + size, struct.pack(f">{count}{kind}", *offsets))
    except struct.error as error:
        raise CannotHold("MP4 not movable") from error


def _says_where(file: BinaryIO, atom: Atom) -> bool:
    """Whether an atom that is not moved along gives places counted from the start of the file."""
    if atom.name in (b"mfra", b"saio", b"iloc"):
        return True
    if atom.name != b"tfhd":
        return False
    file.seek(atom.start)
    return bool(int.from_bytes(file.read(4), "big") & ABSOLUTE)
