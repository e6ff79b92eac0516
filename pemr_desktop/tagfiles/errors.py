"""What can go wrong with one file. Each message names the file, the reason and what was left untouched."""

from __future__ import annotations

import os
from pathlib import Path

from pemr_desktop.errors import PemrDesktopError
from pemr_desktop.refusals import Refusal


def readable(path: Path | bytes) -> str:
    """A path for people: bytes that are not Unicode are shown as U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


class TagFileError(PemrDesktopError):
    """Something could not be done with one file. `reason` is a sentence without the file's name."""

    kind = "tag file"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{readable(path)}: {reason}", values={"path": readable(path), "reason": reason})
        self.path = path
        self.reason = reason

    @property
    def file_refusal(self) -> Refusal:
        """Why, without the file's name."""
        return Refusal(self.reason, self.kind)


class TagReadError(TagFileError):
    """The file or its tags cannot be read. The file is left as it is."""

    kind = "tag file not read"


class WriteRefused(TagFileError):
    """The file was not written, and is as it was before."""

    kind = "tag file not written"


class CannotHold(Exception):
    """This kind of tag has no place for this field or value. The message is a sentence."""
