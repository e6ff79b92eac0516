"""Everything the application refuses to do on purpose. Each message can be shown to a person as it is."""

from __future__ import annotations

from pemr.errors import PemrError
from pemr_desktop.refusals import Refusal, RefusalCode, Value, refusal


class PemrDesktopError(Exception):
    """The base of all errors the application raises on purpose. `str(error)` is a sentence for the user, in English.

    It is raised with a code and its values, or with a reason that is known already; `refusal` has them, for other
    languages. The sentences stand in `refusal_texts`, and nowhere else.
    """

    def __init__(self, why: RefusalCode | Refusal, /, **values: Value) -> None:
        self.refusal = why if isinstance(why, Refusal) else refusal(why, **values)
        super().__init__(self.refusal.message)


class SettingsError(PemrDesktopError):
    """A setting has no such name, or the value does not fit it, or the settings file cannot be written."""


class ResourceMissing(PemrDesktopError):
    """A file that comes with the application is not there: the installation is damaged."""

    def __init__(self, name: str) -> None:
        super().__init__("file missing from installation", name=name)
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
        super().__init__("cancelled")


class WorkerUnavailable(PemrDesktopError):
    """The worker process cannot be started, or ended although it is needed."""


def training_reason(error: PemrError) -> Refusal:
    """An error of the training package, as a sentence. It has no code yet, so that it is said in English."""
    return Refusal(str(error).rstrip(".") + ".", error.kind)
