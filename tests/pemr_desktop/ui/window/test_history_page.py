"""The history page takes back a file, a batch or a day, on real files with the real worker."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.app import App
from pemr_desktop.library import queries
from pemr_desktop.library.opening import open_library
from pemr_desktop.paths import Paths
from pemr_desktop.ui.window.history_entries import UNDO_LINK


@pytest.fixture
def written(suggested_tracks: list[int], paths: Paths) -> dict[Path, bytes]:
    """Two batches of today: a genre into three tracks, then a mood into the first two -> the files before."""
    with open_library(paths.library_file) as library:
        files = [library.read(queries.track_path, track) for track in suggested_tracks[:3]]
        before = {path: path.read_bytes() for path in files}
        for chosen, change in ((suggested_tracks[:3], {"genre": ["Cool"]}), (suggested_tracks[:2], {"mood": ["blue"]})):
            library.apply_writes(library.plan_edits(dict.fromkeys(chosen, change)).plans)
    return before


def unchanged(before: dict[Path, bytes]) -> Callable[[], list[str]]:
    return lambda: [path.name for path, content in before.items() if path.read_bytes() == content]


def test_a_file_a_batch_and_a_day_are_taken_back(qtbot: QtBot, written: dict[Path, bytes], working_app: App) -> None:
    window = working_app.window
    window.view.go("history")
    page = window.pages.page("history")
    qtbot.waitUntil(lambda: page.lines.rowCount() == 2)
    page.table.selectRow(1)
    qtbot.waitUntil(lambda: page.entries.text().count(UNDO_LINK) == 3)
    back = unchanged(written)
    assert back() == []
    third = re.findall(f"{UNDO_LINK}[0-9]+", page.entries.text())[2]
    page.entries.linkActivated.emit(third)
    qtbot.waitUntil(lambda: back() == ["Delta.flac"])
    qtbot.waitUntil(lambda: page.lines.rowCount() == 3)
    page.table.selectRow(2)
    qtbot.waitUntil(lambda: page.entries.text().count(UNDO_LINK) == 2)
    qtbot.waitUntil(page.undo_day.isEnabled)
    page.undo_day.click()
    qtbot.waitUntil(lambda: len(back()) == 3)
    qtbot.waitUntil(lambda: page.lines.rowCount() == 5)
    qtbot.waitUntil(lambda: not page.undo_day.isEnabled())


def test_a_day_has_more_batches_than_the_table_shows(
    qtbot: QtBot, written: dict[Path, bytes], paths: Paths, working_app: App
) -> None:
    """Two hundred batches that changed nothing were begun later on the same day."""
    with closing(sqlite3.connect(paths.library_file)) as connection, connection:
        (started,) = connection.execute("SELECT max(started_at) FROM journal_batches").fetchone()
        connection.executemany(
            "INSERT INTO journal_batches (operation, started_at, finished_at, summary) VALUES ('write', ?, ?, '')",
            [(started, started)] * 200,
        )
    window = working_app.window
    window.view.go("history")
    page = window.pages.page("history")
    page.refresh()
    qtbot.waitUntil(lambda: page.lines.rowCount() == 200)
    qtbot.waitUntil(page.undo_day.isEnabled)
    page.undo_day.click()
    qtbot.waitUntil(lambda: len(unchanged(written)()) == 3)
