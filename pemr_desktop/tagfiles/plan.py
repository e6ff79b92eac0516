"""What would change in one file: the unit that is shown, journalled, written and undone."""

from __future__ import annotations

from typing import Literal

import msgspec

from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.identity import FileIdentity

HardLinks = Literal["refuse", "break", "in place"]
"""What to do with a file of more than one name: leave it, write a copy of its own, or write to all names."""

ExchangeMethod = Literal["replace", "in place"]
"""How a proven copy takes the place of a file: by its name in one step, or byte for byte into all names of the file."""


class FieldChange(msgspec.Struct, frozen=True):
    """One tag field, before and after, as real multiple values. An empty tuple means: the field is absent."""

    field: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class FilePlan(msgspec.Struct, frozen=True):
    """The planned changes of one file. `path` is `os.fsencode(absolute path)`; `warnings`: what to know beforehand.

    `carried`: fields that a new block must say, too, whichever of the other changes is written. `only_noted`: accepted
    tags for which there is no field, so that only the note names them. `code_page`: where the changes are of texts that
    are in no Unicode encoding, the page that they are taken to be in; only such units are written anew.
    """

    track_id: int
    path: bytes
    identity: FileIdentity
    changes: tuple[FieldChange, ...]
    warnings: tuple[Refusal, ...] = ()
    carried: tuple[str, ...] = ()
    only_noted: tuple[str, ...] = ()
    code_page: str = ""
