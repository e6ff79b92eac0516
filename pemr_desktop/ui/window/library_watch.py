"""Looks whether the library that the window shows is still the file at its place, and says so when it is not."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QTimer, Slot

from pemr_desktop.library.database.backups import newest_backup
from pemr_desktop.protocol.messages import Ready
from pemr_desktop.tagfiles.errors import readable
from pemr_desktop.ui.background import OffThread
from pemr_desktop.ui.notices import Notice

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

log = logging.getLogger(__name__)

LOOK_MS = 2_000
KEY = "library"


class Sighting(NamedTuple):
    """Device and inode of what lies at the place of the library, None for nothing; and the newest backup, if any."""

    file: tuple[int, int] | None
    backup: Path | None


def look(library: Path) -> Sighting:
    """What is there now."""
    try:
        status = library.stat()
    except OSError:
        return Sighting(None, newest_backup(library))
    return Sighting((status.st_dev, status.st_ino), None)


class LibraryWatch(QObject):
    """Begins when the worker has opened the library. Once another program took it away, nothing is written any more."""

    def __init__(self, context: WindowContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._library = context.paths.library_file
        self._off_thread = OffThread(self)
        self._opened: tuple[int, int] | None = None
        self._seen_last: tuple[int, int] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        context.client.ready.connect(self._ready)

    @Slot()
    def open_again(self) -> None:
        """Let the window and the worker open the file that lies there now."""
        self._timer.stop()
        self._context.notices.withdraw(KEY)
        self._context.reader.reopen()
        self._context.client.restart()

    @Slot(object)
    def _ready(self, event: Ready) -> None:
        self._opened = self._seen_last = None
        if event.read_only is None:
            self._timer.start()
            self._look()

    @Slot()
    def _look(self) -> None:
        self._off_thread.ask(KEY, look, self._library, done=self._take)

    def _take(self, sighting: Sighting) -> None:
        if not self._timer.isActive():
            return
        if self._opened is None:
            self._opened = self._seen_last = sighting.file
            return
        if sighting.file == self._seen_last:
            return
        self._seen_last = sighting.file
        if sighting.file == self._opened:
            self._context.notices.withdraw(KEY)
            self._context.notices.good(self.tr("The library {} is there again.").format(readable(self._library)))
            return
        log.warning("The library %s was %s", self._library, "replaced" if sighting.file else "taken away")
        self._context.notices.post(self._replaced() if sighting.file else self._gone(sighting.backup))

    def _replaced(self) -> Notice:
        sentence = self.tr(
            "Another program put another file in the place of the library {library} while it was open. You still see "
            "the one from before. Nothing more is written, neither to a library nor to music files. Open it again to "
            "use the file that is there now."
        )
        return Notice(
            sentence.format(library=readable(self._library)), "bad", "", self.tr("Open again"), self.open_again, KEY
        )

    def _gone(self, backup: Path | None) -> Notice:
        sentence = self.tr(
            "Another program took the library {library} away while it was open. You still see it as it was. Nothing "
            "more is written, neither to it nor to music files. Put it back, or connect its disk."
        ).format(library=readable(self._library))
        if backup is not None:
            newest = self.tr(
                "The newest backup is {}; after closing this window “pemr-desktop restore” puts it in place."
            )
            sentence += " " + newest.format(readable(backup))
        else:
            sentence += " " + self.tr("There is no backup of it.")
        return Notice(sentence, "bad", key=KEY)
