"""Everything the application refuses to do on purpose. Each message can be shown to a person as it is."""

from __future__ import annotations


class PemrDesktopError(Exception):
    """The base of all errors the application raises on purpose. `str(error)` is a sentence for the user."""


class SettingsError(PemrDesktopError):
    """A setting has no such name, or the value does not fit it, or the settings file cannot be written."""


class ResourceMissing(PemrDesktopError):
    """A file that comes with the application is not there: the installation is damaged."""

    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” is missing from this installation of PEMR Desktop. Install it again.")
        self.name = name


class ModelUnusable(PemrDesktopError):
    """A model file is missing, damaged, or made for another version. The library is left untouched."""


class LibraryInUse(PemrDesktopError):
    """Another PEMR Desktop owns the library, so that this one may only read it."""


class JobRefused(PemrDesktopError):
    """A job cannot be started as asked: an unknown track, nothing to compare with, a file that is not there."""


class JobCancelled(PemrDesktopError):
    """Raised inside a job, between two items, when the user has cancelled it. What was finished stays."""

    def __init__(self) -> None:
        super().__init__("Cancelled.")


class WorkerUnavailable(PemrDesktopError):
    """The worker process cannot be started, or ended although it is needed."""
