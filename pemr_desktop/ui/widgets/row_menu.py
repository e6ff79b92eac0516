"""Which rows of a table a context menu is about."""

from __future__ import annotations

from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QTableView


def choose_for_menu(table: QTableView, event: QContextMenuEvent) -> bool:
    """Choose the row under the pointer unless it is chosen already. -> whether there are rows for a menu.

    A menu asked for by key is about what is chosen.
    """
    if event.reason() == QContextMenuEvent.Reason.Mouse:
        index = table.indexAt(event.pos())
        if not index.isValid():
            return False
        if not table.selectionModel().isRowSelected(index.row()):
            table.selectRow(index.row())
    return bool(table.selectionModel().hasSelection())
