"""What the ear proposes for the chosen tracks: one line a tag, grouped, with the user's word on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from pemr_desktop.library.rows import Decision, TagSuggestion, TrackRow
from pemr_desktop.ui import wording

LINE_ROLE = Qt.ItemDataRole.UserRole + 1
GROUP_ORDER = ("genre", "mood", "instrument", "voice", "era", "character")

_Index = QModelIndex | QPersistentModelIndex
Mixed = Literal["mixed"]


@dataclass(frozen=True)
class SuggestionLine:
    """A tag, or the title of a group when `tag` is empty. `track_ids`: the tracks it was suggested for."""

    group: str
    tag: str = ""
    probability: float = 0.0
    sure: bool = True
    decision: Decision | Mixed | None = None
    track_ids: tuple[int, ...] = ()

    @property
    def is_group(self) -> bool:
        """A title, not a tag."""
        return not self.tag


def lines_of_track(track_id: int, suggestions: Iterable[TagSuggestion], unsure_too: bool) -> list[SuggestionLine]:
    """Lines for one track, most likely first within each group. Unsure: below the tag's own threshold."""
    lines = [
        SuggestionLine(
            suggestion.group,
            suggestion.tag,
            suggestion.probability,
            suggestion.probability >= suggestion.threshold,
            suggestion.decision,
            (track_id,),
        )
        for suggestion in suggestions
        if unsure_too or suggestion.decision is not None or suggestion.probability >= suggestion.threshold
    ]
    return _grouped(lines)


def lines_of_tracks(rows: Sequence[TrackRow]) -> list[SuggestionLine]:
    """Lines for many tracks: every tag suggested for one of them, the most frequent first."""
    found: dict[str, list[tuple[int, TagSuggestion]]] = {}
    for row in rows:
        for suggestion in row.suggestions:
            found.setdefault(suggestion.tag, []).append((row.id, suggestion))
    return _grouped([_merged(suggested) for suggested in found.values()])


def _merged(suggested: Sequence[tuple[int, TagSuggestion]]) -> SuggestionLine:
    """One tag, suggested for each of some tracks, as one line with the mean probability."""
    first = suggested[0][1]
    decisions = {suggestion.decision for _, suggestion in suggested}
    return SuggestionLine(
        first.group,
        first.tag,
        sum(suggestion.probability for _, suggestion in suggested) / len(suggested),
        True,
        first.decision if len(decisions) == 1 else "mixed",
        tuple(track_id for track_id, _ in suggested),
    )


def figures(line: SuggestionLine, for_many: bool) -> str:
    """What stands right of the bar: how sure, and for how many."""
    sure = wording.confidence(line.probability)
    return f"{len(line.track_ids)} × {sure}" if for_many else sure


def _grouped(lines: list[SuggestionLine]) -> list[SuggestionLine]:
    def rank(group: str) -> tuple[int, str]:
        return (GROUP_ORDER.index(group) if group in GROUP_ORDER else len(GROUP_ORDER), group)

    grouped: list[SuggestionLine] = []
    for group in sorted({line.group for line in lines}, key=rank):
        grouped.append(SuggestionLine(group))
        members = [line for line in lines if line.group == group]
        grouped.extend(sorted(members, key=lambda line: (-len(line.track_ids), -line.probability, line.tag)))
    return grouped


class SuggestionModel(QAbstractListModel):
    """The lines; deciding is the caller's, `mark` shows a decision before the worker has confirmed it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[SuggestionLine] = []

    def set_lines(self, lines: list[SuggestionLine]) -> None:
        """Show these. Lines with the same tags in the same order are updated in place, so the cursor stays."""
        if [(line.group, line.tag) for line in lines] == [(line.group, line.tag) for line in self._lines]:
            self._lines = lines
            if lines:
                self.dataChanged.emit(self.index(0), self.index(len(lines) - 1))
            return
        self.beginResetModel()
        self._lines = lines
        self.endResetModel()

    def line(self, index: _Index) -> SuggestionLine | None:
        """The line of an index."""
        return self._lines[index.row()] if index.isValid() and index.row() < len(self._lines) else None

    @property
    def for_many(self) -> bool:
        """True when several tracks are chosen, so that a line also says how many it concerns."""
        return any(len(line.track_ids) > 1 for line in self._lines)

    @property
    def widest_figures(self) -> str:
        """The longest of the figures, so that all bars begin and end at the same place."""
        return max((figures(line, self.for_many) for line in self.tags()), key=len, default="")

    def tags(self) -> list[SuggestionLine]:
        """All lines that are tags."""
        return [line for line in self._lines if not line.is_group]

    def mark(self, index: _Index, decision: Decision | None) -> None:
        """Show a decision at once."""
        line = self.line(index)
        if line is not None:
            self._lines[index.row()] = replace(line, decision=decision)
            here = self.index(index.row())
            self.dataChanged.emit(here, here)

    def step(self, row: int, by: int) -> int:
        """The next line that is a tag, going by +1 or -1 from a row; the same row when there is none."""
        at = row + by
        while 0 <= at < len(self._lines):
            if not self._lines[at].is_group:
                return at
            at += by
        return row

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Titles and tags."""
        return 0 if parent.isValid() else len(self._lines)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Titles cannot be chosen."""
        line = self.line(index)
        if line is None or line.is_group:
            return Qt.ItemFlag.NoItemFlags if line is None else Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text for the eye and for the screen reader; the line itself for the delegate."""
        line = self.line(index)
        if line is None:
            return None
        if role == LINE_ROLE:
            return line
        if role == Qt.ItemDataRole.DisplayRole:
            return self.group_title(line.group) if line.is_group else line.tag
        if role == Qt.ItemDataRole.ToolTipRole and not line.is_group:
            return self._said(line)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.group_title(line.group) if line.is_group else self._said(line)
        return None

    def group_title(self, group: str) -> str:
        """The name of a group as a heading."""
        known = {
            "genre": self.tr("Genre"),
            "mood": self.tr("Mood"),
            "instrument": self.tr("Instruments"),
            "voice": self.tr("Voice"),
            "era": self.tr("Era"),
            "character": self.tr("Character"),
        }
        return known.get(group, group.capitalize() or self.tr("Other"))

    def _said(self, line: SuggestionLine) -> str:
        state = {
            "accepted": self.tr("accepted"),
            "rejected": self.tr("rejected"),
            "mixed": self.tr("decided differently"),
            None: self.tr("suggested") if line.sure else self.tr("unlikely"),
        }[line.decision]
        said, sure = f"{line.tag}: {state}", wording.confidence(line.probability)
        if len(line.track_ids) > 1:
            for_many = self.tr("for {} of the chosen tracks, {} likely on average")
            return f"{said} {for_many.format(wording.number(len(line.track_ids)), sure)}"
        return f"{said}, {sure}"
