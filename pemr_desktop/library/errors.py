"""What can go wrong with the library as a whole."""

from __future__ import annotations

from pemr_desktop.errors import PemrDesktopError


class LibraryError(PemrDesktopError):
    """The library cannot do what was asked. Nothing was changed."""

    kind = "library"


class LibraryMissing(LibraryError):
    """There is no library file yet."""

    kind = "missing"


class LibraryLost(LibraryMissing):
    """There is no library file, but backups of one: it is not begun anew unasked."""

    kind = "lost"


class LibraryReplaced(LibraryError):
    """The file at the library's path is no longer the one that was opened. Nothing is written any more."""

    kind = "replaced"


class LibraryTooNew(LibraryError):
    """The file was made by a newer PEMR Desktop; it was not touched."""

    kind = "too new"


class LibraryDamaged(LibraryError):
    """The file is no library or is damaged; it was not touched."""

    kind = "damaged"


class UnknownTrack(LibraryError):
    """The library has no track with this id."""

    kind = "unknown track"


class QueryError(LibraryError):
    """A query line that cannot be understood: what is wrong, and which characters of the line (position, length)."""

    kind = "query"

    def __init__(self, message: str, position: int, length: int = 1) -> None:
        super().__init__(message, values={"position": str(position), "length": str(length)})
        self.message = message
        self.position = position
        self.length = length
