"""Editing tags by hand: of one track, or what many tracks shall have in common. What changes is reviewed first."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import PlanEdits
from pemr_desktop.ui.widgets.field_table import field_title
from pemr_desktop.ui.widgets.label import Label, add_named
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, VAST, WIDE

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

FIELDS = ("title", "artist", "album", "albumartist", "composer", "tracknumber", "date", "genre", "mood", "bpm", "key")
SEVERAL = ("artist", "albumartist", "composer", "genre", "mood")
"""Fields with real multiple values, separated by semicolons while they are edited."""
MAX_EDITED_TRACKS = 500
"""As many can be edited at once; the window says so when more are chosen."""
WIDTH_PX = 520

Values = Mapping[str, tuple[str, ...]]


class EditTagsDialog(QDialog):
    """Emits the request that plans the edits; nothing is written from here."""

    edited = Signal(object)

    def __init__(self, context: WindowContext, track_ids: Sequence[int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editTags")
        self.setWindowTitle(self.tr("Edit tags"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(WIDTH_PX)
        self._ids = tuple(track_ids)
        self._before: dict[int, Values] = {}
        self._lines: dict[str, QLineEdit] = {}
        count = len(track_ids)
        heading = Label(self.tr("1 track") if count == 1 else self.tr("{} tracks").format(count), self)
        heading.setProperty("role", "title")
        hint = Label(
            self.tr("Several values are separated by semicolons. You see every change before it is written."), self
        )
        hint.setProperty("role", "soft")
        hint.setWordWrap(True)
        form = QFormLayout()
        form.setSpacing(SNUG)
        for field in FIELDS:
            line = QLineEdit(self)
            line.setObjectName(f"edit.{field}")
            line.setAccessibleName(field_title(field))
            line.setEnabled(False)
            self._lines[field] = line
            add_named(form, field_title(field), line)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(VAST, WIDE, VAST, WIDE)
        layout.setSpacing(ROOM)
        layout.addWidget(heading)
        layout.addWidget(hint)
        layout.addLayout(form)
        layout.addWidget(self._buttons())
        context.reader.ask(_values, self._ids, done=self._show, topic=(id(self), "values"))

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
        self.review = buttons.addButton(self.tr("Review…"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.review.setObjectName("reviewEdits")
        self.review.setProperty("look", "primary")
        self.review.setEnabled(False)
        buttons.accepted.connect(self._accepted)
        buttons.rejected.connect(self.reject)
        return buttons

    def line(self, field: str) -> QLineEdit:
        """The line of a field."""
        return self._lines[field]

    def edits(self) -> dict[int, dict[str, tuple[str, ...]]]:
        """What was changed, per track: only fields somebody typed into, only tracks that differ from it."""
        changed = {field: parsed(field, line.text()) for field, line in self._lines.items() if line.isModified()}
        wanted: dict[int, dict[str, tuple[str, ...]]] = {}
        for track_id, before in self._before.items():
            fields = {name: values for name, values in changed.items() if values != before.get(name, ())}
            if fields:
                wanted[track_id] = fields
        return wanted

    def _show(self, before: dict[int, Values]) -> None:
        self._before = before
        for field, line in self._lines.items():
            found = {values.get(field, ()) for values in before.values()}
            if len(found) == 1:
                line.setText(shown(field, next(iter(found))))
            else:
                line.setPlaceholderText(self.tr("different values; what you type replaces them"))
            line.setEnabled(True)
            line.setModified(False)
            line.textEdited.connect(self._typed)
        self._lines["title" if len(before) == 1 else "genre"].setFocus()

    @Slot()
    def _typed(self) -> None:
        self.review.setEnabled(bool(self.edits()))

    @Slot()
    def _accepted(self) -> None:
        edits = self.edits()
        self.accept()
        if edits:
            self.edited.emit(PlanEdits(edits))


def parsed(field: str, text: str) -> tuple[str, ...]:
    """A line -> values; an empty line removes the field."""
    parts = text.split(";") if field in SEVERAL else [text]
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def shown(field: str, values: tuple[str, ...]) -> str:
    """Values -> a line."""
    return "; ".join(values)


def _values(conn: sqlite3.Connection, ids: tuple[int, ...]) -> dict[int, Values]:
    return {track_id: queries.detail(conn, track_id).fields for track_id in ids}
