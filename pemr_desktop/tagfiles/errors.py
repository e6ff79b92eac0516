"""What can go wrong with one file. Each message names the file, the reason and what was left untouched."""

from __future__ import annotations

import os
from pathlib import Path

from pemr_desktop.errors import PemrDesktopError


def readable(path: Path | bytes) -> str:
    """A path for people: bytes that are not Unicode are shown as U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


class TagFileError(PemrDesktopError):
    """Something could not be done with one file. `reason` is a sentence without the file's name."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{readable(path)}: {reason}")
        self.path = path
        self.reason = reason


class TagReadError(TagFileError):
    """The file or its tags cannot be read. The file is left as it is."""


class WriteRefused(TagFileError):
    """The file was not written, and is as it was before."""


class CannotHold(Exception):
    """This kind of tag has no place for this field or value. The message is a sentence."""
