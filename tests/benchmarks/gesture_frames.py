"""What gestures over all rows of the window's table cost, beside a plain QTableView with the same rows in the same run.

Part of window_frames.py. Each gesture is made a few times in our window and in the plain view, and each turn of the
event loop that follows is timed by the processor of the window's thread: on a busy machine, too, that is near to what
it would take alone. The plain view holds its rows in a list, sorts by turning it round and filters by cutting it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView

REPEATS = 5
SETTLE_S = 0.7
FRAME_MS = 16.0
SORTED_COLUMN = 3

Gestures = dict[str, Callable[[], object]]


class PlainRows(QAbstractTableModel):
    """Rows of text in a list, and nothing else."""

    def __init__(self, rows: Sequence[tuple[str, ...]]) -> None:
        super().__init__()
        self._all = list(rows)
        self._rows = self._all

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # type: ignore[override]  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # type: ignore[override]  # noqa: B008
        return 0 if parent.isValid() else len(self._all[0])

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # type: ignore[override]
        return self._rows[index.row()][index.column()] if role == Qt.ItemDataRole.DisplayRole else None

    def show(self, rows: list[tuple[str, ...]] | None) -> None:
        """Other rows; None is all."""
        self.beginResetModel()
        self._rows = self._all if rows is None else rows
        self.endResetModel()

    def turn_round(self) -> None:
        """The same rows the other way round."""
        self.show(self._rows[::-1])


def measure_gestures(app: Any, size_px: tuple[int, int]) -> None:
    """Print the turns of the event loop for each gesture, ours and plain."""
    settle(app)
    plain, rows = plain_view(app)
    plain.resize(*size_px)
    plain.show()
    ours, theirs = our_gestures(app), plain_gestures(plain, rows)
    found: dict[tuple[str, str], list[list[float]]] = {}
    for _ in range(REPEATS):
        for name in ours:
            found.setdefault(("ours", name), []).append(turns_of(app, ours[name]))
            found.setdefault(("plain", name), []).append(turns_of(app, theirs[name]))
    print(
        f"    gestures over {rows.rowCount():,} rows, {REPEATS} times each: longest turn of the event loop, processor"
    )
    for name in ours:
        print(f"{name:>10}: ours {longest(found['ours', name])}")
        print(f"{'plain':>10}: {longest(found['plain', name])}")
    plain.close()
    plain.deleteLater()


def longest(turns: list[list[float]]) -> str:
    """Of the longest turn of each time: the least, the median and the longest; and how many turns were over a frame."""
    each = sorted(max(some) for some in turns)
    over = sum(turn > FRAME_MS for some in turns for turn in some)
    return f"least {each[0]:.1f}, median {each[len(each) // 2]:.1f}, longest {each[-1]:.1f} ms, {over} turns over 16 ms"


def plain_view(app: Any) -> tuple[QTableView, PlainRows]:
    """A table as Qt has it, with as many rows of the same texts and columns of the same width."""
    page = app.window.page
    table, model = page.table, page.model
    shown = [number for number in range(model.columnCount()) if not table.isColumnHidden(number)]
    known = [row for row in map(model.track, range(20)) if row is not None]
    texts = [tuple(model.columns[number].text(row) for number in shown) for row in known]
    rows = PlainRows([texts[number % len(texts)] for number in range(len(model.ids))])
    view = QTableView()
    view.setModel(rows)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(table.rowHeight(0))
    view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    for place, number in enumerate(shown):
        view.setColumnWidth(place, table.columnWidth(number))
    return view, rows


def our_gestures(app: Any) -> Gestures:
    """On the window."""
    table, query = app.window.page.table, app.window.top_bar.query
    return {**keys_of(table), "sort": lambda: turn_order(table), **filters(query.set_text)}


def plain_gestures(view: QTableView, rows: PlainRows) -> Gestures:
    """On the plain view."""
    few = rows._all[: len(rows._all) // 20]
    return {**keys_of(view), "sort": rows.turn_round, **filters(lambda text: rows.show(few if text else None))}


def keys_of(view: QTableView) -> Gestures:
    """Those with the keyboard."""
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    return {
        "Ctrl+A": lambda: QTest.keyClick(view, Qt.Key.Key_A, control),
        "Home": lambda: QTest.keyClick(view, Qt.Key.Key_Home, control),
        "Shift+End": lambda: QTest.keyClick(view, Qt.Key.Key_End, control | shift),
        "Home again": lambda: QTest.keyClick(view, Qt.Key.Key_Home, control),
    }


def filters(show: Callable[[str], object]) -> Gestures:
    """Those with the query line."""
    return {"filter": lambda: show("silver"), "no filter": lambda: show("")}


def turn_order(table: QTableView) -> None:
    """Sort by another column than before, or the other way round."""
    header = table.horizontalHeader()
    down = header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
    order = Qt.SortOrder.AscendingOrder if down else Qt.SortOrder.DescendingOrder
    header.setSortIndicator(SORTED_COLUMN, order)


def turns_of(app: Any, gesture: Callable[[], object]) -> list[float]:
    """Milliseconds of processor of the gesture itself and of each turn of the event loop behind it."""
    turns = [timed(gesture)]
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end or not app.reader.idle():
        turns.append(timed(QApplication.processEvents))
        time.sleep(0.001)
    return turns


def settle(app: Any) -> None:
    """Wait until all rows are here."""
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end or not app.reader.idle():
        QApplication.processEvents()


def timed(function: Callable[[], object]) -> float:
    """Milliseconds of processor."""
    start = time.thread_time()
    function()
    return 1000 * (time.thread_time() - start)
