"""What can go wrong with the library as a whole."""

from __future__ import annotations

from pemr_desktop.errors import PemrDesktopError
from pemr_desktop.refusal_texts.queries import QueryCode


class LibraryError(PemrDesktopError):
    """The library cannot do what was asked. Nothing was changed."""


class LibraryMissing(LibraryError):
    """There is no library file yet."""


class LibraryLost(LibraryMissing):
    """There is no library file, but backups of one: it is not begun anew unasked."""


class LibraryReplaced(LibraryError):
    """The file at the library's path is no longer the one that was opened. Nothing is written any more."""


class LibraryTooNew(LibraryError):
    """The file was made by a newer PEMR Desktop; it was not touched."""


class LibraryDamaged(LibraryError):
    """The file is no library or is damaged; it was not touched."""


class UnknownTrack(LibraryError):
    """The library has no track with this id."""


class QueryError(LibraryError):
    """A query line that cannot be understood: what is wrong, and which characters of the line (position, length)."""

    def __init__(self, code: QueryCode, position: int, length: int = 1, /, **values: str) -> None:
        super().__init__(code, **values)
        self.position = position
        self.length = length
