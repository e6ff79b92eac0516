"""The raw atoms of an MP4 file: whether they lie within each other, and the bytes of every item of the tag."""

from __future__ import annotations

from typing import Any, BinaryIO, NamedTuple

from mutagen.mp4._atom import Atoms

from pemr_desktop.tagfiles.containers.chunks import file_length

ABSOLUTE = 1  # the flag of a `tfhd` atom that says where in the file its sound lies
BROKEN = "Its atoms do not lie within each other: a length is damaged, and something may be hidden behind it."
FRAGMENTED = "It is made of fragments that say where in the file they lie; they would point elsewhere after a write."


class Item(NamedTuple):
    """An item of the tag: its atom's name, mutagen's key for it, and the bytes in it."""

    name: str
    key: str
    content: bytes


def damage(stream: BinaryIO) -> str:
    """A sentence when rewriting would hide, overwrite or misplace something, else ""."""
    stream.seek(0)
    atoms = Atoms(stream)
    length = file_length(stream)
    for atom in atoms.atoms:
        if atom.children is not None and not (_end(atom) <= length and _is_tiled(atom)):
            return BROKEN
    if _would_overwrite(atoms):
        return BROKEN
    return FRAGMENTED if _has_absolute_fragments(stream, atoms) else ""


def items(stream: BinaryIO) -> list[Item]:
    """The items of the tag in their order."""
    stream.seek(0)
    atoms = Atoms(stream)
    if b"moov.udta.meta.ilst" not in atoms:
        return []
    found = []
    for atom in atoms[b"moov.udta.meta.ilst"].children:
        name = atom.name.decode("latin-1")
        content = atom.read(stream)[1]
        found.append(Item(name, _key(name, content), content))
    return found


def _key(name: str, content: bytes) -> str:
    if name == "gnre":  # a number, which mutagen tells as the words of the other one
        return "©gen"
    if name != "----":
        return name
    end_of_mean = int.from_bytes(content[:4], "big")
    end_of_name = end_of_mean + int.from_bytes(content[end_of_mean : end_of_mean + 4], "big")
    return b":".join((b"----", content[12:end_of_mean], content[end_of_mean + 12 : end_of_name])).decode("latin-1")


def _end(atom: Any) -> int:
    return int(atom.offset + atom.length)


def _is_tiled(atom: Any) -> bool:
    """Whether the atoms in an atom end where it ends, on every level; mutagen reads on beyond that."""
    children = atom.children
    if not children:
        return True
    return _end(children[-1]) == _end(atom) and all(_is_tiled(child) for child in children if child.children)


def _would_overwrite(atoms: Any) -> bool:
    """Whether mutagen takes padding at the end of the list for padding before a tag that is the first in it."""
    if b"moov.udta.meta.ilst" not in atoms:
        return False
    children = atoms[b"moov.udta.meta"].children
    return children[0].name == b"ilst" and children[-1].name == b"free" and len(children) > 2


def _has_absolute_fragments(stream: BinaryIO, atoms: Any) -> bool:
    """Whether fragments behind the first, or an index of them, give places in the file; mutagen moves the first."""
    names = [atom.name for atom in atoms.atoms]
    if b"mfra" in names:
        return True
    for fragment in [atom for atom in atoms.atoms if atom.name == b"moof"][1:]:
        for head in fragment.findall(b"tfhd", True):
            stream.seek(head._dataoffset)
            if int.from_bytes(stream.read(4), "big") & ABSOLUTE:
                return True
    return False
