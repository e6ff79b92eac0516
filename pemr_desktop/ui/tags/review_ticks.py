"""Which changes of a review are ticked: one by one, by file, by field over all files, or all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pemr_desktop.library.writing.choice import choosable, has_note_alone, without
from pemr_desktop.library.writing.note import PROVENANCE
from pemr_desktop.tagfiles.plan import FilePlan


class Share:
    """How much of something is ticked."""

    def __init__(self, ticked: int, total: int) -> None:
        self.ticked, self.total = ticked, total

    @property
    def is_all(self) -> bool:
        """Every change of it."""
        return 0 < self.total == self.ticked

    @property
    def is_none(self) -> bool:
        """No change of it."""
        return self.ticked == 0


class ReviewTicks:
    """Ticks of plans, all set at first. A note that has nothing to note is not ticked, whatever was clicked."""

    def __init__(self, plans: Sequence[FilePlan] = ()) -> None:
        self._plans = list(plans)
        self._fields = [tuple(change.field for change in choosable(plan)) for plan in plans]
        self._left_out: list[frozenset[str]] = [frozenset()] * len(self._plans)
        self._files_of: dict[str, list[int]] = {}
        for row, fields in enumerate(self._fields):
            for field in fields:
                self._files_of.setdefault(field, []).append(row)
        self._ticked_by_field = Counter({field: len(rows) for field, rows in self._files_of.items()})
        self._ticked_files = sum(bool(fields) for fields in self._fields)

    @property
    def plans(self) -> Sequence[FilePlan]:
        """All of them, ticked or not."""
        return self._plans

    @property
    def fields(self) -> Sequence[str]:
        """Every field that would change anywhere, as often as that, the note last."""
        by_count = sorted(self._files_of, key=lambda field: -len(self._files_of[field]))
        return sorted(by_count, key=lambda field: field == PROVENANCE)

    @property
    def files(self) -> Share:
        """How many files are written, at least in part."""
        return Share(self._ticked_files, len(self._plans))

    @property
    def changes(self) -> Share:
        """How many changes are written, of all files together."""
        return Share(self._ticked_by_field.total(), sum(map(len, self._files_of.values())))

    def fields_of(self, row: int) -> tuple[str, ...]:
        """The fields of a file that can be ticked."""
        return self._fields[row]

    def is_ticked(self, row: int, field: str) -> bool:
        """Whether this change is written."""
        return field in self._ticked(row)

    def of_file(self, row: int) -> Share:
        """How many changes of a file are written."""
        return Share(len(self._ticked(row)), len(self._fields[row]))

    def of_field(self, field: str) -> Share:
        """In how many files a field is written."""
        return Share(self._ticked_by_field[field], len(self._files_of.get(field, ())))

    def tick(self, row: int, field: str, ticked: bool) -> None:
        """Tick one change, or leave it out."""
        left_out = self._left_out[row]
        self._set(row, left_out - {field} if ticked else left_out | {field})

    def tick_file(self, row: int, ticked: bool) -> None:
        """Tick all changes of a file, or none."""
        self._set(row, frozenset() if ticked else frozenset(self._fields[row]))

    def tick_field(self, field: str, ticked: bool) -> None:
        """Tick a field in all files."""
        for row in self._files_of.get(field, ()):
            self.tick(row, field, ticked)

    def tick_all(self, ticked: bool) -> None:
        """Tick everything, or nothing."""
        for row in range(len(self._plans)):
            self.tick_file(row, ticked)

    def chosen(self) -> tuple[FilePlan, ...]:
        """The plans to write, with their ticked changes."""
        made = (without(plan, left_out) for plan, left_out in zip(self._plans, self._left_out, strict=True))
        return tuple(plan for plan in made if plan.changes)

    def _set(self, row: int, left_out: frozenset[str]) -> None:
        before = self._ticked(row)
        self._left_out[row] = left_out
        after = self._ticked(row)
        self._ticked_by_field.subtract(before)
        self._ticked_by_field.update(after)
        self._ticked_files += bool(after) - bool(before)

    def _ticked(self, row: int) -> tuple[str, ...]:
        left_out = self._left_out[row]
        ticked = tuple(field for field in self._fields[row] if field not in left_out)
        is_bare = ticked == (PROVENANCE,) and not has_note_alone(self._plans[row])
        return () if is_bare else ticked
