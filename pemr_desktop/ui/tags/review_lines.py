"""The lines of the review in words: what changes in a file, what all files have in common, what is not written."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library.writing.note import PROVENANCE
from pemr_desktop.refusals import said
from pemr_desktop.tagfiles.plan import FieldChange, FilePlan
from pemr_desktop.ui.tags.review_ticks import Share
from pemr_desktop.ui.tags.tag_diff import Piece, values_diff
from pemr_desktop.ui.widgets.field_table import field_title

SEEN_OFTEN = 3
"""A remark that so many files get is made once, for all of them."""
MOST_NAMES = 12


@dataclass(frozen=True)
class ReviewLine:
    """One line: a branch (all files, a file, a refused file), or a leaf below one.

    `field`: what its tick is about, "" for a branch; `detail`: what is said behind `text` and `pieces`; `change`: what
    the pieces are the difference of, which is worked out when somebody looks.
    """

    text: str
    detail: str = ""
    change: FieldChange | None = None
    field: str = ""
    is_branch: bool = False
    is_warning: bool = False
    can_tick: bool = False

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The difference, word by word."""
        return () if self.change is None else tuple(values_diff(self.change.before, self.change.after))


class ReviewWords:
    """The lines of some plans. `without_field`: location -> accepted tags that have no place in the file."""

    def __init__(
        self, plans: Sequence[FilePlan] = (), without_field: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._plans = plans
        self._without_field = without_field or {}
        often = Counter(said(warning, translate) for plan in plans for warning in plan.warnings)
        self._said_once = {text: count for text, count in often.items() if count >= SEEN_OFTEN}
        self._hides_notes = len(plans) > 1
        self.has_hidden_notes = self._hides_notes and any(self._is_hidden(plan) for plan in plans)

    def all_files(self, files: Share) -> ReviewLine:
        """The branch over everything."""
        return ReviewLine(translate("review", "All files"), self.said_share(files), is_branch=True, can_tick=True)

    def said_share(self, share: Share) -> str:
        """How much of something is ticked."""
        if share.total == 1 or share.is_all:
            return "" if share.ticked else translate("review", "not ticked")
        return translate("review", "{} of {} ticked").format(f"{share.ticked:,}", f"{share.total:,}")

    def summary(self, fields: Sequence[str]) -> list[ReviewLine]:
        """What stands below all files: each field, what only the note says, what is said of many files.

        Empty for a single file about which there is nothing more to be said.
        """
        remarks = [*self._noted_only(), *self._nowhere(), *self._often_said()]
        if len(self._plans) < 2 and not remarks:
            return []
        return [*(ReviewLine(field_title(field), field=field, can_tick=True) for field in fields), *remarks]

    def file(self, row: int) -> ReviewLine:
        """The branch of a file."""
        path = Path(os.fsdecode(self._plans[row].path))
        return ReviewLine(_shown(path.name), _shown(str(path.parent)), is_branch=True, can_tick=True)

    def leaves(self, row: int, *, with_note: bool) -> list[ReviewLine]:
        """The changes of a file, then what goes along with them, then what is to be known about it."""
        plan = self._plans[row]
        chosen = [change for change in plan.changes if change.field not in plan.carried]
        own = [change for change in chosen if change.field != PROVENANCE or with_note or not self._is_hidden(plan)]
        lines = [self._change(plan, change) for change in own]
        lines += [_carried(change) for change in plan.changes if change.field in plan.carried]
        warnings = (said(warning, translate) for warning in plan.warnings)
        return lines + [ReviewLine(text, is_warning=True) for text in warnings if text not in self._said_once]

    def _is_hidden(self, plan: FilePlan) -> bool:
        """Whether its note says nothing that the line for all files does not say."""
        fields = {change.field for change in plan.changes}
        return self._hides_notes and PROVENANCE in fields and len(fields) > 1 and not plan.only_noted

    def _change(self, plan: FilePlan, change: FieldChange) -> ReviewLine:
        title = field_title(change.field)
        if change.field == PROVENANCE:
            names = ", ".join(plan.only_noted)
            note = translate("review", "the only place for {}").format(names) if names else _note()
            return ReviewLine(title, _shown(note), field=change.field, can_tick=True)
        return ReviewLine(title, change=change, field=change.field, can_tick=True)

    def field_everywhere(self, field: str, share: Share) -> ReviewLine:
        """The line of a field below all files."""
        detail = _files(share.total) if share.is_all else self.said_share(share)
        if field == PROVENANCE:
            detail = f"{detail}: {_note()}"
        return ReviewLine(field_title(field), detail, field=field, can_tick=True)

    def _noted_only(self) -> Iterable[ReviewLine]:
        names = _named(tag for plan in self._plans for tag in plan.only_noted)
        if names:
            said = translate("review", "Files have no field for these; they are only named in “{}”: {}")
            yield ReviewLine(said.format(field_title(PROVENANCE), names), is_warning=True)

    def _nowhere(self) -> Iterable[ReviewLine]:
        names = _named(tag for tags in self._without_field.values() for tag in tags)
        if names:
            said = translate("review", "Not written, as files have no field for them: {}. They stay accepted here.")
            yield ReviewLine(said.format(names), is_warning=True)

    def _often_said(self) -> Iterable[ReviewLine]:
        for text, count in self._said_once.items():
            yield ReviewLine(f"{_files(count)}: {text}", is_warning=True)


def _carried(change: FieldChange) -> ReviewLine:
    return ReviewLine(field_title(change.field), translate("review", "goes along into the new tag"), change)


def _note() -> str:
    return translate("review", "notes that these tags came from PEMR Desktop")


def _files(count: int) -> str:
    return translate.tr("%Ln file(s)", "", count)


def _named(tags: Iterable[str]) -> str:
    """Tags with how many files have them, the most frequent first."""
    counted = Counter(tags).most_common()
    names = [f"{_shown(name)} ({count:,})" for name, count in counted[:MOST_NAMES]]
    if len(counted) > MOST_NAMES:
        names.append(translate("review", "{} more").format(len(counted) - MOST_NAMES))
    return ", ".join(names)


def _shown(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
