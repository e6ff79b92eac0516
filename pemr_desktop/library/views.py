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
    "album",
    "ids",
]


class View(msgspec.Struct, frozen=True):
    """A page of the library. `value`: folder path (bytes), facet value, id of a playlist, group or album, or ids.

    `field`: of a facet.
    """

    kind: ViewKind
    value: str | int | bytes | tuple[int, ...] | None = None
    field: str = ""

    @property
    def has_own_order(self) -> bool:
        """Whether its tracks come in an order of their own."""
        return self.kind in ("playlist", "album", "ids")


ALL = View("all")
