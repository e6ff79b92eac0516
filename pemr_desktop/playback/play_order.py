"""The order in which tracks play: as it was given or shuffled, once or again and again, changed while it plays."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterable, Sequence
from typing import Literal

Repeat = Literal["off", "all", "one"]


class PlayOrder:
    """Track ids in the order they play, and which of them is at hand. Knows neither files nor sound.

    Each entry keeps its place in the order that was given, so that the end of shuffling brings that order back.
    """

    def __init__(self, draw: random.Random | None = None) -> None:
        self.at = -1
        """Index of the entry at hand; -1 for none."""
        self.repeat: Repeat = "off"
        self._draw = draw or random.Random()
        self._ids: array[int] = array("q")
        self._places: array[int] = array("q")
        self._shuffled = False

    @property
    def ids(self) -> Sequence[int]:
        """All entries, played and unplayed, in the order they play."""
        return self._ids

    @property
    def places(self) -> Sequence[int]:
        """For each entry its rank in the order that was given."""
        return self._places

    @property
    def shuffled(self) -> bool:
        """Whether the entries play in an order drawn by chance."""
        return self._shuffled

    # what comes next

    def following(self, steps: int = 1) -> int | None:
        """Index of the entry that a person who asks for the next gets; None behind the last."""
        if self.at < 0:
            return None
        line = self.at + steps
        if line < len(self._ids):
            return line
        return line % len(self._ids) if self.repeat != "off" else None

    def preceding(self) -> int | None:
        """Index of the entry before; None before the first."""
        if self.at > 0:
            return self.at - 1
        return len(self._ids) - 1 if self.at == 0 and self.repeat != "off" else None

    def after_end(self, steps: int = 1) -> int | None:
        """Index of the entry that plays by itself when the one at hand ends; `steps` 2: when that one fails."""
        return self.at if self.repeat == "one" and self.at >= 0 else self.following(steps)

    # changing it

    def replace(self, ids: Iterable[int], at: int) -> None:
        """Take these entries; the one at index `at` is at hand, and plays first when they are shuffled."""
        self._ids = array("q", ids)
        self._places = array("q", range(len(self._ids)))
        self.at = at
        if self._shuffled:
            self._shuffle()

    def restore(self, ids: Iterable[int], places: Iterable[int], at: int, *, shuffled: bool, repeat: Repeat) -> None:
        """Take an order as it once was. Raises ValueError when its parts do not fit together."""
        kept, ranks = array("q", ids), array("q", places)
        if len(kept) != len(ranks) or not -1 <= at < len(kept):
            raise ValueError("ids, places and index do not fit together")
        self._ids, self._places, self.at, self._shuffled, self.repeat = kept, ranks, at, shuffled, repeat

    def insert(self, line: int, ids: Sequence[int]) -> None:
        """Put entries before index `line`; in the order that was given they follow the entry before them."""
        place = self._places[line - 1] + 1 if line > 0 else 0
        moved = array("q", (rank + len(ids) if rank >= place else rank for rank in self._places))
        self._places = moved[:line] + array("q", range(place, place + len(ids))) + moved[line:]
        self._ids = self._ids[:line] + array("q", ids) + self._ids[line:]
        if self.at >= line:
            self.at += len(ids)
        self._renumber()

    def remove(self, lines: Iterable[int]) -> bool:
        """Take entries out -> whether the one at hand was among them.

        Then the one that followed it is at hand, or none.
        """
        gone = set(lines)
        lost = self.at in gone
        kept = [line for line in range(len(self._ids)) if line not in gone]
        before = sum(1 for line in gone if line < self.at)
        self._ids = array("q", (self._ids[line] for line in kept))
        self._places = array("q", (self._places[line] for line in kept))
        self.at -= before
        if self.at >= len(self._ids):
            self.at = -1
        self._renumber()
        return lost

    def move(self, lines: Iterable[int], before: int) -> int:
        """Put entries together, in their order, before the one at index `before` -> the index of the first of them."""
        chosen = sorted(set(lines))
        taken = set(chosen)
        head = [line for line in range(before) if line not in taken]
        tail = [line for line in range(before, len(self._ids)) if line not in taken]
        self._arrange([*head, *chosen, *tail])
        self._renumber()
        return len(head)

    def set_shuffled(self, shuffled: bool) -> None:
        """Draw an order in which the entry at hand comes first, or go back to the order that was given."""
        if shuffled == self._shuffled:
            return
        self._shuffled = shuffled
        if shuffled:
            self._shuffle()
        else:
            self._arrange(sorted(range(len(self._ids)), key=self._places.__getitem__))
            self._renumber()

    def _shuffle(self) -> None:
        others = [line for line in range(len(self._ids)) if line != self.at]
        self._draw.shuffle(others)
        self._arrange([self.at, *others] if self.at >= 0 else others)

    def _arrange(self, order: Sequence[int]) -> None:
        """The entry now at index order[i] gets index i."""
        self._ids = array("q", (self._ids[line] for line in order))
        self._places = array("q", (self._places[line] for line in order))
        if self.at >= 0:
            self.at = order.index(self.at)

    def _renumber(self) -> None:
        """Unshuffled, what a person arranged is the order that was given."""
        if not self._shuffled:
            self._places = array("q", range(len(self._ids)))
