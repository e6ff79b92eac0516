"""Everything the application refuses to do on purpose. Each message can be shown to a person as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pemr_desktop.refusals import Refusal, RefusalCode, refusal


class PemrDesktopError(Exception):
    """The base of all errors the application raises on purpose. `str(error)` is a sentence for the user, in English.

    `refusal` says the same as a code with values, for other languages. Without a `code` of its own an error has that of
    its kind.
    """

    kind: ClassVar[str] = "refused"

    def __init__(self, message: str, code: str = "", values: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.refusal = Refusal(message, code or self.kind, dict(values or {}))

    @classmethod
    def because(cls, code: RefusalCode, **values: str) -> Self:
        """An error of this kind whose sentence is that of the code."""
        why = refusal(code, **values)
        return cls(why.message, why.code, why.values)


class SettingsError(PemrDesktopError):
    """A setting has no such name, or the value does not fit it, or the settings file cannot be written."""

    kind = "settings"


class ResourceMissing(PemrDesktopError):
    """A file that comes with the application is not there: the installation is damaged."""

    kind = "resource missing"

    def __init__(self, name: str) -> None:
        sentence = f"“{name}” is missing from this installation of PEMR Desktop. Install it again."
        super().__init__(sentence, values={"name": name})
        self.name = name


class ModelUnusable(PemrDesktopError):
    """A model file is missing, damaged, or made for another version. The library is left untouched."""

    kind = "model unusable"


class LibraryInUse(PemrDesktopError):
    """Another PEMR Desktop owns the library, so that this one may only read it."""

    kind = "in use"


class JobRefused(PemrDesktopError):
    """A job cannot be started as asked: an unknown track, nothing to compare with, a file that is not there."""

    kind = "job refused"


class JobCancelled(PemrDesktopError):
    """Raised inside a job, between two items, when the user has cancelled it. What was finished stays."""

    kind = "cancelled"

    def __init__(self) -> None:
        super().__init__("Cancelled.")


class WorkerUnavailable(PemrDesktopError):
    """The worker process cannot be started, or ended although it is needed."""

    kind = "no worker"
