"""Which tracks a page shows."""

from __future__ import annotations

from typing import Literal

import msgspec

ViewKind = Literal[
    "all",
    "folder",
    "facet",
    "playlist",
    "cover-group",
    "problems",
    "offline",
    "suggested",
    "pending",
    "recent",
    "duplicates",
    "unanalysed",
    "ids",
]


class View(msgspec.Struct, frozen=True):
    """A page of the library. `value`: folder path (bytes), facet value, playlist or group id, or ids.

    `field`: of a facet.
    """

    kind: ViewKind
    value: str | int | bytes | tuple[int, ...] | None = None
    field: str = ""


ALL = View("all")
