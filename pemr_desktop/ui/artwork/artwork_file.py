"""The cover of what plays as a file that the desktop's panel can show."""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from pathlib import Path

from pemr_desktop.library.rows import TrackRow
from pemr_desktop.private_files import make_private_folder
from pemr_desktop.ui.artwork.artwork import Artwork

log = logging.getLogger(__name__)

SIDE_PX = 256
KEPT_FILES = 8
"""The desktop may still read the last few."""


class ArtworkFile:
    """Covers as PNG files in a folder of the cache, a name for each album: a panel keeps what it has read by name."""

    def __init__(self, artwork: Artwork, folder: Path) -> None:
        self._artwork = artwork
        self._folder = folder
        self._written: dict[Path, None] = {}

    def of(self, row: TrackRow) -> Path | None:
        """The file with the cover of a track; None while there is none: ask again when `Artwork.arrived`."""
        picture = self._artwork.tile(row, SIDE_PX, 1.0)
        if picture is None:
            return None
        album = row.path.rpartition(b"/")[0] + b"\0" + row.album.encode("utf-8", "replace")
        path = self._folder / f"{hashlib.sha256(album).hexdigest()[:24]}.png"
        if path in self._written:
            return path
        try:
            make_private_folder(self._folder)
        except OSError as error:
            log.info("No covers for the desktop: %s", error)
            return None
        if not picture.save(str(path), "PNG"):
            return None
        self._written[path] = None
        self._drop_old()
        return path

    def _drop_old(self) -> None:
        """Files of this run and of earlier ones, oldest first."""
        with suppress(OSError):
            files = sorted(self._folder.glob("*.png"), key=lambda path: path.stat().st_mtime_ns)
            for path in files[:-KEPT_FILES]:
                path.unlink(missing_ok=True)
                self._written.pop(path, None)
