"""What would change in one file: the unit that is shown, journalled, written and undone."""

from __future__ import annotations

import msgspec


class FileIdentity(msgspec.Struct, frozen=True):
    """The state of a file when something was learnt from it; a difference means that somebody touched it since."""

    size: int
    mtime_ns: int
    inode: int


class FieldChange(msgspec.Struct, frozen=True):
    """One tag field, before and after, as real multiple values. An empty tuple means: the field is absent."""

    field: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class FilePlan(msgspec.Struct, frozen=True):
    """The planned changes of one file. `path` is `os.fsencode(absolute path)`; `warnings`: sentences for the user."""

    track_id: int
    path: bytes
    identity: FileIdentity
    changes: tuple[FieldChange, ...]
    warnings: tuple[str, ...] = ()
