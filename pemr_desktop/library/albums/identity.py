"""What tracks of one album always share, as far as each of them tells alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from pemr_desktop.library.paths import folder_of
from pemr_desktop.library.text_folding import fold

GROUP_BYTES = 12
_DISC = r"(?:cd|dvd|disc|disk|disque)[ ._#-]*(\d{1,3})"
_DISC_FOLDER = re.compile(rf"{_DISC}(?:[ ._:-].*)?")
_DISC_SUFFIX = re.compile(rf"(?:[ ._-]*[(\[{{][ ]*{_DISC}[ ]*[)\]}}]|[ ._-]+{_DISC})$", re.IGNORECASE)


def album_group(root_id: int, folder: bytes, album: str, release: str = "") -> bytes:
    """A digest of the MusicBrainz release (its id), or of folder and title; empty without a title.

    `folder`: relative to its root. Folders of single discs count as the folder of the whole album, and so do titles
    with the number of a disc behind them.
    """
    title = fold(without_disc(album))
    if not title:
        return b""
    parts = [release.strip().lower()] if release.strip() else [str(root_id), album_folder(folder).hex(), title]
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=GROUP_BYTES).digest()


def release_of(values: Sequence[str]) -> str:
    """The MusicBrainz id of the release among the values of its field; empty when there is none."""
    return values[0] if values else ""


def album_folder(folder: bytes) -> bytes:
    """The folder of the whole album: `Album/CD 2` and `Album (Disc 2)` are folders of a disc of `Album`."""
    name = _name(folder)
    if _DISC_FOLDER.fullmatch(name.lower()) and folder_of(folder):
        return folder_of(folder)
    bare = without_disc(name)
    return folder[: len(folder) - len(name.encode("latin-1"))] + bare.encode("latin-1")


def without_disc(name: str) -> str:
    """A title or the name of a folder without the number of a disc at its end; never empty."""
    return _DISC_SUFFIX.sub("", name).strip() or name


def disc_of(folder: bytes, album: str) -> int | None:
    """The number of the disc that a folder, or else the title of an album, names."""
    name = _name(folder)
    match = _DISC_FOLDER.fullmatch(name.lower()) or _DISC_SUFFIX.search(name) or _DISC_SUFFIX.search(album)
    return next(int(number) for number in match.groups() if number) if match else None


def _name(folder: bytes) -> str:
    """The last part of a path, a letter a byte: any bytes can be a name."""
    return folder.rpartition(b"/")[2].decode("latin-1")
