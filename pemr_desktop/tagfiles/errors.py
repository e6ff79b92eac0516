"""What can go wrong with one file. Each message names the file, the reason and what was left untouched."""

from __future__ import annotations

import os
from pathlib import Path

from pemr_desktop.errors import PemrDesktopError
from pemr_desktop.refusal_texts.tag_formats import TagFormatCode
from pemr_desktop.refusals import Refusal, RefusalCode, Value, refusal


def readable(path: Path | bytes) -> str:
    """A path for people: bytes that are not Unicode are shown as U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


class TagFileError(PemrDesktopError):
    """Something could not be done with one file. `why`: the same without the file's name."""

    def __init__(self, path: Path, why: RefusalCode | Refusal, /, **values: Value) -> None:
        self.path = path
        self.why = why if isinstance(why, Refusal) else refusal(why, **values)
        super().__init__("of file", path=readable(path), reason=self.why)

    @property
    def reason(self) -> str:
        """A sentence without the file's name, in English."""
        return self.why.message


class TagReadError(TagFileError):
    """The file or its tags cannot be read. The file is left as it is."""


class WriteRefused(TagFileError):
    """The file was not written, and is as it was before."""


class CannotHold(Exception):
    """This kind of tag has no room for this field or value; `why` says it."""

    def __init__(self, code: TagFormatCode, /, **values: str) -> None:
        self.why = refusal(code, **values)
        super().__init__(self.why.message)
